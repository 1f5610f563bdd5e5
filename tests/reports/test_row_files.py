"""The CSV files, the retry file, and what is true of all files of a run's folder."""

import csv
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fastexcel
import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from importer.errors import StoppedError
from importer.models.formula_guard import guarded, unguarded
from importer.models.outcomes import Reason
from importer.reports import folder as reports_folder
from importer.reports import write_reports
from importer.reports.folder import PIECE_ROWS
from importer.reports.retry import write_retry
from importer.reports.row_files import write_row_files
from importer.storage.summary import Summary
from tests.support.reports_run import CUSTOMERS, row, small_run, source, summary_of, write_rows

HOSTILE = [
    "=1+1",
    "+1 555",
    "-2",
    "@A1",
    "\tx",
    "\rx",
    "\nx",
    "\0x",
    "'x",
    "＝1",
    "＋1",
    "－1",
    "＠1",
    "=HYPERLINK(1)",
    "+1" + "5" * 15,
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "runs" / "2026-03-01-0900-abcd"
    made.mkdir(parents=True)
    return made


def cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def run_with(folder: Path, values: list[str | None], reason: Reason = Reason.PHONE_INVALID) -> Summary:
    """A run whose rows have these values in the column Phone."""
    rows = [row(reason, "a.csv", 2 + number, {"Phone": value}) for number, value in enumerate(values)]
    write_rows(folder, rows, ("Name", "Phone"))
    return summary_of(rows, [source("a.csv", ("Name", "Phone"), "Phone", rows=len(rows))])


def test_rows_are_as_recorded(folder: Path, snapshot: SnapshotAssertion) -> None:
    """Each CSV file holds the original columns of every source, then ours; a name that collides gets a prefix."""
    names = write_row_files(folder, small_run(folder), full=False)
    assert names == ["imported.csv", "skipped.csv", "errored.csv", "unconfirmed.csv", "waiting.csv"]
    assert {name: (folder / name).read_text("utf-8") for name in names} == snapshot


def test_a_file_without_rows_is_removed(folder: Path) -> None:
    """What an earlier writing left and no row has now is not there any more."""
    (folder / "planned.csv").write_text("old")
    assert write_retry(folder, run_with(folder, ["12"]), full=False) == ["retry.xlsx"]
    summary = run_with(folder, ["+12025550143"], Reason.CONFIRMED)
    assert write_reports(folder, summary) == ["imported.csv", "report.xlsx", "report.html"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "imported.csv",
        "report.html",
        "report.xlsx",
        "rows.parquet",
    ]


@given(st.lists(st.none() | st.text() | st.sampled_from(HOSTILE), min_size=1))
def test_the_guard_has_an_inverse(values: list[str | None]) -> None:
    """Taking the guard away gives back what was guarded, for any text."""
    cells = pl.DataFrame({"cell": values}, {"cell": pl.String}).select(guarded(pl.col("cell")))
    assert cells.select(unguarded(pl.col("cell")))["cell"].to_list() == values


def test_no_cell_starts_like_a_formula(folder: Path) -> None:
    """Of 5,000 hostile cells none starts with a trigger, an E.164 number excepted, and all come back."""
    values = [*[f"{start}{number}" for number in range(334) for start in HOSTILE][:5000], "+12025550143"]
    write_row_files(folder, run_with(folder, list(values)), full=False)
    read = [line[1] for line in cells(folder / "errored.csv")[1:]]
    risky = re.compile(r"[=+\-@\t\r\n\0＝＋－＠]")
    assert [cell for cell in read if risky.match(cell)] == ["+12025550143"]
    assert [cell.removeprefix("'") for cell in read] == values


def test_column_names_are_guarded_too(folder: Path) -> None:
    """A header that is a formula gets the guard, and two headers never become one."""
    rows = [row(Reason.CONFIRMED, "a.csv", 2, {"=a": "1", "'=a": "2"})]
    write_rows(folder, rows, ("=a", "'=a"))
    write_row_files(folder, summary_of(rows, []), full=False)
    assert cells(folder / "imported.csv")[0][:2] == ["'=a", "''=a"]


def test_every_file_is_its_owners_alone(folder: Path) -> None:
    """Under any umask a file is readable by its owner only, and no part of one is left."""
    before = os.umask(0)
    try:
        names = write_reports(folder, small_run(folder))
    finally:
        os.umask(before)
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in names} == {0o600}
    assert not list(folder.glob(".*"))


def test_a_link_is_replaced_not_followed(folder: Path, tmp_path: Path) -> None:
    """A link that lies where a file goes does not lead the rows out of the folder."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    for name in ("errored.csv", ".errored.csv.part", ".retry.xlsx.part"):
        (folder / name).symlink_to(outside)
    write_reports(folder, small_run(folder))
    assert outside.read_text() == "mine"
    assert not (folder / "errored.csv").is_symlink()


def test_a_file_that_cannot_be_written_is_said(folder: Path) -> None:
    """A report that cannot be written ends in one line that names it and what to run."""
    summary = small_run(folder)
    (folder / "skipped.csv").mkdir()
    with pytest.raises(StoppedError, match=r"skipped\.csv cannot be written .* importer resume 2026-03-01-0900-abcd"):
        write_reports(folder, summary)


def test_retry_holds_the_rows_that_can_be_corrected(folder: Path) -> None:
    """A sheet for each source: its own headers, its cells as read, then five columns of ours."""
    assert write_retry(folder, small_run(folder), full=False) == ["retry.xlsx"]
    book = openpyxl.load_workbook(folder / "retry.xlsx")
    assert book.sheetnames == ["1-customers-csv", "2-leads-xlsx-Blatt-1"]
    head, *rows = book["1-customers-csv"].iter_rows(values_only=True)
    ours = ("importer: reason", "importer: what is wrong", "importer: suggestion", "importer: source", "importer: row")
    assert head == (*CUSTOMERS, *ours)
    assert [line[:5] for line in rows] == [
        ("Bo", None, "bo@example.com", None, "phone-missing"),
        ("=Cy", "+1 555", None, None, "phone-invalid"),
        ("a\nb", None, None, None, "malformed-row"),
    ]
    assert rows[2][5] == '1 cell too many. Cells past the last column: ["surplus"]'
    assert rows[0][6:] == ("Fill in a phone number.", "customers.csv", "4")
    assert [line[7:] for line in book["2-leads-xlsx-Blatt-1"].iter_rows(min_row=2, values_only=True)] == [("5",)]
    assert book["2-leads-xlsx-Blatt-1"]["G2"].value == "leads.xlsx, sheet Blatt <1>"


def test_a_retry_file_may_be_imported_and_fail_again(folder: Path) -> None:
    """Our columns of the round before give way to those of this one."""
    names = ("Phone", "importer: reason", "importer: row")
    rows = [row(Reason.PHONE_INVALID, "retry.xlsx", 2, dict.fromkeys(names, "old"))]
    write_rows(folder, rows, names)
    write_retry(folder, summary_of(rows, [source("retry.xlsx", names, "Phone", rows=1)]), full=False)
    head, first, *_ = openpyxl.load_workbook(folder / "retry.xlsx").worksheets[0].iter_rows(values_only=True)
    assert list(head)[:2] == ["Phone", "importer: reason"]
    assert len(head) == 6
    assert (first[1], first[5]) == ("phone-invalid", "2")


def test_only_the_rows_own_cells_can_be_edited(folder: Path) -> None:
    """In the retry workbook original cells, empty too, are open and text; ours are locked, the header stays."""
    write_retry(folder, small_run(folder), full=False)
    sheet = openpyxl.load_workbook(folder / "retry.xlsx").worksheets[0]
    assert sheet.protection.sheet
    assert not sheet.column_dimensions["B"].protection.locked
    assert sheet["B3"].number_format == "@"
    assert sheet["E2"].protection.locked
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:I4")


def test_workbooks_hold_text_only(folder: Path) -> None:
    """No formula and no link, whatever the cells hold; control characters come back as they were."""
    summary = run_with(folder, [*HOSTILE, "http://example.com", "mailto:a@example.com", "_x0041_", "a\x07b", "{=1}"])
    write_reports(folder, summary)
    for name in ("retry.xlsx", "report.xlsx"):
        with zipfile.ZipFile(folder / name) as book:
            sheets = b"".join(book.read(part) for part in book.namelist() if part.startswith("xl/worksheets/"))
        assert b"<f>" not in sheets
        assert b"<f " not in sheets
        assert b"<hyperlink" not in sheets
    assert "a_x0007_b" in [cell.value for cell in openpyxl.load_workbook(folder / "retry.xlsx").worksheets[0]["B"]]


def test_a_long_retry_file_is_a_workbook_too(folder: Path) -> None:
    """A spreadsheet that saves a CSV loses digits, so every row is a row of text cells, in pieces of any size."""
    count = PIECE_ROWS + 10
    assert write_retry(folder, run_with(folder, [f"+1{n}" for n in range(count)]), full=False) == ["retry.xlsx"]
    sheet = fastexcel.read_excel(folder / "retry.xlsx").load_sheet(0, dtypes="string").to_polars()
    assert sheet["Phone"].to_list() == [f"+1{n}" for n in range(count)]


@pytest.mark.parametrize("name", ["retry.xlsx", "retry.csv"])
def test_an_edited_retry_file_is_moved_aside(folder: Path, name: str) -> None:
    """What a person saved over our file stays, under another name; our own file is written again."""
    summary = run_with(folder, ["12" if name == "retry.xlsx" else "1" * 40_000])
    assert write_retry(folder, summary, full=False) == [name]
    assert write_retry(folder, summary, full=False) == [name]
    for number in (1, 2):
        (folder / name).write_text(f"work {number}")
        stem, _, ending = name.partition(".")
        assert write_retry(folder, summary, full=False) == [name, f"{stem}-edited-{number}.{ending}"]
        assert (folder / f"{stem}-edited-{number}.{ending}").read_text() == f"work {number}"


def test_a_cell_that_no_workbook_holds_makes_retry_csv(folder: Path) -> None:
    """A cell of more than 32,767 UTF-16 units is not cut in the retry file; one of exactly so many is no trouble."""
    fitting, long = "\U0001f600" * 16_383 + "x", "\U0001f600" * 16_384
    assert write_retry(folder, run_with(folder, [fitting]), full=False) == ["retry.xlsx"]
    assert write_retry(folder, run_with(folder, [long]), full=False) == ["retry.csv"]
    assert cells(folder / "retry.csv")[1][1] == long


@pytest.mark.parametrize(("most", "wanted", "pieces"), [(0, [], 1), (1, [2], 1), (2, [2, 4], 2), (9, [2, 4, 8], 4)])
def test_first_rows_are_read_no_further_than_they_go(
    most: int, wanted: list[int], pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those of one look at all rows; pieces behind the last of them are not looked at."""
    seen = []

    def counted(rows: pl.LazyFrame, count: int) -> Iterator[pl.LazyFrame]:
        for start in range(0, count, 3):
            seen.append(start)
            yield rows.slice(start, 3)

    monkeypatch.setattr(reports_folder, "in_pieces", counted)
    rows = pl.LazyFrame({"place": range(10)})
    found = reports_folder.first_rows(rows, pl.col("place").is_in([2, 4, 8]), most, 10)
    assert found["place"].to_list() == wanted
    assert len(seen) == pieces
