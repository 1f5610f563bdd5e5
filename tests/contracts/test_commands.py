"""What every command must do; a new one is tested by being listed in ``cli.app``."""

import pytest
from typer.testing import CliRunner

from importer.cli.app import _COMMANDS, app

GROUP = ("list", "get", "create", "update", "delete")
JOB = ("init", "check", "run", "watch", "status")
TYPED = [[name] for name in _COMMANDS] + [["contacts", name] for name in GROUP] + [["job", name] for name in JOB]


@pytest.mark.parametrize("typed", TYPED, ids=" ".join)
def test_its_help_says_what_it_does(typed: list[str]) -> None:
    """In a sentence, before its options."""
    shown = CliRunner().invoke(app, [*typed, "--help"], env={"COLUMNS": "300"})
    assert shown.exit_code == 0
    assert "." in shown.output.split("Usage:")[1].split("Options")[0]


@pytest.mark.parametrize("typed", TYPED, ids=" ".join)
def test_an_option_that_it_does_not_have_is_wrong_usage(typed: list[str]) -> None:
    """Exit code 2, without a traceback."""
    done = CliRunner().invoke(app, [*typed, "--no-such-option"])
    assert done.exit_code == 2
    assert "Traceback" not in done.output
