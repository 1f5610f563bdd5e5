"""Whole runs of ``importer run``, start-up and reports included, beside the vendor's sample as a script and the floor.

Script, importer and floor work on the same list, turn and turn about, each in a process of its own. Ratios are what to
quote: by the clock, and by CPU time (user and system), which other work on the machine disturbs less. One list alone:
``python -m tests.bench.whole --list kept-back --rows 100000 --repeat 1``.
"""

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.request import urlopen

import polars as pl

from tests.bench.kinds import KINDS
from tests.bench.lists import write_list
from tests.support.process_tree import watched

KEY = "agl_sk_bench_fictional"
ROOT = Path(__file__).parents[2]
LISTS: dict[str, Callable[[Path, int], Counter[str]]] = {"messy": write_list} | KINDS


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds by the clock and on the processors, and MB at the peak of its tree.

    ``server_s`` are the seconds on the processors of the server that it talked to: they are not in ``cpu_s``, but on a
    machine with few cores they are in ``wall_s``.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float | None
    output: bytes
    server_s: float = 0.0


def main(folder: Path, rows: int, script_rows: int, repeat: int, names: Iterable[str] = LISTS) -> None:
    """Measure each of the lists and print."""
    for name in names:
        print(f"--- {name}", flush=True)
        (folder / name).mkdir()
        measure(folder / name, LISTS[name], rows, min(rows, script_rows), repeat)
        shutil.rmtree(folder / name)


def measure(folder: Path, write: Callable[[Path, int], Counter[str]], rows: int, script_rows: int, repeat: int) -> None:
    """Measure one list, which ``write`` writes, and print."""
    large, some, clean = folder / "large.csv", folder / "some.csv", folder / "clean.csv"
    ends = write(large, rows)
    with large.open("rb") as whole, some.open("wb") as part:
        part.writelines(islice(whole, script_rows))
    with large.open("rb") as whole, clean.open("wb") as part:
        part.writelines(line for line in whole if b',"Lee,' not in line)
    script_rows = _records(some)
    runs, scripts, floors = [], [], []
    with counting_server() as url:
        for number in range(repeat):
            scripts.append(taken([sys.executable, "-m", "tests.bench.vendor_script", str(some), url]))
            runs.append(run_importer(large, url, folder / f"runs{number}"))
            run = next((folder / f"runs{number}").glob("*/"))
            (folder / "floor").mkdir(exist_ok=True)
            floor = taken([sys.executable, "-m", "tests.bench.floor", str(clean), str(run), str(folder / "floor")])
            floors.append(json.loads(floor.output))
    best = min(runs, key=lambda run: run.cpu_s)
    summary = json.loads(best.output)
    check_ends(summary, ends)
    report(rows, best, summary)
    script = min(scripts, key=lambda script: script.cpu_s)
    report_script(script_rows, script, rows, best)
    report_floor(rows, min(floors, key=lambda floor: sum(cpu_s for _, cpu_s in floor.values())), best)
    if write is write_list:
        report_cuts(folder, some)


def check_ends(summary: dict[str, Any], ends: dict[str, int]) -> None:
    """Every row ended as it was made to: a fast run that is wrong is no figure."""
    got = {f"{outcome}/{reason}": n for outcome, reasons in summary["reasons"].items() for reason, n in reasons.items()}
    made = {end: count for end, count in ends.items() if count}
    if got != made or not summary["balanced"]:
        raise SystemExit(f"The run is wrong: {got} where {made} was made.")


def report(rows: int, run: Cost, summary: dict[str, Any]) -> None:
    """Where the time of a run goes."""
    repeated = summary["reasons"].get("skipped", {}).get("duplicate-in-file", 0) / rows
    errored = summary["errored"] / rows
    print(f"importer run on {rows:,} rows ({errored:.1%} errored, {repeated:.1%} duplicates) to an endpoint that")
    print(f"parses and counts, {summary['batches']} batches; stages of the fastest run, which work side by side")
    for stage, seconds in summary["seconds"].items():
        if stage != "total" and seconds >= 0.005:
            print(f"  {stage:<12} {seconds:8.2f} s {seconds / rows * 1e6:8.2f} µs a row")
    print(
        f"  {'whole run':<12} {run.wall_s:8.2f} s by the clock, {run.cpu_s:.2f} s CPU, {rows / run.wall_s:,.0f} rows/s"
    )
    print(f"  the server   {run.server_s:8.2f} s CPU of its own, in the clock's seconds and not in the run's CPU")
    print(f"  peak memory  {run.peak_mb or 0:8,.0f} MB, the process and its children")


def report_script(script_rows: int, script: Cost, rows: int, run: Cost) -> None:
    """How much faster the importer is."""
    print(
        f"the script: {script_rows:,} of these rows in {script.wall_s:.2f} s ({script.cpu_s:.2f} s CPU), "
        f"{script_rows / script.wall_s:,.0f} rows/s"
    )
    share = rows / script_rows
    by_clock, by_cpu = script.wall_s * share / run.wall_s, script.cpu_s * share / run.cpu_s
    print(f"  ratio: {by_clock:.1f} × by the clock, {by_cpu:.1f} × by CPU time")


def report_floor(rows: int, floor: dict[str, tuple[float, float]], run: Cost) -> None:
    """How much longer than what no program could do without."""
    wall_s, cpu_s = (sum(part) for part in zip(*floor.values(), strict=True))
    parts = ", ".join(f"{name} {seconds:.2f}" for name, (seconds, _) in floor.items())
    print(f"the floor: {wall_s:.2f} s ({parts}), {cpu_s:.2f} s CPU, {rows / wall_s:,.0f} rows/s")
    print(f"  a run takes {run.wall_s / wall_s:.1f} × as long by the clock, {run.cpu_s / cpu_s:.1f} × the CPU time")


def report_cuts(folder: Path, file: Path) -> None:
    """Whether the rows are the same however the work is cut: the frame in ``rows.parquet``, and the files' bytes.

    polars' writer looks at how texts lie in memory when it chooses an encoding: equal frames can be other bytes.
    """
    cuts = {"as it comes": {}, "again": {}, "chunks of 7,001": {"IMPORTER_CHUNK_ROWS": "7001"}}
    cuts |= {"one core": {"POLARS_MAX_THREADS": "1"}}
    runs = []
    for number, cut in enumerate(cuts.values()):
        command = [sys.executable, "-m", "importer", "run", str(file), "--dry-run", "--runs"]
        taken([*command, str(folder / f"cut{number}")], **cut)
        runs.append(next((folder / f"cut{number}").glob("*/")))
    first, *others = [pl.read_parquet(run / "rows.parquet") for run in runs]
    verdict = "equal" if all(other.equals(first) for other in others) else "NOT EQUAL"
    print(f"rows.parquet of a dry run, {', '.join(cuts)}: frames {verdict}", end="")
    for name in ("rows.parquet", "planned.csv", "skipped.csv", "errored.csv"):
        print(f", {name} in {len({sha256((run / name).read_bytes()).digest() for run in runs})} forms", end="")
    print()


def small_things(folder: Path, repeat: int) -> None:
    """``--help``, and a hundred and 5,000 rows from start to end."""
    with counting_server() as url:
        costs = {"importer --help": [taken([sys.executable, "-m", "importer", "--help"]) for _ in range(repeat)]}
        for rows in (100, 5_000):
            write_list(folder / f"{rows}.csv", rows)
            runs = (folder / f"{rows}-{number}" for number in range(repeat))
            costs[f"{rows:,} rows, whole run"] = [run_importer(folder / f"{rows}.csv", url, place) for place in runs]
    for name, each in costs.items():
        wall, cpu = min(cost.wall_s for cost in each), min(cost.cpu_s for cost in each)
        print(f"{name:<22} {wall:6.2f} s by the clock, {cpu:.2f} s CPU (best of {repeat})")


def growth(folder: Path, rows: int) -> None:
    """Ten times as many rows: how much longer, and how much more memory."""
    costs = []
    for number, count in enumerate((rows, 10 * rows)):
        ends = write_list(folder / "list.csv", count)
        with counting_server() as url:
            costs.append(run_importer(folder / "list.csv", url, folder / f"growth{number}"))
        check_ends(json.loads(costs[-1].output), ends)
        cost = costs[-1]
        print(
            f"{count:>12,} rows {cost.wall_s:8.1f} s, {cost.cpu_s:8.1f} s CPU, peak of the tree {cost.peak_mb:,.0f} MB"
        )
    small, large = costs
    print(
        f"ten times the rows: {large.wall_s / small.wall_s:.1f} × by the clock, {large.cpu_s / small.cpu_s:.1f} × CPU"
    )


def run_importer(file: Path, url: str, runs: Path, *options: str) -> Cost:
    """A whole run; its output is the summary."""
    before = server_cpu_s(url)
    command = [sys.executable, "-m", "importer", "run", str(file), "--base-url", url, "--runs", str(runs), "--json"]
    cost = taken([*command, *options])
    return replace(cost, server_s=server_cpu_s(url) - before)


def server_cpu_s(url: str) -> float:
    """The processor time of a counting server so far."""
    with urlopen(url) as answer:  # noqa: S310 - a loopback address
        return float(answer.read())


def taken(command: list[str], **environment: str) -> Cost:
    """What a command takes that ends well, or with errored rows."""
    environment = os.environ | {"VOXPRIA_API_KEY": KEY} | environment
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process, watched(process) as peak:
        output, errors = process.communicate()
    wall_s, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 3):
        raise SystemExit(f"{command} ended with {process.returncode}: {errors.decode()}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall_s, cpu_s, peak.mb, output)


@contextmanager
def counting_server() -> Iterator[str]:
    """The address of a running counting server."""
    command = [sys.executable, "-m", "tests.bench.counting_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


def _records(path: Path) -> int:
    """Rows as the script reads them: a cell over two lines makes one row of two lines."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", choices=LISTS, action="append", help="one of the lists; repeat it (default: all)")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--script-rows", type=int, default=100_000, help="of these, lines for the script (100,000)")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions of each (default 3)")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        main(Path(place), wanted.rows, wanted.script_rows, wanted.repeat, wanted.list or LISTS)
