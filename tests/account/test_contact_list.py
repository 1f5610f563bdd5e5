"""The account's list, in every shape and no further than was allowed."""

import pytest

from importer import ContactsClient, NewContact
from importer.errors import (
    StoppedError,
)
from importer.sandbox import Behaviour
from tests.conftest import KEY, StartSandbox
from tests.support.clients import client_of, one_by_one
from tests.support.faultserver import FaultServer, says


@pytest.mark.parametrize("shape", ["data", "contacts", "items", "results", "bare"])
@pytest.mark.parametrize("id_name", ["contactId", "id"])
def test_every_list_shape_is_read_to_its_end(start_sandbox: StartSandbox, shape: str, id_name: str) -> None:
    """Wherever the list lies, whatever the ids are called, and however small the pages are."""
    behaviour = Behaviour.parse([f"list_shape={shape}", f"id_name={id_name}", "page_cap=7", "list_totals=none"])
    with client_of(start_sandbox(behaviour)) as client:
        client.bulk_create([NewContact(phone=f"+141555501{n:02}") for n in range(30)])
        assert len({contact.contact_id for contact in client.list()}) == 30
        assert client.requests == 1 + 5 + 1


def test_a_list_that_ignores_the_page_ends(server: FaultServer) -> None:
    """No new id on a page is the end; nothing comes twice."""
    page = {"data": [{"id": 1, "phone": "+14155550100"}, {"id": 2, "phone": "+14155550101"}]}
    server.on_list = says(200, page)
    with ContactsClient(server.url, KEY) as client:
        assert [contact.contact_id for contact in client.list()] == ["1", "2"]


def test_a_service_that_refuses_large_pages_is_asked_for_documented_ones(server: FaultServer) -> None:
    """400 for limit=1000 is no failure: the documented 50 are asked for from then on."""
    server.on_list = one_by_one(says(400, {"error": "limit"}), says(200, {"data": []}))
    with ContactsClient(server.url, KEY) as client:
        assert list(client.list()) == []
    assert [call.path.rpartition("=")[2] for call in server.calls] == ["1000", "50"]


def test_a_large_account_is_not_read_beyond_the_budget(start_sandbox: StartSandbox) -> None:
    """Looking for one contact stops where it was told to."""
    with client_of(start_sandbox(Behaviour.parse(["page_cap=1"]))) as client:
        client.bulk_create([NewContact(phone=f"+1415555010{n}") for n in range(5)])
        with pytest.raises(StoppedError):
            client.find("+14155550104", max_requests=2)
