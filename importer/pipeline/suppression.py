"""The numbers that a run must not send: those of its suppression lists, and of people who were forgotten.

The lists are read anew by every command that sends, and united with all that they held before.
A number that was on a list whenever a command of the run read it is not sent by the run, nor by retries of its rows.
The run keeps their hashes in its folder, because a list may lose entries while the run is stopped.
"""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from importer.errors import RefusedError, UsageError
from importer.models.number_set import HashList, NumberSet
from importer.models.watching import Watch
from importer.pipeline.suppression_lists import Lists, read_list, read_lists, together
from importer.settings.settings import Settings
from importer.stages.suppress import Suppressed
from importer.storage.number_files import FORGOTTEN, bring, open_numbers, salt_of, write_numbers
from importer.storage.run_folder import Record, RunFolder
from importer.storage.summary import Suppression, SuppressionList
from importer.system.new_file import new_file

NUMBERS = "suppressed.json"
"""In a run's folder: the names of its files of numbers (``*.numbers``) by ``at_start`` and ``since``."""

_BEFORE = "suppressed.parquet"
"""What version 0.2 wrote in its place: ``phone`` (UInt64, E.164 without its plus) and ``is_late``."""


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
            before.append(read_list(path, settings, watch))
        except (OSError, UsageError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise RefusedError(
                f"The suppression list {path} cannot be read any more, so nothing was sent: {why} Put the list back, "
                f"then run: {then}"
            ) from None
        except RefusedError as error:
            raise RefusedError(f"{error} Then run: {then}") from None
    return together([*before, fresh])


def begun(folder: RunFolder, record: Record, lists: Lists, runs: Path) -> Suppressed:
    """Return the numbers that a new run must not send, after writing them to its folder.

    Written before the run's record: no record names lists whose numbers are not there. ``runs`` is the folder of runs,
    where the forgotten numbers are.

    Raises:
        StoppedError: the numbers cannot be written.
        RefusedError: the forgotten numbers cannot be read.
    """
    suppressed = Suppressed(at_start=lists.numbers, forgotten=forgotten(runs))
    if lists.told or not lists.numbers.is_empty:
        told = list(lists.told)
        record.suppression = Suppression(at_start=told, last_read=told, numbers=lists.numbers.count())
        return _keep(folder, suppressed, "start the run again")
    return suppressed


def renewed(folder: RunFolder, record: Record, more: Sequence[Path], watch: Watch) -> Suppressed:
    """Return the numbers that a run must not send from now on: all that its lists, old and added, hold or ever held.

    They are kept with the run; what is new is noted.

    Raises:
        ReadError: a list that is named now cannot be read.
        RefusedError: one that the run had, or the numbers that it kept, cannot be read any more.
        StoppedError: the numbers cannot be written.
    """
    runs = folder.path.parent
    before, settings = kept(folder, record), Settings(**record.settings).model_copy(update={"runs": runs})
    paths = tuple(dict.fromkeys([*settings.suppress, *more]))
    if not paths:
        return before or Suppressed(forgotten=forgotten(runs))
    then = f"importer resume {folder.run_id}"
    now = read_again(settings.suppress, more, settings, watch, then)
    if before is None and record.suppression is not None:  # an earlier version began the run and kept no numbers
        before = Suppressed(at_start=now.numbers)
    before = before or Suppressed()
    known = before.on_lists
    added = now.numbers.count_beside(known)
    _note_changes(watch, added, known.count_beside(now.numbers))
    since = before.since
    if added:
        names = {one.path.name for one in known.lists if one.path}
        since = since.joined(NumberSet(tuple(one for one in now.numbers.lists if _name(one) not in names)))
    after = _keep(folder, Suppressed(before.at_start, since, forgotten(runs)), then)
    record.suppression = Suppression(
        at_start=record.suppression.at_start if record.suppression else [],
        last_read=list(now.told),
        numbers=after.on_lists.count(),
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
    return Lists(known.on_lists.joined(now.numbers), now.told)


def kept(folder: RunFolder, record: Record) -> Suppressed | None:
    """Return the suppressed numbers kept with a run; None if it never had a list, or an earlier version began it.

    Raises:
        RefusedError: they cannot be read, or are gone.
    """
    told = record.suppression.at_start + record.suppression.last_read if record.suppression else []
    path = next((folder.path / name for name in (NUMBERS, _BEFORE) if (folder.path / name).exists()), None)
    if path is None and all(list_.sha256 is None for list_ in told):
        return None
    gone = forgotten(folder.path.parent)
    try:
        if path is None:
            path = folder.path / NUMBERS
        if path.name == _BEFORE:
            return replace(_of_before(path), forgotten=gone)
        named = json.loads(path.read_bytes())
        at_start, since = (
            NumberSet(tuple(open_numbers(folder.path / name) for name in named[of])) for of in ("at_start", "since")
        )
        return Suppressed(at_start, since, gone)
    except (OSError, ValueError, KeyError, TypeError, PolarsError):
        raise RefusedError(
            f"{path} cannot be read, or a file that it names, so it is not known whom run {folder.run_id} must not "
            "contact. Nothing was sent. Put back a copy."
        ) from None


def with_hits(folder: RunFolder, suppression: Suppression, phones: pl.Series) -> Suppression:
    """Return what is told of the lists with the rows that each kept back.

    Args:
        folder: the run's.
        suppression: its lists.
        phones: of all rows that are ``suppressed``.
    """

    def told(one: SuppressionList) -> SuppressionList:
        with suppress(OSError, ValueError):
            if one.kept is not None:
                numbers = NumberSet((open_numbers(folder.path / one.kept),))
                return one.model_copy(update={"hits": int(numbers.has(phones).sum())})
        return one  # of an earlier version, or its file is gone

    lists = {of: [told(one) for one in getattr(suppression, of)] for of in ("at_start", "last_read")}
    return suppression.model_copy(update=lists)


def files_of(folder: Path) -> list[Path]:
    """Return the files of a run's folder that hold the numbers it must not send; empty if it has none."""
    return [path for path in (folder / NUMBERS, folder / _BEFORE, *sorted(folder.glob("*.numbers"))) if path.exists()]


def is_of_suppression(name: str) -> bool:
    """Return True if a file of a run's folder has this name because of numbers that must not be sent."""
    return name in {NUMBERS, _BEFORE} or name.endswith(".numbers")


def forgotten(runs: Path) -> NumberSet:
    """Return the numbers that were forgotten in a folder of runs (``importer forget``).

    Raises:
        RefusedError: they cannot be read.
    """
    path = runs / FORGOTTEN
    try:
        return NumberSet((open_numbers(path),))
    except (FileNotFoundError, NotADirectoryError):
        return NumberSet()
    except (OSError, ValueError):
        raise RefusedError(
            f"{path} cannot be read, so it is not known who must not be imported again. Nothing was sent. Put back a "
            "copy."
        ) from None


def _of_before(path: Path) -> Suppressed:
    numbers = pl.read_parquet(path, glob=False).select("is_late", phone="+" + pl.col("phone").cast(pl.String))
    salt = salt_of(path.parent.parent)
    early, late = (numbers.filter(pl.col("is_late") == is_late)["phone"] for is_late in (False, True))
    return Suppressed(NumberSet.of(early, salt), NumberSet.of(late, salt))


def _keep(folder: RunFolder, suppressed: Suppressed, then: str) -> Suppressed:
    """Write the numbers that a run must not send, and force them to the disk; return them as they lie there."""
    way_out = f"Make room or give permission, then {then}"
    kept_lists = {
        of: [_brought(folder.path, one, way_out) for one in getattr(suppressed, of).lists]
        for of in ("at_start", "since")
    }
    names = {of: [_name(one) for one in lists] for of, lists in kept_lists.items()}
    with new_file(folder.path / NUMBERS, way_out) as unfinished, unfinished.open("w", encoding="utf-8") as file:
        file.write(json.dumps(names) + "\n")
        # On the disk before anything is sent: a run that is resumed after a power cut must know these numbers.
        file.flush()
        os.fsync(file.fileno())
    (folder.path / _BEFORE).unlink(missing_ok=True)
    return replace(suppressed, **{of: NumberSet(tuple(lists)) for of, lists in kept_lists.items()})


def _brought(folder: Path, numbers: HashList, way_out: str) -> HashList:
    if numbers.path is None:
        name = sha256(numbers.hashes().tobytes()).hexdigest()[:32]
        return write_numbers(folder / f"{name}.numbers", numbers.salt, numbers.hashes(), way_out)
    try:
        return replace(numbers, path=bring(numbers.path, folder))
    except OSError as error:
        raise RefusedError(f"{numbers.path} cannot be kept in {folder} ({error.strerror}). {way_out}") from None


def _name(numbers: HashList) -> str:
    return numbers.path.name if numbers.path else ""


def _note_changes(watch: Watch, added: int, gone: int) -> None:
    if added:
        watch.note(f"Numbers that came to the suppression lists since then: {added:,}. Rows with one are not sent.")
    if gone:
        watch.note(
            f"Numbers on no suppression list any more: {gone:,}. This run keeps back rows with one all the same."
        )
