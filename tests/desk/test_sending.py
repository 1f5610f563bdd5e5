"""Sending from the desk: what the button names is sent, once, and nothing is sent in any other way."""

import re
import time
from pathlib import Path

import httpx
import pytest

from importer.desk.application import Manner
from importer.storage.decisions import Decisions
from importer.storage.run_folder import RunFolder, all_runs
from tests.conftest import Sandbox, Typed
from tests.support.open_desk import entered, open_desk
from tests.support.retrying import imported_list

ROWS = "Ann,202-555-0101,Oslo,\nBen,1.71875E+10,Oslo,\nCid,call office,Oslo,\nDee,call office,Oslo,\nEve,n/a,Oslo,\n"
"""By position: imported, damaged, invalid twice, missing."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def run(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> Path:
    """A run into an account, with four rows to correct."""
    return imported_list(typed, tmp_path, ROWS, "--base-url", sandbox.url)


def set_phone(client: httpx.Client, position: int, now: str) -> None:
    body = {"positions": [position], "act": "set", "column": "Phone", "now": now}
    assert client.post("/decide", json=body).json()["seqs"]


def seq_of(page: str) -> str:
    found = re.search(r'name="seq" value="(\d+)"', page)
    return "0" if found is None else found[1]


def press(client: httpx.Client, kind: str = "as-run", seq: str | None = None) -> str:
    """Press the button; the page once the run has ended."""
    seq = seq_of(client.get("/send").text) if seq is None else seq
    page = client.post("/send", content=f"seq={seq}&kind={kind}", headers=FORM).text
    for _ in range(600):
        if 'data-busy="1"' not in page:
            break
        time.sleep(0.05)
        page = client.get("/send").text
    return page


def posts(sandbox: Sandbox) -> int:
    return sum(request.method == "POST" for request in sandbox.store.requests())


def phones(sandbox: Sandbox) -> list[str]:
    return sorted(contact.phone for contact in sandbox.store.contacts())


def test_what_is_decided_is_sent_once_and_struck_off(run: Path, client: httpx.Client, sandbox: Sandbox) -> None:
    """The button names rows and host; damage written out stays out; then nothing is left to send."""
    set_phone(client, 1, "1.71876E+10")
    set_phone(client, 2, "202-555-0133")
    client.post("/decide", json={"positions": [4], "act": "drop"})
    page = client.get("/send").text
    host = sandbox.url.removeprefix("http://")
    assert f"1 of 2 decided rows would go to {host}" in page
    assert f">Send 1 row to {host}</button>" in page
    assert "nothing: still phone damaged" in page
    assert posts(sandbox) == 1  # the first run's
    page = press(client)
    assert "1 of 2 imported, 1 to fix." in page
    assert phones(sandbox) == ["+12025550101", "+12025550133"]
    states = Decisions(run).rows()
    assert states["list.csv", None, 4].done == all_runs(run.parent)[-1].run_id
    assert "No row is decided and still to be sent" in page
    assert "No row of run" in press(client, seq=str(len(Decisions(run).since(0))))
    assert posts(sandbox) == 2


def test_nothing_is_sent_unless_a_row_is_decided_and_the_page_is_the_last(
    client: httpx.Client, sandbox: Sandbox
) -> None:
    """Unchanged rows: no button and no request; a decision since the page was shown; a retry kept dry."""
    requests = len(sandbox.store.requests())
    page = client.get("/send").text
    assert '<button class="primary"' not in page
    assert "No row of run" in press(client, seq="0")
    set_phone(client, 1, "17187500000")  # the same damage, written out
    assert '<button class="primary"' not in client.get("/send").text
    set_phone(client, 2, "202-555-0133")
    answer = client.post("/send", content="seq=1&kind=as-run", headers=FORM)
    assert (answer.status_code, "Rows were decided since" in answer.text) == (409, True)
    assert "1 of 2 would be sent" in press(client, "dry")
    for path in ("/send", "/send?kind=as-run&seq=2", "/under-way", "/fix", "/"):
        client.get(path)
    assert len(sandbox.store.requests()) == requests
    assert phones(sandbox) == ["+12025550101"]


def test_only_the_desks_own_page_sends_and_only_where_rows_are_decided(
    run: Path, client: httpx.Client, sandbox: Sandbox
) -> None:
    """No cookie, another origin or host: refused. A desk to look at offers nothing and takes nothing."""
    set_phone(client, 2, "202-555-0133")
    requests = len(sandbox.store.requests())
    url = str(client.base_url).rstrip("/")
    body = "seq=1&kind=as-run"
    assert httpx.post(f"{url}/send", content=body, headers={**FORM, "Origin": url}).status_code == 403
    assert client.post("/send", content=body, headers={**FORM, "Origin": "http://example.com"}).status_code == 403
    assert client.post("/send", content=body, headers={**FORM, "Host": "localhost"}).status_code == 421
    for manner in (Manner("anna", is_read_only=True), Manner("anna", is_masked=True)):
        with open_desk(run, manner) as server, entered(server) as other:
            page = other.get("/send").text
            assert "<form" not in page.replace('<form method="dialog">', "")
            assert "555" not in page
            assert other.post("/send", content=body, headers={**FORM, "Origin": server.url}).status_code == 405
    assert len(sandbox.store.requests()) == requests
    assert len(all_runs(run.parent)) == 1


def test_a_dry_run_stays_dry(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Whatever the form says, its corrected rows are planned again, and the page says how they are sent for real."""
    run = imported_list(typed, tmp_path, ROWS, "--base-url", sandbox.url, "--dry-run")
    with open_desk(run) as server, entered(server) as client:
        client.headers["Origin"] = server.url
        set_phone(client, 2, "202-555-0133")
        page = client.get("/send").text
        assert "Dry run of 1 row: send nothing" in page
        assert f"importer retry {run.name} --send" in page
        assert "1 of 1 would be sent" in press(client, "as-run")
    assert sandbox.store.requests() == []
    assert RunFolder(run).record().settings["dry_run"]
