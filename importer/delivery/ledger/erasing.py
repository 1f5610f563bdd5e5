"""What ``importer forget`` and ``importer purge`` take out of the ledger; what it needs to balance stays.

SQLite overwrites what is taken out (``secure_delete``), so that no page keeps it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.packing import (
    is_hashed,
    pack,
    pack_hashes,
    pack_named,
    unpack_hashes,
    unpack_named,
    unpack_numbers,
)
from importer.delivery.pieces import Named
from importer.models.number_set import siphash

Clean = Callable[[bytes], bytes | None]
"""Returns an answer of the API without a person; None if nothing of it may stay."""


def forget_contacts(
    ledger: Ledger, run_id: str, places: Mapping[int, Sequence[int]], positions: Sequence[int], clean: Clean
) -> None:
    """Take contacts out of what the ledger knows of a run, in one transaction; done again, it changes nothing.

    Their numbers become 0, which is nobody's. Outcomes and counters stay.

    Args:
        ledger: open.
        run_id: of a run that is at its end.
        places: their offsets, by batch.
        positions: of all the person's rows in the run.
        clean: takes the person out of the API's words.
    """
    with ledger.transaction() as db:
        for batch, offsets in places.items():
            key = (run_id, batch)
            row = db.execute("SELECT phones FROM batches WHERE run_id = ? AND number = ?", key).fetchone()
            if row is None or is_hashed(row[0]):
                continue
            numbers = unpack_numbers(row[0]).copy()
            numbers[list(offsets)] = 0
            blob = pack(pl.DataFrame({"phone": numbers}))
            db.execute("UPDATE batches SET phones = ? WHERE run_id = ? AND number = ?", (blob, *key))
            db.executemany(
                "UPDATE removals SET contact_id = '', detail = NULL WHERE run_id = ? AND batch = ? AND \"offset\" = ?",
                [(*key, offset) for offset in offsets],
            )
        pieces = db.execute("SELECT id, batch, named, detail FROM pieces WHERE run_id = ?", (run_id,)).fetchall()
        for number, batch, blob, detail in pieces:
            gone = set(places.get(batch, ()))
            named = tuple(_emptied(contact) if contact.offset in gone else contact for contact in unpack_named(blob))
            after = (pack_named(named), _text(detail, clean))
            db.execute("UPDATE pieces SET named = ?, detail = ? WHERE id = ?", (*after, number))
        answers = db.execute("SELECT id, reply, trouble FROM attempts WHERE run_id = ?", (run_id,)).fetchall()
        for number, reply, trouble in answers:
            told = (None if reply is None else clean(reply), _text(trouble, clean))
            if told != (reply, trouble):
                db.execute("UPDATE attempts SET reply = ?, trouble = ? WHERE id = ?", (*told, number))
        db.executemany(
            "UPDATE updates SET contact_id = NULL, detail = NULL WHERE run_id = ? AND position = ?",
            [(run_id, position) for position in positions],
        )
        db.execute("DELETE FROM readings WHERE run_id = ?", (run_id,))


def purge_run(ledger: Ledger, run_id: str, salt: bytes) -> None:
    """Keep of a run's contacts the hashes of their numbers and what became of them, and nothing else.

    What was sent is still not sent again: numbers are looked up by their hashes then.
    """
    with ledger.transaction() as db:
        batches = db.execute("SELECT number FROM batches WHERE run_id = ?", (run_id,)).fetchall()
        for (number,) in batches:
            key = (run_id, number)
            (blob,) = db.execute("SELECT phones FROM batches WHERE run_id = ? AND number = ?", key).fetchone()
            if not is_hashed(blob):
                numbers = unpack_numbers(blob)
                hashes = np.where(numbers == 0, np.uint64(0), siphash(numbers, salt))
                db.execute(
                    "UPDATE batches SET phones = ? WHERE run_id = ? AND number = ?", (pack_hashes(hashes, salt), *key)
                )
        pieces = db.execute("SELECT id, named FROM pieces WHERE run_id = ? AND named IS NOT NULL", (run_id,)).fetchall()
        for number, blob in pieces:
            named = tuple(map(_emptied, unpack_named(blob)))
            db.execute("UPDATE pieces SET named = ? WHERE id = ?", (pack_named(named), number))
        db.execute("UPDATE pieces SET detail = NULL WHERE run_id = ?", (run_id,))
        db.execute("UPDATE attempts SET reply = NULL, trouble = NULL WHERE run_id = ?", (run_id,))
        db.execute("UPDATE removals SET contact_id = '', detail = NULL WHERE run_id = ?", (run_id,))
        db.execute("UPDATE updates SET contact_id = NULL, detail = NULL WHERE run_id = ?", (run_id,))
        db.execute("DELETE FROM readings WHERE run_id = ?", (run_id,))


def _emptied(contact: Named) -> Named:
    return replace(contact, detail="forgotten", contact_id=None)


def forget_hash(ledger: Ledger, phone: str) -> None:
    """Take a number (E.164) out of what the ledger has of purged runs, which is hashes: it counts as never sent."""
    number = np.array([int(phone.removeprefix("+"))], np.uint64)
    with ledger.transaction() as db:
        for run_id, batch, blob in db.execute("SELECT run_id, number, phones FROM batches").fetchall():
            if not is_hashed(blob):
                continue
            hashes, salt = unpack_hashes(blob)
            is_theirs = hashes == siphash(number, salt)[0]
            if is_theirs.any():
                after = pack_hashes(np.where(is_theirs, np.uint64(0), hashes), salt)
                db.execute("UPDATE batches SET phones = ? WHERE run_id = ? AND number = ?", (after, run_id, batch))


def _text(text: str | None, clean: Clean) -> str | None:
    if text is None:
        return None
    cleaned = clean(text.encode())
    return None if cleaned is None else cleaned.decode()
