"""--snapshot: what the account has is not sent, each such row is named, and what cannot be read is not guessed."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.errors import StoppedError
from importer.sandbox import Behaviour
from importer.sandbox.store import Fields
from importer.storage.parts import Parts
from tests.conftest import Sandbox, StartSandbox, Typed
from tests.support.desk import Desk, books

ROWS = 40
HAD = 15
LIST = "Name,Phone\n" + "".join(f"Ann Example,+1 202-555-{n:04}\n" for n in range(ROWS))


class Account(Desk):
    """A list of 40 numbers, and an account that has 15 of them and 30 others."""

    def __init__(self, folder: Path, sandbox: Sandbox, typed: Typed) -> None:
        super().__init__(folder, sandbox, typed, LIST)
        numbers = [f"+1202555{n:04}" for n in range(0, 2 * HAD, 2)] + [f"+1415555{n:04}" for n in range(30)]
        self.store.add([Fields(number, "Old", None, None, None) for number in numbers])

    def numbers(self) -> list[str]:
        return sorted(contact.phone for contact in self.store.contacts())


@pytest.fixture
def open_desk(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> Any:
    return lambda *switches: Account(tmp_path, start_sandbox(Behaviour.parse(list(switches))), typed)


@contextmanager
def broken_off(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Iterator[None]:
    """Runs are broken off when the first 16 rows are prepared, and some of them sent."""
    add = Parts.add

    def fails(self: Parts, table: int, frame: pl.DataFrame) -> None:
        if len(self) == 2:
            end = time.monotonic() + 30
            while not desk.asked("POST") and time.monotonic() < end:
                time.sleep(0.02)
            raise StoppedError("the disk is full")
        add(self, table, frame)

    with monkeypatch.context() as broken:
        broken.setattr(Parts, "add", fails)
        yield


def test_an_api_that_only_counts_leaves_no_row_without_a_name(open_desk: Any) -> None:
    """Without: 40 rows that the API counted and did not name. With: each has its outcome, and 25 were sent."""
    desk = open_desk("preset=counts-only")
    done = desk.run("--snapshot", "--verify", "never")
    summary = books(done)
    assert (done.code, summary["reasons"]) == (0, {"imported": {"confirmed": 25}, "skipped": {"skipped-by-api": HAD}})
    assert (summary["api"]["sent"], summary["present_before"], summary["api"]["skipped"]) == (25, HAD, 0)
    there = desk.rows().filter(reason="skipped-by-api")
    assert there["phone"].to_list() == [f"+1202555{n:04}" for n in range(0, 2 * HAD, 2)]
    assert there["batch"].null_count() == HAD
    assert set(there["detail"]) == {
        "the account's list showed the number before anything was sent, so the row was not sent"
    }
    assert "The account holds 45 contacts: 2 requests; 300 are allowed." in done.err
    assert len(desk.numbers()) == len(set(desk.numbers())) == ROWS + 30


def test_without_it_such_rows_have_no_name(open_desk: Any) -> None:
    """The same account, not read before: what is skipped is counted only."""
    summary = books(open_desk("preset=counts-only").run("--verify", "never"))
    assert summary["reasons"] == {"unconfirmed": {"not-named": ROWS}}


@pytest.mark.parametrize("totals", ["pagination", "none"])
def test_an_account_too_large_is_refused_before_anything_is_sent(open_desk: Any, totals: str) -> None:
    """By its total after one request, else when the budget is used up; every row is prepared, and nothing sent."""
    desk = open_desk("page_cap=10", f"list_totals={totals}")
    done = desk.run("--snapshot", "--verify-requests", "3")
    summary = books(done)
    assert (done.code, summary["status"], summary["planned"]) == (5, "refused", ROWS)
    assert desk.asked("POST") == 0
    assert desk.asked("GET") == (1 if totals == "pagination" else 3)
    advice = "--verify-requests 6" if totals == "pagination" else "--verify-requests N"
    assert advice in summary["stopped_because"]
    assert "import without --snapshot" in summary["stopped_because"]
    assert desk.command("resume", "latest").code == 2
    assert desk.run("--snapshot", "--verify-requests", "6").code == 0


def test_an_api_that_refuses_large_pages_is_asked_for_small_ones(open_desk: Any) -> None:
    """The documented limit is 50: after a refusal of more, the list is read with that."""
    desk = open_desk("page_limit=refused", "page_cap=50", "preset=counts-only")
    summary = books(desk.run("--snapshot", "--verify", "never"))
    assert (summary["exit_code"], summary["imported"], summary["present_before"]) == (0, 25, HAD)
    assert desk.asked("GET") == 3


NO_LIST = """name = "No list"
base_url = "https://api.example.com"
[auth]
key_variable = "VOXPRIA_API_KEY"
[paths]
bulk = "/api/v1/contacts/bulk"
list = "/api/v1/nothing"
create = "/api/v1/contacts"
one = "/api/v1/contacts/{id}"
[fields]
phone = "phone"
id = "contactId"
[bulk]
imported = "data.imported"
skipped = "data.skipped"
"""


@pytest.mark.parametrize(
    ("switches", "options", "asked"), [(["page_limit=refused", "page_cap=20"], [], 2), ([], ["--target"], 0)]
)
def test_an_api_without_a_list_is_refused_before_anything_is_sent(
    open_desk: Any, switches: list[str], options: list[str], asked: int
) -> None:
    """It refuses every limit, or has none at its address (the sandbox does not note that request): exit code 5."""
    desk = open_desk(*switches)
    target = desk.folder / "no-list.toml"
    target.write_text(NO_LIST, "utf-8")
    done = desk.run("--snapshot", *options, *([str(target)] if options else []))
    summary = books(done)
    assert (done.code, summary["status"], summary["planned"]) == (5, "refused", ROWS)
    assert (desk.asked("GET"), desk.asked("POST")) == (asked, 0)
    assert "Nothing was sent. Import without --snapshot." in summary["stopped_because"]


@pytest.mark.parametrize("fault", ["2:401", "2:403"])
def test_a_list_that_cannot_be_read_sends_nothing(open_desk: Any, fault: str) -> None:
    """The key is refused in the middle of the list: exit code 6, and the resumption reads it from the beginning."""
    desk = open_desk("page_cap=10", f"faults={fault}")
    done = desk.run("--snapshot")
    assert (done.code, desk.asked("POST")) == (6, 0)
    assert books(done)["status"] == "incomplete"
    done = desk.command("resume", "latest")
    summary = books(done)
    assert (done.code, summary["imported"], summary["present_before"]) == (0, 25, HAD)
    assert desk.asked("GET") == 2 + 6


def test_what_the_run_sent_itself_is_never_taken_for_what_was_there(
    open_desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off between chunks and resumed: the list then holds our own contacts, and their rows stay imported."""
    desk = open_desk("preset=counts-only")
    (desk.folder / "list.csv").write_text(LIST + "Again,+1 202-555-0001\nAgain,+1 202-555-0000\n", "utf-8")
    monkeypatch.setenv("IMPORTER_CHUNK_ROWS", "8")
    with broken_off(monkeypatch, desk):
        done = desk.run("--snapshot", "--batch-size", "4", "--verify", "never")
    summary = books(done)
    assert (done.code, summary["status"], desk.asked("GET")) == (4, "incomplete", 2)
    assert summary["imported"] >= 4
    desk.store.add([Fields("+12025550039", "Somebody", None, None, None)])
    summary = books(desk.command("resume", "latest"))
    assert summary["reasons"] == {
        "imported": {"confirmed": 24},
        "skipped": {"skipped-by-api": HAD + 1, "duplicate-in-file": 2},
    }
    assert len(desk.numbers()) == len(set(desk.numbers())) == ROWS + 30


def test_an_account_grown_too_large_stops_no_resumption(open_desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are sent already, so the others go without a reading, and that is said."""
    desk = open_desk("page_cap=10")
    monkeypatch.setenv("IMPORTER_CHUNK_ROWS", "8")
    with broken_off(monkeypatch, desk):
        assert desk.run("--snapshot", "--batch-size", "8", "--verify-requests", "6").code == 4
    desk.store.add([Fields(f"+1312555{n:04}", "Other", None, None, None) for n in range(40)])
    done = desk.command("resume", "latest")
    assert "cannot be read first any more" in done.err
    summary = books(done)
    assert (summary["rows"], summary["present_before"], summary["status"]) == (ROWS, 8, "complete")
    assert desk.numbers() == sorted(set(desk.numbers()) | {f"+1202555{n:04}" for n in range(ROWS)})


def test_a_dry_run_says_that_it_looks_at_no_account(open_desk: Any) -> None:
    """Known numbers show as planned, and that is said."""
    desk = open_desk()
    done = desk.run("--snapshot", "--dry-run")
    assert books(done)["planned"] == ROWS
    assert "--snapshot is left out" in done.err
    assert desk.asked("GET") == 0


def test_existing_contacts_can_be_updated_after_it(open_desk: Any) -> None:
    """What was not sent because it is there is what --on-existing update is about."""
    desk = open_desk("preset=counts-only")
    summary = books(desk.run("--snapshot", "--on-existing", "update"))
    assert (summary["imported"], summary["skipped"], summary["updated"]) == (25, HAD, HAD)


@pytest.mark.parametrize("keep", ["first", "last", "merge"])
def test_doubles_in_the_file_stay_doubles(open_desk: Any, keep: str) -> None:
    """A number that is there and twice in the file: one row was there before, the other is its duplicate."""
    desk = open_desk("preset=counts-only")
    (desk.folder / "list.csv").write_text(LIST + "Again,+1 202-555-0000\nAgain,+1 202-555-0001\n", "utf-8")
    summary = books(desk.run("--snapshot", "--keep", keep))
    assert summary["reasons"]["skipped"] == {"skipped-by-api": HAD, "duplicate-in-file": 2}
    assert summary["imported"] == 25


def test_ctrl_c_while_the_account_is_read(open_desk: Any) -> None:
    """Nothing was sent; the resumption reads the account and sends what it has not."""
    desk = open_desk("page_cap=5", "latency_s=0.5")
    command = ["run", "list.csv", "--base-url", desk.url, "--snapshot", "--json"]
    process = subprocess.Popen([sys.executable, "-m", "importer", *command], cwd=desk.folder, stdout=-1, stderr=-1)
    end = time.monotonic() + 30
    while desk.asked("GET") < 2 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, desk.asked("POST"), json.loads(out)["status"]) == (4, 0, "incomplete")
    assert b"importer resume" in err
    summary = books(desk.command("resume", "latest"))
    assert (summary["imported"], summary["present_before"]) == (25, HAD)
