"""``job check``: what is wrong with a job, and what a start would do now."""

import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.text import Text

from importer.account.connection import check_settings
from importer.account.whose import Whose
from importer.cli.progress import Progress
from importer.cli.text import counted, printable
from importer.errors import UsageError
from importer.jobs import inbox
from importer.jobs.lock import owner_of
from importer.jobs.notices.telling import send_test
from importer.pipeline.suppression_lists import read_lists
from importer.settings.job_reading import Job, read_job
from importer.settings.key import load_key
from importer.storage.summary import SuppressionList


class InboxFile(BaseModel):
    """A file of the inbox, and why it is not taken now; empty if a start would take it."""

    model_config = ConfigDict(extra="forbid")

    name: str
    size_bytes: int
    why: str


class JobCheck(BaseModel):
    """A job that can start.

    Attributes:
        target: the API's address; null for an embedded sandbox.
        runs: the folder of its runs.
        owner: who holds the job now; null if nobody does.
        suppression: its lists, as they were read.
        gates: each rule with its bound.
        notices: for each way to tell people why it failed, empty if a test was sent; null if none was asked for.
        fetched: where its files are copied from; empty if they are dropped into the inbox.
        ready: how many files a start would take; null if they are fetched first.
    """

    model_config = ConfigDict(extra="forbid")

    job: str
    target: str | None
    runs: str
    owner: str | None
    suppression: list[SuppressionList]
    gates: dict[str, int | float | bool]
    notices: dict[str, str] | None
    inbox: str
    fetched: list[str]
    ready: int | None
    files: list[InboxFile]


def check_job(path: Path, flags: dict[str, Any], *, is_test: bool, as_json: bool) -> None:
    """Carry out ``importer job check``.

    Raises:
        ImporterError: the job cannot start, or somebody whom it tells cannot be told; raised after all was shown.
    """
    job = read_job(path, flags)
    checked = _checked(job, is_test=is_test)
    if as_json:
        sys.stdout.write(checked.model_dump_json(indent=2) + "\n")
    else:
        _print(Console(), checked)
    if failed := [channel for channel, why in (checked.notices or {}).items() if why]:
        raise UsageError(f"Nobody can be told by {', '.join(failed)}. Correct [notify] in the job.")


def _checked(job: Job, *, is_test: bool) -> JobCheck:
    settings, source = job.settings, job.tables.source
    with Progress(Console(stderr=True)) as progress:
        key = None if settings.sandbox else load_key(settings.key_variable)
        check_settings(settings, key, Whose(settings.account), progress)
        lists = read_lists(settings.suppress, settings, progress)
    owner = owner_of(job.home)
    found = [] if job.is_fetching else inbox.look(job.inbox, source, source.settle_s)
    fetched = [source.url] if source.url else list(source.files)
    return JobCheck(
        job=job.name,
        target=None if settings.sandbox else settings.base_url,
        runs=str(settings.runs),
        owner=None if owner is None else str(owner),
        suppression=list(lists.told),
        gates={name: value for name, value in settings.gates.model_dump().items() if value not in (None, False)},
        notices={channel: why or "" for channel, why in send_test(job).items()} if is_test else None,
        inbox=str(job.inbox),
        fetched=fetched if job.is_fetching else [],
        ready=None if job.is_fetching else sum(one.state == "ready" for one in found),
        files=[InboxFile(name=one.name, size_bytes=one.size_bytes, why=one.why) for one in found],
    )


def _print(console: Console, checked: JobCheck) -> None:
    def say(text: str, style: str = "") -> None:
        console.print(Text(printable(text), style), soft_wrap=True)

    say(f"The job {checked.job} sends to {checked.target or 'an embedded sandbox'}; its runs are in {checked.runs}")
    if checked.owner is not None:
        say(f"It is under way now: {checked.owner}", "yellow")
    for list_ in checked.suppression:
        say(f"suppressed: {list_.file}, {counted(list_.entries, 'entry')}")
    say(f"gates: {', '.join(f'{name} = {value}' for name, value in checked.gates.items()) or 'none'}")
    for channel, why in (checked.notices or {}).items():
        say(f"notice by {channel}: {why or 'a test was sent'}")
    if checked.notices == {}:
        say("notices: the job tells nobody")
    if checked.ready is None:
        say(f"files: {', '.join(checked.fetched)}, copied to {checked.inbox}")
        return
    say(f"inbox: {checked.inbox}; a start would take {counted(checked.ready, 'file')} now")
    for one in checked.files:
        say(f"  {one.name}: {one.why or f'would be taken, {one.size_bytes:,} bytes'}")
