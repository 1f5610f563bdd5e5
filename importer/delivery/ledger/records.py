"""What the ledger takes and gives, and how a piece is one of its rows."""

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
    """What is remembered of an account.

    Attributes:
        ceiling_bytes: a body of this size was refused as too large.
        counting: how its answers count errors.
        clock_offset: the API's clock minus ours, seconds.
        skips_repeats: a write check proved that a number which is there already is skipped.
        skips_nothing_else: it proved, too, that an invalid number is told in another way than by a skip.
    """

    ceiling_bytes: int | None
    counting: Counting | None
    clock_offset: float | None
    skips_repeats: bool = False
    skips_nothing_else: bool = False

    @property
    def are_skips_duplicates(self) -> bool:
        """A skip means "already there" and nothing else."""
        return self.skips_repeats and self.skips_nothing_else


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request whose intent is committed.

    Attributes:
        id: in the ledger.
        piece: the contacts that it carries; None where it carries none of a batch.
        begun_wall, begun_monotonic, boot: when it began, by our clocks.
        clock_offset: the API's clock minus ours as it was known then, seconds.
        age: of the ledger at its intent, at least.
        requests: those of its batch, this one included.
        others_ready: the other pieces of its batch that are to be sent.
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
    """What is about to be sent: a piece, the whole batch's numbers (String, E.164), and the body."""

    piece: Piece
    phones: pl.Series
    body: bytes


def piece_values(piece: Piece) -> tuple[object, ...]:
    """A piece as values of ``PIECE_COLUMNS``."""
    counters = piece.counters
    return (
        *(piece.id, piece.batch, pack_offsets(piece.offsets), piece.state, piece.history, piece.reason, piece.detail),
        *((counters.imported, counters.skipped, counters.errors) if counters else (None, None, None)),
        pack_named(piece.named),
    )


def read_piece(values: tuple[Any, ...], not_before: float) -> Piece:
    """The piece of ``PIECE_COLUMNS``."""
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
