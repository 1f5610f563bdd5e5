"""Workbooks made for tests, and how tests read them."""

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import openpyxl
import polars as pl
import pytest

from importer.errors import ReadError
from importer.readers import strays
from importer.readers.table import Table
from importer.readers.workbooks import child
from importer.readers.workbooks.pages import Pages
from importer.readers.workbooks.reader import Workbook
from importer.readers.workbooks.result import Sheet


def tables(path: Path, sheet: str | None = None) -> list[Table]:
    return Workbook().tables(path, path.name, sheet)


def rows(table: Table) -> list[dict[str, Any]]:
    """A table's rows with their ``row`` and cells, the prefix of the columns taken off."""
    frame = pl.concat(list(table.chunks(7)))
    assert frame["row"].equals(frame["line"], check_names=False)
    assert frame["extra_cells"].null_count() == frame.height
    assert set(frame["problem"].drop_nulls()) <= {
        strays.HEADER_AGAIN,
        strays.TITLE,
        strays.OTHER_HEADER,
        strays.OTHER_ROW,
    }
    return frame.drop("line", "problem", "extra_cells").rename(lambda name: name.removeprefix("raw:")).to_dicts()


def save(path: Path, cells: list[list[Any]], *merges: str, **formats: str) -> Path:
    """An xlsx file of one sheet; ``formats`` are number formats by cell, such as ``B2="00000"``."""
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    for merge in merges:
        book.active.merge_cells(merge)
    for place, code in formats.items():
        book.active[place].number_format = code
    book.save(path)
    return path


def sheets_of(path: Path) -> list[tuple[Sheet, pl.DataFrame]]:
    """Every sheet with all its cells, read in this process."""
    with TemporaryFile() as cells:
        found = child.read(path, cells, None).sheets
        cells.flush()
        return [(sheet, Pages(cells, sheet.extent).slice(0, sheet.extent.rows)) for sheet in found]


def archive(path: Path, **parts: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return path


def edited(source: Path, path: Path, part: str, old: str, new: str) -> Path:
    """A copy of a workbook with ``old`` replaced in one part."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == part:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode(), 1)
            after.writestr(name, content)
    return path


def refusal(path: Path) -> str:
    """Why a file is refused, found out without a process of its own."""
    with TemporaryFile() as cells, pytest.raises(ReadError) as caught:
        child.read(path, cells, None)
    return f"{path.name} {caught.value}"


def xlsx(path: Path, sheet_data: str, texts: str = "", date1904: str = "0") -> Path:
    """An xlsx file of these rows, as markup."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    book = (
        f'<workbook {space} xmlns:r="{kinds}"><workbookPr date1904="{date1904}"/><sheets>'
        '<sheet name="S" r:id="r1"/></sheets></workbook>'
    )
    relations = (
        f'<Relationships><Relationship Id="r1" Type="{kinds}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{kinds}/styles" Target="styles.xml"/>'
        f'<Relationship Id="r3" Type="{kinds}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/><xf numFmtId="46"/></cellXfs>'
    return archive(
        path,
        xl__workbook_dot_xml=book,
        xl___rels__workbook_dot_xml_dot_rels=relations,
        xl__styles_dot_xml=f"<styleSheet {space}>{styles}</styleSheet>",
        xl__sharedStrings_dot_xml=f"<sst {space}>{texts}</sst>",
        xl__worksheets__sheet1_dot_xml=f"<worksheet {space}><sheetData>{sheet_data}</sheetData></worksheet>",
    )


def opendocument(path: Path, body: str, mimetype: str = "application/vnd.oasis.opendocument.spreadsheet") -> Path:
    names = ("office", "table", "text", "calcext")
    spaces = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    content = (
        f"<?xml version='1.0'?><office:document-content{spaces}><office:body><office:spreadsheet>{body}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", mimetype)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    return path


def binary_workbook(path: Path, last_row: int = 1) -> Path:
    """An xlsb file: a phone number under a mask, an error, a boolean, a hidden row and column, merged cells."""

    def record(kind: int, data: bytes = b"") -> bytes:
        number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return number + bytes([len(data)]) + data

    def text(words: str) -> bytes:
        return struct.pack("<I", len(words)) + words.encode("utf-16-le")

    def row(number: int, *, is_hidden: bool = False) -> bytes:
        return record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, 0x10 * is_hidden, 0, 0))

    book = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + text("rId1") + text("List"))
    styles = (
        record(615, struct.pack("<I", 1)) + record(44, struct.pack("<H", 164) + text("0000000000")) + record(616)
        + record(617, struct.pack("<I", 2)) + record(47, struct.pack("<HH12x", 0, 0))
        + record(47, struct.pack("<HH12x", 0, 164))
        + record(618)
    )  # fmt: skip
    cell = struct.Struct("<II")
    sheet = (
        record(129) + record(148, struct.pack("<4I", 0, 1, 0, 3))
        + record(390) + record(60, struct.pack("<4IH", 3, 3, 2560, 0, 1)) + record(391) + record(145)
        + row(0) + record(6, cell.pack(0, 0) + text("Phone")) + record(6, cell.pack(1, 0) + text("Due"))
        + record(6, cell.pack(2, 0) + text("Member")) + record(6, cell.pack(3, 0) + text("Note"))
        + row(last_row, is_hidden=True) + record(5, cell.pack(0, 1) + struct.pack("<d", 202555101))
        + record(3, cell.pack(1, 0) + b"\x2a") + record(4, cell.pack(2, 0) + b"\1")
        + record(6, cell.pack(3, 0) + text("x"))
        + record(146) + record(177, struct.pack("<I", 1)) + record(176, struct.pack("<4I", 1, 2, 0, 0)) + record(178)
        + record(130)
    )  # fmt: skip
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return archive(
        path,
        _rels___dot_rels=f'<R><R Id="a" Type="{kind}/officeDocument" Target="xl/workbook.bin"/></R>',
        xl__workbook_dot_bin=book + record(144) + record(132),
        xl___rels__workbook_dot_bin_dot_rels=(
            f'<Relationships><Relationship Id="rId1" Type="{kind}/worksheet" Target="worksheets/sheet1.bin"/>'
            f'<Relationship Id="rId2" Type="{kind}/styles" Target="styles.bin"/></Relationships>'
        ),
        xl__styles_dot_bin=styles,
        xl__worksheets__sheet1_dot_bin=sheet,
    )


def old_workbook(
    cells: Mapping[tuple[int, int], str | float], drawn: Mapping[tuple[int, int], float] | None = None
) -> bytes:
    """The stream of an xls file (BIFF8) with one sheet, its numbers under a date's format; ``drawn`` is its chart's."""

    def record(kind: int, data: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def begin(kind: int) -> bytes:
        return record(0x0809, struct.pack("<4H8x", 0x0600, kind, 0, 0))

    def cell(place: tuple[int, int], value: str | float) -> bytes:
        if isinstance(value, str):
            return record(0x0204, struct.pack("<4HB", *place, 0, len(value), 0) + value.encode("latin-1"))
        return record(0x0203, struct.pack("<3Hd", *place, 1, value))

    styles = b"".join(record(0x00E0, struct.pack("<HH16x", 0, number)) for number in (0, 14))
    told = struct.pack("<IBBBB", 0, 0, 0, 1, 0) + b"S"
    top = begin(5) + styles
    start = len(top) + len(record(0x0085, told)) + 4
    chart = begin(0x20) + b"".join(cell(place, value) for place, value in drawn.items()) + record(10) if drawn else b""
    sheet = begin(0x10) + b"".join(cell(place, value) for place, value in cells.items()) + chart + record(10)
    return top + record(0x0085, struct.pack("<I", start) + told[4:]) + record(10) + sheet
