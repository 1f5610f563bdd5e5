"""A batch's entries in a ledger that is rebuilt, from what a run's own files say of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from importer.delivery.journal import Entry
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.pieces import Counters, History, Named, Piece, State
from importer.models.outcomes import Reason

_UNSURE = (Reason.NOT_NAMED, Reason.PRESENT)


@dataclass(frozen=True, slots=True)
class End:
    """The end of a contact, by a run's files."""

    reason: Reason
    detail: str | None
    contact_id: str | None


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """One batch, by a run's files.

    Attributes:
        number: starts at 1.
        phones: its numbers in order, String, E.164.
        ends: by offset, the ends of contacts that were sent.
        doubted: offsets of contacts that were handed to the API, and of which no answer is known.
        sent: its requests, oldest first.
        counters: the API's own; None if the files do not have them for the batch as a whole.
    """

    number: int
    phones: pl.Series
    ends: Mapping[int, End]
    doubted: frozenset[int]
    sent: Sequence[Entry]
    counters: Counters | None


def restore(ledger: Ledger, run_id: str, account_id: int, facts: BatchFacts, quiet_s: float) -> None:
    """Commit a batch in place of what the ledger knew of it.

    Contacts in doubt rest until ``quiet_s`` seconds after the last request that carried one of them began.
    """
    forget(ledger, run_id, facts.number)
    settled, doubted = _settled(facts), _doubted(ledger, facts, quiet_s)
    known = facts.ends.keys() | facts.doubted
    left = tuple(place for place in range(facts.phones.len()) if place not in known)
    ready = [Piece(facts.number, left, history=History.ABSENT if facts.sent else History.FIRST)] if left else []
    whole = Piece(facts.number, range(facts.phones.len()))
    stored = ledger.part(run_id, whole, [*settled, *doubted, *ready], facts.phones)
    for entry in facts.sent:
        places = tuple(entry.places())
        same = [piece for piece in stored if tuple(piece.offsets) == places]
        # A request for other contacts than one of these pieces needs a piece of its own, which it can refer to.
        carried = same or ledger.part(run_id, whole, [Piece(facts.number, places, state=State.PARTED)], facts.phones)
        is_answered = set(places) <= facts.ends.keys()
        _note_attempt(ledger, run_id, account_id, carried[0], entry, "answered" if is_answered else None)


def forget(ledger: Ledger, run_id: str, batch: int) -> None:
    """Remove all that the ledger knows of a batch."""
    with ledger.transaction() as db:
        db.execute("DELETE FROM readings WHERE run_id = ?", (run_id,))
        db.execute("DELETE FROM attempts WHERE run_id = ? AND batch = ?", (run_id, batch))
        db.execute("DELETE FROM pieces WHERE run_id = ? AND batch = ?", (run_id, batch))
        db.execute("DELETE FROM batches WHERE run_id = ? AND number = ?", (run_id, batch))


def restore_clock(ledger: Ledger, account_id: int, sent: Sequence[Entry]) -> None:
    """Commit the API's clock offset as the last noted request had it, unless the account has one."""
    offsets = [entry.clock_offset for entry in sent if entry.clock_offset is not None]
    if offsets:
        with ledger.transaction() as db:
            db.execute(
                "UPDATE accounts SET clock_offset = coalesce(clock_offset, ?) WHERE id = ?", (offsets[-1], account_id)
            )


def has_outcomes(ledger: Ledger, run_id: str, sent: Sequence[Entry]) -> bool:
    """Return True if a ledger knows how each of these requests ended; False if one was booked in another ledger."""
    now = ledger.mark()
    if any(entry.ledger.id != now.id for entry in sent):
        return False
    with ledger.transaction() as db:
        query = "SELECT 1 FROM attempts WHERE id = ? AND run_id = ? AND verdict IS NOT NULL"
        return all(db.execute(query, (entry.attempt, run_id)).fetchone() for entry in sent)


def _settled(facts: BatchFacts) -> list[Piece]:
    """Return one piece for all contacts that have an end: the most frequent end is its own, the others are named.

    Empty if no contact has an end.
    """
    if not facts.ends:
        return []
    # Only ends without an id can be the piece's own: an id belongs to one contact.
    plain = Counter((end.reason, end.detail) for end in facts.ends.values() if end.contact_id is None)
    reason, detail = plain.most_common(1)[0][0] if plain else (None, None)
    named = tuple(
        Named(place, end.reason, end.detail or "", end.contact_id)
        for place, end in sorted(facts.ends.items())
        if end.contact_id is not None or (end.reason, end.detail) != (reason, detail)
    )
    is_unsure = any(end.reason in _UNSURE for end in facts.ends.values())
    piece = Piece(
        facts.number,
        tuple(sorted(facts.ends)),
        state=State.SETTLED,
        history=History.DOUBTED if is_unsure else History.FIRST,
        reason=reason,
        detail=detail,
        counters=facts.counters,
        named=named,
    )
    return [piece]


def _doubted(ledger: Ledger, facts: BatchFacts, quiet_s: float) -> list[Piece]:
    """Return one piece for all contacts in doubt; empty if there are none."""
    if not facts.doubted:
        return []
    clock = ledger.clock
    last = [
        clock.as_monotonic(entry.begun_wall, entry.begun_monotonic, entry.boot)
        for entry in facts.sent
        if facts.doubted.intersection(entry.places())
    ]
    piece = Piece(
        facts.number,
        tuple(sorted(facts.doubted)),
        state=State.IN_DOUBT,
        history=History.DOUBTED,
        detail="sent, and the ledger that had the answer is lost",
        not_before=(max(last) if last else clock.monotonic()) + quiet_s,
    )
    return [piece]


def _note_attempt(  # noqa: PLR0913, PLR0917 - a row of the table
    ledger: Ledger, run_id: str, account_id: int, piece: Piece, entry: Entry, verdict: str | None
) -> None:
    """Commit a request as the run noted it; the time that its answer took is not known, and stored as 0 s."""
    with ledger.transaction() as db:
        db.execute(
            "INSERT INTO attempts (account_id, run_id, piece_id, batch, kind, rows, begun_wall, begun_monotonic, boot, "
            "verdict, trouble, seconds, clock_offset) VALUES (?, ?, ?, ?, 'bulk', ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(account_id, run_id, piece.id, piece.batch, len(entry.places())),
                *(entry.begun_wall, entry.begun_monotonic, entry.boot, verdict),
                *("the ledger that had the answer is lost", 0.0 if verdict else None, entry.clock_offset),
            ),
        )
