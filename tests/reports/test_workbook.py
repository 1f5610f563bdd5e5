"""``report.xlsx``: the account in sheets, the same whenever it is written."""

from pathlib import Path

import openpyxl
from syrupy.assertion import SnapshotAssertion

from importer.reports import write_reports
from importer.reports.workbook import write_workbook
from tests.support.reports_run import small_run


def test_the_summary_sheet_is_as_recorded(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """The first sheet tells the whole account in figures and words."""
    write_workbook(tmp_path, small_run(tmp_path), full=False)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames == ["Summary", "Imported", "Skipped", "Errored", "Unconfirmed", "Waiting"]
    lines = book["Summary"].iter_rows(values_only=True)
    assert ["|".join("" if cell is None else str(cell) for cell in line).rstrip("|") for line in lines] == snapshot


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """A report depends on the run alone, not on when it is written."""
    summary = small_run(tmp_path)
    first = {name: (tmp_path / name).read_bytes() for name in write_reports(tmp_path, summary)}
    assert first == {name: (tmp_path / name).read_bytes() for name in write_reports(tmp_path, summary)}
