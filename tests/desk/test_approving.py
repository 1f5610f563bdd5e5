"""Approving at the desk: what was looked at is sent, exactly that, and by nothing but the button."""

import re
import time
from pathlib import Path

import httpx

from importer.desk.application import Manner
from importer.pipeline.approval import waiting_plan
from importer.storage.decisions import Decisions, os_user
from importer.storage.run_folder import RunFolder
from tests.conftest import Sandbox, Typed
from tests.support.open_desk import entered, open_desk
from tests.support.retrying import imported_list

ROWS = "Quetzalli Example,202-555-0101,Oslo,\nBen,12345,Oslo,\nCid,202-555-0103,Oslo,\n"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def digest(page: str) -> str:
    found = re.search(r'name="plan" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def phones(sandbox: Sandbox) -> list[str]:
    return sorted(contact.phone for contact in sandbox.store.contacts())


def ended(client: httpx.Client, page: str) -> str:
    for _ in range(600):
        if 'data-busy="1"' not in page:
            break
        time.sleep(0.05)
        page = client.get("/approve").text
    return page


def test_a_plan_that_waits_is_sent_by_the_button_alone(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Without cookie, from elsewhere, at a desk to look at, for another plan: nothing; then who approved is kept."""
    run = imported_list(typed, tmp_path, ROWS, "--base-url", sandbox.url, "--needs-approval")
    requests = len(sandbox.store.requests())
    host = sandbox.url.removeprefix("http://")
    with open_desk(run, Manner("bo", is_masked=True)) as server, entered(server) as other:
        page = other.get("/approve").text
        assert f"2 people would be sent to {host}" in page
        assert "Quetzalli" not in page
        assert "Approve as" not in page
        assert other.post("/approve", content="plan=x", headers={**FORM, "Origin": server.url}).status_code == 405
    with open_desk(run) as server, entered(server) as client:
        page = client.get("/approve").text
        assert f"Approve as anna and send 2 rows to {host}</button>" in page
        body = f"plan={digest(page)}"
        own = {**FORM, "Origin": server.url}
        assert httpx.post(f"{server.url}/approve", content=body, headers=own).status_code == 403
        assert client.post("/approve", content=body, headers=FORM).status_code == 403
        assert client.post("/approve", content=f"plan={'0' * 64}", headers=own).status_code == 409
        client.get(f"/approve?{body}")
        assert len(sandbox.store.requests()) == requests
        assert not (run / "review.jsonl").exists()
        page = ended(client, client.post("/approve", content=body, headers=own).text)
        assert "2 of 3 imported, 1 to fix." in page
        assert "No plan waits for approval" in page
    assert phones(sandbox) == ["+12025550101", "+12025550103"]
    assert [(line.act, line.who) for line in Decisions(run).since(0)] == [("approve", "anna")]


def test_a_run_that_was_held_back_is_approved_as_it_was_prepared(
    tmp_path: Path, sandbox: Sandbox, typed: Typed
) -> None:
    """What held it back is shown; another file is named and not approved."""
    run = imported_list(typed, tmp_path, ROWS, "--base-url", sandbox.url, "--max-error-rate", "0.1")
    content = (tmp_path / "list.csv").read_text("utf-8")
    with open_desk(run) as server, entered(server) as client:
        client.headers["Origin"] = server.url
        page = client.get("/approve").text
        assert "holds the run back" in page
        (tmp_path / "list.csv").write_text(content + "Dee,202-555-0104,Oslo,\n", "utf-8")
        assert "the file list.csv is another" in client.get("/approve").text
        told = ended(client, client.post("/approve", content=f"plan={digest(page)}", headers=FORM).text)
        assert "the file list.csv is another" in told
        assert phones(sandbox) == []
        (tmp_path / "list.csv").write_text(content, "utf-8")
        ended(client, client.post("/approve", content=f"plan={digest(page)}", headers=FORM).text)
    assert phones(sandbox) == ["+12025550101", "+12025550103"]


def test_two_people_approve_at_their_desks(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """The first button only approves; nobody's counts twice, nor that of who started the run; the second sends."""
    run = imported_list(typed, tmp_path, ROWS, "--base-url", sandbox.url, "--approvers", "2")
    starter = os_user()
    with open_desk(run, Manner(starter)) as server, entered(server) as client:
        client.headers["Origin"] = server.url
        page = client.get("/approve").text
        assert f"2 different people have to approve it, and not {starter}, who started the run." in page
        assert "You started this run, so others have to approve it." in page
        assert 'class="send"' not in page
        found = waiting_plan(RunFolder(run), RunFolder(run).record())
        assert found is not None
        told = client.post("/approve", content=f"plan={found[0].digest}", headers=FORM)
        assert (told.status_code, "does not count" in told.text) == (409, True)
    with open_desk(run) as server, entered(server) as anna, open_desk(run, Manner("bo")) as other, entered(other) as bo:
        anna.headers["Origin"], bo.headers["Origin"] = server.url, other.url
        page = anna.get("/approve").text
        assert "Approve as anna; nothing is sent before somebody else has, too</button>" in page
        body = f"plan={digest(page)}"
        page = anna.post("/approve", content=body, headers=FORM).text
        assert "Approved by anna (" in page
        assert "1 more person has to" in page
        assert "You have approved it." in page
        assert "approved it already" in ended(anna, anna.post("/approve", content=body, headers=FORM).text)
        assert phones(sandbox) == []
        assert "Approve as bo and send 2 rows" in bo.get("/approve").text
        assert "2 of 3 imported, 1 to fix." in ended(bo, bo.post("/approve", content=body, headers=FORM).text)
    assert phones(sandbox) == ["+12025550101", "+12025550103"]
    assert [(line.act, line.who) for line in Decisions(run).since(0)] == [("approve", "anna"), ("approve", "bo")]
