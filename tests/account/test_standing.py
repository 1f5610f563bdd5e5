"""A run whose ledger is gone, another one or an older copy: nothing is sent or written on its word, with a way out.

The sandbox keeps a second contact of a number that it has, so that whatever is sent twice is seen.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from importer.delivery.journal import FILE_NAME, read_journal
from importer.models.watching import Silence, Stop
from importer.pipeline.run import run_import
from importer.sandbox.behaviour import Behaviour
from importer.settings.settings import load_settings
from tests.conftest import KEY, Done, Sandbox, StartSandbox, Typed

ROWS = 6


def listed(path: Path, first: int = 0) -> Path:
    lines = [f"Person{n},+1 202 555 {100 + n:04}" for n in range(first, first + ROWS)]
    path.write_text("\n".join(["Name,Phone", *lines, ""]), "utf-8")
    return path


@pytest.fixture
def doubling(start_sandbox: StartSandbox) -> Sandbox:
    """Keeps a second contact of a number that it has."""
    return start_sandbox(Behaviour.parse(["on_duplicate=second"]))


class Desk:
    """A folder of runs, and the commands on it."""

    def __init__(self, folder: Path, sandbox: Sandbox, typed: Typed) -> None:
        self.folder, self.sandbox, self._typed = folder, sandbox, typed
        self.runs = folder / "runs"
        self.ledger = self.runs / "ledger.sqlite"

    def type(self, *arguments: str | Path, runs: Path | None = None) -> Done:
        return self._typed(*arguments, "--runs", runs or self.runs)

    def run(self, *arguments: str | Path) -> Done:
        return self.type("run", listed(self.folder / "list.csv"), "--base-url", self.sandbox.url, *arguments)

    def run_folder(self) -> Path:
        return max(path.parent for path in self.runs.glob("*/run.json"))

    def held(self) -> int:
        """Contacts in the account, second ones of a number among them."""
        return self.sandbox.store.count()


@pytest.fixture
def desk(tmp_path: Path, doubling: Sandbox, typed: Typed) -> Desk:
    return Desk(tmp_path, doubling, typed)


def deleted(desk: Desk) -> None:
    desk.ledger.unlink()


def deleted_with_its_mark(desk: Desk) -> None:
    desk.ledger.unlink()
    (desk.runs / ".ledger.sqlite.mark").unlink()


def another(desk: Desk) -> None:
    """The ledger of another folder in its place."""
    other = desk.folder / "other"
    desk.type("run", listed(desk.folder / "other.csv", 50), "--sandbox", runs=other)
    shutil.copy(other / "ledger.sqlite", desk.ledger)


def made_anew(desk: Desk) -> None:
    """An empty one, made by a command that sends nothing, in a folder whose mark was lost."""
    deleted_with_its_mark(desk)
    desk.type("contacts", "list", "--base-url", desk.sandbox.url)
    assert desk.ledger.exists()


LOSSES = [deleted, deleted_with_its_mark, another, made_anew]


def files_of(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock"]
    return {str(path): path.read_bytes() for path in files}


@pytest.mark.parametrize("lost", LOSSES)
def test_no_command_believes_a_ledger_that_does_not_know_the_run(desk: Desk, lost: Callable[[Desk], None]) -> None:
    """Neither one on the run itself nor an import of the same list: exit code 4, a way out, no file touched."""
    assert desk.run().code == 0
    lost(desk)
    run = desk.run_folder()
    before = files_of(run)
    for command in (["verify", run.name], ["report", run.name], ["undo", run.name, "--yes"], ["resume", run.name]):
        done = desk.type(*command)
        if command[0] == "resume":
            continue  # a run that is complete stays as it is
        assert done.code == 4, done
        assert "--rebuild-ledger" in done.err
        assert "Traceback" not in done.err
    again = desk.run()
    assert (again.code, "--rebuild-ledger" in again.err) == (4, True)
    assert files_of(run) == before
    assert desk.held() == ROWS


def test_a_report_without_its_ledger_shows_what_the_files_say(desk: Desk) -> None:
    """Marked as that, and never as if nothing had been sent."""
    desk.run()
    deleted(desk)
    done = desk.type("report", "latest", "--json")
    assert (done.code, json.loads(done.out)["imported"]) == (4, ROWS)
    assert "what the run's files say" in done.err


def test_an_older_copy_is_refused_and_the_newest_put_back_is_taken(desk: Desk) -> None:
    """It does not know what was sent since."""
    desk.run()
    shutil.copy(desk.ledger, desk.folder / "yesterday.sqlite")
    more = listed(desk.folder / "more.csv", 20)
    assert desk.type("run", more, "--base-url", desk.sandbox.url).code == 0
    newest = desk.ledger.read_bytes()
    shutil.copy(desk.folder / "yesterday.sqlite", desk.ledger)
    for command in (["run", more, "--base-url", desk.sandbox.url], ["verify", "latest"], ["trace", "+12025550120"]):
        refused = desk.type(*command)
        assert (refused.code, "older copy" in refused.err) == (4, True)
    desk.ledger.write_bytes(newest)
    again = desk.type("run", more, "--base-url", desk.sandbox.url, "--json")
    assert json.loads(again.out)["reasons"] == {"skipped": {"already-imported": ROWS}}
    assert desk.held() == 2 * ROWS


def test_a_run_that_was_moved_is_known_where_its_ledger_is(desk: Desk) -> None:
    """In another folder nothing is believed of it; back in its own all is as before."""
    desk.run()
    run = desk.run_folder()
    elsewhere = desk.folder / "archive"
    elsewhere.mkdir()
    moved = Path(shutil.move(run, elsewhere))
    assert desk.type("verify", run.name, runs=elsewhere).code == 4
    assert desk.type("run", listed(desk.folder / "list.csv"), "--base-url", desk.sandbox.url, runs=elsewhere).code == 4
    shutil.move(moved, desk.runs)
    assert desk.type("verify", run.name).code == 0
    assert desk.held() == ROWS


@pytest.mark.parametrize("lost", LOSSES)
def test_a_lost_ledger_is_rebuilt_from_files_and_list(desk: Desk, lost: Callable[[Desk], None]) -> None:
    """What was imported stays imported, with its API's counts; the same list is known again, and nothing is sent."""
    first = json.loads(desk.run("--json").out)
    lost(desk)
    done = desk.type("verify", first["run_id"], "--rebuild-ledger", "--json")
    rebuilt = json.loads(done.out)
    assert done.code == 0
    for name in ("imported", "reasons", "api", "status", "balanced", "batches"):
        assert rebuilt[name] == first[name], name
    assert desk.type("verify", first["run_id"]).code == 0
    again = json.loads(desk.run("--json").out)
    assert again["reasons"] == {"skipped": {"already-imported": ROWS}}
    assert desk.held() == ROWS


@pytest.mark.parametrize("is_applied", [True, False])
def test_what_was_handed_over_and_never_booked_is_looked_for(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, *, is_applied: bool
) -> None:
    """Of two batches one was answered, one lost with the ledger: nothing is doubled or lost.

    What is found of the lost one is told as present: nothing shows by which clock the list dates it any more.
    """
    fault = "after" if is_applied else "before"
    faulty = start_sandbox(Behaviour.parse(["on_duplicate=second", f"faults=2:reset-{fault}-commit"]))
    desk = Desk(tmp_path, faulty, typed)
    desk.run("--batch-size", "3", "--verify", "never", "--quiet-time", "0.1")
    run = desk.run_folder()
    assert [e.batch for e in read_journal(run) if e.kind == "sent"] == [1, 2]
    deleted(desk)
    desk.type("verify", run.name, "--rebuild-ledger")
    desk.type("resume", run.name)
    rows = pl.read_parquet(run / "rows.parquet")
    assert dict(rows["reason"].cast(pl.String).value_counts().iter_rows()) == (
        {"confirmed": 3, "present": 3} if is_applied else {"confirmed": 6}
    )
    assert sorted(contact.phone for contact in faulty.store.contacts()) == sorted(rows["phone"])


def test_a_request_is_noted_before_it_leaves(desk: Desk) -> None:
    """With the places of its contacts; afterwards that the files tell all."""
    desk.run("--batch-size", "4")
    entries = read_journal(desk.run_folder())
    assert [entry.kind for entry in entries] == ["booked", "sent", "sent", "written"]
    assert [entry.places() for entry in entries[1:3]] == [[0, 1, 2, 3], [0, 1]]


def test_what_cannot_be_noted_is_not_sent(desk: Desk) -> None:
    """A journal that cannot be written ends the run before its request leaves."""
    listed(desk.folder / "list.csv")
    desk.type("run", desk.folder / "list.csv", "--base-url", desk.sandbox.url, "--dry-run")
    run = desk.run_folder()
    (run / FILE_NAME).mkdir()
    record = json.loads((run / "run.json").read_text("utf-8"))
    record["settings"]["dry_run"] = False
    (run / "run.json").write_text(json.dumps(record), "utf-8")
    done = desk.type("resume", run.name)
    assert done.code == 4
    assert desk.held() == 0


def test_a_cut_last_line_tells_of_nothing_that_happened(desk: Desk) -> None:
    """The line of a request that a power cut kept from leaving; the next one is written whole after it."""
    desk.run()
    path = desk.run_folder() / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind":"sent","led')
    assert desk.type("verify", "latest").code == 0
    assert path.read_bytes().startswith(whole)
    assert {entry.kind for entry in read_journal(desk.run_folder())} == {"booked", "sent", "written"}


def test_what_another_run_has_sent_since_is_not_sent_by_a_run_that_goes_on(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed
) -> None:
    """A run stops, the same people are imported by another one, and the first goes on: each person is there once."""
    desk = Desk(tmp_path, start_sandbox(Behaviour.parse(["on_duplicate=second", "faults=2:401"])), typed)
    assert desk.run("--batch-size", "2").code == 6
    first = desk.run_folder()
    second = json.loads(
        desk.type("run", listed(tmp_path / "more.csv", 4), "--base-url", desk.sandbox.url, "--json").out
    )
    assert second["reasons"] == {"imported": {"confirmed": ROWS}}
    resumed = json.loads(desk.type("resume", first.name, "--json").out)
    assert resumed["reasons"] == {"imported": {"confirmed": 4}, "skipped": {"already-imported": 2}}
    details = pl.read_parquet(first / "rows.parquet").filter(reason="already-imported")["detail"]
    assert set(details) == {f"imported by run {second['run_id']}"}
    assert desk.held() == 4 + ROWS


def test_what_another_run_may_have_sent_waits_until_that_run_is_settled(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed
) -> None:
    """The other run's answer was lost: its contacts are neither doubled nor lost, whichever is resumed first."""
    faults = "faults=2:401,4:reset-after-commit"
    desk = Desk(tmp_path, start_sandbox(Behaviour.parse(["on_duplicate=second", faults])), typed)
    desk.run("--batch-size", "2")
    first = desk.run_folder()
    options = ("--base-url", desk.sandbox.url, "--verify", "never", "--batch-size", "2", "--quiet-time", "0.1")
    desk.type("run", listed(tmp_path / "more.csv", 2), *options)
    second = desk.run_folder()
    waits = desk.type("resume", first.name)
    assert (waits.code, f"importer resume {second.name}" in waits.err) == (4, True)
    for run in (second, first):
        desk.type("verify", run.name)
        desk.type("resume", run.name)
    rows = pl.concat(pl.read_parquet(run / "rows.parquet").select("phone", "outcome") for run in (first, second))
    assert set(rows["outcome"]) <= {"imported", "skipped"}
    assert sorted(contact.phone for contact in desk.sandbox.store.contacts()) == sorted(rows["phone"].unique())


def test_a_run_that_was_killed_while_it_read_balances_when_it_is_verified(desk: Desk) -> None:
    """Its rows are those that were staged; nothing else was counted yet."""
    desk.run()
    path = desk.run_folder() / "run.json"
    record = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(record | {"is_prepared": False, "rows": 0}), "utf-8")
    done = desk.type("verify", "latest", "--json")
    assert (done.code, json.loads(done.out)["balanced"], json.loads(done.out)["rows"]) == (4, True, ROWS)


def test_a_run_that_was_killed_has_left_a_mark(desk: Desk) -> None:
    """Without its folder, and with the ledger gone, the mark beside it still says that something was sent."""
    desk.run()
    mark = desk.runs / ".ledger.sqlite.mark"
    mark.unlink()
    (desk.folder / "more.csv").write_text("Name,Phone\nZoe,+1 202 555 0190\n", "utf-8")
    seen: list[bool] = []

    class Watching(Silence):
        def sent(self, batch: int, rows: int) -> None:  # noqa: ARG002 - the protocol's names
            seen.append(mark.exists())

    settings = load_settings({"base_url": desk.sandbox.url, "runs": desk.runs})
    run_import([desk.folder / "more.csv"], settings, SecretStr(KEY), Watching(), Stop())
    assert seen == [True]


def test_an_old_copy_that_went_on_by_itself_is_still_older(desk: Desk) -> None:
    """However often it was used since: it lacks the run's last request, and what was imported stays imported."""
    desk.run()
    first = desk.run_folder()
    shutil.copy(desk.ledger, desk.folder / "old.sqlite")
    desk.type("run", listed(desk.folder / "more.csv", 20), "--base-url", desk.sandbox.url)
    second = desk.run_folder()
    shutil.copy(desk.folder / "old.sqlite", desk.ledger)
    for _ in range(4):
        desk.type("verify", first.name, "--rebuild-ledger")
    rebuilt = json.loads(desk.type("verify", second.name, "--rebuild-ledger", "--json").out)
    assert rebuilt["reasons"] == {"imported": {"confirmed": ROWS}}
    assert desk.held() == 2 * ROWS


def journal_of_a_kill(ledger: Path) -> bytes:
    """What lies beside a ledger whose program is killed in a change that is partly written to the file."""
    db = sqlite3.connect(ledger, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = TRUNCATE")
        db.execute("PRAGMA cache_size = 2")
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TABLE filler (content)")
        for _ in range(200):
            db.execute("INSERT INTO filler VALUES (randomblob(1000))")
        journal = Path(f"{ledger}-journal").read_bytes()
        db.execute("ROLLBACK")
    finally:
        db.close()
    return journal


def test_an_older_copy_beside_the_journal_of_a_killed_run_is_refused_before_the_two_are_mixed(desk: Desk) -> None:
    """SQLite would play the newer state's pages into it."""
    desk.run()
    shutil.copy(desk.ledger, desk.folder / "old.sqlite")
    desk.type("run", listed(desk.folder / "more.csv", 20), "--base-url", desk.sandbox.url)
    run, journal = desk.run_folder(), Path(f"{desk.ledger}-journal")
    left = journal_of_a_kill(desk.ledger)
    shutil.copy(desk.folder / "old.sqlite", desk.ledger)
    journal.write_bytes(left)
    before = files_of(desk.runs)
    refused = desk.type("verify", run.name)
    assert (refused.code, files_of(desk.runs)) == (4, before)
    assert f"{journal.name} is not of this state" in refused.err
    assert "--rebuild-ledger RUN" in refused.err
    rebuilt = json.loads(desk.type("verify", run.name, "--rebuild-ledger", "--json").out)
    assert rebuilt["reasons"] == {"imported": {"confirmed": ROWS}}
    assert Path(f"{journal}.of-another").read_bytes() == left


def test_a_ledger_beside_its_own_journal_is_taken(desk: Desk) -> None:
    """As SQLite means it: what a killed program had half written is undone."""
    desk.run()
    Path(f"{desk.ledger}-journal").write_bytes(journal_of_a_kill(desk.ledger))
    assert desk.type("verify", "latest").code == 0
    assert desk.held() == ROWS
