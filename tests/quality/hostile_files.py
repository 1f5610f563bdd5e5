"""``python -m tests.quality.hostile_files``: small files that a few signs make endless, and what each dry run takes.

Seconds are processor time of the command and its children, memory the most that they held together.
"""

import gzip
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from tests.support.process_tree import watched
from tests.support.workbooks import opendocument

_PEOPLE = ("+1 415 555 0100,Ann", "+1 415 555 0101,Bob")
_XML_2003 = "urn:schemas-microsoft-com:office:spreadsheet"


def endless_row(path: Path, cell: str, size_bytes: int) -> Path:
    """A list with a line of so many bytes between its two rows: the same cell again and again."""
    line = ",".join([cell] * (size_bytes // (len(cell) + 1)))
    path.write_text("\n".join(["Phone,Name", _PEOPLE[0], line, _PEOPLE[1], ""]))
    return path


def small_archive(path: Path, sign: str, size_bytes: int) -> Path:
    """A header, a row, and so many bytes of the same sign, packed (gzip)."""
    block = sign.encode() * ((1 << 20) // len(sign.encode()))
    with gzip.open(path, "wb", compresslevel=6) as packed:
        packed.write(f"Phone,Name\n{_PEOPLE[0]}\n".encode())
        for _ in range(size_bytes >> 20):
            packed.write(block)
    return path


def wide_list(path: Path, header: str, cell: str, columns: int, rows: int) -> Path:
    """A list of so many columns called ``header`` and a number, behind one of phones."""
    names = ",".join(f"{header} {number}" for number in range(1, columns))
    path.write_text(f"Mobile,{names}\n" + ("+1 415 555 0100" + f",{cell}" * (columns - 1) + "\n") * rows)
    return path


def commas_after_values(path: Path, objects: int, sound: int) -> Path:
    """A list of objects, one a line; after each ``sound`` ones comes one with a comma after its last value."""
    row = '{"Phone": "+1 415 555 0100", "Name": "Ann"%s},\n'
    rows = [row % "" if place % (sound + 1) != sound else row % "," for place in range(objects)]
    path.write_text(f"[\n{''.join(rows).rstrip()[:-1]}\n]")
    return path


def many_sheets(folder: Path, form: str, sheets: int) -> Path:
    """A workbook of so many sheets, each with a number to call."""
    numbers = [f"+1 415 555 01{number % 100:02}" for number in range(1, sheets + 1)]
    if form == "ods":
        rows = "".join(
            f'<table:table-row><table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
            "</table:table-row>"
            for text in ("Phone", "{}")
        )
        tables = (
            f'<table:table table:name="Sheet {place}">{rows.format(number)}</table:table>'
            for place, number in enumerate(numbers, 1)
        )
        return opendocument(folder / "sheets.ods", "".join(tables))
    path = folder / "sheets.xls"
    if form == "html":
        page = "".join(f"<table><tr><td>Phone</td></tr><tr><td>{number}</td></tr></table>" for number in numbers)
        path.write_text(f"<html><body>{page}</body></html>")
        return path
    cell = '<Row><Cell><Data ss:Type="String">{}</Data></Cell></Row>'
    book = "".join(
        f'<Worksheet ss:Name="Sheet {place}"><Table>{cell.format("Phone")}{cell.format(number)}</Table></Worksheet>'
        for place, number in enumerate(numbers, 1)
    )
    path.write_text(f'<?xml version="1.0"?><Workbook xmlns="{_XML_2003}" xmlns:ss="{_XML_2003}">{book}</Workbook>')
    return path


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for size_mb in (5, 20):
        yield f"a line of {size_mb} MB of commas", endless_row(folder / f"{size_mb}.csv", "", size_mb << 20)
    yield "a line of 5 MB of cells", endless_row(folder / "cells.csv", "x", 5 << 20)
    yield "JSON, 1 MB, a comma after each last value", commas_after_values(folder / "all.json", 20_000, 0)
    yield "JSON, 5 MB, the same in every tenth object", commas_after_values(folder / "some.json", 90_000, 9)
    for sign in ',"a \n\r\0é':
        yield f"300 MB of {sign!r} in an archive", small_archive(folder / "one.csv.gz", sign, 300 << 20)
    for sign in (",\n", '"\n', 'x"\n', "x,y\n"):
        yield f"30 MB of {sign!r} in an archive", small_archive(folder / "lines.csv.gz", sign, 30 << 20)
    for name, opened in (("objects", '{"a":'), ("lists", "[")):
        path = folder / f"{name}.json"
        path.write_text('[{"Phone": "+1 415 555 0100"},\n' + opened * 100_000)
        yield f"JSON, 100,000 {name} opened and not closed", path
    yield "5,000 phone columns", wide_list(folder / "phones.csv", "Phone", "+1 415 555 0100", 5_000, 20)
    for columns, rows in ((1_000_000, 2), (20_000, 20), (16_384, 20), (16_384, 2_000)):
        name = f"{columns:,} columns, {rows:,} rows"
        yield name, wide_list(folder / "wide.csv", "c", "x", columns, rows)
    for form in ("ods", "xml", "html"):
        (folder / form).mkdir()
        yield f"20,000 sheets ({form})", many_sheets(folder / form, form, 20_000)


def _dry_run(path: Path, folder: Path) -> str:
    before = getrusage(RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "importer", "run", str(path), "--dry-run", "--region", "US"]
    process = subprocess.Popen(
        [*command, "--runs", str(folder / "runs")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    with watched(process) as peak:
        _, said = process.communicate()
    after = getrusage(RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    words = said.decode().strip().splitlines()[:1] if process.returncode else []
    return f"{spent_s:6.1f} s {peak.mb or 0:7.0f} MB  exit {process.returncode} {''.join(words)[:120]}"


def main() -> None:
    """Run each and print; a word narrows them to those whose names hold it."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for what, path in _files(folder):
            if all(word in what for word in sys.argv[1:]):
                print(f"{what:45}{_dry_run(path, folder)}", flush=True)


if __name__ == "__main__":
    main()
