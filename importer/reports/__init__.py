"""The last frame of a run and its summary, as files for people and programs. Nothing is decided here."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from importer.reports.page import write_page
from importer.reports.recount import recount
from importer.reports.retry import write_retry
from importer.reports.review import write_review
from importer.reports.row_files import write_row_files
from importer.reports.workbook import write_workbook
from importer.storage.summary import Summary

__all__ = ["REPORTS", "Report", "recount", "write_reports"]

Report = Callable[[Path, Summary, bool], list[str]]
"""``report(folder, summary, full)`` writes its file (or files) and gives their names."""

REPORTS: tuple[Report, ...] = (write_row_files, write_retry, write_review, write_workbook, write_page)
"""The page is the last one: it names the files that the others wrote."""


def write_reports(folder: Path, summary: Summary, *, full: bool = False) -> list[str]:
    """Every report of the run whose ``rows.parquet`` lies in the folder; the names of the files written.

    Args:
        folder: the run's; what an earlier writing left there and no longer holds is replaced or removed.
        summary: of the same rows.
        full: put every row into the workbooks, however many.

    Raises:
        StoppedError: a file cannot be written; those before it are whole.
    """
    *files, page = REPORTS
    # Side by side: the CSV files are polars' work, the workbooks Python's.
    with ThreadPoolExecutor(len(files)) as pool:
        written = list(pool.map(lambda report: report(folder, summary, full), files))
    return [name for names in (*written, page(folder, summary, full)) for name in names]
