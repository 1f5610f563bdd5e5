"""What every command must do; a new one is tested by being listed in ``cli.catalogue``."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from importer.cli import commands
from importer.cli.app import app
from importer.cli.catalogue import COMMANDS, GROUPS, names
from importer.cli.schema import SCHEMAS

GROUP = ("list", "get", "create", "update", "delete")
JOB = ("init", "check", "run", "watch", "status", "install")
NO_DOCUMENT = {
    "review": "serves pages until it is told to end",
    "sandbox": "serves an API until it is told to end",
    "completion": "prints a script for a shell",
    "job init": "writes a file",
    "job install": "writes or prints what a scheduler reads",
    "job watch": "starts again and again until it is told to end; job run is one start",
}
"""Commands that show nothing a program could read, and why."""

TYPED = [[name] for name in COMMANDS] + [["contacts", name] for name in GROUP] + [["job", name] for name in JOB]


def test_every_command_is_listed() -> None:
    """The modules and the lists hold the same, within groups too: what is not listed cannot be typed."""
    modules = {path.stem for path in Path(commands.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == {*COMMANDS, *GROUPS}
    assert sorted(names()) == sorted([*COMMANDS, *GROUPS, *GROUP, *JOB])


@pytest.mark.parametrize("typed", TYPED, ids=" ".join)
def test_its_help_says_what_it_does(typed: list[str]) -> None:
    """In a sentence, before its options."""
    shown = CliRunner().invoke(app, [*typed, "--help"], env={"COLUMNS": "300"})
    assert shown.exit_code == 0
    assert all(option in shown.output for option in ("--quiet", "--verbose"))
    assert "." in shown.output.split("Usage:")[1].split("Options")[0]


@pytest.mark.parametrize("typed", TYPED, ids=" ".join)
def test_an_option_that_it_does_not_have_is_wrong_usage(typed: list[str]) -> None:
    """Exit code 2, without a traceback."""
    done = CliRunner().invoke(app, [*typed, "--no-such-option"])
    assert done.exit_code == 2
    assert "Traceback" not in done.output


@pytest.mark.parametrize("typed", TYPED, ids=" ".join)
def test_it_shows_what_it_shows_to_programs_too(typed: list[str]) -> None:
    """Every command has ``--json`` and a schema that names it, or stands in the list above."""
    shown = CliRunner().invoke(app, [*typed, "--help"], env={"COLUMNS": "300"}).output
    named = [what for _, what in SCHEMAS.values() if "--json" in what and re.search(rf"\b{typed[-1]}\b", what)]
    is_silent = " ".join(typed) in NO_DOCUMENT
    assert ("--json" in shown, bool(named)) == (not is_silent, not is_silent)
