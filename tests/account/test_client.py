"""``ContactsClient`` and the ``contacts`` commands, against a real sandbox and a server that misbehaves."""

import inspect
import json
import re
import textwrap
from pathlib import Path

import pytest
from pydantic import SecretStr

from importer import ContactsClient, NewContact
from importer.cli.docs import topic
from importer.delivery import Ledger
from importer.errors import (
    AnswerLostError,
    ContactExistsError,
    ContactRejectedError,
    ImporterError,
    KeyRefusedError,
    MisdirectedError,
    NoSuchContactError,
    StoppedError,
    UnavailableError,
    UsageError,
)
from importer.sandbox import Behaviour
from importer.settings.key import fingerprint
from importer.storage.run_folder import LEDGER
from tests.conftest import KEY, Sandbox, StartSandbox, Typed
from tests.support.faultserver import Act, Call, FaultServer, reset, says, sends
from tests.support.terminal import Terminal


def example() -> str:
    """The lines of code in the class's docstring."""
    return textwrap.dedent((inspect.getdoc(ContactsClient) or "").split("::\n\n")[1].split("\n\nThe key")[0])


def one_by_one(*acts: Act) -> Act:
    """What happens to requests for the list, in order."""
    left = list(acts)

    def act(server: FaultServer, call: Call) -> None:
        left.pop(0)(server, call)

    return act


def client_of(sandbox: Sandbox, **options: float) -> ContactsClient:
    return ContactsClient(sandbox.url, KEY, **options)  # type: ignore[arg-type]  # only numbers are given here


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


@pytest.fixture
def twins(server: FaultServer) -> FaultServer:
    """An account that has two contacts with one number, far apart in its list, and many others between them."""
    others = [{"phone": f"+1415556{n:04}", "contactId": f"c{n}"} for n in range(120)]
    same = [{"phone": "+14155550123", "contactId": f"twin-{n}", "firstName": f"Ann {n}"} for n in range(2)]
    server.contacts = [same[0], *others, same[1]]
    return server


@pytest.mark.parametrize("command", [["delete"], ["delete", "--yes"], ["update", "--first-name", "Bea"]])
def test_of_two_contacts_with_one_number_none_is_taken_unasked(
    twins: FaultServer, tmp_path: Path, typed: Typed, command: list[str]
) -> None:
    """Nobody is there to choose: the ids are listed, with what to type, and nothing is changed."""
    name, *options = command
    where = ("--base-url", twins.url, "--runs", tmp_path)
    done = typed("contacts", name, "+14155550123", *options, *where)
    assert done.code == 5
    assert "has 2 contacts with +14155550123: twin-0, twin-1." in done.err
    assert f"importer contacts {name} twin-0" in done.err
    assert {call.method for call in twins.calls} == {"GET"}
    assert typed("contacts", "delete", "twin-1", "--yes", *where).code == 0
    assert [contact["contactId"] for contact in twins.contacts if "twin" in contact["contactId"]] == ["twin-0"]


def test_a_person_at_the_terminal_chooses_one_of_two(twins: FaultServer, tmp_path: Path) -> None:
    """Both are shown; the one that is named is deleted, after the question that always comes."""
    terminal = Terminal(
        tmp_path, "contacts", "delete", "+14155550123", "--base-url", twins.url, VOXPRIA_API_KEY=KEY
    )  # fmt: skip
    terminal.until("The id of the one to delete")
    assert "Ann 0" in terminal.shown
    terminal.type("twin-1\n")
    terminal.until("Delete contact twin-1 for good?")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert [contact["contactId"] for contact in twins.contacts if "twin" in contact["contactId"]] == ["twin-0"]


def test_the_commands_do_the_same(sandbox: Sandbox, tmp_path: Path, typed: Typed) -> None:
    """Create, get, update, list and delete, as typed; data on stdout, words on stderr, no terminal escapes."""

    def contacts(*arguments: str, code: int = 0) -> str:
        done = typed("contacts", *arguments, "--base-url", sandbox.url, "--runs", str(tmp_path))
        assert done.code == code, done.err
        assert KEY not in done.out + done.err
        assert "\x1b" not in done.out
        return done.out

    made = json.loads(contacts("create", "(415) 555-0123", "--region", "US", "--first-name", "A\x1b[31mnn", "--json"))
    assert made["phone"] == "+14155550123"
    assert "A�[31mnn" in contacts("list")
    contacts("update", made["contact_id"], "--email", "ann@example.com", "--metadata", "plan=a=b")
    told = json.loads(contacts("get", "+14155550123", "--json"))
    assert (told["email"], told["metadata"]) == ("ann@example.com", {"plan": "a=b"})
    contacts("create", "+14155550123", code=3)
    contacts("create", "12345", code=2)
    contacts("delete", "+14155550123", code=5)
    assert sandbox.store.count() == 1
    contacts("delete", "+14155550123", "--yes")
    assert sandbox.store.count() == 0
    assert contacts("list", "--json") == ""
