"""Another API, described in TOML, through a whole life: import, doubts, read-back, resume, update, undo, contacts."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.delivery import Ledger
from importer.sandbox import Behaviour
from importer.sandbox.store import Fields
from importer.settings.settings import load_settings
from importer.storage.run_folder import LEDGER, RunFolder
from tests.conftest import KEY, Done, Sandbox, StartSandbox, Typed
from tests.support.described import DESCRIPTION
from tests.support.desk import books

ROWS = "First name,Phone,City\n" + "".join(
    f"Ann{letter},+1 202-555-010{n},Springfield\n" for n, letter in enumerate("abcdefghi")
)


class Desk:
    """A folder with a list and the topic's description, whose API is a sandbox in that dress."""

    def __init__(self, folder: Path, sandbox: Sandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.store, self._typed = folder, sandbox.store, typed
        self.description = folder / "my-api.toml"
        address = re.sub(r'^base_url = ".*"$', f'base_url = "{sandbox.url}"', DESCRIPTION, flags=re.MULTILINE)
        self.description.write_text(address, "utf-8")
        self.list = folder / "list.csv"
        self.list.write_text(ROWS, "utf-8")
        monkeypatch.delenv("VOXPRIA_API_KEY")
        monkeypatch.setenv("PEOPLE_API_KEY", KEY)

    def run(self, *options: str) -> Done:
        return self("run", self.list, "--target", self.description, "--quiet-time", "0.1", "--json", *options)

    def __call__(self, *arguments: str | Path) -> Done:
        return self._typed(*arguments, "--runs", self.folder / "runs")


@pytest.fixture
def open_desk(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Any:
    def opened(*switches: str) -> Desk:
        sandbox = start_sandbox(Behaviour.parse(["dress=people", *switches]))
        typed("--version")  # clears the environment before this test's own key is put into it
        return Desk(tmp_path, sandbox, typed, monkeypatch)

    return opened


def test_a_whole_run(open_desk: Any) -> None:
    """All that the file has arrives under the API's own names, in batches of the size that it takes."""
    desk = open_desk()
    done = desk.run("--batch-size", "4")
    summary = books(done)
    assert (done.code, summary["imported"], summary["batches"]) == (0, 9, 3)
    first = next(desk.store.contacts())
    assert (first.phone, first.first_name, first.metadata) == ("+12025550100", "Anna", {"City": "Springfield"})
    assert "/v2/people/import" in {request.path for request in desk.store.requests()}
    assert all(request.path.startswith("/v2/people") for request in desk.store.requests())
    assert books(desk.run())["reasons"] == {"skipped": {"already-imported": 9}}


@pytest.mark.parametrize("fault", ["504-after-commit", "reset-before-commit", "half-committed", "truncated-json"])
def test_a_lost_answer_is_settled_by_its_list(open_desk: Any, fault: str) -> None:
    """Read-back understands its list: nothing is lost, nothing doubled, and nothing stays unconfirmed."""
    desk = open_desk("on_duplicate=second", f"faults=2:{fault}")
    done = desk.run("--batch-size", "4")
    assert (done.code, books(done)["imported"]) == (0, 9)
    assert sorted(contact.phone for contact in desk.store.contacts()) == [f"+12025550{100 + n}" for n in range(9)]


@pytest.mark.parametrize(("fault", "arrived"), [("504-after-commit", 4), ("reset-before-commit", 0)])
def test_verify_reads_its_list(open_desk: Any, fault: str, arrived: int) -> None:
    """By its addresses, names and page numbers, with the run's memory of the description; it sends no contact."""
    desk = open_desk("on_duplicate=second", "page_cap=3", f"faults=2:{fault}")
    done = desk.run("--batch-size", "4", "--verify", "never")
    assert (done.code, books(done)["reasons"]["unconfirmed"]) == (4, {"reply-lost": 4})
    desk.description.unlink()
    posts = [request.path for request in desk.store.requests() if request.method == "POST"]
    done = desk("verify", "latest", "--json")
    assert books(done)["imported"] == 5 + arrived
    assert books(done)["reasons"].get("waiting", {}) == ({} if arrived else {"not-sent": 4})
    assert f"The account holds {5 + arrived} contacts" in done.err
    requests = list(desk.store.requests())
    assert [request.path for request in requests if request.method == "POST"] == posts
    assert any(request.method == "GET" and request.path.startswith("/v2/people") for request in requests)
    assert done.code == (0 if arrived else 4)


@pytest.mark.parametrize("error_shape", ["index", "phone", "map", "number", "string"])
def test_its_errors_are_read_with_the_base_that_it_tells(open_desk: Any, error_shape: str) -> None:
    """A place without a number needs no evidence, because the description says from where places are counted."""
    desk = open_desk("on_duplicate=error", f"error_shape={error_shape}")
    desk.store.add([Fields("+12025550103", "Here", "Before")])
    summary = books(desk.run("--verify", "never"))
    assert (summary["imported"], summary["unconfirmed"]) == (8, 0)
    rows = pl.read_parquet(desk.folder / "runs" / summary["run_id"] / "rows.parquet")
    (there,) = rows.filter(pl.col("outcome") != "imported").to_dicts()
    assert there["phone"] == "+12025550103"
    assert there["reason"] == ("rejected-by-api" if error_shape == "number" else "skipped-by-api")


def test_a_run_remembers_its_target(open_desk: Any) -> None:
    """A refused key stops it; resume needs the key alone, even where the description is gone by then."""
    desk = open_desk("faults=2:401")
    done = desk.run("--batch-size", "4")
    assert (done.code, books(done)["reasons"]["waiting"]) == (6, {"not-sent": 5})
    desk.description.unlink()
    done = desk("resume", "latest", "--json")
    assert (done.code, books(done)["imported"], books(done)["batches"]) == (0, 9, 3)


def test_the_key_of_another_api_is_not_taken(open_desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each API has its own variable, so that no vendor gets another one's key."""
    desk = open_desk()
    monkeypatch.delenv("PEOPLE_API_KEY")
    monkeypatch.setenv("VOXPRIA_API_KEY", KEY)
    done = desk.run()
    assert (done.code, desk.store.requests()) == (2, [])
    assert "PEOPLE_API_KEY" in done.err


def test_update_undo_and_single_contacts(open_desk: Any) -> None:
    """The other endpoints under their other names and method."""
    desk = open_desk()
    desk.store.add([Fields("+12025550100", "Old", "Name")])
    with desk.store.transaction():
        desk.store._db.execute("UPDATE contacts SET created_at = '2025-02-09T12:00:00Z'")
    assert books(desk.run("--on-existing", "update"))["updated"] == 1
    assert next(desk.store.contacts()).first_name == "Anna"
    undone = json.loads(desk("undo", "latest", "--yes", "--json").out)
    assert (undone["removed"], desk.store.count()) == (8, 1)
    target = ("--target", desk.description)
    made = json.loads(desk("contacts", "create", "+12025550177", "--first-name", "Zoe", *target, "--json").out)
    assert desk("contacts", "update", made["contact_id"], "--email", "zoe@example.com", *target).code == 0
    assert json.loads(desk("contacts", "get", "+12025550177", *target, "--json").out)["email"] == "zoe@example.com"
    assert desk("contacts", "delete", made["contact_id"], "--yes", *target).code == 0
    assert desk.store.count() == 1
    assert {"PATCH", "DELETE"} <= {request.method for request in desk.store.requests()}


def test_doctor_looks_at_it(open_desk: Any) -> None:
    """Its list, pages and limits; the write check as well."""
    desk = open_desk()
    desk.store.add([Fields(f"+120255501{n:02}") for n in range(20)])
    done = desk("doctor", "--target", desk.description, "--json")
    states = {finding["check"]: finding["state"] for finding in json.loads(done.out)}
    assert (done.code, states["list"], states["key"]) == (0, "ok", "ok")
    done = desk("doctor", "--target", desk.description, "--write-check", "+12025550177", "--yes", "--json")
    assert done.code == 0, done.err
    assert {"duplicates", "metadata"} <= {finding["check"] for finding in json.loads(done.out)}


def test_its_limits_are_the_defaults(open_desk: Any) -> None:
    """Contacts, bytes and requests: what the user gives beats them, but not beyond what the API takes."""
    desk = open_desk()
    settings = load_settings({"target": str(desk.description)})
    assert (settings.batch_size, settings.requests_per_hour, settings.burst) == (5000, 600, (300, 1800))
    done = desk.run("--batch-size", "6000")
    assert done.code == 2
    assert "5,000" in done.err
    done = desk.run("--sandbox")
    assert done.code == 2
    text = desk.description.read_text("utf-8").replace("body_bytes = 1_000_000", "body_bytes = 1_000")
    desk.description.write_text(text, "utf-8")
    desk.list.write_text(ROWS.replace("Springfield", "Springfield " * 20), "utf-8")
    assert books(desk.run())["imported"] == 9
    bulk = [request for request in desk.store.requests() if request.path.endswith("import")]
    assert len(bulk) > 1


def test_its_window_of_requests_is_kept(tmp_path: Path) -> None:
    """Beside the hour: the third request of a window of two waits until it is over."""
    with Ledger.open(tmp_path / LEDGER) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        waits = [ledger.begin(account, "run", "list", per_hour=900, burst=(2, 60)) for _ in range(3)]
    assert not isinstance(waits[1], float)
    assert isinstance(waits[2], float)
    assert 55 < waits[2] <= 60


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        (
            'header = "X-Api-Token"',
            'hedder = "X-Api-Token"',
            r"line 7: there is no auth\.hedder; \[auth\] knows key_var",
        ),
        ('phone = "msisdn"\nfirst', "first", r"line \d+: fields\.phone is missing"),
        ("index_base = 0", "index_base = 2", r"line \d+: bulk\.index_base: Input should be 0 or 1"),
        (
            'key_variable = "PEOPLE_API_KEY"',
            'key_variable = "HOME"',
            r"auth\.key_variable is not written as it must be",
        ),
        ('bulk = "/v2/people/import"', 'bulk = "https://elsewhere.example.com/"', r"paths\.bulk is not written"),
        ('one = "/v2/people/{id}"', 'one = "/v2/people"', r"paths\.one is not written"),
        ('mail"', 'msisdn"', "two fields the same name"),
        ("[limits]", "[limit]", r"line \d+: there is no limit; a description knows name, base_url"),
        ("page_size = 500", "page_size = 500 500", "not valid TOML"),
        ("https://api.people.example.com", "http://api.people.example.com", "must begin with https"),
        ("https://api.people.example.com", "https://169.254.169.254", "private"),
    ],
)
def test_a_wrong_description_is_told_with_its_line(
    tmp_path: Path, typed: Typed, line: str, instead: str, said: str
) -> None:
    """Each flaw ends the command before anything is read or sent."""
    path = tmp_path / "my-api.toml"
    assert line in DESCRIPTION
    path.write_text(DESCRIPTION.replace(line, instead, 1), "utf-8")
    (tmp_path / "list.csv").write_text(ROWS, "utf-8")
    typed("--version")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEOPLE_API_KEY", KEY)
        done = typed("run", tmp_path / "list.csv", "--target", path, "--runs", tmp_path / "runs")
    assert done.code == 2
    assert re.search(said, done.err), done.err
    assert not (tmp_path / "runs").exists()


def test_a_run_s_record_holds_no_key(open_desk: Any) -> None:
    """The description is remembered, the key is not."""
    desk = open_desk()
    run_id = books(desk.run())["run_id"]
    folder = RunFolder(desk.folder / "runs" / run_id)
    described = folder.settings().target
    assert described is not None
    assert described.name == "People"
    assert KEY not in (folder.path / "run.json").read_text("utf-8")
