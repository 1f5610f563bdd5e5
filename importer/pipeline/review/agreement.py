"""How far the two rows of a pair agree, field by field, and how rare what they agree in is.

A value's rarity is the share of the people who have it. People are told apart by their names here, so that a person who
comes nine times in a short list does not make his own birthday look common.
"""

from enum import IntEnum

import polars as pl

from importer.pipeline.review.blocks import counts
from importer.pipeline.review.distinct import judged
from importer.stages.typos import is_one_typo_apart

RARE = 4
"""Most rows that may share a value which makes two rows worth comparing, whatever their names."""
_NO_SHORT_FORM = 2
"""Letters that begin too many names: Jo is not Joseph, while J. may be, and Jos."""
_SHORTEST_MISTYPED = 4
_MOST_SHARE = 0.9
_COMPARED = 200
"""Values of a column of which every two are compared, to learn how often values are near by chance."""


class Level(IntEnum):
    """How far two cells agree."""

    UNKNOWN = 0
    """At least one of the two is empty."""
    DIFFERS = 1
    NEAR = 2
    """One typo apart, or one short for the other."""
    SAME = 3


def compared(pairs: pl.DataFrame, keys: pl.Series, names: pl.Series, least: int = 1) -> pl.DataFrame:
    """Return ``level`` (UInt8; never NEAR), ``share`` (Float64) and ``rows`` (UInt32) of each pair, in its order.

    ``share`` is that of the other people who have the value, of all who have any: of the two values the commoner one's.
    ``rows`` is how many rows have the first one's.

    Args:
        pairs: ``position`` and ``other``, as indexes into the rows.
        keys: of the field's value in each row (UInt64), null where it is empty.
        names: key of each row's name; null if it has none.
        least: fewest people by which the share is reckoned: in a short list every name would look frequent.
    """
    both = pairs.select(ours=keys.gather(pairs["position"]), theirs=keys.gather(pairs["other"]))
    table = _shared(keys, names)
    for side in ("ours", "theirs"):
        renamed = table.select(pl.col("key").alias(side), pl.exclude("key").name.suffix(f"_{side}"))
        both = both.join(renamed, on=side, how="left", maintain_order="left")
    ours, theirs = pl.col("ours"), pl.col("theirs")
    level = (
        pl.when(ours.is_null() | theirs.is_null())
        .then(Level.UNKNOWN.value)
        .when(ours == theirs)
        .then(Level.SAME.value)
        .otherwise(Level.DIFFERS.value)
    )
    others = [
        pl.when(side.is_not_null()).then(pl.col(name).fill_null(1))
        for side, name in ((ours, "others_ours"), (theirs, "others_theirs"))
    ]
    filled = max(least, keys.len() - keys.null_count(), 1)
    share = (pl.max_horizontal(others).cast(pl.Float64) / filled).clip(upper_bound=_MOST_SHARE).fill_null(1.0)
    rows = pl.when(ours.is_not_null()).then(pl.col("rows_ours").fill_null(1)).otherwise(0)
    return both.select(level=level.cast(pl.UInt8), share=share, rows=rows.cast(pl.UInt32))


def _shared(keys: pl.Series, names: pl.Series) -> pl.DataFrame:
    """Return ``key``, ``rows`` and ``others`` (null for 1) of each key that several rows have.

    ``others`` is how many people beside one have it, and at least 1: what nobody else has might still come again.
    """
    # Most values are one row's alone: to group all rows by them would take several times as long.
    shared = counts(keys)
    several = shared.filter(pl.col("rows") > 2)  # two rows are two people's at most
    having = pl.DataFrame({"key": keys, "name": names}).join(several, on="key", how="semi")
    others = having.group_by("key").agg(others=(pl.col("name").n_unique() - 1).clip(1))
    return shared.join(others, on="key", how="left")


def is_mistyped(ours: pl.Series, theirs: pl.Series) -> pl.Series:
    """Return True where two texts of four letters or more are one typo apart."""
    # A typo leaves the first or the last half as it is: so most pairs need no look at their letters.
    a, b = pl.col("ours"), pl.col("theirs")
    shorter = pl.min_horizontal(a.str.len_chars(), b.str.len_chars()).cast(pl.Int64)
    half = pl.max_horizontal((shorter - 2) // 2, 0)
    is_near_length = (a.str.len_chars().cast(pl.Int64) - b.str.len_chars()).abs() <= 1
    has_half = (a.str.head(half) == b.str.head(half)) | (a.str.tail(half) == b.str.tail(half))
    may_be = ((shorter >= _SHORTEST_MISTYPED) & is_near_length & has_half).fill_null(value=False)
    return judged(ours, theirs, may_be, is_one_typo_apart)


def typos_by_chance(texts: pl.Series) -> float:
    """Return the share of any two different values that are one typo apart: large for dates and running numbers."""
    values = texts.drop_nulls().unique(maintain_order=True).head(_COMPARED)
    both = (
        pl.DataFrame({"ours": values})
        .with_row_index()
        .join(pl.DataFrame({"theirs": values}).with_row_index(), how="cross", suffix="_right")
    )
    both = both.filter(pl.col("index") < pl.col("index_right"))
    return float(is_mistyped(both["ours"], both["theirs"]).sum()) / max(both.height, 1)


def is_short_form(ours: pl.Series, theirs: pl.Series) -> pl.Series:
    """Return True where one name begins with the other, as John with J. or Jo(s)."""
    a, b = pl.col("ours"), pl.col("theirs")
    shorter = pl.min_horizontal(a.str.len_chars(), b.str.len_chars())
    begins = (a.str.starts_with(b) | b.str.starts_with(a)) & (shorter != _NO_SHORT_FORM)
    return pl.DataFrame({"ours": ours, "theirs": theirs}).select(begins.fill_null(value=False)).to_series()
