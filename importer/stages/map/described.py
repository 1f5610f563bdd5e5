"""The columns of a table: what their headers say, corrected by what their values show."""

from dataclasses import replace

import polars as pl

from importer.models.frames import OURS, RAW
from importer.models.mappings import SURE
from importer.models.sources import Source
from importer.stages.map.consent_headers import asks
from importer.stages.map.evidence import Column, is_contradicted, weigh
from importer.stages.map.headers import Header, read_header
from importer.stages.map.regions import region_of
from importer.stages.map.shapes import shapes

_ANYWHERE = 20
"""Rank of a country whose word stands anywhere in the header: behind those that are called so plainly."""
_MOSTLY = 0.8


def described_columns(source: Source, sample: pl.DataFrame) -> list[Column]:
    """Return all columns but those that an earlier run added; ``sample`` has ``raw:<column>`` (String?) for each.

    Where values plainly contradict a header's word, the word does not count.
    """
    names = [column for column in source.columns if not column.startswith(OURS)]
    shape = shapes(sample, names)
    return [_corrected(Column(name, read_header(name), shape[name]), sample) for name in names]


def _corrected(column: Column, sample: pl.DataFrame) -> Column:
    header, shape = column.header, column.shape
    if header.field == "phone" and shape.answers >= _MOSTLY and asks(column.name) is not None:
        return replace(column, header=replace(header, field="consent", is_refusal=True))
    if (
        header.field is None
        and header.is_country
        and not header.is_others
        and _names_countries(sample[RAW + column.name])
    ):
        return replace(column, header=replace(header, field="country", rank=_ANYWHERE))
    return replace(column, header=replace(header, field=None)) if _is_misnamed(column) else column


def _is_misnamed(column: Column) -> bool:
    field = column.header.field
    if field == "consent":  # "Do not call" is also what a list of numbers is called
        return weigh(replace(column, header=Header(column.name)), "phone").confidence >= SURE
    return field is not None and field != "country" and is_contradicted(column, field)


def _names_countries(cells: pl.Series) -> bool:
    """Return True if nearly all different values are countries, and not bare digits."""
    texts = [text for text in cells.drop_nulls().unique() if text.strip()]
    named = sum(region_of(text) is not None and text.strip("+0123456789. ") != "" for text in texts)
    return bool(texts) and named >= _MOSTLY * len(texts)
