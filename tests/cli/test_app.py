"""The command line as a whole: what wrong usage and no arguments are told."""

from pathlib import Path

import pytest

from tests.conftest import Typed


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "nothing.csv"], "no file nothing.csv"),
        (["run", "."], "folder"),
        (["run", "contacts.csv", "--region", "Germany"], "two-letter"),
        (["run", "contacts.csv", "--map", "fone=Phone"], "fone"),
        (["run", "contacts.csv", "--map", "phone=Nope"], "Nope"),
        (["run", "contacts.csv", "--batch-size", "20000"], "--batch-size"),
        (["run", "contacts.csv", "--base-url", "http://example.com"], "https"),
        (["resume", "nope"], "no run nope"),
        (["report", "latest"], "no run latest"),
        (["bogus"], "bogus"),
        (["run"], "FILE"),
        (["convert", "contacts.csv", "--out", "contacts.csv"], "cannot be written"),
    ],
)
def test_wrong_usage_is_one_clear_message(at_desk: Typed, arguments: list[str], says: str) -> None:
    """Exit code 2, the wrong thing named, no traceback, nothing written."""
    done = at_desk(*arguments)
    assert done.code == 2, done.err
    assert says in done.err
    assert "Traceback" not in done.err
    assert not list(Path().glob("runs/*/summary.json"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["resume"], "importer resume --help"),
        (["contacts", "get"], "importer contacts get --help"),
        (["run", "--nonsense"], "importer run --help"),
        (["nonsense"], "importer --help"),
    ],
)
def test_wrong_usage_names_the_command_whose_help_tells(typed: Typed, arguments: list[str], says: str) -> None:
    """The advice is the command that was meant."""
    done = typed(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.rstrip().endswith(says)


def test_without_arguments_the_help_is_all(typed: Typed) -> None:
    """No complaint under it."""
    done = typed()
    assert (done.code, done.err) == (2, "")
    assert "Show how files are understood" in " ".join(done.out.split())
