"""``retry.xlsx`` or ``retry.csv``: the rows that a person can fix, ready to be corrected.

What is wrong and the wrong cell come first, then the list's own columns, then what ties a row to its run; all of ours
are ``importer: …``. A workbook of text cells at every size, because a spreadsheet that saves a CSV loses digits; CSV
only where no workbook could hold every row and cell whole. A file that a person has worked on is never written over.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from importer.models.frames import OURS, RAW
from importer.models.outcomes import REASONS, Reason
from importer.models.ties import (
    AS_IS,
    CHECK,
    COLUMN,
    CORRECTION,
    DECISION,
    DROP,
    REASON,
    ROW,
    RUN,
    SENT,
    SHEET,
    SOURCE,
    SUGGESTION,
    WRONG,
    check_of,
)
from importer.reports.cells import CELL_UNITS, fits
from importer.reports.edited import forget, move_edited, remember
from importer.reports.folder import in_pieces, new_file, original_columns, scan_rows
from importer.reports.row_files import write_csv
from importer.reports.sheets import SHEET_COLUMNS, SHEET_ROWS, Book, Column, Rows, new_book
from importer.stages.email_domains import suggested
from importer.storage.summary import SourceSummary, Summary

WORKBOOK = "retry.xlsx"
CSV = "retry.csv"
_FIXABLE = frozenset(reason.value for reason, info in REASONS.items() if info.is_fixable)
_OF_A_FIELD = (Reason.FIELD_INVALID.value, Reason.REJECTED_BY_API.value)

_BEFORE = (
    Column(DECISION, 13, "wanted", f"Empty, or: {AS_IS}, or: {DROP}."),
    Column(WRONG, 46, "ours", "What keeps this row from being imported."),
    Column(CORRECTION, 22, "wanted", "The cell that is wrong. Correct it here, or in its own column."),
    Column(SENT, 34, "ours", "What the row holds as it stands: number, name, e-mail address."),
)
"""Our columns before the list's own."""
_BEHIND = (
    Column(SUGGESTION, 60, "ours", "What to do about it."),
    Column(REASON, 18, "ours", "The reason's code; the report tells what each code means."),
    Column(COLUMN, 16, "ours", f'The column whose cell stands under "{CORRECTION}".'),
    Column(SOURCE, 24, "ours", "The file in which the row stood."),
    Column(SHEET, 14, "ours", "The sheet in which it stood."),
    Column(ROW, 8, "ours", "The row's number there."),
    Column(RUN, 22, "ours", "The run that this file is of."),
    Column(CHECK, 16, "ours", "Shows that the four columns before still belong together."),
)
_NEEDED = ("source", "sheet", "row", "reason", "detail", "phone", "first_name", "last_name", "email", "extra_cells")
"""What ours are made of."""
_FROZEN = 3
_SORTED_CELLS = 8 << 20
"""Cells of one reason up to which its rows are sorted by the cell that is wrong; more stay in the list's order."""
_READ_ME = (
    ("How to correct these rows", "title"),
    ("Each sheet before this one holds the rows of one list that a correction would let through.", "text"),
    (f'Correct the cell under "{CORRECTION}", or the yellow cell in its own column, or any other of the row.', "text"),
    (f'Or choose under "{DECISION}": {AS_IS} (its cells are right), or {DROP} (it is not to be sent).', "text"),
    ("Rows that you leave as they are stay as they are: they are not sent, and can be corrected later.", "text"),
    ("Sort, filter, hide and fill down as you like. A row that you delete counts as dropped.", "text"),
    ("Grey columns tie each row to its list. Leave them; sort whole rows only.", "text"),
    ("Then save the file and type:", "text"),
)


def write_retry(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """Write the fixable rows in file order, no file if there are none; return its name and where edits were moved."""
    is_fixable = pl.col("reason").is_in(sorted(_FIXABLE))
    rows = scan_rows(folder)
    tables = (
        rows.group_by("source", "sheet", maintain_order=True).agg(rows=pl.len(), fixable=is_fixable.sum()).collect()
    )
    rows = rows.select(*_NEEDED, *(RAW + column for column in original_columns(rows)))
    if tables["fixable"].sum() * len(rows.collect_schema()) <= _SORTED_CELLS:
        rows = rows.filter(is_fixable).collect().lazy()  # once, instead of once for each reason
        tables = tables.with_columns(rows="fixable")
    name = None
    if tables["fixable"].sum():
        name = WORKBOOK if _fits_a_workbook(rows.filter(is_fixable), tables["fixable"]) else CSV
    # Before anything is written: both names, because the other form may be the one that was edited.
    moved = [edited for before in (WORKBOOK, CSV) if (edited := move_edited(folder / before))]
    if name == WORKBOOK:
        _write_workbook(folder, summary, tables, rows)
    elif name == CSV:
        wanted = _columns(summary, original_columns(rows), [])
        write_csv(folder, CSV, rows.filter(is_fixable).select(wanted))
    if name:
        remember(folder / name)
    for stale in {WORKBOOK, CSV} - {name}:
        forget(folder / stale)
    return [*([name] if name else []), *moved]


def _fits_a_workbook(rows: pl.LazyFrame, fixable: pl.Series) -> bool:
    columns = rows.collect_schema()
    texts = [name for name, dtype in columns.items() if dtype == pl.String]
    if len(columns) + len(_BEFORE) + len(_BEHIND) > SHEET_COLUMNS + len(_NEEDED) or (fixable > SHEET_ROWS).any():
        return False
    longest = rows.select(pl.col(texts).str.len_bytes().max()).collect().row(0, named=True)
    long = [name for name, size in longest.items() if (size or 0) > CELL_UNITS]
    cells = (rows.select(name).filter(pl.col(name).str.len_bytes() > CELL_UNITS).collect() for name in long)
    return all(fits(text) for frame in cells for text in frame.to_series())


def _columns(summary: Summary, own: Iterable[str], phones: Sequence[str]) -> list[pl.Expr]:
    """Return the columns of the retry file: ours, the list's ``own`` under their names, ours again."""
    ours = {name: cells.alias(name) for name, cells in _ours(summary, list(own), phones).items()}
    before, behind = ([ours[column.header] for column in columns] for columns in (_BEFORE, _BEHIND))
    return [*before, *(pl.col(RAW + column).alias(column) for column in filter(_is_theirs, own)), *behind]


def _ours(summary: Summary, own: Sequence[str], phones: Sequence[str]) -> dict[str, pl.Expr]:
    meanings = {reason.value: info.meaning for reason, info in REASONS.items()}
    fixes = {reason.value: info.fix.replace(" RUN", f" {summary.run_id}") for reason, info in REASONS.items()}
    wrong = pl.coalesce("detail", pl.col("reason").replace_strict(meanings))
    extra = pl.concat_str(pl.lit(" Cells past the last column: "), "extra_cells").fill_null("")
    address = pl.col("email").map_batches(suggested, return_dtype=pl.String)
    typo = pl.concat_str(pl.lit(" Is the e-mail address "), address, pl.lit("?")).fill_null("")
    name = pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True)
    sent = [pl.col("phone").fill_null("no number"), pl.when(name != "").then(name), pl.col("email")]
    column = wrong_column(own, phones)
    return {
        DECISION: pl.lit(None, pl.String),
        WRONG: wrong + extra,
        CORRECTION: cell_of(column, own),
        SENT: pl.concat_str(sent, separator=", ", ignore_nulls=True),
        SUGGESTION: pl.col("reason").replace_strict(fixes) + typo,
        REASON: pl.col("reason"),
        COLUMN: column,
        SOURCE: pl.col("source"),
        SHEET: pl.col("sheet"),
        ROW: pl.col("row").cast(pl.String),
        RUN: pl.lit(summary.run_id),
        CHECK: _checks(summary.run_id),
    }


def wrong_column(own: Sequence[str], phones: Sequence[str]) -> pl.Expr:
    """Return an expression: the column whose cell is wrong, one of ``own``; null if no single cell is.

    For a number the first of ``phones`` with a cell, or the first if all are empty; else the column that the detail
    names in quotation marks.
    """
    none = pl.lit(None, pl.String)
    filled = pl.coalesce(*(pl.when(pl.col(RAW + name).is_not_null()).then(pl.lit(name)) for name in phones), none)
    number = pl.coalesce(filled, pl.lit(phones[0] if phones else None, pl.String))
    quoted = [pl.when(pl.col("detail").str.contains(f'"{name}"', literal=True)).then(pl.lit(name)) for name in own]
    told = pl.when(pl.col("reason").is_in(_OF_A_FIELD)).then(pl.coalesce(*quoted, none))
    return pl.when(pl.col("reason").str.starts_with("phone-")).then(number).otherwise(told)


def cell_of(column: pl.Expr, own: Sequence[str]) -> pl.Expr:
    """Return an expression: the cell of the column that ``column`` names in each row."""
    return pl.coalesce(*(pl.when(column == name).then(pl.col(RAW + name)) for name in own), pl.lit(None, pl.String))


def _checks(run_id: str) -> pl.Expr:
    """Return an expression: ``check_of`` of each row."""

    def of(names: pl.Series) -> pl.Series:
        rows = names.struct.unnest().iter_rows()
        return pl.Series([check_of(run_id, source, sheet, row) for source, sheet, row in rows], dtype=pl.String)

    return pl.struct("source", "sheet", "row").map_batches(of, return_dtype=pl.String)


def _write_workbook(folder: Path, summary: Summary, tables: pl.DataFrame, all_rows: pl.LazyFrame) -> None:
    """Write a sheet for each table with fixable rows, and one that tells how; only some rows are in memory at once."""
    sources = {(source.file, source.sheet): source for source in summary.sources}
    start = number = 0
    with new_file(folder, WORKBOOK) as part, new_book(part, summary.started_at) as book:
        for file, sheet, rows, fixable in tables.iter_rows():
            if fixable:
                number += 1
                source = sources[file, sheet]
                some = partial(_sorted, all_rows.slice(start, rows), rows, source, summary)
                _write_sheet(book, _sheet_name(number, source), source, some, fixable)
            start += rows
        read_me = book.sheet("How to")
        read_me.widths(110)
        for text, look in _READ_ME:
            read_me.line([text], look)
        read_me.line([f"importer retry {summary.run_id} {WORKBOOK}"], "section")


def _sorted(rows: pl.LazyFrame, rows_count: int, source: SourceSummary, summary: Summary) -> Iterator[pl.DataFrame]:
    """Yield the fixable ones of a table's rows in pieces.

    Sorted by reason and, unless there are too many of one, by the cell that is wrong.
    """
    own = [column for column in source.columns if _is_theirs(column)]
    wanted = _columns(summary, own, source.mapping.get("phone", []))
    counts = dict(rows.group_by("reason").len().collect().iter_rows())
    reasons = sorted(_FIXABLE & counts.keys())
    if sum(counts[reason] for reason in reasons) * (len(wanted) + 1) <= _SORTED_CELLS:
        # All at once: to plan so many columns for each reason takes longer than a short list's rows.
        by_reason = rows.filter(pl.col("reason").is_in(reasons)).sort(
            pl.col("reason").cast(pl.String), maintain_order=True
        )
        some = by_reason.select(wanted).collect()
        for reason in reasons:
            yield some.head(counts[reason]).sort(CORRECTION, maintain_order=True, nulls_last=True)
            some = some.slice(counts[reason])
        return
    for reason in reasons:
        is_wanted = pl.col("reason") == reason
        if counts[reason] * (len(wanted) + 1) <= _SORTED_CELLS:
            some = rows.filter(is_wanted).select(wanted).collect()
            yield some.sort(CORRECTION, maintain_order=True, nulls_last=True)
        else:
            yield from (piece.filter(is_wanted).select(wanted).collect() for piece in in_pieces(rows, rows_count))


def _is_theirs(column: str) -> bool:
    """Return False for our own columns, which a row brings along if a retry file itself was imported."""
    return not column.startswith(OURS)


def _sheet_name(number: int, source: SourceSummary) -> str:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{source.file} {source.sheet or ''}").strip("-")
    return f"{number}-{slug}"[:31]


def _write_sheet(book: Book, name: str, source: SourceSummary, rows: Rows, height: int) -> None:
    own = [Column(column, 18) for column in source.columns if _is_theirs(column)]
    columns = [*_BEFORE, *own, *_BEHIND]
    sheet = book.sheet(name)
    sheet.table(columns, rows, height, _FROZEN)
    places = {column.header: place for place, column in enumerate(columns)}
    sheet.offer(places[DECISION], (AS_IS, DROP))
    for column in dict.fromkeys(column for columns in source.mapping.values() for column in columns):
        if column in places:
            sheet.highlight(places[column], places[COLUMN], column)
