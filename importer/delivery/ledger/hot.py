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
    """Raise if the journal beside a ledger belongs to another ledger, or to another state of this one.

    Args:
        ledger: path of its file, which need not exist.
        is_any_taken: put the journal aside instead, and take the ledger without it.

    Raises:
        LedgerError: the journal is another one's; says what to do. Nothing was written.
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
    """Return True if the journal beside a ledger was not begun at the ledger's count, or at the count before it."""
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
    """Return the count of changes at which a journal was begun; None if there is nothing to play back."""
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
    """Yield page 1 as it was before, from a journal's records: each a page number, a page and a checksum."""
    for record in records:
        if len(record) == size and record.startswith(b"\0\0\0\1"):
            yield record[4:]
