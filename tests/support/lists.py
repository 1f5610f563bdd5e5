"""A list of text as it is understood: source, rows and mapping."""

from pathlib import Path

import polars as pl

from importer.models.mappings import Mapping
from importer.models.sources import Source
from importer.readers.formats import open_tables
from importer.stages.map import choose_mapping

PEOPLE = "Ann Lowe,415-555-0101,a@x.example\nBob Marsh,415-555-0102,b@x.example\n"


def understood(folder: Path, text: str) -> tuple[Source, pl.DataFrame, Mapping]:
    path = folder / "list.csv"
    path.write_text(text)
    (table,) = open_tables(path, path.name, None)
    frame = pl.concat(table.chunks(1000))
    return table.source, frame, choose_mapping(table.source, frame, {})


def spans(source: Source) -> str:
    """What was left out, as ``inspect`` says it."""
    return ", ".join(
        f"{span.what} {span.first}{f'-{span.last}' if span.last > span.first else ''}" for span in source.left_out
    )
