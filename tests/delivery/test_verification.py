"""``importer verify`` as far as delivery goes: a plan, a reading, and a control contact where a user allows one."""

import sqlite3
from contextlib import closing

import pytest

from importer.delivery import DeliveryEnd
from importer.errors import RefusedError, StoppedError
from importer.models.watching import Stop
from tests.support.delivery_job import Job, Notes, told, verified
from tests.support.faultserver import (
    Call,
    FaultServer,
    after_applying,
    created,
    documented,
    listed,
    reset,
    says,
)


def test_verify_tells_the_plan_and_what_it_found(job: Job) -> None:
    """Before: how many contacts, the account's size, requests, time and the budget. After: what is there."""
    job.settings = {"verify": "never"}
    job.server.script = [documented, after_applying(0.5, reset)]
    job.deliver()
    job.settings, job.watch = {}, Notes()
    assert verified(job) == DeliveryEnd()
    assert job.watch.told == [
        "Reading the account back for 20 contacts (reply-lost), 40 that were confirmed.",
        "The account holds 50 contacts: 2 requests, less than a minute; 300 are allowed.",
        "Read-back, 2 requests: 10 of 20 contacts are in the account; the others are certainly not.",
        "All 40 contacts that the API confirmed are in its list.",
    ]
    assert job.reasons() == {"confirmed": 50, "not-sent": 10}
    assert job.server.bulk == 3, "nothing is sent"


def test_always_looks_for_what_was_confirmed(job: Job) -> None:
    """Contacts that the API confirmed and does not show are said."""

    def forgetful(server: FaultServer, call: Call) -> None:
        contacts = server.contacts[5:]
        call.answer(200, {"data": contacts if "page=1&" in call.path else [], "total": len(contacts)})

    job.server.on_list, job.watch, job.settings = forgetful, Notes(), {"verify": "always"}
    job.server.page_cap = 1000
    job.deliver()
    assert "5 of 60 contacts that the API confirmed are not in its list" in job.watch.told[-1]
    assert job.reasons() == {"confirmed": 60}
    job.run_id, job.people, job.settings = "run-2", 10, {}
    job.deliver()
    assert job.server.lists == 2, "auto reads nothing where nothing is uncertain"


def test_a_control_of_the_users_shows_absence_where_nothing_else_can(job: Job) -> None:
    """The only batch of a run was lost before it arrived: a contact is made, seen and deleted, and absence believed."""
    job.batches, job.server.tells_total = 1, False
    job.server.script = [reset]
    job.deliver()
    verified(job)
    assert job.reasons() == {"reply-lost": 20}
    asked: list[str] = []
    verified(job, control="+14155559999", confirm=asked.append)
    assert len(asked) == 1
    assert job.server.contacts == []
    assert job.reasons() == {"not-sent": 20}
    job.deliver()
    assert job.reasons() == {"confirmed": 20}


def test_a_control_that_the_list_does_not_show_proves_nothing(job: Job) -> None:
    """A list that lags behind hides the control as well."""
    job.batches = 1
    job.server.script = [after_applying(1, reset)]
    job.server.on_list = says(200, {"data": []})
    job.deliver()
    verified(job, control="+14155559999")
    assert job.reasons() == {"reply-lost": 20}
    assert len(job.server.contacts) == 20


def test_a_control_number_that_is_there_is_refused(job: Job) -> None:
    """Nothing is written for a number that the account has, and nothing without a yes."""
    job.batches, job.server.tells_total = 1, False
    job.server.contacts = [{"phone": "+14155559999", "contactId": "old", "createdAt": "2020-01-01T00:00:00Z"}]
    job.server.script = [reset]
    job.deliver()
    with pytest.raises(RefusedError, match="is in the account"):
        verified(job, control="+14155559999")

    def no(_: str) -> None:
        raise RefusedError("no")

    with pytest.raises(RefusedError):
        verified(job, control="+14155559998", confirm=no)
    assert len(job.server.contacts) == 1


CONTROL = "+14155559999"


def in_doubt(job: Job) -> None:
    """A run whose only batch was lost, and whose doubt a control contact alone can settle."""
    job.batches, job.server.tells_total = 1, False
    job.server.script = [reset]
    job.deliver()


def of_controls(job: Job) -> list[str]:
    """The verdicts on the requests for control contacts."""
    with closing(sqlite3.connect(job.ledger_path)) as db:
        return [verdict for (verdict,) in db.execute("SELECT verdict FROM attempts WHERE kind = 'control' ORDER BY id")]


def test_a_control_contact_that_is_not_made_ends_with_what_to_look_for(job: Job) -> None:
    """Whatever the API answers, the mark is named under which a contact may be there; the doubt stays."""
    in_doubt(job)
    for act, words in ((says(500), "status 500"), (says(422, {"error": "no"}), "no"), (says(201, b"{}"), "status 201")):
        job.server.singles = [act]
        with pytest.raises(StoppedError, match=f"could not be made .*{words}.*importer check"):
            verified(job, control=CONTROL)
    assert job.reasons() == {"reply-lost": 20}
    assert of_controls(job) == ["ambiguous", "refused", "answered"]


def test_a_control_contact_that_cannot_be_deleted_is_named(job: Job) -> None:
    """It stays in the account, so its id and the command that deletes it are said."""
    in_doubt(job)
    job.server.singles = [created, says(400)]
    verified(job, control=CONTROL)
    assert of_controls(job) == ["answered", "refused"]
    assert "is still there: importer contacts delete c0" in told(job)


def test_a_wish_to_stop_comes_before_the_control_contact(job: Job) -> None:
    """Nothing is made for a run that ends anyway."""
    in_doubt(job)
    stop = Stop()
    with pytest.raises(StoppedError, match="before the control contact was made"):
        verified(job, control=CONTROL, confirm=lambda _: stop.wish(), stop=stop)
    assert [call.path for call in job.server.calls if call.method == "POST" and not call.path.endswith("/bulk")] == []


def test_a_wish_to_stop_leaves_the_control_contact_and_says_so(job: Job) -> None:
    """No request goes out after it, not even the one that would delete the contact."""
    in_doubt(job)
    stop = Stop()

    def stopping(server: FaultServer, call: Call) -> None:
        if server.contacts:
            stop.wish()
        listed(server, call)

    job.server.on_list = stopping
    verified(job, control=CONTROL, stop=stop)
    assert len(job.server.contacts) == 1
    assert "is still there: importer contacts delete c0" in told(job)


def test_a_control_that_nothing_needs_is_not_made(job: Job) -> None:
    """Every contact is confirmed: nobody is asked, and the account stays as it is."""
    asked: list[str] = []
    job.deliver()
    verified(job, control=CONTROL, confirm=asked.append)
    assert asked == []
    assert CONTROL not in {contact["phone"] for contact in job.server.contacts}


def test_every_request_of_a_verification_has_its_outcome(job: Job) -> None:
    """Those of the control contact, too; an API that tells no total is said to tell none."""

    def untold(server: FaultServer, call: Call) -> None:
        contacts = server.contacts if "page=1&" in call.path else []
        call.answer(200, {"success": True, "data": contacts}, Date=server.date())

    job.batches = 1
    job.server.script, job.server.on_list = [reset], untold
    job.deliver()
    verified(job, control="+14155559999")
    with sqlite3.connect(job.ledger_path) as db:
        verdicts = db.execute("SELECT kind, verdict FROM attempts WHERE kind IN ('control', 'bulk')").fetchall()
    db.close()
    assert verdicts == [("bulk", "ambiguous"), ("control", "answered"), ("control", "answered")]
    assert isinstance(job.watch, Notes)
    assert any("does not tell how many contacts there are" in note for note in job.watch.told)
    assert job.server.contacts == []
