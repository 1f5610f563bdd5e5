"""How fast workbooks are read, as ratios to openpyxl's read-only mode on the same files, in turn, in the same run.

Ours is the whole way: start of the child, its imports and limits, hash of the file, and the rows as frames here.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter

import xlsxwriter

from importer.readers.workbooks.reader import Workbook

HEADER = ("First name", "Last name", "Phone", "E-mail", "City", "Zip", "Amount", "Tags")
_CITIES = ("Springfield", "Rome", "Ulm")
_OPENPYXL = """
import sys, time, openpyxl
start = time.perf_counter(), time.process_time()
rows = openpyxl.load_workbook(sys.argv[1], read_only=True).active.iter_rows(values_only=True)
assert sum(1 for _ in rows) == int(sys.argv[2])
print(time.perf_counter() - start[0], time.process_time() - start[1])
"""

Spent = tuple[float, float]
"""Seconds by the wall clock, and of all processors (user and system, children too)."""


def bench_workbooks(rows: int = 200_000, repeat: int = 3) -> None:
    """Measure and print: text and numbers in eight columns, texts shared as Excel has them or in their cells."""
    print(f"\nxlsx of {rows:,} × {len(HEADER)} cells: medians of {repeat}, beside openpyxl read-only")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("shared", "inline"):
            path = Path(folder) / f"{kind}.xlsx"
            _write(path, rows, is_inline=kind == "inline")
            pairs = [(_ours(path, rows), _openpyxl(path, rows + 1)) for _ in range(repeat)]
            for clock, measured in (("wall", 0), ("CPU", 1)):
                ours, theirs = (median(spent[measured] for spent in side) for side in zip(*pairs, strict=True))
                print(
                    f"  {kind} strings, {clock:<4} {ours:8.2f} s {rows / ours:12,.0f} rows/s "
                    f"{theirs:8.2f} s {theirs / ours:8.1f} × openpyxl"
                )


def _write(path: Path, rows: int, *, is_inline: bool) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": is_inline}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for row in range(1, rows + 1):
            address = f"person{row}@example.com"
            name, city = (f"Person{row % 5_000}", f"Example{row % 7_777}"), _CITIES[row % 3]
            cells = (*name, 12_025_550_100 + row, address, city, 10_000 + row % 89_999, row % 99_999 / 100, "a, b")
            sheet.write_row(row, 0, cells)


def _ours(path: Path, rows: int) -> Spent:
    start, cpu = perf_counter(), cpu_s()
    (table,) = Workbook().tables(path, path.name, None)
    assert sum(chunk.height for chunk in table.chunks(50_000)) == rows
    return perf_counter() - start, cpu_s() - cpu


def cpu_s() -> float:
    usages = (getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _openpyxl(path: Path, rows: int) -> Spent:
    command = [sys.executable, "-c", _OPENPYXL, str(path), str(rows)]
    wall, cpu = subprocess.run(command, capture_output=True, check=True).stdout.split()
    return float(wall), float(cpu)


if __name__ == "__main__":
    bench_workbooks()
