"""Whoever came to a suppression list while a run was stopped is not sent by whatever goes on with it or corrects it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.delivery import Ledger
from importer.delivery.ledger.updates import Update, UpdateState, note_updates
from importer.models.decisions import Change
from importer.reports import conclusions as account
from importer.reports.page import _batches
from importer.storage.decisions import Decisions
from importer.storage.summary import Summary
from tests.conftest import Done, Typed
from tests.support.faultserver import documented, says
from tests.torture import suppressed
from tests.torture.suppressed import NotingServer

PHONES = [f"+1202555{number:04}" for number in range(100, 120)]


EARLY, LATE, LOST = PHONES[0], PHONES[10:15], PHONES[19]


GONE_ON = ["resume", "latest"]


class Desk:
    """A list of 20 contacts in batches of 4, and a suppression list; the API refuses the key after two batches."""

    def __init__(self, folder: Path, server: NotingServer, typed: Typed) -> None:
        self.folder, self.server, self._typed = folder, server, typed
        lines = [f"Name {number},{phone}" for number, phone in enumerate(PHONES)]
        (folder / "list.csv").write_text("\n".join(["Name,Phone", *lines, "Nobody,12345", ""]), "utf-8")
        self.never("dnc.csv", EARLY, LOST)
        server.script = [documented, documented, says(401)]

    def never(self, name: str, *phones: str) -> None:
        (self.folder / name).write_text("\n".join(["Phone", "nobody", *phones, ""]), "utf-8")

    def start(self, *options: str) -> dict[str, Any]:
        url = ("--base-url", self.server.url)
        done = self.typed("run", "list.csv", "--suppress", "dnc.csv", "--batch-size", "4", *url, *options)
        assert done.code == 6
        self.server.received.clear()
        return self.summary()

    def typed(self, *arguments: str | Path) -> Done:
        return self._typed(*arguments)

    @property
    def run(self) -> Path:
        return max(self.folder.glob("runs/*/run.json")).parent

    def summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = json.loads((self.run / "summary.json").read_text("utf-8"))
        assert summary["balanced"]
        return summary

    def rows(self) -> pl.DataFrame:
        return pl.read_parquet(self.run / "rows.parquet")


@pytest.fixture
def desk(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    with NotingServer() as server:
        yield Desk(tmp_path, server, typed)


def test_a_run_that_is_resumed_obeys_its_list_as_it_is_now(desk: Desk) -> None:
    """Rows that were prepared before are kept back, and both states of the list are told; no entry is forgotten."""
    desk.start()
    desk.never("dnc.csv", EARLY, *LATE)
    done = desk.typed(*GONE_ON)
    assert (done.code, desk.server.received & {EARLY, LOST, *LATE}) == (3, set())
    summary = desk.summary()
    assert summary["reasons"]["skipped"] == {"suppressed": 7}
    told = summary["suppression"]
    assert ([one["entries"] for one in told["at_start"]], [one["entries"] for one in told["last_read"]]) == ([3], [7])
    assert (told["numbers"], told["rows_at_start"], told["rows_since"]) == (7, 2, 5)
    late = desk.rows().filter(pl.col("phone").is_in(LATE))
    assert late["detail"].unique().to_list() == [
        "the number was added to the suppression list after the row was prepared, so it is not sent"
    ]
    assert "Numbers that came to the suppression lists since then: 5." in done.err
    assert "Numbers on no suppression list any more: 1." in done.err
    line = account.suppression(Summary.read(desk.run))
    assert line is not None
    unread = "1 of them no valid number, which suppresses nothing"
    assert f"dnc.csv with 7 entries ({unread}), 6 hits as last read: 5 more" in line
    assert line in done.out
    assert line in (desk.run / "report.html").read_text("utf-8")


def test_what_was_kept_back_counts_neither_as_sent_nor_as_a_difference(desk: Desk) -> None:
    """The API's own totals are of what it got, and its counters for a batch are compared with that."""
    desk.start()
    desk.never("dnc.csv", *LATE)
    desk.typed(*GONE_ON)
    summary = Summary.read(desk.run)
    assert (summary.api.sent, summary.api.imported) == (13, 13)
    assert {line.verdict for line in _batches(desk.run, summary)} == {"agree"}
    assert sum(one.kept_back for one in summary.batch_list) == 5


def test_rows_that_were_not_read_yet_say_that_the_number_came_late(desk: Desk) -> None:
    """A chunk that a resumption prepares is held against all numbers; which list kept a row back is told."""
    desk.server.script = [says(401)]
    desk.start("--max-error-rate", "1")
    record = json.loads((desk.run / "run.json").read_text("utf-8"))
    for part in (desk.run / "parts").glob("*.parquet"):
        part.unlink()
    (desk.run / "run.json").write_text(json.dumps(record | {"is_prepared": False}), "utf-8")
    desk.never("dnc.csv", *LATE)
    desk.typed(*GONE_ON)
    words = dict(desk.rows().filter(pl.col("reason") == "suppressed").select("phone", "detail").rows())
    assert words[EARLY] == "the number is on the suppression list"
    assert {words[phone] for phone in LATE} == {"the number was added to the suppression list after the run began"}
    assert desk.summary()["suppression"]["rows_since"] == 5


def test_a_list_that_is_gone_stops_the_run_before_it_sends(desk: Desk) -> None:
    """Exit code 5, what to do, and nothing sent; once the list is back the run goes on."""
    desk.start()
    (desk.folder / "dnc.csv").rename(desk.folder / "away.csv")
    done = desk.typed(*GONE_ON)
    assert (done.code, desk.server.received) == (5, set())
    assert f"Put the list back, then run: importer resume {desk.run.name}" in done.err
    (desk.folder / "dnc.csv").write_text("Phone\nnobody\n", "utf-8")
    done = desk.typed(*GONE_ON)
    assert (done.code, desk.server.received) == (5, set())
    assert "holds no number that can be read" in done.err
    (desk.folder / "away.csv").rename(desk.folder / "dnc.csv")
    assert desk.typed(*GONE_ON).code == 3


def test_a_run_with_nothing_left_to_send_needs_no_list(desk: Desk) -> None:
    """Killed before its books: they are written, whatever became of the list; verify and report never need it."""
    desk.start()
    desk.typed(*GONE_ON)
    (desk.folder / "dnc.csv").unlink()
    (desk.run / "summary.json").unlink()
    assert desk.typed("report", "latest").code == 0
    (desk.run / "summary.json").unlink()
    assert desk.typed("verify", "latest").code == 3
    (desk.run / "summary.json").unlink()
    assert desk.typed(*GONE_ON).code == 3
    assert desk.summary()["suppression"]["rows_at_start"] == 2


def test_a_list_can_be_named_when_a_run_is_gone_on_with(desk: Desk) -> None:
    """It adds to those that the run had, and the run remembers it for the next time and for its corrections."""
    desk.start()
    desk.never("more.csv", *LATE[:3])
    desk.server.script = [says(401)]
    desk.typed(*GONE_ON, "--suppress", "more.csv")
    desk.never("more.csv", *LATE)
    desk.typed(*GONE_ON)
    assert desk.server.received.isdisjoint({EARLY, LOST, *LATE})
    assert [one["file"] for one in desk.summary()["suppression"]["last_read"]] == ["dnc.csv", "more.csv"]


def test_corrections_obey_what_their_run_must_not_send(desk: Desk) -> None:
    """Retry, and the retry of a retry: what was ever on a list, what is now, and what is on one that is named now."""
    wrong = [f"Late {number},1234{number}" for number in range(8)]
    with (desk.folder / "list.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join([*wrong, ""]))
    desk.start()
    desk.typed(*GONE_ON)

    def decide(numbers: dict[int, str]) -> Path:
        changes = [
            Change(("list.csv", None, len(PHONES) + 3 + place), "set", number, "Phone", f"1234{place}")
            for place, number in numbers.items()
        ]
        Decisions(desk.run).append("anna", changes)
        desk.server.received.clear()
        return desk.run

    desk.never("dnc.csv", LATE[0])
    desk.never("more.csv", "+12025550150")
    wrong_still = dict.fromkeys(range(4, 8), "98")
    decide({0: "+12025550150", 1: "+12025550151", 2: LOST, 3: LATE[0], **wrong_still})
    desk.typed("retry", "latest", "--suppress", "more.csv")
    assert desk.server.received == {"+12025550151"}
    desk.never("dnc.csv", "+12025550152")
    desk.never("more.csv", "+12025550999")
    second = decide({4: "+12025550150", 5: "+12025550152", 6: LOST, 7: "+12025550153"})
    desk.typed("retry", "latest")
    assert desk.server.received == {"+12025550153"}
    (desk.folder / "more.csv").unlink()
    Decisions(second).append(
        "anna", [Change(("list.csv", None, len(PHONES) + 7), "set", "+12025550154", "Phone", "98")]
    )
    done = desk.typed("retry", second.name)
    assert done.code == 5
    assert f"Put the list back, then run: importer retry {second.name}" in done.err


def test_a_list_is_found_from_another_folder_and_where_its_link_points_now(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run remembers where its list lies, and follows a link anew each time."""
    (desk.folder / "dnc.csv").rename(desk.folder / "january.csv")
    (desk.folder / "dnc.csv").symlink_to("january.csv")
    desk.start()
    desk.never("february.csv", *LATE)
    (desk.folder / "dnc.csv").unlink()
    (desk.folder / "dnc.csv").symlink_to("february.csv")
    (desk.folder / "elsewhere").mkdir()
    monkeypatch.chdir(desk.folder / "elsewhere")
    desk.typed("resume", desk.run.name, "--runs", desk.folder / "runs")
    assert desk.server.received.isdisjoint({EARLY, LOST, *LATE})
    assert desk.summary()["suppression"]["rows_since"] == 5


def test_the_numbers_that_a_run_keeps_are_its_owner_s_and_needed(desk: Desk) -> None:
    """Readable by the owner alone; where they are damaged or gone nothing is sent."""
    desk.start()
    (numbers,) = desk.run.glob("*.numbers")
    assert numbers.stat().st_mode & 0o777 == 0o600
    content = numbers.read_bytes()
    numbers.write_bytes(content[:-9])
    assert desk.typed(*GONE_ON).code == 5
    numbers.unlink()
    assert desk.typed(*GONE_ON).code == 5
    assert not desk.server.received
    numbers.write_bytes(content)
    assert not [phone for phone in (EARLY, LOST) if phone[1:].encode() in content]
    assert desk.typed(*GONE_ON).code == 3


def test_a_run_of_version_0_2_obeys_the_numbers_that_it_kept(desk: Desk) -> None:
    """They were in a Parquet file as they are; they are kept as hashes once the run is gone on with."""
    desk.start()
    for path in [*desk.run.glob("*.numbers"), desk.run / "suppressed.json"]:
        path.unlink()
    before = pl.DataFrame({"phone": [int(EARLY[1:]), int(LATE[0][1:])], "is_late": [False, True]})
    before.cast({"phone": pl.UInt64}).write_parquet(desk.run / "suppressed.parquet")
    desk.never("dnc.csv", EARLY)
    assert desk.typed(*GONE_ON).code == 3
    assert desk.server.received.isdisjoint({EARLY, LATE[0]})
    assert not (desk.run / "suppressed.parquet").exists()
    assert desk.summary()["suppression"]["numbers"] == 2


def test_a_run_of_an_earlier_version_obeys_its_list_too(desk: Desk) -> None:
    """Its record has one list as it was named, what was read of it, and no numbers."""
    desk.start()
    record = json.loads((desk.run / "run.json").read_text("utf-8"))
    record["settings"]["suppress"] = "dnc.csv"
    record["suppression"] = {"file": "dnc.csv", "entries": 3, "unread": 1}
    (desk.run / "run.json").write_text(json.dumps(record), "utf-8")
    (desk.run / "suppressed.json").unlink()
    desk.never("dnc.csv", EARLY, *LATE)
    assert desk.typed(*GONE_ON).code == 3
    assert desk.server.received.isdisjoint({EARLY, *LATE})


def test_a_contact_whose_number_came_to_a_list_is_not_updated(desk: Desk) -> None:
    """Its row keeps its end, in words; of an update that was sent and lost the account tells, or it is given up."""
    old = {"firstName": "Old", "createdAt": "2025-02-09T12:00:00.000+00:00"}
    desk.server.contacts = [{"phone": phone, "contactId": f"old{phone[-4:]}"} | old for phone in PHONES]
    desk.server.skips_existing = True
    desk.start("--on-existing", "update")
    with Ledger.open(desk.folder / "runs" / "ledger.sqlite") as ledger:
        lost = [Update(position, None, UpdateState.INTENDED) for position in (5, 6)]
        note_updates(ledger, desk.run.name, lost, 0.0)
    desk.server.contacts[5] |= {"firstName": "Name", "lastName": "5"}
    listed = [PHONES[3], PHONES[5], PHONES[6], *LATE]
    desk.never("dnc.csv", *listed)
    assert desk.typed(*GONE_ON).code == 3
    assert desk.server.received.isdisjoint({EARLY, LOST, *listed})
    summary = desk.summary()
    assert (summary["status"], summary["suppression"]["updates_since"]) == ("complete", 2)
    rows = desk.rows()[[3, 5, 6]]
    assert rows["reason"].unique().to_list() == ["skipped-by-api"]
    held = "the number is on the suppression list by now, so its contact was not updated"
    assert [words.rpartition("; ")[2] for words in rows["detail"]] == [
        held,
        "its contact has all that the row has",
        held,
    ]


def test_nobody_is_looked_for_who_must_not_be_updated(desk: Desk) -> None:
    """Where all that is left is suppressed, the account is not read."""
    desk.server.contacts = [{"phone": p, "contactId": f"old{p[-4:]}", "createdAt": "2025-02-09T12:00Z"} for p in PHONES]
    desk.server.skips_existing = True
    desk.start("--on-existing", "update")
    before = desk.server.lists
    desk.never("dnc.csv", *PHONES)
    assert desk.typed(*GONE_ON).code == 3
    assert (desk.server.lists, desk.server.received, desk.summary()["suppression"]["updates_since"]) == (
        before,
        set(),
        8,
    )


def test_whole_runs_that_are_killed_send_none_either() -> None:
    """One episode of ``python -m tests.torture.suppressed``; ``make torture`` plays a thousand."""
    tally = suppressed.play(1, seed=1)
    assert not tally.broken, tally
    assert (tally.sent, tally.false_claims, tally.doubled, tally.unbalanced) == (0, 0, 0, 0)
