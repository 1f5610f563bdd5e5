"""``job install``: a job told to a scheduler, with how to switch it on and how to take it back."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from importer.cli.text import printable
from importer.errors import UsageError
from importer.jobs.schedules import cron, systemd
from importer.jobs.schedules.schedule import Recipe, Schedule, schedule_of
from importer.settings.job_reading import read_job
from importer.system.new_file import new_file

PRINTED = ("kubernetes", "airflow", "github")
"""Schedulers of which nothing is written here: the recipe goes to standard output."""
_WAY_OUT = "Give permission, or install the job as somebody who has it."


def install_job(path: Path, flags: dict[str, Any], at: str, written: list[str], printed: str | None) -> None:
    """Carry out ``importer job install`` for the one scheduler that is named.

    Raises:
        UsageError: none or several schedulers are named, the job cannot be read, or another's file is in the way.
    """
    if len(written) + (printed is not None) != 1:
        raise UsageError("Say one of --systemd, --cron and --print: who starts the job.")
    if printed is not None and printed not in PRINTED:
        raise UsageError(f"Write --print with one of {', '.join(PRINTED)}.")
    schedule = schedule_of(read_job(path, flags), flags, at)
    if printed is not None:
        recipe: Recipe = import_module(f"importer.jobs.schedules.{printed}").recipe(schedule)
        sys.stdout.write(recipe.text)
        sys.stdout.flush()
        _tell(Console(stderr=True), recipe)
    elif written == ["cron"]:
        recipe = cron.recipe(schedule)
        what = "written" if cron.install(schedule) else "there already"
        _show(Console(), f"{what}, a line of the crontab", recipe.text)
        _tell(Console(), recipe)
    else:
        _install_units(schedule)


def _install_units(schedule: Schedule) -> None:
    """Write the units of systemd, and show them.

    Raises:
        UsageError: a file of that name is not of this job, or cannot be written.
    """
    recipes, console = systemd.recipe(schedule), Console()
    there = {file: file.read_text("utf-8", "replace") for file in recipes if file.exists()}
    for file, text in there.items():
        if text.partition("\n")[0] != systemd.mark(schedule):
            raise UsageError(f"{file} is there already, and of another job. Rename one of the jobs, or remove it.")
    for file, recipe in recipes.items():
        if there.get(file) == recipe.text:
            _show(console, f"there already: {file}", recipe.text)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        with new_file(file, _WAY_OUT, UsageError) as part:
            part.write_text(recipe.text, "utf-8")
            part.chmod(0o644)  # as units are: nothing of it is secret
        _show(console, f"written: {file}", recipe.text)
    _tell(console, recipe)


def _show(console: Console, what: str, text: str) -> None:
    console.print(Text(printable(what), "bold"), soft_wrap=True)
    for line in text.splitlines():
        console.print(Text(f"    {printable(line)}"), soft_wrap=True)


def _tell(console: Console, recipe: Recipe) -> None:
    for title, lines in (("before", recipe.before), ("next", recipe.do), ("undo", recipe.undo)):
        for line in lines:
            console.print(Text(f"{title + ':':<8}{printable(line)}"), soft_wrap=True)
