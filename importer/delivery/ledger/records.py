"""The records that the ledger takes and returns, and a piece as one of its rows."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from importer.delivery.attribution import Counting
from importer.delivery.ledger.packing import pack_named, pack_offsets, unpack_named, unpack_offsets
from importer.delivery.pieces import Counters, History, Piece, State
from importer.models.outcomes import Reason

PIECE_COLUMNS = "id, batch, offsets, state, history, reason, detail, imported, skipped, errors, named"


@dataclass(frozen=True, slots=True)
class Account:
    """The facts that are remembered of an account.

    Attributes:
        ceiling_bytes: a body of this size was refused as too large; None if none was.
        counting: how its answers count errors; None if that is not known.
        clock_offset: the API's clock minus ours, seconds; None if that is not known.
        skips_repeats: a write check proved that a number which is there already is skipped.
        skips_nothing_else: it also proved that an invalid number is reported in another way than by a skip.
    """

    ceiling_bytes: int | None
    counting: Counting | None
    clock_offset: float | None
    skips_repeats: bool = False
    skips_nothing_else: bool = False

    @property
    def are_skips_duplicates(self) -> bool:
        """Return True if a skip means "already there" and nothing else."""
        return self.skips_repeats and self.skips_nothing_else


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request whose intent is committed.

    Attributes:
        id: in the ledger.
        piece: the contacts that it carries; None if it carries none of a batch.
        begun_wall, begun_monotonic, boot: when it began, by our clocks.
        clock_offset: the API's clock minus ours as it was known then, seconds; None if it was not known.
        age: the ledger's age at its intent, at least.
        requests: number of requests of its batch, this one included.
        others_ready: number of other pieces of its batch that are to be sent.
    """

    id: int
    piece: Piece | None
    begun_wall: float
    begun_monotonic: float
    boot: str
    clock_offset: float | None
    age: int
    requests: int = 0
    others_ready: int = 0


@dataclass(frozen=True, slots=True)
class Intent:
    """A request that is about to be sent: a piece, its whole batch's numbers (String, E.164), and the body."""

    piece: Piece
    phones: pl.Series
    body: bytes


def piece_values(piece: Piece) -> tuple[object, ...]:
    """Return a piece as values of ``PIECE_COLUMNS``."""
    counters = piece.counters
    return (
        *(piece.id, piece.batch, pack_offsets(piece.offsets), piece.state, piece.history, piece.reason, piece.detail),
        *((counters.imported, counters.skipped, counters.errors) if counters else (None, None, None)),
        pack_named(piece.named),
    )


def read_piece(values: tuple[Any, ...], not_before: float) -> Piece:
    """Return the piece of values of ``PIECE_COLUMNS``; ``not_before`` is in monotonic seconds."""
    number, batch, offsets, state, history, reason, detail, imported, skipped, errors, named = values
    return Piece(
        batch,
        unpack_offsets(offsets),
        id=number,
        state=State(state),
        history=History(history),
        reason=Reason(reason) if reason else None,
        detail=detail,
        counters=None if imported is None else Counters(imported, skipped, errors),
        named=unpack_named(named),
        not_before=not_before,
    )
