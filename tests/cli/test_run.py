"""``run`` as a user types it, in a process of its own, against a real sandbox."""

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

from importer.sandbox import Behaviour
from tests.conftest import KEY, Sandbox, StartSandbox
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


def test_a_run_leaves_nothing_that_others_can_read(contacts: Path, sandbox: Sandbox) -> None:
    """Folders are 0700 and files 0600, and the key is in none of them."""
    importer("run", contacts, "--region", "US", "--base-url", sandbox.url, cwd=contacts.parent)
    made = list((contacts.parent / "runs").rglob("*"))
    assert len(made) > 8
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path


def test_a_second_run_sends_nothing_twice(contacts: Path, sandbox: Sandbox) -> None:
    """The same file again: what was imported is skipped as already imported and no contact is sent."""
    first = importer("run", contacts, "--region", "US", "--base-url", sandbox.url, "--json", cwd=contacts.parent)
    again = importer("run", contacts, "--region", "US", "--base-url", sandbox.url, "--json", cwd=contacts.parent)
    assert books(again)["reasons"]["skipped"]["already-imported"] == 2
    assert books(again)["api"]["sent"] == 0
    assert (
        books(first)["run_id"]
        in pl.read_parquet(contacts.parent / "runs" / books(again)["run_id"] / "rows.parquet")["detail"]
        .str.join(" ", ignore_nulls=True)
        .item()
    )


def test_a_dry_run_sends_nothing_and_needs_no_key(contacts: Path) -> None:
    """Rows that would be sent are planned."""
    done = importer("run", contacts, "--region", "US", "--dry-run", "--json", cwd=contacts.parent, key=None)
    assert books(done)["reasons"]["planned"] == {"ready": 2}
    assert books(done)["status"] == "dry-run"
    assert books(done)["requests"] == 0


def test_the_embedded_sandbox_needs_no_account(contacts: Path) -> None:
    """--sandbox imports without a key, and its contacts stay in the run's folder."""
    done = importer("run", contacts, "--region", "US", "--sandbox", cwd=contacts.parent, key=None)
    assert done.returncode == 3
    assert "balanced" in done.stdout
    assert "report.html" in done.stdout


def test_too_many_errors_are_refused_before_anything_is_sent(contacts: Path, sandbox: Sandbox) -> None:
    """A guard leaves exit code 5, planned rows and an untouched server."""
    done = importer(
        "run",
        contacts,
        "--region",
        "US",
        "--base-url",
        sandbox.url,
        "--max-error-rate",
        "0.1",
        "--json",
        cwd=contacts.parent,
    )
    summary = books(done)
    assert (done.returncode, summary["status"], summary["planned"]) == (5, "refused", 2)
    assert sandbox.store.count() == 0


def test_suppressed_numbers_are_never_sent(contacts: Path, sandbox: Sandbox) -> None:
    """A list in another spelling and format keeps its numbers from being sent."""
    (contacts.parent / "dnc.txt").write_text("do not call\n001 (415) 555-0124\n", "utf-8")
    done = importer(
        "run",
        contacts,
        "--region",
        "US",
        "--base-url",
        sandbox.url,
        "--suppress",
        "dnc.txt",
        "--json",
        cwd=contacts.parent,
    )
    assert books(done)["reasons"]["skipped"]["suppressed"] == 1
    assert [contact.phone for contact in sandbox.store.contacts()] == ["+14155550123"]


def test_ctrl_c_leaves_a_resumable_run(contacts: Path, start_sandbox: StartSandbox) -> None:
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
    resumed = importer("resume", "latest", "--json", cwd=contacts.parent)
    assert (resumed.returncode, books(resumed)["imported"]) == (0, 80)
    assert sandbox.store.count() == 80
    assert books(resumed)["requests"] == 20
