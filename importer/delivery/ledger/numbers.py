"""The numbers that earlier runs sent to an account, in eight bytes each.

A ledger may know five million of them, and a list of five rows must not wait or pay for that. So they are sorted arrays
in memory, searched by halving.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.packing import is_hashed, unpack_hashes, unpack_numbers
from importer.delivery.ledger.results import PHONE_SCHEMA, Places, places_sent
from importer.delivery.pieces import Piece
from importer.models.number_set import siphash

_Numbers = npt.NDArray[np.uint64]

_STATE_BITS, _RUN_BITS = 1, 13
"""An E.164 number has at most 15 digits, less than 2 to the 50th: 14 of 64 bits are left for its state and its run."""

_BITS = np.uint64(_STATE_BITS + _RUN_BITS)
_RUNS_AT_ONCE = 1 << _RUN_BITS
_AT_ONCE = 1_000_000
_ORDER_BITS, _PLACE_BITS = 20, 32
"""Of a rank: the state's bit, then so many for the group and for the run in it."""


@dataclass(frozen=True, slots=True)
class _Group:
    """The numbers of some runs, ascending; each has its state (1: in doubt) and its run's index in the low bits."""

    numbers: _Numbers
    runs: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Hashed:
    """The numbers of runs that were purged: hashes under one salt, ascending, each with its state and run."""

    salt: bytes
    hashes: _Numbers
    states: npt.NDArray[np.uint8]
    places: npt.NDArray[np.uint32]
    runs: Sequence[str]


class SentNumbers:
    """Looks numbers up among those that other runs sent; may be called from any thread."""

    def __init__(self, groups: Iterable[_Group], hashed: Iterable[_Hashed] = ()) -> None:
        self._groups, self._hashed = tuple(groups), tuple(hashed)

    def __call__(self, phones: pl.Series) -> pl.DataFrame:
        """Look numbers up.

        Args:
            phones: String?, E.164.

        Returns:
            ``PHONE_SCHEMA``, one line for each different number that was sent. If several runs sent it, the line is of
            the first run that certainly imported it, else of the first whose answer was lost.
        """
        wanted = phones.drop_nulls().unique().str.strip_prefix("+").cast(pl.UInt64, strict=False).drop_nulls()
        if wanted.is_empty() or not (self._groups or self._hashed):
            return pl.DataFrame(schema=PHONE_SCHEMA)
        numbers = wanted.to_numpy()
        here = [_found(group, numbers) for group in self._groups]
        found = pl.concat([*here, *(_found_hashed(group, numbers) for group in self._hashed)])
        return found.sort("state", descending=True, maintain_order=True).unique("phone", keep="first")

    def numbers(self) -> Iterator[pl.DataFrame]:
        """Yield each ``number`` (E.164 without its plus) with its ``rank``: the least one is a look-up's answer."""
        for order, group in enumerate(self._groups):
            for start in range(0, len(group.numbers), _AT_ONCE):
                entries = group.numbers[start : start + _AT_ONCE]
                state = (entries >> np.uint64(_RUN_BITS)) & np.uint64(1)
                ranks = _ranks(state, order, entries & np.uint64(_RUNS_AT_ONCE - 1))
                yield pl.DataFrame({"number": (entries >> _BITS).astype(np.int64), "rank": ranks})

    def hashes(self) -> Iterator[tuple[bytes, pl.DataFrame]]:
        """Yield those of runs that were purged, with their salt: ``hash`` (the 64 bits as Int64) and ``rank``."""
        for order, group in enumerate(self._hashed, len(self._groups)):
            for start in range(0, len(group.hashes), _AT_ONCE):
                some = slice(start, start + _AT_ONCE)
                hashes, ranks = group.hashes[some], _ranks(group.states[some], order, group.places[some])
                there = pl.DataFrame({"hash": hashes.astype(np.int64), "rank": ranks})
                yield group.salt, there.filter(pl.col("hash") != 0)  # 0 is a number that was forgotten

    def meanings(self) -> dict[int, tuple[str, str]]:
        """Return for each rank the state and the run that it stands for."""
        runs = enumerate([*(group.runs for group in self._groups), *(group.runs for group in self._hashed)])
        every = ((order, place, run_id) for order, own in runs for place, run_id in enumerate(own))
        return {
            _rank(state, order, place): (name, run_id)
            for order, place, run_id in every
            for state, name in enumerate(("imported", "doubt"))
        }


def _rank(state: int, order: int, place: int) -> int:
    """Return how an entry ranks: imported before in doubt, then by group, then by run, as a look-up has it."""
    return (state << _ORDER_BITS | order) << _PLACE_BITS | place


def _ranks(states: npt.NDArray[Any], order: int, places: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    above = (states.astype(np.int64) << _ORDER_BITS | order) << _PLACE_BITS
    return above | places.astype(np.int64)


def sent_numbers(ledger: Ledger, account_id: int, other_than: str) -> SentNumbers:
    """Gather the numbers of an account that runs other than ``other_than`` imported, or may have.

    Numbers of contacts that were deleted again are left out.
    """
    with ledger.transaction() as db:
        runs = db.execute(
            "SELECT run_id, sum(batches.rows) FROM batches JOIN runs USING (run_id) "
            "WHERE account_id = ? AND run_id != ? GROUP BY run_id ORDER BY run_id",
            (account_id, other_than),
        ).fetchall()
    left = iter(runs)
    groups = (_group(ledger, some) for some in iter(lambda: list(islice(left, _RUNS_AT_ONCE)), []))
    return SentNumbers(groups, _hashed(ledger, [run_id for run_id, _ in runs]))


def _group(ledger: Ledger, runs: Sequence[tuple[str, int]]) -> _Group:
    """Return the numbers of at most ``_RUNS_AT_ONCE`` runs, given with the rows of their batches."""
    numbers = np.empty(sum(rows for _, rows in runs), dtype=np.uint64)
    filled = 0
    for place, (run_id, _) in enumerate(runs):
        for part in _of_run(ledger, run_id, place):
            numbers[filled : filled + len(part)] = part
            filled += len(part)
    numbers = numbers[:filled]
    numbers.sort()
    return _Group(numbers, [run_id for run_id, _ in runs])


def _of_run(ledger: Ledger, run_id: str, place: int) -> Iterator[_Numbers]:
    """Yield the numbers of a run that were or may have been imported, shifted, with state and ``place`` of the run."""
    for blob, imported, doubted in _sent_places(ledger, run_id):
        if is_hashed(blob):
            continue
        phones = unpack_numbers(blob)
        for state, places in ((0, imported), (1, doubted)):
            if len(places):
                below = np.uint64(state << _RUN_BITS | place)
                numbers = phones[places]
                yield numbers[numbers != 0] << _BITS | below  # 0 is a number that was forgotten


def _hashed(ledger: Ledger, runs: Sequence[str]) -> Iterator[_Hashed]:
    """Yield the numbers of runs that were purged, one group for each salt."""
    by_salt: dict[bytes, list[tuple[_Numbers, int, int]]] = {}
    for place, run_id in enumerate(runs):
        for blob, imported, doubted in _sent_places(ledger, run_id):
            if is_hashed(blob):
                hashes, salt = unpack_hashes(blob)
                own = by_salt.setdefault(salt, [])
                own += [(hashes[places], state, place) for state, places in ((0, imported), (1, doubted))]
    for salt, found in by_salt.items():
        hashes = np.concatenate([some for some, _, _ in found])
        states = np.concatenate([np.full(len(some), state, np.uint8) for some, state, _ in found])
        places = np.concatenate([np.full(len(some), place, np.uint32) for some, _, place in found])
        order = np.lexsort((places, states, hashes))
        yield _Hashed(salt, hashes[order], states[order], places[order], runs)


def _found_hashed(group: _Hashed, wanted: _Numbers) -> pl.DataFrame:
    """Return the numbers that the group has, as ``_found``."""
    if not len(group.hashes):
        return pl.DataFrame(schema=PHONE_SCHEMA)
    hashes = siphash(wanted, group.salt)
    at = np.minimum(np.searchsorted(group.hashes, hashes), len(group.hashes) - 1)
    is_there = (group.hashes[at] == hashes) & (hashes != 0)
    here = at[is_there]
    found = pl.DataFrame(
        {
            "phone": [f"+{number}" for number in wanted[is_there].tolist()],
            "state": ["doubt" if state else "imported" for state in group.states[here].tolist()],
            "run_id": [group.runs[place] for place in group.places[here].tolist()],
        },
        schema=PHONE_SCHEMA,
    )
    return found.select(*PHONE_SCHEMA)


def _sent_places(ledger: Ledger, run_id: str) -> Iterator[tuple[bytes, Places, Places]]:
    """Yield of each batch its numbers as stored, and the offsets of those imported, and of those in doubt."""
    pieces: dict[int, list[Piece]] = {}
    for piece in ledger.pieces(run_id):
        pieces.setdefault(piece.batch, []).append(piece)
    with ledger.transaction() as db:
        gone = _gone(db, run_id)
        batches = db.execute("SELECT number, rows, phones FROM batches WHERE run_id = ? ORDER BY number", (run_id,))
        for number, rows, blob in batches:
            yield blob, *places_sent(pieces.get(number, []), rows, gone.get(number, ()))


def _gone(db: sqlite3.Connection, run_id: str) -> dict[int, list[int]]:
    """Return the offsets of contacts that were deleted again, by batch."""
    gone: dict[int, list[int]] = {}
    query = "SELECT batch, \"offset\" FROM removals WHERE run_id = ? AND state IN ('removed', 'gone')"
    for batch, offset in db.execute(query, (run_id,)):
        gone.setdefault(batch, []).append(offset)
    return gone


def _found(group: _Group, wanted: _Numbers) -> pl.DataFrame:
    """Return the numbers that the group has, in ``PHONE_SCHEMA``, each by its first entry: imported before in doubt."""
    at = np.searchsorted(group.numbers, wanted << _BITS)
    entries = group.numbers[np.minimum(at, len(group.numbers) - 1)] if len(group.numbers) else wanted[:0]
    if not len(entries):
        return pl.DataFrame(schema=PHONE_SCHEMA)
    is_there = (at < len(group.numbers)) & (entries >> _BITS == wanted)
    found = _told(entries[is_there], group.runs)
    return found.select("state", "run_id", phone="+" + pl.col("number").cast(pl.String)).select(*PHONE_SCHEMA)


def _told(entries: _Numbers, runs: Sequence[str]) -> pl.DataFrame:
    """Return ``number`` (Int64), ``state`` and ``run_id`` of entries of a group."""
    run = (entries & np.uint64(_RUNS_AT_ONCE - 1)).astype(np.uint32)
    is_doubt = (entries >> np.uint64(_RUN_BITS) & np.uint64(1)).astype(bool)
    found = pl.DataFrame({"number": (entries >> _BITS).astype(np.int64), "is_doubt": is_doubt, "run": run})
    return found.select(
        "number",
        state=pl.when("is_doubt").then(pl.lit("doubt")).otherwise(pl.lit("imported")),
        run_id=pl.col("run").replace_strict(dict(enumerate(runs)), return_dtype=pl.String),
    )
