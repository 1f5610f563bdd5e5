"""``run`` as a user types it, against a real sandbox; in a process of its own where that matters."""

import csv
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from importer.sandbox import Behaviour
from tests.conftest import KEY, Sandbox, StartSandbox, Typed
from tests.support.commands import books, importer


def test_every_row_of_a_small_list_is_accounted_for(contacts: Path, sandbox: Sandbox) -> None:
    """Each row has its outcome in the summary, in rows.parquet, in the CSV files and on the server."""
    done = importer("run", contacts, "--region", "US", "--base-url", sandbox.url, "--json", cwd=contacts.parent)
    summary = books(done)
    assert done.returncode == summary["exit_code"] == 3
    assert summary["status"] == "complete"
    assert summary["reasons"] == {
        "imported": {"confirmed": 2},
        "skipped": {"blank-row": 1, "duplicate-in-file": 1},
        "errored": {"phone-missing": 1, "phone-invalid": 1},
    }
    assert summary["api"] == {"sent": 2, "imported": 2, "skipped": 0, "errors": 0}
    folder = contacts.parent / "runs" / summary["run_id"]
    rows = pl.read_parquet(folder / "rows.parquet")
    assert rows["row"].to_list() == [2, 3, 4, 5, 6, 7]
    assert rows["first_name"].to_list()[:2] == ["Jane", "John"]
    assert rows["kept_row"].to_list() == [None, None, None, 2, None, None]
    assert rows["raw:City"].to_list()[:2] == ["Springfield", "Shelbyville"]
    with (folder / "imported.csv").open(encoding="utf-8", newline="") as file:
        assert [line["phone"] for line in csv.DictReader(file)] == ["+14155550123", "+14155550124"]
    assert {contact.phone for contact in sandbox.store.contacts()} == {"+14155550123", "+14155550124"}


def test_a_run_leaves_nothing_that_others_can_read(at_desk: Typed, sandbox: Sandbox) -> None:
    """Folders are 0700 and files 0600, and the key is in none of them."""
    at_desk("run", "contacts.csv", "--region", "US", "--base-url", sandbox.url)
    made = list(Path("runs").rglob("*"))
    assert len(made) > 8
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path


def test_a_second_run_sends_nothing_twice(at_desk: Typed, sandbox: Sandbox) -> None:
    """The same file again: what was imported is skipped as already imported and no contact is sent."""
    command = ("run", "contacts.csv", "--region", "US", "--base-url", sandbox.url, "--json")
    first, again = books(at_desk(*command)), books(at_desk(*command))
    assert again["reasons"]["skipped"]["already-imported"] == 2
    assert again["api"]["sent"] == 0
    details = pl.read_parquet(Path("runs") / again["run_id"] / "rows.parquet")["detail"]
    assert first["run_id"] in details.str.join(" ", ignore_nulls=True).item()


def test_a_dry_run_sends_nothing_and_needs_no_key(at_desk: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that would be sent are planned."""
    monkeypatch.delenv("VOXPRIA_API_KEY")
    summary = books(at_desk("run", "contacts.csv", "--region", "US", "--dry-run", "--json"))
    assert summary["reasons"]["planned"] == {"ready": 2}
    assert summary["status"] == "dry-run"
    assert summary["requests"] == 0


def test_the_embedded_sandbox_needs_no_account(at_desk: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """--sandbox imports without a key, and its contacts stay in the run's folder."""
    monkeypatch.delenv("VOXPRIA_API_KEY")
    done = at_desk("run", "contacts.csv", "--region", "US", "--sandbox")
    assert done.code == 3
    assert "balanced" in done.out
    assert "report.html" in done.out


def test_too_many_errors_are_refused_before_anything_is_sent(at_desk: Typed, sandbox: Sandbox) -> None:
    """A guard leaves exit code 5, planned rows and an untouched server."""
    options = ("--region", "US", "--base-url", sandbox.url, "--max-error-rate", "0.1", "--json")
    done = at_desk("run", "contacts.csv", *options)
    summary = books(done)
    assert (done.code, summary["status"], summary["planned"]) == (5, "refused", 2)
    assert sandbox.store.count() == 0


def test_suppressed_numbers_are_never_sent(at_desk: Typed, sandbox: Sandbox) -> None:
    """A list in another spelling and format keeps its numbers from being sent."""
    Path("dnc.txt").write_text("do not call\n001 (415) 555-0124\n", "utf-8")
    options = ("--region", "US", "--base-url", sandbox.url, "--suppress", "dnc.txt", "--json")
    assert books(at_desk("run", "contacts.csv", *options))["reasons"]["skipped"]["suppressed"] == 1
    assert [contact.phone for contact in sandbox.store.contacts()] == ["+14155550123"]


def test_ctrl_c_leaves_a_resumable_run(contacts: Path, at_desk: Typed, start_sandbox: StartSandbox) -> None:
    """SIGINT in the middle: exit code 4, balanced books, and resume goes on without sending anything twice."""
    sandbox = start_sandbox(Behaviour(latency_s=0.15))
    rows = "\n".join(f"Ann {n},+1415555{n:04}" for n in range(100, 180))
    contacts.write_text(f"Name,Phone\n{rows}\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "importer",
        "run",
        str(contacts),
        "--base-url",
        sandbox.url,
        "--batch-size",
        "4",
        "--json",
    ]
    with subprocess.Popen(
        command,
        cwd=contacts.parent,
        env=os.environ | {"VOXPRIA_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while sandbox.store.count() < 8:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    stopped = json.loads(out)
    assert process.returncode == 4, err
    assert stopped["balanced"]
    assert stopped["status"] == "incomplete"
    assert 0 < stopped["imported"] < 80
    assert stopped["unconfirmed"] == 0
    assert "importer resume" in err
    resumed = at_desk("resume", "latest", "--json")
    assert (resumed.code, books(resumed)["imported"]) == (0, 80)
    assert sandbox.store.count() == 80
    assert books(resumed)["requests"] == 20
