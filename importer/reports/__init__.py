"""The last frame of a run and its summary, as files for people and programs. Nothing is decided here."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from importer.reports.junit import write_junit
from importer.reports.page import write_page
from importer.reports.recount import recount
from importer.reports.retry import write_retry
from importer.reports.review import write_review
from importer.reports.row_files import write_row_files
from importer.reports.workbook import write_workbook
from importer.storage.summary import Summary

__all__ = ["REPORTS", "Report", "recount", "write_reports"]

Report = Callable[[Path, Summary, bool], list[str]]
"""``report(folder, summary, full)`` writes its file, or files, and returns their names."""

REPORTS: tuple[Report, ...] = (
    write_row_files,
    write_retry,
    write_review,
    write_workbook,
    write_junit,
    write_page,
)
"""Every report; the page must come last, because it lists the files that the others wrote."""


def write_reports(folder: Path, summary: Summary, *, full: bool = False) -> list[str]:
    """Write every report of the run whose ``rows.parquet`` lies in the folder; return the names of the files.

    Args:
        folder: the run's; what an earlier writing left there and no longer holds is replaced or removed.
        summary: of the same rows.
        full: put every row into the workbooks, however many there are.

    Raises:
        StoppedError: a file cannot be written; those before it are whole.
    """
    *files, page = REPORTS
    # In threads: polars writes the CSV files without the interpreter's lock, while Python writes the workbooks.
    with ThreadPoolExecutor(len(files)) as pool:
        written = list(pool.map(lambda report: report(folder, summary, full), files))
    return [name for names in (*written, page(folder, summary, full)) for name in names]
