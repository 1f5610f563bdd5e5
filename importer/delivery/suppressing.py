"""Contacts that may not be sent any more: their number was suppressed after their row was prepared.

A contact that certainly is not in the account ends as ``suppressed``. One that may have been sent stays in doubt,
because it may be there: it can still be found by reading the account, and is never sent again.
"""

from dataclasses import replace

import polars as pl

from importer.delivery.pieces import Counters, History, Piece, State
from importer.models.number_set import NumberSet
from importer.models.outcomes import Reason

NOT_SENT = "the number was added to the suppression list after the row was prepared, so it is not sent"
NOT_SENT_AGAIN = "the number is on the suppression list by now, so it is not sent again"


def keep_back(
    piece: Piece, phones: pl.Series, suppressed: NumberSet, *, is_absent: bool = False
) -> tuple[Piece | None, Piece | None]:
    """Return a piece without its suppressed contacts, and a piece of those; each None if it would be empty.

    Args:
        piece: ready, or in doubt.
        phones: the whole batch's numbers.
        suppressed: numbers that must not be sent.
        is_absent: it was proven just now that the contacts are not in the account.
    """
    if suppressed.is_empty:
        return piece, None
    is_listed = suppressed.has(phones.gather(list(piece.offsets)))
    if not is_listed.any():
        return piece, None
    listed = tuple(offset for offset, is_one in zip(piece.offsets, is_listed, strict=True) if is_one)
    others = tuple(offset for offset, is_one in zip(piece.offsets, is_listed, strict=True) if not is_one)
    return _some(piece, others) if others else None, _held(_some(piece, listed), is_absent=is_absent)


def _some(piece: Piece, offsets: tuple[int, ...]) -> Piece:
    """Return a new piece with some of the contacts; the piece itself if these are all."""
    # A new piece has no id: the ledger's requests refer to the whole piece that they carried.
    return piece if len(offsets) == piece.rows else replace(piece, id=None, offsets=offsets)


def _held(piece: Piece, *, is_absent: bool) -> Piece:
    """Return a piece of suppressed contacts: in doubt if they may be in the account, else settled unsent."""
    may_be_there = piece.history in (History.DOUBTED, History.FORCED) and not is_absent
    if may_be_there:
        before = (piece.detail or "").removesuffix(f"; {NOT_SENT_AGAIN}")
        detail = f"{before}; {NOT_SENT_AGAIN}" if before else NOT_SENT_AGAIN
        return replace(piece, state=State.IN_DOUBT, detail=detail)
    was_sent = piece.history in (History.ABSENT, History.DOUBTED, History.FORCED)
    detail = f"it was sent and is certainly not in the account; {NOT_SENT_AGAIN}" if was_sent else NOT_SENT
    return piece.settled(Reason.SUPPRESSED, detail, counters=Counters(0, 0, 0))
