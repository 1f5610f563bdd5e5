"""Lists of text beside ``polars.read_csv`` on the clean list, which takes every cell as text and accounts for nothing.

Both are measured in turn, a number of times, in this process; the best of each counts.
"""

import random
import resource
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter

import polars as pl

from importer.readers.formats import open_tables

_CHUNK_ROWS = 50_000
_HEADER = "First Name,Last Name,Phone,Email,City,Notes\n"
_FIRST = ("Ana", "Ben", "Chloe", "Dan", "Eva", "Finn", "Grace", "Hugo", "Iris", "Jorge")
_LAST = ("Adams", "O'Brien", "Castillo", "Diaz", "Ekstrom", "Fischer", "Green", "Hill", "Ito", "Jones-Smith")
_CITY = ("Springfield", "Riverton", "Portland", "Lakeside", "Hill Valley")
_NOTES = ("", "", "call after 5", "VIP", "old customer", "prefers e-mail")


def bench_text(rows: int, repeat: int) -> None:
    """Measure and print."""
    print(f"{rows:,} rows of text, of the speed of polars.read_csv(infer_schema=False) on the clean list")
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "clean.csv"
        for kind, spoilt in _KINDS.items():
            path = Path(folder) / f"{kind}.csv"
            with path.open("w") as file:
                file.write(_HEADER)
                file.writelines(_lines(rows, spoilt))
            theirs, ours = in_turn(repeat, partial(pl.read_csv, clean, infer_schema=False), partial(_read, path))
            wall, cpu = theirs[0] / ours[0], theirs[1] / ours[1]
            print(f"  {kind:<24} {rows / ours[0]:12,.0f} rows/s   {wall:5.2f} by the clock, {cpu:5.2f} by CPU time")


def in_turn(repeat: int, *calls: Callable[[], object]) -> list[tuple[float, float]]:
    """The best wall and CPU seconds of each call, measured one after the other, again and again."""
    best = [(float("inf"), float("inf"))] * len(calls)
    for _ in range(repeat):
        for place, call in enumerate(calls):
            wall, cpu = perf_counter(), _cpu()
            call()
            best[place] = min(best[place][0], perf_counter() - wall), min(best[place][1], _cpu() - cpu)
    return best


def _read(path: Path) -> int:
    (table,) = open_tables(path, path.name, None)
    return sum(chunk.height for chunk in table.chunks(_CHUNK_ROWS))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _lines(rows: int, spoilt: Callable[[random.Random, list[str]], str]) -> Iterator[str]:
    choose = random.Random(5)  # noqa: S311 - names, not secrets
    for number in range(rows):
        yield spoilt(
            choose,
            [
                choose.choice(_FIRST), choose.choice(_LAST), f"+1415555{number % 10_000:04d}",
                f"contact{number}@example.com", choose.choice(_CITY), choose.choice(_NOTES),
            ],
        ) + "\n"  # fmt: skip


def _clean(_: random.Random, cells: list[str]) -> str:
    return ",".join(cells)


def _quoted(_: random.Random, cells: list[str]) -> str:
    return ",".join(f'"{cell}"' for cell in cells)


def _tall(choose: random.Random, cells: list[str]) -> str:
    return _clean(choose, [*cells[:5], '"first line\nsecond, and last"'] if choose.random() < 0.14 else cells)


def _broken(choose: random.Random, cells: list[str]) -> str:
    """One row in a hundred with an opened quote, a stray one, cells too many or too few."""
    if choose.random() >= 0.01:
        return _clean(choose, cells)
    return choose.choice(
        [
            _clean(choose, [cells[0], f'"{cells[1]}', *cells[2:]]),
            _clean(choose, [cells[0], f'{cells[1]} "Bo" X', *cells[2:]]),
            _clean(choose, [*cells, "x", "y"]),
            _clean(choose, cells[:3]),
        ]
    )


_KINDS = {"clean": _clean, "1 % of rows broken": _broken, "14 % of rows tall": _tall, "all cells quoted": _quoted}


if __name__ == "__main__":
    bench_text(1_000_000, 3)
