"""``python -m tests.torture.swaps``: lists are replaced by a link, a pipe and themselves while they are opened.

Text and zipped text each so often, Parquet files and workbooks, which a process of its own opens, 500 times.
Whatever lies at a list's place at any moment, no byte of what the link leads to is read, and nothing is waited for.
"""

import argparse
import io
import os
import random
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl

from importer.errors import ReadError
from importer.readers.formats import open_tables

OWN = ("Ann Example", "+12025550101")
FOREIGN = ("Foreign Person", "+12025550199")
SLOWEST_S = 10.0
Row = tuple[str, str]


def text(row: Row) -> bytes:
    """A CSV file with one contact."""
    return f"Name,Phone\n{','.join(row)}\n".encode()


def zipped(row: Row) -> bytes:
    """The same in a zip archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("list.csv", text(row))
    return archive.getvalue()


def parquet(row: Row) -> bytes:
    """The same as a Parquet file."""
    file = io.BytesIO()
    pl.DataFrame([row], schema=["Name", "Phone"], orient="row").write_parquet(file)
    return file.getvalue()


def workbook(row: Row) -> bytes:
    """The same as a workbook."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for place, (name, value) in enumerate(zip(("Name", "Phone"), row, strict=True), 1):
        sheet.cell(1, place, name)
        sheet.cell(2, place, value)
    book.save(file)
    return file.getvalue()


FORMS: dict[str, Callable[[Row], bytes]] = {
    "csv": text, "zip": zipped, "parquet": parquet, "xlsx": workbook,
}  # fmt: skip
OPENED_BY_A_PROCESS = ("parquet", "xlsx")


def swap(path: Path, own: bytes, foreign: Path, is_over: threading.Event) -> None:
    """Put a link to the foreign file, a pipe, and the own file into a place, in turn, until it is over."""
    chance = random.Random(1)  # noqa: S311 - repeatable, no secret
    spare = path.with_suffix(".spare")
    while not is_over.is_set():
        spare.symlink_to(foreign)
        spare.replace(path)
        os.mkfifo(spare)
        spare.replace(path)
        spare.write_bytes(own)
        spare.replace(path)
        time.sleep(chance.uniform(0, 0.05))


def race(folder: Path, times: int, form: str = "csv") -> dict[str, int]:
    """Read the list so often; how often it was read and refused.

    Raises:
        AssertionError: a foreign byte was read, or an attempt took longer than 10 s.
    """
    path, foreign = folder / f"list.{form}", folder / f"foreign.{form}"
    own = FORMS[form](OWN)
    path.write_bytes(own)
    foreign.write_bytes(FORMS[form](FOREIGN))
    counts = {"read": 0, "refused": 0}
    is_over = threading.Event()
    swapping = threading.Thread(target=swap, args=(path, own, foreign, is_over), daemon=True)
    swapping.start()
    try:
        for _ in range(times):
            began = time.monotonic()
            try:
                (table,) = open_tables(path, path.name, None)
                cells = [str(chunk.rows()) for chunk in table.chunks(100)]
                assert cells, "a list without rows"
                assert "Foreign" not in "".join(cells), "a foreign file was read"
                counts["read"] += 1
            except ReadError:
                counts["refused"] += 1
                time.sleep(0.002)  # or most would see the pipe, which lies there longer than the link
            assert time.monotonic() - began < SLOWEST_S, "something was waited for"
    finally:
        is_over.set()
        swapping.join(10)
    return counts


def report(times: int) -> str:
    """The race of every form in a folder of its own; its figures."""
    lines = []
    for form in FORMS:
        most = times // 20 if form in OPENED_BY_A_PROCESS else times
        with tempfile.TemporaryDirectory() as folder:
            counts = race(Path(folder), most, form)
        lines.append(f"{form}: {most:,} openings while the file was swapped: {counts}; 0 foreign bytes, 0 waits")
    return "\n".join(lines)


def main() -> None:
    """As often as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10_000)
    print(report(parser.parse_args().times))


if __name__ == "__main__":
    main()
