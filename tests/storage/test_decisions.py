"""What people decide on rows: one line each, on the disk before it is confirmed, the same for whoever reads it."""

import json
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import StoppedError, UsageError
from importer.models.decisions import Change, Place, RowState
from importer.storage.decisions import FILE_NAME, Decisions, os_user

ROW: Place = ("list.csv", None, 4)
OTHER: Place = ("book.xlsx", "Leads", 5)


def states(folder: Path) -> dict[Place, tuple[object, ...]]:
    """Each row's state without who and when, read anew."""
    return {place: essence(state) for place, state in Decisions(folder).rows().items()}


def essence(state: RowState) -> tuple[object, ...]:
    return (dict(state.cells), state.choice, {rule: line.now for rule, line in state.notes.items()}, state.done)


def test_a_line_says_who_when_what_and_what_was_before(tmp_path: Path) -> None:
    """The file is its owner's alone; a second correction has the first as its ``was``, and both lines stay."""
    desk = Decisions(tmp_path)
    desk.append("anna", [Change(ROW, "set", "202-555-0101", "Phone", "12345"), Change(OTHER, "drop", "drop")])
    Decisions(tmp_path).append("ben", [Change(ROW, "set", None, "Phone", "12345")])
    lines = [json.loads(line) for line in (tmp_path / FILE_NAME).read_text("utf-8").splitlines()]
    assert [{name: cell for name, cell in line.items() if name != "at"} for line in lines] == [
        {"seq": 1, "who": "anna", "row": ["list.csv", None, 4], "act": "set", "field": "Phone",
         "was": "12345", "now": "202-555-0101"},
        {"seq": 2, "who": "anna", "row": ["book.xlsx", "Leads", 5], "act": "drop", "was": "", "now": "drop"},
        {"seq": 3, "who": "ben", "row": ["list.csv", None, 4], "act": "set", "field": "Phone",
         "was": "202-555-0101", "now": None},
    ]  # fmt: skip
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [line.seq for line in desk.since(1)] == [2, 3]
    state = desk.rows()[ROW]
    assert (state.cell("Phone", "12345"), state.cell("Name", "Ann"), state.last.who) == (None, "Ann", "ben")
    assert (state.is_to_send, desk.rows()[OTHER].is_to_send) == (True, False)


def test_a_cell_set_back_is_no_correction(tmp_path: Path) -> None:
    """The row waits for a decision again; what was imported is not sent a second time."""
    desk = Decisions(tmp_path)
    desk.append("anna", [Change(ROW, "set", "1", "Phone", "0"), Change(ROW, "set", "0", "Phone", "0")])
    assert not desk.rows()[ROW].is_to_send
    desk.append("anna", [Change(ROW, "send-as-is", "send-as-is"), Change(ROW, "done", "20261130-120000-000")])
    assert (desk.rows()[ROW].choice, desk.rows()[ROW].is_to_send) == ("send-as-is", False)


CHANGES = st.one_of(
    st.builds(Change, st.sampled_from([ROW, OTHER]), st.just("set"), st.sampled_from(["a", "b", "0", None]),
              st.sampled_from(["Phone", "Name"]), st.just("0")),
    st.builds(Change, st.sampled_from([ROW, OTHER]), st.just("drop"), st.just("drop")),
    st.builds(Change, st.sampled_from([ROW, OTHER]), st.just("send-as-is"), st.just("send-as-is")),
    st.builds(Change, st.sampled_from([ROW, OTHER]), st.just("note"), st.sampled_from(["ask Cid", None]),
              st.sampled_from([None, "phone:float-tail", "email:tidied"])),
)  # fmt: skip


@settings(max_examples=25)
@given(changes=st.lists(CHANGES, min_size=1, max_size=8))
def test_what_is_undone_is_as_it_was(tmp_path_factory: pytest.TempPathFactory, changes: list[Change]) -> None:
    """One by one from the last, each state before comes back; nothing is taken out of the file."""
    folder = tmp_path_factory.mktemp("run")
    desk = Decisions(folder)
    before = []
    for change in changes:
        before.append(states(folder))
        desk.append("anna", [change])
    # Each undo has a line, or two, of its own behind it: what is undone next is no longer the row's last.
    desk.undo("ben", len(changes))
    now = states(folder)
    nothing: tuple[object, ...] = ({}, "", {}, None)
    assert {place: now.get(place, nothing) for place in (ROW, OTHER)} == {
        place: before[-1].get(place, nothing) for place in (ROW, OTHER)
    }
    assert essence(desk.rows()[changes[-1].row or ROW]) == states(folder)[changes[-1].row or ROW]


def test_what_another_changed_since_is_not_undone(tmp_path: Path) -> None:
    """Whose decision it is, and when it was made, is said; another cell of the row is no hindrance."""
    desk = Decisions(tmp_path)
    desk.append("anna", [Change(ROW, "set", "1", "Phone", "0"), Change(ROW, "set", "Ann", "Name", "ANN")])
    Decisions(tmp_path).append("ben", [Change(ROW, "set", "2", "Phone", "0")])
    with pytest.raises(UsageError, match="ben decided otherwise at"):
        desk.undo("anna", 1)
    desk.undo("anna", 2)
    assert desk.rows()[ROW].cells == {"Phone": "2"}
    for seq in (0, 9):
        with pytest.raises(UsageError, match="There is no decision"):
            desk.undo("anna", seq)


def test_a_note_on_a_repair_stands_beside_the_note_on_the_row(tmp_path: Path) -> None:
    """Of a row and of the whole run, each undone by itself; neither decides whether the row is sent."""
    desk = Decisions(tmp_path)
    rule = "phone:float-tail"
    desk.append("anna", [Change(ROW, "note", "ask Cid"), Change(ROW, "note", "wrong", rule)])
    desk.append("ben", [Change(None, "note", "all wrong", rule), Change(None, "approve", "0" * 64)])
    lines = [json.loads(line) for line in (tmp_path / FILE_NAME).read_text("utf-8").splitlines()]
    assert "field" not in lines[0]
    assert [(line["row"], line["field"], line["was"], line["now"]) for line in lines[1:3]] == [
        (list(ROW), rule, None, "wrong"), (None, rule, None, "all wrong"),
    ]  # fmt: skip
    assert list(desk.rows()) == [ROW]
    state = desk.rows()[ROW]
    assert (state.note, state.notes[rule].now, state.choice, state.is_to_send) == ("ask Cid", "wrong", "", False)
    assert desk.of_run()[rule].who == "ben"
    desk.undo("ben", 3)
    desk.undo("anna", 2)
    assert (desk.of_run(), desk.rows()[ROW].note, list(desk.rows()[ROW].notes)) == ({}, "ask Cid", [""])
    with pytest.raises(UsageError, match="cannot be undone"):
        desk.undo("ben", 4)


def test_two_writers_at_once_lose_no_line(tmp_path: Path) -> None:
    """A hundred decisions each, one at a time: all are there, numbered through, and both read the same."""
    desks = [Decisions(tmp_path), Decisions(tmp_path)]

    def decide(who: int) -> None:
        for number in range(100):
            desks[who].append(f"person {who}", [Change(("list.csv", None, number % 7), "set", str(number), "A", "x")])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(decide, (0, 1)))
    assert [line.seq for line in Decisions(tmp_path).since(0)] == list(range(1, 201))
    assert desks[0].rows() == desks[1].rows() == Decisions(tmp_path).rows()
    assert {who: sum(line.who == who for line in desks[0].since(0)) for who in ("person 0", "person 1")} == {
        "person 0": 100,
        "person 1": 100,
    }


_WRITER = """
import sys
from pathlib import Path
from importer.models.decisions import Change
from importer.storage.decisions import Decisions
desk = Decisions(Path(sys.argv[1]))
for number in range(100_000):
    desk.append("anna", [Change(("list.csv", None, number), "set", "x" * 2_000, "A", None)])
    print(number, flush=True)
"""


def test_a_kill_loses_at_most_what_was_not_confirmed(tmp_path: Path) -> None:
    """SIGKILL between two decisions: every one that was confirmed is there, and the next writer goes on."""
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        confirmed = [int(writer.stdout.readline()) for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
        confirmed += [int(line) for line in writer.stdout.read().splitlines()]
    desk = Decisions(tmp_path)
    assert len(desk.rows()) in (len(confirmed), len(confirmed) + 1)
    desk.append("ben", [Change(ROW, "note", "here")])
    assert Decisions(tmp_path).rows() == desk.rows()


def test_a_torn_last_line_is_no_decision(tmp_path: Path) -> None:
    """It is passed over, and gone once somebody writes; a damaged line in the middle is said with its number."""
    desk = Decisions(tmp_path)
    desk.append("anna", [Change(ROW, "drop", "drop")])
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq":2,"at":"2026-11')
    assert [line.act for line in Decisions(tmp_path).since(0)] == ["drop"]
    Decisions(tmp_path).append("ben", [Change(ROW, "note", "lost number")])
    assert path.read_bytes().startswith(whole + b'{"seq":2,')
    assert [line.act for line in desk.since(0)] == ["drop", "note"]
    path.write_bytes(whole + b"{}\n" + whole)
    with pytest.raises(StoppedError, match="line 2 is damaged"):
        Decisions(tmp_path).rows()
    path.write_bytes(whole)
    assert [line.act for line in desk.since(0)] == ["drop"]


def test_who_decides_without_a_name_is_the_system_s_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that the system has no name for is unknown."""
    monkeypatch.setenv("LOGNAME", "anna")
    assert os_user() == "anna"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_001)
    assert os_user() == "unknown"
