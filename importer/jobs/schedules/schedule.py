"""What every scheduler is told: which command to start, when, and where its key lies."""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.errors import UsageError
from importer.settings.job_reading import Job
from importer.settings.settings import Settings

_PATHS = ("ca_file", "client_cert", "runs", "target")
"""Settings that are paths: a scheduler starts the job from another folder."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A daily start of a job.

    Attributes:
        job: to be started.
        program: what starts ``importer`` on this machine.
        options: of ``importer job run``, as they were given to ``install``.
        variables: settings of this environment (``IMPORTER_…``), which a scheduler would not know; no secret is one.
        key_variable: the environment variable of the API's key.
        key_file: the file of the key; None if the job needs none.
        hour: of the day.
        minute: of that hour.
    """

    job: Job
    program: list[str]
    options: list[str]
    variables: dict[str, str]
    key_variable: str
    key_file: Path | None
    hour: int
    minute: int

    @property
    def command(self) -> list[str]:
        """Return the whole command."""
        return [*self.program, "job", "run", str(self.job.path), *self.options]

    @property
    def folder(self) -> Path:
        """Return the job's own folder."""
        return self.job.path.parent

    @property
    def name(self) -> str:
        """Return the name under which schedulers list the job."""
        return f"importer-{self.job.name}"

    @property
    def cron(self) -> str:
        """Return the time as cron writes it."""
        return f"{self.minute} {self.hour} * * *"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a scheduler needs, and what a person does with it.

    Attributes:
        text: of the file.
        before: what must be there first, one thing a line.
        do: commands that switch it on.
        undo: commands that take it back.
    """

    text: str
    before: list[str]
    do: list[str]
    undo: list[str]


def schedule_of(job: Job, flags: dict[str, Any], at: str) -> Schedule:
    """Return the daily start of a job, as it would be made here and now.

    Raises:
        UsageError: ``at`` is no time, or something has a line end in it that no scheduler can be told.
    """
    if (found := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", at)) is None:
        raise UsageError("Write --at as hours and minutes, such as --at 02:15.")
    variable = job.settings.key_variable
    key_file = Path(os.environ.get(f"{variable}_FILE") or job.path.parent / ".voxpria-key").expanduser().absolute()
    schedule = Schedule(
        job=job,
        program=_program(),
        options=list(_options(flags)),
        variables=_variables(),
        key_variable=variable,
        key_file=None if job.settings.sandbox else key_file,
        hour=int(found[1]),
        minute=int(found[2]),
    )
    told = [*schedule.command, *schedule.variables.values(), str(schedule.key_file)]
    if any(not one.isprintable() for one in told):
        raise UsageError("A path or option has a line end or the like in its name; no scheduler can be told it.")
    return schedule


def _program() -> list[str]:
    """Return what starts this program by its full path: schedulers know no search path."""
    script = Path(sys.executable).with_name("importer")
    return [str(script)] if os.access(script, os.X_OK) else [sys.executable, "-P", "-m", "importer"]


def _options(flags: dict[str, Any]) -> Iterator[str]:
    for name, value in flags.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            yield flag
        elif value is not False:
            yield from (flag, _absolute(name, value))


def _variables() -> dict[str, str]:
    names = {f"IMPORTER_{name.upper()}": name for name in Settings.model_fields}
    return {name: _absolute(names[name], value) for name, value in sorted(os.environ.items()) if name in names}


def _absolute(name: str, value: Any) -> str:
    return str(Path(value).expanduser().absolute()) if name in _PATHS else str(value)
