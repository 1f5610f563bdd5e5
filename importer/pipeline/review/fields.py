"""The fields in which the two rows of a pair are compared: names, e-mail, number, and columns that tell rows apart."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

FIRST, LAST, EMAIL, NUMBER = "first name", "last name", "e-mail", "number"
NAMES = (FIRST, LAST)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of pairs of rows, in their order.

    Attributes:
        level: how far the two agree (UInt8, ``agreement.Level``).
        share: of all people who have any value, that of the others who have this one (Float64).
        is_rare: True where so few rows share the value that every two of them are among the pairs (Boolean).
    """

    level: pl.Series
    share: pl.Series
    is_rare: pl.Series


Fields = Mapping[str, Field]


def taken(fields: Fields, which: pl.Series) -> Fields:
    """Return the fields of those pairs for which ``which`` is True."""
    return {
        name: Field(field.level.filter(which), field.share.filter(which), field.is_rare.filter(which))
        for name, field in fields.items()
    }
