"""Contacts created, listed, updated and deleted over real HTTP, as the vendor documents it and by every rule."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.sandbox import PRESETS, Behaviour, Store
from importer.sandbox.operations import UnreadableBody, create, create_many
from importer.sandbox.store import Fields
from tests.conftest import Sandbox, StartSandbox
from tests.support.sandbox_client import OTHER, PHONE, bulk, client, phones


def test_create_answers_as_documented(sandbox: Sandbox) -> None:
    """A single contact comes back with its id and its time of creation."""
    body = {"phone": PHONE, "firstName": "John", "lastName": "Doe", "email": "j@example.com", "metadata": {"tier": "a"}}
    with client(sandbox) as api:
        answer = api.post("/contacts", json=body).json()
    assert answer["success"] is True
    assert body.items() <= answer["data"].items()
    assert answer["data"]["contactId"].startswith("contact_")
    assert time.strptime(answer["data"]["createdAt"], "%Y-%m-%dT%H:%M:%SZ")


def test_bulk_counts_new_existing_repeated_and_invalid(sandbox: Sandbox) -> None:
    """Existing phones, repeats within a request and numbers that are not E.164 are skipped and counted."""
    bulk(sandbox, {"phone": PHONE, "firstName": "First"})
    rows = [{"phone": phone} for phone in (PHONE, OTHER, OTHER, "0415 555", "+0123456789", "+1415555012٣", None)]
    answer = bulk(sandbox, *rows, {"phone": "+33199000001", "firstName": 1}, "no object")
    assert answer.json() == {"success": True, "data": {"imported": 1, "skipped": 8, "errors": []}}
    assert [(contact.phone, contact.first_name) for contact in sandbox.store.contacts()] == [
        (PHONE, "First"),
        (OTHER, None),
    ]


def test_list_is_paged_with_newest_last(sandbox: Sandbox) -> None:
    """A page holds 50 contacts by default and 1,000 at most."""
    bulk(sandbox, *({"phone": f"+1415555{number:04}"} for number in range(1200)))
    with client(sandbox) as api:
        first = api.get("/contacts").json()
        last = api.get("/contacts", params={"page": 2, "limit": 5000}).json()
        bad = api.get("/contacts", params={"page": "x"})
    assert [contact["phone"] for contact in first["data"]] == [f"+1415555{number:04}" for number in range(50)]
    assert first["pagination"] == {"page": 1, "limit": 50, "total": 1200}
    assert len(last["data"]) == 200
    assert last["pagination"]["limit"] == 1000
    assert set(first["data"][0]) == {"contactId", "phone", "firstName", "lastName", "email", "metadata", "createdAt"}
    assert bad.status_code == 400


def test_update_changes_the_given_fields_only(sandbox: Sandbox) -> None:
    """A partial body leaves all other fields as they were; another contact's phone is refused."""
    bulk(sandbox, {"phone": PHONE, "firstName": "John", "email": "a@example.com"}, {"phone": OTHER})
    contact = next(sandbox.store.contacts())
    with client(sandbox) as api:
        changed = api.put(f"/contacts/{contact.contact_id}", json={"email": "b@example.com"})
        taken = api.put(f"/contacts/{contact.contact_id}", json={"phone": OTHER})
        invalid = api.put(f"/contacts/{contact.contact_id}", json={"phone": "1"})
        unknown = api.put("/contacts/contact_0000000000", json={})
    assert changed.json()["data"] | {"createdAt": ""} == {
        "contactId": contact.contact_id,
        "phone": PHONE,
        "firstName": "John",
        "lastName": None,
        "email": "b@example.com",
        "metadata": {},
        "createdAt": "",
    }
    assert [taken.status_code, invalid.status_code, unknown.status_code] == [409, 400, 404]


def test_delete_removes_one_contact(sandbox: Sandbox) -> None:
    """A deleted contact is gone, its id is unknown, and the next contact gets another id."""
    bulk(sandbox, {"phone": PHONE})
    contact = next(sandbox.store.contacts())
    with client(sandbox) as api:
        codes = [api.delete(f"/contacts/{contact.contact_id}").status_code for _ in range(2)]
        again = api.post("/contacts", json={"phone": PHONE}).json()
    assert codes == [200, 404]
    assert again["data"]["contactId"] != contact.contact_id


def test_more_than_ten_thousand_contacts_are_refused(sandbox: Sandbox) -> None:
    """10,000 are taken, one more is not, and then none of them is."""
    rows = [{"phone": f"+1415{number:07}"} for number in range(2_000_000, 2_010_001)]
    assert bulk(sandbox, *rows).status_code == 400
    assert sandbox.store.count() == 0
    assert bulk(sandbox, *rows[:-1]).json()["data"]["imported"] == 10_000


@pytest.mark.parametrize(
    ("rule", "counts", "names"),
    [
        ("skip", (0, 1, 0), ["Ann"]),
        ("update", (1, 0, 0), ["Bob"]),
        ("error", (0, 0, 1), ["Ann"]),
        ("second", (1, 0, 0), ["Ann", "Bob"]),
    ],
)
def test_duplicate_rules(start_sandbox: StartSandbox, rule: Any, counts: tuple[int, ...], names: list[str]) -> None:
    """A phone that is there already is skipped, updated, listed or stored a second time."""
    sandbox = start_sandbox(Behaviour(on_duplicate=rule))
    bulk(sandbox, {"phone": PHONE, "firstName": "Ann"})
    data = bulk(sandbox, {"phone": PHONE, "firstName": "Bob"}).json()["data"]
    assert (data["imported"], data["skipped"], len(data["errors"])) == counts
    assert [contact.first_name for contact in sandbox.store.contacts()] == names


@settings(max_examples=40)
@given(
    rows=st.lists(st.sampled_from([PHONE, OTHER, "+33199000001", "123"]), max_size=12),
    duplicates=st.sampled_from(["skip", "update", "error", "second"]),
    invalid=st.sampled_from(["skip", "list"]),
    counts=st.sampled_from(["unlisted", "errors-too"]),
)
def test_the_counts_add_up(
    rows: list[str], duplicates: Any, invalid: Any, counts: Literal["unlisted", "errors-too"]
) -> None:
    """What was sent is imported + skipped + errors, with the errors inside skipped where the behaviour says so."""
    behaviour = Behaviour(on_duplicate=duplicates, on_invalid=invalid, skipped_counts=counts)
    with TemporaryDirectory() as folder, closing(Store(Path(folder) / "s.sqlite")) as store:
        answer = create_many(store, behaviour, json.dumps({"contacts": [{"phone": row} for row in rows]}).encode())
        stored = store.count()
    data = json.loads(answer.body)["data"]
    errors = len(data["errors"]) if counts == "unlisted" else 0
    assert data["imported"] + data["skipped"] + errors == len(rows)
    assert stored == (data["imported"] if duplicates != "update" else len(set(rows) - {"123"}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(PHONE),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["contacts", "phone", "firstName", "email", "metadata"]) | st.text(max_size=2),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def crowded_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(Store(tmp_path_factory.mktemp("sandbox") / "s.sqlite")) as store:
        yield store


@given(contact=JSON, preset=st.sampled_from(sorted(PRESETS)))
def test_any_contact_gets_an_answer(crowded_store: Store, contact: Any, preset: str) -> None:
    """Whatever JSON a contact is, the answer is a count or a refusal, never a crash."""
    for body in (contact, {"contacts": contact}, {"contacts": [contact]}):
        for operation in (create, create_many):
            try:
                answer = operation(crowded_store, PRESETS[preset], json.dumps(body).encode())
            except UnreadableBody:
                continue
            assert answer.status < 500


def test_metadata_rules(start_sandbox: StartSandbox) -> None:
    """Metadata is kept as it is, dropped without a word, must be texts, or must be flat."""
    told = {}
    deep = {"phone": "+14155550188", "metadata": {"n": {"m": 1}}}
    flat = start_sandbox(Behaviour.parse(["metadata=flat-only"]))
    assert bulk(flat, {"phone": PHONE, "metadata": {"n": 1}}, deep).json()["data"]["imported"] == 1
    for rule in ("kept", "dropped", "texts-only"):
        sandbox = start_sandbox(Behaviour.parse([f"metadata={rule}"]))
        data = bulk(sandbox, {"phone": PHONE, "metadata": {"n": 1}}, {"phone": OTHER, "metadata": {"n": "1"}}).json()
        told[rule] = data["data"]["imported"], [contact.metadata for contact in sandbox.store.contacts()]
    assert told == {"kept": (2, [{"n": 1}, {"n": "1"}]), "dropped": (2, [None, None]), "texts-only": (1, [{"n": "1"}])}


def test_a_strict_service_refuses_the_whole_batch(start_sandbox: StartSandbox) -> None:
    """One invalid contact refuses all, by status or by success: false, and is named."""
    for status in ("400", "422", "200"):
        sandbox = start_sandbox(Behaviour.parse(["on_invalid=refuse", f"refusal_status={status}"]))
        answer = bulk(sandbox, {"phone": PHONE}, {"phone": "12"})
        assert answer.status_code == int(status)
        assert answer.json()["success"] is False
        assert answer.json()["errors"][0]["index"] == 1
        assert phones(sandbox) == []


def test_a_limit_can_be_ignored(start_sandbox: StartSandbox) -> None:
    """Pages have the size that the service likes, whatever is asked."""
    sandbox = start_sandbox(Behaviour.parse(["page_limit=ignored", "page_default=2"]))
    sandbox.store.add([Fields(f"+1415555012{n}") for n in range(5)])
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    for limit in (1, 1000):
        page = httpx.get(f"{sandbox.url}/api/v1/contacts?limit={limit}", headers=headers).json()
        assert len(page["data"]) == 2


def test_a_large_limit_can_be_refused(start_sandbox: StartSandbox) -> None:
    """What is over the cap is an error and no shorter page."""
    sandbox = start_sandbox(Behaviour.parse(["page_limit=refused", "page_cap=50"]))
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    statuses = [
        httpx.get(f"{sandbox.url}/api/v1/contacts?limit={limit}", headers=headers).status_code for limit in (50, 51)
    ]
    assert statuses == [200, 400]
