"""``imported.csv``, ``skipped.csv``, ``errored.csv`` and so on: every row, a file for each outcome."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from importer.models.formula_guard import guarded, guarded_cells, guarded_names
from importer.models.outcomes import Outcome
from importer.reports import conclusions as account
from importer.reports.folder import in_pieces, new_file, original_columns, our_names, scan_rows, shown
from importer.storage.summary import Summary

_MOST_SINKED = 1_000
"""Most columns that are guarded by an expression each; more would take minutes that way."""
_CELLS_AT_ONCE = 2 << 20
"""Cells that are text of a file at a time, beside the metadata that repeats them."""


def file_name(outcome: Outcome) -> str:
    """Return the name of the file of the rows with this outcome."""
    return f"{outcome.value}.csv"


def write_row_files(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """Write a file for each outcome that rows have; remove one from before whose outcome has none now."""
    counts = account.counts(summary)
    wanted = [outcome for outcome in Outcome if counts[outcome]]
    originals = original_columns(scan_rows(folder))
    outcome_column = our_names(originals)["outcome"]
    if len(originals) > _MOST_SINKED:
        _write_wide(folder, wanted, outcome_column, summary.rows)
    else:
        for outcome in wanted:  # one after the other: one pass for all takes as long, and three times the memory
            rows = shown(scan_rows(folder)).filter(pl.col(outcome_column) == outcome.value)
            write_csv(folder, file_name(outcome), rows)
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


def _write_wide(folder: Path, wanted: Sequence[Outcome], outcome_column: str, count: int) -> None:
    """Write the CSV files of thousands of columns: only columns with a cell that needs a guard are guarded."""
    with ExitStack() as stack:
        parts = [stack.enter_context(new_file(folder, file_name(outcome))) for outcome in wanted]
        files = [stack.enter_context(part.open("wb")) for part in parts]
        for number, piece in enumerate(in_pieces(shown(scan_rows(folder)), count)):
            rows = guarded_cells(piece.collect())
            outcomes = rows[outcome_column]
            rows.columns = guarded_names(rows.columns)
            for outcome, file in zip(wanted, files, strict=True):
                if number == 0:
                    rows.clear().write_csv(file)
                for some in rows.filter(outcomes == outcome.value).iter_slices(max(1, _CELLS_AT_ONCE // rows.width)):
                    some.write_csv(file, include_header=False)
