"""The results of batches, contacts and numbers, from the ledger's pieces. Pure functions from pieces to frames."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.delivery.pieces import Counters, History, Piece, State
from importer.models.frames import OUTCOME, REASON
from importer.models.outcomes import REASONS, Reason

_Schema = dict[str, pl.DataType | type[pl.DataType]]

BATCH_SCHEMA: _Schema = {
    "batch": pl.UInt32,
    "rows": pl.UInt32,
    "state": pl.String,
    "outcome": OUTCOME,
    "reason": REASON,
    "detail": pl.String,
    "imported": pl.Int64,
    "skipped": pl.Int64,
    "errors": pl.Int64,
    "attempts": pl.UInt32,
    "kept_back": pl.UInt32,
}
"""One line for each batch; outcome, reason and detail are null if its rows differ or nothing is known.

``kept_back`` counts rows not sent because their number was suppressed after they were prepared.
"""

ROW_SCHEMA: _Schema = {
    "batch": pl.UInt32,
    "offset": pl.UInt32,
    "outcome": OUTCOME,
    "reason": REASON,
    "detail": pl.String,
    "contact_id": pl.String,
}
"""One line for each contact that differs from its batch, or whose batch ended in several pieces."""

PHONE_SCHEMA: _Schema = {"phone": pl.String, "state": pl.String, "run_id": pl.String}
"""``state`` is ``imported`` (for certain) or ``doubt`` (it may have been)."""

Places = npt.NDArray[np.intp]
_NOT_SENT, _IMPORTED, _DOUBTFUL = range(3)
_DOUBTED = (Reason.REPLY_LOST, Reason.NOT_NAMED, Reason.PRESENT)


def of_batches(sizes: Sequence[tuple[int, int]], attempts: Mapping[int, int], pieces: Iterable[Piece]) -> pl.DataFrame:
    """Return ``BATCH_SCHEMA`` of the batches in ``sizes`` (number, rows); ``pieces`` must be in order of their batches.

    ``attempts`` has the number of requests by batch.
    """
    by_batch = {number: list(group) for number, group in groupby(pieces, key=lambda piece: piece.batch)}
    lines = []
    for number, rows in sizes:
        here = by_batch.get(number, [])
        reason, detail = end_of(here[0]) if len(here) == 1 else (None, None)
        counters = [piece.counters for piece in here if piece.counters is not None]
        summed = _summed(counters) if here and len(counters) == len(here) else (None, None, None)
        outcome = REASONS[reason].outcome.value if reason else None
        ends = (_state(here), outcome, reason and reason.value, detail)
        lines.append((number, rows, *ends, *summed, attempts.get(number, 0), sum(map(_kept_back, here))))
    return pl.DataFrame(lines, schema=BATCH_SCHEMA, orient="row")


def of_rows(pieces: Iterable[Piece]) -> pl.DataFrame:
    """Return ``ROW_SCHEMA`` of the pieces, which must be in the order of their batches."""
    frames = [pl.DataFrame(schema=ROW_SCHEMA)]
    for _, group in groupby(pieces, key=lambda piece: piece.batch):
        here = list(group)
        frames += [_named_rows(piece) for piece in here if piece.named]
        if len(here) > 1:
            frames += [_other_rows(piece) for piece in here]
    return pl.concat(frames).sort("batch", "offset")


def places_sent(pieces: Iterable[Piece], rows: int, gone: Sequence[int] = ()) -> tuple[Places, Places]:
    """Return the offsets of a batch's contacts that were imported for certain, and of those that may have been.

    ``rows`` is the size of the batch. Contacts in ``gone`` were deleted again and are in neither.
    """
    codes = np.zeros(rows, dtype=np.uint8)
    for piece in pieces:
        offsets = piece.offsets
        where = slice(offsets.start, offsets.stop) if isinstance(offsets, range) else list(offsets)
        codes[where] = _code(end_of(piece)[0])
        for contact in piece.named:
            codes[contact.offset] = _code(contact.reason)
    codes[list(gone)] = _NOT_SENT
    return np.flatnonzero(codes == _IMPORTED), np.flatnonzero(codes == _DOUBTFUL)


def _code(reason: Reason | None) -> int:
    """Return whether a contact with this reason was imported: certainly, perhaps, or not."""
    if reason is Reason.CONFIRMED:
        return _IMPORTED
    return _DOUBTFUL if reason in _DOUBTED else _NOT_SENT


def end_of(piece: Piece) -> tuple[Reason | None, str | None]:
    """Return the reason and detail of a piece's contacts; both None if they certainly were not applied."""
    if piece.state is State.SETTLED:
        return piece.reason, piece.detail
    # Ready to be sent again without proof of absence: until then the contacts may be there.
    is_to_be_repeated = piece.state is State.READY and piece.history in (History.DOUBTED, History.FORCED)
    if piece.state in (State.IN_DOUBT, State.IN_FLIGHT) or is_to_be_repeated:
        return Reason.REPLY_LOST, piece.detail
    return None, None


def _state(pieces: Sequence[Piece]) -> str:
    """Return the state of a batch: ``settled``, ``in-doubt`` or ``waiting``."""
    states = {piece.state for piece in pieces}
    if states <= {State.SETTLED}:
        return "settled"
    return "in-doubt" if states & {State.IN_DOUBT, State.IN_FLIGHT} else "waiting"


def _kept_back(piece: Piece) -> int:
    """Return how many contacts of a piece were not sent because their number was suppressed after preparation."""
    others = piece.rows - len(piece.named) if piece.reason is Reason.SUPPRESSED else 0
    return others + sum(contact.reason is Reason.SUPPRESSED for contact in piece.named)


def _summed(counters: Sequence[Counters]) -> tuple[int, int, int]:
    return sum(c.imported for c in counters), sum(c.skipped for c in counters), sum(c.errors for c in counters)


def _named_rows(piece: Piece) -> pl.DataFrame:
    """Return ``ROW_SCHEMA`` of a piece's named contacts."""
    lines = [
        (piece.batch, n.offset, REASONS[n.reason].outcome.value, n.reason.value, n.detail, n.contact_id)
        for n in piece.named
    ]
    return pl.DataFrame(lines, schema=ROW_SCHEMA, orient="row")


def _other_rows(piece: Piece) -> pl.DataFrame:
    """Return ``ROW_SCHEMA`` of a piece's contacts that are not named; empty if they have no end."""
    reason, detail = end_of(piece)
    if reason is None:
        return pl.DataFrame(schema=ROW_SCHEMA)
    named = {contact.offset for contact in piece.named}
    offsets = pl.Series("offset", [offset for offset in piece.offsets if offset not in named], dtype=pl.UInt32)
    return pl.DataFrame({"offset": offsets}).select(
        pl.lit(piece.batch, pl.UInt32).alias("batch"),
        "offset",
        pl.lit(REASONS[reason].outcome.value, OUTCOME).alias("outcome"),
        pl.lit(reason.value, REASON).alias("reason"),
        pl.lit(detail, pl.String).alias("detail"),
        pl.lit(None, pl.String).alias("contact_id"),
    )
