"""The retry file: the rows that a person can correct, as text, and nothing of it lost."""

import zipfile
from pathlib import Path

import fastexcel
import openpyxl

from importer.models.outcomes import Reason
from importer.reports import write_reports
from importer.reports.folder import PIECE_ROWS
from importer.reports.retry import write_retry
from tests.support.report_cells import HOSTILE, cells, run_with
from tests.support.reports_run import CUSTOMERS, row, small_run, source, summary_of, write_rows


def test_retry_holds_the_rows_that_can_be_corrected(folder: Path) -> None:
    """A sheet for each source: its own headers, its cells as read, then columns of ours."""
    assert write_retry(folder, small_run(folder), full=False) == ["retry.xlsx"]
    book = openpyxl.load_workbook(folder / "retry.xlsx")
    assert book.sheetnames == ["1-customers-csv", "2-leads-xlsx-Blatt-1"]
    head, *rows = book["1-customers-csv"].iter_rows(values_only=True)
    names = ("decision", "reason", "what is wrong", "suggestion", "source", "sheet", "row", "run", "check")
    assert head == (*CUSTOMERS, *(f"importer: {name}" for name in names))
    assert [(*line[:4], line[5]) for line in rows] == [
        ("Bo", None, "bo@example.com", None, "phone-missing"),
        ("=Cy", "+1 555", None, None, "phone-invalid"),
        ("a\nb", None, None, None, "malformed-row"),
    ]
    assert rows[2][6] == '1 cell too many. Cells past the last column: ["surplus"]'
    assert rows[0][7:11] == ("Fill in a phone number.", "customers.csv", None, "4")
    last = [line[7:11] for line in book["2-leads-xlsx-Blatt-1"].iter_rows(min_row=2, values_only=True)]
    assert last == [("leads.xlsx", "Blatt <1>", "5", "2026-03-01-0900-abcd")]


def test_a_retry_file_may_be_imported_and_fail_again(folder: Path) -> None:
    """Our columns of the round before give way to those of this one."""
    names = ("Phone", "importer: reason", "importer: row")
    rows = [row(Reason.PHONE_INVALID, "retry.xlsx", 2, dict.fromkeys(names, "old"))]
    write_rows(folder, rows, names)
    write_retry(folder, summary_of(rows, [source("retry.xlsx", names, "Phone", rows=1)]), full=False)
    head, first, *_ = openpyxl.load_workbook(folder / "retry.xlsx").worksheets[0].iter_rows(values_only=True)
    assert list(head)[:3] == ["Phone", "importer: decision", "importer: reason"]
    assert len(head) == 10
    assert (first[2], first[7]) == ("phone-invalid", "2")


def test_only_the_rows_own_cells_can_be_edited(folder: Path) -> None:
    """In the retry workbook original cells, empty too, are open and text; ours are locked, the header stays."""
    write_retry(folder, small_run(folder), full=False)
    sheet = openpyxl.load_workbook(folder / "retry.xlsx").worksheets[0]
    assert sheet.protection.sheet
    assert not sheet.column_dimensions["B"].protection.locked
    assert sheet["B3"].number_format == "@"
    assert sheet["E2"].protection.locked
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:M4")


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


def test_a_cell_that_no_workbook_holds_makes_retry_csv(folder: Path) -> None:
    """A cell of more than 32,767 UTF-16 units is not cut in the retry file; one of exactly so many is no trouble."""
    fitting, long = "\U0001f600" * 16_383 + "x", "\U0001f600" * 16_384
    assert write_retry(folder, run_with(folder, [fitting]), full=False) == ["retry.xlsx"]
    assert write_retry(folder, run_with(folder, [long]), full=False) == ["retry.csv"]
    assert cells(folder / "retry.csv")[1][1] == long
