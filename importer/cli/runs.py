"""``runs``: the runs of a folder, as a table; at a narrow terminal in two lines each, so that no figure is cut."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.cli.loading import loaded
from importer.cli.text import printable
from importer.errors import UsageError
from importer.models.outcomes import Outcome
from importer.pipeline.trace import ledger_of
from importer.reports.history import Entry, entries
from importer.reports.index import write_index
from importer.reports.wording import approvals_in_words
from importer.storage.run_folder import RunFolder, all_runs
from importer.storage.summary import Approvals

_WIDE = 200
"""Width of the table if stdout is no terminal: nothing is cut."""

_LEAST_FOR_A_TABLE = 120
_ALWAYS = (Outcome.IMPORTED, Outcome.SKIPPED, Outcome.ERRORED)
_KINDS = {"complete": "import", "dry-run": "dry run", "incomplete": "stopped", "refused": "refused"}


class ListedRun(BaseModel):
    """A run; of one that was killed before its books were closed nothing is known but the first three."""

    run_id: str
    list: str
    folder: str
    status: str | None = None
    started_at: str | None = None
    retry_of: str | None = None
    rows: int | None = None
    imported: int | None = None
    skipped: int | None = None
    errored: int | None = None
    unconfirmed: int | None = None
    waiting: int | None = None
    planned: int | None = None
    reasons: dict[str, int] = {}
    to_fix: int | None = None
    left: int | None = None
    approvals: Approvals | None = None


def print_runs(flags: dict[str, Any], *, last: int | None, named: str | None, as_json: bool, writes_page: bool) -> None:
    """Carry out ``importer runs``.

    Raises:
        LedgerError: the ledger cannot be used; what the runs' folders say was printed.
    """
    settings = loaded(flags)
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    every = all_runs(settings.runs)
    known = {entry.run_id: entry for entry in entries(folder.path for folder in every)}
    rows = [(folder, known.get(folder.run_id)) for folder in every]
    if named is not None:
        rows = [(f, e) for f, e in rows if named.lower() in _list(f, e).lower()]
    rows = rows[-last:] if last is not None else rows
    if as_json:
        sys.stdout.write(json.dumps([_listed(folder, entry).model_dump() for folder, entry in rows], indent=2) + "\n")
    elif console.width >= _LEAST_FOR_A_TABLE:
        _print_table(console, rows)
    else:
        for folder, entry in rows:
            _print_lines(console, folder, entry)
    if writes_page:
        page = write_index(settings.runs)
        if page is None:
            raise UsageError(f"index.html cannot be written in {settings.runs}. Give permission or make room.")
        Console(stderr=True).print(Text(f"history: {page.absolute().as_uri()}"), soft_wrap=True)
    with ledger_of(settings.runs) as ledger:
        if not rows and not as_json:
            what = "no such runs" if every else "no runs"
            console.print(f"There are {what} in {settings.runs}{'' if ledger else ' yet'}.")


def _list(folder: RunFolder, entry: Entry | None) -> str:
    """Return the names of a run's files; what is wrong with its record if that cannot be read."""
    try:
        return ", ".join(name for _, name in folder.record().files)
    except UsageError:
        return f"{entry.list}: its run.json is damaged" if entry else "its run.json is damaged"


def _kind(entry: Entry | None) -> str:
    if entry is None:
        return "stopped: resume it"
    kinds = [f"retry of {entry.retry_of}" if entry.retry_of else "" if entry.is_waiting else _KINDS[entry.status]]
    kinds += ["waits for approval"] if entry.is_waiting else []
    if (told := entry.approvals) and told.missing and told.given:
        kinds.append(f"{len(told.given)} of {told.needed} ({', '.join(printable(one.who) for one in told.given)})")
    return ", ".join(kind for kind in kinds if kind)


def _left(entry: Entry | None) -> str:
    return f"{entry.left:,} left" if entry and entry.left else ""


def _print_table(console: Console, rows: Sequence[tuple[RunFolder, Entry | None]]) -> None:
    outcomes = [o for o in Outcome if o in _ALWAYS or any(e and e.counts.get(o.value) for _, e in rows)]
    columns = ("rows", *(outcome.value for outcome in outcomes))
    if not rows:
        return
    table = Table(box=None, header_style="bold dim", pad_edge=False)
    table.add_column("list", overflow="ellipsis", no_wrap=True, max_width=40)
    table.add_column("when", no_wrap=True)
    table.add_column("what", no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True, min_width=max(len(name), 7))
    table.add_column("to fix", no_wrap=True)
    table.add_column("run", no_wrap=True)
    for folder, entry in rows:
        counts = ["?"] * len(columns)
        if entry is not None:
            counts = [f"{n:,}" for n in (entry.rows, *(entry.counts.get(o.value, 0) for o in outcomes))]
        when = entry.when if entry else ""
        table.add_row(
            Text(printable(_list(folder, entry))), when, _kind(entry), *counts, _left(entry), Text(folder.run_id, "dim")
        )
    console.print(table)


def _print_lines(console: Console, folder: RunFolder, entry: Entry | None) -> None:
    console.print(Text(printable(_list(folder, entry)), style="bold"), soft_wrap=True)
    if entry is None:
        console.print(Text(f"  {folder.run_id}  {_kind(entry)}"), soft_wrap=True)
        return
    counts = ", ".join(f"{rows:,} {outcome.value}" for outcome in Outcome if (rows := entry.counts.get(outcome.value)))
    console.print(Text(f"  {entry.when}  {_kind(entry)}"), soft_wrap=True)
    if entry.approvals and entry.approvals.missing and (told := approvals_in_words(entry.approvals)):
        console.print(Text(f"  {printable(told)}"), soft_wrap=True)
    console.print(Text(f"  {entry.rows:,} rows: {counts or 'none'}{'; ' if _left(entry) else ''}{_left(entry)}"))
    console.print(Text(f"  {folder.run_id}", style="dim"), soft_wrap=True)


def _listed(folder: RunFolder, entry: Entry | None) -> ListedRun:
    named = {"run_id": folder.run_id, "list": _list(folder, entry), "folder": str(folder.path)}
    if entry is None:
        return ListedRun.model_validate(named)
    counts = {outcome.value: entry.counts.get(outcome.value, 0) for outcome in Outcome}
    names = ("status", "started_at", "retry_of", "rows", "reasons", "to_fix", "left", "approvals")
    return ListedRun.model_validate(named | counts | {name: getattr(entry, name) for name in names})
