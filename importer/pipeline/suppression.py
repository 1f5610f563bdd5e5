"""The suppression lists of a run: read anew by every command that sends, and united with all that they held before.

A number that was on a list whenever a command of the run read it is not sent by the run, nor by retries of its rows.
The run keeps those numbers in its folder, because a list may lose entries while the run is stopped.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from importer.errors import RefusedError, UsageError
from importer.models.frames import RAW, begin
from importer.models.mappings import Mapping
from importer.models.watching import Watch
from importer.pipeline import memory
from importer.pipeline.plan import sample
from importer.readers.formats import open_tables
from importer.settings.settings import Settings, shown_name
from importer.stages import Stage
from importer.stages.map import Map, choose_mapping, numbers_alone
from importer.stages.phones import Phones
from importer.stages.suppress import Suppressed
from importer.storage.run_folder import Record, RunFolder
from importer.storage.summary import Suppression, SuppressionList
from importer.system import bounds
from importer.system.new_file import new_file

NUMBERS = "suppressed.parquet"
"""In a run's folder: ``phone`` (UInt64, E.164 without its plus) and ``is_late``: added after the run began."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Suppression lists as they are now: their numbers (String, E.164, unique), and the summary of each list."""

    phones: pl.Series
    told: tuple[SuppressionList, ...] = ()


def read_lists(paths: Iterable[Path], settings: Settings, watch: Watch) -> Lists:
    """Read every list; its numbers are read as the run's are, with the same ``--region``.

    Raises:
        ReadError: a list cannot be read.
        RefusedError: no entry of a list is a number.
    """
    return _together([_bounded(path, settings, watch) for path in paths])


def read_again(remembered: Sequence[Path], more: Iterable[Path], settings: Settings, watch: Watch, then: str) -> Lists:
    """Read the lists that a run had and those that a person adds, as they are now.

    Args:
        remembered: by the run.
        more: named now.
        settings: of the run.
        watch: gets a note of entries that are no numbers.
        then: the command to type once a list is back.

    Raises:
        ReadError: a list that is named now cannot be read.
        RefusedError: one that the run had cannot be read any more, or no entry of it is a number.
    """
    fresh = read_lists([path for path in more if path not in remembered], settings, watch)
    before = []
    for path in remembered:
        try:
            before.append(_bounded(path, settings, watch))
        except (OSError, UsageError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise RefusedError(
                f"The suppression list {path} cannot be read any more, so nothing was sent: {why} Put the list back, "
                f"then run: {then}"
            ) from None
        except RefusedError as error:
            raise RefusedError(f"{error} Then run: {then}") from None
    return _together([*before, fresh])


def begun(folder: RunFolder, record: Record, lists: Lists) -> Suppressed:
    """Return the numbers that a new run must not send, after writing them to its folder.

    Written before the run's record: no record names lists whose numbers are not there.

    Raises:
        StoppedError: the numbers cannot be written.
    """
    suppressed = Suppressed(at_start=lists.phones)
    if lists.told or not lists.phones.is_empty():
        told = list(lists.told)
        record.suppression = Suppression(at_start=told, last_read=told, numbers=lists.phones.len())
        _keep(folder, suppressed, "start the run again")
    return suppressed


def renewed(folder: RunFolder, record: Record, more: Sequence[Path], watch: Watch) -> Suppressed:
    """Return the numbers that a run must not send from now on: all that its lists, old and added, hold or ever held.

    They are kept with the run; what is new is noted.

    Raises:
        ReadError: a list that is named now cannot be read.
        RefusedError: one that the run had, or the numbers that it kept, cannot be read any more.
        StoppedError: the numbers cannot be written.
    """
    before, settings = kept(folder, record), Settings(**record.settings)
    paths = tuple(dict.fromkeys([*settings.suppress, *more]))
    if not paths:
        return before or Suppressed()
    then = f"importer resume {folder.run_id}"
    now = read_again(settings.suppress, more, settings, watch, then)
    if before is None and record.suppression is not None:  # an earlier version began the run and kept no numbers
        before = Suppressed(at_start=now.phones)
    before = before or Suppressed()
    known = before.numbers
    added = now.phones.filter(~now.phones.is_in(known.implode()))
    after = Suppressed(before.at_start, pl.concat([before.since, added]))
    _note_changes(watch, added.len(), known.len() + added.len() - now.phones.len())
    _keep(folder, after, then)
    record.suppression = Suppression(
        at_start=record.suppression.at_start if record.suppression else [],
        last_read=list(now.told),
        numbers=after.numbers.len(),
    )
    record.settings["suppress"] = [str(path) for path in paths]
    folder.save(record)
    return after


def handed_down(before: RunFolder, settings: Settings, more: Sequence[Path], watch: Watch, then: str) -> Lists:
    """Return the numbers that a retry must not send: those of the run that it corrects, and of the lists it adds.

    Raises:
        ReadError, RefusedError: as ``renewed``.
    """
    known = kept(before, before.record()) or Suppressed()
    now = read_again(settings.suppress, more, settings, watch, then)
    return Lists(_united([known.numbers, now.phones]), now.told)


def kept(folder: RunFolder, record: Record) -> Suppressed | None:
    """Return the suppressed numbers kept with a run; None if it never had a list, or an earlier version began it.

    Raises:
        RefusedError: they cannot be read, or are gone.
    """
    path = folder.path / NUMBERS
    told = record.suppression.at_start + record.suppression.last_read if record.suppression else []
    if not path.exists() and all(list_.sha256 is None for list_ in told):
        return None
    try:
        numbers = pl.read_parquet(path, glob=False).select("is_late", phone="+" + pl.col("phone").cast(pl.String))
        late = numbers["is_late"]
        return Suppressed(numbers["phone"].filter(~late), numbers["phone"].filter(late))
    except (OSError, PolarsError):
        raise RefusedError(
            f"{path} cannot be read, so it is not known whom run {folder.run_id} must not contact. Nothing was sent. "
            "Put back a copy."
        ) from None


def _keep(folder: RunFolder, suppressed: Suppressed, then: str) -> None:
    """Write the numbers that a run must not send, whole or not at all, and force them to the disk."""
    numbers = pl.DataFrame(
        {
            "phone": suppressed.numbers.str.strip_prefix("+").cast(pl.UInt64),
            "is_late": [False] * suppressed.at_start.len() + [True] * suppressed.since.len(),
        },
        schema_overrides={"is_late": pl.Boolean},
    )
    way_out = f"Make room or give permission, then {then}"
    with new_file(folder.path / NUMBERS, way_out) as unfinished, unfinished.open("wb") as file:
        numbers.write_parquet(file)
        # On the disk before anything is sent: a run that is resumed after a power cut must know these numbers.
        file.flush()
        os.fsync(file.fileno())


def _note_changes(watch: Watch, added: int, gone: int) -> None:
    if added:
        watch.note(f"Numbers that came to the suppression lists since then: {added:,}. Rows with one are not sent.")
    if gone:
        watch.note(
            f"Numbers on no suppression list any more: {gone:,}. This run keeps back rows with one all the same."
        )


def _together(lists: Sequence[Lists]) -> Lists:
    return Lists(_united([list_.phones for list_ in lists]), tuple(told for list_ in lists for told in list_.told))


def _united(numbers: Iterable[pl.Series]) -> pl.Series:
    return pl.concat([pl.Series(dtype=pl.String), *numbers]).unique()


def _bounded(path: Path, settings: Settings, watch: Watch) -> Lists:
    with bounds.reading(shown_name(path.name), memory.allowed_mb(settings)):
        return _read(path, settings, watch)


def _read(path: Path, settings: Settings, watch: Watch) -> Lists:
    """Read one list: every phone column of every sheet; a single column needs no header that says so.

    Every column that may hold phones counts, even another person's: to suppress a number too many costs a contact, to
    suppress one too few sends to somebody who said no.
    """
    name = shown_name(path.name)
    found: list[pl.Series] = []
    filled, read_at, sha256 = 0, datetime.now(UTC), ""
    for table in open_tables(Path(os.path.realpath(path)), name, None):
        source, sha256 = table.source, table.source.sha256
        mapping = Mapping(phones=source.columns)
        columns = source.columns
        if len(source.columns) > 1:
            mapping = choose_mapping(source, sample(table), {})
            columns = tuple(candidate.column for candidate in mapping.decisions[0].candidates())
        for column in columns:
            read: tuple[Stage, ...] = (
                Map(numbers_alone(mapping, column)),
                Phones(settings.region),
            )
            for chunk in table.chunks(settings.chunk_rows):
                # Whatever is wrong with a row, its number is suppressed: headings of people who said no are usual here.
                frame = begin(chunk.with_columns(problem=pl.lit(None, pl.String)), source, 0)
                for stage in read:
                    frame = stage(frame)
                filled += frame[RAW + column].count()
                found.append(frame["phone"].drop_nulls())
    count = sum(phones.len() for phones in found)
    if filled and not count:
        raise RefusedError(
            f"The suppression list {name} holds no number that can be read, so nothing was sent. "
            "Check the file; numbers without a country need --region."
        )
    if unread := filled - count:
        watch.note(
            f"The suppression list {name}: {unread:,} of {filled:,} entries suppress nothing, being no valid numbers. "
            "Correct them there; those without a country need --region."
        )
    told = SuppressionList(
        file=name,
        sha256=sha256,
        read_at=read_at.isoformat(timespec="seconds"),
        entries=filled,
        unread=unread,
    )
    return Lists(_united(found), (told,))
