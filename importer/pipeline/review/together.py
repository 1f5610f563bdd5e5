"""What it says that two rows share a rare value: how often they are one person's, and what strangers share with it.

Members of a family share street, town, mailbox and name. Whether a list has such people is counted in it: among the
pairs that share a value, those whose first names differ are mostly two people's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from importer.pipeline.review.agreement import Level
from importer.pipeline.review.fields import FIRST, LAST, NAMES, NUMBER, Fields

MOST_RENAMED = 0.06
"""Most of one person's rows whose first names may differ: or two sisters would be learned to be one person."""
_RENAMED_AT_MOST = 0.25
"""So many of one person's pairs may have other first names before it is believed that there are strangers."""
_MET_BY_CHANCE = 0.98
"""Share of two people's pairs whose first names differ."""
_LEAST_SHARE = 0.02
_UNSEEN = 4.0
"""Pairs that an expected share counts as, beside those seen."""
_UNKNOWN = 0.5
"""The share that is expected as long as nothing has been seen."""


@dataclass(frozen=True, slots=True)
class Together:
    """What a rare value says that two rows share.

    Attributes:
        strangers: share of such pairs that are two people's.
        agreeing: for each other field, the share of two people's pairs with such a value that agree in it, too.
    """

    strangers: float
    agreeing: dict[str, float]

    @property
    def bits(self) -> float:
        """Return the odds that such a pair is one person's (log2)."""
        return math.log2((1 - self.strangers) / self.strangers)


def together(fields: Fields, strangers: pl.Series) -> dict[str, Together]:
    """Return what a shared rare value of each field but names and number says.

    Args:
        fields: of all pairs compared.
        strangers: how likely each pair is two people's (Float64).
    """
    first = fields[FIRST].level
    sharing = {
        name: (field.level == Level.SAME) & field.is_rare
        for name, field in fields.items()
        if name not in {*NAMES, NUMBER}
    }
    usual = {
        name: _usual(fields[name].level, strangers, [which for other, which in sharing.items() if other != name])
        for name in (LAST, *sharing)
    }
    found = {}
    for name, shares in sharing.items():
        apart = shares & (first == Level.DIFFERS)
        known = int((shares & (first > Level.UNKNOWN)).sum())
        seen = (int(apart.sum()) + 1) / (known + 2)
        believed = known * _strangers(seen, _RENAMED_AT_MOST)
        agreeing = {
            other: _share(fields[other].level.filter(apart), strangers.filter(apart), expected, believed)
            for other, expected in usual.items()
            if other != name
        }
        among = min(max(_strangers(seen, MOST_RENAMED), _LEAST_SHARE), 1 - _LEAST_SHARE)
        found[name] = Together(among, agreeing)
    return found


def _strangers(apart: float, renamed: float) -> float:
    """Return the share of two people's pairs, if first names differ in ``apart`` of all and ``renamed`` of one's."""
    return max((apart - renamed) / (_MET_BY_CHANCE - renamed), 0.0)


def _usual(level: pl.Series, strangers: pl.Series, sharing: Sequence[pl.Series]) -> float:
    """Return the share of two people's pairs that agree in a field, of those that share any other rare value."""
    if not sharing:
        return _UNKNOWN
    which = pl.select(pl.any_horizontal(sharing)).to_series()
    return _share(level.filter(which), strangers.filter(which), _UNKNOWN, math.inf)


def _share(level: pl.Series, weights: pl.Series, expected: float, most: float) -> float:
    """Return the share of pairs that agree, which counts as ``most`` pairs or fewer beside the expected one."""
    known, same = (float(weights.filter(which).sum()) for which in (level > Level.UNKNOWN, level == Level.SAME))
    if not known:
        return expected
    counted = min(known, most)
    # Rounded, so that sums in another order do not show.
    return round((same / known * counted + _UNSEEN * expected) / (counted + _UNSEEN), 4)
