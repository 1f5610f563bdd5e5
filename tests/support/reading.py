"""The one table of a file: how it was understood, its cells and its rows."""

from pathlib import Path

import polars as pl

from importer.readers.formats import open_tables

PEOPLE = [["Name", "Phone"], ["Ann Lowe", "+1 415 555 0101"], ["Bob Marsh", "+1 415 555 0102"]]


def read(path: Path) -> tuple[str, list[dict[str, str]], tuple[str, ...]]:
    """The format of a file's one table, its filled cells by column, and its notes."""
    (table,) = open_tables(path, path.name, None)
    frame = pl.concat(list(table.chunks(100)))
    cells = [
        {name.removeprefix("raw:"): cell for name, cell in row.items() if name.startswith("raw:") and cell}
        for row in frame.to_dicts()
    ]
    return table.source.format, cells, table.source.notes


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
