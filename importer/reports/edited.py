"""Files of a run's folder that a person may work on: what was saved over ours is moved aside, never written over."""

import hashlib
from itertools import count
from pathlib import Path

from importer.reports.folder import new_file

_MARK = ".sha256"


def remember(path: Path) -> None:
    """Note what a file holds as we wrote it."""
    with new_file(path.parent, _mark(path).name) as part:
        part.write_text(_sha256(path), "ascii")


def move_edited(path: Path) -> str | None:
    """Move a file aside that is not as we wrote it; its new name, None where there is nothing to keep.

    A file without a note, from before there were any, is kept too.
    """
    if not path.is_file() or (_mark(path).is_file() and _mark(path).read_text("ascii") == _sha256(path)):
        return None
    names = (path.with_name(f"{path.stem}-edited-{number}{path.suffix}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    path.replace(aside)
    return aside.name


def forget(path: Path) -> None:
    """Remove a file of ours, and the note."""
    for ours in (path, _mark(path)):
        ours.unlink(missing_ok=True)


def _mark(path: Path) -> Path:
    return path.with_name(path.name + _MARK)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
