"""A run's folder: its record, its prepared rows, and how to find it again.

Beside the files that are for others, ``runs/<run-id>/`` holds what resuming needs: ``run.json`` (``Record``) and
``parts/`` (``Parts``), ``drafts/`` before them where survivors are known only at the end.
"""

import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from importer.errors import StoppedError, UsageError
from importer.models.sources import Unreadable
from importer.settings.settings import Settings, UserPath, runs_option
from importer.storage.parts import Parts, opened
from importer.storage.summary import Retried, SourceSummary, Summary, Suppression
from importer.system.new_file import new_file

ROWS = "rows.parquet"
LEDGER = "ledger.sqlite"
"""In the folder of runs."""

_RECORD = "run.json"
_ID = re.compile(r"\d{8}-\d{6}-\d{3}")
_DRAFTS = "drafts"


class Record(BaseModel):
    """What a run remembers of how it was started; settings only, never the key.

    Attributes:
        files: absolute path and the name to show, in the order given; without those that are ``unreadable``.
        base_url: the API's address; ``sandbox:<run-id>`` for an embedded sandbox.
        is_prepared: whether every row has been read and staged.
        is_refused: whether a guard kept everything from being sent.
        rows: rows read so far, as the readers counted them.
        seconds: per stage, summed over the run and its resumptions.
        remarks: what a person should know of the run as a whole.
        suppression: what the suppression lists held; the numbers themselves are in a file of their own.
        retry_of: the run whose corrected rows this one imports.
        retried: by run id, what became of this run's rows when they were imported again, corrected.
    """

    model_config = ConfigDict(extra="forbid")

    run_id: str
    started_at: datetime
    settings: dict[str, Any]
    files: list[tuple[UserPath, str]]
    base_url: str
    sources: list[SourceSummary]
    passed_over: list[SourceSummary]
    unreadable: list[Unreadable] = []
    is_prepared: bool = False
    is_refused: bool = False
    rows: int = 0
    seconds: dict[str, float] = {}
    remarks: list[str] = []
    suppression: Suppression | None = None
    retry_of: str | None = None
    retried: dict[str, Retried] = {}

    def spend(self, stage: str, seconds: float) -> None:
        """Add what a stage took."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's folder."""

    path: Path

    @classmethod
    def create(cls, runs: Path, now: datetime) -> "RunFolder":
        """A new folder for a run that starts now, named by the time; only its owner may read it.

        Raises:
            UsageError: nothing can be written there.
        """
        try:
            runs.mkdir(mode=0o700, parents=True, exist_ok=True)
            while True:
                folder = cls(runs / f"{now:%Y%m%d-%H%M%S-%f}"[:-3])
                try:
                    folder.path.mkdir(mode=0o700)
                except FileExistsError:
                    now += timedelta(milliseconds=1)
                else:
                    return folder
        except OSError as error:
            raise _unusable(runs, error) from None

    @classmethod
    def find(cls, runs: Path, name: str) -> "RunFolder":
        """The run that a person means: its id, its folder, or ``latest``.

        Raises:
            UsageError: there is no such run, the message lists the last ones there are; or the folder cannot be read.
        """
        known = [folder.run_id for folder in all_runs(runs)]
        if name == "latest" and known:
            return cls(runs / known[-1])
        for path in (runs / name, Path(name)):
            if _has_record(path):
                return cls(path)
        there = f"The last ones are: {', '.join(known[-5:])}." if known else "There is none yet."
        raise UsageError(f"There is no run {name} in {runs}. {there}")

    @property
    def run_id(self) -> str:
        """The run's id: the folder's name."""
        return self.path.name

    def parts(self) -> Parts:
        """The run's prepared rows."""
        return Parts(self.path / "parts", lambda: way_out(self.path))

    def drafts(self) -> Parts:
        """The rows before the stages that must know all of them; only where these cannot settle rows as they come."""
        return Parts(self.path / _DRAFTS, lambda: way_out(self.path))

    def drop_drafts(self) -> None:
        """Remove the drafts, of which parts were made."""
        shutil.rmtree(self.path / _DRAFTS, ignore_errors=True)

    def rows(self) -> pl.LazyFrame:
        """All rows read so far, in order: the parts, and the drafts of which no parts were made yet."""
        parts = self.parts()
        if not (self.path / _DRAFTS).exists():
            return parts.scan()
        prepared = sum(parts.rows_by_table().values())
        return pl.concat([parts.scan(), self.drafts().scan().filter(pl.col("position") >= prepared)], how="diagonal")

    def record(self) -> Record:
        """What the run remembers.

        Raises:
            UsageError: it is damaged, or of a version that this program does not know.
        """
        try:
            record = Record.model_validate(json.loads((self.path / _RECORD).read_bytes()))
            _check_settings(json.dumps(record.settings, sort_keys=True))
        except OSError as error:
            raise UsageError(f"{self.path / _RECORD} cannot be read ({error.strerror}). Give permission.") from None
        except ValidationError as error:
            names = {str(name) for flaw in error.errors() for name in flaw["loc"][:1]}
            what = f" ({', '.join(sorted(names))})" if names else ""
            raise UsageError(
                f"{self.path / _RECORD} is damaged or of another version{what}. Put back a copy."
            ) from None
        except (RecursionError, ValueError):
            raise UsageError(f"{self.path / _RECORD} is damaged or of another version. Put back a copy.") from None
        return record

    def settled_rows(self) -> pl.LazyFrame:
        """The rows of ``rows.parquet``, lazily.

        Raises:
            StoppedError: it is damaged; what the run did is in the ledger, and the file can be written again.
        """
        return opened([self.path / ROWS], f"Write it again: importer report {self.run_id}")

    def check_written(self) -> None:
        """Raise if the run was stopped before its rows were written.

        Raises:
            UsageError: naming the command that writes them.
        """
        if not (self.path / ROWS).is_file():
            raise UsageError(f"Run {self.run_id} has no {ROWS}. Run: importer resume {self.run_id}")

    def remembered(self) -> Record:
        """What the run remembers; a kill in the middle of reading left no count of its rows: the staged ones count.

        Raises:
            UsageError: as ``record``.
        """
        record = self.record()
        if not record.is_prepared:
            record.rows = self.rows().select(pl.len()).collect().item()
        return record

    def settings(self) -> Settings:
        """The settings that the run was started with."""
        return Settings(**self.record().settings)

    def save(self, record: Record) -> None:
        """Write the record, whole or not at all."""
        with new_file(self.path / _RECORD, way_out(self.path)) as part:
            part.write_text(json.dumps(record.model_dump(mode="json"), indent=2) + "\n", "utf-8")

    def summary(self) -> Summary | None:
        """The run's summary; None where a kill left none, or what is there cannot be read."""
        try:
            return Summary.read(self.path)
        except (OSError, ValueError):
            return None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run: two processes never work on one.

        Raises:
            StoppedError: another process holds it.
        """
        with held(self.path / ".lock", f"Run {self.run_id} is being worked on by another process."):
            yield


@lru_cache(maxsize=64)
def _check_settings(text: str) -> None:
    """Read settings (JSON) as a run would; kept, as it takes most of a listing and hundreds of runs have the same.

    Raises:
        ValidationError: naming what cannot be used.
    """
    Settings(**json.loads(text))


@contextmanager
def held(path: Path, what_holds: str) -> Iterator[None]:
    """Hold a lock file, or say at once who else does.

    Raises:
        StoppedError: ``what_holds``, and to wait.
    """
    lock = FileLock(path, timeout=1, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise StoppedError(f"{what_holds} Wait until it has ended and try again.") from None
    except OSError as error:
        raise StoppedError(
            f"{path.parent} cannot be written ({error.strerror}). Give permission and try again."
        ) from None
    try:
        yield
    finally:
        lock.release()


def way_out(folder: Path) -> str:
    """What to type where a file of a run could not be written: it ends what was begun, and writes all files.

    A run that sends nothing more is not resumed: its reports are written again.
    """
    run = RunFolder(folder)
    command = "resume"
    with suppress(UsageError):  # a run's record is the first file that it writes
        record, summary = run.record(), run.summary()
        is_over = summary is not None and summary.status == "complete"
        command = "report" if is_over or record.is_refused or record.settings.get("dry_run") else "resume"
    return f"Make room or give permission, then run: importer {command} {run.run_id}{runs_option(folder.parent)}"


def all_runs(runs: Path) -> list[RunFolder]:
    """The runs of a folder in the order in which they began, by their ids; folders of other names come first.

    None where there is no such folder.

    Raises:
        UsageError: the folder cannot be read.
    """
    try:
        os.stat(f"{runs}/.")  # noqa: PTH116 - a Path drops the dot, which asks whether the folder may be entered
        folders = [RunFolder(path) for path in runs.iterdir() if _has_record(path)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unusable(runs, error) from None
    return sorted(folders, key=lambda folder: (_ID.fullmatch(folder.run_id) is not None, folder.run_id))


def _has_record(folder: Path) -> bool:
    """Whether a folder is a run's; one that must not be entered is by its name, so that it is not passed over."""
    try:
        return stat.S_ISREG((folder / _RECORD).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return folder.name[:8].isdecimal()


def _unusable(runs: Path, error: OSError) -> UsageError:
    return UsageError(
        f"The folder {runs} cannot be used for runs ({error.strerror}). Give permission or make room, or name another "
        "with --runs."
    )
