"""How likely two rows are one person's, in bits: Fellegi and Sunter's weights, learned from the list itself.

Each field in which two rows agree, nearly agree or differ has two probabilities: ``m``, that one person's rows look so,
learned by expectation and maximisation; and ``u``, that two people's do, which is the share of people who have the
value. ``log2(m / u)`` are the field's bits; the sum begins at the odds of any two rows of the list.

Fields of people who belong together do not agree by chance: so only the weightiest value that two rows share counts by
its rarity, or by what the list teaches of such values (``together``), and the others by how often strangers who share
it agree in them, too. A list in which families have one mailbox teaches that a shared mailbox is little evidence, and
one in which they have not that it is enough.
"""

import math
from collections.abc import Mapping

import polars as pl

from importer.pipeline.review.agreement import Level
from importer.pipeline.review.fields import EMAIL, FIRST, LAST, NAMES, NUMBER, Fields
from importer.pipeline.review.together import MOST_RENAMED, Together, together

_M = tuple[float, float, float]
"""``m`` of a field that differs, is near, is the same."""
_ASSUMED: dict[str, _M] = {
    FIRST: (0.06, 0.08, 0.86),
    LAST: (0.07, 0.08, 0.85),
    EMAIL: (0.4, 0.1, 0.5),
    NUMBER: (0.7, 0.3, 0.0),
}
_ASSUMED_COLUMN: _M = (0.15, 0.1, 0.75)
"""Before any are learned. A person may have several mailboxes and numbers, but hardly several birthdays."""
_MOST_DIFFERENT = {FIRST: MOST_RENAMED, LAST: 2 * MOST_RENAMED}
_TRUST = 50.0
"""Pairs that the assumed ``m`` count as, beside those of the list."""
_ROWS_OF_ONE = 0.05
"""Share of rows that are expected to have a twin."""
_ROUNDS = 4
TYPOS = 5.0
"""Other people's values that are near are so many times as frequent as those that are the same."""
_NAMESAKES = 0.02
"""Share of two people's addresses that are near: they are made of names, and those who are compared have one name."""
_MAY_BE_NEAR = 6.0
"""Bits that may still come of fields which differ, when they are looked at letter by letter."""
_OTHER_NAME = -4.0
"""Bits of a name that differs, before any are learned."""
_FURTHER_DIFFERENCE = -0.5
"""Bits of each column that differs but the weightiest: who has moved has another street, town and zip."""
_MOST_BITS = 40.0


def may_be_one(fields: Fields, rows: int) -> pl.Series:
    """Return True for pairs that are worth a look at their letters: what they share is rare enough together.

    Args:
        fields: of the pairs; only names are NEAR so far.
        rows: of the list.
    """
    bits = pl.lit(0.0)
    for name, field in fields.items():
        rarity = (1 / field.share).log(2)
        bits += pl.when(field.level == Level.SAME).then(rarity).otherwise(0.0)
        if name in NAMES:
            near = pl.when(field.level == Level.NEAR).then(rarity / 2)
            bits += near.when(field.level == Level.DIFFERS).then(_OTHER_NAME).otherwise(0.0)
    return pl.select(bits >= _against(rows) - _MAY_BE_NEAR).to_series()


def weighed(everyone: Fields, fields: Fields, worth: pl.Series, rows: int) -> pl.DataFrame:
    """Return ``bits`` (Float64: log2 of the odds that both rows are one person's) and ``beside``, all but the names'.

    Args:
        everyone: fields of all pairs compared.
        fields: the same of those worth a closer look, with all that is NEAR.
        worth: True for these, among all pairs.
        rows: of the list.
    """
    first = everyone[FIRST].level
    begins = pl.when(first == Level.DIFFERS).then(0.95).when(first == Level.UNKNOWN).then(0.7).otherwise(0.1)
    strangers = pl.select(pl.when(worth).then(begins).otherwise(1.0)).to_series()
    m = {name: _ASSUMED.get(name, _ASSUMED_COLUMN) for name in fields}
    found = pl.DataFrame()
    for _ in range(_ROUNDS):
        found = _sums(fields, m, together(everyone, strangers), _against(rows))
        likely = 1 / (1 + (-found["bits"].clip(-_MOST_BITS, _MOST_BITS) * math.log(2)).exp())
        strangers = strangers.scatter(worth.arg_true(), 1 - likely)
        m = {name: _learned(name, field.level, likely) for name, field in fields.items()}
    return found


def _against(rows: int) -> float:
    """Return the bits against any two rows of a list being one person's."""
    return math.log2(max(rows, 2) / _ROWS_OF_ONE)


def _learned(name: str, level: pl.Series, likely: pl.Series) -> _M:
    """Return ``m`` of a field: the levels of the pairs, each counted as likely as it is one person's."""
    assumed = _ASSUMED.get(name, _ASSUMED_COLUMN)
    if name == NUMBER:  # two contacts never have the same
        return assumed
    seen = [float(likely.filter(level == at).sum()) for at in (Level.DIFFERS, Level.NEAR, Level.SAME)]
    shares = [(own + _TRUST * prior) / (sum(seen) + _TRUST) for own, prior in zip(seen, assumed, strict=True)]
    differs = min(shares[0], _MOST_DIFFERENT.get(name, 1.0))
    rest = (1 - differs) / (shares[1] + shares[2])
    # Rounded, so that sums in another order do not show.
    return round(differs, 4), round(shares[1] * rest, 4), round(shares[2] * rest, 4)


def _sums(fields: Fields, m: Mapping[str, _M], known: Mapping[str, Together], against: float) -> pl.DataFrame:
    """Return ``bits`` and ``beside`` of each pair."""
    frame = pl.DataFrame({
        column: series
        for name, field in fields.items()
        for column, series in (
            (_level(name), field.level),
            (_share(name), field.share),
            (f"{name}:rare", field.is_rare),
        )
    })  # fmt: skip
    weights = frame.select(_alone(name, m[name], against + it.bits).alias(name) for name, it in known.items())
    best = weights.max_horizontal()
    at = weights.select(pl.concat_list(pl.all().fill_null(-1.0)).list.arg_max()).to_series()
    frame = frame.with_row_index("pair").with_columns(best=best.fill_null(0.0), at=pl.when(best.is_not_null()).then(at))
    sums = {None: _summed(m, None, {})} | {
        at: _summed(m, name, it.agreeing) for at, (name, it) in enumerate(known.items())
    }
    parts = [part.select("pair", **sums[at]) for (at,), part in frame.partition_by("at", as_dict=True).items()]
    found = pl.concat(parts).sort("pair")
    bits = pl.col("names") + pl.col("beside") + pl.col("different") - against
    return found.select(bits=bits.round(3), beside="beside")


def _alone(name: str, m: _M, rare: float) -> pl.Expr:
    """Return the bits of a value that is shared, as if nothing else were; null where none is."""
    is_same = pl.col(_level(name)) == Level.SAME
    frequent = (pl.lit(m[2]) / pl.col(_share(name))).log(2)
    return pl.when(is_same & pl.col(f"{name}:rare")).then(max(rare, 0.0)).when(is_same).then(frequent)


def _summed(m: Mapping[str, _M], weightiest: str | None, agreeing: Mapping[str, float]) -> dict[str, pl.Expr]:
    """Return the bits of ``names``, of what agrees ``beside`` them, and of what is ``different``.

    Args:
        m: of each field.
        weightiest: the field whose value counts by itself: ``best`` are its bits; None if the pairs share none.
        agreeing: how often strangers who share such a value agree in other fields.
    """
    first, last = (math.log2(m[name][0]) for name in NAMES)
    # Whoever shares a first name, too, is no relative: then the last name counts in full.
    is_first = pl.col(_level(FIRST)) == Level.SAME
    family = pl.when(is_first).then(_bits(LAST, m[LAST], 0.0, last))
    names = _bits(FIRST, m[FIRST], 0.0, first) + family.otherwise(_bits(LAST, m[LAST], agreeing.get(LAST, 0.0), last))
    others = [name for name in m if name not in {*NAMES, weightiest}]
    beside = [pl.max_horizontal(_bits(name, m[name], agreeing.get(name, 0.0), 0.0), 0.0) for name in others]
    different = [
        pl.when(pl.col(_level(name)) == Level.DIFFERS).then(math.log2(m[name][0])).otherwise(0.0)
        for name in others
        if name != NUMBER
    ]
    worst = pl.min_horizontal(0.0, *different)
    further = pl.sum_horizontal(0, *((bits < 0).cast(pl.Int8) for bits in different)) - 1
    return {
        "names": names,
        "beside": pl.sum_horizontal("best", *beside),
        "different": worst + further.clip(0) * _FURTHER_DIFFERENCE,
    }


def _bits(name: str, m: _M, agreeing: float, differs: float) -> pl.Expr:
    """Return the bits of a field in which so many strangers agree, and of one that differs."""
    level, share = pl.col(_level(name)), pl.col(_share(name))
    same = (pl.lit(m[2]) / pl.max_horizontal(share, agreeing)).log(2)
    by_chance = max(agreeing, _NAMESAKES) if name == EMAIL else agreeing
    near = (pl.lit(m[1]) / pl.max_horizontal((share * TYPOS).clip(upper_bound=1.0), by_chance)).log(2)
    found = pl.when(level == Level.SAME).then(same).when(level == Level.NEAR).then(pl.max_horizontal(near, differs))
    return found.when(level == Level.DIFFERS).then(differs).otherwise(0.0)


def _level(name: str) -> str:
    return f"{name}:level"


def _share(name: str) -> str:
    return f"{name}:share"
