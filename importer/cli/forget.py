"""``forget``: what would be taken out, the question, the work, and what the search of all bytes found."""

import sys
from typing import Any

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.text import Text

from importer.cli.progress import Progress
from importer.cli.questions import confirm
from importer.cli.text import counted, printable
from importer.pipeline.forget.forget import Forgetting, Left, filed_of, forget, plan_forget
from importer.settings.settings import load_settings, runs_option
from importer.stages.phones.typed import read_number


class ForgetSummary(BaseModel):
    """What was taken out, or would be in a dry run, without the person's data but the number that was typed.

    Attributes:
        phone: E.164.
        runs: the person's rows by run.
        others: rows with their e-mail address and another number, which are left.
        unsearched: how many of their names and addresses rows of other people have, too.
        files: what was done with files that jobs have filed.
        deleted: copies of rows that were deleted, by run.
        left: what could not be dealt with, and why.
        searched: files that were searched in the end; 0 in a dry run.
        hits: of them, those that hold something of the person; by file, what.
    """

    model_config = ConfigDict(extra="forbid")

    phone: str
    is_dry_run: bool
    runs: dict[str, int]
    others: int
    unsearched: int
    files: list[str]
    deleted: dict[str, list[str]]
    left: list[Left]
    searched: int
    hits: dict[str, list[str]]
    exit_code: int


def forget_person(  # noqa: PLR0913 - one parameter an option
    text: str, flags: dict[str, Any], *, is_complete: bool, is_sure: bool, is_dry_run: bool, as_json: bool
) -> int:
    """Carry out ``importer forget``; return its exit code."""
    settings = load_settings(flags)
    phone = read_number(text, settings.region)
    console = Console(stderr=as_json)
    progress = Progress(Console(stderr=True))
    with progress:
        progress.doing("looking for the person's rows")
        plan = plan_forget(settings.runs, phone)
        progress.doing("")
    files = [str(filed.path) for filed in filed_of(settings.runs, plan)]
    _print_plan(console, plan, files)
    if not is_dry_run:
        what = f"Take {phone} out of {counted(plan.rows, 'row')} of {counted(len(plan.positions), 'run')}"
        keeps = "keep no hash of the number" if is_complete else "keep a hash, so that it is not imported again"
        confirm(f"{what}, and {keeps}?", is_sure=is_sure)
        with Progress(Console(stderr=True)) as at_work:
            plan = forget(settings.runs, plan, at_work, is_complete=is_complete)
        _print_done(console, plan, phone, f"importer forget {phone}{runs_option(settings.runs)}")
    if as_json:
        sys.stdout.write(_summary(plan, is_dry_run=is_dry_run).model_dump_json(indent=2) + "\n")
    return 0 if is_dry_run else plan.exit_code


def _summary(plan: Forgetting, *, is_dry_run: bool) -> ForgetSummary:
    return ForgetSummary(
        phone=plan.terms.phone,
        is_dry_run=is_dry_run,
        runs={run_id: len(positions) for run_id, positions in plan.positions.items()},
        others=plan.others,
        unsearched=len(plan.unsearched),
        files=plan.files,
        deleted=plan.deleted,
        left=plan.left,
        searched=plan.searched,
        hits=plan.hits,
        exit_code=0 if is_dry_run else plan.exit_code,
    )


def _print_plan(console: Console, plan: Forgetting, files: list[str]) -> None:
    for run_id, positions in plan.positions.items():
        _line(console, f"run {run_id}: {counted(len(positions), 'row')}")
    for file in files:
        _line(console, f"filed by a job: {file}")
    if not plan.positions:
        _line(console, "No run at its end has a row of this number.")
    if plan.others:
        others = counted(plan.others, "row")
        _line(console, f"{others} with the same e-mail address and another number: left, as nobody knows whose.")
    if plan.unsearched:
        _line(
            console,
            f"Names or addresses that rows of other people have, too: {len(plan.unsearched)}. They stay there, so the "
            "search at the end leaves them out.",
        )


def _print_done(console: Console, plan: Forgetting, phone: str, again: str) -> None:
    for run_id, names in plan.deleted.items():
        _line(console, f"run {run_id}: deleted {', '.join(names)}")
    for done in plan.files:
        _line(console, done)
    for left in plan.left:
        _line(console, f"left: {left.what}: {left.why} Then run: {again}", "yellow")
    for path, terms in plan.hits.items():
        words = f"left: {path} holds the person's {', '.join(terms)}. Delete or mend it, then run: {again}"
        _line(console, words, "yellow")
    searched = f"{counted(plan.searched, 'file')} searched, byte by byte and inside archives, workbooks and tables"
    parts = ["number"] + ["e-mail address"] * bool(plan.terms.emails) + ["name"] * bool(plan.terms.names)
    if not (plan.hits or plan.left):
        _line(console, f"{searched}: the person's {', '.join(parts)} is in none.", "bold")
    else:
        _line(console, f"{searched}.")
    _line(console, "The lists that were imported, and the account itself, are not touched.", "dim")
    _line(console, f"To delete the contact there: importer contacts delete {phone}", "dim")


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(printable(text), style=style), soft_wrap=True)
