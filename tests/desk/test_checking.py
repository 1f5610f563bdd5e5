"""The live check at the desk: what would be sent for a row as it is decided, or typed; nothing is sent to tell it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from importer.desk.application import Manner
from tests.conftest import Sandbox, Typed
from tests.support.open_desk import entered, open_desk
from tests.support.retrying import imported_list

ROWS = "Ann,202-555-0101,Oslo,\nBen,1.71875E+10,Oslo,\nCid,call office,Oslo,\nDee,202-555-0104,Oslo,\nEve,n/a,Oslo,\n"
"""By position: imported, damaged, invalid, suppressed, missing."""


@pytest.fixture
def run(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> Path:
    """A run into an account, with a suppression list."""
    (tmp_path / "dnc.csv").write_text("Phone\n+12025550104\n", "utf-8")
    return imported_list(typed, tmp_path, ROWS, "--base-url", sandbox.url, "--suppress", str(tmp_path / "dnc.csv"))


def typing(client: httpx.Client, position: int, now: str) -> tuple[str, str]:
    told = client.post("/would-send", json={"position": position, "column": "Phone", "now": now}).json()
    answer: dict[str, Any] = told[str(position)]
    return answer["kind"], answer["text"]


def test_a_text_is_judged_as_it_is_typed(run: Path, client: httpx.Client, sandbox: Sandbox) -> None:
    """Valid, in the account already, suppressed, still wrong, or the same damage anew; nothing is sent."""
    requests = len(sandbox.store.requests())
    for position, now, kind, text in (
        (2, "(202) 555-0133", "good", "+1 202 555 0133"),
        (2, "202-555-0101", "warn", f"nothing: imported by run {run.name}"),
        (2, "202-555-0104", "warn", "nothing: the number is "),
        (2, "12", "warn", "nothing: still phone invalid"),
        (2, "", "warn", "nothing: phone missing"),
        (1, "17187500000", "warn", "nothing: still phone damaged"),
        (1, "202-555-0105", "good", "+1 202 555 0105"),
    ):
        found = typing(client, position, now)
        assert (found[0], found[1][: len(text)]) == (kind, text)
    for body in ({"position": 2, "column": "Fax"}, {"position": 99, "column": "Phone"}, {"column": "Phone"}):
        answer = client.post("/would-send", json=body)
        assert (answer.status_code, answer.json()["problem"]) == (409, "The run has no such cell.")
    assert not (run / "review.jsonl").exists()
    assert len(sandbox.store.requests()) == requests


def test_rows_are_told_as_they_are_decided(client: httpx.Client) -> None:
    """A row that another decided row repeats is named; a dropped one is not sent; others are told as they stand."""
    for position, body in ((1, {"act": "set", "column": "Phone", "now": "202-555-0133"}), (4, {"act": "drop"})):
        assert client.post("/decide", json={"positions": [position], **body}).json()["seqs"]
    told = client.get("/would-send?positions=0,1,2,3,4,99,x").json()
    assert {position: answer["text"] for position, answer in told.items()} == {
        "1": "+1 202 555 0133",
        "2": "nothing: still phone invalid",
        "4": "nothing: dropped",
    }
    assert typing(client, 2, "202 555 0133") == ("warn", "nothing: same number as row 3 of list.csv")


def test_a_desk_to_look_at_tells_what_is_decided_and_judges_nothing_typed(run: Path, client: httpx.Client) -> None:
    """A masked desk shows no whole number."""
    client.post("/decide", json={"positions": [1], "act": "set", "column": "Phone", "now": "202-555-0133"})
    for manner in (Manner("anna", is_read_only=True), Manner("anna", is_masked=True)):
        with open_desk(run, manner) as server, entered(server) as other:
            told = other.get("/would-send?positions=1,2").json()
            assert told["1"]["text"] == ("+1 202 •••• 33" if manner.is_masked else "+1 202 555 0133")
            body = {"position": 2, "column": "Phone", "now": "202-555-0133"}
            assert other.post("/would-send", json=body, headers={"Origin": server.url}).status_code == 405
