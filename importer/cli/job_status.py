"""``job status``: a job's backlog, its last starts, who holds it and what to do next."""

import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.cli.text import counted, duration, printable
from importer.errors import StoppedError, UsageError
from importer.jobs import inbox
from importer.jobs.lock import owner_of
from importer.settings.job_reading import Job, read_job
from importer.settings.settings import runs_option, shown_name
from importer.storage.job_memory import JobMemory, Taken
from importer.storage.run_folder import RunFolder

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LAST = 5


@dataclass(frozen=True, slots=True)
class Status:
    """A job as it stands now; times are seconds since 1970, None where there was none.

    Attributes:
        waiting: files of the inbox, each with what it waits for; empty where that is the next start.
        left: entries of the inbox that are no files, each with what it is.
        open: files whose import goes on at the next start.
        quarantined: files that wait for a person, each with the command to approve it; None if it has no run.
        owner: who holds the job now; None if nobody does.
        last_good_end: when a start last ended with 0 or 3.
        stopped: why the last start ended before all files were taken; None if it did not.
        starts: the last ones: when each began and ended, exit code and files.
        files: the last ones: name, state and run.
        reasons: of files that failed or were held back, why, and where their report lies.
        is_late: whether it ended well longer ago than is allowed.
    """

    job: str
    state: str
    waiting: dict[str, str]
    left: dict[str, str]
    open: list[str]
    quarantined: dict[str, str | None]
    owner: str | None
    last_good_end: float | None
    stopped: str | None
    starts: list[tuple[float, float | None, int | None, int]]
    files: list[tuple[str, str, str | None]]
    reasons: dict[str, str]
    is_late: bool


def show_status(path: Path, flags: dict[str, Any], max_age: str | None, *, as_json: bool) -> int:
    """Carry out ``importer job status``; return 4 if the job did not end well within ``max_age``."""
    limit_s = None if max_age is None else _seconds(max_age)
    job = read_job(path, flags)
    status = _status(job, limit_s)
    age = None if status.last_good_end is None else time.time() - status.last_good_end
    if as_json:
        sys.stdout.write(json.dumps(asdict(status), indent=2) + "\n")
    else:
        _print(Console(), job, status, age)
    if status.is_late:
        since = "never ended well" if age is None else f"last ended well {_ago(age)} ago"
        words = f"importer: The job {job.name} {since}, and {max_age} are allowed."
        Console(stderr=True).print(Text(words, "bold red"), soft_wrap=True)
    return StoppedError.exit_code if status.is_late else 0


def _status(job: Job, limit_s: float | None) -> Status:
    runs = runs_option(job.settings.runs)
    owner = owner_of(job.home)
    settle_s = 0 if job.is_fetching else job.tables.source.settle_s
    is_there = job.inbox.is_dir() or not job.is_fetching  # the inbox of what is fetched is made by the first start
    found = inbox.look(job.inbox, job.tables.source, settle_s) if is_there else []
    with JobMemory.open(job.home) as memory:
        last_good_end, last_files = memory.last_good_end(), memory.last_files(_LAST)
        held, failed = memory.files_in("quarantine"), [one for one in last_files if one.state == "failed"]
        return Status(
            job=job.name,
            state=memory.fact("state", "ok"),
            waiting={one.name: one.why for one in found if one.state != "left"},
            left={one.name: one.why for one in found if one.state == "left"},
            open=[shown_name(one.name) for one in memory.open_files()],
            quarantined={
                shown_name(one.name): f"importer approve {one.run_id}{runs}" if one.run_id else None for one in held
            },
            owner=None if owner is None else str(owner),
            last_good_end=last_good_end,
            stopped=memory.fact("stopped", "") or None,
            starts=memory.last_steps(_LAST),
            files=[_line(one) for one in last_files],
            reasons={shown_name(one.name): _reason(one, job.settings.runs) for one in (*held, *failed)},
            is_late=limit_s is not None and (last_good_end is None or time.time() - last_good_end > limit_s),
        )


def _line(taken: Taken) -> tuple[str, str, str | None]:
    return shown_name(taken.name), taken.state, taken.run_id


def _reason(taken: Taken, runs: Path) -> str:
    """Return why a file was held back or failed, as it is now: somebody may have approved it since."""
    summary = RunFolder(runs / taken.run_id).summary() if taken.run_id and taken.state == "quarantine" else None
    why = summary.stopped_because if summary and summary.approvals else taken.why
    page = "" if taken.place is None else f" (report: {taken.place}{inbox.REPORT})"
    return f"{why or ''}{page}".strip()


def _print(console: Console, job: Job, status: Status, age: float | None) -> None:
    well = "it never ended well yet" if age is None else f"it last ended well {_ago(age)} ago"
    console.print(Text(f"{job.name}: {status.state}; {well}", "bold"), soft_wrap=True)
    console.print(Text(f"under way: {printable(status.owner or 'no')}"), soft_wrap=True)
    console.print(Text(f"inbox: {counted(len(status.waiting), 'file')} in {job.inbox}"), soft_wrap=True)
    for name, why in status.waiting.items():
        console.print(Text(f"  {printable(name)}: {why or 'taken by the next start'}"), soft_wrap=True)
    for name, why in status.left.items():
        console.print(Text(f"  {printable(name)}: {why}", "dim"), soft_wrap=True)
    for name in status.open:
        console.print(Text(f"  {printable(name)}: begun, gone on with by the next start", "blue"), soft_wrap=True)
    for name, command in status.quarantined.items():
        console.print(Text(f"  {printable(name)}: in quarantine", "yellow"), soft_wrap=True)
        console.print(Text(f"    {printable(status.reasons[name])}"), soft_wrap=True)
        if command:
            console.print(Text(f"    {command}", "bold"), soft_wrap=True)
    _print_past(console, status)
    if not (status.owner or status.quarantined) and (status.waiting or status.open):
        console.print(Text(f"next: importer job run {job.path}", "bold"), soft_wrap=True)


def _print_past(console: Console, status: Status) -> None:
    """Print the last starts and files, and what kept them from their end."""
    if status.starts:
        console.print("last starts:")
    for began, ended, exit_code, files in status.starts:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(began))
        end = (
            "killed, or still under way" if ended is None else f"exit code {exit_code} after {duration(ended - began)}"
        )
        console.print(f"  {when}  {end}, {counted(files, 'file')}", soft_wrap=True)
    if status.stopped:
        console.print(Text(f"the last one was stopped: {printable(status.stopped)}", "yellow"), soft_wrap=True)
    for name, state, run in status.files:
        console.print(Text(f"  {state:10}  {printable(name)}{f'  run {run}' if run else ''}"), soft_wrap=True)
        if state == "failed":
            console.print(Text(f"              {printable(status.reasons[name])}", "red"), soft_wrap=True)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if found is None:
        raise UsageError("Write --max-age as a number with s, m, h or d, such as --max-age 26h.")
    return float(found[1]) * _UNITS[found[2]]


def _ago(seconds: float) -> str:
    return f"{seconds / 86400:.0f} days" if seconds > 172800 else duration(seconds)
