"""Whole runs with one worker and with two: ``python -m tests.bench.workers``.

Each run by itself and in turn, against an endpoint that parses and counts; beside them the floor, which is what polars
takes to read, encode and write the same. Then the small lists, which start no workers. The stages' seconds are summed
over what works side by side: with workers they say where the time goes, not when it went. ``--lists messy wide`` takes
some of the lists.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bench.whole import LISTS, Cost, check_ends, counting_server, run_importer, taken

_COUNTS = (1, 2)
_SMALL = (100, 5_000, 200_000, 320_000, 400_000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the fastest counts (default 3)")
    parser.add_argument("--lists", nargs="+", default=["messy", "kept-back"], choices=LISTS)
    options = parser.parse_args()
    for name in options.lists:
        with tempfile.TemporaryDirectory() as folder, counting_server() as url:
            compare(Path(folder), name, options.rows, options.repeat, url)
    with tempfile.TemporaryDirectory() as folder, counting_server() as url:
        small_lists(Path(folder), options.repeat, url)


def compare(folder: Path, name: str, rows: int, repeat: int, url: str) -> None:
    """Print the whole run and each stage of one list, one worker beside two, and the floor."""
    file = folder / "list.csv"
    ends = LISTS[name](file, rows)
    runs: dict[int, list[Cost]] = {count: [] for count in _COUNTS}
    for turn in range(repeat):
        for count in _COUNTS:
            runs[count].append(run(file, url, folder / f"{turn}-{count}", count))
            check_ends(json.loads(runs[count][-1].output), ends)
    one, two = (min(runs[count], key=lambda cost: cost.wall_s) for count in _COUNTS)
    print(f"{name}, {rows:,} rows: the fastest of {repeat} runs each, seconds")
    print(f"  {'':<14}{'1 worker':>10}{'2 workers':>11}{'ratio':>8}")
    seconds = [json.loads(cost.output)["seconds"] for cost in (one, two)]
    for stage in seconds[0]:
        if seconds[0][stage] >= 0.05 and stage in seconds[1]:
            _line(stage, seconds[0][stage], seconds[1][stage])
    _line("whole, clock", one.wall_s, two.wall_s)
    _line("whole, CPU", one.cpu_s, two.cpu_s)
    _line("server, CPU", one.server_s, two.server_s)
    print(f"  {'peak, MB':<14}{one.peak_mb or 0:>10,.0f}{two.peak_mb or 0:>11,.0f}")
    floor = floor_s(file, next((folder / f"0-{_COUNTS[0]}").glob("*/")), folder)
    print(f"  the floor: {floor:.2f} s; {one.wall_s / floor:.1f} × with one, {two.wall_s / floor:.1f} × with two")


def small_lists(folder: Path, repeat: int, url: str) -> None:
    """Print the whole run of small lists, one worker beside two: the last two are large enough for workers."""
    for rows in _SMALL:
        file = folder / f"{rows}.csv"
        LISTS["messy"](file, rows)
        fastest = [
            min(run(file, url, folder / f"{rows}-{turn}-{count}", count).wall_s for turn in range(repeat))
            for count in _COUNTS
        ]
        _line(f"{rows:,} rows", *fastest)


def run(file: Path, url: str, runs: Path, workers: int) -> Cost:
    """Import a list in a process of its own; the output is the summary."""
    return run_importer(file, url, runs, "--workers", str(workers))


def floor_s(file: Path, run_folder: Path, folder: Path) -> float:
    """Return the seconds of the floor on the list without its rows with a stray quote, which end polars' reading."""
    clean = folder / "clean.csv"
    with file.open("rb") as whole, clean.open("wb") as part:
        part.writelines(line for line in whole if b',"Lee,' not in line)
    out = folder / "floor"
    out.mkdir()
    done = taken([sys.executable, "-m", "tests.bench.floor", str(clean), str(run_folder), str(out)])
    parts: dict[str, tuple[float, float]] = json.loads(done.output)
    return sum(wall_s for wall_s, _ in parts.values())


def _line(name: str, one: float, two: float) -> None:
    print(f"  {name:<14}{one:>10.2f}{two:>11.2f}{one / two:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
