"""--exact: contacts travel alone, so that answers which only count leave no row without a name."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from importer.sandbox import Behaviour
from importer.sandbox.store import Fields
from tests.conftest import StartSandbox, Typed

ROWS = 8


HAD = ("+12025550001", "+12025550004", "+12025550006")


LIST = "Name,Phone\n" + "".join(f"Ann Example,+1 202-555-{n:04}\n" for n in range(ROWS))


SHAPES = get_type_hints(Behaviour)["error_shape"].__args__


@pytest.fixture
def desk(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> Any:
    """Imports eight numbers into an account that has three of them; gives exit code, summary, stderr and the store."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")

    def run(switches: list[str], *options: str, command: tuple[str, ...] = ("run", str(tmp_path / "list.csv"))) -> Any:
        sandbox = start_sandbox(Behaviour.parse(switches))
        sandbox.store.add([Fields(number, "Old", None, None, None) for number in HAD])
        done = typed(*command, "--base-url", sandbox.url, "--runs", tmp_path / "runs", "--json", *options)
        summary = json.loads(done.out)
        assert summary["balanced"]
        return done.code, summary, done.err, sandbox.store

    return run


def test_counts_alone_settle_every_row(desk: Any) -> None:
    """Eight requests; each row is imported or skipped, and none is read back."""
    code, summary, err, store = desk(["preset=counts-only"], "--exact", "--verify", "never", "--batch-size", "5")
    assert (code, summary["batches"], summary["requests"]) == (0, ROWS, ROWS)
    assert summary["reasons"] == {"imported": {"confirmed": 5}, "skipped": {"skipped-by-api": 3}}
    assert len(list(store.contacts())) == ROWS
    told = "--exact sends each contact in a request of its own: 8 of them, within an hour; 300 are allowed."
    assert told in err


def test_the_same_counts_of_one_batch_settle_none(desk: Any) -> None:
    """Without: the API said 5 and 3, and not which."""
    _, summary, *_ = desk(["preset=counts-only"], "--verify", "never")
    assert summary["reasons"] == {"unconfirmed": {"not-named": ROWS}}


@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_the_form_of_an_error(desk: Any, shape: str) -> None:
    """An account that lists what it has as errors: told as there before, or refused where its words do not say why."""
    switches = [f"error_shape={shape}", "on_duplicate=error", "index_base=file-row", "skipped_counts=errors-too"]
    _, summary, *_ = desk(switches, "--exact", "--verify", "never")
    reasons = summary["reasons"]
    assert reasons["imported"] == {"confirmed": 5}
    assert sum(reasons.get("skipped", {}).values()) + sum(reasons.get("errored", {}).values()) == len(HAD)


@pytest.mark.parametrize("dry", [True, False])
def test_the_cost_is_told_and_what_is_too_much_refused(desk: Any, dry: bool) -> None:
    """More requests than allowed: nothing is sent, and what to type is said. A dry run only tells."""
    options = ["--exact", "--verify-requests", "7", *(["--dry-run"] if dry else [])]
    code, summary, err, store = desk([], *options)
    assert (code, summary["planned"]) == (0 if dry else 5, ROWS)
    assert not [request for request in store.requests() if request.method == "POST"]
    assert "8 of them, within an hour" in err
    assert dry == ("--verify-requests 8" not in err)


def test_a_long_one_says_how_many_hours(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """At two requests an hour eight take four hours; the run gives up waiting and can be resumed."""
    monkeypatch.setenv("IMPORTER_REQUESTS_PER_HOUR", "2")
    monkeypatch.setenv("IMPORTER_MAX_WAIT", "1")
    code, summary, err, _ = desk([], "--exact")
    assert "8 of them, about 4.0 hours at 2 an hour" in err
    assert (code, summary["waiting"]) == (4, ROWS - 2)


def test_a_resumed_run_stays_exact(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """Stopped in the middle, the rest travels alone, too, and its cost is told; nothing is there twice."""
    sandbox = start_sandbox(Behaviour.parse(["preset=counts-only", "latency_s=0.3"]))
    sandbox.store.add([Fields(number, "Old", None, None, None) for number in HAD])
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    command = ["run", "list.csv", "--base-url", sandbox.url, "--exact", "--verify", "never", "--json"]
    process = subprocess.Popen([sys.executable, "-m", "importer", *command], cwd=tmp_path, stdout=-1, stderr=-1)
    end = time.monotonic() + 30
    while not sandbox.store.requests() and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    sent = json.loads(out)["batches"]
    assert (process.returncode, 0 < sent < ROWS) == (4, True)
    done = typed("resume", "latest", "--runs", tmp_path / "runs", "--json")
    assert json.loads(done.out)["reasons"] == {"imported": {"confirmed": 5}, "skipped": {"skipped-by-api": 3}}
    assert f"{ROWS - sent} of them" in done.err
    numbers = [contact.phone for contact in sandbox.store.contacts()]
    assert sorted(numbers) == sorted({*numbers}) == [f"+1202555{n:04}" for n in range(ROWS)]
