"""``imported.csv``, ``skipped.csv``, ``errored.csv`` and so on: every row, a file for each outcome."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from importer.models.formula_guard import guarded, guarded_cells, guarded_names
from importer.models.outcomes import Outcome
from importer.reports import conclusions as account
from importer.reports.folder import in_pieces, new_file, original_columns, our_names, scan_rows, shown
from importer.storage.summary import Summary

_MOST_SINKED = 1_000
"""Most columns that are guarded by an expression each; more would take minutes that way."""


def file_name(outcome: Outcome) -> str:
    """Return the name of the file of the rows with this outcome."""
    return f"{outcome.value}.csv"


def write_row_files(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """Write a file for each outcome that rows have; remove one from before whose outcome has none now."""
    counts = account.counts(summary)
    wanted = [outcome for outcome in Outcome if counts[outcome]]
    rows = shown(scan_rows(folder))
    originals = original_columns(scan_rows(folder))
    outcome_column = pl.col(our_names(originals)["outcome"])
    for outcome in wanted:  # one after the other: one pass for all takes as long, and three times the memory
        is_wanted = outcome_column == outcome.value
        if len(originals) > _MOST_SINKED:
            _write_wide(
                folder, file_name(outcome), (piece.filter(is_wanted) for piece in in_pieces(rows, summary.rows))
            )
        else:
            write_csv(folder, file_name(outcome), rows.filter(is_wanted))
    for outcome in set(Outcome) - set(wanted):
        (folder / file_name(outcome)).unlink(missing_ok=True)
    return [file_name(outcome) for outcome in wanted]


def write_csv(folder: Path, name: str, rows: pl.LazyFrame) -> None:
    """Write a new CSV file of the folder: comma, UTF-8, header first, quotes as RFC 4180, cells guarded.

    The rows need not be in memory together.
    """
    columns = rows.collect_schema()
    cells = [guarded(pl.col(name)) if dtype == pl.String else pl.col(name) for name, dtype in columns.items()]
    names = guarded_names(columns.names())
    with new_file(folder, name) as part:
        rows.select(cell.alias(name) for cell, name in zip(cells, names, strict=True)).sink_csv(part)


def _write_wide(folder: Path, name: str, pieces: Iterable[pl.LazyFrame]) -> None:
    """Write a CSV file of thousands of columns: only columns with a cell that needs a guard are guarded."""
    with new_file(folder, name) as part, part.open("wb") as file:
        has_header = True
        for piece in pieces:
            rows = guarded_cells(piece.collect())
            rows.columns = guarded_names(rows.columns)
            rows.write_csv(file, include_header=has_header)
            has_header = False
