"""A run's folder: its record, its prepared rows, and how to find it again.

Beside the reports for people, ``runs/<run-id>/`` holds what resuming needs: ``run.json`` (``Record``) and ``parts/``
(``Parts``). ``drafts/`` come before the parts if duplicates can be chosen only after the last row.
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
from pydantic import BaseModel, ConfigDict, ValidationError

from importer.errors import UsageError
from importer.models.sources import Unreadable
from importer.settings.settings import Settings, UserPath, runs_option
from importer.storage.lock import held
from importer.storage.parts import Parts, opened
from importer.storage.summary import Attestation, Gate, Retried, SourceSummary, Summary, Suppression
from importer.system.new_file import new_file

__all__ = ["LEDGER", "ROWS", "Record", "RunFolder", "all_runs", "held", "way_out"]

ROWS = "rows.parquet"
LEDGER = "ledger.sqlite"
"""Name of the ledger's file, in the folder of runs."""

RECORD = "run.json"
_ID = re.compile(r"\d{8}-\d{6}-\d{3}")
_DRAFTS = "drafts"


class Record(BaseModel):
    """A run's own record: how it was started, and how far it has come. It holds the settings, never the key.

    Attributes:
        started_by: who started the run: the user of the operating system; of a retry, who decided to send it.
        files: absolute path and the name to show, in the order given; without those that are ``unreadable``.
        profile: the TOML file that some of the settings come from; None if there is none.
        base_url: the API's address; ``sandbox:<run-id>`` for the embedded sandbox in that run's folder.
        is_prepared: every row has been read and staged.
        is_refused: a guard kept everything from being sent.
        rows: rows read so far, as the readers counted them.
        seconds: per stage, summed over the run and its resumptions.
        remarks: notes for people about the run as a whole.
        suppression: the suppression lists; the numbers themselves are in a file of their own.
        attestation: somebody's word on consent; None if nobody gave it.
        gates: what was checked before anything was sent; None if that has not happened yet.
        retry_of: the run whose corrected rows this one imports; None if it imports none.
        decided_seq: the last decision on that run's rows that this one knew of; 0 if it imports none.
        retried: by run id, the ends of this run's rows when they were imported again, corrected.
        purged_at: when its rows were removed (``importer purge``); None if they are there.
    """

    model_config = ConfigDict(extra="forbid")

    run_id: str
    started_at: datetime
    started_by: str | None = None
    settings: dict[str, Any]
    files: list[tuple[UserPath, str]]
    profile: UserPath | None = None
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
    attestation: Attestation | None = None
    gates: list[Gate] | None = None
    retry_of: str | None = None
    decided_seq: int = 0
    retried: dict[str, Retried] = {}
    purged_at: datetime | None = None

    def spend(self, stage: str, seconds: float) -> None:
        """Add the seconds that a stage took."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def allow(self, max_memory: int | None) -> None:
        """Change the memory (MB) that the run may take from now on; None leaves it as it is."""
        if max_memory is not None:
            self.settings["max_memory"] = max_memory


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's folder; it reads and writes the files there and keeps nothing in memory."""

    path: Path

    @classmethod
    def create(cls, runs: Path, now: datetime) -> "RunFolder":
        """Create a folder for a run that starts now, named by the time; only its owner may read it.

        Raises:
            UsageError: nothing can be written there.
        """
        try:
            runs.mkdir(mode=0o700, parents=True, exist_ok=True)
            while True:
                folder = cls(runs / run_id_at(now))
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
        """Find the run that a person names by its id, its folder, or ``latest``.

        Raises:
            UsageError: there is no such run (the message lists the last ones), or the folder cannot be read.
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
        """Return the run's id, which is the folder's name."""
        return self.path.name

    def parts(self) -> Parts:
        """Return the run's prepared rows."""
        return Parts(self.path / "parts", lambda: way_out(self.path))

    def drafts(self) -> Parts:
        """Return the rows staged before duplicates are chosen.

        Used only if the survivor is known after the last row (``--keep last``, ``most-complete``, ``merge``).
        """
        return Parts(self.path / _DRAFTS, lambda: way_out(self.path))

    def drop_drafts(self) -> None:
        """Remove the drafts, once parts were made of them."""
        shutil.rmtree(self.path / _DRAFTS, ignore_errors=True)

    def rows(self) -> pl.LazyFrame:
        """Return all rows read so far, in order: the parts, and the drafts of which no parts were made yet."""
        parts = self.parts()
        if not (self.path / _DRAFTS).exists():
            return parts.scan()
        prepared = sum(parts.rows_by_table().values())
        return pl.concat([parts.scan(), self.drafts().scan().filter(pl.col("position") >= prepared)], how="diagonal")

    def record(self) -> Record:
        """Read the run's record.

        Raises:
            UsageError: it is damaged, or of a version that this program does not know.
        """
        try:
            record = Record.model_validate(json.loads((self.path / RECORD).read_bytes()))
            _check_settings(json.dumps(record.settings, sort_keys=True))
        except OSError as error:
            raise UsageError(f"{self.path / RECORD} cannot be read ({error.strerror}). Give permission.") from None
        except ValidationError as error:
            names = {str(name) for flaw in error.errors() for name in flaw["loc"][:1]}
            what = f" ({', '.join(sorted(names))})" if names else ""
            raise UsageError(f"{self.path / RECORD} is damaged or of another version{what}. Put back a copy.") from None
        except (RecursionError, ValueError):
            raise UsageError(f"{self.path / RECORD} is damaged or of another version. Put back a copy.") from None
        return record

    def settled_rows(self) -> pl.LazyFrame:
        """Return the rows of ``rows.parquet``, lazily.

        Raises:
            StoppedError: it is damaged; it can be written again from the ledger.
            UsageError: they were purged.
        """
        self._check_kept()
        return opened([self.path / ROWS], f"Write it again: importer report {self.run_id}")

    def check_written(self) -> None:
        """Raise if the run was stopped before its rows were written.

        Raises:
            UsageError: names the command that writes them, or says that they were purged.
        """
        self._check_kept()
        if not (self.path / ROWS).is_file():
            raise UsageError(f"Run {self.run_id} has no {ROWS}. Run: importer resume {self.run_id}")

    def remembered(self) -> Record:
        """Read the run's record, with the staged rows counted if it was not prepared to the end.

        Raises:
            UsageError: as ``record``.
        """
        record = self.record()
        # A kill while rows were being read left the count of before.
        if not record.is_prepared:
            record.rows = self.rows().select(pl.len()).collect().item()
        return record

    def settings(self) -> Settings:
        """Return the settings that the run was started with."""
        return Settings(**self.record().settings)

    def save(self, record: Record) -> None:
        """Write the record, whole or not at all."""
        with new_file(self.path / RECORD, way_out(self.path)) as part:
            part.write_text(json.dumps(record.model_dump(mode="json"), indent=2) + "\n", "utf-8")

    def summary(self) -> Summary | None:
        """Return the run's summary; None if a kill left none, or it cannot be read."""
        try:
            return Summary.read(self.path)
        except (OSError, ValueError):
            return None

    def purged_at(self) -> datetime | None:
        """Return when the run's rows were purged; None if they are there, or its record cannot be read."""
        with suppress(UsageError):
            return self.record().purged_at
        return None

    @contextmanager
    def locked(self, *, is_purging: bool = False) -> Iterator[None]:
        """Hold the run until the context ends: two processes never work on one.

        Raises:
            StoppedError: another process holds it.
            UsageError: its rows were purged; not with ``is_purging``.
        """
        with held(self.path / ".lock", f"Run {self.run_id} is being worked on by another process."):
            if not is_purging:
                self._check_kept()
            yield

    def _check_kept(self) -> None:
        """Raise if the run's rows were purged."""
        if not (self.path / ROWS).is_file() and (day := self.purged_at()) is not None:
            raise UsageError(
                f"The rows of run {self.run_id} were purged on {day:%Y-%m-%d}. Its figures are in "
                f"{self.path / 'summary.json'}; nothing of it can be corrected, verified or taken back any more."
            )


def run_id_at(now: datetime) -> str:
    """Return the id of a run that starts now."""
    return f"{now:%Y%m%d-%H%M%S-%f}"[:-3]


@lru_cache(maxsize=64)
def _check_settings(text: str) -> None:
    """Raise if settings (JSON) cannot be used.

    Cached: it takes most of the time of a listing, and hundreds of runs have the same settings.

    Raises:
        ValidationError: names the settings.
    """
    Settings(**json.loads(text))


def way_out(folder: Path) -> str:
    """Return what a person can type if a file of a run could not be written: a command that writes all files.

    It resumes the run. If the run sends nothing more, it writes the reports again.
    """
    run = RunFolder(folder)
    command = "resume"
    with suppress(UsageError):  # a run's record is the first file that it writes
        record, summary = run.record(), run.summary()
        is_over = summary is not None and summary.status == "complete"
        command = "report" if is_over or record.is_refused or record.settings.get("dry_run") else "resume"
    return f"Make room or give permission, then run: importer {command} {run.run_id}{runs_option(folder.parent)}"


def all_runs(runs: Path) -> list[RunFolder]:
    """Return the runs of a folder in the order in which they began, by their ids; folders of other names come first.

    Empty if there is no such folder.

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
    """Return True if a folder is a run's; one that must not be entered is judged by its name."""
    # By its name, so that it is not passed over: what it sent would count as never sent.
    try:
        return stat.S_ISREG((folder / RECORD).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return folder.name[:8].isdecimal()


def _unusable(runs: Path, error: OSError) -> UsageError:
    return UsageError(
        f"The folder {runs} cannot be used for runs ({error.strerror}). Give permission or make room, or name another "
        "with --runs."
    )
