"""The plan of an import: the tables that it will read, with their mappings."""

import os
import stat
from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from glob import glob, has_magic
from pathlib import Path

import polars as pl

from importer.errors import MappingError, ReadError, UsageError
from importer.models.frames import RAW, size_bytes
from importer.models.mappings import Mapping
from importer.models.sources import Source, Unreadable
from importer.models.watching import Watch
from importer.pipeline import memory
from importer.pipeline.mapper import Asking, Mapper
from importer.readers.formats import open_tables
from importer.readers.table import Table, rows_of
from importer.settings.settings import Settings, shown_name
from importer.system import bounds
from importer.system.places import address_of, at_hand, matching

SAMPLE_ROWS = 2_000
SAMPLE_CELLS = 2 << 20
_MOST_NAMED = 20
_SKIP = "--skip-unreadable"


@dataclass(frozen=True, slots=True)
class Plan:
    """The tables that an import will read, each with its mapping.

    Attributes:
        tables: each table with its mapping, in the order of the rows.
        passed_over: sheets without a phone column, in workbooks in which another sheet has one.
        passed_over_because: for each of them, why it holds none.
        unreadable: files that are left out because they cannot be read.
        row_bytes: mean size of a row as read, of the table with the largest rows.
        copies: of each list in object storage, its address by the path of the copy that was opened, which is gone.
    """

    tables: tuple[tuple[Table, Mapping], ...] = ()
    passed_over: tuple[Source, ...] = ()
    passed_over_because: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    row_bytes: float = 0.0
    copies: Names[Path, Path] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """Return the size of all tables' files; a workbook counts once for each of its sheets."""
        return sum(table.source.size_bytes for table, _ in self.tables)


def make_plan(
    files: Sequence[tuple[Path, str]], settings: Settings, watch: Watch, asking: Asking | None = None
) -> Plan:
    """Open every file, then map the columns of each; each file comes with the name to show.

    Raises:
        ReadError: a file cannot be read, and is not to be left out; or none can. Raised before any question.
        MappingError: a file has no sheet with a phone column; not if nothing is imported (``inspect``).
        UndecidedError: it is not sure which column fills a field, and nobody answered.
    """
    mapper = Mapper(settings, asking or Asking(), watch)
    # Every file is opened before the first question: nobody answers for a run that then fails on its last file.
    tables: list[tuple[Table, Mapping]] = []
    passed_over: list[tuple[Source, MappingError]] = []
    row_bytes = 0.0
    copies: dict[Path, Path] = {}
    is_skipping = settings.skip_unreadable or mapper.is_look
    opened_files, unreadable = _opened(files, settings, copies, is_skipping=is_skipping)
    for opened in opened_files:
        refusals: list[tuple[Source, MappingError]] = []
        before = len(tables)
        for table, rows in opened:
            row_bytes = max(row_bytes, size_bytes(rows) / max(rows.height, 1))
            try:
                with bounds.reading(table.source.file, memory.allowed_mb(settings)):
                    mapping = mapper.map(table.source, rows, is_one_of=len(opened))
                tables.append((table, mapping))
            except MappingError as refusal:
                refusals.append((table.source, refusal))
        if len(tables) == before and not mapper.is_look:
            raise refusals[0][1]
        passed_over += refusals
    mapper.keep(datetime.now(UTC).date())  # only now: answers of a run that was refused halfway are not kept
    return Plan(
        tables=tuple(tables),
        passed_over=tuple(source for source, _ in passed_over),
        passed_over_because=tuple(str(refusal) for _, refusal in passed_over),
        unreadable=tuple(unreadable),
        row_bytes=row_bytes,
        copies=copies,
    )


def _opened(
    files: Sequence[tuple[Path, str]], settings: Settings, copies: dict[Path, Path], *, is_skipping: bool
) -> tuple[list[list[tuple[Table, pl.DataFrame]]], list[Unreadable]]:
    """Return the tables of each file with their first rows, and the files that cannot be read.

    An object is copied while its tables are looked at: ``copies`` gets the copy's path and its own.

    Raises:
        ReadError: a file cannot be read, unless ``is_skipping`` and another can.
    """
    opened: list[list[tuple[Table, pl.DataFrame]]] = []
    unreadable: list[Unreadable] = []
    for path, name in files:
        try:
            with at_hand(path) as here, bounds.reading(name, memory.allowed_mb(settings)):
                opened.append([(table, sample(table)) for table in open_tables(here, name, settings.sheet)])
            if here != path:
                copies[here] = path
        except FileNotFoundError:
            raise UsageError(f"There is no object {address_of(path)}.") from None
        except ReadError as error:
            if len(files) == 1:
                raise
            unreadable.append(Unreadable(name, str(error)))
    if unreadable and not (opened and is_skipping):
        offer = f" Nothing was sent. Mend them, or leave them out: add {_SKIP}." if opened else ""
        raise ReadError(f"{listed(unreadable, len(files))}{offer}")
    return opened, unreadable


def listed(unreadable: Sequence[Unreadable], files: int) -> str:
    """Say how many of the ``files`` cannot be read, and why."""
    reasons = [one.why for one in unreadable[:_MOST_NAMED]]
    if names := [one.file for one in unreadable[_MOST_NAMED:]]:
        reasons.append(f"Nor can these: {', '.join(names)}.")
    return f"{len(unreadable):,} of {files:,} files cannot be read. {' '.join(reasons)}"


def sample(table: Table) -> pl.DataFrame:
    """Return the table's first rows (at most 2,000), for decisions about its columns."""
    most = rows_of(len(table.source.columns), SAMPLE_ROWS, SAMPLE_CELLS)
    return next(iter(table.chunks(most)), pl.DataFrame(schema=_schema_of(table)))


def _schema_of(table: Table) -> dict[str, type[pl.DataType]]:
    own: dict[str, type[pl.DataType]] = {"row": pl.UInt32, "line": pl.UInt32, "problem": pl.String}
    return own | {"extra_cells": pl.String} | {RAW + column: pl.String for column in table.source.columns}


def named(files: Sequence[Path]) -> list[tuple[Path, str]]:
    """Return the real path of each file, links resolved, and the name to show.

    The name is the file's own, or the path as given if two files have the same name; bytes that are no UTF-8 show as
    escapes. Links are resolved once, so that a run that is resumed reads the file it began with.
    """
    names = [path.name for path in files]
    shown = [name if names.count(name) == 1 else str(path) for path, name in zip(files, names, strict=True)]
    whole = [path if address_of(path) else Path(os.path.realpath(path)) for path in files]
    return [(path, shown_name(name)) for path, name in zip(whole, shown, strict=True)]


def lists_of(files: Sequence[Path], settings: Settings) -> list[Path]:
    """Return the lists that are named; for a cluster also by a folder, a pattern or an address of object storage.

    Raises:
        UsageError: no file is given, or the only one is not there or is a folder; no list is in a folder, or matches.
        StoppedError: a bucket cannot be read.
    """
    if settings.engine != "spark":
        if address := next(filter(None, map(address_of, files)), None):
            raise UsageError(
                f"{address} is in object storage: add --engine spark, or have a job copy it (importer docs jobs)."
            )
        check_files(files)
        return list(files)
    found: list[Path] = []
    for path in files:
        own = _lists_at(path)
        if not own:
            raise UsageError(f"There is no list {address_of(path) or path}. Name files, a folder or a pattern.")
        found += own
    check_files(found)
    return found


def _lists_at(path: Path) -> list[Path]:
    if (address := address_of(path)) is not None:
        # Nothing tells whether an address is a folder: it is, unless its last part has a dot or a ``*``.
        is_folder = "*" not in path.name and "." not in path.name
        return matching(Path(f"{address}/*") if is_folder else path)
    if path.is_dir():
        return sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
    if has_magic(str(path)) and not path.exists():
        return sorted(map(Path, glob(str(path))))  # noqa: PTH207 - a pattern may be absolute
    return [path]


def check_files(files: Sequence[Path]) -> None:
    """Raise if there is no file to read; one of several that cannot be read is reported when files are opened.

    Raises:
        UsageError: no file is given, or the only one does not exist, is a folder or cannot be reached.
    """
    if not files:
        raise UsageError("Give at least one file: importer run contacts.csv")
    for path in files if len(files) == 1 else ():
        try:
            is_folder = stat.S_ISDIR(path.stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(f"There is no file {path}.") from None
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
        if is_folder:
            raise UsageError(f"{path} is a folder. Name its files: importer run {path}/*")
