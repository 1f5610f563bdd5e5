"""``imported.csv``, ``skipped.csv``, ``errored.csv``, ``unconfirmed.csv``, ``planned.csv``: every row, by outcome."""

from contextlib import ExitStack
from pathlib import Path

import polars as pl

from importer.formula_guard import guarded, guarded_names
from importer.models import Outcome
from importer.reports import account
from importer.reports.folder import new_file, scan_rows, shown, with_outcome
from importer.summary import Summary


def file_name(outcome: Outcome) -> str:
    """The file of the rows with this outcome."""
    return f"{outcome.value}.csv"


def write_row_files(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """One file for each outcome that rows have; a file from before whose outcome has no rows now is removed."""
    counts = account.counts(summary)
    wanted = {file_name(outcome): outcome for outcome in Outcome if counts[outcome]}
    with ExitStack() as stack:
        parts = {name: stack.enter_context(new_file(folder, name)) for name in wanted}
        rows = scan_rows(folder)  # one and the same scan, so that it is read once for all files
        pl.collect_all([csv_sink(shown(with_outcome(rows, wanted[name])), part) for name, part in parts.items()])
    for outcome in Outcome:
        if file_name(outcome) not in wanted:
            (folder / file_name(outcome)).unlink(missing_ok=True)
    return list(wanted)


def write_csv(folder: Path, name: str, rows: pl.LazyFrame) -> None:
    """One such file; never more than a part of the rows in memory."""
    with new_file(folder, name) as part:
        csv_sink(rows, part).collect()


def csv_sink(rows: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """Comma, UTF-8, header first, quotes where RFC 4180 needs them, cells guarded; written when it is collected."""
    schema = rows.collect_schema()
    cells = [
        (guarded(pl.col(column)) if dtype == pl.String else pl.col(column)).alias(header)
        for (column, dtype), header in zip(schema.items(), guarded_names(schema.names()), strict=True)
    ]
    return rows.select(cells).sink_csv(path, lazy=True)
