"""``purge``: what would be deleted, the question, the work, and what the search found."""

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.cli.progress import Progress
from importer.cli.questions import confirm
from importer.cli.text import counted, printable
from importer.errors import UsageError
from importer.pipeline.purge import Purging, plan_purge, purge
from importer.settings.settings import load_settings

_DAYS = {"d": 1, "w": 7}


def purge_runs(older_than: str, flags: dict[str, Any], *, is_sure: bool, is_dry_run: bool, as_json: bool) -> int:
    """Carry out ``importer purge``; return its exit code."""
    settings, age, now = load_settings(flags), _age(older_than), datetime.now(UTC)
    console = Console(stderr=as_json)
    plan = plan_purge(settings.runs, age, now)
    for run_id, day in plan.runs.items():
        _line(console, f"run {run_id}, of {day}")
    for file in plan.files:
        _line(console, f"filed by a job: {file}")
    what = (
        f"{counted(len(plan.runs), 'run')}, {counted(len(plan.files), 'filed file')}, "
        f"{counted(len(plan.lists), 'file')} of suppression lists and {counted(plan.marks, 'mark')} of inboxes"
    )
    if is_dry_run:
        plan.is_dry_run = True
        _line(console, f"would be purged: {what}")
    else:
        if plan.runs or plan.files:
            confirm(f"Delete all rows of {what}, for good?", is_sure=is_sure)
        with Progress(Console(stderr=True)) as at_work:
            plan = purge(settings.runs, plan, at_work, now)
        _line(console, f"purged: {what}; {plan.freed_bytes:,} bytes")
    _print_left(console, plan)
    if as_json:
        sys.stdout.write(plan.model_dump_json(indent=2) + "\n")
    return 0 if is_dry_run else plan.exit_code


def _print_left(console: Console, plan: Purging) -> None:
    for left in plan.left:
        _line(console, f"left: {left.what}: {left.why}", "yellow")
    for hit in plan.hits:
        _line(console, f"left: {hit} holds a number or an address of a purged run", "yellow")
    if plan.searched and not plan.hits:
        _line(
            console, f"{counted(plan.searched, 'file')} searched: no number and no address of a purged run is in any."
        )


def _age(text: str) -> timedelta:
    """Return the time that a person typed, as days or weeks.

    Raises:
        UsageError: it is none.
    """
    found = re.fullmatch(r"(\d{1,5})([dw])", text.strip().lower())
    if found is None:
        raise UsageError(f"--older-than {text}: write days or weeks, such as 90d or 12w.")
    return timedelta(days=int(found[1]) * _DAYS[found[2]])


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(printable(text), style=style), soft_wrap=True)
