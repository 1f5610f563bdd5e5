"""``imported.csv``, ``skipped.csv``, ``errored.csv``, ``unconfirmed.csv``, ``planned.csv``: every row, by outcome."""

from pathlib import Path

import polars as pl

from importer.formula_guard import guarded, guarded_names
from importer.models import Outcome
from importer.reports.folder import new_file, scan_rows, shown, with_outcome
from importer.summary import Summary


def file_name(outcome: Outcome) -> str:
    """The file of the rows with this outcome."""
    return f"{outcome.value}.csv"


def write_row_files(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """One file for each outcome that rows have; a file from before whose outcome has no rows now is removed."""
    counts = dict(scan_rows(folder).group_by("outcome").len().collect().iter_rows())
    written = []
    for outcome in Outcome:
        name = file_name(outcome)
        if counts.get(outcome.value, 0):
            write_csv(folder, name, shown(with_outcome(scan_rows(folder), outcome)))
            written.append(name)
        else:
            (folder / name).unlink(missing_ok=True)
    return written


def write_csv(folder: Path, name: str, rows: pl.LazyFrame) -> None:
    """Comma, UTF-8, header first, quotes where RFC 4180 needs them, cells guarded; never more than a part in memory."""
    schema = rows.collect_schema()
    cells = [
        (guarded(pl.col(column)) if dtype == pl.String else pl.col(column)).alias(header)
        for (column, dtype), header in zip(schema.items(), guarded_names(schema.names()), strict=True)
    ]
    with new_file(folder, name) as part:
        rows.select(cells).sink_csv(part)
