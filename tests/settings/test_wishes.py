"""Every setting has one text, for ``--help``, profiles and people alike; each command's options are settings."""

import re

import pytest
from typer.testing import CliRunner

from importer.cli.app import app
from importer.settings.settings import Settings
from importer.settings.wishes import WISHES, group


def test_each_setting_has_its_words_and_no_others() -> None:
    """A field without words, or words without a field, is an option that nobody can find."""
    assert list(WISHES.keys() ^ Settings.model_fields.keys()) == []
    assert {name: field.description for name, field in Settings.model_fields.items()} == {
        name: wish.text for name, wish in WISHES.items()
    }


def test_each_setting_with_a_flag_stands_in_a_group_of_the_help() -> None:
    """Under "Options" alone stand what is no setting, and what every command has."""
    assert [name for name, wish in WISHES.items() if wish.kind is not None and group(name) is None] == []


@pytest.mark.parametrize("name", [name for name, wish in WISHES.items() if wish.kind is not None])
def test_each_setting_with_a_flag_is_an_option_of_run_with_its_words(name: str) -> None:
    """What the help says is what the setting says."""
    shown = CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "400"}).output
    line = next(line for line in shown.splitlines() if f"--{name.replace('_', '-')} " in line)
    assert re.sub(r"\s+", " ", WISHES[name].text) in re.sub(r"\s+", " ", line)
