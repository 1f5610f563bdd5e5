"""Deciding at the desk: what is written, for one row and for all that a query finds, and what is never written."""

import json
import random
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

COLUMNS = ("Name", "Phone", "Mobile")
SHOWN = re.compile(r'data-position="(\d+)" data-state="([a-z-]*)".*?value="([^"]*)"', re.DOTALL)
CELLS = [None, "call office", "555-1234", "231-0017", "(0)30 123456", "1.71875E+10"]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Sixty rows to correct, and one that was imported."""
    rows = [
        row(Reason.PHONE_INVALID if CELLS[n % 6] else Reason.PHONE_MISSING, "a.csv", n + 2,
            {"Name": f"P {n}", "Phone": CELLS[n % 6], "Mobile": "+1 202 555 0143" if n % 2 else None})
        for n in range(60)
    ]  # fmt: skip
    rows.append(row(Reason.CONFIRMED, "a.csv", 62, {"Name": "P 60", "Phone": "+1 202 555 0144"}))
    write_rows(tmp_path, rows, COLUMNS)
    summary_of(rows, [source("a.csv", COLUMNS, "Phone")]).write(tmp_path, "")
    return tmp_path


def post(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(path, json=body).json()
    return answer


def lines(run: Path) -> list[dict[str, Any]]:
    path = run / "review.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def test_a_cell_is_corrected_and_taken_back(run: Path, client: httpx.Client) -> None:
    """One line each, with who, the row by its place in the list, and the cell before and after."""
    told = post(client, "/decide", positions=[1], act="set", column="Phone", now=" +1 202 555 0199 ")
    assert told["seqs"] == [1]
    (line,) = lines(run)
    assert (line["who"], line["row"], line["act"], line["field"]) == ("anna", ["a.csv", None, 3], "set", "Phone")
    assert (line["was"], line["now"]) == ("call office", "+1 202 555 0199")
    page = client.get("/fix?q=is:corrected").text
    assert 'value="+1 202 555 0199"' in page
    assert "<del>call office</del>" in page
    assert "59 of 60 rows" in client.get("/fix").text
    post(client, "/undo", seqs=told["seqs"])
    assert "60 of 60 rows" in client.get("/fix").text
    assert len(lines(run)) == 2


def test_nothing_is_written_where_nothing_changes(run: Path, client: httpx.Client) -> None:
    """The same text again, a row that was imported, a column or row that is not there: no line, and a word why."""
    assert post(client, "/decide", positions=[1], act="set", column="Phone", now="call office")["seqs"] == []
    assert (
        "nothing to correct" in post(client, "/decide", positions=[60], act="set", column="Phone", now="x")["problem"]
    )
    assert "nothing to correct" in post(client, "/decide", positions=[60], act="drop")["problem"]
    assert "no column Fax" in post(client, "/decide", positions=[1], act="set", column="Fax", now="x")["problem"]
    assert "no such row" in post(client, "/decide", positions=[99], act="drop")["problem"]
    assert "no action" in post(client, "/decide", positions=[1], act="send")["problem"]
    assert client.post("/decide", content=b"{").status_code == 400
    assert client.post("/decide", content=b"[]").status_code == 400
    assert lines(run) == []


@pytest.mark.parametrize(
    ("act", "first", "second", "query", "rows", "now"),
    [
        ("drop", "", "", 'shape:"call office"', 10, "drop"),
        ("send-as-is", "", "", "", 60, "send-as-is"),
        ("area", "202", "", 'shape:"999-9999" 231', 10, "202 231-0017"),
        ("country", "DE", "", 'shape:"(9)99 999999"', 10, "+4930123456"),
        ("column", "Mobile", "", "is:todo", 30, "+1 202 555 0143"),
        ("replace", "call office", "+1 202 555 0100", "", 10, "+1 202 555 0100"),
        ("ask", "", "", 'shape:""', 10, "asked the source"),
    ],
)
def test_an_action_on_all_rows_shows_first_and_then_does_just_that(  # noqa: PLR0917
    run: Path, client: httpx.Client, act: str, first: str, second: str, query: str, rows: int, now: str
) -> None:
    """The preview writes nothing; its count is the count of the lines; one undo takes all of them back."""
    given = {"query": query, "act": act, "first": first, "second": second}
    shown = client.post("/group", json={**given, "preview": True}).text
    assert f"<strong>{rows} rows</strong> would change" in shown
    assert lines(run) == []
    told = post(client, "/group", **given)
    assert len(told["seqs"]) == len(lines(run)) == rows
    assert {line["now"] for line in lines(run)} == {now}
    post(client, "/undo", seqs=told["seqs"])
    assert "60 of 60 rows" in client.get("/fix").text


def test_what_is_decided_is_taken_back_for_all_rows_at_once(run: Path, client: httpx.Client) -> None:
    """Drops are lifted, cells are as read, notes stay; every line stays, too, and undo decides it all again."""
    post(client, "/group", query='shape:"call office"', act="drop")
    post(client, "/group", query='shape:"999-9999"', act="area", first="202")
    post(client, "/group", query="is:corrected row:2-20", act="send-as-is")
    post(client, "/decide", positions=[1], act="note", now="asked Bo")
    decided = len(lines(run))
    shown = client.post("/group", json={"query": "is:done", "act": "take-back", "preview": True}).text
    told = post(client, "/group", query="is:done", act="take-back")
    assert f"<strong>{len(told['seqs'])} rows</strong> would change" in shown or len(told["seqs"]) > 30
    assert "60 of 60 rows" in client.get("/fix").text
    assert not any(state.choice or state.cells for state in Decisions(run).rows().values())
    assert Decisions(run).rows()["a.csv", None, 3].note == "asked Bo"
    assert len(lines(run)) == decided + len(told["seqs"])
    post(client, "/undo", seqs=told["seqs"])
    assert "30 of 60 rows" in client.get("/fix").text


@pytest.mark.parametrize(
    ("act", "first", "words"),
    [
        ("country", "Germany", "two letters"),
        ("area", "x", "digits"),
        ("column", "Fax", "no column"),
        ("replace", "", "text"),
        ("x", "", "no action"),
    ],
)
def test_an_action_that_cannot_be_done_says_why(
    run: Path, client: httpx.Client, act: str, first: str, words: str
) -> None:
    """In words, and nothing is written."""
    assert words in post(client, "/group", query="", act=act, first=first)["problem"]
    assert lines(run) == []


def test_looking_writes_nothing(run: Path, client: httpx.Client) -> None:
    """No address that only shows leaves anything in the run's folder."""
    before = {path.name: path.stat().st_mtime_ns for path in run.iterdir()}
    for path in (
        "/",
        "/fix",
        "/fix/1",
        "/rows",
        "/changes",
        "/history",
        "/news?seq=0",
        "/ask.csv?q=",
        "/decide",
        "/group",
    ):
        client.get(path)
    assert {path.name: path.stat().st_mtime_ns for path in run.iterdir()} == before


def test_rows_for_the_source_have_its_own_columns(client: httpx.Client) -> None:
    """A CSV file of the rows that were found, as the list had them."""
    answer = client.get('/ask.csv?q=shape:"" row:2-20')
    assert answer.headers["content-disposition"] == 'attachment; filename="ask.csv"'
    assert answer.text.splitlines() == ["Name,Phone,Mobile", "P 0,,", "P 6,,", "P 12,,", "P 18,,"]


@pytest.mark.parametrize("manner", [Manner("anna", is_read_only=True), Manner("anna", is_masked=True)])
def test_a_desk_to_look_at_decides_nothing(run: Path, manner: Manner) -> None:
    """Its pages have no field to write into, and what is sent all the same is not taken."""
    with open_desk(run, manner) as server, entered(server) as client:
        client.headers["Origin"] = server.url
        assert "data-column" not in client.get("/fix").text
        for path in ("/decide", "/group", "/undo"):
            assert client.post(path, json={"positions": [1], "act": "drop"}).status_code in (404, 405)
        assert client.get("/ask.csv").status_code == 404
    assert lines(run) == []


def test_two_people_see_and_hear_each_other(run: Path, client: httpx.Client) -> None:
    """Bob's decision is news at Anna's desk; who overrides it is told, and both lines stay."""
    with open_desk(run, Manner("bob")) as server, entered(server) as bob:
        bob.headers["Origin"] = server.url
        post(bob, "/decide", positions=[2], act="set", column="Phone", now="+1 202 555 0111")
    news = client.get("/news?seq=0").json()
    assert news == {"seq": 1, "lines": [{"who": "bob", "position": 2, "said": "set Phone to +1 202 555 0111"}]}
    told = post(client, "/decide", positions=[2], act="set", column="Phone", now="+1 202 555 0122")
    assert "Before: bob set Phone to +1 202 555 0111 at " in told["said"]
    assert [(line["who"], line["was"]) for line in lines(run)] == [("bob", "555-1234"), ("anna", "+1 202 555 0111")]


def test_two_hundred_interleaved_decisions_end_alike_at_both_desks(run: Path, client: httpx.Client) -> None:
    """No line is lost, and both desks, and a third reader, see the same state of every row."""
    chance = random.Random(16)  # noqa: S311 - no secret
    with open_desk(run, Manner("bob")) as server, entered(server) as bob:
        bob.headers["Origin"] = server.url
        for count in range(100):
            for one in (client, bob):
                act = chance.choice(["drop", "send-as-is", "note", "set"])
                body = {"positions": [chance.randrange(60)], "act": act, "column": "Phone", "now": f"text {count}"}
                assert "problem" not in post(one, "/decide", **body)
        seen = [
            {
                name: SHOWN.findall(one.get(f"/fix?q=is:{name}").text)
                for name in ("corrected", "dropped", "as-is", "todo")
            }
            for one in (client, bob)
        ]
    assert seen[0] == seen[1]
    assert sum(map(len, seen[0].values())) == 60
    assert [line["seq"] for line in lines(run)] == list(range(1, len(lines(run)) + 1))
    assert len(lines(run)) == 200
    folded = Decisions(run).rows().values()
    assert sum(state.choice == "drop" for state in folded) == len(seen[0]["dropped"])
