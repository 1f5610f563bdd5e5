"""Contacts that came to a suppression list while they were in doubt: settled by the account, and never sent again."""

import random
from pathlib import Path

import polars as pl
import pytest

from importer.delivery import Delivery, Ledger, suppressing
from importer.delivery.ledger.numbers import sent_numbers
from tests.support.delivery_job import FakeTime, Job, batch, prove
from tests.support.faultserver import Act, Call, FaultServer, after_applying, documented, reset, says
from tests.torture.suppressed import NotingServer

LATER = batch(2)["phone"].to_list()[:5]


@pytest.mark.parametrize(
    ("share", "reasons"),
    [(0.0, {"confirmed": 55, "suppressed": 5}), (1.0, {"confirmed": 60})],
    ids=["absent", "there"],
)
def test_a_doubt_about_a_suppressed_contact_is_settled_by_the_account(
    job: Job, share: float, reasons: dict[str, int]
) -> None:
    """Its answer was lost: found it is imported, proven absent it is suppressed; it is never sent again."""
    job.server.script, job.settings = [documented, after_applying(share, reset)], {"verify": "never"}
    job.deliver()
    job.suppressed, job.settings = LATER, {}
    job.deliver()
    assert job.reasons() == reasons
    assert (job.server.doubled, len(job.server.contacts)) == (0, reasons["confirmed"])
    with Ledger.open(job.ledger_path) as ledger:
        known = sent_numbers(ledger, ledger.account("https://api.example.com", "fp"), other_than="none")
        assert set(known(pl.Series(LATER))["state"]) == ({"imported"} if share else set())


@pytest.mark.parametrize(("is_proven", "is_forced", "held"), [(True, False, 55), (False, True, 55), (False, False, 40)])
def test_a_doubt_about_a_suppressed_contact_is_never_repeated(
    job: Job, is_proven: bool, is_forced: bool, held: int
) -> None:
    """The list cannot be read: others are sent again where they may be, the suppressed stay unconfirmed and say why."""
    job.server.script, job.settings = [documented, after_applying(0, reset)], {"verify": "never"}
    job.server.on_list = says(403)
    job.deliver()
    if is_proven:
        prove(job, duplicates="skip")
    job.suppressed, job.settings = LATER, {}
    for _ in range(2):
        job.deliver(is_forced=is_forced)
    numbers = {contact["phone"] for contact in job.server.contacts}
    assert numbers.isdisjoint(LATER)
    assert len(numbers) == held
    assert job.server.lists < 10
    with Ledger.open(job.ledger_path) as ledger:
        rows = ledger.row_results("run-1").filter(pl.col("reason") == "reply-lost")
    words = (
        "sent, and then: the connection broke; the number is on the suppression list by now, so it is not sent again"
    )
    assert rows.filter(pl.col("detail") == words).height == 5


def test_what_a_person_had_repeated_is_suppressed_once_it_is_proven_absent(job: Job) -> None:
    """One look at the account is enough; the mark of the repetition stays."""
    job.batches, job.settings = 2, {"verify": "never"}
    job.server.script = [documented, after_applying(0, reset)]
    job.deliver()
    job.server.script = [after_applying(0, reset)]
    job.deliver(is_forced=True)
    before = job.server.lists
    job.suppressed, job.settings = batch(2)["phone"].to_list(), {"verify": "auto"}
    job.deliver()
    assert job.reasons() == {"confirmed": 20, "suppressed": 20}
    assert job.server.lists - before == 2
    with Ledger.open(job.ledger_path) as ledger:
        detail = ledger.batch_results("run-1")["detail"][1]
    assert detail.startswith("maybe_duplicated: ")
    assert detail.endswith("it was sent and is certainly not in the account; " + suppressing.NOT_SENT_AGAIN)


def _fault(chance: random.Random) -> Act:
    lost: list[Act] = [after_applying(share, reset) for share in (0.0, 0.5, 1.0)]

    def act(server: FaultServer, call: Call) -> None:
        contacts = call.contacts()
        kind = chance.random()
        if kind < 0.15 and len(contacts) > 2:
            says(413)(server, call)
        elif kind < 0.3 and any(contact["phone"].endswith("3") for contact in contacts):
            says(422, {"success": False, "error": "a contact is invalid"})(server, call)
        else:
            (chance.choice(lost) if kind < 0.55 else documented)(server, call)

    return act


@pytest.mark.parametrize("seed", range(24))
def test_no_suppressed_number_is_sent_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Lost answers, halves, refusals, read-back, repeats, wishes, stops: at any time of adding none of them arrives."""
    chance, time = random.Random(seed), FakeTime()  # noqa: S311 - a schedule, not a secret
    monkeypatch.setattr(NotingServer, "now", lambda _: time.now)
    with NotingServer(otherwise=_fault(chance), page_cap=1000, skips_existing=seed % 2 == 0) as server:
        settings = {"in_flight": chance.choice([1, 3]), "max_wait": 1.0}
        job = Job(server, tmp_path / "ledger.sqlite", clock=time.clock(), settings=settings)
        everybody = [phone for number in range(1, 4) for phone in batch(number)["phone"]]
        for _ in range(4):
            server.received.clear()
            is_stopped = chance.random() < 0.25
            job.deliver(Delivery.stop if is_stopped else lambda _: None, is_forced=chance.random() < 0.3)
            assert server.received.isdisjoint(job.suppressed)
            job.suppressed = sorted({*job.suppressed, *chance.sample(everybody, chance.randint(0, 12))})
            if server.skips_existing and chance.random() < 0.5:
                prove(job, duplicates="skip")
        assert sum(job.reasons().values()) == 60
