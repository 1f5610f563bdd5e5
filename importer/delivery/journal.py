"""A run's own journal of what it handed to the API, kept in its folder and so apart from the ledger.

A ledger can be lost, or put back from an older copy. It then has contacts as never sent that are in the account. So a
run keeps a line for each request with contacts, on the disk before the request's first byte leaves. Other lines say
which ledger the requests are booked in, and when the run's files were last written from it.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from importer.delivery.ledger.mark import Mark
from importer.delivery.ledger.records import Attempt
from importer.errors import LedgerError, StoppedError
from importer.system.durable import sync, sync_folder
from importer.system.opening import open_unlinked

FILE_NAME = "handed.jsonl"


_LONGEST_LINE = 256 * 1024
"""Bytes; a request with every other one of 10,000 contacts, listed one by one, takes some 60,000."""


class Entry(BaseModel):
    """One line of the journal.

    Attributes:
        kind: ``booked``: later requests are booked in this ledger, and it knows the earlier ones. ``sent``: a request
            is about to leave. ``written``: the run's files say all that the ledger knows.
        ledger: the ledger in use, and how far it had come.
        account: the account's name; only with ``booked``.
        attempt: the number in the ledger of the run's last request with contacts (with ``sent``, this request); None
            if there was none.
        batch, offsets: the contacts that it carries, as runs of offsets, ends included, such as
            ``((0, 99), (105, 105))``; only with ``sent``, as are the others.
        begun_wall, begun_monotonic, boot, clock_offset: when it began, as in the ledger's ``Attempt``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["booked", "sent", "written"]
    ledger: Mark
    account: str | None = None
    attempt: int | None = None
    batch: int | None = None
    offsets: tuple[tuple[int, int], ...] = ()
    begun_wall: float = 0.0
    begun_monotonic: float = 0.0
    boot: str = ""
    clock_offset: float | None = None

    @classmethod
    def of_sending(cls, attempt: Attempt, ledger_id: str) -> Self:
        """Return the entry of a request whose intent is committed and which carries a piece."""
        piece = attempt.piece
        return cls(
            kind="sent",
            ledger=Mark(id=ledger_id, age=attempt.age),
            attempt=attempt.id,
            batch=None if piece is None else piece.batch,
            offsets=() if piece is None else _runs(piece.offsets),
            begun_wall=attempt.begun_wall,
            begun_monotonic=attempt.begun_monotonic,
            boot=attempt.boot,
            clock_offset=attempt.clock_offset,
        )

    def places(self) -> list[int]:
        """Return the offsets of the contacts in their batch, ascending."""
        return [place for first, last in self.offsets for place in range(first, last + 1)]


class Journal:
    """Writes a run's lines, from any thread; each is on the disk when the call returns."""

    def __init__(self, handle: int, path: Path, ledger_id: str) -> None:
        self._handle, self._path, self._ledger_id = handle, path, ledger_id
        self._turn = threading.Lock()

    @classmethod
    @contextmanager
    def open(cls, folder: Path, ledger_id: str) -> Iterator[Self]:
        """Open the journal of the run in ``folder``, created if there is none; an incomplete last line is removed.

        Raises:
            StoppedError: it cannot be written.
        """
        path = folder / FILE_NAME
        try:
            handle = open_unlinked(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
            try:
                text = path.read_bytes()
                # A power cut may have left part of a line; its request never left, as the line was not on the disk.
                os.ftruncate(handle, text.rfind(b"\n") + 1)
                sync_folder(folder)
                yield cls(handle, path, ledger_id)
            finally:
                os.close(handle)
        except OSError as error:
            raise _unwritable(path, error.strerror) from None

    def sending(self, attempt: Attempt) -> None:
        """Note that a request is about to leave.

        Raises:
            StoppedError: that cannot be written; the request must not leave.
        """
        self.note(Entry.of_sending(attempt, self._ledger_id))

    def note(self, entry: Entry) -> None:
        """Add a line.

        Raises:
            StoppedError: that cannot be written.
        """
        line = (entry.model_dump_json(exclude_defaults=True) + "\n").encode()
        try:
            with self._turn:
                # One write, so that no two lines mix; a short one is found by its length below.
                written = os.write(self._handle, line)
                sync(self._handle)
        except OSError as error:
            raise _unwritable(self._path, error.strerror) from None
        if written < len(line):
            raise _unwritable(self._path, "no room")


def note_written(folder: Path, ledger: Mark, attempt: int | None) -> None:
    """Note in the journal of a run, if it has one, that its files say all that its ledger knows.

    Raises:
        StoppedError: that cannot be written.
    """
    if (folder / FILE_NAME).exists():
        with Journal.open(folder, ledger.id) as journal:
            journal.note(Entry(kind="written", ledger=ledger, attempt=attempt))


def read_journal(folder: Path) -> list[Entry]:
    """Read what the run in ``folder`` noted, in order; empty if it sent nothing, or is of version 0.1.

    Raises:
        LedgerError: a line is damaged. An incomplete last line is left out: its request did not leave.
    """
    path = folder / FILE_NAME
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LedgerError(f"{path} cannot be read ({error.strerror}), so nobody knows what the run sent.") from None
    try:
        return [Entry.model_validate_json(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]
    except ValidationError:
        raise LedgerError(f"{path} is damaged, so nobody knows what the run sent. Put back a copy.") from None


def last_entry(folder: Path) -> Entry | None:
    """Read the last line of the run in ``folder``, without the others; None if there is none.

    Raises:
        LedgerError: as ``read_journal``.
    """
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_LINE))
            text = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerError(f"{path} cannot be read ({error.strerror}), so nobody knows what the run sent.") from None
    lines = text[: text.rfind(b"\n") + 1].splitlines()
    try:
        return Entry.model_validate_json(lines[-1]) if lines else None
    except ValidationError:
        raise LedgerError(f"{path} is damaged, so nobody knows what the run sent. Put back a copy.") from None


def _unwritable(path: Path, why: str | None) -> StoppedError:
    return StoppedError(f"{path} cannot be written ({why}). Nothing is sent without it.")


def _runs(offsets: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return ascending offsets as runs, each with its first and last."""
    if isinstance(offsets, range):
        return ((offsets.start, offsets.stop - 1),) if offsets else ()
    runs: list[list[int]] = []
    for place in offsets:
        if runs and runs[-1][1] == place - 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return tuple((first, last) for first, last in runs)
