"""The man page has what the help has, as roff that no formatter complains of."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from importer.cli.app import app
from importer.cli.man import _commands, man_page


@pytest.fixture(scope="module")
def page() -> str:
    return man_page()


def test_every_command_has_its_section_with_every_option(page: str) -> None:
    """In the words of its help, and each exit code has an entry."""
    group: Any = get_command(app)
    for name, command in _commands("importer", group):
        section = page.partition(f"\n.SS {name}\n")[2].partition("\n.S")[0].replace("\\-", "-")
        assert " ".join(command.help.split("\n\n")[0].split()) in " ".join(section.split()), name
        for option in (opt for param in command.params for opt in param.opts if opt.startswith("-")):
            assert re.search(rf"^\.B .*{re.escape(option)}\b", section, re.MULTILINE), (name, option)
    codes = page.partition(".SH EXIT STATUS")[2].partition(".SH")[0]
    assert {"0", "8", "129, 130, 143"} < set(re.findall(r"^\.B (.*)$", codes, re.MULTILINE))


def test_no_text_is_taken_for_a_request(page: str) -> None:
    """A line begins with a dot only where it is one of ours; a hyphen is a hyphen, so that options can be copied."""
    begun = {line.split(" ")[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert begun == {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".br"}
    assert not re.search(r"(?<!\\)-", page)
    assert max(map(len, page.splitlines())) < 120


@pytest.mark.parametrize("command", [["mandoc", "-Tlint", "-Wwarning"], ["groff", "-man", "-ww", "-Tutf8", "-k", "-z"]])
def test_formatters_complain_of_nothing(page: str, tmp_path: Path, command: list[str]) -> None:
    """But that it has no date: the page of one version is always the same."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on this machine")
    path = tmp_path / "importer.1"
    path.write_text(page, "utf-8")
    done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "missing date" not in line]
    assert said == []
