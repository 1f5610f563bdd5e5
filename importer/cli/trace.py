"""``trace``: a number's history, oldest first."""

import shlex
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.cli.loading import loaded
from importer.cli.text import counted, printable
from importer.errors import UsageError
from importer.pipeline.trace import TracedRow, TracedRun, trace
from importer.stages.phones.typed import read_number
from importer.storage.run_folder import all_runs


def show_trace(text: str, flags: dict[str, Any], *, as_json: bool) -> int:
    """Carry out ``importer trace``; return 0, also if no run had the number.

    Raises:
        LedgerError: the ledger cannot be used, so that "no run had it" would be no answer.
    """
    settings = loaded(flags)
    if not any(map(str.isdigit, text)):
        raise UsageError(
            f"trace takes a number. For a name or an e-mail address, run: importer find {shlex.quote(text)}"
        )
    phone = read_number(text, settings.region)
    history = trace(settings.runs, phone)
    if as_json:
        sys.stdout.write(history.model_dump_json(indent=2) + "\n")
        return 0
    console = Console()
    if not history.runs:
        _print(console, f"No run in {settings.runs} is known to have had {phone}.")
    for run in history.runs:
        _print_run(console, run)
    for run_id in history.unread:
        _print(console, f"The files of run {run_id} cannot be read. It did not send the number; a row may have had it.")
    if not history.has_ledger and all_runs(settings.runs):
        _print(console, f"There is no ledger in {settings.runs}: what runs without their folders sent is not known.")
    return 0


def _print_run(console: Console, run: TracedRun) -> None:
    _print(console, f"{run.started_at:%Y-%m-%d %H:%M}  run {run.run_id} to {run.target}", "bold")
    if run.missing:
        _print(console, f"  {run.missing}", "yellow")
    for row in run.rows:
        where = (row.source or "its file") + (f", sheet {row.sheet}" if row.sheet else "")
        verdict = f"{row.outcome}, {row.reason}" if row.outcome else "prepared; the run was stopped"
        _print(console, f"  {where}, row {'not known' if row.row is None else row.row}: {verdict}")
        for line in _details(row):
            _print(console, f"    {line}", "dim")


def _details(row: TracedRow) -> list[str]:
    lines = [row.detail] if row.detail else []
    if row.kept_row is not None:
        lines.append(f"kept instead: {row.kept_source}, row {row.kept_row}")
    for request in row.requests:
        status = "" if request.status is None else f", status {request.status}"
        words = f": {request.words}" if request.words else ""
        sent = f"batch {row.batch}, {counted(request.contacts, 'contact')}"
        lines.append(f"{request.at:%Y-%m-%d %H:%M:%S}  {sent}, {request.verdict or 'no answer'}{status}{words}")
    if row.contact_id:
        lines.append(f"contact {row.contact_id}")
    if row.undo:
        lines.append(f"undo: {row.undo}")
    return lines


def _print(console: Console, text: str, style: str = "") -> None:
    console.print(Text(printable(text), style=style), soft_wrap=True)
