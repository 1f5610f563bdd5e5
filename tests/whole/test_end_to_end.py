"""A whole import over loopback: the truth of every row, kills, other people's files, hostile answers."""

import json
from pathlib import Path

import pytest

from importer.sandbox import PRESETS
from importer.sandbox.behaviour import Behaviour
from tests.conftest import StartSandbox, Typed
from tests.support.commands import books
from tests.support.truth import write_csv
from tests.torture.everything import check_kill, check_server, check_truth
from tests.torture.kills import kill_at_points, kill_at_random

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
needs_corpora = pytest.mark.corpora


def test_every_row_of_a_messy_list_ends_as_its_truth_says(tmp_path: Path) -> None:
    """Outcome, reason, phone and survivor of each row, and the server's contacts, are as constructed."""
    ends = check_truth(tmp_path / "truth", 3_000, seed=11)
    assert len(ends) >= 8


def test_a_killed_run_is_resumed_without_loss_or_double(tmp_path: Path) -> None:
    """``kill -9`` in the middle of sending, then resume, on a server that keeps second copies."""
    assert "imported once" in check_kill(tmp_path / "kill", 1_000, seed=1)


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_no_answer_makes_the_books_lie(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch, preset: str
) -> None:
    """Whatever the API's habits: balanced, no traceback, and nothing is called imported that the server lacks."""
    truths = write_csv(tmp_path / "list.csv", 400, seed=5)
    sandbox = start_sandbox(PRESETS[preset])
    options = ["--base-url", sandbox.url, "--batch-size", "40", "--quiet-time", "0.2", "--json"]
    monkeypatch.chdir(tmp_path)
    summary = books(typed("run", "list.csv", *options))
    held = [contact.phone for contact in sandbox.store.contacts()]
    assert summary["imported"] <= len(set(held))
    assert len(held) == len(set(held))
    assert summary["imported"] + summary["unconfirmed"] <= sum(truth.outcome == "imported" for truth in truths)


def test_lost_answers_are_settled_by_reading_back(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway time-out after the write, a reset before it: read back, one is imported, the other sent again."""
    truths = write_csv(tmp_path / "list.csv", 300, seed=6)
    sandbox = start_sandbox(Behaviour.parse(["on_duplicate=second", "faults=2:504-after-commit,4:reset-before-commit"]))
    options = ["--base-url", sandbox.url, "--batch-size", "50", "--quiet-time", "0.2", "--json"]
    monkeypatch.chdir(tmp_path)
    summary = books(typed("run", "list.csv", *options))
    assert summary["unconfirmed"] == 0
    assert summary["imported"] == sum(truth.outcome == "imported" for truth in truths)
    assert len(list(sandbox.store.contacts())) == summary["imported"]


@needs_corpora
@pytest.mark.parametrize("file", sorted((CORPORA / "thunderbird").glob("*.*v")), ids=lambda file: file.name)
def test_address_books_are_imported_or_clearly_refused(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    """Exit code 0, 2 or 3, balanced books, no traceback."""
    monkeypatch.chdir(tmp_path)
    done = typed("run", file, "--region", "US", "--sandbox", "--json")
    assert done.code in (0, 2, 3), done.err
    if done.code == 2:
        assert "phone column" in done.err
    else:
        books(done)


def test_the_sample_files_are_imported(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """All sample files in one run: nearly all rows are imported, and every kind of trouble is named."""
    samples = sorted((Path(__file__).parents[2] / "sample_data").iterdir())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VOXPRIA_API_KEY")
    done = typed("run", *samples, "--region", "US", "--sandbox", "--json")
    summary = books(done)
    assert done.code == 3
    assert summary["imported"] > 0.8 * summary["rows"]
    assert {source["file"] for source in summary["sources"]} == {sample.name for sample in samples}
    assert json.dumps(summary)


def test_the_server_check_can_fail(tmp_path: Path, start_sandbox: StartSandbox) -> None:
    """A server that lacks a number is noticed."""
    truths = write_csv(tmp_path / "list.csv", 50, seed=7)
    start_sandbox(db=tmp_path / "api.sqlite")
    with pytest.raises(AssertionError, match="lost"):
        check_server(tmp_path / "api.sqlite", truths)


def test_runs_killed_at_any_instant_lose_and_double_nothing() -> None:
    """``kill -9`` at random instants of forked runs, on a server that keeps second copies and loses answers."""
    tally = kill_at_random(4, at_once=1, seed=7)
    assert not tally.broken, tally
    assert tally.kills >= 4


def test_a_run_killed_before_a_row_that_a_stage_fails_on_comes_to_its_end() -> None:
    """It is the last of five parts: that row is settled with its column, what was sent before it is not sent again."""
    tally = kill_at_points(at_once=1, points=["before a part of rows"], times=[5])
    assert not tally.broken, tally
    assert tally.kills == 1
    assert tally.unfinished == 0


def test_runs_killed_at_named_points_lose_and_double_nothing() -> None:
    """After an intent, after a request and before an outcome: where an end hurts most."""
    points = ["after an intent", "after a request", "before an outcome"]
    tally = kill_at_points(at_once=1, points=points, times=[2])
    assert not tally.broken, tally
    assert tally.kills == 3
