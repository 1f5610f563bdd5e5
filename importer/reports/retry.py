"""``retry.xlsx`` or ``retry.csv``: the rows that a corrected cell would let through, ready to be corrected.

Their original columns under their own headers, so that the corrected file maps as the first one did, and then ours, all
under ``importer: …``. A file is CSV where a workbook would be slow or could not hold every cell whole.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from importer.email_domains import suggested
from importer.frames import OURS, RAW
from importer.models.outcomes import REASONS
from importer.reports.cells import CELL_UNITS, fits
from importer.reports.folder import WORKBOOK_ROWS, first_rows, new_file, original_columns, scan_rows
from importer.reports.row_files import write_csv
from importer.reports.sheets import SHEET_COLUMNS, Book, Column, new_book
from importer.summary import SourceSummary, Summary

WORKBOOK = "retry.xlsx"
CSV = "retry.csv"

_NOTES = {
    "reason": "The reason's code; the report tells what each code means.",
    "what is wrong": "What keeps this row from being imported.",
    "suggestion": "What to do about it. Correct the row's own cells, not this one.",
    "source": "The file, and the sheet, in which the row stood.",
    "row": "The row's number there.",
}
_WIDTHS = {"reason": 18, "what is wrong": 64, "suggestion": 64, "source": 24, "row": 14}


def write_retry(folder: Path, summary: Summary, full: bool) -> list[str]:
    """The fixable rows in file order, no file where there are none; above ``WORKBOOK_ROWS`` as CSV unless full."""
    is_fixable = pl.col("reason").is_in([reason.value for reason, info in REASONS.items() if info.is_fixable])
    rows = scan_rows(folder).filter(is_fixable)
    count = rows.select(pl.len()).collect().item()
    name = None
    if count:
        frame = first_rows(scan_rows(folder), is_fixable, count if full else min(count, WORKBOOK_ROWS), summary.rows)
        name = WORKBOOK if frame.height == count and _fits_a_workbook(frame) else CSV
    if name == WORKBOOK:
        _write_workbook(folder, summary, frame)
    elif name == CSV:
        write_csv(folder, CSV, rows.select(*_cells(original_columns(rows)), *_ours(summary)))
    for stale in {WORKBOOK, CSV} - {name}:
        (folder / stale).unlink(missing_ok=True)
    return [name] if name else []


def _fits_a_workbook(rows: pl.DataFrame) -> bool:
    texts = rows.select(pl.selectors.string()).iter_columns()
    long = (text for column in texts for text in column.filter(column.str.len_bytes() > CELL_UNITS))
    return rows.width < SHEET_COLUMNS and all(fits(text) for text in long)


def _ours(summary: Summary) -> list[pl.Expr]:
    meanings = {reason.value: info.meaning for reason, info in REASONS.items()}
    fixes = {reason.value: info.fix.replace(" RUN", f" {summary.run_id}") for reason, info in REASONS.items()}
    wrong = pl.coalesce("detail", pl.col("reason").replace_strict(meanings))
    extra = pl.concat_str(pl.lit(" Cells past the last column: "), "extra_cells").fill_null("")
    address = pl.col("email").map_batches(suggested, return_dtype=pl.String)
    typo = pl.concat_str(pl.lit(" Is the e-mail address "), address, pl.lit("?")).fill_null("")
    place = pl.concat_str("source", pl.concat_str(pl.lit(", sheet "), "sheet"), ignore_nulls=True)
    columns = {
        "reason": pl.col("reason"),
        "what is wrong": wrong + extra,
        "suggestion": pl.col("reason").replace_strict(fixes) + typo,
        "source": place,
        "row": pl.col("row").cast(pl.String),
    }
    return [expression.alias(OURS + name) for name, expression in columns.items()]


def _write_workbook(folder: Path, summary: Summary, rows: pl.DataFrame) -> None:
    tables = {(source.file, source.sheet): source for source in summary.sources}
    parts = rows.partition_by("source", "sheet", maintain_order=True)
    with new_file(folder, WORKBOOK) as part, new_book(part, summary.started_at) as book:
        for number, own in enumerate(parts, 1):
            source = tables[own["source"][0], own["sheet"][0]]
            _write_sheet(
                book, _sheet_name(number, source), source, own.select(*_cells(source.columns), *_ours(summary))
            )


def _cells(columns: Iterable[str]) -> list[pl.Expr]:
    return [pl.col(RAW + column).alias(column) for column in columns if _is_theirs(column)]


def _is_theirs(column: str) -> bool:
    """Not one of our columns, which a row brings along when a retry file itself was imported."""
    return not column.startswith(OURS)


def _sheet_name(number: int, source: SourceSummary) -> str:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{source.file} {source.sheet or ''}").strip("-")
    return f"{number}-{slug}"[:31]


def _write_sheet(book: Book, name: str, source: SourceSummary, rows: pl.DataFrame) -> None:
    phones = source.mapping.get("phone", [])
    columns = [
        Column(column, 20, "wanted", "A phone number of the contact.")
        if column in phones
        else Column(column, 18, "editable")
        for column in filter(_is_theirs, source.columns)
    ]
    ours = [Column(OURS + name, _WIDTHS[name], "ours", note) for name, note in _NOTES.items()]
    sheet = book.sheet(name)
    sheet.table([*columns, *ours], rows)
    sheet.protect()
