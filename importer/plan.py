"""What an import will read, and how: its tables with their mappings, and the suppression list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from importer.errors import MappingError, RefusedError, UsageError
from importer.frames import RAW, begin
from importer.mapping import Asking, Mapper
from importer.models.mappings import Mapping
from importer.models.sources import Source
from importer.models.watching import Watch
from importer.readers import open_tables
from importer.readers.table import Table
from importer.settings import Settings
from importer.stages import Stage
from importer.stages.map import Map, choose_mapping
from importer.stages.phones import Phones
from importer.summary import SuppressionList

_SAMPLE_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import will read, and how.

    Attributes:
        tables: each table with its mapping, in the order of the rows.
        passed_over: sheets that hold no phone column, in workbooks where another sheet does.
        passed_over_because: for each of them, why it holds none.
        suppressed: String, E.164: the numbers of the suppression list.
        suppression: what became of that list's entries; None where there is no list.
        row_bytes: what a row takes as read, in the table with the largest ones.
    """

    tables: tuple[tuple[Table, Mapping], ...] = ()
    passed_over: tuple[Source, ...] = ()
    passed_over_because: tuple[str, ...] = ()
    suppressed: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    suppression: SuppressionList | None = None
    row_bytes: float = 0.0

    @property
    def size_bytes(self) -> int:
        """Of all tables; a workbook counts once for each of its sheets."""
        return sum(table.source.size_bytes for table, _ in self.tables)


def make_plan(
    files: Sequence[tuple[Path, str]], settings: Settings, watch: Watch, asking: Asking | None = None
) -> Plan:
    """Open every file and map its columns; each file comes with the name to show. Read the suppression list.

    Raises:
        ReadError: a file cannot be read.
        MappingError: a file has no sheet with a phone column; not where it is only looked at.
        UndecidedError: it is not sure which column fills a field, and nobody answered.
        RefusedError: no entry of the suppression list is a number.
    """
    mapper = Mapper(settings, asking or Asking(), watch)
    tables: list[tuple[Table, Mapping]] = []
    passed_over: list[tuple[Source, MappingError]] = []
    row_bytes = 0.0
    for path, name in files:
        refusals: list[tuple[Source, MappingError]] = []
        opened = open_tables(path, name, settings.sheet)
        before = len(tables)
        for table in opened:
            rows = sample(table)
            row_bytes = max(row_bytes, rows.estimated_size() / max(rows.height, 1))
            try:
                tables.append((table, mapper.map(table.source, rows, is_one_of=len(opened))))
            except MappingError as refusal:
                refusals.append((table.source, refusal))
        if len(tables) == before and not mapper.is_look:
            raise refusals[0][1]
        passed_over += refusals
    mapper.keep(datetime.now(UTC).date())
    suppressed, suppression = _suppressed(settings, watch)
    return Plan(
        tables=tuple(tables),
        passed_over=tuple(source for source, _ in passed_over),
        passed_over_because=tuple(str(refusal) for _, refusal in passed_over),
        suppressed=suppressed,
        suppression=suppression,
        row_bytes=row_bytes,
    )


def sample(table: Table) -> pl.DataFrame:
    """The table's first rows, for decisions about its columns."""
    return next(iter(table.chunks(_SAMPLE_ROWS)), pl.DataFrame(schema=_schema_of(table)))


def _schema_of(table: Table) -> dict[str, type[pl.DataType]]:
    own: dict[str, type[pl.DataType]] = {"row": pl.UInt32, "line": pl.UInt32, "problem": pl.String}
    return own | {"extra_cells": pl.String} | {RAW + column: pl.String for column in table.source.columns}


def named(files: Sequence[Path]) -> list[tuple[Path, str]]:
    """Where each file lies, links followed once and for all, and the name to show.

    That is its own as given, or the path as given where two have one name.
    """
    names = [path.name for path in files]
    shown = [name if names.count(name) == 1 else str(path) for path, name in zip(files, names, strict=True)]
    return [(path.resolve(), name) for path, name in zip(files, shown, strict=True)]


def _suppressed(settings: Settings, watch: Watch) -> tuple[pl.Series, SuppressionList | None]:
    """The numbers of the suppression list, from every phone column of every sheet; its only column needs no name.

    Where it is not sure which column holds them, all that may: a number too many is a contact less, never one too many.
    """
    path = settings.suppress
    if path is None:
        return pl.Series(dtype=pl.String), None
    found: list[pl.Series] = []
    filled = 0
    for table in open_tables(path.resolve(), path.name, None):
        source = table.source
        mapping = Mapping(phones=source.columns)
        columns = source.columns
        if len(source.columns) > 1:
            mapping = choose_mapping(source, sample(table), {})
            phone = mapping.decisions[0]
            columns = mapping.phones if phone.is_sure else tuple(c.column for c in phone.candidates())
        for column in columns:
            read: tuple[Stage, ...] = (
                Map(Mapping(phones=(column,), country=mapping.country)),
                Phones(settings.region),
            )
            for chunk in table.chunks(settings.chunk_rows):
                frame = begin(chunk, source, 0)
                for stage in read:
                    frame = stage(frame)
                filled += frame[RAW + column].count()
                found.append(frame["phone"].drop_nulls())
    phones = pl.concat(found) if found else pl.Series(dtype=pl.String)
    if filled and phones.is_empty():
        raise RefusedError(
            f"The suppression list {path.name} holds no number that can be read, so nothing was sent. "
            "Check the file; numbers without a country need --region."
        )
    if unread := filled - phones.len():
        watch.note(f"{unread:,} entries of the suppression list {path.name} are no valid numbers and suppress nothing.")
    return phones, SuppressionList(file=path.name, entries=filled, unread=unread)


def check_files(files: Sequence[Path]) -> None:
    """Refuse what is plainly not a list of files before anything is opened.

    Raises:
        UsageError: no file, or one that is not there.
    """
    if not files:
        raise UsageError("Give at least one file: importer run contacts.csv")
    for path in files:
        if path.is_dir():
            raise UsageError(f"{path} is a folder. Name its files: importer run {path}/*")
        if not path.exists():
            raise UsageError(f"There is no file {path}.")
