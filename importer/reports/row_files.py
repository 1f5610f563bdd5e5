"""``imported.csv``, ``skipped.csv``, ``errored.csv``, ``unconfirmed.csv``, ``planned.csv``: every row, by outcome."""

from contextlib import ExitStack
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
    rows = shown(scan_rows(folder)).cache()  # read once, whatever goes into which file
    outcome_column = pl.col(our_names(original_columns(scan_rows(folder)))["outcome"])
    with ExitStack() as stack:
        parts = {outcome: stack.enter_context(new_file(folder, file_name(outcome))) for outcome in wanted}
        sinks = [csv_sink(rows.filter(outcome_column == outcome.value), part) for outcome, part in parts.items()]
        pl.collect_all(sinks, engine="streaming")
    for outcome in set(Outcome) - set(wanted):
        (folder / file_name(outcome)).unlink(missing_ok=True)
    return [file_name(outcome) for outcome in wanted]


def write_csv(folder: Path, name: str, rows: pl.LazyFrame) -> None:
    """A new CSV file of the folder, as ``csv_sink`` has it; see ``new_file``."""
    with new_file(folder, name) as part:
        csv_sink(rows, part).collect(engine="streaming")


def csv_sink(rows: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """Writes rows when it is collected: comma, UTF-8, header first, quotes where RFC 4180 needs them, cells guarded.

    The rows need not be in memory together.
    """
    columns = rows.collect_schema()
    cells = [guarded(pl.col(name)) if dtype == pl.String else pl.col(name) for name, dtype in columns.items()]
    names = guarded_names(columns.names())
    return rows.select(cell.alias(name) for cell, name in zip(cells, names, strict=True)).sink_csv(path, lazy=True)
