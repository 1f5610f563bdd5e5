"""A folder that files are dropped into: which of them are whole, how one is claimed, and where it goes afterwards.

A claim is a rename into ``working/<job>/<number>/``: of several workers on one inbox exactly one gets a file. A job's
lock keeps its own second start away; jobs of other names, and of other machines, share the inbox by their claims.
What is no regular file (a link, a pipe, a folder) is left where it is, and said.
"""

import os
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from importer.errors import StoppedError, UsageError
from importer.settings.job import JobSource
from importer.settings.settings import shown_name
from importer.system.written import is_written

FOLDERS = ("working", "done", "failed", "quarantine")
REPORT, SUMMARY = ".report.html", ".summary.json"


@dataclass(frozen=True, slots=True)
class Found:
    """An entry of an inbox.

    Attributes:
        path: of the entry.
        name: to show.
        state: ``ready`` to be taken, ``settling`` while it may still be written, ``left`` where it is no list.
        why: of a file that is not ready; empty otherwise.
        mark: what tells the file from one that is put in its place: device, inode, size and times.
        marker: the marker that says that it is whole; None if none is waited for.
    """

    path: Path
    name: str
    state: Literal["ready", "settling", "left"]
    why: str
    size_bytes: int
    mark: tuple[int, ...]
    marker: Path | None = None


def look(inbox: Path, source: JobSource, settle_s: float) -> list[Found]:
    """Return the entries of an inbox, oldest first; those whose name begins with a dot, and our own folders, not.

    Raises:
        UsageError: there is no such folder, or it cannot be read.
    """
    try:
        entries = [Path(entry.path) for entry in os.scandir(inbox)]
        now = _clock_of(inbox)
    except FileNotFoundError:
        raise UsageError(f"There is no inbox {inbox}. Make the folder, or correct [source] in the job.") from None
    except OSError as error:
        raise UsageError(f"The inbox {inbox} cannot be used ({error.strerror}). Give permission.") from None
    names = {path.name for path in entries}
    found = []
    for path in entries:
        if path.name.startswith(".") or path.name in FOLDERS or is_marker(path.name, source.ready):
            continue
        with suppress(FileNotFoundError):  # another worker took it just now
            found.append(judged(path, path.lstat(), source, settle_s, now, names))
    return sorted(found, key=lambda one: (one.mark[-1], one.name))


def judged(  # noqa: PLR0913, PLR0917 - a file and what it is judged by
    path: Path, status: os.stat_result, source: JobSource, settle_s: float, now: float, names: set[str]
) -> Found:
    """Return what to do with an entry."""
    mark, name = mark_of(status), shown_name(path.name)
    if not stat.S_ISREG(status.st_mode):
        kind = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder"}.get(stat.S_IFMT(status.st_mode), "no regular file")
        return Found(path, name, "left", f"{kind}, left where it is", status.st_size, mark)
    if source.ready is not None:
        marker = next((m for m in markers(path.name, source.ready) if m in names), None)
        why = "" if marker else f"waits for its marker {shown_name(markers(path.name, source.ready)[0])}"
        place = path.with_name(marker) if marker else None
        return Found(path, name, "ready" if marker else "settling", why, status.st_size, mark, place)
    # The change time, too: a copy may keep the time of its original, but nobody sets when an entry was changed.
    age = now - max(status.st_mtime, status.st_ctime)
    if age < settle_s:
        return Found(path, name, "settling", f"changed {max(age, 0):.0f} s ago", status.st_size, mark)
    if is_written(path):
        return Found(path, name, "settling", "a program still has it open for writing", status.st_size, mark)
    return Found(path, name, "ready", "", status.st_size, mark)


def mark_of(status: os.stat_result) -> tuple[int, ...]:
    """Return what tells a file from one in its place, and from itself after a change; the time of change comes last."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def working(inbox: Path, job_id: str, number: int) -> Path:
    """Return the folder of one claim."""
    return inbox / "working" / job_id / str(number)


def claim(found: Found, folder: Path) -> bool:
    """Move a file into the folder of its claim; return False if another worker has it, or it is not the file it was."""
    target = folder / found.path.name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found.path.rename(target)
    except FileNotFoundError:
        _remove_empty(folder)
        return False
    except OSError as error:
        raise StoppedError(f"{found.path} cannot be moved ({error.strerror}). Give permission and try again.") from None
    if mark_of(target.lstat()) == found.mark:
        if found.marker is not None:
            found.marker.unlink(missing_ok=True)
        return True
    # Something else was put in its place between the look and the move: it is judged anew, from where it was.
    put_back(target, found.path.parent)
    return False


def content_elsewhere(inbox: Path, sha256: str, job_id: str) -> str | None:
    """Take a content for a job; return how far another job on this inbox is with it: ``open`` or ``done``.

    None if no other has it. The mark lies in the inbox, where workers of any machine see it, whatever they remember.
    """
    mark = _mark_of_content(inbox, sha256)
    try:
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only one worker can make it: two that come to two files of one content at once must not both send it.
        with os.fdopen(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{job_id} open")
    except FileExistsError:
        owner, _, state = mark.read_text("utf-8").partition(" ")
        if not owner:  # its maker was killed before it could write
            mark.write_text(f"{job_id} open", "utf-8")
        return None if owner in ("", job_id) else state
    return None


def settle_content(inbox: Path, sha256: str, job_id: str, *, is_done: bool) -> None:
    """Note that a job has imported a content, or give it free; one that another job has stays as it is."""
    mark = _mark_of_content(inbox, sha256)
    with suppress(FileNotFoundError):
        if mark.read_text("utf-8").partition(" ")[0] != job_id:
            return
        if is_done:
            part = mark.with_name(f".{mark.name}.{job_id}")
            part.write_text(f"{job_id} done", "utf-8")
            part.replace(mark)
        else:
            mark.unlink()


def _mark_of_content(inbox: Path, sha256: str) -> Path:
    return inbox / "working" / "contents" / sha256


def put_back(path: Path, inbox: Path, name: str | None = None) -> None:
    """Move a file from its claim back into the inbox, beside one that has its name by now; None keeps its own."""
    _move_beside(path, inbox, name or path.name)
    _remove_empty(path.parent)


def file_away(
    path: Path, folder: Path, run_id: str, reports: Sequence[tuple[Path, str]], note: Callable[[Path], None]
) -> Path:
    """Move a file into ``done/``, ``failed/`` or ``quarantine/`` with its reports beside it; return its new path.

    The reports come first: a file that is there has its reports. A name that is taken gets the run's id. It may be
    called again after a kill.

    Args:
        path: the file.
        folder: where it goes; made if it is not there.
        run_id: of its import; empty if none was begun.
        reports: files to copy, each with the ending of its name there.
        note: gets the new path before the file is moved.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        name = path.name
        if _is_anothers(folder / name, path):
            name = f"{Path(name).stem}.{run_id or time.strftime('%Y%m%d-%H%M%S')}{Path(name).suffix}"
        for report, ending in reports:
            _copy(report, folder / f"{name}{ending}")
        placed = _move_beside(path, folder, name, note)
    except OSError as error:
        raise StoppedError(
            f"{path} cannot be filed in {folder} ({error.strerror}). Make room or give permission."
        ) from None
    _remove_empty(path.parent)
    return placed


def _copy(source: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    with source.open("rb") as read, os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        while block := read.read(1 << 20):
            new.write(block)
    part.replace(target)


def _move_beside(path: Path, folder: Path, name: str, note: Callable[[Path], None] = lambda _: None) -> Path:
    """Move a file into a folder, under a name that nobody has there; return its new path."""
    number = 0
    while True:
        target = folder / (f"{Path(name).stem}.{number}{Path(name).suffix}" if number else name)
        number += 1
        if _is_anothers(target, path):
            continue
        note(target)
        try:
            # A link is refused where the name is taken, which a rename is not: two workers may file at once.
            os.link(path, target, follow_symlinks=False)
        except FileExistsError:
            if _is_anothers(target, path):
                continue
        except OSError:  # a disk without links
            path.rename(target)
            return target
        path.unlink()
        return target


def _is_anothers(target: Path, path: Path) -> bool:
    """Return True if a name is taken by another file; False if by this one itself, after a kill between two steps."""
    try:
        return mark_of(target.lstat())[:2] != mark_of(path.lstat())[:2]
    except FileNotFoundError:
        return False


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def is_marker(name: str, ready: str | None) -> bool:
    """Return True if a name is that of a marker rather than a file's."""
    if ready is None:
        return False
    before, _, after = ready.partition("*")
    return len(name) > len(before + after) and name.startswith(before) and name.endswith(after)


def markers(name: str, ready: str) -> list[str]:
    """Return the names that a file's marker may have: of its whole name, or without its ending."""
    return [ready.replace("*", name), ready.replace("*", Path(name).stem)]


def _clock_of(inbox: Path) -> float:
    """Return the time by the clock that dates the inbox's files, which may be another machine's."""
    probe = inbox / f".importer-clock-{os.getpid()}"
    try:
        probe.touch(mode=0o600)
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)
