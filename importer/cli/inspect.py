"""``inspect``: how files are understood, what is in their columns, and what an import would make of them."""

import sys
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.cli.loading import loaded_for_import
from importer.cli.progress import Progress
from importer.cli.text import counted, duration, printable
from importer.errors import MappingError, ReadError
from importer.models.findings import SUSPICIONS
from importer.models.mappings import Candidate
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.models.sources import LeftOut, Source
from importer.models.watching import Stop
from importer.pipeline.inspection.document import InspectionDocument
from importer.pipeline.inspection.inspect import Inspection, TableProfile, inspect
from importer.pipeline.inspection.profiling import ColumnProfile
from importer.pipeline.mapper import undecided
from importer.pipeline.plan import check_files, listed
from importer.settings.settings import Settings

_HEADER_ONLY = (LeftOut("header", 1, 1),)
_MOST_COLUMNS = 60
_PLAIN = 90
"""Points from which on a choice without a rival needs no words."""


def inspect_files(files: list[Path], flags: dict[str, Any], profile: Path | None, *, as_json: bool) -> None:
    """Carry out ``importer inspect``.

    Raises:
        MappingError: no table has a phone column; raised after everything was shown.
        ReadError: one file of several cannot be read; raised likewise.
    """
    check_files(files)
    settings = loaded_for_import(flags, profile, files)
    with Progress(Console(stderr=True)) as progress:
        inspection = inspect(files, settings, progress, Stop())
    if as_json:
        requests = _requests(inspection.ready, settings)
        document = InspectionDocument.of(inspection, requests, _seconds(requests, settings))
        sys.stdout.write(document.model_dump_json(indent=2) + "\n")
    else:
        _print(Console(), inspection, settings)
    if inspection.unreadable:
        raise ReadError(listed(inspection.unreadable, len(files)))
    if not inspection.tables:
        raise MappingError("Nothing can be imported: no table has a phone column.")


def _print(console: Console, inspection: Inspection, settings: Settings) -> None:
    for table in inspection.tables:
        _print_source(console, table.source, table.mapping.notes, table.rows)
        for remark in (*table.mapping.remarks, *filter(None, (table.refusing,))):
            _print_line(console, f"! {remark}", "yellow")
        _print_columns(console, table)
        _print_certainty(console, table)
    for source, why in inspection.passed_over:
        _print_source(console, source, (), None)
        _print_line(console, f"! {why.removeprefix(f'{source.place}: ')}", "yellow")
        console.print()
    _print_lists(console, inspection)
    if inspection.tables:
        _print_forecast(console, inspection, settings)


def _print_source(console: Console, source: Source, notes: tuple[str, ...], rows: int | None) -> None:
    console.print(Text(printable(source.place), style="bold"))
    facts = [source.format, source.encoding, f"delimiter {source.delimiter!r}" if source.delimiter else None]
    if source.header_row or source.sheet is not None or source.format == "csv":
        facts.append(f"header in row {source.header_row}" if source.header_row else "no header row")
    facts += [counted(rows, "row") if rows is not None else None, counted(len(source.columns), "column")]
    _print_line(console, ", ".join(fact for fact in facts if fact))
    for note in (*_lines(source), *source.notes, *_guess(source), *notes):
        _print_line(console, f"· {note}", "dim")


def _print_line(console: Console, text: str, style: str = "") -> None:
    """Print a line about a table; what does not fit goes on below it."""
    sign, words = (text[:2], text[2:]) if text[:2] in ("· ", "! ", "? ") else ("", text)
    line = Table.grid(padding=0)
    line.add_column(no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(Text(f"  {sign}", style), Text(printable(words), style))
    console.print(line)


def _lines(source: Source) -> Iterator[str]:
    """Yield the lines of a text that are no rows; nothing if the only one is a header in line 1."""
    if source.sheet is None and source.left_out not in ((), _HEADER_ONLY):
        spans = (
            f"{span.what} {span.first}{f'-{span.last}' if span.last > span.first else ''}" for span in source.left_out
        )
        yield f"Lines that are no rows: {', '.join(spans)}"


def _guess(source: Source) -> Iterator[str]:
    """Yield the words by which an encoding was guessed; nothing if the file proves it."""
    if guess := source.encoding_guess:
        words = (f"{read} ({other})" if other != read else read for read, other in guess.words)
        yield f"Words as they were read (as the runner-up would have them): {', '.join(words)}"


def _print_columns(console: Console, profile: TableProfile) -> None:
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="bold dim", expand=True)
    table.add_column("column", no_wrap=True, max_width=22 if console.width < 100 else 40)
    table.add_column("becomes", no_wrap=True)
    table.add_column("sure", justify="right", no_wrap=True)
    table.add_column("filled", justify="right", no_wrap=True)
    table.add_column("distinct", justify="right", no_wrap=True)
    table.add_column("examples (masked)", no_wrap=True, ratio=1)
    shown = [column for column in profile.columns if column.fields] if len(profile.columns) > _MOST_COLUMNS else []
    for column in shown or profile.columns:
        table.add_row(
            Text(printable(column.name)),
            Text(", ".join(column.fields) or "metadata", style="green" if column.fields else "dim"),
            str(column.choice.confidence) if column.choice else "",
            _share(column.filled, profile.rows),
            f"{column.distinct:,}",
            Text(" | ".join(printable(example) for example in column.examples), style="dim"),
        )
    console.print(table)
    if shown:
        more = counted(len(profile.columns) - len(shown), "more column")
        _print_line(console, f"… and {more}, all of them metadata.", "dim")
    if profile.rows > profile.sampled:
        first = f"of the first {profile.sampled:,} rows"
        _print_line(console, f"Filled: of all rows. Distinct, examples and what is wrong with phones: {first}.", "dim")
    for column in profile.columns:
        _print_troubles(console, column, profile)


def _print_troubles(console: Console, column: ColumnProfile, profile: TableProfile) -> None:
    troubles = list(column.troubles)
    if "email" in column.fields and (left_out := profile.changes.get("email:invalid-left-out")):
        troubles.append(("no e-mail address, left out", left_out))
    for what, rows in troubles:
        _print_line(console, f"! {column.name}, {counted(rows, 'value')}: {what}", "yellow")


def _share(filled: int, rows: int) -> str:
    """Return a share in per cent; 100% only if it is all, 0% only if it is none."""
    share = filled / rows if rows else 0.0
    if 0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1 else f"{share:.0%}"


def _print_certainty(console: Console, profile: TableProfile) -> None:
    """Print why each field has its column, what else could have filled it, and what is not sure."""
    table = Table(box=None, padding=(0, 0, 0, 2), show_header=False)
    for decision in profile.mapping.decisions:
        if not decision.lost and all(candidate.confidence >= _PLAIN for candidate in decision.chosen):
            continue
        for candidate in decision.chosen:
            table.add_row(decision.field, *_candidate_cells(candidate, is_chosen=True))
        for candidate in decision.lost:
            table.add_row("" if decision.chosen else decision.field, *_candidate_cells(candidate, is_chosen=False))
    if table.row_count:
        _print_line(console, "Why, and what else could have been taken (points of 100):", "bold dim")
        console.print(table)
    for doubt in profile.mapping.doubts():
        question = undecided(profile.source, doubt).removeprefix(f"{profile.source.place}: ")
        _print_line(console, f"? {question.replace(' Nothing was sent.', '')} Below, the first is taken.", "yellow")
    if profile.mapping.consent:
        columns = ", ".join(f'"{column}"' for column in profile.mapping.consent)
        _print_line(console, f"Rows in which {columns} clearly says no are skipped; --map consent= switches that off.")
    plain = (*profile.mapping.phones, *profile.mapping.names())
    if told := [column for column in profile.mapping.told if column not in plain]:
        columns = ", ".join(f'"{column}"' for column in told)
        _print_line(console, f"Rows with words such as do not call in {columns} are skipped.")
    console.print()


def _candidate_cells(candidate: Candidate, *, is_chosen: bool) -> tuple[Text, Text]:
    style = "" if is_chosen else "dim"
    name = printable(candidate.column) if is_chosen else f"not {printable(candidate.column)}"
    return Text(name, style=style), Text(f"{candidate.confidence}: {printable(candidate.why)}", style="dim")


def _print_lists(console: Console, inspection: Inspection) -> None:
    """Print what the suppression lists hold, and whether they keep any row back."""
    for list_ in inspection.lists:
        _print_line(console, f"Suppression list {list_.file}: {counted(list_.entries, 'entry')}.")
        if list_.unread:
            what = "no valid numbers, so suppressing nothing. Correct them; those without a country need --region"
            _print_line(console, f"! {list_.unread:,} of them: {what}.", "yellow")
    kept_back = inspection.reasons.get((Outcome.SKIPPED.value, Reason.SUPPRESSED.value), 0)
    if inspection.lists and not kept_back and inspection.tables:
        _print_line(
            console, "! No row has a number that is on a list: check that the lists are the right ones.", "yellow"
        )


def _print_forecast(console: Console, inspection: Inspection, settings: Settings) -> None:
    console.print(Text(f"An import of {counted(inspection.rows, 'row')} would give", style="bold"))
    table = Table(box=None, padding=(0, 0, 0, 2), show_header=False)
    for is_number in (False, False, True, False):
        table.add_column(justify="right" if is_number else "left", no_wrap=is_number)
    for (outcome, reason), rows in inspection.reasons.items():
        table.add_row(outcome, reason, f"{rows:,}", Text(REASONS[Reason(reason)].meaning, style="dim"))
    console.print(table)
    for _, reason in inspection.reasons:
        if fix := REASONS[Reason(reason)].fix:
            _print_line(console, f"· {reason}: {fix}")
    for title, is_suspicion in (("Repairs on the way", False), ("Worth a look, not changed", True)):
        if codes := {code: rows for code, rows in inspection.changes.items() if (code in SUSPICIONS) is is_suspicion}:
            console.print(Text(f"{title}: " + ", ".join(f"{code} {rows:,}" for code, rows in codes.items())))
    console.print(Text(_cost(inspection.ready, settings)))
    if inspection.suggestion:
        console.print(Text(inspection.suggestion, style="yellow"))


def _cost(ready: int, settings: Settings) -> str:
    if not ready:
        return "Nothing would be sent."
    size = settings.contacts_per_request
    requests = _requests(ready, settings)
    reading = "" if settings.verify == "never" else (
        f" Where an answer is lost, or does not name every row, up to {settings.verify_requests:,} more requests read "
        "the account back."
    )  # fmt: skip
    batches = f"{counted(requests, 'batch')} of up to {size:,}: " if size > 1 else ""
    sent = f"{counted(ready, 'contact')} in {batches}{counted(requests, 'request')}"
    return f"Cost: {sent}, {_time(requests, settings)}.{reading}"


def _requests(ready: int, settings: Settings) -> int:
    return ceil(ready / settings.contacts_per_request)


def _seconds(requests: int, settings: Settings) -> float:
    """Return how long requests take at the run's own pace, the API's answers aside."""
    seconds = requests / settings.requests_per_hour * 3600
    if settings.burst is not None:
        most, window_s = settings.burst
        seconds = max(seconds, requests / most * window_s)
    return seconds


def _time(requests: int, settings: Settings) -> str:
    seconds = _seconds(requests, settings)
    pace = f"at most {settings.requests_per_hour:,} an hour"
    return f"within the hour ({pace})" if seconds <= 3600 else f"{duration(seconds)} ({pace})"
