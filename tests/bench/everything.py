"""``make bench``: whole runs, and each part by itself, beside what people write today and what the machine can do."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import delivery as bench_delivery
from tests.bench import phones as bench_phones
from tests.bench import whole as bench_whole
from tests.bench.open_documents import bench_open_documents
from tests.bench.text import bench_text
from tests.bench.workbooks import bench_workbooks


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows for the importer, then ten times as many")
    parser.add_argument("--script-rows", type=int, default=100_000, help="of these, lines for the script (100,000)")
    parser.add_argument("--spellings", type=int, default=1_000_000, help="numbers and cells whose answers are checked")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions of each (default 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench_whole.main(Path(name), options.rows, options.script_rows, options.repeat)
        bench_whole.small_things(Path(name), options.repeat)
    with tempfile.TemporaryDirectory() as name:
        bench_whole.growth(Path(name), options.rows)
    bench_delivery.main(repeat=options.repeat)
    bench_phones.main(repeat=options.repeat)
    _tell("bench.known")
    _tell("quality.phone_identity", options.spellings)
    _tell("quality.phone_spellings", options.spellings)
    _tell("quality.name_casing")
    _tell("quality.name_splitting")
    _tell("quality.twins")
    of_a_cluster = ("--rows", 5 * options.rows, 20 * options.rows, "--sample", 2 * options.rows)
    _tell("bench.clusters", *of_a_cluster, "--listed", 20 * options.rows)
    bench_text(options.rows, options.repeat)
    bench_workbooks(options.rows // 5, options.repeat)
    bench_open_documents(repeat=options.repeat)


def _tell(module: str, *options: object) -> None:
    """What a check prints that has a command of its own."""
    print(f"python -m tests.{module}", *options, flush=True)
    subprocess.run([sys.executable, "-m", f"tests.{module}", *map(str, options)], check=True)


if __name__ == "__main__":
    main()
