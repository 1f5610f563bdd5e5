"""What was repaired: shown by rule, called wrong by row or as a whole, and seen wherever the row is."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from importer.desk.application import Manner
from importer.models.outcomes import Reason
from importer.storage.decisions import Decisions
from tests.support.open_desk import entered, open_desk
from tests.support.reports_run import row, source, summary_of, write_rows

COLUMNS = ("Name", "Phone")
CASE, TAIL = "first_name:case", "phone:float-tail"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Six rows of two files: four with a name in other letters, two of these with a decimal number, one doubtful."""
    rows = [
        row(Reason.CONFIRMED if number < 4 else Reason.PHONE_INVALID, "b.csv" if number == 5 else "a.csv", number + 2,
            {"Name": "XOCHI TEPETL", "Phone": f"202555010{number}.0"}, first_name="Xochi", last_name="Tepetl",
            phone=f"+1202555010{number}" if number < 4 else None,
            changes={0: f"{CASE}; {TAIL}", 1: f"{CASE}; {TAIL}", 2: CASE, 3: "phone:review-plus", 4: CASE}.get(number))
        for number in range(6)
    ]  # fmt: skip
    write_rows(tmp_path, rows, COLUMNS)
    mapping = {"phone": ["Phone"], "full_name": ["Name"]}
    sources = [source(name, COLUMNS, "Phone", mapping=mapping) for name in ("a.csv", "b.csv")]
    summary_of(rows, sources, changes={CASE: 4, TAIL: 2, "phone:review-plus": 1}).write(tmp_path, "")
    return tmp_path


def call(client: httpx.Client, rule: str, **of: Any) -> dict[str, Any]:
    told: dict[str, Any] = client.post("/decide", json={"act": "note", "rule": rule, **of}).json()
    return told


def text(client: httpx.Client, path: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", client.get(path).text).split())


def test_a_row_is_called_wrong_and_seen_so_wherever_it_is(run: Path, client: httpx.Client) -> None:
    """One line, a note with its rule and the setting that stops it; the row's own note stays beside it."""
    client.post("/decide", json={"positions": [0], "act": "note", "now": "ask Cid"})
    told = call(client, CASE, positions=[0])
    assert told["said"].startswith('Noted on "first name: case": wrong repair; to stop it: --map full_name=')
    line = Decisions(run).since(0)[-1]
    assert (line.act, line.field, line.row, line.who) == ("note", CASE, ("a.csv", None, 2), "anna")
    assert "--map full_name=" in (line.now or "")
    page = client.get(f"/changes?rule={CASE}").text
    assert page.count(">wrong</span>") == 1
    assert "wrong: 1 row</span>" in page
    assert "<code>--map full_name=</code>" in page
    assert "called wrong: first name: case 1 row" in text(client, "/")
    for path in ("/rows?q=is:noted", "/rows?q=row:2", "/row/0"):
        shown = text(client, path)
        assert "wrong repair: first name: case" in shown, path
        assert "ask Cid" in shown, path
    assert "1 of 6 rows" in text(client, "/rows?q=is:noted")
    assert 'noted on "first name: case": wrong repair' in text(client, "/history").replace("&#34;", '"')


def test_a_note_decides_nothing(run: Path, client: httpx.Client) -> None:
    """A row to correct that has one is still to do, and nothing is to be sent."""
    assert call(client, CASE, positions=[4])["seqs"] == [1]
    assert "2 of 2 rows" in text(client, "/fix?q=is:todo")
    assert "wrong repair: first name: case" in text(client, "/fix?q=is:noted")
    assert not any(state.is_to_send or state.choice for state in Decisions(run).rows().values())


def test_a_whole_rule_is_called_wrong_by_one_line(run: Path, client: httpx.Client) -> None:
    """However many rows it has; the same again takes it back, and so does undo."""
    told = call(client, TAIL)
    (line,) = Decisions(run).since(0)
    assert (line.row, line.field, told["seqs"]) == (None, TAIL, [1])
    assert "Called wrong as a whole by anna" in text(client, f"/changes?rule={TAIL}")
    assert "wrong: the whole rule" in text(client, "/changes")
    call(client, TAIL, positions=[1])
    assert "called wrong: phone: float tail the whole rule and 1 row" in text(client, "/")
    assert call(client, TAIL)["said"].startswith('Took the note on all of "phone: float tail" away')
    assert "Called wrong as a whole" not in text(client, f"/changes?rule={TAIL}")
    again = call(client, TAIL)
    client.post("/undo", json={"seqs": again["seqs"]})
    assert Decisions(run).of_run() == {}


def test_only_a_repair_can_be_called_wrong(run: Path, client: httpx.Client) -> None:
    """Not a doubt, which is for Look; not what the run or the row has not; and then nothing is written."""
    assert "Judge it in Look" in call(client, "phone:review-plus", positions=[3])["problem"]
    assert "no repair email:tidied" in call(client, "email:tidied")["problem"]
    assert f"Row 4 has no repair {TAIL}" in call(client, TAIL, positions=[2])["problem"]
    assert "no such row" in call(client, TAIL, positions=[99])["problem"]
    assert not (run / "review.jsonl").exists()
    shown = client.get("/changes?rule=phone:review-plus").text
    assert "Judge it in Look" in shown
    assert "data-wrong" not in shown
    assert "No row has this." in client.get("/changes?rule=email:tidied").text


def test_two_people_are_told_of_each_other(run: Path, client: httpx.Client) -> None:
    """By the poll, and when the second decides the same; of a row and of the whole rule."""
    with open_desk(run, Manner("bo")) as server, entered(server) as bo:
        bo.headers["Origin"] = server.url
        call(bo, CASE, positions=[1])
        call(bo, TAIL)
        news = client.get("/news?seq=0").json()["lines"]
        assert [(each["who"], each["position"]) for each in news] == [("bo", 1), ("bo", -1)]
        assert "wrong bo" in text(client, f"/changes?rule={CASE}")
        assert "Before: bo noted on" in call(client, CASE, positions=[1])["said"]
        assert "Before: bo noted on all of" in call(client, TAIL)["said"]
    assert [line.who for line in Decisions(run).since(0)] == ["bo", "bo", "anna", "anna"]


@pytest.mark.parametrize("manner", [Manner("bo", is_masked=True), Manner("bo", is_read_only=True)])
def test_a_desk_to_look_at_shows_what_is_wrong_and_calls_nothing_so(
    run: Path, client: httpx.Client, manner: Manner
) -> None:
    """Without buttons; masked, what somebody wrote about a person is not shown, and no cell is."""
    client.post("/decide", json={"positions": [0], "act": "note", "now": "Xochi moved"})
    call(client, CASE, positions=[0])
    call(client, TAIL)
    before = (run / "review.jsonl").read_bytes()
    with open_desk(run, manner) as server, entered(server) as other:
        other.headers["Origin"] = server.url
        assert other.post("/decide", json={"act": "note", "rule": CASE}).status_code == 405
        shown = [
            other.get(path).text for path in (f"/changes?rule={CASE}", "/rows", "/row/0", "/history", "/", "/look")
        ]
    assert "wrong: 1 row" in shown[0]
    assert "data-wrong" not in shown[0]
    assert "wrong repair: first name: case" in shown[1]
    assert ("Xochi" in "".join(shown)) == (not manner.is_masked)
    assert (run / "review.jsonl").read_bytes() == before


def test_rows_of_several_files_say_of_which(client: httpx.Client) -> None:
    """A row's number alone would be two rows; so does what a group action shows first, and a link finds just one."""
    for path in (f"/changes?rule={CASE}", "/rows", "/fix"):
        page = client.get(path).text
        assert re.search(r'<span class="quiet">a.csv</span> <a href="([^"]*)">6</a>', page), path
        assert re.search(r'<span class="quiet">b.csv</span> <a href="([^"]*)">7</a>', page) or "changes" in path, path
    assert "row%3A6+source%3Aa.csv" in client.get(f"/changes?rule={CASE}").text
    body = {"act": "area", "first": "202", "query": "", "preview": True}
    shown = client.post("/group", json=body).text
    assert ">a.csv 6</th>" in shown
    assert ">b.csv 7</th>" in shown


def test_the_list_of_what_is_worth_a_look_has_verdicts_and_notes(run: Path, client: httpx.Client) -> None:
    """As a file, with nothing in it that a spreadsheet takes for a formula; not from a masked desk."""
    client.post("/decide", json={"positions": [3], "act": "note", "now": "=HYPERLINK()"})
    client.post("/look", json={"position": 3, "finding": "phone:review-plus", "verdict": "wrong"})
    assert "note: =HYPERLINK()" in text(client, "/look?q=look:wrong")
    head, line = client.get("/look.csv?q=look:wrong").text.splitlines()
    told = dict(zip(head.split(","), line.split(","), strict=True))
    assert (told["finding"], told["source"], told["row"], told["phone"]) == (
        "phone:review-plus", "a.csv", "5", "+12025550103",
    )  # fmt: skip
    assert (told["verdict"], told["verdict_by"], told["notes"]) == ("wrong", "anna", "anna: =HYPERLINK()")
    assert client.get("/look.csv").text.count("\n") == 1
    with open_desk(run, Manner("bo", is_masked=True)) as server, entered(server) as other:
        assert other.get("/look.csv").status_code == 404


def test_a_line_of_an_earlier_version_is_read(run: Path, client: httpx.Client) -> None:
    """A note without a rule is the row's own."""
    line = {"seq": 1, "at": "2026-11-30T12:00:00Z", "who": "cy", "row": ["a.csv", None, 2], "act": "note", "was": None,
            "now": "call"}  # fmt: skip
    (run / "review.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    assert "note: call cy" in text(client, "/rows?q=is:noted")
