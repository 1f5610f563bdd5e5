"""The CSV files of a run: original columns, then ours, and no formula."""

import re
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

from importer.models.outcomes import Reason
from importer.reports import write_reports
from importer.reports.retry import write_retry
from importer.reports.row_files import write_row_files
from tests.support.report_cells import HOSTILE, cells, run_with
from tests.support.reports_run import row, small_run, summary_of, write_rows


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
    assert write_reports(folder, summary) == ["imported.csv", "report.xlsx", "junit.xml", "report.html"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "imported.csv",
        "junit.xml",
        "report.html",
        "report.xlsx",
        "rows.parquet",
    ]


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
