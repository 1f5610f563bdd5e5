"""``runs``: what was done so far."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.cli.text import printable
from importer.models import Outcome
from importer.runs import all_runs
from importer.settings import load_settings


def print_runs(flags: dict[str, Any]) -> None:
    """Carry out ``importer runs``."""
    settings = load_settings(flags)
    console = Console()
    folders = all_runs(settings.runs)
    if not folders:
        console.print(f"There are no runs in {settings.runs} yet.")
        return
    table = Table(box=None, header_style="bold dim", pad_edge=False)
    table.add_column("run", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for name in ("rows", *(outcome.value for outcome in Outcome)):
        table.add_column(name, justify="right")
    table.add_column("files", overflow="ellipsis", no_wrap=True)
    for folder in folders:
        record, summary = folder.record(), folder.summary()
        files = Text(printable(", ".join(name for _, name in record.files)), style="dim")
        counts = [f"{getattr(summary, name):,}" if summary else "?" for name in ("rows", *(o.value for o in Outcome))]
        table.add_row(folder.run_id, summary.status if summary else "stopped: resume it", *counts, files)
    console.print(table)
