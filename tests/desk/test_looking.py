"""What is worth a look: shown in pairs and groups, judged one by one or all at once, and not offered again."""

import json
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from importer.desk.application import Manner
from importer.storage.decisions import Decisions
from tests.support.doubtful_run import doubtful_run
from tests.support.open_desk import entered, open_desk

SCREENS = (
    "/", "/look", "/look?q=", "/look?q=finding:email-perhaps-mistyped", "/look?fragment=1", "/look/1", "/look/9",
    "/news?seq=0", "/history",
)  # fmt: skip
CANARIES = ("Xochi", "202555", "202-555", "xochi@", "gmial", "tepetl")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return doubtful_run(tmp_path / "20260301-090000-1")


def judge(client: httpx.Client, verdict: str, **of: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/look", json={"verdict": verdict, **of}).json()
    return answer


def shown(client: httpx.Client, query: str) -> int:
    """How many findings the screen shows for a query; its count says the same."""
    page = client.get("/look", params={"q": query}).text
    lines = page.count("data-finding=")
    assert f">{lines} of " in page
    return lines


def test_every_finding_is_reached_and_the_groups_add_up(client: httpx.Client) -> None:
    """By kind, by group, and all together; what is searched is the row."""
    kinds = {"one-person-two-numbers": 3, "one-number-two-people": 1, "email-perhaps-mistyped": 2,
             "phone:review-country": 2}  # fmt: skip
    assert {kind: shown(client, f"finding:{kind}") for kind in kinds} == kinds
    assert shown(client, "look:todo") == sum(kinds.values())
    assert shown(client, 'why:"same name; same e-mail"') == 2
    assert shown(client, 'why:"@gmial.com → @gmail.com"') == 2
    assert shown(client, 'why:"9999 999-999-9999"') == 2
    assert shown(client, "row:3") == 2
    assert shown(client, "row:3 -finding:email-perhaps-mistyped") == 1
    assert client.get("/rows", params={"q": "finding:one-person-two-numbers"}).text.count("data-position=") == 3
    overview = client.get("/").text
    assert all(f">{count} to look at</a>" in overview for count in kinds.values())


def test_a_verdict_is_a_line_and_is_taken_back(run: Path, client: httpx.Client) -> None:
    """By whom, on which row and finding; the same verdict again, or undo, takes it back; nothing is to be sent."""
    told = judge(client, "same", position=1, finding="one-person-two-numbers")
    assert told["said"] == "Found: the same person"
    (line,) = Decisions(run).since(0)
    assert (line.who, line.row, line.act, line.field) == ("anna", ("a.csv", None, 3), "look", "one-person-two-numbers")
    assert (line.was, line.now) == (None, "same")
    assert shown(client, "look:same") == 1
    assert shown(client, "look:todo") == 7
    judge(client, "same", position=1, finding="one-person-two-numbers")
    assert shown(client, "look:todo") == 8
    told = judge(client, "two", position=1, finding="one-person-two-numbers")
    client.post("/undo", json={"seqs": told["seqs"]})
    assert shown(client, "look:todo") == 8
    assert len(Decisions(run).since(0)) == 4
    assert not any(state.is_to_send or state.choice for state in Decisions(run).rows().values())


def test_a_group_is_judged_at_once_and_only_as_it_can_be(run: Path, client: httpx.Client) -> None:
    """One line for each finding; what does not fit is refused in words, and nothing is written."""
    told = judge(client, "right", query="finding:phone:review-country look:todo")
    assert told["said"] == "2 rows decided"
    assert shown(client, "look:right") == 2
    before = len(Decisions(run).since(0))
    assert "Same person (s)" in judge(client, "wrong", position=1, finding="one-person-two-numbers")["problem"]
    assert "Leave it (l)" in judge(client, "same", query="look:todo")["problem"]
    assert "no verdict" in judge(client, "x", position=1, finding="one-person-two-numbers")["problem"]
    assert "Nothing is found" in judge(client, "same", position=99, finding="one-person-two-numbers")["problem"]
    assert "look: takes" in judge(client, "same", query="look:x")["problem"]
    assert len(Decisions(run).since(0)) == before
    assert judge(client, "leave", query="look:todo")["said"] == "5 rows decided"
    assert shown(client, "look:todo") == 0
    assert "Everything was looked at" in client.get("/look").text


def test_two_people_are_told_of_each_other(run: Path, client: httpx.Client) -> None:
    """The second verdict on a finding says the first, and both lines stay."""
    with open_desk(run, Manner("bo")) as server, entered(server) as bo:
        bo.headers["Origin"] = server.url
        judge(bo, "two", position=1, finding="one-person-two-numbers")
        news = client.get("/news?seq=0").json()["lines"]
        assert news == [{"who": "bo", "position": 1, "said": "found: two people"}]
        told = judge(client, "same", position=1, finding="one-person-two-numbers")
        assert "Before: bo found: two people at" in told["said"]
        assert shown(bo, "look:same") == 1
    assert [line.now for line in Decisions(run).since(0)] == ["two", "same"]


def test_what_was_judged_is_offered_again_only_if_a_row_changes(run: Path, client: httpx.Client) -> None:
    """In the next run of the same list, in whatever order the two stand; a changed name is offered anew."""
    judge(client, "same", position=1, finding="one-person-two-numbers")
    judge(client, "right", query="finding:phone:review-country")
    judge(client, "leave", query='why:"same name; same Street"')
    next_week = doubtful_run(run.parent / "20260308-090000-1")
    turned = pl.read_parquet(next_week / "review.parquet")
    is_turned = (turned["row"] == 3) & (turned["finding"] == "one-person-two-numbers")
    for name in [name for name in turned.columns if f"other_{name}" in turned.columns]:
        turned = turned.with_columns(
            pl.when(is_turned).then(f"other_{name}").otherwise(name).alias(name),
            pl.when(is_turned).then(name).otherwise(f"other_{name}").alias(f"other_{name}"),
        )
    turned.write_parquet(next_week / "review.parquet")
    with open_desk(next_week) as server, entered(server) as later:
        assert shown(later, "look:todo") == 8 - 4
        assert shown(later, "look:same") == 1
        assert f"anna, run {run.name}" in later.get("/look?q=look:same").text
    changed = doubtful_run(run.parent / "20260315-090000-1", "Izel")
    with open_desk(changed) as server, entered(server) as later:
        assert shown(later, "look:todo") == 8


@pytest.mark.parametrize("manner", [Manner("anna", is_masked=True), Manner("anna", is_read_only=True)])
def test_a_desk_to_look_at_judges_nothing_and_masked_shows_nobody(run: Path, manner: Manner) -> None:
    """No address takes a verdict; masked, nothing of a person is in any answer, though each group leads to its rows."""
    with open_desk(run, manner) as server, entered(server) as client:
        client.headers["Origin"] = server.url
        assert client.post("/look", json={"verdict": "leave", "query": ""}).status_code == 405
        pages = [client.get(path).text for path in SCREENS]
        hidden = [canary for canary in CANARIES if canary.lower() in "".join(pages).lower()]
        assert hidden == ([] if manner.is_masked else list(CANARIES))
        if manner.is_masked:
            group = pages[1].split("why%3A%23")[1][:12]
            assert shown(client, f"why:#{group}") > 0
        assert client.get("/look/99").status_code == 404
    assert not (run / "review.jsonl").exists()


def test_a_run_without_its_pairs_still_opens(run: Path) -> None:
    """Where review.parquet is gone only what rows.parquet says is left; a damaged run beside it is passed over."""
    (run / "review.parquet").unlink()
    other = doubtful_run(run.parent / "20260308-090000-1")
    (other / "review.jsonl").write_text(json.dumps({"act": "look"}).replace(" ", "") + "\n", "utf-8")
    with open_desk(run) as server, entered(server) as client:
        assert shown(client, "look:todo") == 2
