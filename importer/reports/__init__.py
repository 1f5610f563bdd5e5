"""The last frame of a run and its summary, as files for people and programs. Nothing is decided here."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from importer.reports.junit import write_junit
from importer.reports.page import people_of, write_page
from importer.reports.recount import recount
from importer.reports.retry import write_retry
from importer.reports.review import write_review
from importer.reports.row_files import write_row_files
from importer.reports.workbook import write_workbook
from importer.storage.summary import Summary

__all__ = ["REPORTS", "Report", "recount", "write_reports"]

Report = Callable[[Path, Summary, bool], list[str]]
"""``report(folder, summary, full)`` writes its file, or files, and returns their names."""

ROW_REPORTS: tuple[Report, ...] = (write_row_files, write_retry)
"""Reports of nothing but the rows: written while the review still looks for findings."""
REPORTS: tuple[Report, ...] = (*ROW_REPORTS, write_review, write_workbook, write_junit, write_page)
"""Every report; the page must come last, because it lists the files that the others wrote."""


def write_reports(
    folder: Path, summary: Summary, review: Callable[[], None] | None = None, *, full: bool = False
) -> list[str]:
    """Write every report of the run whose ``rows.parquet`` lies in the folder; return the names of the files.

    Args:
        folder: the run's; what an earlier writing left there and no longer holds is replaced or removed.
        summary: of the same rows.
        review: waits for the review's findings and puts their counts into the summary; None if they are there.
        full: put every row into the workbooks, however many there are.

    Raises:
        StoppedError: a file cannot be written; those before it are whole.
    """
    # In threads: polars writes the CSV files without the interpreter's lock, while Python writes the workbooks.
    with ThreadPoolExecutor(len(REPORTS)) as pool:
        writing = [pool.submit(report, folder, summary, full) for report in ROW_REPORTS]
        people = pool.submit(people_of, folder, summary)
        if review is not None:
            review()
        writing += [pool.submit(report, folder, summary, full) for report in REPORTS[len(ROW_REPORTS) : -1]]
        written = [future.result() for future in writing]
    return [name for names in (*written, write_page(folder, summary, full, people.result())) for name in names]
