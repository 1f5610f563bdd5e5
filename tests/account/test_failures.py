"""The errors that a single request ends with, in words."""

from typing import Any

from importer.account.failures import failure
from importer.delivery.classify import Verdict
from importer.errors import MisdirectedError, NoSuchContactError
from importer.targets import Exchange
from tests.support.pages import AnswersOnly


def test_a_404_is_about_the_address_unless_one_contact_was_named() -> None:
    """Only a request that names a contact by its id can be told that there is none."""
    exchange = Exchange(status=404, is_whole=True, is_begun=True, is_handed_over=True)
    reader: Any = AnswersOnly()
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
        reader: Any = AnswersOnly()
        assert f"({words})" in str(failure(exchange, Verdict.AMBIGUOUS, reader))
