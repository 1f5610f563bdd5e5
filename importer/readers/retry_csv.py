"""Retry files written as CSV: the formula guard on their cells is removed."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from importer.models.formula_guard import unguarded
from importer.models.frames import OURS, RAW
from importer.models.sources import Source
from importer.readers.header import unique_names
from importer.readers.table import Table


def unguarded_table(table: Table) -> Table:
    """Return the table, without the formula guard if its header shows that a run wrote it as CSV."""
    is_ours = table.source.format == "csv" and any(column.startswith(OURS) for column in table.source.columns)
    return _Unguarded(table) if is_ours else table


class _Unguarded:
    """A table whose names and cells lose the apostrophe that the formula guard added."""

    source: Source

    def __init__(self, table: Table) -> None:
        self._table = table
        names = pl.DataFrame({"name": table.source.columns}).select(unguarded(pl.col("name"))).to_series()
        self.source = replace(table.source, columns=unique_names(names.to_list()))

    @property
    def share_read(self) -> float:
        return self._table.share_read

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        before = [RAW + name for name in self._table.source.columns]
        after = [RAW + name for name in self.source.columns]
        for chunk in self._table.chunks(rows, skip):
            yield chunk.with_columns(unguarded(pl.col(before))).rename(dict(zip(before, after, strict=True)))
