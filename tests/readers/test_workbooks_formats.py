"""ods, xlsb, web pages and XML of Excel 2003: every format gives what a person sees."""

from pathlib import Path

import pytest

from importer.errors import ReadError
from importer.readers.formats import open_tables
from tests.support.workbooks import binary_workbook, opendocument, refusal, rows, sheets_of, tables


def test_opendocument_cells(tmp_path: Path) -> None:
    """ods: repeated blank rows count, numbers, dates and booleans read as in xlsx."""

    def cell(kind: str, value: str, text: str) -> str:
        attribute = {"float": "value", "date": "date-value", "boolean": "boolean-value"}.get(kind)
        told = f' office:{attribute}="{value}"' if attribute else ""
        return f'<table:table-cell office:value-type="{kind}"{told}><text:p>{text}</text:p></table:table-cell>'

    body = (
        '<table:table table:name="Liste"><table:table-row>'
        + "".join(cell("string", "", name) for name in ("Name", "Phone", "Since", "Active"))
        + '</table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        + "<table:table-row>"
        + cell("string", "", "Ann") + cell("float", "12025550101", "12025550101")
        + cell("date", "2024-01-31", "31.01.2024") + cell("boolean", "true", "WAHR")
        + "</table:table-row></table:table>"
    )  # fmt: skip
    (table,) = tables(opendocument(tmp_path / "list.ods", body))
    assert (table.source.format, table.source.sheet) == ("ods", "Liste")
    assert rows(table)[-1] == {
        "row": 4, "Name": "Ann", "Phone": "12025550101", "Since": "2024-01-31", "Active": "TRUE",
    }  # fmt: skip


def test_opendocument_hides_rows_and_columns(tmp_path: Path) -> None:
    """ods: filtered and collapsed rows, repeated ones too, and columns are read and counted, sheet by sheet."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    row = "<table:table-row{}>" + cell.format("Phone") + cell.format("202-555-0101") + "</table:table-row>"
    body = (
        '<table:table table:name="A &amp; &quot;B&quot;">'
        '<table:table-column table:number-columns-repeated="2" table:visibility="collapse"/>'
        + row.format("")
        + row.format(' table:visibility="filter"')
        + row.format(' table:number-rows-repeated="3" table:visibility="collapse"')
        + '</table:table><table:table table:name="C">' + row.format("") + "</table:table>"
    )  # fmt: skip
    first, second = tables(opendocument(tmp_path / "hidden.ods", body))
    assert {"4 hidden rows were read too.", "2 hidden columns were read too."} <= set(first.source.notes)
    assert not any("hidden" in note for note in second.source.notes)


def test_opendocument_shows_codes_and_errors(tmp_path: Path) -> None:
    """ods: zeros and signs of a number format stay, groups of thousands do not, and an error is seen and counted."""

    def number(value: str, text: str, kind: str = "float") -> str:
        told = f'office:value-type="{kind}" office:value="{value}"'
        return f"<table:table-cell {told}><text:p>{text}</text:p></table:table-cell>"

    error = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    words = '<text:p>a<text:s text:c="2"/>b</text:p><text:p>c</text:p>'
    typed = f'<table:table-cell office:value-type="string">{words}</table:table-cell>'
    remark = "<table:table-cell><office:annotation><text:p>seen</text:p></office:annotation></table:table-cell>"
    body = (
        '<table:table table:name="L"><table:table-row>'
        + number("501", "00501") + number("2025550101", "(202) 555-0101") + number("1234567", "1.234.567")
        + number("0.125", "12,5 %", "percentage") + number("12025550101", "+1 202 555 01 01") + error + remark + typed
        + "</table:table-row></table:table>"
    )  # fmt: skip
    ((sheet, cells),) = sheets_of(opendocument(tmp_path / "codes.ods", body))
    assert cells.rows() == [
        ("00501", "(202) 555-0101", "1234567", "0.125", "+1 202 555 01 01", "#DIV/0!", None, "a  b\nc")
    ]
    assert sheet.facts.errors == 1


def test_opendocument_tail_of_a_million_rows(tmp_path: Path) -> None:
    """Blank rows that are repeated to the end of the sheet cost nothing; cells that are, are refused."""
    cell = '<table:table-cell office:value-type="string"{}><text:p>x</text:p></table:table-cell>'
    row = "<table:table-row{}>{}</table:table-row>"
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    tail = row.format(' table:number-rows-repeated="1048574"', blank)
    top = '<table:table table:name="L">' + row.format("", cell.format("")) * 2
    ((_, cells),) = sheets_of(opendocument(tmp_path / "tail.ods", top + tail + "</table:table>"))
    assert cells.rows() == [("x",), ("x",)]
    bomb = row.format(' table:number-rows-repeated="1048574"', cell.format(' table:number-columns-repeated="16384"'))
    assert "repeats cells" in refusal(opendocument(tmp_path / "bomb.ods", top + bomb + "</table:table>"))


def test_binary_workbooks_show_codes_and_errors(tmp_path: Path) -> None:
    """xlsb: what a number format adds, errors, booleans and what is hidden are as in xlsx."""
    (table,) = tables(binary_workbook(tmp_path / "list.xlsb"))
    assert rows(table) == [{"row": 2, "Phone": "0202555101", "Due": "#N/A", "Member": "TRUE", "Note": "x"}]
    assert table.source.format == "xlsb"
    assert {
        "1 hidden row was read too.", "1 hidden column was read too.", "1 cell holds an error such as #N/A.",
        "1 merged cell spans several rows; only the first has its value. If it is meant for all, fill it down.",
    } <= set(table.source.notes)  # fmt: skip


def test_a_far_cell_of_a_binary_workbook_is_named(tmp_path: Path) -> None:
    """xlsb: the parser would fill what is between; its limit is looked at before."""
    message = refusal(binary_workbook(tmp_path / "far.xlsb", last_row=(1 << 25) // 2))
    assert "stray cell" in message


PAGE = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta charset="{charset}"><style>td {{}}</style></head>
<body><p>Export</p><table border=1><tr><th>Name<th>Phone<th colspan=2>Notes
<tr><td>Müller &amp; Sohn</td><td>+1&nbsp;202-555-0101</td><td>a<br>b</td><td></td></tr>
<tr style="display: none"><td rowspan="2">Ann</td><td>202-555-0102</td></tr>
<tr><td>202-555-0103</td><td><table><tr><td>inner</td></tr></table></td></tr>
</table></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "utf-16"])
def test_a_web_page_named_xls_is_read(tmp_path: Path, charset: str) -> None:
    """Tables of a page are sheets; open tags, spans, line breaks and entities are as a browser has them."""
    path = tmp_path / "export.xls"
    path.write_bytes(PAGE.format(charset=charset).encode(charset))
    first, inner = tables(path)
    assert (first.source.format, first.source.sheet, inner.source.sheet) == ("html", "Table 1", "Table 2")
    assert first.source.columns[:3] == ("Name", "Phone", "Notes")
    assert [(row["row"], row["Name"], row["Phone"], row["Notes"]) for row in rows(first)] == [
        (2, "Müller & Sohn", "+1\xa0202-555-0101", "a\nb"), (3, "Ann", "202-555-0102", None),
        (4, None, "202-555-0103", None),
    ]  # fmt: skip
    assert "1 hidden row was read too." in first.source.notes


def test_a_web_page_without_a_table_is_named(tmp_path: Path) -> None:
    """A page that asks to log in, saved as a workbook, is said to be what it is."""
    (tmp_path / "login.xls").write_text("<html><body>Please log in</body></html>")
    with pytest.raises(ReadError, match=r"login.xls is a web page without a table"):
        tables(tmp_path / "login.xls")


SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
XML_2003 = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<{p}Workbook xmlns{x}="{space}" xmlns:ss="{space}">
<{p}Styles><{p}Style ss:ID="m"><{p}NumberFormat ss:Format="0000000000"/></{p}Style></{p}Styles>
<{p}Worksheet ss:Name="People"><{p}Table><{p}Column ss:Hidden="1"/>
<{p}Row><{p}Cell><{p}Data ss:Type="String">Name</{p}Data></{p}Cell>
<{p}Cell ss:Index="3"><{p}Data ss:Type="String">Phone</{p}Data></{p}Cell>
<{p}Cell><{p}Data ss:Type="String">Since</{p}Data></{p}Cell></{p}Row>
<{p}Row ss:Index="4" ss:Hidden="1"><{p}Cell ss:MergeAcross="1"><{p}Data ss:Type="String">Ann</{p}Data></{p}Cell>
<{p}Cell ss:StyleID="m"><{p}Data ss:Type="Number">202555101</{p}Data></{p}Cell>
<{p}Cell><{p}Data ss:Type="DateTime">2024-01-31T00:00:00.000</{p}Data></{p}Cell>
<{p}Cell><{p}Data ss:Type="Error">#N/A</{p}Data></{p}Cell></{p}Row></{p}Table></{p}Worksheet>
<{p}Worksheet ss:Name="Blank"/></{p}Workbook>"""


@pytest.mark.parametrize("prefix", ["", "ss:"])
def test_xml_of_excel_2003_is_read(tmp_path: Path, prefix: str) -> None:
    """Indexes, merged cells, masks, dates and errors are those of the sheet that Excel shows."""
    path = tmp_path / "report.xls"
    path.write_text(XML_2003.format(p=prefix, space=SPACE, x="" if not prefix else ":other"))
    (table,) = tables(path)
    assert (table.source.format, table.source.sheet) == ("xml", "People")
    assert rows(table)[-1] == {
        "row": 4, "Name": "Ann", "column 2": None, "Phone": "0202555101", "Since": "2024-01-31", "column 5": "#N/A",
    }  # fmt: skip
    assert {"1 hidden row was read too.", "1 hidden column was read too.", "1 cell holds an error such as #N/A.",
            "Empty sheets were left out: Blank."} <= set(table.source.notes)  # fmt: skip


def test_text_named_xls_is_read_as_text(tmp_path: Path) -> None:
    """Tab-separated text under a workbook's name, as many programs export it, is no workbook's business."""
    path = tmp_path / "export.xls"
    path.write_text("Name\tPhone\nAnn\t202-555-0101\n")
    (table,) = open_tables(path, path.name, None)
    assert (table.source.format, table.source.columns) == ("csv", ("Name", "Phone"))
