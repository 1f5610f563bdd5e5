"""Suppression lists as they are now: read once for each content, and kept as hashes of their numbers.

``suppression/`` in the folder of runs has for each content, and each way to read it, ``<key>.numbers`` and
``<key>.json``: what was told of it. A list that did not change is not read again.
"""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

from importer import __version__
from importer.errors import RefusedError, StoppedError
from importer.models.frames import RAW, begin
from importer.models.mappings import Mapping
from importer.models.number_set import Hashes, HashList, NumberSet, hashed
from importer.models.watching import Watch
from importer.pipeline import memory
from importer.pipeline.plan import sample
from importer.readers.formats import open_tables
from importer.settings.settings import Settings, shown_name
from importer.stages import Stage
from importer.stages.map import Map, choose_mapping, numbers_alone
from importer.stages.phones import Phones
from importer.storage.number_files import open_numbers, salt_of, write_numbers
from importer.storage.summary import SuppressionList
from importer.system import bounds
from importer.system.new_file import new_file
from importer.system.opening import open_regular, sha256_of

FOLDER = "suppression"
_ROWS_TOLD = 10
_READER = 1
"""Grows where the same list would be read differently."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Suppression lists as they are now: their numbers, and what is told of each."""

    numbers: NumberSet = field(default_factory=NumberSet)
    told: tuple[SuppressionList, ...] = ()


def read_lists(paths: Iterable[Path], settings: Settings, watch: Watch, *, keeps: bool = True) -> Lists:
    """Read every list; its numbers are read as the run's are, with the same ``--region``.

    Args:
        paths: of the lists.
        settings: of the run.
        watch: gets a note of entries that are no numbers.
        keeps: their hashes are kept in the folder of runs; if False, nothing is written.

    Raises:
        ReadError: a list cannot be read.
        RefusedError: no entry of a list is a number.
        StoppedError: the hashes cannot be kept.
    """
    return together([read_list(path, settings, watch, keeps=keeps) for path in paths])


def together(lists: Sequence[Lists]) -> Lists:
    """Return several lists as one."""
    numbers = NumberSet()
    for one in lists:
        numbers = numbers.joined(one.numbers)
    return Lists(numbers, tuple(told for one in lists for told in one.told))


def read_list(path: Path, settings: Settings, watch: Watch, *, keeps: bool = True) -> Lists:
    """Read one list, or take what was kept of its content.

    Raises:
        ReadError, RefusedError, StoppedError: as ``read_lists``.
    """
    name, read_at = shown_name(path.name), datetime.now(UTC)
    store = settings.runs / FOLDER
    found = None
    # A list that is not there is told by its reader.
    with suppress(OSError), open_regular(Path(os.path.realpath(path))) as file:
        found = _kept(store, _key(sha256_of(file), path, settings))
    if found is None:
        with bounds.reading(name, memory.allowed_mb(settings)):
            found = _read(path, name, settings, store if keeps else None)
    numbers, told = found
    if told.unread:
        rows = ", ".join(f"{row:,}" for row in told.unread_rows)
        which = "rows such as" if told.unread > len(told.unread_rows) else "rows" if told.unread > 1 else "row"
        where = f" ({which} {rows})" if rows else ""
        watch.note(
            f"The suppression list {name}: {told.unread:,} of {told.entries:,} entries suppress nothing, being no "
            f"valid numbers{where}. Correct them there; those without a country need --region."
        )
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    facts = {"file": name, "read_at": _second(read_at), "written_at": _second(written_at)}
    return Lists(NumberSet((numbers,)), (told.model_copy(update=facts),))


def _key(digest: str, path: Path, settings: Settings) -> str:
    """Return the name of what is kept of a list: by its content, and all else that its numbers depend on."""
    reading = [_READER, __version__, version("phonenumbers"), digest, path.suffix.lower(), settings.region]
    return sha256(json.dumps(reading).encode()).hexdigest()[:32]


def _kept(store: Path, key: str) -> tuple[HashList, SuppressionList] | None:
    """Return what is kept of a content; None if nothing is, or it is damaged."""
    try:
        told = SuppressionList.model_validate_json((store / f"{key}.json").read_bytes())
        return open_numbers(store / f"{key}.numbers"), told
    except (OSError, ValueError):
        return None


def _keep(store: Path, key: str, hashes: Hashes, salt: bytes, told: SuppressionList) -> HashList:
    way_out = "Make room or give permission; nothing was sent."
    try:
        store.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoppedError(f"{store} cannot be written ({error.strerror}). {way_out}") from None
    numbers = write_numbers(store / f"{key}.numbers", salt, hashes, way_out)
    with new_file(store / f"{key}.json", way_out) as part:
        part.write_text(told.model_dump_json() + "\n", "utf-8")
    return numbers


def _salt(runs: Path) -> bytes:
    try:
        return salt_of(runs)
    except OSError as error:
        raise StoppedError(f"{runs} cannot be written ({error.strerror}). Give permission.") from None


def _read(path: Path, name: str, settings: Settings, store: Path | None) -> tuple[HashList, SuppressionList]:
    """Read one list: every phone column of every sheet; a single column needs no header that says so.

    Every column that may hold phones counts, even another person's: to suppress a number too many costs a contact, to
    suppress one too few sends to somebody who said no.
    """
    found: list[Hashes] = []
    unread: list[int] = []
    filled, digest, salt = 0, "", bytes(16)
    for table in open_tables(Path(os.path.realpath(path)), name, None):
        # Drawn once the list is open: one that cannot be opened leaves no folder behind.
        salt = bytes(16) if store is None else _salt(settings.runs)
        source, digest = table.source, table.source.sha256
        mapping = Mapping(phones=source.columns)
        columns = source.columns
        if len(source.columns) > 1:
            mapping = choose_mapping(source, sample(table), {})
            columns = tuple(candidate.column for candidate in mapping.decisions[0].candidates())
        for column in columns:
            read: tuple[Stage, ...] = (Map(numbers_alone(mapping, column)), Phones(settings.region))
            for chunk in table.chunks(settings.chunk_rows):
                # Whatever is wrong with a row, its number is suppressed: headings of people who said no are usual here.
                frame = begin(chunk.with_columns(problem=pl.lit(None, pl.String)), source, 0)
                for stage in read:
                    frame = stage(frame)
                filled += frame[RAW + column].count()
                found.append(hashed(frame["phone"].drop_nulls(), salt))
                if len(unread) < _ROWS_TOLD:
                    wrong = frame.filter(pl.col(RAW + column).is_not_null() & pl.col("phone").is_null())
                    unread += wrong["row"].head(_ROWS_TOLD - len(unread)).to_list()
    count = sum(map(len, found))
    if filled and not count:
        raise RefusedError(
            f"The suppression list {name} holds no number that can be read, so nothing was sent. "
            "Check the file; numbers without a country need --region."
        )
    hashes = _ascending(found)
    told = SuppressionList(
        file=name,
        sha256=digest,
        entries=filled,
        unread=filled - count,
        unread_rows=unread,
        numbers=len(hashes),
    )
    if store is None:
        return HashList(salt, len(hashes), None, hashes), told
    key = _key(digest, path, settings)
    told.kept = f"{key}.numbers"
    return _keep(store, key, hashes, salt, told), told


def _ascending(found: list[Hashes]) -> Hashes:
    """Return hashes in order, each once; ``found`` is emptied, as all of them twice may be a gigabyte."""
    hashes = np.concatenate([np.empty(0, np.uint64), *found])
    found.clear()
    hashes.sort()
    is_new = np.ones(len(hashes), dtype=bool)
    is_new[1:] = hashes[1:] != hashes[:-1]
    return hashes if is_new.all() else hashes[is_new]


def _second(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
