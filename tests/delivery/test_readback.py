"""The edges of the pure rules of delivery: the last status, place, page and second on each side of a decision."""

from collections.abc import Sequence
from typing import Any

import pytest

from importer.account.failures import failure
from importer.delivery.attribution import attribute, locate
from importer.delivery.classify import Verdict, classify
from importer.delivery.decisions import Circumstances, decide
from importer.delivery.pieces import History, Piece, State
from importer.delivery.readback import CHANGED, LAGS, NO_CONTROL, UNREADABLE, Pass, Search, read_back
from importer.errors import MisdirectedError, NoSuchContactError
from importer.models.outcomes import Reason
from importer.targets import Complaint, Exchange, Found, Page, Reply, answers
from tests.support.pages import NOW, Fetch, fetcher, look, pages, phones

ABSENT = "+19995550100"
REFUSED = {400: Verdict.REFUSED, 422: Verdict.REFUSED}
BY_STATUS = {
    **dict.fromkeys([*range(200, 202), *range(203, 300)], Verdict.ANSWERED),
    **dict.fromkeys([404, 405, 411, 414, 415, 431, *range(300, 400)], Verdict.MISDIRECTED),
    **dict.fromkeys([401, 402, 403], Verdict.KEY_REFUSED),
    413: Verdict.TOO_LARGE,
    429: Verdict.TOO_MANY,
}


@pytest.mark.parametrize("may_be_applied", [False, True])
def test_every_status_has_its_verdict(may_be_applied: bool) -> None:
    """All of 100 to 999; an earlier request that may have been applied changes what a refusal means alone."""
    verdicts = BY_STATUS if may_be_applied else BY_STATUS | REFUSED
    for status in range(100, 1000):
        exchange = Exchange(status=status, is_whole=True, is_begun=True, is_handed_over=True)
        expected = verdicts.get(status, Verdict.AMBIGUOUS)
        assert classify(exchange, may_be_applied=may_be_applied) is expected, status


@pytest.mark.parametrize("status", [200, 299, 413, 429, 500])
def test_a_cut_answer_is_believed_only_where_its_status_says_it_all(status: int) -> None:
    """A good status with half a body tells nothing of the contacts; a refusal needs no body."""
    whole = Exchange(status=status, is_whole=True, is_begun=True, is_handed_over=True)
    cut = Exchange(status=status, is_begun=True, is_handed_over=True)
    verdict = classify(whole, may_be_applied=False)
    expected = Verdict.AMBIGUOUS if verdict is Verdict.ANSWERED else verdict
    assert classify(cut, may_be_applied=False) is expected


@pytest.mark.parametrize(
    ("complaints", "places"),
    [
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=0)], [0, None]),
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=4)], [0, None]),
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=3)], [0, 2]),
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=1, phone=phones(3)[1])], [0, 1]),
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=2, phone=phones(3)[2])], [0, 2]),
        ([Complaint(index=2, base=1)], [1]),
        ([Complaint(index=2, base=0), Complaint(index=1, phone=phones(3)[0])], [None, 0]),
        ([Complaint(index=3, base=0)], [None]),
        ([Complaint(index=0, base=1)], [None]),
        ([Complaint(index=1), Complaint(index=2), Complaint(index=3)], [0, 1, 2]),
        ([Complaint(phone=ABSENT, index=0)], [None]),
    ],
)  # fmt: skip
def test_an_index_counts_within_the_request_alone(complaints: list[Complaint], places: list[int | None]) -> None:
    """Outside of it, or where two entries disagree on where counting begins, it names nobody."""
    assert locate(complaints, phones(3)) == places


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (Reply(0, 0, 2, (Complaint(text="no"), Complaint(text="no"))), "no"),
        (Reply(0, 0, 2, (Complaint(text="no"), Complaint(text="never"))), "the API refused every contact"),
        (Reply(0, 2, 0), "the API skipped every contact"),
        (Reply(2, 0, 0), None),
        (Reply(1, 1, 0), "of 2 contacts the API counted 1 imported, 1 skipped and 0 errors without saying which"),
    ],
)
def test_what_the_counts_force_is_said_in_words(reply: Reply, detail: str | None) -> None:
    """The API's own where they are the same for all."""
    verdicts = attribute(reply, phones(2), is_first=True)
    assert verdicts is not None
    assert (verdicts.detail or "").startswith(detail or "")
    assert (verdicts.detail is None) is (detail is None)


def test_errors_that_say_exists_refuse_nobody() -> None:
    """All contacts counted as errors, without names, and one text that says that it was there: nobody is refused."""
    complaints = (Complaint(text="invalid"), Complaint(text="already exists"))
    verdicts = attribute(Reply(0, 0, 2, complaints), phones(2), is_first=True)
    assert verdicts is not None
    assert verdicts.rest is Reason.NOT_NAMED


class Reader:
    """A target that only reads."""

    read_reply = staticmethod(answers.read_reply)
    read_refusal = staticmethod(answers.read_refusal)


def decided(piece: Piece, exchange: Exchange, requests: int = 1, others_ready: int = 0) -> tuple[Piece, ...]:
    numbers: Sequence[str] = phones(piece.rows)
    given = Circumstances(numbers, 500, None, requests, 77.0, others_ready, are_skips_duplicates=False)
    return decide(piece, exchange, Reader(), given).pieces  # type: ignore[arg-type]


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


def test_a_list_that_begins_anew_has_no_end() -> None:
    """After its third page comes the first: its total is met, but there may be more."""
    first = pages(30, 10, 30)[:3]
    findings = look(fetcher([*first, first[0]], [*first, first[0]]), {ABSENT}, {phones(1)[0]}, 300)
    assert (findings.is_absence_proven, findings.why_not) == (False, CHANGED)


@pytest.mark.parametrize(
    ("fetch", "controls", "budget", "why_not", "requests"),
    [
        (fetcher(pages(30, 10, 30)), set(), 300, NO_CONTROL, 4),
        (fetcher(pages(30, 10, 30)), {ABSENT + "9"}, 300, LAGS, 4),
        (fetcher([*pages(30, 10, 30)[:1], None]), {phones(1)[0]}, 300, UNREADABLE, 1),
        (fetcher(pages(30, 10)), {phones(1)[0]}, 3, "more than the 3 requests allowed", 3),
        (fetcher(pages(30, 10, 30)), {phones(1)[0]}, 3, "holds 30 contacts, more than 3 requests can read", 1),
        (fetcher(pages(30, 10), pages(30, 10)), {phones(1)[0]}, 5, "more than the 5 requests allowed", 5),
        (fetcher(pages(30, 10), pages(30, 10)), {phones(1)[0]}, 8, "", 8),
        (fetcher(pages(30, 10, 30)), {phones(1)[0]}, 4, "", 4),
    ],
)
def test_why_absence_is_not_proven_is_said(
    fetch: Fetch, controls: set[str], budget: int, why_not: str, requests: int
) -> None:
    """In a word of its own for each condition, and no page more is asked for than it takes."""
    findings = look(fetch, {ABSENT}, controls, budget)
    assert why_not in findings.why_not
    assert bool(why_not) is bool(findings.why_not)
    assert (findings.is_absence_proven, findings.requests, fetch.asked) == (
        not why_not,
        requests,
        requests + (why_not == UNREADABLE),
    )


@pytest.mark.parametrize(("older_by", "asked"), [(0.5, 3), (1.0, 3), (1.5, 2)])
def test_of_a_large_account_pages_are_read_until_one_is_older(older_by: float, asked: int) -> None:
    """A second is allowed for clocks that are cut; a page that is older by more ends the reading."""
    since = NOW + 100
    created = [since + 5, since + 4, since - older_by, since - older_by, since - 9, since - 9, since - 9, since - 9]
    found = [Found(f"c{n}", f"+1415555{n:04}", moment) for n, moment in enumerate(created)]
    listed = [Page(tuple(found[at : at + 2]), 10_000) for at in range(0, 8, 2)]
    numbers: list[int] = []

    def fetch(number: int) -> Page:
        numbers.append(number)
        return listed[number - 1]

    findings = read_back(fetch, Search({ABSENT}, {found[0].phone}, 300, since=since))
    assert not findings.is_absence_proven
    assert len(numbers) == asked


@pytest.mark.parametrize("dates", [(NOW, NOW), (NOW, None), (None, None), (NOW, NOW + 1, NOW)])
def test_of_a_large_account_without_an_order_one_page_is_read(dates: tuple[float | None, ...]) -> None:
    """Where creation does not show which end is new, nobody knows where to look."""
    page = Page(tuple(Found(f"c{n}", f"+1415555{n:04}", moment) for n, moment in enumerate(dates)), 10_000)
    findings = read_back(lambda _: page, Search({ABSENT}, set(), 300, since=NOW))
    assert findings.requests == 1


def test_a_second_pass_after_a_broken_off_one_reads_everything_anew() -> None:
    """Without totals two passes must agree; the one that went on with an earlier reading cannot stand for both."""
    begun, search = Pass(), Search({ABSENT}, {phones(1)[0]}, 300)
    begun.run(fetcher(pages(30, 10)), search, 1)
    findings = read_back(fetcher(pages(30, 10), pages(30, 10)), search, begun)
    assert findings.is_absence_proven
    assert findings.requests == 3 + 4


@pytest.mark.parametrize(("requests", "is_kept"), [(2, True), (4 + 2, False)])
def test_only_a_first_pass_that_was_broken_off_is_gone_on_with(requests: int, is_kept: bool) -> None:
    """The second one must see the account as it is then, all of it."""
    findings = look(fetcher(pages(30, 10), pages(30, 10)), {ABSENT}, {phones(1)[0]}, requests)
    assert (findings.unfinished is not None, findings.requests) == (is_kept, requests)


def test_what_was_read_of_the_new_end_of_a_large_account_is_not_gone_on_with() -> None:
    """It is no pass over all of it."""
    found = [Found(f"c{n}", f"+1415555{n:04}", NOW + 9 - n) for n in range(6)]
    listed = [Page(tuple(found[at : at + 2]), 10_000) for at in range(0, 6, 2)]
    findings = look(fetcher(listed), {ABSENT}, set(), 3, since=NOW)
    assert findings.why_not
    assert findings.unfinished is None


@pytest.mark.parametrize("body", [b'{"a": NaN}', b"Infinity", b"[-Infinity]", b'{"a": 1, "a": 1}', b"[" * 100_000])
def test_what_json_does_not_allow_is_not_parsed(body: bytes) -> None:
    """Python would take it."""
    with pytest.raises(ValueError, match=r"not JSON|twice|deeply"):
        answers.parse(body)


def test_a_404_is_about_the_address_unless_one_contact_was_named() -> None:
    """Only a request that names a contact by its id can be told that there is none."""
    exchange = Exchange(status=404, is_whole=True, is_begun=True, is_handed_over=True)
    reader: Any = Reader()
    assert isinstance(failure(exchange, Verdict.MISDIRECTED, reader), MisdirectedError)
    assert isinstance(failure(exchange, Verdict.MISDIRECTED, reader, is_of_one=True), NoSuchContactError)


def test_a_failure_tells_the_status_and_the_trouble_that_there_were() -> None:
    """And nothing of an answer where none came."""
    told = {
        "status 503": Exchange(status=503, is_whole=True),
        "the connection broke": Exchange(trouble="the connection broke"),
        "status 500, no complete answer in time": Exchange(status=500, trouble="no complete answer in time"),
    }
    for words, exchange in told.items():
        reader: Any = Reader()
        assert f"({words})" in str(failure(exchange, Verdict.AMBIGUOUS, reader))


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
