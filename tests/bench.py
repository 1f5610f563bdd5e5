"""``make bench``: rows per second of each stage and of whole runs, beside the script people write today.

Both sides read messy lists of one kind (see ``tests.truth``) and post to the same endpoint, which
does no more than parse and count. Each figure is the median of its repetitions; ratios are what to quote.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from tests import bench_delivery, bench_phones
from tests.bench_text import bench_text
from tests.bench_workbooks import bench_workbooks
from tests.truth import write_csv

KEY = "agl_sk_bench_fictional"
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="rows for the importer (default 200,000)")
    parser.add_argument("--script-rows", type=int, default=20_000, help="rows for the script (default 20,000)")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions of each (default 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, counting_server() as url:
        large, small = Path(folder) / "large.csv", Path(folder) / "small.csv"
        write_csv(large, options.rows, seed=1)
        write_csv(small, options.script_rows, seed=2)
        runs = [run_importer(large, url, Path(folder) / f"runs{n}") for n in range(options.repeat)]
        scripts = [run_script(small, url) for _ in range(options.repeat)]
        tiny = Path(folder) / "tiny.csv"
        write_csv(tiny, 100, seed=3)
        tinies = [run_importer(tiny, url, Path(folder) / f"tiny{n}")[0] for n in range(options.repeat)]
        helps = [timed([sys.executable, "-m", "importer", "--help"]) for _ in range(options.repeat)]
    report(options.rows, runs, options.script_rows, scripts)
    print(f"\nimporter --help      {statistics.median(helps):8.2f} s")
    print(f"100 rows, whole run  {statistics.median(tinies):8.2f} s\n")
    bench_delivery.main(repeat=options.repeat)
    bench_phones.main(repeat=options.repeat)
    bench_text(5 * options.rows, options.repeat)
    bench_workbooks(options.rows, options.repeat)


def report(rows: int, runs: list[tuple[float, dict[str, Any]]], script_rows: int, scripts: list[float]) -> None:
    """Print the table."""
    walls = [wall for wall, _ in runs]
    middle = sorted(runs, key=lambda run: run[0])[len(runs) // 2][1]
    print(
        f"importer run on {rows:,} messy rows, {middle['batches']} batches, {len(runs)} times; stages of the median run"
    )
    for stage, seconds in middle["seconds"].items():
        if stage != "total" and seconds:
            print(f"  {stage:<12} {seconds:8.2f} s {rows / seconds:12,.0f} rows/s")
    wall, script = statistics.median(walls), statistics.median(scripts)
    print(f"  {'whole run':<12} {wall:8.2f} s {rows / wall:12,.0f} rows/s   start-up and reports included")
    print(f"  peak memory  {middle['peak_memory_mb']:8.0f} MB (the process and its largest child, added)")
    print(f"the script      {script:8.2f} s {script_rows / script:12,.0f} rows/s   on {script_rows:,} such rows")
    print(f"ratio           {(rows / wall) / (script_rows / script):8.1f} ×")


def run_importer(file: Path, url: str, runs: Path) -> tuple[float, dict[str, Any]]:
    """Wall seconds of a whole ``importer run`` in a process of its own, and its summary."""
    command = [sys.executable, "-m", "importer", "run", str(file), "--base-url", url, "--runs", str(runs), "--json"]
    start = perf_counter()
    done = subprocess.run(
        command, capture_output=True, check=False, cwd=ROOT, env=os.environ | {"VOXPRIA_API_KEY": KEY}
    )
    wall = perf_counter() - start
    if done.returncode not in (0, 3):
        raise SystemExit(f"importer run ended with {done.returncode}: {done.stderr.decode()}")
    return wall, json.loads(done.stdout)


def run_script(file: Path, url: str) -> float:
    """Wall seconds of the script on the same kind of rows."""
    return timed([sys.executable, "-m", "tests.vendor_script", str(file), url], VOXPRIA_API_KEY=KEY)


def timed(command: list[str], **environment: str) -> float:
    """Wall seconds of a command that must succeed."""
    start = perf_counter()
    subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=os.environ | environment)
    return perf_counter() - start


@contextmanager
def counting_server() -> Iterator[str]:
    """The address of a running counting server."""
    command = [sys.executable, "-m", "tests.counting_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


if __name__ == "__main__":
    main()
