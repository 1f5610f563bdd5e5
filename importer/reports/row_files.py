"""``imported.csv``, ``skipped.csv``, ``errored.csv``, ``unconfirmed.csv``, ``planned.csv``: every row, by outcome."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import polars as pl

from importer.formula_guard import guarded, guarded_names
from importer.models.outcomes import Outcome
from importer.reports import account
from importer.reports.folder import in_pieces, new_file, original_columns, our_names, scan_rows, shown
from importer.summary import Summary


def file_name(outcome: Outcome) -> str:
    """The file of the rows with this outcome."""
    return f"{outcome.value}.csv"


def write_row_files(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """One file for each outcome that rows have; a file from before whose outcome has no rows now is removed."""
    counts = account.counts(summary)
    wanted = [outcome for outcome in Outcome if counts[outcome]]
    with ExitStack() as stack:
        files = {outcome: stack.enter_context(new_csv(folder, file_name(outcome))) for outcome in wanted}
        outcome_column = our_names(original_columns(scan_rows(folder)))["outcome"]
        for piece in in_pieces(scan_rows(folder), summary.rows):
            rows = shown(piece).collect()
            for outcome, file in files.items():
                file.add(rows.filter(pl.col(outcome_column) == outcome.value))
    for outcome in set(Outcome) - set(wanted):
        (folder / file_name(outcome)).unlink(missing_ok=True)
    return [file_name(outcome) for outcome in wanted]


class CsvFile:
    """Comma, UTF-8, header first, quotes where RFC 4180 needs them, cells guarded."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._has_header = False

    def add(self, rows: pl.DataFrame) -> None:
        """Write rows behind those before; the first give the header, also where they are none."""
        columns = [guarded(cells) if cells.dtype == pl.String else cells for cells in rows.iter_columns()]
        cells = pl.DataFrame(dict(zip(guarded_names(rows.columns), columns, strict=True)))
        cells.write_csv(self._file, include_header=not self._has_header)
        self._has_header = True


@contextmanager
def new_csv(folder: Path, name: str) -> Iterator[CsvFile]:
    """A new CSV file of the folder; see ``new_file``."""
    with new_file(folder, name) as part, part.open("wb") as file:
        yield CsvFile(file)
