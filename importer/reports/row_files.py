"""``imported.csv``, ``skipped.csv``, ``errored.csv`` and so on: every row, a file for each outcome."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import polars as pl

from importer.models.formula_guard import guarded, guarded_cells, guarded_names
from importer.models.outcomes import Outcome
from importer.reports import conclusions as account
from importer.reports.folder import in_pieces, new_file, original_columns, our_names, scan_rows, shown
from importer.storage.summary import Summary

_GROUPS_AT_ONCE = 2
"""Row groups of ``rows.parquet`` in memory together: with more, each row takes less time, and a run more memory."""
_CELLS_AT_ONCE = 2 << 20
"""Cells that are text of a file at a time, beside the metadata that repeats them."""
_NO_FORMULA = ("outcome", "reason", "metadata", "changes")
"""Columns of ours whose cells all begin with a letter or a brace: nobody need look whether they need a guard."""


def file_name(outcome: Outcome) -> str:
    """Return the name of the file of the rows with this outcome."""
    return f"{outcome.value}.csv"


def write_row_files(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """Write a file for each outcome that rows have; remove one from before whose outcome has none now."""
    counts = account.counts(summary)
    wanted = [outcome for outcome in Outcome if counts[outcome]]
    rows = shown(scan_rows(folder), summary)
    names = our_names(original_columns(scan_rows(folder)))
    harmless = [names[column] for column in _NO_FORMULA]
    with ExitStack() as stack:
        parts = [stack.enter_context(new_file(folder, file_name(outcome))) for outcome in wanted]
        files = {outcome: stack.enter_context(part.open("wb")) for outcome, part in zip(wanted, parts, strict=True)}
        # All files in one pass, from pieces at hand: these show which few columns have cells that need a guard.
        for number, piece in enumerate(in_pieces(rows, summary.rows, _GROUPS_AT_ONCE)):
            _write_piece(guarded_cells(piece.collect(), harmless), names["outcome"], files, has_header=number == 0)
    for outcome in set(Outcome) - set(wanted):
        (folder / file_name(outcome)).unlink(missing_ok=True)
    return [file_name(outcome) for outcome in wanted]


def _write_piece(rows: pl.DataFrame, column: str, files: Mapping[Outcome, IO[bytes]], *, has_header: bool) -> None:
    """Write each row to the file of its outcome, which is in ``column``; with ``has_header``, below a header."""
    outcomes = rows[column]
    rows.columns = guarded_names(rows.columns)
    for outcome, file in files.items():
        if has_header:
            rows.clear().write_csv(file)
        for some in rows.filter(outcomes == outcome.value).iter_slices(max(1, _CELLS_AT_ONCE // rows.width)):
            some.write_csv(file, include_header=False)


def write_csv(folder: Path, name: str, rows: pl.LazyFrame) -> None:
    """Write a new CSV file of the folder: comma, UTF-8, header first, quotes as RFC 4180, cells guarded.

    The rows need not be in memory together.
    """
    columns = rows.collect_schema()
    cells = [guarded(pl.col(name)) if dtype == pl.String else pl.col(name) for name, dtype in columns.items()]
    names = guarded_names(columns.names())
    with new_file(folder, name) as part:
        rows.select(cell.alias(name) for cell, name in zip(cells, names, strict=True)).sink_csv(part)
