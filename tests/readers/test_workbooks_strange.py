"""Workbooks as some programs write them and others read them: read right, or told what keeps them from being read."""

import re
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import process_time
from xml.parsers.expat import ExpatError
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
import xlsxwriter

from importer.errors import ReadError
from importer.readers.formats import open_tables
from importer.readers.workbooks import ole2
from importer.readers.workbooks.ods_markup import simplified
from importer.readers.workbooks.ods_rows import few_rows_of, rows_of
from importer.readers.workbooks.pieces import cut
from importer.readers.workbooks.plain_xml import NotPlainError
from importer.readers.workbooks.result import Facts
from importer.readers.workbooks.texts import shared_texts
from importer.readers.workbooks.web import Web
from tests.support.workbooks import binary_workbook, edited, old_workbook, opendocument, refusal, save, sheets_of

LIST = {(0, 0): "Name", (0, 1): "Phone", (1, 0): "Ann", (1, 1): "+1 415 555 0101"}
READ = [("Name", "Phone"), ("Ann", "+1 415 555 0101")]


def changed(path: Path, name: Callable[[str], str], content: Callable[[bytes], bytes] = bytes) -> Path:
    """A workbook whose parts have these names and contents, made of a plain one of the same kind."""
    plain = path.with_stem("plain")
    if path.suffix == ".xlsb":
        binary_workbook(plain)
    else:
        with xlsxwriter.Workbook(plain) as book:
            sheet = book.add_worksheet("List")
            for place, row in enumerate(READ):
                sheet.write_row(place, 0, row)
    with ZipFile(plain) as before, ZipFile(path, "w", ZIP_DEFLATED) as after:
        for part in before.namelist():
            after.writestr(name(part), content(before.read(part)))
    return path


def cells(path: Path) -> list[tuple[str | None, ...]]:
    ((_, frame),) = sheets_of(path)
    return frame.rows()


@pytest.mark.parametrize("contain", [ole2.written, bytes])
def test_a_chart_overwrites_no_cell(tmp_path: Path, contain: Callable[[bytes], bytes]) -> None:
    """xls: what a chart keeps of its numbers is no cell, in a file with a container and in one without."""
    path = tmp_path / "drawn.xls"
    path.write_bytes(contain(old_workbook(LIST, drawn={(1, 1): 7.0, (2, 0): 8.0})))
    (table,) = open_tables(path, path.name, None)
    assert (table.source.format, cells(path)) == ("xls", READ)


def test_a_chart_without_an_end_is_no_workbook(tmp_path: Path) -> None:
    """xls: a chart that goes on to the end of the file would hide all that is below it."""
    content = old_workbook(LIST, drawn={(1, 1): 7.0})
    (tmp_path / "endless.xls").write_bytes(ole2.written(content[:-8]))
    assert "damaged or cut short" in refusal(tmp_path / "endless.xls")


@pytest.mark.parametrize("bytes_more", [0, 8 << 20])
def test_streams_are_found_again(bytes_more: int) -> None:
    """A container's table of sectors goes on where the header has no place for it."""
    content = old_workbook(LIST) + bytes(bytes_more)
    assert ole2.stream(ole2.written(content), frozenset({"workbook"})).startswith(content)


@pytest.mark.parametrize(("days", "text"), [(12025550102, "12025550102"), (-5, "-5"), (1e18, "1" + 18 * "0")])
def test_a_number_that_no_calendar_has_is_the_number(tmp_path: Path, days: float, text: str) -> None:
    """A phone number in a column of dates is no date, and no reason to refuse the book; in xls it was lost."""
    book = openpyxl.Workbook()
    for row, number in ((1, 45000), (2, days)):
        book.active.cell(row, 1, number).number_format = "yyyy-mm-dd"
    book.save(tmp_path / "dates.xlsx")
    (tmp_path / "dates.xls").write_bytes(ole2.written(old_workbook({(0, 0): 45000.0, (1, 0): float(days)})))
    assert cells(tmp_path / "dates.xlsx") == cells(tmp_path / "dates.xls") == [("2023-03-15",), (text,)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (lambda part: part.replace("/", "\\"), bytes),
        (lambda part: part.replace("xl/", "data/"), lambda text: text.replace(b'Target="xl/', b'Target="data/')),
        (lambda part: part.replace("xl/", ""), lambda text: text.replace(b'Target="xl/', b'Target="')),
    ],
    ids=["backslashes", "another folder", "no folder"],
)
def test_parts_lie_where_the_book_says(
    tmp_path: Path, name: Callable[[str], str], content: Callable[[bytes], bytes]
) -> None:
    """Xlsx and xlsb: names with backslashes, and a workbook elsewhere than in ``xl``."""
    assert cells(changed(tmp_path / "list.xlsx", name, content)) == READ
    assert cells(changed(tmp_path / "list.xlsb", name, content))[1][0] == "0202555101"


@pytest.mark.parametrize(
    ("what", "by"),
    [
        (rb"<(/?)(sst|si|t)\b", rb"<\1x:\2"),
        (rb'<c r="([A-Z])', lambda found: b'<c r="' + found[1].lower()),
        (rb"<c ", rb'<c s="" '),
        (rb"<row ", rb'<row s="" '),
    ],
    ids=["prefixed texts", "small letters", "no style", "no style of a row"],
)
def test_other_spellings_of_markup(tmp_path: Path, what: bytes, by: bytes) -> None:
    """Prefixed shared texts, small letters in references, and empty styles, as programs beside Excel write."""

    def content(part: bytes) -> bytes:
        return re.sub(what, by, part).replace(b"<x:sst xmlns=", b"<x:sst xmlns:x=")

    assert cells(changed(tmp_path / "list.xlsx", str, content)) == READ


def test_charts_among_the_sheets_of_a_binary_workbook(tmp_path: Path) -> None:
    """xlsb: a chart that is a sheet of its own is no list, and none of the others is refused for it."""
    words = [struct.pack("<I", len(word)) + word.encode("utf-16-le") for word in ("rId9", "Chart")]
    chart = struct.pack("<II", 0, 2) + b"".join(words)
    relation = b'<Relationship Id="rId9" Type="http://x/chartsheet" Target="chartsheets/sheet1.bin"/></Relationships>'

    def content(part: bytes) -> bytes:
        part = part.replace(b"\x90\x01\x00\x84", bytes([0x9C, 1, len(chart)]) + chart + b"\x90\x01\x00\x84")
        return part.replace(b"</Relationships>", relation)

    assert cells(changed(tmp_path / "list.xlsb", str, content))[1][0] == "0202555101"


def test_macros_of_an_open_document_are_not_read(tmp_path: Path) -> None:
    """ods: the parts that LibreOffice keeps macros in have a DOCTYPE, and no cell."""
    row = '<table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    path = opendocument(tmp_path / "macro.ods", f'<table:table table:name="L">{row}</table:table-row></table:table>')
    with ZipFile(path, "a") as book:
        book.writestr("Basic/script-lc.xml", '<!DOCTYPE library:libraries PUBLIC "x" "libraries.dtd"><library/>')
    assert cells(path) == [("x",)]


@pytest.mark.parametrize(
    ("begin", "version"), [("0900040002001000", 2), ("0902060000001000", 3), ("0904060000001000", 4)]
)
def test_the_oldest_workbooks_are_told(tmp_path: Path, begin: str, version: int) -> None:
    """Excel 2 to 4: neither read as text nor called damaged."""
    path = tmp_path / "old.xls"
    path.write_bytes(bytes.fromhex(begin) + bytes(100))
    assert f"old.xls is a workbook of Excel {version}" in refusal(path)
    with pytest.raises(ReadError, match=f"workbook of Excel {version}"):
        open_tables(path, path.name, None)


@pytest.mark.parametrize(("version", "lock"), [(0x0500, b"\x34\x12\x78\x56"), (0x0600, b"\0\0\x34\x12\x78\x56")])
def test_a_password_of_before_excel_97_is_told(tmp_path: Path, version: int, lock: bytes) -> None:
    """xls: hidden by XOR, in the way of Excel 5 and 95 and in the later one."""
    records = ((0x0809, struct.pack("<4H", version, 5, 0, 0)), (0x002F, lock), (0x000A, b""))
    stream = b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in records)
    (tmp_path / "locked.xls").write_bytes(ole2.written(stream.ljust(5000, b"\0")))
    with pytest.raises(ReadError, match=r"locked by a password.* save it without"):
        open_tables(tmp_path / "locked.xls", "locked.xls", None)


def test_what_one_reader_refuses_is_told_by_part_and_reason(tmp_path: Path) -> None:
    """Damaged is what two readers find so; where only this one stumbles, it says over what."""
    path = save(tmp_path / "list.xlsx", [["Phone"], [12025550101]])
    broken = edited(path, tmp_path / "sheet.xlsx", "xl/worksheets/sheet1.xml", "<v>", "<v>&y;")
    assert "cannot be read: sheet 'Sheet': its XML is broken." in refusal(broken)
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(path.read_bytes()[:-40])
    assert "is damaged or cut short" in refusal(cut)


@pytest.mark.parametrize(
    "sign", ["<si>", "<rPh>", "<row ", "<table:table ", "<style:style ", "<si ", "</text:p><text:p>", '<text:a a="b" ']
)
def test_a_sign_again_and_again_takes_no_time(tmp_path: Path, sign: str) -> None:
    """A hundred thousand bytes of one sign; each of these was looked at to the end of the file from each place."""
    markup = (sign * (100_000 // len(sign))).encode()
    page = tmp_path / "page.xls"
    page.write_bytes(b"<table>" + markup)
    start = process_time()
    for read in (
        lambda: shared_texts(b"<r>" + markup + b"</si>"),
        lambda: list(cut(iter([b"<sheetData><row>" + markup + b"</sheetData>" + markup]))),
        lambda: rows_of(markup, 0, Facts()),
        lambda: few_rows_of(markup, 0, Facts()),
        lambda: simplified(markup),
        lambda: Web(page),
    ):
        with suppress(ValueError, ExpatError, NotPlainError):
            read()
    assert process_time() - start < 5
