"""``make bench``: whole runs, and each part by itself, beside what people write today and what the machine can do."""

import argparse
import tempfile
from pathlib import Path

from tests import bench_delivery, bench_phones, bench_whole
from tests.bench_text import bench_text
from tests.bench_workbooks import bench_workbooks


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows for the importer (default 1,000,000)")
    parser.add_argument("--script-rows", type=int, default=100_000, help="of these, lines for the script (100,000)")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions of each (default 3)")
    parser.add_argument("--growth", action="store_true", help="only compare a run with one of ten times the rows")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.growth:
            bench_whole.growth(folder, options.rows)
            return
        bench_whole.main(folder, options.rows, options.script_rows, options.repeat)
        bench_whole.small_things(folder, options.repeat)
    bench_delivery.main(repeat=options.repeat)
    bench_phones.main(repeat=options.repeat)
    bench_text(options.rows, options.repeat)
    bench_workbooks(options.rows // 5, options.repeat)


if __name__ == "__main__":
    main()
