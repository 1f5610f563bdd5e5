"""Answers of people about the columns of their lists, kept for the next list with the same header.

They are in ``mappings.json`` in the folder of runs, readable by its owner alone. The key is a fingerprint of the
header: a file's name says nothing about its columns. Answers about a list without a header are not kept.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from importer.errors import UsageError
from importer.models.frames import OURS
from importer.models.sources import Source
from importer.system.new_file import new_file

FILE_NAME = "mappings.json"

_Field = Literal["phone", "first_name", "last_name", "full_name", "email", "country", "consent"]


class Answer(BaseModel):
    """The answer about one header: its columns, and for each field the columns that fill it; if empty, none does."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    answered: date
    columns: list[str]
    map: dict[_Field, list[str]]


class _Book(BaseModel):
    """The file: answers by the fingerprint of their header."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    version: Literal[1] = 1
    headers: dict[str, Answer] = {}


class Answers:
    """The answers of one folder of runs; several processes may change them.

    Raises:
        UsageError: the file is damaged.
    """

    def __init__(self, runs: Path) -> None:
        self._path = runs / FILE_NAME
        self._book = self._read()

    def find(self, source: Source) -> Answer | None:
        """Return the answer about lists with this header; None if there is none."""
        return self._book.headers.get(_fingerprint(source)) if source.has_names else None

    def remember(self, said: Sequence[tuple[Source, Mapping[str, Sequence[str]]]], today: date) -> None:
        """Keep the answers about each header; fields without an answer stay as they were."""
        said = [(source, fields) for source, fields in said if fields and source.has_names]
        if not said:
            return
        with self._changed() as headers:
            for source, fields in said:
                key = _fingerprint(source)
                before = headers[key].map if key in headers else {}
                merged = before | {field: list(columns) for field, columns in fields.items()}
                answer = {"answered": today, "columns": _own_columns(source), "map": merged}
                headers[key] = Answer.model_validate(answer)

    def forget(self, source: Source) -> None:
        """Remove the answer about this header, if there is one."""
        if self.find(source) is not None:
            with self._changed() as headers:
                headers.pop(_fingerprint(source), None)

    def drop(self, is_wanted: Callable[[Answer], bool]) -> None:
        """Remove the answers that are wanted gone, whichever header they are about."""
        if any(map(is_wanted, self._book.headers.values())):
            with self._changed() as headers:
                for key in [key for key, answer in headers.items() if is_wanted(answer)]:
                    del headers[key]

    def _read(self) -> _Book:
        """Read the file; return an empty book if there is none."""
        try:
            return _Book.model_validate_json(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return _Book()
        except OSError as error:
            raise self._unusable(error) from None
        except (UnicodeDecodeError, ValidationError):
            raise UsageError(
                f"{self._path}, where answers about columns are kept, is damaged. Repair it, or "
                "delete it: then what is not sure is asked again."
            ) from None

    @contextmanager
    def _changed(self) -> Iterator[dict[str, Answer]]:
        """Give the answers as they are on the disk now, to be changed; then write them, whole or not at all."""
        lock = FileLock(self._path.with_name(f".{FILE_NAME}.lock"), mode=0o600)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire()
        except OSError as error:
            raise self._unusable(error) from None
        try:
            # Under the lock, again: another process may have added answers since.
            self._book = self._read()
            yield self._book.headers
            text = json.dumps(self._book.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
            with new_file(self._path, "Make room or give permission.") as unfinished:
                unfinished.write_text(text, "utf-8")
        finally:
            lock.release()

    def _unusable(self, error: OSError) -> UsageError:
        return UsageError(
            f"{self._path}, where answers about columns are kept, cannot be used ({error.strerror}). Give "
            "permission or make room, or name another folder of runs with --runs."
        )


def _own_columns(source: Source) -> list[str]:
    """Return the columns of the list itself, without those that the importer added."""
    return [column for column in source.columns if not column.startswith(OURS)]


def _fingerprint(source: Source) -> str:
    """Return the key of a list's header."""
    return sha256(json.dumps(_own_columns(source)).encode()).hexdigest()[:32]
