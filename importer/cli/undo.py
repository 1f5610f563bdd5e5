"""``undo``: the plan, the question, the work and the account at the end."""

import json
import sys
from contextlib import ExitStack
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.account.connection import key_of
from importer.account.undo import UndoPlan, UndoSummary, plan_undo, undo
from importer.account.undo.account import CSV
from importer.account.undo.judging import MEANINGS, Bucket
from importer.account.whose import Whose
from importer.cli.loading import loaded
from importer.cli.progress import Progress
from importer.cli.questions import account_asker, confirm
from importer.cli.run import stoppable, tell_the_end
from importer.cli.text import counted, duration
from importer.storage.run_folder import RunFolder


def undo_run(  # noqa: PLR0913 - one parameter an option
    name: str,
    flags: dict[str, Any],
    *,
    is_sure: bool,
    is_dry_run: bool,
    list_requests: int | None,
    as_json: bool,
) -> int:
    """Carry out ``importer undo``; returns its exit code."""
    settings = loaded(flags)
    folder = RunFolder.find(settings.runs, name)
    console = Console(stderr=True)
    progress = Progress(console)
    with stoppable(progress) as stop, ExitStack() as stack:
        with progress:
            whose = Whose(settings.account, None if as_json else account_asker(progress))
            planned = plan_undo(folder, key_of(folder, progress), progress, stop, whose, list_requests)
            plan, work = stack.enter_context(planned)
        if plan.to_delete and not is_dry_run:
            confirm(_question(plan, folder), is_sure=is_sure)
        with Progress(console) as at_work:
            work.line.watch = at_work
            summary = undo(plan, work, is_dry_run=is_dry_run)
    if as_json:
        sys.stdout.write(json.dumps(summary.model_dump(mode="json"), indent=2) + "\n")
    else:
        _print(Console(), folder, summary)
    go_on = f"importer undo {folder.run_id}" if summary.status == "incomplete" else None
    tell_the_end(console, folder, go_on, summary.stopped_because)
    return summary.exit_code


def _question(plan: UndoPlan, folder: RunFolder) -> str:
    requests = counted(plan.to_delete, "request")
    time = f", at least {duration(plan.seconds)}" if plan.seconds else ""
    return f"Delete {counted(plan.to_delete, 'contact')} that run {folder.run_id} created ({requests}{time}), for good?"


def _print(console: Console, folder: RunFolder, summary: UndoSummary) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_row("imported by the run", f"{summary.imported:,}", "")
    dry = {Bucket.WAITING: "would be deleted"} if summary.status == "dry-run" else {}
    for bucket, meaning in (MEANINGS | dry).items():
        if rows := getattr(summary, bucket.value.replace("-", "_")):
            table.add_row(Text(f"  {bucket.value}", style="bold"), f"{rows:,}", Text(meaning, style="dim"))
    console.print(table)
    if summary.unconfirmed:
        left = (
            f"{counted(summary.unconfirmed, 'unconfirmed row')} left alone: nobody knows whether the run created them"
        )
        console.print(Text(left), soft_wrap=True)
    if summary.status != "dry-run":
        console.print(Text(f"each row: {folder.path / CSV}"), soft_wrap=True)
