"""What a marked copy would lose of a workbook is found before it is made; text stays text in it."""

import zlib
from collections.abc import Callable
from pathlib import Path
from struct import pack
from typing import Any
from zipfile import ZipFile

import openpyxl
import polars as pl
import pytest
from xlsxwriter import Workbook

from importer.errors import ReadError
from importer.reports.marked.books import OwnBook, add_list
from importer.reports.marked.losses import losses
from tests.support.marked_books import club


def picture(folder: Path) -> str:
    """A PNG of one pixel."""
    chunks = [(b"IHDR", pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\xff\0\0")), (b"IEND", b"")]
    parts = [pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data)) for kind, data in chunks]
    (folder / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return str(folder / "dot.png")


def chart(book: Any, _: Path) -> None:
    made = book.add_chart({"type": "line"})
    made.add_series({"values": "=List!$A$1:$A$2"})
    book.add_worksheet("Totals").insert_chart("A1", made)


def macros(book: Any, folder: Path) -> None:
    (folder / "vba.bin").write_bytes(b"\xd0\xcf\x11\xe0 code")
    book.add_vba_project(str(folder / "vba.bin"))


def data_bar(book: Any, _: Path) -> None:
    book.sheets["List"].conditional_format("A1:A2", {"type": "data_bar", "data_bar_2010": True})


LOST: dict[str, tuple[Callable[[Any, Path], Any], str]] = {
    "chart": (chart, "a chart (sheet Totals)"),
    "macros": (macros, "macros"),
    "data bar": (data_bar, "data bars or icons (conditional formats of Excel 2010 and later) (sheet List)"),
    "picture": (lambda b, f: b.sheets["List"].insert_image("C1", picture(f)), "a picture (sheet List)"),
    "shape": (lambda b, _: b.sheets["List"].insert_textbox("C1", "hello"), "a shape or text box (sheet List)"),
    "button": (lambda b, _: b.sheets["List"].insert_button("C1"), "a form control (sheet List)"),
    "sparkline": (lambda b, _: b.sheets["List"].add_sparkline("C1", {"range": "A1:A2"}), "sparklines (sheet List)"),
    "spilling": (
        lambda b, _: b.sheets["List"].write_dynamic_array_formula("C1", "=UNIQUE(A1:A2)"),
        "a formula that spills, or a linked data type",
    ),
    "background": (lambda b, f: b.sheets["List"].set_background(picture(f)), "a picture behind the cells (sheet List)"),
    "read-only": (lambda b, _: b.read_only_recommended(), "that it is to be opened read-only"),
}


@pytest.mark.parametrize("name", LOST)
def test_what_would_be_lost_is_named_with_its_sheet(tmp_path: Path, name: str) -> None:
    """Each of these is gone from a book that openpyxl has opened and saved."""
    make, words = LOST[name]
    book = Workbook(tmp_path / "book.xlsx")
    book.sheets = {"List": book.add_worksheet("List")}
    make(book, tmp_path)
    book.close()
    with ZipFile(tmp_path / "book.xlsx") as archive:
        assert words in losses(archive)
    with pytest.raises(ReadError, match="is not made, because it would lose"):
        OwnBook(tmp_path / "book.xlsx")


@pytest.mark.parametrize(
    ("part", "kind", "words"),
    [
        ("xl/pivotTables/pivotTable1.xml", "spreadsheetml.pivotTable+xml", "a pivot table (sheet Members)"),
        ("xl/slicers/slicer1.xml", "ms-excel.slicer+xml", "a slicer (sheet Members)"),
        ("customXml/item1.xml", "officedocument.customXmlProperties+xml", "custom XML (sheet Members)"),
        ("xl/new.xml", "something.new+xml", "a part that is not known here (xl/new.xml) (sheet Members)"),
    ],
)  # fmt: skip
def test_a_part_that_is_not_known_to_be_kept_counts_as_lost(tmp_path: Path, part: str, kind: str, words: str) -> None:
    """Whatever a later Excel invents."""
    with ZipFile(club(tmp_path / "club.xlsx")) as archive, ZipFile(tmp_path / "more.xlsx", "w") as more:
        for item in archive.infolist():
            text = archive.read(item)
            if item.filename == "[Content_Types].xml":
                text = text.replace(
                    b"</Types>", f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'.encode()
                )
            if item.filename == "xl/worksheets/_rels/sheet1.xml.rels":
                relation = f'<Relationship Id="rIdX" Type="urn:x" Target="/{part}"/></Relationships>'
                text = text.replace(b"</Relationships>", relation.encode())
            more.writestr(item, text)
        more.writestr(part, "<a/>")
    with ZipFile(tmp_path / "more.xlsx") as archive:
        assert losses(archive) == [words]


def test_nothing_is_lost_of_a_book_with_all_that_is_kept(tmp_path: Path) -> None:
    """Tables, filters, comments, merged and hidden cells, rules and names."""
    with ZipFile(club(tmp_path / "club.xlsx")) as archive:
        assert losses(archive) == []


def test_text_of_a_list_never_becomes_a_formula_a_number_or_an_error(tmp_path: Path) -> None:
    """Nor is a sign lost that XML cannot hold."""
    texts = ["=1+1", "#N/A", "007", "1E5", "+44", "TRUE", "a\x01b", "_x0041_", None]
    rows = pl.DataFrame({"row": range(2, 2 + len(texts)), "raw:=A": texts})
    book = openpyxl.Workbook()
    sheet, header, shift = add_list(book, "list", ["=A"], rows)
    book.save(tmp_path / "list.xlsx")
    assert (header, shift) == (1, 0)
    column = openpyxl.load_workbook(tmp_path / "list.xlsx")["list"]["A"]
    assert [(cell.value, cell.data_type) for cell in column] == [
        ("=A", "s"), ("=1+1", "s"), ("#N/A", "s"), ("007", "s"), ("1E5", "s"), ("+44", "s"), ("TRUE", "s"),
        ("a_x0001_b", "s"), ("_x005F_x0041_", "s"),
    ]  # fmt: skip
    assert sheet.cell(2, 1).number_format == "@"


def test_a_list_that_no_sheet_holds_is_refused() -> None:
    """Rather than cut."""
    rows = pl.DataFrame({"row": [2], "raw:A": ["x" * 32_768]})
    with pytest.raises(ReadError, match="a workbook cannot hold so many"):
        add_list(openpyxl.Workbook(), "list", ["A"], rows)
