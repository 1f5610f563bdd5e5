"""``prepare`` and ``send``: a run in two halves."""

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.account.whose import Whose
from importer.cli.loading import loaded_for_import
from importer.cli.progress import Progress
from importer.cli.questions import account_asker, asker
from importer.cli.run import finish, stoppable
from importer.cli.text import counted, duration
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.pipeline.mapper import Asking
from importer.pipeline.plan import lists_of
from importer.pipeline.prepare import prepare_run
from importer.pipeline.send import send_prepared
from importer.settings.key import load_key
from importer.storage.prepared import Prepared
from importer.system.places import Place, place_of


def prepare_files(files: list[Path], out: Path, flags: dict[str, Any], profile: Path | None, *, as_json: bool) -> int:
    """Carry out ``importer prepare``; return its exit code."""
    settings = loaded_for_import(flags, profile, files)
    files = lists_of(files, settings)
    console = Console(stderr=True)
    with Progress(console) as progress, stoppable(progress) as stop:
        asking = Asking(None if as_json else asker(progress), is_typed="map" in flags)
        prepared = prepare_run(files, settings, out, progress, stop, asking)
    if as_json:
        sys.stdout.write(prepared.model_dump_json(indent=2) + "\n")
    else:
        _print(Console(), prepared, place_of(out))
    return 3 if prepared.reasons.get(Outcome.ERRORED.value) or prepared.record.unreadable else 0


def send_folder(path: Path, flags: dict[str, Any], profile: Path | None, *, as_json: bool) -> int:
    """Carry out ``importer send``; return its exit code."""
    settings = loaded_for_import(flags, profile, [])
    key = None if settings.sandbox else load_key(settings.key_variable)
    console = Console(stderr=True)
    with Progress(console) as progress, stoppable(progress) as stop:
        whose = Whose(settings.account, None if as_json else account_asker(progress))
        folder, summary = send_prepared(path, settings, key, progress, stop, whose)
    return finish(console, folder, summary, as_json=as_json)


def _print(console: Console, prepared: Prepared, out: Place) -> None:
    """Print what is in a prepared run, and how it is sent."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_row("rows read", f"{prepared.rows:,}", "")
    for outcome, reasons in prepared.reasons.items():
        for reason, rows in reasons.items():
            table.add_row(f"{outcome}  {reason}", f"{rows:,}", Text(REASONS[Reason(reason)].meaning, style="dim"))
    console.print(table)
    seconds = duration(prepared.record.seconds.get("total", 0.0))
    console.print(f"{counted(prepared.to_send, 'row')} to send in {counted(prepared.batches, 'batch')}   {seconds}")
    console.print(Text(f"Send it with: importer send {out}"), soft_wrap=True)
