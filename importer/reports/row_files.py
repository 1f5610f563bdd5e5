"""``imported.csv``, ``skipped.csv``, ``errored.csv``, ``unconfirmed.csv``, ``planned.csv``: every row, by outcome."""

from pathlib import Path

import polars as pl

from importer.formula_guard import guarded, guarded_names
from importer.models.outcomes import Outcome
from importer.reports import account
from importer.reports.folder import new_file, original_columns, our_names, scan_rows, shown
from importer.summary import Summary


def file_name(outcome: Outcome) -> str:
    """The file of the rows with this outcome."""
    return f"{outcome.value}.csv"


def write_row_files(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """One file for each outcome that rows have; a file from before whose outcome has no rows now is removed."""
    counts = account.counts(summary)
    wanted = [outcome for outcome in Outcome if counts[outcome]]
    rows = shown(scan_rows(folder))
    outcome_column = pl.col(our_names(original_columns(scan_rows(folder)))["outcome"])
    for outcome in wanted:  # one after the other: all in one pass take as long, and three times the memory
        write_csv(folder, file_name(outcome), rows.filter(outcome_column == outcome.value))
    for outcome in set(Outcome) - set(wanted):
        (folder / file_name(outcome)).unlink(missing_ok=True)
    return [file_name(outcome) for outcome in wanted]


def write_csv(folder: Path, name: str, rows: pl.LazyFrame) -> None:
    """A new CSV file of the folder (``new_file``): comma, UTF-8, header first, quotes as RFC 4180, cells guarded.

    The rows need not be in memory together.
    """
    columns = rows.collect_schema()
    cells = [guarded(pl.col(name)) if dtype == pl.String else pl.col(name) for name, dtype in columns.items()]
    names = guarded_names(columns.names())
    with new_file(folder, name) as part:
        rows.select(cell.alias(name) for cell, name in zip(cells, names, strict=True)).sink_csv(part)
