"""``Run``: what a call gives back, and the arguments that all calls read in the same way."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import polars as pl
from pydantic import SecretStr

from importer.errors import UsageError
from importer.pipeline.library.watched import Progress
from importer.settings.options import StrPath
from importer.settings.settings import Settings, load_settings
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary

OnProgress = Callable[[Progress], None]
Key = SecretStr | str | None


@dataclass(frozen=True, slots=True)
class Run:
    """One run; everything is read from its folder when it is asked for, so it is never out of date.

    Attributes:
        folder: absolute path of ``runs/<run-id>``; ``report.html`` lies there, and the other files that
            ``summary.files`` names.
    """

    folder: Path

    @classmethod
    def find(cls, name: str = "latest", *, runs: StrPath | None = None) -> Self:
        """Return an earlier run, by its id or folder, or the latest.

        Raises:
            UsageError: there is no such run.
        """
        return cls(RunFolder.find(settings_of({"runs": runs}).runs, name).path.absolute())

    @property
    def run_id(self) -> str:
        """Return the run's id."""
        return self.folder.name

    @property
    def summary(self) -> Summary:
        """Return the run's account in figures, what ``summary.json`` holds.

        ``imported + skipped + errored + unconfirmed + planned == rows`` if ``balanced``; ``exit_code`` is the
        command's, 0 if every row was imported or skipped.

        Raises:
            UsageError: the run was killed before it could write one.
        """
        found = RunFolder(self.folder).summary()
        if found is None:
            raise UsageError(f"Run {self.run_id} has no summary yet. Run: importer resume {self.run_id}")
        return found

    def rows(self) -> pl.LazyFrame:
        """Return every row that was read, in order: exactly one ``outcome`` each.

        Columns, among others: ``source``, ``sheet``, ``row`` (as a spreadsheet shows it), ``outcome``, ``reason``,
        ``detail``, ``phone`` (E.164), ``first_name``, ``last_name``, ``email``, ``metadata`` (JSON text), ``kept_row``
        (of a duplicate), ``batch``, ``contact_id``, ``changes``, and each original column as ``raw:<column>``, text.

        Raises:
            UsageError: the run was stopped before its rows were written.
            StoppedError: the file is damaged.
        """
        folder = RunFolder(self.folder)
        folder.check_written()
        return folder.settled_rows()


def paths_of(files: StrPath | Iterable[StrPath]) -> list[Path]:
    """Return the files as paths, whether one was given or several."""
    several = [files] if isinstance(files, str | os.PathLike) else files
    return [Path(file) for file in several]


def settings_of(given: dict[str, Any], profile: StrPath | None = None) -> Settings:
    """Load settings from the arguments that were given, the environment, the profile and defaults."""
    flags = {name: value for name, value in given.items() if value is not None}
    return load_settings(flags, None if profile is None else Path(profile))


def folder_of(run: Run | StrPath, settings: Settings) -> RunFolder:
    """Return the folder of a run that was handed on, or that is named as in a command.

    Raises:
        UsageError: there is no such run.
    """
    return RunFolder(run.folder) if isinstance(run, Run) else RunFolder.find(settings.runs, os.fspath(run))


def run_in(folder: RunFolder) -> Run:
    """Return the run of a folder; its path is absolute, because the caller may change the current folder."""
    return Run(folder.path.absolute())


def secret(key: Key) -> SecretStr | None:
    """Return a key that is never printed; None if none was given."""
    return SecretStr(key) if isinstance(key, str) else key
