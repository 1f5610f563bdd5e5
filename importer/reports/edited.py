"""Files that a person may edit in a run's folder: an edited one is moved aside, never written over."""

import hashlib
from itertools import count
from pathlib import Path

from importer.reports.folder import new_file

_MARK = ".sha256"


def remember(path: Path) -> None:
    """Write down the checksum of a file as we wrote it."""
    with new_file(path.parent, _mark(path).name) as part:
        part.write_text(_sha256(path), "ascii")


def move_edited(path: Path) -> str | None:
    """Move a file aside if it is not as we wrote it; return its new name, None if there is nothing to keep.

    A file without a checksum, from a version before there were any, is moved aside, too.
    """
    if not path.is_file() or (_mark(path).is_file() and _mark(path).read_text("ascii") == _sha256(path)):
        return None
    names = (path.with_name(f"{path.stem}-edited-{number}{path.suffix}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    path.replace(aside)
    return aside.name


def forget(path: Path) -> None:
    """Remove a file of ours and its checksum."""
    for ours in (path, _mark(path)):
        ours.unlink(missing_ok=True)


def _mark(path: Path) -> Path:
    return path.with_name(path.name + _MARK)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
