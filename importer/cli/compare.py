"""``compare``: two runs side by side, as tables."""

import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.cli.loading import loaded
from importer.cli.text import counted, printable
from importer.pipeline.compare import Comparison, compare, run_before
from importer.storage.run_folder import RunFolder

_SHOWN = 20


def show_comparison(name: str, other: str | None, flags: dict[str, Any], *, as_json: bool) -> int:
    """Carry out ``importer compare``; return 0.

    Raises:
        UsageError: a run is not there or has no rows, or there is none to compare with.
    """
    runs = loaded(flags).runs
    first = RunFolder.find(runs, name)
    second = RunFolder.find(runs, other) if other is not None else first
    if other is None:
        first = run_before(second)
    found = compare(*sorted((first, second), key=lambda folder: folder.run_id))
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    else:
        _print(Console(), found)
    return 0


def _print(console: Console, found: Comparison) -> None:
    kind = "the dry run of" if found.is_rehearsal else "before"
    title = f"{found.before} ({found.lists[0]}), {kind} {found.now} ({found.lists[1]})"
    console.print(Text(printable(title), style="bold"), soft_wrap=True)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    for heading in ("before", "now", "difference", "before", "now"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_row("rows", *(f"{rows:,}" for rows in found.rows), _signed(found.rows[1] - found.rows[0]), "", "")
    for pair in found.reasons:
        difference = pair.now - pair.before
        shares = [_share(rows, total) for rows, total in zip((pair.before, pair.now), found.rows, strict=True)]
        style = "" if difference else "dim"
        label = f"{pair.outcome}, {pair.reason}"
        table.add_row(Text(label, style), f"{pair.before:,}", f"{pair.now:,}", _signed(difference), *shares)
    console.print(table)
    if found.sources:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column(f"errored by {printable(found.column)}")
        for heading in ("before", "now"):
            table.add_column(heading, justify="right", no_wrap=True)
        for source in found.sources:
            shares = ["–" if s is None else f"{s:.1%}".replace("%", " %") for s in (source.before, source.now)]
            table.add_row(Text(printable(source.value)), *shares)
        console.print(table)
    told = f"{counted(found.same, 'row')} in both, cell for cell; {found.moved:,} of them ended otherwise."
    console.print(told, soft_wrap=True)
    for row in found.examples[:_SHOWN]:
        where = row.source + (f", sheet {row.sheet}" if row.sheet else "")
        console.print(Text(printable(f"  {where}, row {row.row}: {row.before} → {row.now}")), soft_wrap=True)
    if found.moved > _SHOWN:
        console.print(f"  … and {found.moved - _SHOWN:,} more; --json lists {len(found.examples):,}.", style="dim")


def _signed(number: int) -> str:
    return f"{number:+,}" if number else "0"


def _share(rows: int, total: int) -> str:
    return f"{100 * rows / total if total else 0:.1f} %"
