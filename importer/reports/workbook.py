"""``report.xlsx``: the run's figures on one sheet, and a sheet of rows for each outcome."""

from pathlib import Path

import polars as pl

from importer.models.findings import FINDINGS, Finding
from importer.models.frames import RAW
from importer.reports import conclusions as account
from importer.reports.folder import (
    WORKBOOK_ROWS,
    first_rows,
    has_outcome,
    new_file,
    original_columns,
    scan_rows,
    shown,
)
from importer.reports.review import NAME as REVIEW
from importer.reports.review import findings, scan_review
from importer.reports.row_files import file_name
from importer.reports.sheets import Column, Sheet, new_book
from importer.storage.summary import Summary

NAME = "report.xlsx"
_BATCHES = 5_000
_MOST_COLUMNS = 256
"""More than people scroll through, and as many as sheets had for twenty years."""


def write_workbook(folder: Path, summary: Summary, full: bool) -> list[str]:
    """Write the workbook; at most ``WORKBOOK_ROWS`` in a sheet unless full, and it names the CSV file with the rest."""
    with new_file(folder, NAME) as part, new_book(part, summary.started_at) as book:
        _write_summary(book.sheet("Summary"), summary)
        for outcome, count in account.counts(summary).items():
            if count:
                limit = _limit(count, full)
                everything = scan_rows(folder)
                width = len(original_columns(everything))
                left_out = [RAW + name for name in original_columns(everything)[_MOST_COLUMNS:]]
                rows = first_rows(everything.drop(left_out), has_outcome(outcome), limit, summary.rows)
                sheet = book.sheet(outcome.value.capitalize())
                _write_rows(sheet, shown(rows.lazy(), summary).collect(), count, file_name(outcome), width)
        if pairs := sum(found.listed for found in findings(folder, summary)):
            rows = scan_review(folder).head(_limit(pairs, full)).collect()
            _write_rows(book.sheet("Review"), rows, pairs, REVIEW, rows.width)
    return [NAME]


def _write_summary(sheet: Sheet, summary: Summary) -> None:
    sheet.widths(28, 24, 12, 62, 72, 16, 12)
    sheet.line([f"Import {summary.run_id}"], "title")
    sheet.line([account.STATUS[summary.status]])
    sheet.line([f"Exit code {summary.exit_code}: {account.EXIT[summary.exit_code]}."])
    sheet.line([summary.stopped_because])
    for name, value in {"Started": summary.started_at, "Target": summary.target, "Region": summary.region}.items():
        sheet.line([name, value])
    if suppressed := account.suppression(summary):
        sheet.line(["Suppressed", suppressed])
    sheet.line()
    sheet.line(["Rows"], "section")
    sheet.line(["rows read", summary.rows])
    for outcome, rows in account.counts(summary).items():
        sheet.line([outcome.value, rows])
    sheet.line([account.identity(summary)])
    sheet.line(["The books balance." if summary.balanced else "THE BOOKS DO NOT BALANCE."])
    _write_reasons(sheet, summary)
    _write_sources(sheet, summary)
    _write_batches(sheet, summary)


def _write_reasons(sheet: Sheet, summary: Summary) -> None:
    sheet.line()
    sheet.line(["Reasons"], "section")
    sheet.line(["outcome", "reason", "rows", "meaning", "what to do"], "header")
    for reason in account.reason_counts(summary):
        sheet.line([reason.outcome.value, reason.code, reason.rows, reason.meaning, reason.fix], "wrapped")
    if summary.review:
        sheet.line()
        sheet.line(["To look at (sheet Review): every row has its outcome all the same"], "section")
        sheet.line(["finding", None, "rows", "meaning", "what to do"], "header")
        for code, rows in summary.review.items():
            info = FINDINGS[Finding(code)]
            sheet.line([code, None, rows, info.meaning, info.fix], "wrapped")
    if doubtful := account.suspicions(summary):
        sheet.line()
        sheet.line(["To look at (column changes): taken as they are, but doubtful"], "section")
        sheet.line(["in changes", None, "rows", "meaning", "what to do"], "header")
        for suspicion in doubtful:
            info = suspicion.info
            sheet.line([suspicion.code, None, suspicion.rows, info.meaning, info.fix], "wrapped")
    if changes := account.changes(summary):
        sheet.line()
        sheet.line(["What was changed on the way"], "section")
        sheet.line(["field:rule", "rows"], "header")
        for change, rows in changes.items():
            sheet.line([change, rows])


def _write_sources(sheet: Sheet, summary: Summary) -> None:
    sheet.line()
    sheet.line(["Sources"], "section")
    sheet.line(["file", "sheet", "rows", "how the columns were understood", "notes", "format", "header row"], "header")
    for source in summary.sources:
        mapping = "; ".join(f"{field}: {', '.join(columns)}" for field, columns in source.mapping.items())
        form = " ".join(filter(None, (source.format, source.encoding, repr(source.delimiter or "").strip("'"))))
        cells = [source.file, source.sheet, source.rows, mapping, " ".join(source.notes), form, source.header_row]
        sheet.line(cells, "wrapped")
    for source in summary.passed_over:
        sheet.line(
            [source.file, source.sheet, None, "passed over: no contacts in it", " ".join(source.notes)], "wrapped"
        )
    for left_out in summary.unreadable:
        sheet.line([left_out.file, None, None, "left out: it cannot be read", left_out.why], "wrapped")


def _write_batches(sheet: Sheet, summary: Summary) -> None:
    if not summary.batch_list:
        return
    sheet.line()
    sheet.line(["Batches, with the API's own counters"], "section")
    sheet.line(["batch", "state", "rows", "note", "the API counted"], "header")
    for batch in summary.batch_list[:_BATCHES]:
        figures = {"imported": batch.imported, "skipped": batch.skipped, "errors": batch.errors}
        counted = ", ".join(f"{figure:,} {name}" for name, figure in figures.items() if figure is not None)
        sheet.line([batch.number, batch.state, batch.rows, batch.note, counted], "wrapped")
    if len(summary.batch_list) > _BATCHES:
        sheet.line([f"The list stops at batch {_BATCHES:,} of {summary.batches:,}; summary.json has all of them."])


def _limit(count: int, full: bool) -> int:
    return count if full else min(count, WORKBOOK_ROWS)


def _write_rows(sheet: Sheet, frame: pl.DataFrame, count: int, file: str, width: int) -> None:
    """Write the ``count`` rows, or the first of them, as the sheet's table; say which file has the rest.

    The list has ``width`` columns; the frame may have only the first ones.
    """
    notes = []
    if count > frame.height:
        notes.append(f"The first {frame.height:,} of {count:,} rows. All of them are in {file}.")
    if width > _MOST_COLUMNS:
        notes.append(f"The first {_MOST_COLUMNS:,} of {width:,} columns of the list. All of them are in {file}.")
    for note in notes:
        sheet.line([note], "section")
    columns = [Column(name, width) for name, width in _widths(frame).items()]
    sheet.table(columns, lambda: [frame], frame.height)


def _widths(frame: pl.DataFrame) -> dict[str, float]:
    """Return for each column a width that holds nine in ten of its cells and the header, within reason."""
    usual = frame.select(pl.all().cast(pl.String).str.len_chars().quantile(0.9)).row(0, named=True)
    return {name: min(max(width or 0, len(name), 6) + 3, 50) for name, width in usual.items()}
