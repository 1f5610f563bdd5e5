"""``find``: a person's rows in every run, the newest first."""

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.cli.loading import loaded
from importer.cli.text import counted, printable
from importer.pipeline.find import FoundRow, find
from importer.reports.wording import shown_time


def show_found(text: str, flags: dict[str, Any], *, as_json: bool) -> int:
    """Carry out ``importer find``; return 0, also if no run has such a row."""
    settings = loaded(flags)
    found = find(settings.runs, text)
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
        return 0
    console = Console()
    if not found.runs:
        _print(console, f"No row of {counted(found.searched, 'run')} in {settings.runs} has that.")
    for run in found.runs:
        more = f", the first {len(run.rows)}" if run.count > len(run.rows) else ""
        _print(console, f"{shown_time(run.started_at)}  run {run.run_id}: {counted(run.count, 'row')}{more}", "bold")
        for row in run.rows:
            _print_row(console, row)
    for run_id in found.unread:
        _print(console, f"Run {run_id} has no rows that can be read: it was not searched.", "yellow")
    return 0


def _print_row(console: Console, row: FoundRow) -> None:
    where = row.source + (f", sheet {row.sheet}" if row.sheet else "")
    person = "  ".join(filter(None, (" ".join(filter(None, (row.first_name, row.last_name))), row.phone, row.email)))
    _print(console, f"  {where}, row {row.row}: {row.outcome}, {row.reason}")
    if person:
        _print(console, f"    {person}")
    if row.detail:
        _print(console, f"    {row.detail}", "dim")
    elif row.kept_row is not None:
        _print(console, f"    kept instead: {row.kept_source}, row {row.kept_row}", "dim")


def _print(console: Console, text: str, style: str = "") -> None:
    console.print(Text(printable(text), style=style), soft_wrap=True)
