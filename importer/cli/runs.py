"""``runs``: the runs of a folder, as a table."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.cli.text import printable
from importer.errors import UsageError
from importer.models.outcomes import Outcome
from importer.pipeline.trace import ledger_of
from importer.settings.settings import load_settings
from importer.storage.run_folder import RunFolder, all_runs

_WIDE = 200
"""Width of the table if stdout is no terminal: nothing is cut."""

_ALWAYS = (Outcome.IMPORTED, Outcome.SKIPPED, Outcome.ERRORED)


def print_runs(flags: dict[str, Any]) -> None:
    """Carry out ``importer runs``.

    Raises:
        LedgerError: the ledger cannot be used; what the runs' folders say was printed.
    """
    settings = load_settings(flags)
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    folders = all_runs(settings.runs)
    if folders:
        _print_table(console, folders)
    with ledger_of(settings.runs) as ledger:
        if not folders:
            console.print(f"There are no runs in {settings.runs}{'' if ledger else ' yet'}.")


def _print_table(console: Console, folders: Sequence[RunFolder]) -> None:
    summaries = [folder.summary() for folder in folders]
    outcomes = [name for name in Outcome if name in _ALWAYS or any(s and getattr(s, name.value) for s in summaries)]
    columns = ("rows", *(outcome.value for outcome in outcomes))
    table = Table(box=None, header_style="bold dim", pad_edge=False)
    table.add_column("run", no_wrap=True, min_width=max(len(folder.run_id) for folder in folders))
    table.add_column("status", no_wrap=True, min_width=10)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True, min_width=max(len(name), 7))
    table.add_column("files", overflow="ellipsis", no_wrap=True)
    for folder, summary in zip(folders, summaries, strict=True):
        try:
            names = ", ".join(name for _, name in folder.record().files)
        except UsageError:
            names = "its run.json is damaged"
        files = Text(printable(names), style="dim")
        counts = [f"{getattr(summary, name):,}" if summary else "?" for name in columns]
        table.add_row(folder.run_id, summary.status if summary else "stopped: resume it", *counts, files)
    console.print(table)
