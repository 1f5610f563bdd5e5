"""The ``contacts`` commands as a user types them."""

import json
from pathlib import Path

import pytest

from tests.conftest import KEY, Sandbox, Typed
from tests.support.faultserver import FaultServer
from tests.support.terminal import Terminal


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
