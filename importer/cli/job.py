"""``job run`` and ``job watch``: starts of a job, and what became of their files."""

import sys
import threading
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.text import Text

from importer.cli.bugs import note_runs
from importer.cli.log import current_log
from importer.cli.progress import Progress
from importer.cli.run import stoppable
from importer.cli.text import counted, printable
from importer.errors import ImporterError, UnderWayError
from importer.jobs.results import FileResult, StepResult
from importer.jobs.start import start
from importer.models.watching import Stop, Watch
from importer.settings.job_reading import read_job
from importer.settings.key import load_key

_STYLES = {"done": "green", "failed": "red", "quarantine": "yellow", "open": "blue", "waits": "dim"}
_COUNTED = ("imported", "skipped", "errored", "unconfirmed", "waiting", "planned")


class JobStart(BaseModel):
    """What a start of a job did; ``exit_code`` is the highest stake among the files and what stopped the start."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    job: str
    files: list[FileResult]
    waits: list[FileResult]
    notes: list[str]
    stopped: str | None
    stop_code: int
    exit_code: int


def run_job(path: Path, flags: dict[str, Any], *, as_json: bool) -> int:
    """Carry out ``importer job run``; return its exit code."""
    job = read_job(path, flags)
    current_log().event("start begun", run="", job=job.name)
    note_runs(job.settings.runs)
    with Progress(Console(stderr=True)) as progress, stoppable(progress) as stop:
        result = start(job, load_key(job.settings.key_variable), progress, stop)
    _log(result)
    if as_json:
        sys.stdout.write(JobStart.model_validate(result).model_dump_json(indent=2) + "\n")
    else:
        print_result(Console(), result)
    if result.stopped:
        Console(stderr=True).print(Text(f"importer: {printable(result.stopped)}", "yellow"), soft_wrap=True)
    return result.exit_code


def watch_job(path: Path, flags: dict[str, Any], every_s: float) -> int:
    """Carry out ``importer job watch``; return 0 once it is told to end.

    Raises:
        UsageError: the job cannot be read when the watch begins; later that is only told, as all that ends a start.
    """
    note_runs(read_job(path, flags).settings.runs)
    rest = threading.Event()
    with Progress(Console(stderr=True)) as progress, stoppable(progress) as stop:
        stop.on_wish(rest.set)
        told = ""
        while not stop:
            told = _started(path, flags, progress, stop, told)
            rest.wait(every_s)
    return 0


def _started(path: Path, flags: dict[str, Any], watch: Watch, stop: Stop, told: str) -> str:
    """Start the job once, and print what it did; return why it could not, which is printed once as long as it lasts."""
    try:
        job = read_job(path, flags)  # again each time: a change of the job counts from the next start on
        current_log().event("start begun", run="", job=job.name)
        result = start(job, load_key(job.settings.key_variable), watch, stop)
        watch.doing("")  # until the next start nothing is under way
    except ImporterError as error:
        words = "another start is under way" if isinstance(error, UnderWayError) else str(error)
        if words != told:
            watch.note(words)
        return words
    _log(result)
    if result.files:
        print_result(Console(), result)
        sys.stdout.flush()
    if result.stopped and result.stopped != told:
        watch.note(result.stopped)
    return result.stopped or ""


def _log(result: StepResult) -> None:
    """Log what became of each file, and of the start."""
    log = current_log()
    for one in result.files:
        log.event("filed", run=one.run_id or "", file=one.file, state=one.state, exit_code=one.exit_code, **one.rows)
    log.event("start ended", run="", job=result.job, exit_code=result.exit_code, files=len(result.files))


def print_result(console: Console, result: StepResult) -> None:
    """Print what became of each file, and what to type."""
    if not result.files:
        waits = f"; {counted(len(result.waits), 'file')} not taken" if result.waits else ""
        console.print(f"{result.job}: nothing to do{waits}")
    for one in [*result.files, *result.waits]:
        print_file(console, one)


def print_file(console: Console, one: FileResult) -> None:
    """Print one file: where it went, its figures, why, and the next command."""
    run = f"   run {one.run_id}" if one.run_id else ""
    style = _STYLES[one.state]
    console.print(Text.assemble((f"{one.state:<12}", style), (printable(one.file), "bold"), run), soft_wrap=True)
    if one.rows:
        counts = [f"{one.rows[name]:,} {name}" for name in _COUNTED if one.rows.get(name)]
        console.print(f"            {counted(one.rows['rows'], 'row')}: {', '.join(counts) or 'none'}", soft_wrap=True)
    for words, look in ((one.why, ""), (one.next, "bold")):
        if words:
            console.print(Text(f"            {printable(words)}", look), soft_wrap=True)
