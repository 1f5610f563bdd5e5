"""Files from elsewhere: copied into the job's own inbox, each once, and left alone where they lie."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import IO, Protocol

from importer.errors import of_system
from importer.jobs import inbox
from importer.jobs.results import FileResult, StepResult
from importer.models.watching import Stop
from importer.settings.job import JobSource
from importer.settings.job_reading import Job
from importer.settings.settings import shown_name
from importer.storage.job_memory import JobMemory
from importer.system.opening import open_regular

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file elsewhere.

    Attributes:
        name: the file's own.
        identity: where it lies, and what changes with its content; what was fetched under it is not fetched again.
        why: why it is not fetched yet; empty if it is whole.
    """

    name: str
    identity: str
    why: str = ""


class Origin(Protocol):
    """A place that files are copied from."""

    def entries(self) -> Iterator[Entry]:
        """Yield the files that are there, by name."""

    def copy(self, entry: Entry, to: IO[bytes]) -> bool:
        """Copy a file; return False if it was changed meanwhile, or is gone."""


def fetch(job: Job, memory: JobMemory, result: StepResult, stop: Stop) -> None:
    """Copy what is new and whole into the job's inbox.

    Raises:
        UsageError, StoppedError: the place, or the inbox, cannot be used.
    """
    try:
        job.inbox.mkdir(mode=0o700, exist_ok=True)
        for leftover in job.inbox.glob(".fetching-*"):
            leftover.unlink()  # of a start that was killed: only the holder of the job's lock writes here
        for entry in (origin := _origin(job)).entries():
            if stop:
                return
            if memory.has_fetched(entry.identity):
                continue
            if entry.why:
                result.waits.append(FileResult(shown_name(entry.name), "waits", why=entry.why))
            elif _copied(origin, entry, job.inbox):
                memory.note_fetched(entry.identity, time.time())
            else:
                result.waits.append(FileResult(shown_name(entry.name), "waits", why="changed while it was copied"))
    except OSError as error:
        raise of_system(error) or error from None


def _origin(job: Job) -> Origin:
    return LocalFiles(job.tables.source, job.path.parent)


def _copied(origin: Origin, entry: Entry, folder: Path) -> bool:
    """Copy a file into the inbox under its own name; return False, and leave nothing, if it changed meanwhile."""
    part = folder / f".fetching-{entry.name}"
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if not origin.copy(entry, file):
                return False
            file.flush()
            os.fsync(file.fileno())
        inbox.put_back(part, folder, entry.name)
        return True
    finally:
        part.unlink(missing_ok=True)


class LocalFiles:
    """Files and patterns of this machine, relative to the job's folder. A link is followed where it was named."""

    def __init__(self, source: JobSource, folder: Path) -> None:
        self._source, self._folder = source, folder
        self._paths: dict[str, tuple[Path, tuple[int, ...]]] = {}

    def entries(self) -> Iterator[Entry]:
        """Yield the files; one that is named without a pattern is missed where it is not there."""
        for pattern in self._source.files:
            path = self._folder / Path(pattern).expanduser()
            if has_magic(str(path)):
                places = sorted(map(Path, glob(str(path))))  # noqa: PTH207 - a pattern may be absolute
                yield from (self._entry(place, place) for place in places)
            elif path.exists():
                yield self._entry(path, Path(os.path.realpath(path)))
            else:
                yield Entry(path.name, str(path), "not there yet")

    def _entry(self, named: Path, path: Path) -> Entry:
        names = {one.name for one in path.parent.iterdir()} if self._source.ready else set()
        found = inbox.judged(path, path.lstat(), self._source, self._source.settle_s, time.time(), names)
        identity = f"{path}:{':'.join(map(str, found.mark))}"
        self._paths[identity] = path, found.mark
        return Entry(named.name, identity, "" if found.state == "ready" else found.why)

    def copy(self, entry: Entry, to: IO[bytes]) -> bool:
        """Copy a file; return False if it was changed meanwhile, or is gone."""
        path, mark = self._paths[entry.identity]
        with suppress(FileNotFoundError), open_regular(path) as opened:
            while block := opened.read(_BLOCK_BYTES):
                to.write(block)
            return inbox.mark_of(os.fstat(opened.fileno())) == mark
        return False
