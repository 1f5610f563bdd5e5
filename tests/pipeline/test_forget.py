"""``importer forget``: a person in every kind of file that the product writes, and in no byte of them afterwards."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from importer.delivery import Ledger
from importer.delivery.ledger.numbers import sent_numbers
from importer.models.decisions import Change
from importer.models.watching import Silence
from importer.pipeline.forget import forget as forgetting
from importer.storage.decisions import Decisions
from tests.conftest import KEY, Done, Typed
from tests.support.faultserver import FaultServer, says
from tests.support.jobs import JobHouse
from tests.support.left_behind import left_behind

NUMBER = "+12025550177"
QUILL = {
    "number": r"202[^0-9a-z]{0,3}555[^0-9a-z]{0,3}0177",
    "e-mail": r"zed\.quill@example\.com",
    "name": r"(?<!\w)zed\W{1,12}quill(?!\w)",
}
HEAD = "First,Last,Phone,Email,Note\n"
OTHERS = "Ann,Archer,+12025550101,ann@example.com,x\nBob,Baker,+12025550102,bob@example.com,y\n"
THEIRS = "Zed,Quill,(202) 555-0177,zed.quill@example.com,likes tea\n"
AGAIN = "Zed,Quill,1.202.555.0177,Zed.Quill@Example.com,\n"
DAMAGED = "Zed,Quill,555-017,zed.quill@example.com,\n"


class House:
    """Runs with a person in them, of every kind: a job's with its archives, a rehearsal's, and a corrected one's."""

    def __init__(self, folder: Path, server: FaultServer, typed: Typed) -> None:
        self.folder, self.server, self._typed = folder, server, typed
        self.runs = folder / "runs"

    def typed(self, *arguments: str | Path) -> Done:
        return self._typed(*arguments)

    def fill(self) -> None:
        house = JobHouse(self.folder, self.server.url)
        house.write(gates="max_similar = 1.0", top="fail_on = 'never'\n")
        house.drop("may.csv", HEAD + OTHERS + THEIRS + AGAIN + DAMAGED)
        rows = [line.split(",") for line in (OTHERS + THEIRS).splitlines()]
        book = pl.DataFrame(rows, schema=HEAD.strip().split(","), orient="row").with_columns(Note=pl.lit("June"))
        book.write_excel(self.folder / "inbox" / "june.xlsx")
        assert {one.state for one in house.start().files} == {"done"}
        (self.folder / "list.csv").write_text(HEAD + OTHERS + THEIRS + "Zed,Quill,12,zed.quill@example.com,\n", "utf-8")
        self.typed("run", "list.csv", "--region", "US", "--sandbox")
        run = self.last
        Decisions(run).append("anna", [Change(("list.csv", None, 5), "set", NUMBER, "Phone", "12")])
        Decisions(run).append("anna", [Change(("list.csv", None, 5), "note", "that is Zed Quill")])
        self.typed("retry", run.name)
        shutil.copy(self.folder / "inbox" / "done" / "june.xlsx", run / "marked-june.xlsx")
        shutil.copy(run / "retry.xlsx", run / "retry-edited-1.xlsx")

    @property
    def last(self) -> Path:
        return max(self.runs.glob("*/run.json")).parent

    def left(self) -> dict[str, set[str]]:
        """Where the person still is, outside of the list that the user keeps."""
        found = left_behind(self.folder, QUILL)
        return {path: what for path, what in found.items() if path != "list.csv"}


@pytest.fixture
def house(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOXPRIA_API_KEY", KEY)
    with FaultServer() as server:
        yield House(tmp_path, server, typed)


def test_no_byte_of_a_person_is_left_behind(house: House) -> None:
    """Number, name and address are in no file of any kind; rows and figures of all others are as they were."""
    house.fill()
    before = {path.name for path in map(Path, house.left())}
    kinds = {"ledger.sqlite", "rows.parquet", "report.html", "report.xlsx", "imported.csv", "review.jsonl", "may.csv"}
    kinds |= {"june.xlsx", "sandbox.sqlite", "decided-1.jsonl", "marked-june.xlsx", "may.csv.report.html", "retry.xlsx"}
    assert kinds <= before, "the search would find what is there"
    figures = {path: json.loads(path.read_bytes()) for path in house.runs.glob("*/summary.json")}
    done = house.typed("forget", "202-555-0177", "--region", "US", "--yes")
    assert (done.code, house.left()) == (0, {}), done.err + done.out
    assert "number, e-mail address, name is in none" in done.out
    for path, was in figures.items():
        now = json.loads(path.read_bytes())
        assert {name: now[name] for name in ("rows", "balanced", "reasons", "status", "exit_code", "api")} == {
            name: was[name] for name in ("rows", "balanced", "reasons", "status", "exit_code", "api")
        }
        rows = pl.read_parquet(path.with_name("rows.parquet"))
        assert rows.height == was["rows"]
        assert rows.filter(pl.col("phone").is_not_null())["email"].is_in(["ann@example.com", "bob@example.com"]).all()
    archive = house.folder / "inbox" / "done"
    assert (archive / "may.csv").read_text("utf-8") == HEAD + OTHERS
    (rest,) = archive.glob("june.xlsx.*.csv")
    assert "ann@example.com" in rest.read_text("utf-8")
    assert not (house.runs / ".forget.json").exists()


def test_what_is_left_works_as_before(house: House) -> None:
    """Others are known as imported; reports, traces and lists go on; the person is not imported again."""
    house.fill()
    house.typed("forget", NUMBER, "--yes")
    with Ledger.open(house.runs / "ledger.sqlite") as ledger:
        known = sent_numbers(ledger, 1, other_than="none")(pl.Series(["+12025550101", NUMBER]))
    assert set(known["phone"]) == {"+12025550101"}
    for words in (["report", "latest"], ["verify", "latest"], ["trace", NUMBER], ["runs"], ["find", "Ann"]):
        done = house.typed(*words)
        assert "bug" not in done.err, words
    got = house.typed("forget", NUMBER, "--yes")
    assert (got.code, "No run at its end has a row of this number." in got.out) == (0, True)
    house.server.contacts.clear()
    (house.folder / "july.csv").write_text(HEAD + THEIRS, "utf-8")
    house.typed("run", "july.csv", "--region", "US", "--base-url", house.server.url)
    rows = pl.read_parquet(house.last / "rows.parquet")
    assert rows.select("reason", "detail").row(0) == (
        "suppressed",
        "the number was forgotten (importer forget), so it is not imported again",
    )
    assert not house.server.contacts
    assert NUMBER[1:].encode() not in (house.runs / "forgotten.numbers").read_bytes()


def test_completely_keeps_no_hash(house: House) -> None:
    """A later list with the number is imported again."""
    (house.folder / "may.csv").write_text(HEAD + OTHERS + THEIRS, "utf-8")
    house.typed("run", "may.csv", "--region", "US", "--base-url", house.server.url)
    house.typed("forget", NUMBER, "--yes")
    assert house.typed("forget", NUMBER, "--yes", "--completely").code == 0
    house.server.contacts.clear()
    house.typed("run", "may.csv", "--region", "US", "--base-url", house.server.url)
    assert [contact["phone"] for contact in house.server.contacts] == [NUMBER]


def test_nothing_is_done_before_somebody_says_yes(house: House) -> None:
    """What would be taken out is told; a dry run asks nobody."""
    (house.folder / "may.csv").write_text(HEAD + OTHERS + THEIRS, "utf-8")
    house.typed("run", "may.csv", "--region", "US", "--base-url", house.server.url)
    before = house.left()
    asked = house.typed("forget", NUMBER)
    assert (asked.code, "Take +12025550177 out of 1 row of 1 run" in asked.err) == (5, True)
    assert house.typed("forget", NUMBER, "--dry-run").code == 0
    assert house.left() == before
    assert not (house.runs / "forgotten.numbers").exists()


def test_a_run_that_is_not_at_its_end_stays_as_it_is(house: House) -> None:
    """It is told with what to do, exit code 4; once it is at its end it is dealt with."""
    (house.folder / "may.csv").write_text(HEAD + OTHERS + THEIRS, "utf-8")
    house.server.script = [says(401)]
    house.typed("run", "may.csv", "--region", "US", "--base-url", house.server.url)
    rows = (house.last / "rows.parquet").read_bytes()
    done = house.typed("forget", NUMBER, "--yes")
    assert (done.code, (house.last / "rows.parquet").read_bytes() == rows) == (4, True)
    assert f"importer resume {house.last.name}" in done.out
    assert house.typed("resume", "latest").code == 0
    assert not [contact for contact in house.server.contacts if contact["phone"] == NUMBER], "it is forgotten by now"
    assert house.typed("forget", NUMBER, "--yes").code == 0
    assert set(house.left()) == {"may.csv"}


def test_what_kills_cut_short_is_finished_by_the_same_command(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each step in turn: no other number is begun with meanwhile, and in the end nothing is found."""
    house.fill()
    for point in ("erase_from_run", "write_again", "erase_from_file", "_clean_memories", "_prove"):
        plan = forgetting.plan_forget(house.runs, NUMBER)
        with monkeypatch.context() as patch:
            patch.setattr(forgetting, point, cut_after(getattr(forgetting, point)))
            with pytest.raises(KeyboardInterrupt):
                forgetting.forget(house.runs, plan, Silence(), is_complete=False)
        other = house.typed("forget", "+12025550101", "--yes")
        assert (other.code, f"importer forget {NUMBER}" in other.err) == (2, True)
    done = house.typed("forget", NUMBER, "--yes")
    assert (done.code, house.left()) == (0, {}), done.out + done.err


def cut_after(step: Callable[..., object]) -> Callable[..., None]:
    """A step that is the last one before a kill."""

    def cut(*arguments: object) -> None:
        step(*arguments)
        raise KeyboardInterrupt

    return cut


def test_what_others_have_too_is_left_to_them(house: House) -> None:
    """A shared address and a namesake: their rows stay, and it is said that nothing is proven by these."""
    text = HEAD + "Zed,Quill,+12025550177,home@example.com,\nZed,Quill,+12025550188,home@example.com,\n"
    (house.folder / "may.csv").write_text(text, "utf-8")
    house.typed("run", "may.csv", "--region", "US", "--base-url", house.server.url)
    done = house.typed("forget", NUMBER, "--yes")
    assert done.code == 0, done.out
    assert "1 row with the same e-mail address and another number: left" in done.out
    assert pl.read_parquet(house.last / "rows.parquet")["phone"].to_list() == [None, "+12025550188"]
