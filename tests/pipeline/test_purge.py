"""``importer purge``: rows and bodies of old runs are in no byte left, and what was sent is still not sent again."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from importer.models.decisions import Change
from importer.models.watching import Silence
from importer.pipeline import purge as purging
from importer.storage.decisions import Decisions
from tests.conftest import KEY, Done, Typed
from tests.support.faultserver import FaultServer, says
from tests.support.jobs import JobHouse
from tests.support.left_behind import left_behind

HEAD = "First,Last,Phone,Email\n"
OLD = "Zed,Quill,+12025550177,zed.quill@example.com\nYan,Yates,+12025550178,yan@example.com\nX,Y,12,x.y@example.com\n"
NEW = "Ann,Archer,+12025550101,ann@example.com\n"
PEOPLE = {"numbers": r"202\W{0,3}555\W{0,3}017[78]", "addresses": r"zed\.quill@|yan@|x\.y@", "names": r"Quill|Yates"}


class House:
    """A job that has filed an old file, and a run of today's; the clock of the old ones is set back."""

    def __init__(self, folder: Path, server: FaultServer, typed: Typed) -> None:
        self.folder, self.server, self._typed = folder, server, typed
        self.runs = folder / "runs"

    def typed(self, *arguments: str | Path) -> Done:
        return self._typed(*arguments)

    def import_(self, name: str, rows: str) -> Path:
        (self.folder / name).write_text(HEAD + rows, "utf-8")
        self.typed("run", name, "--region", "US", "--base-url", self.server.url)
        return max(self.runs.glob("*/run.json")).parent

    def fill(self) -> Path:
        """An old run of a job, with decisions; return its folder."""
        house = JobHouse(self.folder, self.server.url)
        house.write(top="fail_on = 'never'\n")
        house.drop("may.csv", HEAD + OLD)
        assert [one.state for one in house.start().files] == ["done"]
        run = max(self.runs.glob("*/run.json")).parent
        Decisions(run).append("anna", [Change(("may.csv", None, 4), "set", "+12025550178", "Phone", "12")])
        self.age(run)
        return run

    def age(self, run: Path, days: float = 100) -> None:
        record = json.loads((run / "run.json").read_bytes())
        record["started_at"] = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        (run / "run.json").write_text(json.dumps(record), "utf-8")
        for mark in (self.folder / "inbox" / "working" / "contents").glob("*"):
            os.utime(mark, (time.time() - days * 86_400,) * 2)

    def left(self) -> dict[str, set[str]]:
        """Where the people of the old run still are."""
        return {path: what for path, what in left_behind(self.folder, PEOPLE).items() if path.count("/")}


@pytest.fixture
def house(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOXPRIA_API_KEY", KEY)
    with FaultServer() as server:
        yield House(tmp_path, server, typed)


def test_old_rows_are_in_no_byte_left_and_the_figures_are(house: House) -> None:
    """Also in the ledger and in what the job filed; a run of today stays as it is, and so do unfinished ones."""
    old, new = house.fill(), house.import_("today.csv", NEW)
    figures, kept = json.loads((old / "summary.json").read_bytes()), (new / "rows.parquet").read_bytes()
    assert {Path(path).name for path in house.left()} >= {"rows.parquet", "ledger.sqlite", "may.csv", "review.jsonl"}
    done = house.typed("purge", "--older-than", "90d", "--yes")
    assert (done.code, house.left()) == (0, {}), done.out + done.err
    assert "no number and no address of a purged run is in any" in done.out
    now = json.loads((old / "summary.json").read_bytes())
    assert now == figures | {"files": []}
    assert (new / "rows.parquet").read_bytes() == kept
    assert sorted(path.name for path in (house.folder / "inbox" / "done").iterdir()) == ["may.csv.summary.json"]
    assert not list((house.folder / "inbox" / "working" / "contents").glob("*"))
    assert "anna" in (old / "review.jsonl").read_text("utf-8")


def test_what_was_sent_is_not_sent_again(house: House) -> None:
    """Its numbers are known by their hashes; a trace finds the run, and says that its rows are gone."""
    old = house.fill()
    house.typed("purge", "--older-than", "12w", "--yes")
    house.server.contacts.clear()
    again = house.import_("again.csv", OLD + NEW)
    assert [contact["phone"] for contact in house.server.contacts] == ["+12025550101"]
    reasons = pl.read_parquet(again / "rows.parquet")["reason"].to_list()
    assert reasons == ["already-imported", "already-imported", "phone-invalid", "confirmed"]
    assert old.name in house.typed("trace", "+12025550177").out


def test_completely_takes_the_hash_of_a_purged_run_too(house: House) -> None:
    """A later list with the number is imported again; the others of that run are not."""
    house.fill()
    house.typed("purge", "--older-than", "90d", "--yes")
    assert house.typed("forget", "+12025550177", "--yes", "--completely").code == 0
    house.server.contacts.clear()
    house.import_("again.csv", OLD)
    assert [contact["phone"] for contact in house.server.contacts] == ["+12025550177"]


def test_every_command_says_that_a_run_was_purged(house: House) -> None:
    """In words, with the day, and never as a bug; lists of runs go on."""
    old = house.fill()
    house.typed("purge", "--older-than", "90d", "--yes")
    for command in (
        ["report", old.name],
        ["resume", old.name],
        ["verify", old.name],
        ["undo", old.name, "--yes"],
        ["retry", old.name],
        ["approve", old.name],
        ["compare", old.name, old.name],
        ["review", old.name],
    ):
        done = house.typed(*command)
        assert (done.code, "purged on" in done.err) == (2, True), (command, done.err)
    for command in (["runs"], ["find", "Zed"], ["runs", "--html"], ["trace", "+12025550199"]):
        done = house.typed(*command)
        assert done.code == 0, (command, done.err)
    assert "purged on" in (old / "report.html").read_text("utf-8")
    assert house.typed("purge", "--older-than", "90d", "--yes").code == 0, "nothing to do"


def test_what_is_unfinished_or_worked_on_is_left(house: House) -> None:
    """It is told, exit code 4; so is a start without an answer, exit code 5, and a dry run does nothing."""
    house.server.script = [says(401)]
    run = house.import_("list.csv", OLD)
    house.age(run)
    done = house.typed("purge", "--older-than", "90d", "--yes")
    assert (done.code, f"importer resume {run.name}" in done.out) == (4, True)
    house.typed("resume", run.name)
    before = house.left()
    assert house.typed("purge", "--older-than", "90d").code == 5
    assert house.typed("purge", "--older-than", "90d", "--dry-run").code == 0
    assert house.left() == before
    assert before
    assert house.typed("purge", "--older-than", "soon", "--yes").code == 2


def test_a_purge_that_is_killed_is_finished_by_the_next(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before and after the run says so: its rows are gone in the end."""
    run = house.fill()
    for point in ("purge_run", "_write_page"):
        plan = purging.plan_purge(house.runs, timedelta(days=90), datetime.now(UTC))
        with monkeypatch.context() as patch:
            patch.setattr(purging, point, _killed)
            with pytest.raises(KeyboardInterrupt):
                purging.purge(house.runs, plan, Silence(), datetime.now(UTC))
    assert (run / "rows.parquet").exists()
    done = house.typed("purge", "--older-than", "90d", "--yes")
    assert (done.code, house.left()) == (0, {}), done.out + done.err


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
