"""The journal that SQLite leaves beside a ledger when a program is killed: whether it is of this ledger's very state.

SQLite plays such a journal back into whatever file lies beside it, so an older copy of the ledger that is put back
there becomes a mixture of the two. Both carry the count of changes that page 1 keeps (SQLite's file format, 1.3.7 and
3): a journal was begun at the count that its ledger still has, or had one change before.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from importer.delivery.ledger.mark import way_out
from importer.errors import LedgerError

_MAGIC = bytes.fromhex("d9d505f920a163d7")
_HEADER = struct.Struct(">8sIIIII")
_COUNT = struct.Struct(">I")
_COUNT_AT = 24


def check_journal(ledger: Path, *, is_any_taken: bool = False) -> None:
    """Refuse a ledger beside which the journal of another one lies, or of another state of it.

    Args:
        ledger: it may not be there.
        is_any_taken: the journal is put aside, and the ledger taken without it.

    Raises:
        LedgerError: with the way out; nothing was written.
        OSError: one of the two cannot be read, or not be put aside.
    """
    if not ledger.exists() or not _is_strange(ledger):
        return
    journal = _journal(ledger)
    if not is_any_taken:
        raise LedgerError(
            f"{journal} is not of this state of the ledger {ledger}: an older copy, or another ledger, was put beside "
            f"what a run that was killed has left. {way_out(ledger)}"
        )
    journal.replace(f"{journal}.of-another")


def _journal(ledger: Path) -> Path:
    return Path(f"{ledger}-journal")


def _is_strange(ledger: Path) -> bool:
    while (begun_at := _begun_at(_journal(ledger))) is not None:
        with ledger.open("rb") as file:
            file.seek(_COUNT_AT)
            (changes,) = _COUNT.unpack(file.read(4).ljust(4, b"\0"))
        if changes in (begun_at, begun_at + 1):
            return False
        if _begun_at(_journal(ledger)) == begun_at:  # else another process is at work on both
            return True
    return False


def _begun_at(journal: Path) -> int | None:
    """The count of changes before the transaction of a journal; None where it has none to play back."""
    try:
        with journal.open("rb") as file:
            head = file.read(_HEADER.size).ljust(_HEADER.size, b"\0")
            magic, _, _, _, sector, page_size = _HEADER.unpack(head)
            if magic != _MAGIC:
                return None
            file.seek(sector)
            for page in _first_pages(iter(lambda: file.read(page_size + 8), b""), page_size + 8):
                return int(_COUNT.unpack_from(page, _COUNT_AT)[0])
    except FileNotFoundError:
        pass
    return None


def _first_pages(records: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Page 1 as it was, of a journal's records: its number, a page, a checksum."""
    for record in records:
        if len(record) == size and record.startswith(b"\0\0\0\1"):
            yield record[4:]
