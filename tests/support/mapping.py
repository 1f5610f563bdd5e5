"""Columns of a list, and what the map makes of them."""

from pathlib import Path

import polars as pl

from importer.models.frames import OUTCOME, REASON
from importer.models.mappings import Mapping
from importer.models.sources import Source
from importer.stages.map import Map, choose_mapping

PHONES = ["+1 415 555 0100", "+1 415 555 0101", None, "+1 415 555 0102"]


EMAILS = ["ann@example.com", "bob@example.com", "cy@example.com", None]


WORDS = ["Ann", "Bob", "Cy", "Di"]


def table(columns: dict[str, list[str | None]], header_row: int | None = 1) -> tuple[Source, pl.DataFrame]:
    source = Source(Path("list.csv"), "list.csv", "0" * 64, 1, "csv", tuple(columns), header_row)
    cells = {f"raw:{name}": values for name, values in columns.items()}
    return source, pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))


def choose(columns: dict[str, list[str | None]], header_row: int | None = 1, **overrides: tuple[str, ...]) -> Mapping:
    source, sample = table(columns, header_row)
    return choose_mapping(source, sample, overrides)


def mapped(columns: dict[str, list[str | None]], mapping: Mapping, problem: str | None = None) -> pl.DataFrame:
    _, frame = table(columns)
    return Map(mapping)(
        frame.with_columns(
            problem=pl.lit(problem, pl.String),
            outcome=pl.lit(None, OUTCOME),
            reason=pl.lit(None, REASON),
            detail=pl.lit(None, pl.String),
            changes=pl.lit(None, pl.String),
        )
    )
