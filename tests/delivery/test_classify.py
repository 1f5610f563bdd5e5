"""Verdicts on single attempts: by what is proven of them, and not by how they failed."""

import pytest

from importer.delivery.classify import Verdict, classify
from importer.targets import Exchange


def test_a_request_is_ambiguous_from_its_last_chunk_on() -> None:
    """What proves "not sent" and "not applied" is how far the request got, not how it failed."""
    assert classify(Exchange(trouble="x"), may_be_applied=False) is Verdict.NOT_SENT
    assert classify(Exchange(is_begun=True, trouble="x"), may_be_applied=False) is Verdict.NOT_APPLIED
    sent = Exchange(is_begun=True, is_handed_over=True, trouble="x")
    assert classify(sent, may_be_applied=False) is Verdict.AMBIGUOUS


@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_of_what_may_be_there_settles_nothing(status: int) -> None:
    """After a lost answer, a refusal may be of what the lost request created."""
    exchange = Exchange(status=status, is_whole=True, is_begun=True, is_handed_over=True)
    assert classify(exchange, may_be_applied=False) is Verdict.REFUSED
    assert classify(exchange, may_be_applied=True) is Verdict.AMBIGUOUS


@pytest.mark.parametrize("status", [100, 199, 202, 408, 409, 418, 500, 502, 503, 504, 599, 999])
def test_any_other_status_is_ambiguous(status: int) -> None:
    """A server error may come after the work was done."""
    exchange = Exchange(status=status, is_whole=True, is_begun=True, is_handed_over=True)
    assert classify(exchange, may_be_applied=False) is Verdict.AMBIGUOUS


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
