"""``retry.xlsx`` or ``retry.csv``: the rows that a person can fix, ready to be corrected.

Their original columns under their own headers, so that the corrected file maps as the first one did, and then ours, all
under ``importer: …``. A workbook of text cells at every size, because a spreadsheet that saves a CSV loses digits; CSV
only where no workbook could hold every row and cell whole. A file that a person has worked on is never written over.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from importer.models.frames import OURS, RAW
from importer.models.outcomes import REASONS
from importer.models.ties import check_of
from importer.reports.cells import CELL_UNITS, fits
from importer.reports.edited import forget, move_edited, remember
from importer.reports.folder import in_pieces, new_file, original_columns, scan_rows
from importer.reports.row_files import write_csv
from importer.reports.sheets import SHEET_COLUMNS, SHEET_ROWS, Book, Column, new_book
from importer.stages.email_domains import suggested
from importer.storage.summary import SourceSummary, Summary

WORKBOOK = "retry.xlsx"
CSV = "retry.csv"

_NOTES = {
    "decision": "Empty, or: send as is, or: drop.",
    "reason": "The reason's code; the report tells what each code means.",
    "what is wrong": "What keeps this row from being imported.",
    "suggestion": "What to do about it. Correct the row's own cells, not this one.",
    "source": "The file in which the row stood.",
    "sheet": "The sheet in which it stood.",
    "row": "The row's number there.",
    "run": "The run that this file is of.",
    "check": "Shows that the four columns before still belong together.",
}
_WIDTHS = {"decision": 12, "reason": 18, "what is wrong": 64, "suggestion": 64, "source": 24, "sheet": 14,
           "row": 8, "run": 22, "check": 16}  # fmt: skip


def write_retry(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """Write the fixable rows in file order, no file if there are none; return its name and where edits were moved."""
    is_fixable = pl.col("reason").is_in([reason.value for reason, info in REASONS.items() if info.is_fixable])
    rows = scan_rows(folder)
    tables = (
        rows.group_by("source", "sheet", maintain_order=True).agg(rows=pl.len(), fixable=is_fixable.sum()).collect()
    )
    name = None
    if tables["fixable"].sum():
        name = WORKBOOK if _fits_a_workbook(rows.filter(is_fixable), tables["fixable"]) else CSV
    # Before anything is written: both names, because the other form may be the one that was edited.
    moved = [edited for before in (WORKBOOK, CSV) if (edited := move_edited(folder / before))]
    if name == WORKBOOK:
        _write_workbook(folder, summary, tables, is_fixable)
    elif name == CSV:
        write_csv(folder, CSV, rows.filter(is_fixable).select(*_cells(original_columns(rows)), *_ours(summary)))
    if name:
        remember(folder / name)
    for stale in {WORKBOOK, CSV} - {name}:
        forget(folder / stale)
    return [*([name] if name else []), *moved]


def _fits_a_workbook(rows: pl.LazyFrame, fixable: pl.Series) -> bool:
    columns = rows.collect_schema()
    texts = [name for name, dtype in columns.items() if dtype == pl.String]
    if len(columns) >= SHEET_COLUMNS or (fixable > SHEET_ROWS).any():
        return False
    longest = rows.select(pl.col(texts).str.len_bytes().max()).collect().row(0, named=True)
    long = [name for name, size in longest.items() if (size or 0) > CELL_UNITS]
    cells = (rows.select(name).filter(pl.col(name).str.len_bytes() > CELL_UNITS).collect() for name in long)
    return all(fits(text) for frame in cells for text in frame.to_series())


def _ours(summary: Summary) -> list[pl.Expr]:
    meanings = {reason.value: info.meaning for reason, info in REASONS.items()}
    fixes = {reason.value: info.fix.replace(" RUN", f" {summary.run_id}") for reason, info in REASONS.items()}
    wrong = pl.coalesce("detail", pl.col("reason").replace_strict(meanings))
    extra = pl.concat_str(pl.lit(" Cells past the last column: "), "extra_cells").fill_null("")
    address = pl.col("email").map_batches(suggested, return_dtype=pl.String)
    typo = pl.concat_str(pl.lit(" Is the e-mail address "), address, pl.lit("?")).fill_null("")
    columns = {
        "decision": pl.lit(None, pl.String),
        "reason": pl.col("reason"),
        "what is wrong": wrong + extra,
        "suggestion": pl.col("reason").replace_strict(fixes) + typo,
        "source": pl.col("source"),
        "sheet": pl.col("sheet"),
        "row": pl.col("row").cast(pl.String),
        "run": pl.lit(summary.run_id),
        "check": _checks(summary.run_id),
    }
    return [expression.alias(OURS + name) for name, expression in columns.items()]


def _checks(run_id: str) -> pl.Expr:
    """Return an expression: ``check_of`` of each row."""

    def of(names: pl.Series) -> pl.Series:
        rows = names.struct.unnest().iter_rows()
        return pl.Series([check_of(run_id, source, sheet, row) for source, sheet, row in rows], dtype=pl.String)

    return pl.struct("source", "sheet", "row").map_batches(of, return_dtype=pl.String)


def _write_workbook(folder: Path, summary: Summary, tables: pl.DataFrame, is_fixable: pl.Expr) -> None:
    """Write a sheet for each table with fixable rows; only some rows are in memory at a time."""
    sources = {(source.file, source.sheet): source for source in summary.sources}
    start = number = 0
    with new_file(folder, WORKBOOK) as part, new_book(part, summary.started_at) as book:
        for file, sheet, rows, fixable in tables.iter_rows():
            if fixable:
                number += 1
                source = sources[file, sheet]
                wanted = (*_cells(source.columns), *_ours(summary))
                own = in_pieces(scan_rows(folder).slice(start, rows), rows)
                pieces = (piece.filter(is_fixable).select(wanted).collect() for piece in own)
                _write_sheet(book, _sheet_name(number, source), source, pieces)
            start += rows


def _cells(columns: Iterable[str]) -> list[pl.Expr]:
    return [pl.col(RAW + column).alias(column) for column in columns if _is_theirs(column)]


def _is_theirs(column: str) -> bool:
    """Return False for our own columns, which a row brings along if a retry file itself was imported."""
    return not column.startswith(OURS)


def _sheet_name(number: int, source: SourceSummary) -> str:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{source.file} {source.sheet or ''}").strip("-")
    return f"{number}-{slug}"[:31]


def _write_sheet(book: Book, name: str, source: SourceSummary, rows: Iterable[pl.DataFrame]) -> None:
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
