"""``review.jsonl``: what people decided on the rows of a run, one line a decision; nothing there is ever changed.

Every way in (the desk, a workbook, the terminal) ends here, and ``importer retry`` sends what is decided here. The
lines are ``importer.models.decisions``: ``{"seq", "at", "who", "row", "act", "field", "was", "now"}``.
"""

import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from importer.errors import StoppedError, UsageError
from importer.models.decisions import Change, Decision, Place, RowState, folded, line_of, slot
from importer.system.durable import sync_folder
from importer.system.machine import user_name
from importer.system.new_file import new_file
from importer.system.opening import open_unlinked

FILE_NAME = "review.jsonl"


class Decisions:
    """The decisions of one run; any number of processes may each have one of these, and any thread may use it.

    Args:
        folder: the run's.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._read = 0
        self._lines: list[Decision] = []
        self._rows: dict[Place | None, RowState] = {}
        self._turn = threading.RLock()

    @property
    def seq(self) -> int:
        """Return the number of the last line that was read; 0 if there is none."""
        return len(self._lines)

    def rows(self) -> Mapping[Place, RowState]:
        """Return the state of every row of which anything was decided, by all that is written now.

        Raises:
            StoppedError: the file is damaged or cannot be read.
        """
        with self._turn:
            self._refresh()
            return {place: state for place, state in self._rows.items() if place is not None}

    def of_run(self) -> Mapping[str, Decision]:
        """Return the notes on the run as a whole: by rule, the line that calls whatever it repaired wrong.

        Raises:
            StoppedError: the file is damaged or cannot be read.
        """
        with self._turn:
            self._refresh()
            state = self._rows.get(None)
            return {} if state is None else state.notes

    def since(self, seq: int) -> Sequence[Decision]:
        """Return the lines after number ``seq``, in order; all of them for 0.

        Raises:
            StoppedError: the file is damaged or cannot be read.
        """
        with self._turn:
            self._refresh()
            return self._lines[seq:]

    def append(self, who: str, changes: Iterable[Change]) -> Sequence[Decision]:
        """Write decisions; they are on the disk when this returns. Return the lines.

        A correction of a cell that somebody set before has their value as ``was``, whatever the caller saw.

        Raises:
            StoppedError: the file is damaged, or cannot be written.
        """
        return self._write(who, lambda: changes)

    def undo(self, who: str, seq: int) -> Sequence[Decision]:
        """Write the inverse of line ``seq``: its row is as it was before that line. Return the lines.

        Raises:
            UsageError: there is no such line, it cannot be undone, or somebody decided otherwise since.
            StoppedError: the file is damaged, or cannot be written.
        """
        return self._write(who, lambda: self._inverse(seq))

    def forget(self, places: Collection[Place]) -> int:
        """Empty the lines about these rows; return how many were. Numbers, times, names and what was sent stay.

        Such a row has nothing decided any more; done again, it changes nothing.

        Raises:
            StoppedError: the file is damaged, or cannot be written.
        """
        if not self._path.exists():
            return 0
        with self._turn, _locked(self._path):
            self._refresh()
            lines = [_emptied(line) if line.row in places else line for line in self._lines]
            count = sum(one != other for one, other in zip(lines, self._lines, strict=True))
            if count:
                with new_file(self._path, "Make room or give permission, and try again.") as part:
                    part.write_text("".join(line.model_dump_json(exclude_unset=True) + "\n" for line in lines), "utf-8")
                self._read = 0
                self._lines.clear()
                self._rows.clear()
                self._refresh()
        return count

    def _inverse(self, seq: int) -> Iterator[Change]:
        """Yield the changes that take a line back; other lines of its row since stay as they are."""
        if not 1 <= seq <= len(self._lines):
            raise UsageError(f"There is no decision {seq} in {self._path}.")
        line = self._lines[seq - 1]
        if line.act in ("approve", "done"):
            raise UsageError(f"Decision {seq} cannot be undone: it says what was approved or imported.")
        for later in self._lines[seq:]:
            if later.row == line.row and slot(later) == slot(line):
                raise UsageError(
                    f"Decision {seq} cannot be undone: {later.who} decided otherwise at {later.at:%Y-%m-%d %H:%M} UTC."
                )
        yield Change(line.row, line.act, line.was, line.field)
        if line.act == "set":
            before: dict[Place | None, RowState] = {}
            for earlier in self._lines[: seq - 1]:
                if earlier.row == line.row and (state := folded(before, earlier)) is not None:
                    before[line.row] = state
            # A row that was dropped or to be sent as it stands before its cell was set is so again.
            state = before.get(line.row)
            if state is not None and state.choice in ("drop", "send-as-is"):
                yield Change(line.row, state.choice, state.choice)

    def _write(self, who: str, changes: Callable[[], Iterable[Change]]) -> Sequence[Decision]:
        """Append what ``changes`` returns once nobody else can write."""
        try:
            with self._turn, _locked(self._path) as handle:
                # Another's lines come first: they number ours, and tell what ours change.
                self._refresh()
                # A kill may have left part of a line. Its writer was never told that it is there.
                os.ftruncate(handle, self._read)
                lines = self._numbered(who, changes())
                text = "".join(line.model_dump_json(exclude_unset=True) + "\n" for line in lines).encode()
                if os.write(handle, text) < len(text):
                    raise StoppedError(f"{self._path} cannot be written (no room). Make room and try again.")
                os.fsync(handle)
                self._refresh()
        except OSError as error:
            raise StoppedError(
                f"{self._path} cannot be written ({error.strerror}). Make room or give permission, and try again."
            ) from None
        return lines

    def _numbered(self, who: str, changes: Iterable[Change]) -> list[Decision]:
        at = datetime.now(UTC).replace(microsecond=0)
        rows = dict(self._rows)
        lines: list[Decision] = []
        for change in changes:
            line = line_of(len(self._lines) + len(lines) + 1, at, who, change, rows)
            if (state := folded(rows, line)) is not None:
                rows[line.row] = state
            lines.append(line)
        return lines

    def _refresh(self) -> None:
        """Read the lines that were written since; a last line without an end is none yet."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._read:  # an older copy was put back
                    self._read = 0
                    self._lines.clear()
                    self._rows.clear()
                file.seek(self._read)
                text = file.read()
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoppedError(f"{self._path} cannot be read ({error.strerror}). Give permission.") from None
        for line in text[: text.rfind(b"\n") + 1].splitlines(keepends=True):
            try:
                decision = Decision.model_validate_json(line)
            except ValidationError:
                raise StoppedError(
                    f"{self._path}, line {len(self._lines) + 1} is damaged or of another version. Put back a copy."
                ) from None
            if (state := folded(self._rows, decision)) is not None:
                self._rows[decision.row] = state
            self._lines.append(decision)
            self._read += len(line)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open the file to append, made if there is none, and hold it: whoever else writes waits."""
    with FileLock(path.with_name(f".{path.name}.lock"), mode=0o600):  # the system lets go of it when the process dies
        is_new = not path.exists()
        handle = open_unlinked(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            yield handle
            if is_new:
                sync_folder(path.parent)
        finally:
            os.close(handle)


def _emptied(line: Decision) -> Decision:
    """Return a line without what it says of a person."""
    if line.act == "done":
        return line
    return Decision(seq=line.seq, at=line.at, who=line.who, row=line.row, act="note", was=None, now=None)


def os_user() -> str:
    """Return the name of the operating system's user; ``unknown`` if it has none."""
    return user_name() or "unknown"
