"""ods: many rows are split, few are parsed, and whatever cannot be split is parsed, too; all read the same."""

import random
from pathlib import Path

import pytest

from importer.readers.workbooks import ods
from importer.readers.workbooks.ods_events import parsed_rows
from importer.readers.workbooks.ods_rows import few_rows_of, rows_of
from importer.readers.workbooks.result import Facts
from tests.support.workbooks import opendocument, refusal, sheets_of

CELL = '<table:table-cell office:value-type="{}"{}><text:p>{}</text:p></table:table-cell>'
ROW = "<table:table-row{}>{}</table:table-row>"
SHEET = '<table:table table:name="L">{}</table:table>'


@pytest.fixture(params=["parsed", "split"])
def _few_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet is read as one of few rows, or as one of many."""
    if request.param == "split":
        monkeypatch.setattr(ods, "_FEW_BYTES", 0)


@pytest.mark.usefixtures("_few_rows")
def test_rows_of_an_open_document_are_the_same_however_they_are_read(tmp_path: Path) -> None:
    """ods: a row with a comment is read as XML, the others many at once; places and what is hidden do not change."""
    cells_of = [
        CELL.format("string", ' table:number-columns-repeated="2"', "a &amp; b"),
        '<table:table-cell table:number-columns-repeated="3"/><table:covered-table-cell/>',
        CELL.format("float", ' office:value="501"', "00501"),
        CELL.format("float", ' office:value="1.50"', "1,5"),
        CELL.format("date", ' office:date-value="2024-01-31T00:00:00"', "31.01."),
        CELL.format("time", ' office:time-value="PT1H30M"', "1:30"),
        CELL.format("boolean", ' office:boolean-value="true"', "WAHR"),
        CELL.format("string", ' office:string-value="kept"', ""),
        CELL.format("string", ' table:number-columns-spanned="2"', "x"),
        '<table:table-cell table:formula="of:=[.A1]"/>',
        CELL.format("string", ' table:formula="of:=1/0" calcext:value-type="error"', "#DIV/0!"),
    ]
    plain = "".join(cells_of)
    lines = "".join(
        ROW.format(told, plain) for told in ("", ' table:visibility="filter"', ' table:number-rows-repeated="3"')
    )
    body = '<table:table table:name="L"><table:table-row-group>{}</table:table-row-group></table:table>'
    both = [
        sheets_of(opendocument(tmp_path / f"{name}.ods", body.format(lines.replace("<text:p>x", text))))[0]
        for name, text in (("plain", "<text:p>x"), ("odd", "<text:p><!-- y -->x"), ("line", "<text:p><text:span/>x"))
    ]
    for sheet, frame in both:
        assert frame.rows()[4][:13] == (
            "a & b", "a & b", None, None, None, None, "00501", "1.5", "2024-01-31", "01:30:00", "TRUE", "kept", "x"
        )  # fmt: skip
        assert frame.equals(both[0][1])
        facts = sheet.facts
        assert (facts.errors, facts.unstored_formulas, facts.hidden_rows, facts.merges.below(0)) == (5, 5, 1, (0, 5))


def test_texts_of_an_open_document_are_those_that_an_xml_parser_finds() -> None:
    """ods: spaces, tabs, line ends, links and styles; more kinds of cells than are looked for one by one."""
    texts = (
        "a<text:s/>b",
        'a<text:s text:c="3"/><text:s/>b',
        "a<text:tab/>b<text:line-break/>c</text:p><text:p>d</text:p><text:p>e",
        '<text:a xlink:href="mailto:ann@example.com">ann@example.com</text:a>',
        '<text:a xlink:href="x>y">a</text:a>',
        '<text:span text:style-name="T1">a<text:span>b</text:span></text:span> &amp; c',
        "a</text:p><text:p/><text:p>b",
        "a<office:annotation><text:p>said</text:p><text:p>again</text:p></office:annotation>",
    )
    kind = 'office:value-type="float"'
    styled = [f'<table:table-cell table:style-name="ce{n}" office:value="{n}" {kind}/>' for n in range(40)]
    cells = [
        *(f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in texts),
        '<table:table-cell office:value-type="string"><text:p text:style-name="a>b">x</text:p></table:table-cell>',
        f'<table:table-cell office:value="7" {kind}><text:p>+7</text:p></table:table-cell>',
        *styled,
        f'<table:table-cell office:value="8" office:string-value="y" {kind}><text:p>z</text:p></table:table-cell>',
    ]
    rows = [*(["<table:table-cell/>", cell] for cell in cells), cells[8:10], styled]
    plain = [[CELL.format("string", "", "x")]] * 200  # so many that texts as above are rare among them
    for lines in (rows, plain + rows):
        markup = "".join(ROW.format("", "".join(row)) for row in lines).encode()
        _, found = parsed_rows(markup, 0, Facts())
        for read in (rows_of, few_rows_of):
            _, first, frame = read(markup, 0, Facts())
            assert (first, frame.height) == (0, len(lines))
            assert frame.rows() == [tuple(row.get(int(name)) for name in frame.columns) for _, row, _ in found]


@pytest.mark.parametrize("seed", range(30))
def test_a_sheet_of_anything_is_read_alike(seed: int) -> None:
    """ods: cells drawn at random, with everything that a cell may hold and with the spelling of other programs."""
    choose = random.Random(seed)  # noqa: S311 - cells, not secrets
    words = (
        "", " ", "Ann", "a &amp; b", "00501", "+7", "1,5", "#N/A", "&#233;<text:s/>", '<text:s text:c="17"/>x',
        "<text:tab/>", "a</text:p><text:p>b", "a</text:p>\n<text:p>b", "</text:p><text:p>b", "<text:bookmark/>x",
        "a</text:p><text:p/><text:p>c", "a</text:p><text:h>b</text:h><text:p>c", '<text:a xlink:href="x>y">z</text:a>!',
        "<text:span>a<text:span>b</text:span></text:span>", "<text:span/>c",
        "x<office:annotation><text:p>no</text:p><text:p>no</text:p></office:annotation>",
    )  # fmt: skip
    values = {
        "float": (
            'office:value="1.50"',
            'office:value="501"',
            'office:value="7"',
            "office:value='8'",
            "office:value=''",
        ),
        "currency": ('office:value="7" office:currency="EUR"',),
        "percentage": ('office:value="0.125"',),
        "date": ('office:date-value="2024-01-31T00:00:00"', 'office:date-value="2024-01-31"', ""),
        "time": ('office:time-value="PT25H1M"', 'office:time-value="x"'),
        "boolean": ('office:boolean-value="true"',),
        "string": ("", "", 'office:string-value="kept"', 'calcext:value-type="error"'),
    }
    more = ("", "", "", ' table:formula="of:=&quot;a&quot;"', ' table:number-columns-spanned="2"',
            ' table:number-columns-repeated="3"', ' table:style-name="ce1"')  # fmt: skip
    told = ("", "", "", ' table:visibility="collapse"', ' table:number-rows-repeated="3"')
    is_indented, texts = choose.random() < 0.2, choose.sample(words, choose.randint(1, len(words)))

    def cell() -> str:
        if choose.random() < 0.1:
            return choose.choice(
                ("<table:table-cell/>", "<table:table-cell></table:table-cell>", "<table:covered-table-cell/>")
            )
        kind = choose.choice(list(values))
        told = f" {choose.choice(values[kind])}".rstrip() + choose.choice(more)
        return CELL.format(kind, told, choose.choice(texts))

    rows = (ROW.format(choose.choice(told), "".join(cell() for _ in range(choose.randint(0, 9)))) for _ in range(60))
    markup = "".join(rows).replace("<table:", "\n  <table:" if is_indented else "<table:").strip().encode()
    many, few, parsed = Facts(), Facts(), Facts()
    below, first, frame = rows_of(markup, 5, many)
    assert few_rows_of(markup, 5, few)[:2] == (below, first)
    assert few_rows_of(markup, 5, Facts())[2].equals(frame)
    end, found = parsed_rows(markup, 5, parsed)
    read = {row: {int(name): text for name, text in zip(frame.columns, cells, strict=True) if text}
            for row, cells in enumerate(frame.rows(), first) if any(cells)}  # fmt: skip
    assert (end, {row + below: cells for row, cells, often in found for below in range(often)}) == (below, read)
    for facts in (many, few):
        facts.merges.top.sort(key=str)
    parsed.merges.top.sort(key=str)
    assert many == few == parsed


def test_few_cells_that_are_repeated_often_are_read_as_many() -> None:
    """ods: cells over all columns in a few bytes; a blank one to the right of the list is none of them."""
    blank = '<table:table-cell table:style-name="ce1" table:number-columns-repeated="16000"/>'
    _, _, frame = few_rows_of(ROW.format("", CELL.format("string", "", "x") + blank).encode(), 0, Facts())
    assert frame.rows() == [("x",)]
    often = CELL.format("float", ' office:value="1" table:number-columns-repeated="16000"', "1")
    _, _, frame = few_rows_of((ROW.format("", often) * 40).encode(), 0, Facts())
    assert (frame.shape, frame.row(39)) == ((40, 16_000), ("1",) * 16_000)


def test_merged_cells_in_rows_that_are_repeated_are_counted() -> None:
    """ods: those of a row that is there 400,000 times."""
    cells = CELL.format("string", ' table:number-columns-spanned="2"', "x") * 100
    facts = Facts()
    parsed_rows(ROW.format(' table:number-rows-repeated="400000"', cells).encode(), 0, facts)
    assert facts.merges.below(0) == (0, 40_000_000)


def test_rows_that_cannot_be_split_are_counted_once() -> None:
    """ods: a quote that no program writes is found when the rows before it have been counted."""
    hidden = ROW.format(' table:visibility="collapse"', CELL.format("string", "", "x"))
    facts = Facts()
    rows_of((hidden + ROW.format("", CELL.format("float", " office:value='7'", "7"))).encode(), 0, facts)
    assert facts.hidden_rows == 1


@pytest.mark.usefixtures("_few_rows")
@pytest.mark.parametrize("text", ["<text:span>x", "x</text:a>", "x</text:p></text:p><text:p>", "<text:s>x"])
def test_a_cell_of_an_open_document_whose_markup_is_broken_is_refused(tmp_path: Path, text: str) -> None:
    """ods: the text within is not guessed, though the rest of the sheet could be read without a parser."""
    row = f'<table:table-row><table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    body = f'<table:table table:name="L">{row}</table:table-row></table:table>'
    told = refusal(opendocument(tmp_path / "list.ods", body))
    assert "sheet 'L': its XML is broken" in told or "is damaged" in told


@pytest.mark.usefixtures("_few_rows")
def test_a_table_within_a_table_is_none_of_the_sheet(tmp_path: Path) -> None:
    """ods: what a chart keeps of its numbers lies within the sheet, and is neither a sheet nor a row."""
    row = '<table:table-row><table:table-cell office:value-type="string"><text:p>{}</text:p>{}</table:table-cell>'
    drawn = f'<table:table table:name="drawn">{row.format("7", "")}</table:table-row></table:table>'
    inner = f"<draw:frame>{drawn}</draw:frame>"
    body = f'<table:table table:name="L">{row.format("Phone", inner)}</table:table-row></table:table>'
    ((sheet, frame),) = sheets_of(opendocument(tmp_path / "drawn.ods", body))
    assert (sheet.name, frame.rows()) == ("L", [("Phone",)])
