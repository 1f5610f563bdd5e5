"""Profiles of one table's columns: how each was understood, how full it is, what is wrong with its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from importer.models.frames import RAW, begin, is_open
from importer.models.mappings import Candidate
from importer.models.mappings import Mapping as Columns
from importer.models.outcomes import Reason
from importer.models.sources import Source
from importer.pipeline.masking import examples
from importer.stages.map import Map, numbers_alone
from importer.stages.map.regions import UNKNOWN
from importer.stages.phones import Phones

_MOST_TROUBLES = 4


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """A column.

    Attributes:
        fields: the contact fields that it fills; none: it travels as metadata.
        filled: rows with a value, of all rows.
        distinct: different values in the first rows.
        examples: up to three shapes of values, letters and digits masked but the first two of each.
        choice: how sure its field is, and why; None if it fills none.
        troubles: what is wrong with values in the first rows, in words, each with its count; most frequent first.
    """

    name: str
    fields: tuple[str, ...]
    filled: int
    distinct: int
    examples: tuple[str, ...]
    choice: Candidate | None = None
    troubles: tuple[tuple[str, int], ...] = ()


def profile_columns(
    source: Source, mapping: Columns, rows: pl.DataFrame, filled: Mapping[str, int], region: str | None
) -> tuple[ColumnProfile, ...]:
    """Return a profile of each column of a table.

    Args:
        source: the table.
        mapping: how it was understood.
        rows: its first rows, ``raw:<column>`` (String?) for each column.
        filled: for each column, how many of all rows have a value.
        region: the country of numbers without one.
    """
    fields: dict[str, list[str]] = {}
    for field, columns in mapping.fields().items():
        for column in columns:
            fields.setdefault(column, []).append(field)
    choices = {candidate.column: candidate for decision in mapping.decisions for candidate in decision.chosen}
    return tuple(
        ColumnProfile(
            name,
            tuple(fields.get(name, ())),
            filled.get(name, 0),
            rows[RAW + name].drop_nulls().n_unique(),
            examples(rows[RAW + name].drop_nulls()),
            choices.get(name),
            _troubles(source, mapping, rows, name, fields.get(name, ()), region),
        )
        for name in source.columns
    )


def _troubles(  # noqa: PLR0913, PLR0917 - a table, one of its columns and the run's region
    source: Source, mapping: Columns, rows: pl.DataFrame, name: str, fields: Sequence[str], region: str | None
) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    if "phone" in fields:
        found |= _bad_phones(source, mapping, rows, name, region)
    if "country" in fields:
        found |= _bad_countries(source, mapping, rows)
    return tuple(sorted(found.items(), key=lambda item: -item[1])[:_MOST_TROUBLES])


def _bad_phones(source: Source, mapping: Columns, rows: pl.DataFrame, name: str, region: str | None) -> dict[str, int]:
    """Count the cells of one phone column that give no number, by what is wrong with them."""
    frame = Map(numbers_alone(mapping, name))(begin(rows, source, 0)).filter(is_open())
    bad = Phones(region)(frame.filter(pl.col(RAW + name).is_not_null())).filter(~is_open())
    words = pl.col("detail").str.strip_prefix(f"{name}: ").str.split("; ").list.first()
    is_none = pl.col("reason").cast(pl.String) == Reason.PHONE_MISSING.value
    return dict(
        bad.group_by(pl.when(is_none).then(pl.lit("the cell says that there is none")).otherwise(words))
        .len()
        .iter_rows()
    )


def _bad_countries(source: Source, mapping: Columns, rows: pl.DataFrame) -> dict[str, int]:
    region = Map(numbers_alone(mapping, *mapping.phones))(begin(rows, source, 0))["region"]
    unknown = int((region == UNKNOWN).sum())
    return {"not understood as a country": unknown} if unknown else {}
