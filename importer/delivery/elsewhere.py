"""Contacts that another run has sent since their row was prepared: a run that was stopped does not send them again."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from importer.delivery.pieces import Counters, Named, Piece
from importer.models.outcomes import Reason

LookUp = Callable[[pl.Series], pl.DataFrame]
"""From numbers (String, E.164) to those that other runs sent; ``results.PHONE_SCHEMA``."""


@dataclass(frozen=True, slots=True)
class Parted:
    """A piece, split because other runs have sent some of its contacts.

    Attributes:
        rest: still to be sent; None if there is nothing left.
        imported: settled, because another run imported them; None if none were.
        waiting: ready and not to be sent yet, because the other run's answer was lost; None if none are.
        runs: ids of the other runs whose answer was lost.
    """

    rest: Piece | None
    imported: Piece | None
    waiting: Piece | None
    runs: tuple[str, ...]

    def pieces(self) -> list[Piece]:
        """Return the pieces that replace the piece."""
        return [piece for piece in (self.imported, self.waiting, self.rest) if piece is not None]


def part(piece: Piece, phones: pl.Series, look_up: LookUp) -> Parted | None:
    """Split a ready piece by what other runs have sent; return None if they sent none of it.

    Args:
        piece: ready; its contacts are certainly not in the account because of this run.
        phones: the whole batch's numbers.
        look_up: finds the numbers that other runs sent.
    """
    numbers = phones.gather(list(piece.offsets))
    sent = {phone: (state, run_id) for phone, state, run_id in look_up(numbers).iter_rows()}
    if not sent:
        return None
    known = {offset: sent[phone] for offset, phone in zip(piece.offsets, numbers, strict=True) if phone in sent}
    named = tuple(
        Named(offset, Reason.ALREADY_IMPORTED, f"imported by run {run_id}")
        for offset, (state, run_id) in known.items()
        if state == "imported"
    )
    doubted = {offset: run_id for offset, (state, run_id) in known.items() if state == "doubt"}
    left = tuple(offset for offset in piece.offsets if offset not in known)
    imported = _some(piece, tuple(contact.offset for contact in named))
    return Parted(
        _some(piece, left),
        imported and imported.settled(None, None, named, Counters(0, 0, 0)),
        _some(piece, tuple(doubted)),
        tuple(sorted(set(doubted.values()))),
    )


def _some(piece: Piece, offsets: tuple[int, ...]) -> Piece | None:
    """Return a new piece with some of the contacts; the piece itself if these are all, None if there are none."""
    if not offsets:
        return None
    return piece if len(offsets) == piece.rows else replace(piece, id=None, offsets=offsets)
