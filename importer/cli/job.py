"""``job check``, ``job run`` and ``job watch``: starts of a job, and what became of their files."""

import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.account.connection import check_settings
from importer.account.whose import Whose
from importer.cli.log import current_log
from importer.cli.progress import Progress
from importer.cli.run import stoppable
from importer.cli.text import counted, printable
from importer.errors import ImporterError, UnderWayError, UsageError
from importer.jobs import inbox
from importer.jobs.lock import owner_of
from importer.jobs.notices.telling import send_test
from importer.jobs.results import FileResult, StepResult
from importer.jobs.start import start
from importer.models.watching import Stop, Watch
from importer.pipeline.suppression import read_lists
from importer.settings.job_reading import Job, read_job
from importer.settings.key import load_key

_STYLES = {"done": "green", "failed": "red", "quarantine": "yellow", "open": "blue", "waits": "dim"}
_COUNTED = ("imported", "skipped", "errored", "unconfirmed", "waiting", "planned")


def check_job(path: Path, flags: dict[str, Any], *, is_test: bool) -> None:
    """Carry out ``importer job check``.

    Raises:
        ImporterError: the job cannot start.
    """
    job = read_job(path, flags)
    settings, source, console = job.settings, job.tables.source, Console()
    with Progress(Console(stderr=True)) as progress:
        key = None if settings.sandbox else load_key(settings.key_variable)
        check_settings(settings, key, Whose(settings.account), progress)
        lists = read_lists(settings.suppress, settings, progress)
    to = "an embedded sandbox" if settings.sandbox else settings.base_url
    console.print(f"The job {job.name} sends to {to}; its runs are in {settings.runs}", soft_wrap=True)
    if (owner := owner_of(job.home)) is not None:
        console.print(Text(f"It is under way now: {printable(str(owner))}", "yellow"), soft_wrap=True)
    for list_ in lists.told:
        console.print(f"suppressed: {printable(list_.file)}, {list_.entries:,} entries", soft_wrap=True)
    rules = {name: value for name, value in settings.gates.model_dump().items() if value not in (None, False)}
    console.print(f"gates: {', '.join(f'{name} = {value}' for name, value in rules.items()) or 'none'}", soft_wrap=True)
    if is_test:
        _test_notices(console, job)
    if job.is_fetching:
        console.print(
            f"files: {printable(source.url or ', '.join(source.files))}, copied to {job.inbox}", soft_wrap=True
        )
        return
    found = inbox.look(job.inbox, source, source.settle_s)
    ready = sum(one.state == "ready" for one in found)
    console.print(f"inbox: {job.inbox}; a start would take {counted(ready, 'file')} now", soft_wrap=True)
    for one in found:
        what = one.why or f"would be taken, {one.size_bytes:,} bytes"
        console.print(Text(f"  {printable(one.name)}: {what}"), soft_wrap=True)


def _test_notices(console: Console, job: Job) -> None:
    """Send a test to everybody whom a job tells.

    Raises:
        UsageError: one of them cannot be told.
    """
    told = send_test(job)
    for channel, why in told.items():
        console.print(Text(f"notice by {channel}: {printable(why or 'a test was sent')}"), soft_wrap=True)
    if failed := [channel for channel, why in told.items() if why]:
        raise UsageError(f"Nobody can be told by {', '.join(failed)}. Correct [notify] in the job.")
    if not told:
        console.print("notices: the job tells nobody")


def run_job(path: Path, flags: dict[str, Any], *, as_json: bool) -> int:
    """Carry out ``importer job run``; return its exit code."""
    job = read_job(path, flags)
    with Progress(Console(stderr=True)) as progress, stoppable(progress) as stop:
        result = start(job, load_key(job.settings.key_variable), progress, stop)
    _log(result)
    if as_json:
        sys.stdout.write(json.dumps(asdict(result) | {"exit_code": result.exit_code}, indent=2) + "\n")
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
    read_job(path, flags)
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
        result = start(job, load_key(job.settings.key_variable), watch, stop)
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
