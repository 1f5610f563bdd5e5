"""The state machine of a piece: what follows from one attempt, by itself and over real sockets."""

from collections.abc import Sequence

import pytest

from importer.delivery import DeliveryEnd, Ledger
from importer.delivery import decisions as machine
from importer.delivery.decisions import Circumstances, decide
from importer.delivery.pieces import History, Piece, State
from importer.models.outcomes import Reason
from importer.targets import Exchange
from tests.support.delivery_job import Job, batch, poisoned
from tests.support.faultserver import (
    Act,
    Call,
    FaultServer,
    cut_upload,
    documented,
    says,
)
from tests.support.pages import AnswersOnly, phones


def decided(piece: Piece, exchange: Exchange, requests: int = 1, others_ready: int = 0) -> tuple[Piece, ...]:
    numbers: Sequence[str] = phones(piece.rows)
    given = Circumstances(numbers, 500, None, requests, 77.0, others_ready, are_skips_duplicates=False)
    return decide(piece, exchange, AnswersOnly(), given).pieces  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("requests", "others", "is_searched_on"), [(147, 1, True), (148, 1, False), (148, 0, True), (149, 0, False)]
)
def test_a_search_ends_where_its_halves_would_be_too_many(requests: int, others: int, is_searched_on: bool) -> None:
    """What it has taken, what the other pieces will take, and the two halves: 150 at most."""
    exchange = Exchange(status=400, is_whole=True, is_begun=True, is_handed_over=True)
    pieces = decided(Piece(1, range(4)), exchange, requests, others)
    assert [piece.rows for piece in pieces] == ([2, 2] if is_searched_on else [4])
    assert all(piece.history is History.REFUSED for piece in pieces) is is_searched_on


def test_misses_are_counted_and_doubts_are_dated() -> None:
    """A try that was not sent counts as one; a broken upload as two things; neither is in doubt."""
    unsent = Exchange(trouble="refused")
    cut = Exchange(is_begun=True, trouble="reset")
    lost = Exchange(is_begun=True, is_handed_over=True)
    piece = Piece(1, range(3))
    (once,) = decided(piece, cut)
    assert (once.state, once.tries, once.broken_uploads) == (State.READY, 1, 1)
    (again,) = decided(once, unsent)
    assert (again.state, again.tries, again.broken_uploads) == (State.READY, 2, 0)
    assert [part.rows for part in decided(once, cut)] == [2, 1]
    (alone,) = decided(Piece(1, range(1), broken_uploads=1), cut)
    assert (alone.state, alone.broken_uploads) == (State.READY, 2)
    (doubt,) = decided(piece, lost)
    assert (doubt.state, doubt.history, doubt.not_before) == (State.IN_DOUBT, History.DOUBTED, 77.0)
    assert doubt.detail == "sent, and then: no answer"
    limited = Exchange(status=429, is_whole=True, is_begun=True, is_handed_over=True)
    (waiting,) = decided(again, limited)
    assert (waiting.state, waiting.tries) == (State.READY, 2)


@pytest.mark.parametrize(("body", "words"), [(b'{"error": "never seen"}', "never seen"), (b"", "no reason given")])
def test_a_refused_contact_keeps_the_words_of_the_refusal(body: bytes, words: str) -> None:
    """The API's own where there are any."""
    (refused,) = decided(Piece(1, range(1)), Exchange(status=422, body=body, is_whole=True, is_begun=True))
    assert (refused.reason, refused.detail) == (Reason.REJECTED_BY_API, words)


@pytest.mark.parametrize("history", list(History))
def test_a_contact_too_large_alone_is_refused_unless_it_may_be_there(history: History) -> None:
    """A 413 says nothing of an earlier request whose answer was lost: the doubt stays, and with it a person's mark."""
    exchange = Exchange(status=413, is_whole=True, is_begun=True, is_handed_over=True)
    (piece,) = decided(Piece(1, range(1), history=history), exchange)
    if history in (History.DOUBTED, History.FORCED):
        assert (piece.state, piece.history, piece.not_before) == (State.IN_DOUBT, history, 77.0)
        assert piece.detail == "sent, and then: status 413"
    else:
        assert (piece.state, piece.reason) == (State.SETTLED, Reason.REJECTED_BY_API)


def test_a_reset_in_mid_upload_is_sent_again_and_then_in_halves(job: Job) -> None:
    """An upload that broke was not applied; twice in a row it is taken to be too large."""
    job.batches, job.rows = 1, 100_000
    job.server.script = [cut_upload, cut_upload]
    job.deliver()
    assert job.reasons() == {"confirmed": 100_000}
    assert job.server.doubled == 0
    assert job.server.bulk == 4


def test_413_halves_and_the_ceiling_is_remembered(job: Job) -> None:
    """Later batches are halved before they are sent; a batch keeps its number and its rows."""

    def small_only(server: FaultServer, call: Call) -> None:
        if int(call.headers["content-length"]) > 700:
            call.body()
            call.answer(413)
        else:
            documented(server, call)

    job.server.otherwise = small_only
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 60}
    assert sum(size > 700 for size in job.server.sizes) == 1
    with Ledger.open(job.ledger_path) as ledger:
        assert ledger.batch_results("run-1")["state"].to_list() == ["settled"] * 3


@pytest.mark.parametrize(("names", "requests"), [(True, 4), (False, 3 + 16)])
def test_a_refused_batch_loses_only_its_culprits(job: Job, names: bool, requests: int) -> None:
    """Named culprits are taken out at once; unnamed ones are found by halves."""
    job.server.otherwise = poisoned(3, 17, names=names)
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 58, "rejected-by-api": 2}
    assert job.server.bulk <= requests
    assert job.server.doubled == 0


def test_an_api_that_refuses_everything_ends_the_run(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for culprits has a budget; where it finds nobody innocent, the run stops and says so."""
    monkeypatch.setattr(machine, "MOST_REQUESTS_FOR_A_BATCH", 15)
    job.batches, job.rows = 2, 400
    job.server.otherwise = says(400, {"error": "no"})
    end = job.deliver()
    assert end.reason == "refused"
    assert job.server.bulk <= 15


def test_an_api_to_which_every_contact_is_too_large_ends_the_run(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 413 even of one contact alone, again and again: as bounded as any other refusal, and said."""
    monkeypatch.setattr(machine, "MOST_REQUESTS_FOR_A_BATCH", 15)
    job.batches, job.rows = 2, 400
    job.server.otherwise = says(413)
    end = job.deliver()
    assert (end.reason, job.server.bulk) == ("refused", 15)
    assert "refuses every contact that it was sent (status 413, even of one contact alone)" in end.message
    assert set(job.reasons()) == {"rejected-by-api", "not-sent"}


def test_contacts_that_are_too_large_end_no_run_in_which_others_are_taken(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of requests of one contact each are slow, and get on."""
    monkeypatch.setattr(machine, "MOST_REQUESTS_FOR_A_BATCH", 15)
    job.batches, job.rows = 1, 40
    large = batch(1, 40)["phone"].to_list()[-1]

    def narrow(server: FaultServer, call: Call) -> None:
        contacts = call.contacts()
        is_too_large = len(contacts) > 1 or contacts[0]["phone"] == large
        says(413)(server, call) if is_too_large else documented(server, call)

    job.server.otherwise = narrow
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 39, "rejected-by-api": 1}


def exists(*offsets: int) -> Act:
    """Refuse a request as a whole because some of batch 1's contacts are there, and name those."""
    there = batch(1)["phone"].gather(list(offsets)).to_list()

    def act(server: FaultServer, call: Call) -> None:
        errors = [{"phone": c["phone"], "message": "already exists"} for c in call.contacts() if c["phone"] in there]
        refused = says(422, {"success": False, "error": "no", "errors": errors})
        (refused if errors else documented)(server, call)

    return act


def test_a_contact_that_a_refusal_calls_there_is_skipped_and_no_error(job: Job) -> None:
    """A whole request refused because of two contacts that exist: they are skipped, the others imported."""
    job.server.otherwise = exists(3, 17)
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 58, "skipped-by-api": 2}


def test_a_contact_that_a_later_refusal_calls_there_is_present(job: Job) -> None:
    """In a request made of the rest of a refused one, nobody can tell any more who made the contact."""
    invalid, there = poisoned(3, names=True), exists(17)

    def act(server: FaultServer, call: Call) -> None:
        (invalid if server.bulk == 1 else there)(server, call)

    job.server.otherwise = act
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 58, "present": 1, "rejected-by-api": 1}
