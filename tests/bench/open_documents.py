"""How fast ods files are read by processor time, as ratios to calamine (fastexcel) on the same files, pair by pair.

Ours is the whole way, as in ``tests.bench.workbooks``. Calamine is measured twice over: its whole process, with the
start and the imports, until the cells are texts in a frame; and reading alone, what is left of that without them.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from statistics import median
from zipfile import ZIP_DEFLATED, ZipFile

from importer.readers.workbooks.reader import Workbook
from tests.bench.workbooks import HEADER, cpu_s

_ROWS = 92_875
"""Of eight cells, with the header: as many cells as the list has that this was first measured on, 743,000."""
_CITIES = ("Springfield", "Rome", "Ulm")
_SPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)
_CALAMINE = """
import sys, time
import fastexcel, polars
start = time.process_time()
sheet = fastexcel.read_excel(sys.argv[1]).load_sheet(0, header_row=None, dtypes="string")
assert sheet.to_polars().height == int(sys.argv[2])
print(time.process_time() - start, time.process_time())
"""


def bench_open_documents(rows: int = _ROWS, repeat: int = 3) -> None:
    """Measure and print the books of ``_BOOKS``."""
    print(f"\nods of {rows:,} × 8 cells, CPU: medians of {repeat}, beside calamine, whole process and reading alone")
    with tempfile.TemporaryDirectory() as folder:
        for name, cells in _BOOKS.items():
            path = _write(Path(folder) / "book.ods", (cells(row) for row in range(1, rows)))
            pairs = [(_ours(path, rows - 1), *_calamine(path, rows)) for _ in range(repeat)]
            ours, alone, whole = (median(side) for side in zip(*pairs, strict=True))
            print(
                f"  {name:<17} {ours:6.2f} s {rows / ours:10,.0f} rows/s   {whole:6.2f} s, {ours / whole:4.2f} × "
                f"calamine   {alone:6.2f} s, {ours / alone:4.2f} × reading alone"
            )


def _text(text: str, told: str = "") -> str:
    told = f'{told} office:value-type="string" calcext:value-type="string"'
    return f"<table:table-cell{told}><text:p>{text}</text:p></table:table-cell>"


def _valued(kind: str, value: object, shown: object) -> str:
    name = "value" if kind == "float" else f"{kind}-value"
    told = f'office:value-type="{kind}" office:{name}="{value}" calcext:value-type="{kind}"'
    return f"<table:table-cell {told}><text:p>{shown}</text:p></table:table-cell>"


def _text_and_numbers(row: int) -> Iterator[str]:
    yield from (_text(f"Person{row % 5_000}"), _text(f"Example{row % 7_777}"))
    yield _valued("float", 12_025_550_100 + row, 12_025_550_100 + row)
    yield from (_text(f"person{row}@example.com"), _text(_CITIES[row % 3]))
    yield _valued("float", 10_000 + row % 89_999, 10_000 + row % 89_999)
    yield from (_valued("float", row % 99_999 / 100, f"{row % 99_999 / 100:.2f}"), _text("a, b"))


def _contacts(row: int) -> Iterator[str]:
    yield from (_text(f"Person{row % 5_000}"), _text(f"Example{row % 7_777}"), _text(f"+1 202 555 {row % 10_000:04}"))
    yield from (_text(f"person{row}@example.com"), _text(_CITIES[row % 3]), _text(str(10_000 + row % 89_999)))
    yield from (_text("Smith &amp; Sons" if row % 9 == 0 else f"Company {row % 999}"), _text("a, b"))


def _contacts_as_typed(row: int) -> Iterator[str]:
    """Yield the cells as they are typed: addresses become links, cells have styles, a note has lines or is empty."""
    address = f"person{row}@example.com"
    link = f'<text:a xlink:href="mailto:{address}" xlink:type="simple">{address}</text:a>'
    day, month, year = row % 28 + 1, row % 12 + 1, 1950 + row % 60
    notes = ("likes <text:s/>tea", "first line</text:p><text:p>and a second", "old customer")
    yield from (_text(f"Person{row % 5_000}"), _text(f"Example{row % 7_777}"))
    yield _text(f"+1 202 555 {row % 10_000:04}", ' table:style-name="ce2"')
    yield _text(link, ' table:style-name="ce1"') if row % 4 else "<table:table-cell/>"
    yield from (_text(_CITIES[row % 3]), _valued("date", f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}"))
    yield _text(notes[min(row % 30 // 3, 2)]) if row % 3 == 0 else "<table:table-cell/>"
    yield _text("Smith &amp; Sons" if row % 9 == 0 else f"Company {row % 999}")


_BOOKS: dict[str, Callable[[int], Iterator[str]]] = {
    "text and numbers": _text_and_numbers,
    "contacts": _contacts,
    "contacts as typed": _contacts_as_typed,
}


def _write(path: Path, rows: Iterable[Iterator[str]]) -> Path:
    all_rows = chain([map(_text, HEADER)], rows)
    lines = "".join(f'<table:table-row table:style-name="ro1">{"".join(cells)}</table:table-row>' for cells in all_rows)
    body = f'<table:table table:name="L"><table:table-column/>{lines}</table:table>'
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<?xml version='1.0' encoding='UTF-8'?><office:document-content {_SPACES}><office:body>"
            f"<office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def _ours(path: Path, rows: int) -> float:
    start = cpu_s()
    (table,) = Workbook().tables(path, path.name, None)
    assert sum(chunk.height for chunk in table.chunks(50_000)) == rows
    return cpu_s() - start


def _calamine(path: Path, rows: int) -> tuple[float, float]:
    command = [sys.executable, "-c", _CALAMINE, str(path), str(rows)]
    alone, whole = subprocess.run(command, capture_output=True, check=True).stdout.split()
    return float(alone), float(whole)


if __name__ == "__main__":
    bench_open_documents()
