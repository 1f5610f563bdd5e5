"""The plain path: ``phonenumbers`` alone reads the numbers, and every answer is that of the automaton."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from importer.cli import main
from importer.errors import UsageError
from importer.settings.phones_path import PHONES_VARIABLE, is_plain
from importer.stages.phones import Phones, automaton
from tests.quality.phone_identity import EXAMPLES, Spelling, differing_paths, generated, stage_frame
from tests.support.phone_cells import cells

DOUBTS = [
    *(("310-2250", "CA"), ("+1 310 2250", None), ("001 310 2250", "DE"), ("5550123", "US")),
    *(("3906123456", "IT"), ("4915123456789", "DE"), ("49 30 1234 5678", "DE"), ("43 664 123456", "AT")),
    *(("0049 49 30 123456", "DE"), ("+49 030 123456", None), ("+0171 3920055", "DE"), ("+2015550142", "US")),
    *(("54 9 11 15 2345 6789", "AR"), ("54 011 15 2345 6789", "AR"), ("55 0 15 11 91234 5678", "BR")),
    *(("23125100", "DE"), ("20240501", "DE"), ("030 1234 56, Apt 2", "DE"), ("+883 5100 1234 5678", None)),
    *(("415-555-0123,24,25", "US"), ("1 264 497 0123", "AI"), ("12644970123", "AI"), ("4970123", "AI")),
]
"""Spellings that a careful person doubts, whose traits decide, or that the automaton leaves to ``phonenumbers``."""


def read_plainly(some: list[Spelling], monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    """The rows after the stage on the plain path."""
    with monkeypatch.context() as patch:
        patch.setenv(PHONES_VARIABLE, "plain")
        return Phones(None)(stage_frame(some))


def test_what_is_doubted_is_doubted_on_both_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half numbers, two readings, slips and numbers too long to be one: number, reason, words and changes are equal."""
    fast = Phones(None)(stage_frame(DOUBTS))
    assert read_plainly(DOUBTS, monkeypatch).equals(fast)
    reasons = dict(zip(DOUBTS, fast["reason"].to_list(), strict=True))
    assert (reasons["310-2250", "CA"], reasons["3906123456", "IT"]) == ("phone-invalid", "phone-ambiguous")


def test_both_paths_give_the_same_answers() -> None:
    """A few thousand made spellings, cells as people write them, and what the corpora have."""
    some: list[Spelling] = generated(1_500, seed="plain")
    some += [(cell.text, cell.region) for cell in cells(1_000, seed=11)]
    if EXAMPLES.exists():
        lines = EXAMPLES.read_text("utf-8").splitlines()[::5]
        numbers = [json.loads(line)["e164"] for line in lines]
        some += [(text, region) for number in numbers for text in (number, number[1:]) for region in (None, "DE", "US")]
    assert differing_paths(some) == []


def test_the_plain_path_asks_the_automaton_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is of use to whoever doubts the automaton."""

    def doubted(*_: object, **__: object) -> None:
        raise AssertionError("the automaton was asked")

    monkeypatch.setattr(automaton.Automaton, "read", doubted)
    assert read_plainly(DOUBTS, monkeypatch)["phone"].null_count() < len(DOUBTS)


def test_another_path_is_an_error_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What may stand there is said, and a command ends as after any wrong configuration, before it writes anything."""
    file = tmp_path / "list.csv"
    file.write_text("Name,Phone\nAnn,+14155550123\n", "utf-8")
    monkeypatch.setenv(PHONES_VARIABLE, "fast")
    monkeypatch.setattr("sys.argv", ["importer", "run", str(file), "--dry-run", "--runs", str(tmp_path / "runs")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == UsageError.exit_code
    assert re.search(f"{PHONES_VARIABLE} .* plain", capsys.readouterr().err)
    assert not (tmp_path / "runs").exists()
    with pytest.raises(UsageError):
        Phones(None)


def test_an_empty_variable_selects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a shell sets it aside for one command."""
    monkeypatch.setenv(PHONES_VARIABLE, "")
    assert not is_plain()
