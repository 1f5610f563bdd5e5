"""Verdicts: the number that a cell holds, or the reason why it holds none."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.models.outcomes import Reason
from importer.stages.phones import oracle
from importer.stages.phones.automaton import REGIONS, Ints, UInts
from importer.stages.phones.oracle import FAULTS, NO_FAULT, Fault
from importer.stages.phones.reading import NOWHERE, Candidates, Reader, Readings, WayTable, region_codes
from importer.stages.phones.repairs import bits
from importer.stages.phones.spellings import Spellings
from importer.stages.phones.ways import Way, first_way, look, other_ways

Bools = npt.NDArray[np.bool_]

_FEWEST_AMBIGUOUS = 6
"""Digits below which a number without country is not taken for a whole one."""

_KEPT_DIGITS = 15
"""Digits that a spreadsheet keeps of a number."""

_CORES = os.cpu_count() or 1

_FEWEST_ROWS = 25_000
"""Cells that are worth a thread of their own; with fewer, looking at the same shapes in each takes what it saves."""

FAILED = {"row": pl.UInt32, "reason": pl.String, "fault": pl.String, "place": pl.String}


@dataclass(frozen=True, slots=True)
class Found:
    """What a column's cells hold.

    Attributes:
        e164: for each cell its number without plus; 0 where it has none.
        codes: its calling code; 0 where it has none.
        rules: bits of ``repairs.RULES``.
        extension, rest: String?: the number's extension, and other numbers of the cell.
        failed: the filled cells without number: ``row`` (UInt32, the place of the cell), ``reason`` (String, a
            ``Reason``), ``fault`` (String?, a ``Fault``), ``place`` (String?: the country or code whose numbering plan
            was asked).
    """

    e164: UInts
    codes: Ints
    rules: Ints
    extension: pl.Series
    rest: pl.Series
    failed: pl.DataFrame

    @classmethod
    def joined(cls, parts: "Sequence[Found]") -> "Found":
        """What the cells of all parts hold, one part below the other."""
        starts = np.cumsum([0, *(len(part.e164) for part in parts[:-1])]).tolist()
        failed = [
            part.failed.with_columns(pl.col("row") + pl.lit(start, pl.UInt32))
            for part, start in zip(parts, starts, strict=True)
        ]
        return cls(
            e164=np.concatenate([part.e164 for part in parts]),
            codes=np.concatenate([part.codes for part in parts]),
            rules=np.concatenate([part.rules for part in parts]),
            extension=pl.concat([part.extension for part in parts], rechunk=True),
            rest=pl.concat([part.rest for part in parts], rechunk=True),
            failed=pl.concat(failed, rechunk=True),
        )


def find_numbers(texts: pl.Series, regions: Ints, reader: Reader) -> Found:
    """Find the number in each cell; where there are many, on all cores: most is work of numpy and polars.

    Args:
        texts: String?, as in the file.
        regions: for each its place in ``REGIONS``, or ``NOWHERE``.
        reader: reads what was repaired.
    """
    parts = min(len(texts) // _FEWEST_ROWS, _CORES)
    if parts < 2:
        return _find_numbers(texts, regions, reader)
    bounds = np.linspace(0, len(texts), parts + 1).astype(np.int64).tolist()
    slices = [slice(*some) for some in pairwise(bounds)]
    with ThreadPoolExecutor(parts) as pool:
        return Found.joined(list(pool.map(lambda some: _find_numbers(texts[some], regions[some], reader), slices)))


def _find_numbers(texts: pl.Series, regions: Ints, reader: Reader) -> Found:
    cells = _Cells(Spellings.of(texts), regions)
    others = cells.as_they_stand()
    cells.take(others, reader.read(others))
    others = cells.otherwise()
    cells.take(others, reader.read(others))
    return cells.found()


class _Cells:
    """The cells of a column, with what is known of them so far."""

    def __init__(self, spelled: Spellings, regions: Ints) -> None:
        self._spelled, self._regions = spelled, regions
        self._first_ways = [first_way(shape) for shape in spelled.shapes]
        self._is_damaged = np.array([way.is_damaged for way in self._first_ways], np.bool_)[spelled.shape_of]
        size = len(spelled.texts)
        self._e164, self._rules = np.zeros(size, np.uint64), np.zeros(size, np.int64)
        self._fault, self._code = np.full(size, NO_FAULT, np.int64), np.zeros(size, np.int64)
        self._extensions: list[tuple[Ints, pl.Series]] = []
        self._rests: list[tuple[Ints, pl.Series]] = []

    def as_they_stand(self) -> Candidates:
        """Each filled cell, mended."""
        rows = np.flatnonzero(self._spelled.is_filled & ~self._is_damaged)
        table = WayTable(self._first_ways, [first_way] * len(self._first_ways))
        return Candidates(self._spelled, table, rows, self._spelled.shape_of[rows], self._regions[rows])

    def otherwise(self) -> Candidates:
        """Each filled cell without number in all other ways, in order."""
        rows = np.flatnonzero(self._spelled.is_filled & ~self._is_damaged & (self._e164 == 0))
        shape_of = self._spelled.shape_of[rows]
        ways: dict[int, tuple[Way, ...]] = {
            place: other_ways(self._spelled.shapes[place]) for place in np.unique(shape_of).tolist()
        }
        sizes, starts = np.zeros((2, len(self._spelled.shapes)), np.int64)
        sizes[list(ways)] = [len(some) for some in ways.values()]
        starts[list(ways)] = np.cumsum(sizes[list(ways)]) - sizes[list(ways)]
        counts = sizes[shape_of]
        before = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) - np.repeat(before - starts[shape_of], counts)
        all_ways = [way for some in ways.values() for way in some]
        of_text = [partial(_other_way, place=place) for some in ways.values() for place in range(len(some))]
        rows = np.repeat(rows, counts)
        return Candidates(self._spelled, WayTable(all_ways, of_text), rows, places, self._regions[rows])

    def take(self, texts: Candidates, readings: Readings) -> None:
        """Take the first valid number of each cell, and the fault of the others where they are read as they stand."""
        table = texts.table
        is_alternative, is_part = table["is_alternative"] > 0, table["is_part"] > 0
        failed = np.flatnonzero(~is_alternative[texts.ways] & (readings.fault != NO_FAULT))
        self._fault[texts.rows[failed]] = readings.fault[failed]
        failed = failed[~is_part[texts.ways[failed]]]
        self._code[texts.rows[failed]] = readings.code[failed]
        valid = np.flatnonzero(readings.e164)
        rows = texts.rows[valid]
        is_first = np.diff(rows, prepend=-1) > 0
        rows, valid = rows[is_first], valid[is_first]
        self._e164[rows], self._rules[rows] = readings.e164[valid], readings.rules[valid]
        self._code[rows] = readings.code[valid]
        self._keep_others(texts, rows, valid, readings.extensions)

    def _keep_others(self, texts: Candidates, rows: Ints, taken: Ints, extensions: dict[int, str]) -> None:
        """Note what the cells hold besides the numbers that were taken of them."""
        table, ways = texts.table, texts.ways[taken]
        for kept, name in ((self._extensions, "extension"), (self._rests, "rest")):
            offset, size = table[f"{name}_at"][ways], table[f"{name}_size"][ways]
            some = np.flatnonzero((size > 0) & (offset >= 0))
            texts_of_some = texts.spelled.texts.gather(rows[some])
            pieces = pl.DataFrame({"text": texts_of_some, "offset": offset[some], "size": size[some]})
            kept.append((rows[some], pieces.select(pl.col("text").str.slice("offset", "size")).to_series()))
        moved = np.flatnonzero((table["rest_size"][ways] > 0) & (table["rest_at"][ways] < 0))
        if len(moved):
            words = [table.of_text[ways[place]](texts.spelled.texts[int(rows[place])]).rest for place in moved]
            self._rests.append((rows[moved], pl.Series(words, dtype=pl.String)))
        if extensions:
            row_of = dict(zip(taken.tolist(), rows.tolist(), strict=True))
            asked = {row_of[place]: extension for place, extension in extensions.items() if place in row_of}
            self._extensions.append((np.array(list(asked), np.int64), pl.Series(asked.values(), dtype=pl.String)))

    def found(self) -> Found:
        """All that is known."""
        size = len(self._spelled.texts)
        is_changed = self._spelled.is_foreign & (self._e164 > 0)
        self._rules[is_changed] |= bits("unicode")
        extension, rest = _scattered(self._extensions, size), _scattered(self._rests, size)
        return Found(self._e164, self._code, self._rules, extension, rest, self._failed())

    def _failed(self) -> pl.DataFrame:
        rows = np.flatnonzero(self._spelled.is_filled & (self._e164 == 0))
        fault = self._fault[rows]
        places, place_of = np.unique(self._spelled.shape_of[rows], return_inverse=True)
        looks = [look(self._spelled.shapes[place]) for place in places.tolist()]
        facts = np.array(looks, np.int64).reshape(-1, 4)[place_of]
        is_error, is_empty, is_bare, size = facts.T
        is_lost = self._is_damaged[rows] | (is_error > 0) | ((is_bare > 0) & self._has_zeros(rows, _KEPT_DIGITS))
        is_homeless = (size >= _FEWEST_AMBIGUOUS) & (fault == FAULTS.index(Fault.NO_REGION))
        reason = np.select(
            [
                is_lost,
                (is_empty > 0) & self._has_zeros(rows, 0),
                is_homeless | (fault == FAULTS.index(Fault.TWO_READINGS)),
            ],
            [0, 1, 2],
            3,
        )
        regions, codes = self._regions[rows], self._code[rows]
        is_at_home = (regions != NOWHERE) & (region_codes()[regions] == codes)
        return pl.DataFrame(
            {
                "row": pl.Series(rows, dtype=pl.UInt32),
                "reason": pl.Series(_REASONS).gather(reason),
                "fault": pl.Series([*FAULTS, None], dtype=pl.String).gather(
                    np.where(fault == NO_FAULT, len(FAULTS), fault)
                ),
                "place": _places().gather(np.where(is_at_home, regions, len(REGIONS) + codes)),
            }
        )

    def _has_zeros(self, rows: Ints, kept: int) -> Bools:
        """Whether only zeros follow the first ``kept`` digits, the first of which is none."""
        spelled = self._spelled
        starts, counts = spelled.starts[rows], spelled.counts[rows]
        is_zeros = (
            (counts > kept) & (spelled.digits.take(starts, mode="clip") > 0) if kept else np.ones(len(rows), np.bool_)
        )
        for place in range(kept, int(counts.max(initial=0))):
            is_zeros &= (counts <= place) | (spelled.digits.take(starts + place, mode="clip") == 0)
        return is_zeros


_REASONS = [
    Reason.PHONE_DAMAGED.value,
    Reason.PHONE_MISSING.value,
    Reason.PHONE_AMBIGUOUS.value,
    Reason.PHONE_INVALID.value,
]


def _other_way(text: str, place: int) -> Way:
    return other_ways(text)[place]


def _scattered(pieces: list[tuple[Ints, pl.Series]], size: int) -> pl.Series:
    """A column with some values."""
    column = pl.repeat(None, size, dtype=pl.String, eager=True)
    for rows, values in pieces:
        if len(rows):
            column = column.scatter(rows, values)
    return column


@cache
def _places() -> pl.Series:
    """``REGIONS``, and behind them for each calling code its country, null where there is no such code."""
    return pl.Series([*REGIONS, *(oracle.places().get(str(code)) for code in range(1000))], dtype=pl.String)
