"""A table by value, read and staged where it lies: for engines whose workers open the files by themselves.

A file is taken to be the one that was planned if it reads the same: name, hash, header, first and last row.
"""

from collections.abc import Iterator
from pathlib import Path

from importer.errors import ReadError
from importer.models.sources import Source
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import Rows, RowStages, Staged
from importer.readers.formats import open_tables


def staged_table(
    plan: RowPlan, number: int, stages: RowStages, chunk_rows: int, path: Path | None = None
) -> Iterator[Staged]:
    """Yield the staged rows of a whole table, in order; their ``position`` counts from the table's first row.

    Args:
        plan: of the run, as ``stages`` have it.
        number: the table's, in the plan.
        stages: built of it; a worker keeps them from piece to piece, for they are dear to build.
        chunk_rows: how many rows at a time; it changes no row.
        path: of a copy of the file; None if it lies where it was planned.

    Raises:
        ReadError: the file cannot be read, or is not the one that was planned.
    """
    source, _ = plan.tables[number]
    tables = open_tables(path or source.path, source.file, source.sheet)
    table = next((table for table in tables if _identity(table.source) == _identity(source)), None)
    if table is None:
        raise ReadError(f"{source.file} changed since it was planned. Import it again when nothing writes to it.")
    position = 0
    for frame in table.chunks(chunk_rows):
        yield stages(Rows(number, position, frame))
        position += frame.height


def _identity(source: Source) -> tuple[object, ...]:
    return source.sha256, source.sheet, source.columns, source.header_row, source.left_out
