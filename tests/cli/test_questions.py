"""Questions about columns as a person is asked them at a terminal."""

import json
from pathlib import Path

import pytest

from importer.storage.kept_answers import FILE_NAME
from tests.support.terminal import Terminal

LIST = "Name,Fax,Other fax\n" + "".join(f"Ann Lee,+1 415 555 01{n:02},+1 415 555 02{n:02}\n" for n in range(9))


@pytest.fixture
def faxes(tmp_path: Path) -> Path:
    file = tmp_path / "faxes.csv"
    file.write_text(LIST, "utf-8")
    return file


def test_at_a_terminal_it_asks(faxes: Path) -> None:
    """The candidates with points and masked examples; what is none of them is asked again; the answer is used."""
    terminal = Terminal(faxes.parent, "run", "faxes.csv", "--dry-run")
    terminal.until("order in which they are tried")
    assert "20 of 100 points" in terminal.shown
    assert "+1 4•• ••• ••••" in terminal.shown
    assert "555" not in terminal.shown
    terminal.type("7\n")
    terminal.until("That is none of them.")
    terminal.type("2\n")
    assert terminal.end() == 0, terminal.shown
    kept = json.loads((faxes.parent / "runs" / FILE_NAME).read_text("utf-8"))
    assert [answer["map"] for answer in kept["headers"].values()] == [{"phone": ["Other fax"]}]


def test_ctrl_c_at_a_question_ends_cleanly(faxes: Path) -> None:
    """Nothing was begun: no run, no answer, no traceback."""
    terminal = Terminal(faxes.parent, "run", "faxes.csv", "--dry-run")
    terminal.until("order in which they are tried")
    assert terminal.interrupt() == 130
    assert "Nothing was sent." in terminal.shown
    assert "Traceback" not in terminal.shown
    assert not (faxes.parent / "runs").exists()
