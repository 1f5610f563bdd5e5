"""The retry file: the rows that a person can correct, as text, and nothing of it lost."""

import zipfile
from pathlib import Path
from typing import Any

import fastexcel
import openpyxl

from importer.models.outcomes import Reason
from importer.models.ties import check_of
from importer.reports import write_reports
from importer.reports.folder import PIECE_ROWS
from importer.reports.retry import write_retry
from tests.support.report_cells import HOSTILE, cells, run_with
from tests.support.reports_run import CUSTOMERS, row, small_run, source, summary_of, write_rows

BEFORE = ["importer: decision", "importer: what is wrong", "importer: correct here", "importer: would be sent"]
BEHIND = [f"importer: {name}" for name in ("suggestion", "reason", "column", "source", "sheet", "row", "run", "check")]


def lines(sheet: Any) -> list[dict[str, Any]]:
    """The rows of a sheet by the names of its columns."""
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, cells, strict=True)) for cells in rows]


def test_retry_holds_the_rows_that_can_be_corrected(folder: Path) -> None:
    """A sheet for each source: what is wrong and the wrong cell first, its cells as read, then what ties the row."""
    assert write_retry(folder, small_run(folder), full=False) == ["retry.xlsx"]
    book = openpyxl.load_workbook(folder / "retry.xlsx")
    assert book.sheetnames == ["1-customers-csv", "2-leads-xlsx-Blatt-1", "How to"]
    sheet = book["1-customers-csv"]
    assert [cell.value for cell in sheet[1]] == [*BEFORE, *CUSTOMERS, *BEHIND]
    rows = lines(sheet)
    assert [[row[name] for name in ("Name", "Phone", "E-mail", "row", "importer: reason")] for row in rows] == [
        ["a\nb", None, None, None, "malformed-row"],
        ["=Cy", "+1 555", None, None, "phone-invalid"],
        ["Bo", None, "bo@example.com", None, "phone-missing"],
    ]
    assert [[row[name] for name in BEFORE[1:]] for row in rows] == [
        ['1 cell too many. Cells past the last column: ["surplus"]', None, "no number"],
        ["The number has 4 digits.", "+1 555", "no number"],
        ["The column Phone is empty.", None, "no number"],
    ]
    assert [row["importer: column"] for row in rows] == [None, "Phone", "Phone"]
    (lead,) = lines(book["2-leads-xlsx-Blatt-1"])
    names = ("suggestion", "source", "sheet", "row", "run")
    assert [lead[f"importer: {name}"] for name in names] == [
        "Get the number from where the list was made: the digits are not in this file any more.",
        "leads.xlsx", "Blatt <1>", "5", "2026-03-01-0900-abcd",
    ]  # fmt: skip
    assert lead["importer: check"] == check_of("2026-03-01-0900-abcd", "leads.xlsx", "Blatt <1>", 5)
    assert "importer retry 2026-03-01-0900-abcd retry.xlsx" in [cell.value for cell in book["How to"]["A"]]


def test_rows_are_sorted_by_reason_and_by_the_cell_that_is_wrong(folder: Path) -> None:
    """So that a person sees the same mistake together; rows of the same cell stay in the list's order."""
    rows = [row(Reason.PHONE_INVALID, "a.csv", 2 + n, {"Phone": cell}) for n, cell in enumerate(["9", "1", "9", "5"])]
    rows.insert(1, row(Reason.FIELD_INVALID, "a.csv", 9, {"Phone": "+1", "Name": "x"}, detail='"Name" has no letters'))
    write_rows(folder, rows, ("Phone", "Name"))
    write_retry(folder, summary_of(rows, [source("a.csv", ("Phone", "Name"), "Phone", rows=5)]), full=False)
    found = lines(openpyxl.load_workbook(folder / "retry.xlsx").worksheets[0])
    assert [(line["importer: correct here"], line["importer: column"], line["importer: row"]) for line in found] == [
        ("x", "Name", "9"),
        ("1", "Phone", "3"),
        ("5", "Phone", "5"),
        ("9", "Phone", "2"),
        ("9", "Phone", "4"),
    ]


def test_a_retry_file_may_be_imported_and_fail_again(folder: Path) -> None:
    """Columns that an earlier version put into such a list give way to those of this one."""
    names = ("Phone", "importer: reason", "importer: row")
    rows = [row(Reason.PHONE_INVALID, "retry.xlsx", 2, dict.fromkeys(names, "old"))]
    write_rows(folder, rows, names)
    write_retry(folder, summary_of(rows, [source("retry.xlsx", names, "Phone", rows=1)]), full=False)
    sheet = openpyxl.load_workbook(folder / "retry.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[1]] == [*BEFORE, "Phone", *BEHIND]
    assert [(line["importer: reason"], line["importer: row"]) for line in lines(sheet)] == [("phone-invalid", "2")]


def test_everything_can_be_sorted_filtered_deleted_and_filled(folder: Path) -> None:
    """No sheet is protected; decisions are offered, the wrong cell is yellow, and what is wrong stays in sight."""
    write_retry(folder, small_run(folder), full=False)
    sheet = openpyxl.load_workbook(folder / "retry.xlsx").worksheets[0]
    assert not sheet.protection.sheet
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("D2", "A1:P4")
    (offered,) = sheet.data_validations.dataValidation
    assert (str(offered.sqref), offered.formula1, offered.allow_blank) == ("A2:A4", '"send as is,drop"', True)
    marked = {str(rules.sqref): [rule.formula for rule in rules.rules] for rules in sheet.conditional_formatting}
    assert marked == {"F2:F4": [['EXACT($K2,"Phone")']]}
    assert {cell.number_format for line in sheet["A2:P4"] for cell in line if cell.value is not None} == {"@"}
    assert sum(sheet.column_dimensions[letter].width for letter in "ABC") <= 85


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
    sheet = openpyxl.load_workbook(folder / "retry.xlsx").worksheets[0]
    assert "a_x0007_b" in [line["Phone"] for line in lines(sheet)]


def test_a_long_retry_file_is_a_workbook_too(folder: Path) -> None:
    """A spreadsheet that saves a CSV loses digits, so every row is a row of text cells, in pieces of any size."""
    count = PIECE_ROWS + 10
    assert write_retry(folder, run_with(folder, [f"+1{n}" for n in range(count)]), full=False) == ["retry.xlsx"]
    sheet = fastexcel.read_excel(folder / "retry.xlsx").load_sheet(0, dtypes="string").to_polars()
    assert sorted(sheet["Phone"].to_list()) == sorted(f"+1{n}" for n in range(count))


def test_a_cell_that_no_workbook_holds_makes_retry_csv(folder: Path) -> None:
    """A cell of more than 32,767 UTF-16 units is not cut in the retry file; one of exactly so many is no trouble."""
    fitting, long = "\U0001f600" * 16_383 + "x", "\U0001f600" * 16_384
    assert write_retry(folder, run_with(folder, [fitting]), full=False) == ["retry.xlsx"]
    assert write_retry(folder, run_with(folder, [long]), full=False) == ["retry.csv"]
    head, first = cells(folder / "retry.csv")[:2]
    assert first[head.index("Phone")] == long
