"""``ContactsClient``, against a real sandbox and a server that misbehaves."""

import inspect
import re
import textwrap

import pytest

from importer import ContactsClient, NewContact
from importer.cli.docs import topic
from importer.errors import (
    ContactExistsError,
    NoSuchContactError,
    UsageError,
)
from tests.conftest import KEY, Sandbox
from tests.support.clients import client_of
from tests.support.faultserver import FaultServer, says


def example() -> str:
    """The lines of code in the class's docstring."""
    return textwrap.dedent((inspect.getdoc(ContactsClient) or "").split("::\n\n")[1].split("\n\nThe key")[0])


def test_the_docstring_s_example_works_and_is_the_topic_s(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it stands, with the key and address from the environment; it leaves nothing behind."""
    monkeypatch.setenv("VOXPRIA_API_KEY", KEY)
    monkeypatch.setenv("IMPORTER_BASE_URL", sandbox.url)
    exec(compile(example(), "docstring", "exec"), {})  # noqa: S102 - the documentation's own code
    assert capsys.readouterr().out == "+14155550123 ann@example.com\n"
    assert sandbox.store.count() == 0
    (block,) = re.findall(r"^```python\n(.*?)^```$", topic("contacts"), re.MULTILINE | re.DOTALL)
    assert block.strip() == example().strip()


def test_each_endpoint_does_what_it_says(sandbox: Sandbox) -> None:
    """Create, bulk create, list, get, find, update and delete; each is seen by the server."""
    with client_of(sandbox) as client:
        ann = client.create("+14155550100", first_name="Ann", metadata={"plan": "basic"})
        result = client.bulk_create([NewContact(phone=f"+1415555010{n}", last_name="Example") for n in range(3)])
        assert (result.imported, result.skipped, result.errors) == (2, 1, 0)
        assert [contact.phone for contact in client.list()] == ["+14155550100", "+14155550101", "+14155550102"]
        assert client.get(ann.contact_id) == client.find("+14155550100") == ann
        changed = client.update(ann.contact_id, email="ann@example.com", metadata={"plan": "gold"})
        assert changed is not None
        assert (changed.first_name, changed.email, changed.metadata) == ("Ann", "ann@example.com", {"plan": "gold"})
        client.delete(ann.contact_id)
        assert {contact.phone for contact in sandbox.store.contacts()} == {"+14155550101", "+14155550102"}
        with pytest.raises(NoSuchContactError):
            client.delete(ann.contact_id)
        with pytest.raises(NoSuchContactError):
            client.get(ann.contact_id)
        with pytest.raises(ContactExistsError):
            client.create("+14155550101")


def test_wrong_usage_is_said_before_anything_is_sent(sandbox: Sandbox) -> None:
    """A number that is not E.164, an id that is another address, nothing to change, too many, not open."""
    with client_of(sandbox) as client:
        for wrong in (
            lambda: client.create("415 555 0123"),
            lambda: client.delete(".."),
            lambda: client.update("c1"),
            lambda: client.update("c1", phone="12"),
            lambda: client.bulk_create([]),
        ):
            with pytest.raises(UsageError):
                wrong()
    with pytest.raises(UsageError):
        client.delete("c1")
    with pytest.raises(UsageError), ContactsClient("http://example.com", KEY):
        pass
    assert list(sandbox.store.requests()) == []


def test_an_id_is_one_part_of_the_address(server: FaultServer) -> None:
    """Whatever an id holds, it stays behind /contacts/."""
    server.singles.append(says(404))
    with ContactsClient(server.url, KEY) as client, pytest.raises(NoSuchContactError):
        client.delete("../../x?y#z")
    assert server.calls[0].path == "/api/v1/contacts/..%2F..%2Fx%3Fy%23z"
