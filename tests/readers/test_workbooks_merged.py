"""Merged cells of workbooks: a header's name is that of all the columns it covers, and of the others it is said."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from importer.models.sources import Source
from importer.readers.workbooks import package
from importer.readers.workbooks.merges import Merge
from tests.quality.excel_corpus import CORPUS
from tests.support.workbooks import edited, opendocument, rows, save, sheets_of, tables

PEOPLE = [
    ["Ann Example", "202-555-0101", "ann@example.com", "Berlin"],
    ["Ben Example", "202-555-0102", "ben@example.com", "Bonn"],
    ["Cy Example", "202-555-0103", "cy@example.com", "Ulm"],
]
CONTACT: list[list[Any]] = [["Name", "Contact", None, "City"], [None, "Phone", "E-mail", None], *PEOPLE]
SCORES = [["Ann", "202-555-0101", 5, 7], ["Ben", "202-555-0102", 4, 7]]


def source(path: Path, cells: list[list[Any]], *merges: str) -> Source:
    return tables(save(path / "merged.xlsx", cells, *merges))[0].source


@pytest.mark.parametrize(
    ("cells", "merges", "header_row", "columns"),
    [
        (CONTACT, "A1:A2 B1:C1 D1:D2", 2, "Name|Contact Phone|Contact E-mail|City"),
        (
            [["Members 2024"], ["Name", "Phone", None, "E-mail"], [None, "Home", "Mobile"],
             ["Ann", "202-555-0101", "202-555-0111", "ann@example.com"]],
            "A1:D1 A2:A3 B2:C2 D2:D3", 3, "Name|Phone Home|Phone Mobile|E-mail",
        ),
        (
            [["Our list"], [None, "Person", None, "Reach"], ["No.", "First", "Last", "Phone", "E-mail"],
             [1, "Ann", "Example", "202-555-0101", "ann@example.com"]],
            "A1:E1 B2:C2 D2:E2", 3, "No.|First Person|Last Person|Reach Phone|Reach E-mail",
        ),
        (
            [[None, None, "Emergency"], ["Name", "City", "Name", "Phone", "Phone", "E-mail"],
             ["Ann", "Bonn", "Ben", "202-555-0111", "202-555-0101", "ann@example.com"]],
            "C1:D1", 2, "Name|City|Emergency Name|Emergency Phone|Phone|E-mail",
        ),
        (
            [["Name", "Phone"], [None, "Work", None, "Home"], [None, "Mobile", "Fax", "Mobile", "Fax"],
             ["Ann", "202-555-0101", "202-555-0102", "202-555-0103", "202-555-0104"]],
            "A1:A3 B1:E1 B2:C2 D2:E2", 3, "Name|Phone Work Mobile|Phone Work Fax|Phone Home Mobile|Phone Home Fax",
        ),
        ([["Name", "Phone", "Marks"], [None, None, "Math", "Art"], *SCORES], "C1:D1", 2,
         "Name|Phone|Marks Math|Marks Art"),
        ([["Name", None, "Phone"], ["Ann", "Example", "202-555-0101"]], "A1:B1", 1, "Name|Name (2)|Phone"),
    ],
    ids=["contact", "phones", "groups", "not the first", "three lines", "other words", "no parts"],
)  # fmt: skip
def test_a_merged_header_names_all_its_columns(
    tmp_path: Path, cells: list[list[Any]], merges: str, header_row: int, columns: str
) -> None:
    """The lines of a header combine, whatever words they are; a name that goes down over them is there once."""
    found = source(tmp_path, cells, *merges.split())
    assert ("|".join(found.columns), found.header_row) == (columns, header_row)
    assert any("merged header cell" in note for note in found.notes)


@pytest.mark.parametrize("merge", ["A1:D1", "A1:C1", "A1:D2", "B1:D1"])
def test_a_merged_title_is_no_name(tmp_path: Path, merge: str) -> None:
    """Over the whole width or most of it, it stays a title and is counted as one."""
    title: list[Any] = [None, "Members 2024"] if merge[0] == "B" else ["Members 2024"]
    blank: list[list[Any]] = [[]] if merge.endswith("2") else []
    found = source(tmp_path, [title, *blank, ["Name", "Phone", "E-mail", "City"], *PEOPLE], merge)
    assert found.columns == ("Name", "Phone", "E-mail", "City")
    assert found.notes == ("1 title row above the header was left out.",)


@pytest.mark.parametrize("letterhead", [["ACME Ltd", None, "Contact list"], ["Members", None, "Printed by Ann"]])
def test_a_merged_letterhead_is_no_name(tmp_path: Path, letterhead: list[Any]) -> None:
    """Several merged cells over columns that are told apart without them, in words that are no header's."""
    found = source(tmp_path, [letterhead, ["Name", "Phone", "E-mail", "City"], *PEOPLE], "A1:B1", "C1:D1")
    assert found.columns == ("Name", "Phone", "E-mail", "City")


def test_cells_merged_for_their_looks_add_no_names(tmp_path: Path) -> None:
    """Reports merge every cell with the blank one beside it; a column without a value has no name."""
    cells: list[list[Any]] = [
        ["Name", None, "Phone", None],
        ["Ann", None, "202-555-0101", None],
        ["Ben", None, "202-555-0102", None],
    ]
    found = source(tmp_path, cells, *(f"{pair[0]}{row}:{pair[1]}{row}" for row in (1, 2, 3) for pair in ("AB", "CD")))
    assert found.columns == ("Name", "column 2", "Phone")
    assert "4 merged cells below the header span several columns; only the first has the value." in found.notes


def test_merged_cells_among_the_rows_are_said_and_not_filled(tmp_path: Path) -> None:
    """Whose a value is that spans several rows is not guessed; a label beside the list is counted too."""
    cells: list[list[Any]] = [
        ["Team", "Company", "Phone"],
        [None, "Acme", "202-555-0101"],
        [None, None, "202-555-0102"],
    ]
    path = save(tmp_path / "data.xlsx", cells, "A1:A3", "B2:B3")
    (table,) = tables(path)
    assert [row["Company"] for row in rows(table)] == ["Acme", None]
    assert table.source.notes == (
        "2 merged cells span several rows; only the first has the value. If it is meant for all, fill it down.",
    )


def test_rows_under_a_merged_name_stay_rows(tmp_path: Path) -> None:
    """A list of words alone under a merged header loses no row to it."""
    lists: list[tuple[list[list[Any]], str]] = [
        ([["Name", None, "City"], ["Ann", "Example", "Berlin"], ["Ben", "Example", "Bonn"]], "A1:B1"),
        ([["Team A", "Name", "City"], [None, "Ann", "Berlin"], [None, "Ben", "Bonn"]], "A1:A3"),
    ]
    for cells, merge in lists:
        (table,) = tables(save(tmp_path / "words.xlsx", cells, merge))
        assert [row["row"] for row in rows(table)] == [2, 3]


@pytest.mark.parametrize("block", [40, 600, 750, 1 << 20])
def test_merged_cells_are_found_in_any_block_and_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    """They stand below the rows: a block may end within one, and a broken reference harms nobody."""
    path = save(tmp_path / "merged.xlsx", CONTACT, "A1:A2", "B1:C1", "D1:D2")
    part = "xl/worksheets/sheet1.xml"
    broken = edited(path, tmp_path / "broken.xlsx", part, 'ref="B1:C1"', 'ref="B0:9"')
    with zipfile.ZipFile(path) as whole:
        sheet = whole.read(part).decode()
    prefixed = sheet.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    spelled = edited(path, tmp_path / "spelled.xlsx", part, sheet, prefixed)
    monkeypatch.setattr(package, "BYTES", block)
    expected = [Merge(0, 0, 1, 0), Merge(0, 1, 0, 2), Merge(0, 3, 1, 3)]
    assert [sorted(sheets_of(book)[0][0].facts.merges.top, key=str) for book in (path, spelled, broken)] == [
        expected, expected, [expected[0], expected[2]],
    ]  # fmt: skip


def test_a_hundred_thousand_merged_cells_are_counted(tmp_path: Path) -> None:
    """Only those at the top are kept, one by one; the others are a number."""
    path = save(tmp_path / "few.xlsx", [["Name", "Phone"], ["Ann", "202-555-0101"]], "A1:A2")
    more = "".join(f'<mergeCell ref="C{row}:D{row + row % 2}"/>' for row in range(2, 100_002))
    many = edited(path, tmp_path / "many.xlsx", "xl/worksheets/sheet1.xml", "</mergeCells>", f"{more}</mergeCells>")
    merges = sheets_of(many)[0][0].facts.merges
    assert len(merges.top) == 1_000
    assert merges.below(1) == (50_001, 50_000)


def test_opendocument_merges(tmp_path: Path) -> None:
    """ods: spans of columns and rows name columns as in xlsx."""

    def cell(text: str = "", *, across: int = 1, down: int = 1) -> str:
        spans = f' table:number-columns-spanned="{across}" table:number-rows-spanned="{down}"'
        return f'<table:table-cell office:value-type="string"{spans}><text:p>{text}</text:p></table:table-cell>'

    covered = "<table:covered-table-cell/>"
    lines = (
        cell("Name", down=2) + cell("Phone", across=2) + covered,
        covered + cell("Home") + cell("Mobile"),
        cell("Ann", down=2) + cell("202-555-0101") + cell("202-555-0111"),
        covered + cell("202-555-0102") + cell("202-555-0112"),
    )
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    (table,) = tables(opendocument(tmp_path / "list.ods", f'<table:table table:name="L">{body}</table:table>'))
    assert table.source.columns == ("Name", "Phone Home", "Phone Mobile")
    assert [row["Name"] for row in rows(table)] == ["Ann", None]
    assert any("1 merged cell spans several rows" in note for note in table.source.notes)


def test_a_web_page_merges(tmp_path: Path) -> None:
    """A page's spans name columns too."""
    path = tmp_path / "export.xls"
    path.write_text(
        "<table><tr><th rowspan=2>Name<th colspan=2>Phone<tr><th>Home<th>Mobile"
        "<tr><td>Ann<td>202-555-0101<td>202-555-0111</table>"
    )
    assert tables(path)[0].source.columns == ("Name", "Phone Home", "Phone Mobile")


def test_xml_of_excel_2003_merges(tmp_path: Path) -> None:
    """So do those of Excel's XML."""
    lines = (
        (' ss:MergeDown="1"', "Name"), (' ss:MergeAcross="1"', "Phone"), None,
        (' ss:Index="2"', "Home"), ("", "Mobile"), None, ("", "Ann"), ("", "202-555-0101"), ("", "202-555-0111"),
    )  # fmt: skip
    cells = "".join(
        "</Row><Row>" if line is None else f'<Cell{line[0]}><Data ss:Type="String">{line[1]}</Data></Cell>'
        for line in lines
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    path = tmp_path / "report.xls"
    path.write_text(
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="L"><Table>'
        f"<Row>{cells}</Row></Table></Worksheet></Workbook>"
    )
    assert tables(path)[0].source.columns == ("Name", "Phone Home", "Phone Mobile")


@pytest.mark.corpora
def test_merges_of_real_xls_files() -> None:
    """xls: a file of Excel's with a merged header over three columns, and one with a merged name down its rows."""
    found = tables(CORPUS / "poi_yearfracExamples.xls")[0].source
    assert found.columns[1:4] == ("Start y", "Start m", "Start d")
    (_, _, third, *_) = tables(CORPUS / "poi_sumifs.xls")
    assert any("1 merged cell spans several rows" in note for note in third.source.notes)
