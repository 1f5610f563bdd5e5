"""Verdicts: the number that a cell holds, or the reason why it holds none."""

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.models.outcomes import Reason
from importer.stages.phones import libphonenumber as oracle
from importer.stages.phones.automaton import NOWHERE, REGIONS, UInts, region_codes
from importer.stages.phones.candidates import Candidates, Readings
from importer.stages.phones.column_reader import Reader
from importer.stages.phones.libphonenumber import FAULTS, NO_FAULT, Fault
from importer.stages.phones.meant import history
from importer.stages.phones.repairs import bits
from importer.stages.phones.shapes import Facts, Ints
from importer.stages.phones.spellings import Spellings

Bools = npt.NDArray[np.bool_]

_FEWEST_AMBIGUOUS = 6
"""Digits below which a number without country is not taken for a whole one."""

_AMBIGUOUS = [FAULTS.index(fault) for fault in (Fault.TWO_READINGS, Fault.TWO_ENDS, Fault.LOCAL)]

_KEPT_DIGITS = 15
"""Digits that a spreadsheet keeps of a number."""

_CORES = os.cpu_count() or 1

_FEWEST_ROWS = 100_000
"""Cells that are worth a thread of their own. With 25,000 in each, two threads take 15 % longer than one and 40 % more
CPU time, because each waits for Python whenever it comes back from numpy; with 150,000 in each, they take 10 % less."""

_BARE = re.compile(r"\s*([1-9][0-9 ]*)(?:[.,]0)?\s*")
"""Nothing but digits, as a spreadsheet shows a number."""

_BRAZIL = 55

REASONS = (Reason.PHONE_DAMAGED, Reason.PHONE_MISSING, Reason.PHONE_AMBIGUOUS, Reason.PHONE_INVALID)


@dataclass(frozen=True, slots=True)
class Failed:
    """The filled cells without number.

    Attributes:
        rows: the places of the cells.
        reasons: places in ``REASONS``.
        faults: places in ``FAULTS``, or ``NO_FAULT``.
        places: places in ``places()``: the country or code whose numbering plan was asked.
    """

    rows: Ints
    reasons: Ints
    faults: Facts
    places: Ints

    @classmethod
    def joined(cls, parts: "Sequence[Failed]", starts: Sequence[int]) -> "Failed":
        """Return the failed cells of all parts; ``starts`` are the rows where the parts begin."""
        return cls(
            rows=np.concatenate([part.rows + start for part, start in zip(parts, starts, strict=True)]),
            reasons=np.concatenate([part.reasons for part in parts]),
            faults=np.concatenate([part.faults for part in parts]),
            places=np.concatenate([part.places for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of a column's cells, with what else they hold.

    Attributes:
        e164: for each cell its number without plus; 0 where it has none.
        codes: its calling code; 0 where it has none.
        rules: bits of ``repairs.RULES``.
        extension, rest: String?: the number's extension, and other numbers of the cell.
        failed: the filled cells without number.
    """

    e164: UInts
    codes: Facts
    rules: Facts
    extension: pl.Series
    rest: pl.Series
    failed: Failed

    @classmethod
    def joined(cls, parts: "Sequence[Found]") -> "Found":
        """Return the cells of all parts, one part below the other."""
        starts = np.cumsum([0, *(len(part.e164) for part in parts[:-1])]).tolist()
        return cls(
            e164=np.concatenate([part.e164 for part in parts]),
            codes=np.concatenate([part.codes for part in parts]),
            rules=np.concatenate([part.rules for part in parts]),
            extension=pl.concat([part.extension for part in parts], rechunk=True),
            rest=pl.concat([part.rest for part in parts], rechunk=True),
            failed=Failed.joined([part.failed for part in parts], starts),
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
    # Only the cells that are still without number pay for their other ways.
    others = cells.otherwise()
    cells.take(others, reader.read(others))
    return cells.found()


class _Cells:
    """The cells of a column, with what is known of them so far."""

    def __init__(self, spelled: Spellings, regions: Ints) -> None:
        self._spelled, self._regions = spelled, regions
        self._first_ways = spelled.shapes.with_first()
        self._is_damaged = self._first_ways.has("is_damaged")[spelled.shape_of]
        size = len(spelled.texts)
        self._e164, self._rules = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        self._fault, self._code = np.full(size, NO_FAULT, np.int32), np.zeros(size, np.int32)
        self._kept: dict[str, list[_Pieces]] = {"extension": [], "rest": []}

    def as_they_stand(self) -> Candidates:
        """Return each filled cell with its first way: the whole of it, repaired."""
        rows = np.flatnonzero(self._spelled.is_filled & ~self._is_damaged)
        return Candidates(self._spelled, self._first_ways, rows, self._spelled.shape_of[rows], self._regions[rows])

    def otherwise(self) -> Candidates:
        """Return each filled cell without number with all its other ways, in the order in which they are tried."""
        rows = np.flatnonzero(self._spelled.is_filled & ~self._is_damaged & (self._e164 == 0))
        table, starts, counts = self._spelled.shapes.with_others(self._spelled.shape_of[rows])
        before = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) - np.repeat(before - starts, counts)
        rows = np.repeat(rows, counts)
        return Candidates(self._spelled, table, rows, places, self._regions[rows])

    def take(self, texts: Candidates, readings: Readings) -> None:
        """Take the first valid number of each cell, and the fault of the others where they are read as they stand."""
        table = texts.table
        failed = np.flatnonzero(readings.fault != NO_FAULT)
        # An alternative that is no number says nothing of what was written.
        failed = failed[~table.has("is_alternative")[texts.ways[failed]]]
        self._fault[texts.rows[failed]] = readings.fault[failed]
        failed = failed[~table.has("is_part")[texts.ways[failed]]]
        self._code[texts.rows[failed]] = readings.code[failed]
        valid = np.flatnonzero(readings.e164)
        rows = texts.rows[valid]
        # The candidates of a cell follow each other, the likeliest first.
        is_first = np.diff(rows, prepend=-1) > 0
        rows, valid = rows[is_first], valid[is_first]
        self._e164[rows], self._rules[rows] = readings.e164[valid], readings.rules[valid]
        self._code[rows] = readings.code[valid]
        self._keep_others(texts, rows, valid, readings.extensions)

    def _keep_others(self, texts: Candidates, rows: Ints, taken: Ints, extensions: dict[int, str]) -> None:
        """Note what the cells hold besides the numbers that were taken of them."""
        table, ways = texts.table, texts.ways[taken]
        for name, kept in self._kept.items():
            some = np.flatnonzero(((table[f"{name}_size"] > 0) & (table[f"{name}_at"] >= 0))[ways])
            if len(some):
                begins = table[f"{name}_at"][ways[some]]
                ends = begins + table[f"{name}_size"][ways[some]]
                texts_of_some = texts.spelled.texts.gather(rows[some]).to_list()
                places = zip(texts_of_some, begins.tolist(), ends.tolist(), strict=True)
                kept.append((rows[some], pl.Series([text[begin:end] for text, begin, end in places])))
        moved = np.flatnonzero(((table["rest_size"] > 0) & (table["rest_at"] < 0))[ways])
        if len(moved):
            words = [table.of_text[ways[place]](texts.spelled.texts[int(rows[place])]).meant.rest for place in moved]
            self._kept["rest"].append((rows[moved], pl.Series(words, dtype=pl.String)))
        if extensions:
            row_of = dict(zip(taken.tolist(), rows.tolist(), strict=True))
            asked = {row_of[place]: extension for place, extension in extensions.items() if place in row_of}
            self._kept["extension"].append(
                (np.array(list(asked), np.int64), pl.Series(asked.values(), dtype=pl.String))
            )

    def found(self) -> Found:
        """Return what was found in the cells."""
        size = len(self._spelled.texts)
        is_changed = self._spelled.is_foreign & (self._e164 > 0)
        self._rules[is_changed] |= bits("unicode")
        extension, rest = (_scattered(kept, size) for kept in self._kept.values())
        return Found(self._e164, self._code, self._rules, extension, rest, self._failed())

    def _failed(self) -> Failed:
        rows = np.flatnonzero(self._spelled.is_filled & (self._e164 == 0))
        fault = self._fault[rows]
        is_error, is_empty, is_bare, size = self._spelled.shapes.looks(self._spelled.shape_of[rows])
        is_lost = self._is_damaged[rows] | (is_error > 0) | ((is_bare > 0) & self._has_zeros(rows, _KEPT_DIGITS))
        is_homeless = (size >= _FEWEST_AMBIGUOUS) & (fault == FAULTS.index(Fault.NO_REGION))
        is_ambiguous = is_homeless | np.isin(fault, _AMBIGUOUS)
        regions, codes = self._regions[rows], self._code[rows]
        is_at_home = (regions != NOWHERE) & (region_codes()[regions] == codes)
        fault = self._with_lost_zeros(rows, regions, fault, is_at_home)
        brazilian = np.flatnonzero((codes == _BRAZIL) & (fault != NO_FAULT))
        for place, text in zip(brazilian.tolist(), self._spelled.texts.gather(rows[brazilian]).to_list(), strict=True):
            if history.lacks_ninth(text):
                fault[place] = FAULTS.index(Fault.NO_NINTH)
        return Failed(
            rows=rows,
            reasons=np.select([is_lost, (is_empty > 0) & self._has_zeros(rows, 0), is_ambiguous], [0, 1, 2], 3),
            faults=fault,
            places=np.where(is_at_home, regions, len(REGIONS) + codes),
        )

    def _with_lost_zeros(self, rows: Ints, regions: Ints, fault: Facts, is_at_home: Bools) -> Facts:
        """Return the faults, replaced by ``LOST_ZERO`` for cells that are a number with a 0 in front."""
        # Elsewhere a 0 in front changes nothing, and phonenumbers takes a tenth of a millisecond or more for each.
        there = np.unique(regions[is_at_home]).tolist()
        with_zeros = [region for region in there if oracle.has_zeros(REGIONS[region])]
        some = np.flatnonzero(is_at_home & np.isin(regions, with_zeros))
        for place, text in zip(some.tolist(), self._spelled.texts.gather(rows[some]).to_list(), strict=True):
            bare = _BARE.fullmatch(text)
            if bare and oracle.read(f"0{bare[1]}", REGIONS[regions[place]]).e164:
                fault[place] = FAULTS.index(Fault.LOST_ZERO)
        return fault

    def _has_zeros(self, rows: Ints, kept: int) -> Bools:
        """Return True for rows in which only zeros follow the first ``kept`` digits, and the first digit is none."""
        spelled = self._spelled
        starts, counts = spelled.starts[rows], spelled.counts[rows]
        is_zeros = (
            (counts > kept) & (spelled.digits.take(starts, mode="clip") > 0) if kept else np.ones(len(rows), np.bool_)
        )
        for place in range(kept, int(counts.max(initial=0))):
            is_zeros &= (counts <= place) | (spelled.digits.take(starts + place, mode="clip") == 0)
        return is_zeros


_Pieces = tuple[Ints, pl.Series]


def _scattered(pieces: list[_Pieces], size: int) -> pl.Series:
    """Return a column of ``size`` rows (String?) with these values, null elsewhere."""
    column = pl.repeat(None, size, dtype=pl.String, eager=True)
    for rows, values in pieces:
        column = column.scatter(rows, values)
    return column


@cache
def places() -> tuple[str | None, ...]:
    """Return ``REGIONS``, and behind them the country of each calling code; None if there is no such code."""
    return (*REGIONS, *(oracle.places().get(str(code)) for code in range(1000)))
