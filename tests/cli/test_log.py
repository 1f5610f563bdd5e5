"""A log has a line an event, with the ids of run and batch; it never changes how a command ends."""

import json
from pathlib import Path

import pytest

from tests.conftest import Sandbox, Typed
from tests.support.jobs import people


def test_each_event_is_a_line_with_its_run_and_batch(
    typed: Typed, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As JSON in a file that is appended to; with a format alone standard error holds nothing else."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(people(3), "utf-8")
    to = ("--base-url", sandbox.url)
    done = typed("run", "a.csv", *to, "--batch-size", "2", "--log-file", "all.log", "--log-format", "json")
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in Path("all.log").read_text("utf-8").splitlines()]
    (run,) = {line["run"] for line in lines if "run" in line}  # what comes before the run has none
    assert (tmp_path / "runs" / run).is_dir()
    batches = {(line["event"], line["batch"], line["rows"]) for line in lines if "batch" in line}
    assert batches == {(event, *batch) for event in ("queued", "sent", "answered") for batch in ((1, 2), (2, 1))}
    assert (lines[-1]["event"], lines[-1]["imported"], lines[-1]["exit_code"]) == ("run ended", 3, 0)
    assert Path("all.log").stat().st_mode & 0o777 == 0o600
    assert "Person" not in Path("all.log").read_text("utf-8")
    again = typed("run", "a.csv", *to, "--log-format", "text")
    assert all(line.startswith("20") for line in again.err.splitlines())
    assert " run ended run=" in again.err
    assert typed("run", "a.csv", *to, "--log-format", "xml").code == 2
    assert typed("run", "a.csv", *to, "--log-file", "/dev/full", "--json").code == 0


def test_a_command_says_less_or_more(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With -q standard error is empty, but for what went wrong; with -v it has each event, beside a log of any form."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(people(2) + "remark,below\n", "utf-8")
    quiet = typed("run", "a.csv", "--dry-run", "-q")
    assert (quiet.code, quiet.err) == (3, "")
    assert "balanced" in quiet.out
    assert typed("contacts", "list", "-q", "--base-url", "http://127.0.0.1:9").err.startswith("importer: ")
    loud = typed("run", "a.csv", "--dry-run", "-v", "--log-file", "all.log", "--log-format", "json", "--json")
    events = [json.loads(line)["event"] for line in Path("all.log").read_text("utf-8").splitlines()]
    assert events == [line.split(" ", 1)[1].split(" run=")[0].split(" what=")[0] for line in loud.err.splitlines()]
    assert json.loads(loud.out)["status"] == "dry-run"
    assert typed("inspect", "a.csv", "-v").err.splitlines()[-1].endswith("share_read=1.0")
    assert typed("runs", "-q", "-v").code == 2
