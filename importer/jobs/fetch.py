"""Files from elsewhere: copied into the job's own inbox, each once, and left alone where they lie."""

import os
import time
from contextlib import closing
from hashlib import file_digest
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from importer.errors import UsageError, of_system
from importer.jobs import inbox
from importer.jobs.origins.local import LocalFiles
from importer.jobs.origins.origin import Entry, Origin
from importer.jobs.results import FileResult, StepResult
from importer.models.watching import Stop
from importer.settings.job_reading import Job
from importer.settings.settings import shown_name
from importer.storage.job_memory import JobMemory

_KINDS = {"https": "web", "http": "web", "sftp": "sftp", "s3": "objects", "gs": "objects", "az": "objects"}
"""The module of each kind of address."""


def fetch(job: Job, memory: JobMemory, result: StepResult, stop: Stop) -> None:
    """Copy what is new and whole into the job's inbox.

    Raises:
        UsageError, StoppedError: the place, or the inbox, cannot be used.
    """
    try:
        job.inbox.mkdir(mode=0o700, exist_ok=True)
        for leftover in job.inbox.glob(".fetching-*"):
            leftover.unlink()  # of a start that was killed: only the holder of the job's lock writes here
        with closing(origin_of(job)) as origin:
            for entry in origin.entries():
                if stop:
                    return
                if memory.has_fetched(entry.identity):
                    continue
                why = entry.why or ("" if _copied(origin, entry, job.inbox, memory) else "changed while it was copied")
                if why:
                    result.waits.append(FileResult(shown_name(entry.name), "waits", why=why))
    except OSError as error:
        raise of_system(error) or error from None


def origin_of(job: Job) -> Origin:
    """Return the place that a job's files are copied from.

    Raises:
        UsageError: no such kind of address is known.
    """
    if job.tables.source.url is None:
        return LocalFiles(job.tables.source, job.path.parent)
    scheme = urlsplit(job.tables.source.url).scheme
    if scheme not in _KINDS:
        raise UsageError(f"A url of [source] begins with {', '.join(f'{name}://' for name in _KINDS)}.")
    made: Origin = import_module(f"importer.jobs.origins.{_KINDS[scheme]}").opened(job.tables.source)
    return made


def _copied(origin: Origin, entry: Entry, folder: Path, memory: JobMemory) -> bool:
    """Copy a file into the inbox under its own name; return False, and leave nothing, if it changed meanwhile.

    What was fetched before with the same content, as of a place that tells no change, is not put there again.
    """
    part = folder / f".fetching-{entry.name}"
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            if not origin.copy(entry, file):
                return False
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            content = f"{entry.name}:{file_digest(file, 'sha256').hexdigest()}"
        if not memory.has_fetched(content):
            inbox.put_back(part, folder, entry.name)
            memory.note_fetched(content, time.time())
        memory.note_fetched(entry.identity, time.time())
        return True
    finally:
        part.unlink(missing_ok=True)
