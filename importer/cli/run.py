"""``run``, ``resume`` and ``report``: the work, the signals and the table at the end."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.account.connection import key_of
from importer.account.whose import Whose
from importer.cli.loading import loaded, loaded_for_import
from importer.cli.log import current_log
from importer.cli.loudness import is_quiet
from importer.cli.progress import Progress
from importer.cli.questions import account_asker, asker
from importer.cli.text import counted, duration, print_wrapped, printable
from importer.errors import LedgerError, UsageError
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.models.watching import Stop
from importer.pipeline.books import write_books
from importer.pipeline.mapper import Asking
from importer.pipeline.marking import write_marked
from importer.pipeline.plan import check_files, lists_of
from importer.pipeline.retry import Wish, credit, retry_import
from importer.pipeline.run import resume_import, run_import
from importer.reports import conclusions as account
from importer.reports.conclusions import way_on
from importer.reports.page import write_masked, write_sheet
from importer.reports.wording import left_to_fix
from importer.settings.key import load_key
from importer.settings.settings import Settings, runs_option
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary
from importer.system.signals import ENDING

_FILES = {"report.html": "report", "retry.xlsx": "to fix", "retry.csv": "to fix", "review.csv": "to look at"}
_STYLES = {
    "imported": "green",
    "skipped": "cyan",
    "errored": "red",
    "unconfirmed": "yellow",
    "waiting": "magenta",
    "planned": "blue",
}


def import_files(
    files: list[Path], flags: dict[str, Any], profile: Path | None, *, as_json: bool, forgets: bool
) -> int:
    """Carry out ``importer run``; returns its exit code."""
    settings = loaded_for_import(flags, profile, files)
    files = lists_of(files, settings)
    key = None if settings.sandbox else load_key(settings.key_variable)
    console = Console(stderr=True)
    with Progress(console) as progress, stoppable(progress) as stop:
        progress.doing(_reading(files))
        asking = Asking(None if as_json else asker(progress), is_typed="map" in flags, forgets=forgets)
        is_same = None if as_json else account_asker(progress)
        folder, summary = run_import(
            files, settings, key, progress, stop, asking=asking, is_same=is_same, profile=profile
        )
    return finish(console, folder, summary, as_json=as_json)


def _reading(files: list[Path]) -> str:
    """Return what is read, with its size, such as ``reading big.csv, 16 MB``."""
    size = sum(path.stat().st_size for path in files if path.is_file())
    shown = f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3)):,} kB"
    return f"reading {files[0].name}{f' and {len(files) - 1} more' if len(files) > 1 else ''}, {shown}"


def resume_run(name: str, flags: dict[str, Any], *, is_forced: bool, as_json: bool) -> int:
    """Carry out ``importer resume``; returns its exit code."""
    settings = loaded(flags)
    folder = RunFolder.find(settings.runs, name)
    console = Console(stderr=True)
    with Progress(console) as progress, stoppable(progress) as stop:
        whose = Whose(settings.account, None if as_json else account_asker(progress))
        summary = resume_import(
            folder,
            key_of(folder, progress),
            progress,
            stop,
            whose,
            is_forced=is_forced,
            suppress=settings.suppress,
            max_memory=settings.max_memory,
            workers=settings.workers,
        )
        note_credit(folder, progress)
    return finish(console, folder, summary, as_json=as_json)


def retry_run(name: str, fixed: Path | None, flags: dict[str, Any], who: str | None, *, as_json: bool) -> int:
    """Carry out ``importer retry``; returns its exit code, 0 if the file only says what is not to be sent."""
    if fixed is not None:
        check_files([fixed])
    given = loaded({n: v for n, v in flags.items() if n in ("runs", "suppress")})
    before = RunFolder.find(given.runs, name)
    flags = {n: v for n, v in flags.items() if n != "suppress"}
    console = Console(stderr=True)
    with Progress(console) as progress, stoppable(progress) as stop:
        is_same = None if as_json else account_asker(progress)
        key = key_of(before, progress)
        sent = retry_import(before, Wish(fixed, flags, given.suppress, who), key, progress, stop, is_same)
        if sent is not None:
            note_credit(sent[0], progress)
    if sent is not None:
        return finish(console, *sent, as_json=as_json)
    if as_json and (summary := before.summary()) is not None:
        print_json(summary)
    return 0


def note_credit(folder: RunFolder, progress: Progress) -> None:
    """Credit the run whose corrected rows this one imported, and note the figures; nothing if it is no retry."""
    retried = credit(folder)
    if retried is None:
        return
    before = folder.record().retry_of
    progress.note(f"Of the errored rows of run {before}, {retried.imported:,} are imported now.")


def report_run(  # noqa: PLR0913 - the pages and copies that can be asked for
    name: str,
    flags: dict[str, Any],
    *,
    as_json: bool,
    is_masked: bool = False,
    is_brief: bool = False,
    is_marked: bool = False,
) -> int:
    """Carry out ``importer report``; return its exit code.

    0; 1 if the books do not balance; 2 if a marked copy cannot be made; 4 if the ledger lacks the run.
    """
    settings = loaded(flags)
    folder = RunFolder.find(settings.runs, name)
    console = Console(stderr=True)
    try:
        summary = write_books(folder, full=settings.full_workbooks, max_memory=settings.max_memory)
    except LedgerError as error:
        if (said := folder.summary()) is None:
            raise
        finish(console, folder, said, as_json=as_json)
        what = f"This is what the run's files say, and no file was written. {error}"
        console.print(Text(f"importer: {printable(what)}", style="bold red"), soft_wrap=True)
        return error.exit_code
    finish(console, folder, summary, as_json=as_json)
    for is_wanted, write in ((is_masked, write_masked), (is_brief, write_sheet)):
        if is_wanted:
            console.print(Text(f"to share: {write(folder.path, summary)}"), soft_wrap=True)
    is_made = not is_marked or _mark(console, folder, settings)
    if not summary.balanced:
        return 1
    return 0 if is_made else UsageError.exit_code


def _mark(console: Console, folder: RunFolder, settings: Settings) -> bool:
    """Make the marked copies of a run's files and tell of each; return False if one cannot be made."""
    copies = write_marked(folder, settings)
    for copy in copies:
        if copy.moved:
            told = f"the marked copy of {copy.file} had been edited and was not written over, it is now: {copy.moved}"
            console.print(Text(printable(told)), soft_wrap=True)
        if copy.path is None:
            console.print(Text(f"importer: {printable(copy.why)}", style="yellow"), soft_wrap=True)
        else:
            console.print(Text(f"marked: {printable(str(copy.path))}"), soft_wrap=True)
    return all(copy.path is not None for copy in copies)


@contextmanager
def stoppable(progress: Progress) -> Iterator[Stop]:
    """Yield a stop that the first Ctrl-C, SIGTERM or SIGHUP sets; the second ends the process at once.

    The exit code is then 128 plus the signal's number, as shells have it. Under ``nohup`` SIGHUP stays ignored.
    """
    stop = Stop()

    def wish(number: int, _frame: object) -> None:
        if stop:
            os._exit(128 + number)  # no clean-up: the ledger has each intent before it is sent, so this is as safe
        stop.wish()  # before the note: a person who reads it may press Ctrl-C again at once
        progress.note("Stopping: the answer under way is awaited, 30 s at most (Ctrl-C again: stop at once).")

    before: dict[int, Callable[[int, Any], Any] | int | None] = {
        number: signal.signal(number, wish)
        for number in ENDING
        if number.name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def finish(console: Console, folder: RunFolder, summary: Summary, *, as_json: bool) -> int:
    """Print a run's summary and how it ended; return its exit code."""
    if as_json:
        print_json(summary)
    else:
        print_summary(Console(), folder, summary)
    if not is_quiet() and summary.max_memory_mb and summary.peak_memory_mb > summary.max_memory_mb:
        taken = (
            f"{summary.peak_memory_mb:,.0f} MB of memory, more than the {summary.max_memory_mb:,} MB of --max-memory"
        )
        console.print(Text(f"The import took {taken}.", style="yellow"), soft_wrap=True)
    counts = {outcome.value: getattr(summary, outcome.value) for outcome in Outcome}
    current_log().event("run ended", run=folder.run_id, exit_code=summary.exit_code, rows=summary.rows, **counts)
    tell_the_end(console, folder, way_on(summary), summary.stopped_because)
    return summary.exit_code


def print_json(summary: Summary) -> None:
    """Print a summary as JSON on standard output."""
    sys.stdout.write(json.dumps(summary.model_dump(mode="json"), indent=2) + "\n")


def tell_the_end(console: Console, folder: RunFolder, go_on: str | None, stopped_because: str | None) -> None:
    """Print why the work stopped and the command that goes on with it, as far as there are any."""
    told = stopped_because or ""
    is_told = go_on is not None and go_on in told
    if go_on is not None and is_told:
        told = told.replace(go_on, go_on + runs_option(folder.path.parent))
    if told:
        print_wrapped(console, f"importer: {told}", "yellow")
    if go_on is not None and not is_told:
        print_wrapped(console, f"Go on with: {go_on}{runs_option(folder.path.parent)}")


def print_summary(console: Console, folder: RunFolder, summary: Summary) -> None:
    """Print the table at the end: what became of every row, and where the report lies."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(justify="left", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_row("rows read", f"{summary.rows:,}", Text(_sources(summary), style="dim"))
    for outcome, count in account.shown_counts(summary).items():
        if not count and outcome == Outcome.UNCONFIRMED:
            continue
        table.add_row(Text(outcome.value, style=f"bold {_STYLES[outcome.value]}"), f"{count:,}")
        for reason, rows in summary.reasons.get(outcome.value, {}).items():
            if reason != Reason.CONFIRMED:
                table.add_row(
                    f"  {reason}", Text(f"{rows:,}", style="dim"), Text(REASONS[Reason(reason)].meaning, style="dim")
                )
    console.print(table)
    for left_out in summary.unreadable:
        console.print(Text(f"left out: {printable(left_out.file)}, which cannot be read", "yellow"), soft_wrap=True)
    if summary.updated:
        console.print(f"{counted(summary.updated, 'contact')} that the account had already: updated")
    if attested := account.attestation(summary):
        console.print(Text(f"attested: {printable(attested)}"), soft_wrap=True)
    if approvals := account.approvals(summary):
        console.print(Text(f"approval: {printable(approvals)}"), soft_wrap=True)
    if suppressed := account.suppression(summary):
        console.print(Text(f"suppressed: {printable(suppressed)}"), soft_wrap=True)
    identity = " + ".join(f"{getattr(summary, o.value):,}" for o in Outcome if getattr(summary, o.value)) or "0"
    verdict = Text("balanced", style="green") if summary.balanced else Text("DOES NOT BALANCE", style="bold red")
    console.print(Text.assemble(f"{identity} = {summary.rows:,}: ", verdict, f"   {_effort(summary)}"))
    _print_files(console, folder, summary)


def _print_files(console: Console, folder: RunFolder, summary: Summary) -> None:
    for name, label in _FILES.items():
        if name in summary.files:
            path = folder.path / name
            # A terminal opens a link with a click; a script wants the path.
            shown = path.absolute().as_uri() if console.is_terminal else str(path)
            console.print(Text(f"{label}: {shown}"), soft_wrap=True)
    if left_to_fix(summary) and way_on(summary) is None:
        console.print(Text(f"next: importer review {folder.run_id}{runs_option(folder.path.parent)}"), soft_wrap=True)
    for name in summary.files:
        if name.startswith("retry-edited-"):
            told = f"the retry file had been edited and was not written over, it is now: {folder.path / name}"
            console.print(Text(told), soft_wrap=True)


def _sources(summary: Summary) -> str:
    names = [f"{s.file} [{s.sheet}]" if s.sheet else s.file for s in summary.sources]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return printable(shown)


def _effort(summary: Summary) -> str:
    sent = f"{counted(summary.batches, 'batch')}, {counted(summary.requests, 'request')}, " if summary.requests else ""
    return f"{sent}{duration(summary.seconds.get('total', 0.0))}"
