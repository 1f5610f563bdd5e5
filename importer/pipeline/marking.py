"""Marked copies of a run's files: made on demand, and only if they come back as they went.

A copy is read back as ``importer retry`` would read it, before it gets its name: an unedited one must amount to no
decision at all, with every row of the run's in it. Whatever a copy lost would show there.
"""

import json
import re
import shlex
import subprocess
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl

from importer.errors import ImporterError, ReadError, RefusedError
from importer.models.frames import RAW
from importer.models.ties import OUTCOME
from importer.pipeline import memory
from importer.pipeline.fixed_file import difference
from importer.pipeline.tying import Tied, tied_tables
from importer.readers.formats import open_tables
from importer.reports.edited import move_edited, remember
from importer.settings.settings import Settings, shown_name
from importer.storage.run_folder import Record, RunFolder
from importer.storage.summary import SourceSummary
from importer.system import bounds, children
from importer.system.new_file import new_file
from importer.system.opening import open_regular, sha256_of

_LONGEST = 80
_OWN_FORMAT = "xlsx"


@dataclass(frozen=True, slots=True)
class MarkedCopy:
    """What became of the marked copy of one file.

    Attributes:
        file: the file, as the run calls it.
        path: of the copy; None if there is none.
        why: why there is none, for people; empty if there is one.
        moved: the name that an edited copy of before has now; None if there was none.
    """

    file: str
    path: Path | None
    why: str = ""
    moved: str | None = None


def write_marked(folder: RunFolder, settings: Settings) -> list[MarkedCopy]:
    """Make the marked copy of each file of a run; those that cannot be made say why.

    A retry has no list of its own: the copies are then those of the run whose rows it sends, in that run's folder.

    Raises:
        UsageError: the run has no rows yet, or the run that it is a retry of is gone.
    """
    while (before := folder.record().retry_of) is not None:
        folder = RunFolder.find(folder.path.parent, before)
    folder.check_written()
    record = folder.record()
    with folder.locked():
        names = _names(record)
        return [_copy(folder, record, settings, file, name) for file, name in names.items()]


def _names(record: Record) -> dict[str, str]:
    """Return the name of each file's copy, every one different."""
    names: dict[str, str] = {}
    for file in dict.fromkeys(source.file for source in record.sources):
        stem = re.sub(r"[^\w.() -]", "-", PurePosixPath(file).name)
        stem = stem.rpartition(".")[0] or stem
        wanted = f"marked-{stem[:_LONGEST]}"
        taken = {name.lower() for name in names.values()}
        options = (f"{wanted}.xlsx" if n == 1 else f"{wanted}-{n}.xlsx" for n in range(1, len(taken) + 2))
        names[file] = next(name for name in options if name.lower() not in taken)
    return names


def _copy(folder: RunFolder, record: Record, settings: Settings, file: str, name: str) -> MarkedCopy:
    sources = [source for source in record.sources if source.file == file]
    moved = move_edited(folder.path / name)
    shown = shown_name(file)
    try:
        own = _own_book(record, sources[0], shown)
        allowed = memory.allowed_mb(settings)
        more = f"Give it more: importer report {folder.run_id} --marked --max-memory {2 * allowed}."
        with (
            bounds.writing(f"The marked copy of {shown}", allowed, more),
            new_file(folder.path / name, "Make room or give permission, and try again.") as part,
        ):
            _make(folder, file, own, part, name)
            _check(folder, sources, part, name)
        remember(folder.path / name)
    except ImporterError as error:
        return MarkedCopy(file, None, str(error), moved)
    return MarkedCopy(file, folder.path / name, "", moved)


def _own_book(record: Record, source: SourceSummary, shown: str) -> Path | None:
    """Return the path of a user's workbook, as the run read it; None for a list in another form.

    Raises:
        ReadError: it is not there any more, or changed since.
    """
    if source.format != _OWN_FORMAT:
        return None
    path = next(path for path, file in record.files if file == source.file)
    try:
        with open_regular(path) as opened:
            is_same = sha256_of(opened) == source.sha256
    except OSError as error:
        raise ReadError(f"The marked copy of {shown} is not made: {path} cannot be read ({error.strerror}).") from None
    if not is_same:
        raise ReadError(
            f"The marked copy of {shown} is not made: {path} was changed since the run read it. Put back the file as "
            "it was."
        )
    return path


def _make(folder: RunFolder, file: str, own: Path | None, part: Path, name: str) -> None:
    order = {
        "folder": str(folder.path.absolute()),
        "file": file,
        "book": own and str(own),
        "out": str(part.absolute()),
        "name": shlex.quote(name),
    }
    child = children.start(
        "importer.reports.marked.child",
        json.dumps(order),
        variables={"POLARS_MAX_THREADS": "2"},
        stdout=subprocess.PIPE,
    )
    try:
        output, _ = child.communicate()
    finally:
        child.kill()  # Ctrl-C, or too much memory, may interrupt the wait: leave no child behind
        child.wait()
    if children.was_stopped(child.returncode):
        raise KeyboardInterrupt
    answer = {}
    with suppress(ValueError):
        answer = json.loads(output)
    problem = answer.get("problem", "is not made: the workbook is damaged, or too large to be changed.")
    if problem is not None:
        raise ReadError(f"The marked copy of {shown_name(file)} {problem}")


def _check(folder: RunFolder, sources: list[SourceSummary], part: Path, name: str) -> None:
    """Read a copy back: raise if ``importer retry`` would take anything in it for a change, or misses a row."""
    file = sources[0].file
    try:
        tables = tied_tables(folder, open_tables(part, name, None), name)
        found = difference(folder, tables, {}, name)
        is_whole = not found.changes and not found.unfit and not found.unnamed and _is_counted(folder, tables, file)
    except (ReadError, RefusedError):
        is_whole = False
    if not is_whole:
        raise ReadError(
            f"The marked copy of {shown_name(file)} is not made: read back, it would not be the same list. The "
            "book has something that cannot be kept, such as values below merged cells. Correct rows in the retry file."
        )


def _is_counted(folder: RunFolder, tables: list[Tied], file: str) -> bool:
    """Return True if the copy has the run's rows of the file, each with an outcome, as many of each as there are."""
    held: Counter[str] = Counter()
    for table in tables:
        held.update(table.rows[RAW + OUTCOME].to_list())
    rows = folder.settled_rows().filter(pl.col("source") == file)
    return sum(held.values()) == rows.select(pl.len()).collect().item() and None not in held
