"""``inspect``: how files are understood, on one screen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.cli.progress import Progress
from importer.cli.text import counted, printable
from importer.inspection import Inspection, TableProfile, inspect
from importer.models import REASONS, Reason, Source, Stop
from importer.preparation import check_files
from importer.settings import load_settings


def inspect_files(files: list[Path], flags: dict[str, Any], profile: Path | None) -> None:
    """Carry out ``importer inspect``."""
    check_files(files)
    settings = load_settings(flags, profile)
    with Progress(Console(stderr=True)) as progress:
        inspection = inspect(files, settings, progress, Stop())
    console = Console()
    for table in inspection.tables:
        _print_table(console, table)
    for source in inspection.passed_over:
        console.print(Text(f"{_title(source)}: passed over, it has no phone column\n", style="yellow"))
    _print_forecast(console, inspection, settings.batch_size)


def _title(source: Source) -> str:
    return printable(source.file + (f", sheet {source.sheet}" if source.sheet else ""))


def _print_table(console: Console, profile: TableProfile) -> None:
    source = profile.source
    console.print(Text(_title(source), style="bold"))
    facts = [source.format, source.encoding, f"delimiter {source.delimiter!r}" if source.delimiter else None]
    is_table = source.sheet is not None or source.format == "csv"
    if source.header_row or is_table:
        facts.append(f"header in row {source.header_row}" if source.header_row else "no header row")
    facts += [counted(profile.rows, "row"), counted(len(source.columns), "column")]
    console.print(Text("  " + ", ".join(fact for fact in facts if fact)))
    for note in (*_lines(source), *_guess(source), *source.notes, *profile.mapping.notes):
        console.print(Text(f"  · {printable(note)}", style="dim"))
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold dim", expand=True)
    table.add_column("column", no_wrap=True, max_width=30)
    table.add_column("becomes", no_wrap=True)
    table.add_column("filled", justify="right", no_wrap=True)
    table.add_column("distinct", justify="right", no_wrap=True)
    table.add_column("examples (masked)", no_wrap=True, ratio=1)
    for column in profile.columns:
        share = column.filled / profile.sampled if profile.sampled else 0.0
        table.add_row(
            Text(printable(column.name)),
            Text(column.field, style="dim" if column.field == "metadata" else "green"),
            f"{share:.0%}",
            f"{column.distinct:,}",
            Text(" | ".join(printable(example) for example in column.examples), style="dim"),
        )
    console.print(table)
    console.print()


def _lines(source: Source) -> Iterator[str]:
    """What the lines are that are no rows."""
    if source.left_out:
        spans = (
            f"{span.what} {span.first}{f'-{span.last}' if span.last > span.first else ''}" for span in source.left_out
        )
        yield f"Lines that are no rows: {', '.join(spans)}"


def _guess(source: Source) -> Iterator[str]:
    """What makes an encoding likely that nothing in the file proves."""
    if guess := source.encoding_guess:
        words = (f"{read} ({other})" if other != read else read for read, other in guess.words)
        yield f"Read as {source.encoding} (as {guess.runner_up}, the runner-up): {', '.join(words)}"


def _print_forecast(console: Console, inspection: Inspection, batch_size: int) -> None:
    console.print(Text(f"An import of {counted(inspection.rows, 'row')} would give", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    for (outcome, reason), rows in inspection.reasons.items():
        info = REASONS[Reason(reason)]
        table.add_row(outcome, reason, f"{rows:,}", Text(info.fix or info.meaning, style="dim"))
    console.print(table)
    if inspection.changes:
        console.print(
            Text("Repairs on the way: " + ", ".join(f"{code} {n:,}" for code, n in inspection.changes.items()))
        )
    requests = counted(inspection.batches, "request")
    console.print(f"{requests} of up to {counted(batch_size, 'contact')}; the API allows 1,000 requests an hour.")
    if inspection.suggestion:
        console.print(Text(inspection.suggestion, style="yellow"))
