"""Workbooks become tables of the text that a person sees, and no file ends the process that asks for them."""

import hashlib
import io
import itertools
import random
import re
import shutil
import signal
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from importer.errors import ReadError
from importer.models.sources import LeftOut
from importer.readers import strays
from importer.readers.table import Table
from importer.readers.workbooks import child, package, unlock
from importer.readers.workbooks.number_formats import mask
from importer.readers.workbooks.pages import PAGE_ROWS, PageWriter
from importer.readers.workbooks.reader import Workbook
from tests.quality.excel_corpus import CORPUS, compared, totals
from tests.quality.hostile_workbooks import harmless, hostile
from tests.support.workbooks import edited, refusal, rows, save, sheets_of, tables, xlsx

needs_corpus = pytest.mark.corpora


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list as people keep them: titles, blank rows, codes under formats, hidden parts, an empty sheet."""
    path = tmp_path_factory.mktemp("books") / "people.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "People"
    for cells in (
        ["Members 2024"],
        [],
        ["Name", "Phone", "Zip", "Joined", "Member", None, "Score"],
        ["Ann Example", 12025550101, 501, date(2024, 1, 31), True, None, 0.1],
        ["Ben Example", 2025550102, 94105, datetime(2024, 1, 31, 8, 5), False, "x", 12.0],  # noqa: DTZ001 - cells have no zone
        [],
        ["true", "+1 202-555-0103", "00501", time(8, 30), "#N/A", None, 1 / 3],
        ["  Dan  ", -5, None, "31.1.2024", "=1/0", None, 1e21],
    ):
        sheet.append(cells)
    sheet["C4"].number_format = sheet["C5"].number_format = sheet["C7"].number_format = "00000"
    sheet["B5"].number_format = "(000) 000-0000"
    sheet["A12"].number_format = sheet["Z9"].number_format = "0.00"
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["G"].hidden = True
    hidden = book.create_sheet("Old")
    hidden.sheet_state = "hidden"
    hidden.append(["Phone"])
    hidden.append(["202-555-0104"])
    book.create_sheet("Blank")
    book.save(path)
    return path


def test_cells_read_as_a_person_sees_them(people: Path) -> None:
    """Digits keep zeros and signs of their format, dates are ISO, booleans capitals, errors their text."""
    columns: list[str] = ["row", "Name", "Phone", "Zip", "Joined", "Member", "column 6", "Score"]
    expected: list[list[Any]] = [
        [4, "Ann Example", "12025550101", "00501", "2024-01-31", "TRUE", None, "0.1"],
        [5, "Ben Example", "(202) 555-0102", "94105", "2024-01-31 08:05:00", "FALSE", "x", "12"],
        [6, None, None, None, None, None, None, None],
        [7, "true", "+1 202-555-0103", "00501", "08:30:00", "#N/A", None, "0.3333333333333333"],
        [8, "  Dan  ", "-5", None, "31.1.2024", None, None, "1" + "0" * 21],
    ]
    assert rows(tables(people)[0]) == [dict(zip(columns, cells, strict=True)) for cells in expected]


def test_source_tells_how_the_file_was_understood(people: Path) -> None:
    """Sheet, header row and format are there, and what a person would not see at once is a note."""
    first, second = (table.source for table in tables(people))
    assert (first.sheet, first.format, first.header_row, first.size_bytes) == (
        "People",
        "xlsx",
        3,
        people.stat().st_size,
    )
    assert len(first.sha256) == 64
    assert {
        "1 hidden row was read too.",
        "1 hidden column was read too.",
        "1 cell holds an error such as #N/A.",
        "1 formula without a stored result was read as empty; save the file in a spreadsheet program.",
        "1 cell has more than 15 digits; where it is a number, a spreadsheet has kept only the first 15.",
        "Empty sheets were left out: Blank.",
    } <= set(first.notes)
    assert (second.sheet, second.notes) == ("Old", ("The sheet is hidden; it was read too.",))


def test_one_sheet_is_found_by_name_in_any_case(people: Path) -> None:
    """``sheet`` gives that sheet alone."""
    assert [table.source.sheet for table in tables(people, "old")] == ["Old"]


def test_unknown_sheet_lists_the_sheets(people: Path) -> None:
    """The error names what could have been meant."""
    with pytest.raises(ReadError, match=r"people.xlsx has no sheet 'Nope'. Its sheets are: People, Old, Blank."):
        tables(people, "Nope")


def test_empty_sheet_or_workbook_is_an_error(people: Path, tmp_path: Path) -> None:
    """Nothing to read is said, not passed on as no rows."""
    with pytest.raises(ReadError, match=r"Sheet Blank of people.xlsx has no filled cell"):
        tables(people, "Blank")
    with pytest.raises(ReadError, match=r"none.xlsx has no filled cell"):
        tables(save(tmp_path / "none.xlsx", [["", " "]]))


def unnamed_files() -> int:
    """How many files without a name this process has open."""
    return sum("(deleted)" in str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.exists())


def test_cells_are_never_in_a_file_with_a_name(people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even while the child is at work, so a kill leaves nothing behind; the file is closed with its tables."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    seen: list[int] = []
    wait = subprocess.Popen.communicate

    def watched(process: subprocess.Popen[bytes], *args: Any, **kwargs: Any) -> tuple[bytes, bytes]:
        seen.extend((len(list(tmp_path.iterdir())), unnamed_files()))
        return wait(process, *args, **kwargs)

    monkeypatch.setattr(subprocess.Popen, "communicate", watched)
    before = unnamed_files()
    found = tables(people)
    assert seen == [0, before + 1] * 2
    assert rows(found[0])
    del found
    assert (list(tmp_path.iterdir()), unnamed_files()) == ([], before)


@pytest.fixture
def minded_interrupts() -> Iterator[None]:
    """A job in the background starts with interrupts ignored, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("minded_interrupts")
@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_a_signal_to_the_whole_terminal_stops_the_import(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Ctrl-C ends the child too; that is no fault of the file, and nobody is told so."""
    interrupted = tmp_path / "python"
    interrupted.write_text(f"#!/bin/sh\nkill -{name} $$\n")
    interrupted.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(interrupted))
    with pytest.raises(KeyboardInterrupt):
        tables(people)


def test_a_full_disk_is_named(people: Path) -> None:
    """Where the pages find no room, the message says so and does not blame the file."""
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(ReadError, match="TMPDIR"):
        child.read(people, full, None)


def test_chunks_and_skip_give_the_same_rows(tmp_path: Path) -> None:
    """However a long sheet is cut, and wherever one goes on, the rows are the same."""
    path = tmp_path / "long.xlsx"
    count = PAGE_ROWS + 50
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "Phone"])
        for row in range(1, count + 1):
            sheet.write_row(row, 0, [f"Person {row}", 12025550100 + row % 100])
    (table,) = tables(path)
    whole = pl.concat(list(table.chunks(count)))
    assert whole["row"].to_list() == list(range(2, count + 2))
    assert table.share_read == 1.0
    assert pl.concat(list(table.chunks(PAGE_ROWS - 1))).equals(whole)
    assert pl.concat(list(table.chunks(9_999, skip=PAGE_ROWS + 3))).equals(whole[PAGE_ROWS + 3 :])
    assert list(table.chunks(10, skip=count)) == []


@pytest.mark.parametrize("has_numbers", [True, False])
def test_slices_change_nothing(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_numbers: bool
) -> None:
    """A large sheet is read in slices; whatever their size, cells, rows and counts are those of the whole."""
    path = people
    if not has_numbers:
        with zipfile.ZipFile(people) as whole:
            sheet = whole.read("xl/worksheets/sheet1.xml").decode()
        path = tmp_path / "bare.xlsx"
        dense = re.sub(r'<c r="[A-Z]+\d+"', "<c", re.sub(r'<row r="\d+"', "<row", sheet))
        edited(people, path, "xl/worksheets/sheet1.xml", sheet, dense)
    expected = sheets_of(path)
    for most_bytes in (10_000, 900, 500, 50):
        monkeypatch.setattr(package, "BYTES", most_bytes)
        found = sheets_of(path)
        assert [replace(sheet, extent=replace(sheet.extent, pages=())) for sheet, _ in found] == [
            replace(sheet, extent=replace(sheet.extent, pages=())) for sheet, _ in expected
        ]
        assert all(one.equals(other) for (_, one), (_, other) in zip(found, expected, strict=True))


def test_what_looks_like_a_moment_and_was_typed_stays(tmp_path: Path) -> None:
    """Text is never made a date or a time, also beside cells that are."""
    typed = ["2024-01-31 00:00:00", "PT5H3M2S", "1899-12-31 08:30:00", "0.1234567891"]
    moment = datetime(2024, 1, 31)  # noqa: DTZ001 - cells have no zone
    path = save(
        tmp_path / "typed.xlsx", [["Name", "Phone", "Since"], *(["Ann", "202-555-0101", x] for x in [*typed, moment])]
    )
    assert [row["Since"] for row in rows(tables(path)[0])] == [*typed, "2024-01-31"]


def test_tiny_numbers_are_not_zero(tmp_path: Path) -> None:
    """Every decimal that the file has is there, without exponent; zeros stay zeros."""
    cells = [1e-12, -2e-10, 0, 2.5e-300, 0.1]
    path = save(tmp_path / "tiny.xlsx", [["Name", "Phone", "Rate"], *(["Ann", "202-555-0101", x] for x in cells)])
    expected = ["0.000000000001", "-0.0000000002", "0", "0." + "0" * 299 + "25", "0.1"]
    assert [row["Rate"] for row in rows(tables(path)[0])] == expected


def test_rows_count_from_the_top_of_the_sheet(tmp_path: Path) -> None:
    """Leading blank rows, even hundreds, are counted, and columns left of the list do not matter."""
    path = tmp_path / "low.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(300, 2, ["Name", "Phone", "Active"])
        sheet.write_row(301, 2, ["Ann", "202-555-0101", True])
    (table,) = tables(path)
    assert table.source.header_row == 301
    assert rows(table) == [{"row": 302, "Name": "Ann", "Phone": "202-555-0101", "Active": "TRUE"}]


def test_titles_wider_than_the_list_add_no_columns(tmp_path: Path) -> None:
    """Columns without header and cells at the right end are dropped; a late cell without a header gets a column."""
    cells: list[list[Any]] = [[None] * 7 + ["page 1"], ["Name", "Phone"]]
    cells += [[f"Person {number}", f"202-555-01{number % 100:02}"] for number in range(150)]
    assert tables(save(tmp_path / "title.xlsx", cells))[0].source.columns == ("Name", "Phone")
    late = [*cells, ["Zoe", "202-555-0199", "note"]]
    assert tables(save(tmp_path / "late.xlsx", late))[0].source.columns == ("Name", "Phone", "column 3")


def test_cells_without_references_count_from_the_left(people: Path, tmp_path: Path) -> None:
    """Some programs leave out where a cell is; formats, booleans and errors still find theirs."""
    with zipfile.ZipFile(people) as whole:
        sheet = whole.read("xl/worksheets/sheet1.xml").decode()
    bare = tmp_path / "bare.xlsx"
    edited(people, bare, "xl/worksheets/sheet1.xml", sheet, re.sub(r'<c r="[A-Z]+\d+"', "<c", sheet))
    found = rows(tables(bare)[0])
    assert [(row["Phone"], row["Zip"], row["Member"]) for row in found[:2]] == [
        ("12025550101", "00501", "TRUE"),
        ("(202) 555-0102", "94105", "FALSE"),
    ]
    assert found[3]["Member"] == "#N/A"


SPELLINGS: dict[str, Callable[[str], str]] = {
    "prefix": lambda sheet: re.sub(r"<(/?)(?=[a-z])", r"<\1x:", sheet).replace("xmlns=", "xmlns:x="),
    "quotes": lambda sheet: re.sub(r'="([^"\']*)"', r"='\1'", sheet),
    "comment": lambda sheet: sheet.replace("<row ", '<!-- <c r="Z9"><v>9</v></c> --><row '),
    "order": lambda sheet: re.sub(r'<c r="([A-Z]+\d+)"([^>]*?)( ?/?)>', r'<c\2 r="\1"\3>', sheet),
    "cdata": lambda sheet: re.sub(r"<v>([^<]*)</v>", r"<v><![CDATA[\1]]></v>", sheet),
    "space": lambda sheet: sheet.replace("><", ">\r\n <"),
    "utf-16": lambda sheet: sheet,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_markup_of_any_spelling_reads_alike(people: Path, tmp_path: Path, spelling: str) -> None:
    """Programs write XML in their own ways; cells, rows and notes are the same."""
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(people) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    markup = SPELLINGS[spelling](parts[part].decode())
    assert (markup != parts[part].decode()) or spelling == "utf-16"
    parts[part] = markup.encode(spelling if spelling == "utf-16" else "utf-8")
    path = tmp_path / "spelled.xlsx"
    with zipfile.ZipFile(path, "w") as made:
        for name, content in parts.items():
            made.writestr(name, content)
    (spelled, *_), (plain, *_) = tables(path), tables(people)
    assert rows(spelled) == rows(plain)
    assert spelled.source.notes == plain.source.notes


def cells_of(path: Path) -> list[tuple[str | None, ...]]:
    """All cells of a book's first sheet, read in this process."""
    return sheets_of(path)[0][1].rows()


def test_texts_with_runs_readings_and_escapes(tmp_path: Path) -> None:
    """Runs of one text are joined, phonetic readings are left out, entities and escapes are characters."""
    texts = (
        "<si><t>plain &amp;amp; &#228;&#x1F600;</t></si><si/><si><t/></si>"
        "<si><r><rPr><b/></rPr><t>Ann </t></r><r><t xml:space='preserve'> Ex</t></r></si>"
        "<si><t>氏名</t><rPh sb='0' eb='2'><t>シメイ</t></rPh></si><si><t>a_x000D_\nb_x005F_x</t></si>"
    )
    cells = "".join(f'<c r="{"ABCDEF"[place]}1" t="s"><v>{place}</v></c>' for place in range(6))
    more = (
        '<c r="A2" t="inlineStr"><is><t>in &lt;line&gt; "q"</t></is></c>'
        '<c r="B2" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>'
        '<c r="C2" t="str"><f>A1&amp;"&gt;"</f><v>for&#10;mula</v></c><c r="D2" t="str"><f>""</f><v></v></c>'
        '<c r="E2"><f t="shared" si="0"/><v>7</v></c><c r="F2" s="1"/>'
    )
    path = xlsx(tmp_path / "texts.xlsx", f'<row r="1">{cells}</row><row r="2">{more}</row>', texts)
    assert cells_of(path) == [
        ("plain &amp; ä😀", None, None, "Ann  Ex", "氏名", "a\r\nb_x"),
        ('in <line> "q"', "ab", "for\nmula", None, "7", None),
    ]


@pytest.mark.parametrize(
    ("date1904", "style", "number", "seen"),
    [
        ("0", 1, "1", "1900-01-01"),
        ("0", 1, "59", "1900-02-28"),
        ("0", 1, "61", "1900-03-01"),
        ("0", 1, "45322", "2024-01-31"),
        ("0", 1, "45322.33680555555", "2024-01-31 08:05:00"),
        ("0", 1, "45321.999999999", "2024-01-31"),
        ("1", 1, "43860", "2024-01-31"),
        ("0", 2, "0.35416666666666669", "08:30:00"),
        ("1", 2, "0.5", "12:00:00"),
        ("0", 1, "-5", "-5"),
        ("0", 1, "3000000", "3000000"),
        ("0", 3, "1.5", "36:00:00"),
        ("0", 0, "1.1000000000000001", "1.1"),
        ("0", 0, "1.2025550101E10", "12025550101"),
        ("0", 0, "12025550101.0", "12025550101"),
        ("0", 0, "12345678901234567", "12345678901234567"),
        ("0", 0, "1E-7", "0.0000001"),
        ("0", 0, "-0", "0"),
        ("0", 0, "abc", "abc"),
    ],
)
def test_numbers_read_as_a_person_sees_them(tmp_path: Path, date1904: str, style: int, number: str, seen: str) -> None:
    """Days count from 1900, with its 29 February, or from 1904; numbers have all their decimals and no exponent."""
    cell = f'<row r="1"><c r="A1" s="{style}"><v>{number}</v></c></row>'
    assert cells_of(xlsx(tmp_path / "number.xlsx", cell, date1904=date1904)) == [(seen,)]


@pytest.mark.parametrize(
    "sheet_data",
    [
        '<row r="1"><c r="A1" t="s"><v>5</v></c></row>',
        '<row r="1"><c r="A1" t="?"><v>5</v></c></row>',
        '<row r="1"><c r="1A"><v>5</v></c></row>',
        '<row r="1"><c r="A1"><w>5</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>&nix;</v></c></row>',
    ],
)
def test_cells_that_mean_nothing_are_damage(tmp_path: Path, sheet_data: str) -> None:
    """A text that is not there, an unknown type, no reference, broken markup: the file is damaged, and that is said."""
    assert "is damaged" in refusal(xlsx(tmp_path / "odd.xlsx", sheet_data))


_CONTACTS = [["Phone", "Name", "Email"], ["+12025550101", "Ann", "ann@example.com"]]
_BRANCHES = [["City", "Opened", "Seats"], ["Bonn", 2019, 40], ["Oslo", 2020, 25]]


@pytest.mark.parametrize(
    ("below", "problems", "left_out", "notes"),
    [
        (
            [[], ["Branches"], *_BRANCHES],
            [None, None, strays.TITLE, strays.OTHER_HEADER, strays.OTHER_ROW, strays.OTHER_ROW],
            (),
            (
                (
                    "Another table begins on row 5; 2 of its rows do not fit the columns. "
                    "To import them, save that table as a file of its own."
                ),
            ),
        ),
        (
            _CONTACTS,
            [None, strays.HEADER_AGAIN, None],
            (),
            ("The header stands again on row 3; the rows below it were read as rows of this list.",),
        ),
        ([["Total: 312"]], [None], (LeftOut("footer", 3, 3),), ("Row 3 below the list is a footer; left out.",)),
        (
            [[], ["Total", 1], ["Exported on 2024-01-31"]],
            [None, None],
            (LeftOut("footer", 4, 5),),
            ("Rows 4 to 5 below the list are a footer; left out.",),
        ),
        ([["Total", "+12025550102"]], [None, None], (), ()),
    ],
    ids=["another table", "the header again", "one line of footer", "more lines", "a person named Total"],
)
def test_what_is_no_row_of_the_list_is_told(
    tmp_path: Path,
    below: list[list[Any]],
    problems: list[str | None],
    left_out: tuple[LeftOut, ...],
    notes: tuple[str, ...],
) -> None:
    """A second table's rows have their problem, a footer is left out, and every other row is where it stands."""
    (table,) = tables(save(tmp_path / "two.xlsx", [*_CONTACTS, *below]))
    assert (table.source.left_out, table.source.notes) == (left_out, notes)
    for size, skip in itertools.product((1, 2, 100), (0, 1)):
        frames = list(table.chunks(size, skip))
        told = [row for frame in frames for row in frame.select("row", "problem").rows()]
        assert told == list(enumerate(problems, 2))[skip:]
    assert table.share_read == 1.0


@pytest.mark.parametrize(
    ("code", "number", "seen"),
    [
        ("00000", "501", "00501"),
        ("0000000000", "2025550101", "2025550101"),
        ("00000-0000", "5010012", "00501-0012"),
        ("000-000-0000", "2025550101", "202-555-0101"),
        ("(000) 000-0000", "12025550101", "(1202) 555-0101"),
        ("[<=9999999]###-####;(###) ###-####", "5550101", "555-0101"),
        ("[<=9999999]###-####;(###) ###-####", "2025550101", "(202) 555-0101"),
        (r"\+0", "12025550101", "+12025550101"),
        ('"+1 "000\\-000\\-0000', "2025550101", "+1 202-555-0101"),
        ("00 00 00 00 00;@", "123456789", "01 23 45 67 89"),
        ("00000", "-5", "-5"),
        ("00000", "1.5", "1.5"),
        ("00000", "abc", "abc"),
    ],
)
def test_masks_show_what_excel_shows(code: str, number: str, seen: str) -> None:
    """Postcodes and phone numbers keep their zeros and signs; what is no whole number stays."""
    found = mask(code)
    assert found is not None
    assert found.apply(number) == seen


@pytest.mark.parametrize(
    "code",
    ["General", "0", "#", "#,##0", "0.00", "0%", "0.00E+00", "@", "yyyy-mm-dd", "[h]:mm", '0 "kg"', "# ?/?", "#/#",
     '_-* #,##0_-;-* "-"_-', "", ";;;", '"', "[", "\\"],
)  # fmt: skip
def test_other_formats_leave_the_value(code: str) -> None:
    """Amounts, dates and broken codes are no masks."""
    assert mask(code) is None


@given(st.text('0#;-() /+"\\[]<=>19_*@.,%?aé', max_size=20), st.integers(0, 10**15))
def test_masks_keep_every_digit(code: str, number: int) -> None:
    """Whatever a format's code is, the number's digits are there in their order, after literal ones at most."""
    if found := mask(code):
        text = iter(found.apply(str(number)))
        assert all(digit in text for digit in str(number)) or number == 0


def test_durations_are_no_moments(tmp_path: Path) -> None:
    """Hours that go on after midnight are shown so, under a format of the file or the one that is built in."""
    hours = (1.5, 0.25, 59.0, 100.5, 0.0)
    path = save(
        tmp_path / "times.xlsx",
        [["Name", "Phone", "On air", "Off air"], *(["Ann", "202-555-0101", days, days] for days in hours)],
        **{f"C{row}": "[h]:mm" for row in range(2, 7)},
        **{f"D{row}": "[h]:mm:ss" for row in range(2, 7)},
    )
    found = rows(tables(path)[0])
    assert [row["On air"] for row in found] == ["36:00:00", "6:00:00", "1416:00:00", "2412:00:00", "0:00:00"]
    assert [row["Off air"] for row in found] == [row["On air"] for row in found]


def test_macros_are_left_alone(people: Path, tmp_path: Path) -> None:
    """An xlsm file is its cells; whatever its macros are, they are not looked at."""
    path = Path(shutil.copy(people, tmp_path / "macros.xlsm"))
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 no project at all")
    assert rows(tables(path)[0]) == rows(tables(people)[0])


def test_content_counts_not_the_name(people: Path, tmp_path: Path) -> None:
    """An xlsx file named .xls or without an ending is read as what it is."""
    for name in ("people.xls", "people"):
        renamed = Path(shutil.copy(people, tmp_path / name))
        assert tables(renamed, "People")[0].source.format == "xlsx"


def test_hostile_files_end_in_one_clean_line(tmp_path: Path, people: Path) -> None:
    """Bombs, cut files, locked and foreign ones are refused by name with the way out, and nobody dies."""
    for path, says in hostile(tmp_path, people):
        assert Workbook().can_read(path, path.read_bytes()[:8192]), path.name
        message = refusal(path)
        assert message.startswith(path.name), message
        assert says in message, message
        assert "\n" not in message


def test_what_only_looks_harmful_is_read(tmp_path: Path) -> None:
    """Counts and dimensions that a file tells of itself are not believed, and harm nobody."""
    assert [len(cells_of(path)) for path in harmless(tmp_path)] == [1, 1]


def test_a_tail_of_styled_blanks_costs_nothing(tmp_path: Path) -> None:
    """Rows that only have borders down to the end of a sheet are no rows of the list."""
    tail = "".join(f'<row r="{row}"><c r="A{row}" s="1"/><c r="B{row}" s="1"/></row>' for row in range(3, 100_000))
    top = '<row r="1"><c r="A1" t="str"><v>Phone</v></c></row><row r="2"><c r="A2"><v>12025550101</v></c></row>'
    ((sheet, cells),) = sheets_of(xlsx(tmp_path / "tail.xlsx", top + tail))
    assert (cells.rows(), sheet.extent.rows, len(sheet.extent.pages)) == ([("Phone",), ("12025550101",)], 2, 2)


def with_a_stray_cell(path: Path, row: int, column: int, text: str) -> Table:
    """A list of one contact with another cell at this place (from 0)."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "Phone"])
        sheet.write_row(1, 0, ["Ann", "202-555-0101"])
        sheet.write_string(row, column, text)
    (table,) = tables(path)
    return table


def test_a_lone_far_cell_is_survived(tmp_path: Path) -> None:
    """A stray cell in Excel's last row is a row."""
    last = list(with_a_stray_cell(tmp_path / "stray.xlsx", 1_048_575, 1, "202-555-0102").chunks(200_000))[-1]
    assert last.tail(1).select("row", "raw:Phone").row(0) == (1_048_576, "202-555-0102")


@pytest.mark.parametrize("written", ["&#49;2", "1&#x32;"])
@pytest.mark.parametrize("comment", ["", "<!-- -->"])
def test_a_number_may_be_written_with_entities(tmp_path: Path, written: str, comment: str) -> None:
    """It is XML, whatever reads it."""
    plain = save(tmp_path / "plain.xlsx", [["Name", "Points"], ["Ann", 77]])
    odd = edited(plain, tmp_path / "odd.xlsx", "xl/worksheets/sheet1.xml", "<v>77</v>", f"<v>{written}</v>{comment}")
    ((_, cells),) = sheets_of(odd)
    assert cells["1"].to_list() == ["Points", "12"]


def test_a_lone_cell_in_the_last_column_is_survived_and_one_behind_it_refused(tmp_path: Path) -> None:
    """What a damaged book tells of columns that no program writes is no list."""
    (frame,) = with_a_stray_cell(tmp_path / "stray.xlsx", 1, 16_383, "stray").chunks(10)
    assert frame.select("raw:Phone").row(0) == ("202-555-0101",)
    page = pl.DataFrame([pl.Series(str(place), ["x"]) for place in range(16_385)])
    with pytest.raises(ReadError, match="spreads over 1 rows and 16385 columns, to XFE1, as no list does"):
        PageWriter(io.BytesIO()).add(page, 0)


def test_mutated_workbooks_are_read_or_refused(tmp_path: Path, people: Path) -> None:
    """Whatever bytes are flipped, cut or put in, there are rows or one ReadError."""
    rng = random.Random(7)  # noqa: S311 - a repeatable choice
    whole = people.read_bytes()
    for number in range(6):
        changed = bytearray(whole)
        for _ in range(rng.randrange(1, 30)):
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        if number % 3 == 0:
            del changed[rng.randrange(len(changed)) :]
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(bytes(changed))
        try:
            assert all(table.source.columns for table in tables(path))
        except ReadError as error:
            assert str(error).startswith(path.name)  # noqa: PT017 - either way is right


PASSWORD = "fictional-Pa55"


@pytest.fixture(scope="module")
def locked(people: Path) -> Path:
    """The people behind a password, as Excel locks them."""
    path = people.with_name("locked.xlsx")
    with people.open("rb") as plain, path.open("wb") as file:
        OOXMLFile(plain).encrypt(PASSWORD, file)
    return path


def test_a_password_from_the_environment_opens_a_workbook(
    locked: Path, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are those of the workbook without its lock; the file's hash is that of the file."""
    monkeypatch.setenv("IMPORTER_OFFICE_PASSWORD", PASSWORD)
    (table, _) = tables(locked)
    assert rows(table) == rows(tables(people)[0])
    assert table.source.sha256 == hashlib.sha256(locked.read_bytes()).hexdigest()
    assert PASSWORD not in repr(table.source)


@pytest.mark.parametrize(
    ("password", "says"), [(None, "Put it into"), ("wrong", "does not hold the right one"), ("", "Put it into")]
)
def test_without_its_password_a_workbook_stays_locked(
    locked: Path, monkeypatch: pytest.MonkeyPatch, password: str | None, says: str
) -> None:
    """No password, or a wrong one, is one line that names the variable and never the password."""
    if password is not None:
        monkeypatch.setenv("IMPORTER_OFFICE_PASSWORD", password)
    with pytest.raises(ReadError) as caught:
        tables(locked)
    message = str(caught.value)
    assert message.startswith("locked.xlsx is locked by a password")
    assert says in message
    assert "IMPORTER_OFFICE_PASSWORD" in message
    assert "wrong" not in message


def test_without_the_extra_a_locked_workbook_names_it(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out is to install what opens it."""
    monkeypatch.setattr(unlock, "find_spec", lambda _: None)
    assert "pip install msoffcrypto-tool" in refusal(locked)


def test_a_locked_xls_is_named(tmp_path: Path) -> None:
    """A FilePass record in an xls file is a password."""
    stream = b"".join(
        struct.pack("<HH", kind, len(data)) + data
        for kind, data in (
            (0x0809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)),
            (0x2F, b"\1\0" + bytes(50)),
            (0x0A, b""),
        )
    ).ljust(4096, b"\0")
    free, last = 0xFFFFFFFF, 0xFFFFFFFE
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack(
        "<HHHHH6xIIIIIIIII109I", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, last, 0, last, 0, 0, *[free] * 108
    )  # fmt: skip
    fat = struct.pack("<128I", 0xFFFFFFFD, last, *range(3, 10), last, *[free] * 118)

    def entry(name: str, kind: int, child_entry: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        tree = struct.pack("<HBBIII", len(text), kind, 1, free, free, child_entry)
        return text.ljust(64, b"\0") + tree + bytes(36) + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, 1, last, 0) + entry("Workbook", 2, free, 2, 4096) + bytes(256)
    (tmp_path / "locked.xls").write_bytes(header + fat + directory + stream)
    with pytest.raises(ReadError, match=r"locked.xls is locked by a password"):
        tables(tmp_path / "locked.xls")


@needs_corpus
def test_cells_equal_what_excel_wrote() -> None:
    """Of 15,779 filled cells that Excel wrote as CSV, ours agree in all but those whose reason is known."""
    counts, differences = compared()
    found = totals(counts)
    assert (found["text", True], found["digits", True]) == (3_894, 11_287)
    assert [cell for cell in differences if cell.reason is None] == []


@needs_corpus
@pytest.mark.parametrize("form", ["xls", "xlsb", "xlsm"])
def test_every_format_reads_in_the_child(form: str) -> None:
    """A real book of each format gives tables through the whole way."""
    book = min((path for path in CORPUS.glob(f"sheetjs_*.{form}")), key=lambda path: path.stat().st_size)
    found = tables(book)
    assert found
    assert {table.source.format for table in found} == {form.replace("xlsm", "xlsx")}
    assert all(rows(table) for table in found)


def test_a_column_of_csv_is_that_list(tmp_path: Path) -> None:
    """Rows keep their numbers and quotes their meaning; a longer line is kept whole."""
    lines = ["Name;Phone;Note", '"Lowe; Ann";+1 415 555 0101;"says ""hi"""', "", 'Cy "C"; 4155550103;', "Di;1;2;more"]
    lines += [f"Bob {place};+1 415 555 {place:04};" for place in range(20)]
    (table,) = tables(save(tmp_path / "book.xlsx", [[line or None] for line in lines]))
    assert any("lines of CSV" in note for note in table.source.notes)
    assert [list(row.values()) for row in rows(table)][:4] == [
        [2, "Lowe; Ann", "+1 415 555 0101", 'says "hi"', None],
        [3, None, None, None, None],
        [4, 'Cy "C"', " 4155550103", None, None],
        [5, "Di", "1", "2", "more"],
    ]
    assert len(rows(table)) == len(lines) - 1


@pytest.mark.parametrize("cells", [("Name", "Lowe, Ann", "Marsh, Bob"), ("Phone", "+1 415 555 0101", "415,555,0102")])
def test_a_column_of_cells_with_commas_is_a_column(tmp_path: Path, cells: tuple[str, ...]) -> None:
    """Its header parts into nothing."""
    (table,) = tables(save(tmp_path / "book.xlsx", [[text] for text in cells]))
    assert [list(row.values())[1:] for row in rows(table)] == [[text] for text in cells[1:]]
