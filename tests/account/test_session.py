"""One request after another: repeated where that is harmless, and booked where imports book theirs."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from importer import ContactsClient
from importer.delivery import Ledger
from importer.errors import (
    AnswerLostError,
    ContactExistsError,
    ContactRejectedError,
    ImporterError,
    KeyRefusedError,
    MisdirectedError,
    UnavailableError,
)
from importer.settings.key import fingerprint
from importer.storage.run_folder import LEDGER
from tests.conftest import KEY, Sandbox
from tests.support.clients import one_by_one
from tests.support.faultserver import Act, FaultServer, reset, says, sends

CREATED: list[tuple[str, Act, type[ImporterError], int]] = [
    ("reset", reset, AnswerLostError, 1),
    ("500", says(500), AnswerLostError, 1),
    ("half an answer", sends(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"suc'), AnswerLostError, 1),
    ("no contact in it", says(200, {"success": True, "data": {}}), AnswerLostError, 1),
    ("400", says(400, {"error": {"message": "phone must be E.164"}}), ContactRejectedError, 1),
    ("exists", says(400, {"error": "phone already exists"}), ContactExistsError, 1),
    ("409", says(409), ContactExistsError, 1),
    ("413", says(413), ContactRejectedError, 1),
    ("401", says(401), KeyRefusedError, 1),
    ("404", says(404), MisdirectedError, 1),
    ("302", says(302, b"", Location="https://example.com/"), MisdirectedError, 1),
]


@pytest.mark.parametrize(("act", "kind", "calls"), [c[1:] for c in CREATED], ids=[c[0] for c in CREATED])
def test_creating_is_never_repeated_blindly(
    server: FaultServer, act: Act, kind: type[ImporterError], calls: int
) -> None:
    """Each answer has its error, the key is in none, and a request that may have been carried out is made once."""
    server.singles += [act] * 3
    with ContactsClient(server.url, KEY) as client:
        with pytest.raises(kind) as caught:
            client.create("+14155550100")
        assert client.requests == calls
    assert KEY not in str(caught.value) + repr(client)
    assert "+1415" not in str(caught.value)


def test_an_update_that_was_lost_is_not_called_unchanged(server: FaultServer) -> None:
    """It may have been carried out; that there is no time for another try does not change that."""
    server.singles += [reset]
    with ContactsClient(server.url, KEY, max_wait_s=0) as client, pytest.raises(AnswerLostError, match="earlier try"):
        client.update("c1", first_name="Ann")


def test_deleting_goes_on_after_a_lost_answer(server: FaultServer) -> None:
    """The second try finds nothing: the first one had deleted it."""
    server.singles += [reset, says(404)]
    with ContactsClient(server.url, KEY) as client:
        client.delete("c1")
        assert client.requests == 2


def test_a_429_is_waited_out_or_said(server: FaultServer) -> None:
    """A short pause is waited for; a long one is the caller's to decide."""
    paused, long = says(429, b"", Retry_After="1"), says(429, b"", Retry_After="1800")
    server.on_list = one_by_one(paused, says(200, {"data": []}), long)
    with ContactsClient(server.url, KEY) as client:
        assert list(client.list()) == []
        with pytest.raises(UnavailableError) as caught:
            list(client.list())
    assert caught.value.wait_s is not None
    assert caught.value.wait_s >= 1800


def test_requests_are_booked_where_imports_book_theirs(sandbox: Sandbox, tmp_path: Path) -> None:
    """With a folder of runs, the account's pace is kept together: an import waits for what was asked here."""
    with ContactsClient(sandbox.url, KEY, runs=tmp_path) as client:
        client.create("+14155550100")
        list(client.list())
    with Ledger.open(tmp_path / LEDGER) as ledger:
        assert ledger.requests("contacts") == 3
        account = ledger.account(sandbox.url, fingerprint(SecretStr(KEY)))
        wait = ledger.begin(account, "run", "list", per_hour=3)
    assert isinstance(wait, float)
    assert 0 < wait <= 3600
