"""The sandbox over real HTTP: what the vendor documents, every switch, every fault."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import StoppedError, UsageError
from importer.sandbox import PRESETS, Behaviour, EmbeddedSandbox, Store
from importer.sandbox.behaviour import Fault, FaultKind
from importer.sandbox.operations import UnreadableBody, create, create_many
from importer.sandbox.server import SandboxServer
from importer.sandbox.store import Fields
from tests.conftest import Sandbox, StartSandbox

PHONE = "+14155550123"
OTHER = "+442079460123"


@contextmanager
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=f"{sandbox.url}/api/v1", headers=headers, trust_env=False) as open_client:
        yield open_client


def bulk(sandbox: Sandbox, *contacts: Any) -> httpx.Response:
    with client(sandbox) as api:
        return api.post("/contacts/bulk", json={"contacts": contacts})


def phones(sandbox: Sandbox) -> list[str]:
    return [contact.phone for contact in sandbox.store.contacts()]


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


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic OmFnbF9za190ZXN0"}, 401),
        ({"Authorization": "bearer agl_sk_test"}, 200),
        ({"X-API-Key": "agl_sk_test"}, 200),
        ({"X-API-Key": "agl_sk_test", "Host": "evil.example.com"}, 400),
    ],
)
def test_only_the_key_and_this_machine_are_let_in(sandbox: Sandbox, headers: dict[str, str], status: int) -> None:
    """Bearer and X-API-Key are both taken; a foreign Host, as in DNS rebinding, is not."""
    assert httpx.get(f"{sandbox.url}/api/v1/contacts", headers=headers, trust_env=False).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"contacts": 1}',
        b'{"contacts": [NaN]}',
        b"[" * 100_000,
        b'{"contacts": [{"phone": "+14155550123", "firstName": "\\ud800"}]}',
    ],
)
def test_a_body_that_cannot_be_read_is_refused(sandbox: Sandbox, body: bytes) -> None:
    """Whatever is no JSON object with a list gets 400, and nothing is stored."""
    with client(sandbox) as api:
        answer = api.post("/contacts/bulk", content=body)
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert phones(sandbox) == []


def test_more_than_ten_thousand_contacts_are_refused(sandbox: Sandbox) -> None:
    """10,000 are taken, one more is not, and then none of them is."""
    rows = [{"phone": f"+1415{number:07}"} for number in range(2_000_000, 2_010_001)]
    assert bulk(sandbox, *rows).status_code == 400
    assert sandbox.store.count() == 0
    assert bulk(sandbox, *rows[:-1]).json()["data"]["imported"] == 10_000


def test_the_hourly_limit_is_told_and_kept_over_a_restart(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    """Every answer carries the documented headers; over the limit comes 429, also after a restart."""
    db, behaviour = tmp_path / "kept.sqlite", Behaviour(rate_limit=2)
    with client(start_sandbox(behaviour, db)) as api:
        answers = [api.get("/contacts") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert all(answer.headers["X-RateLimit-Limit"] == "2" for answer in answers[:2])
    assert 3500 < int(answers[0].headers["X-RateLimit-Reset"]) - time.time() <= 3601
    with client(start_sandbox(behaviour, db)) as api:
        assert api.get("/contacts").status_code == 429


@pytest.mark.parametrize("form", ["epoch-s", "epoch-ms", "delta", "retry-after", "retry-after-date", "body", "none"])
def test_the_limit_is_told_in_every_form(start_sandbox: StartSandbox, form: Any) -> None:
    """A client can be told to wait in seconds, as a date, in the body or not at all."""
    with client(start_sandbox(Behaviour(rate_limit=0, rate_header=form))) as api:
        answer = api.get("/contacts")
    assert answer.status_code == 429
    now = time.time()
    reset = answer.headers.get("X-RateLimit-Reset")
    told: dict[str, Callable[[], bool]] = {
        "epoch-ms": lambda: 3590 < int(reset or 0) / 1000 - now <= 3602,
        "delta": lambda: 3590 < int(reset or 0) <= 3601,
        "retry-after": lambda: 3590 < int(answer.headers["Retry-After"]) <= 3601,
        "retry-after-date": lambda: answer.headers["Retry-After"].endswith("GMT"),
        "body": lambda: 3590 < answer.json()["error"]["retryAfter"] <= 3601,
        "none": lambda: reset is None and "Retry-After" not in answer.headers,
    }
    assert told.get(form, lambda: 3590 < int(reset or 0) - now <= 3602)()


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


@pytest.mark.parametrize(
    ("shape", "base", "expected"),
    [
        ("index", "0", [{"index": 1, "phone": "12", "code": "invalid_phone"}]),
        ("row", "file-row", [{"row": 3}]),
        ("position", "1", [{"position": 2}]),
        ("phone", "0", [{"phoneNumber": "12", "code": "invalid_phone"}]),
        ("nested", "0", [{"contact": {"phone": "12"}}]),
        ("number", "1", [2]),
        ("count", "0", 1),
    ],
)
def test_error_shapes(start_sandbox: StartSandbox, shape: Any, base: Any, expected: Any) -> None:
    """An entry of errors comes in the form, and counts from the base, that were asked for."""
    sandbox = start_sandbox(Behaviour(on_invalid="list", error_shape=shape, index_base=base))
    errors = bulk(sandbox, {"phone": PHONE}, {"phone": "12"}).json()["data"]["errors"]
    if isinstance(expected, list) and isinstance(expected[0], dict):
        assert expected[0].items() <= errors[0].items()
    else:
        assert errors == expected


def test_error_shapes_without_a_list(start_sandbox: StartSandbox) -> None:
    """Errors also come as plain strings, as a map, or not at all."""
    answers = {}
    for shape in ("string", "map", "missing"):
        sandbox = start_sandbox(Behaviour.parse(["on_invalid=list", f"error_shape={shape}"]))
        answers[shape] = bulk(sandbox, {"phone": "12"}).json()["data"]
    assert answers["string"]["errors"][0].startswith("Contact 0: ")
    assert list(answers["map"]["errors"]) == ["0"]
    assert "errors" not in answers["missing"]


def test_a_strict_service_refuses_the_whole_batch(start_sandbox: StartSandbox) -> None:
    """One invalid contact refuses all, by status or by success: false, and is named."""
    for status in ("400", "422", "200"):
        sandbox = start_sandbox(Behaviour.parse(["on_invalid=refuse", f"refusal_status={status}"]))
        answer = bulk(sandbox, {"phone": PHONE}, {"phone": "12"})
        assert answer.status_code == int(status)
        assert answer.json()["success"] is False
        assert answer.json()["errors"][0]["index"] == 1
        assert phones(sandbox) == []


def test_bulk_statuses(start_sandbox: StartSandbox) -> None:
    """201 and 207 come with counts, 202 with a job."""
    for status in (201, 202, 207):
        answer = bulk(start_sandbox(Behaviour.parse([f"bulk_status={status}"])), {"phone": PHONE})
        assert answer.status_code == status
        assert ("imported" in answer.json()["data"]) == (status != 202)


def test_a_job_tells_its_counts_later(start_sandbox: StartSandbox) -> None:
    """202 gives a job's id and no counts; the job has them, and another id is nobody's."""
    sandbox = start_sandbox(Behaviour.parse(["bulk_status=202", "on_invalid=list"]))
    answer = bulk(sandbox, {"phone": PHONE}, {"phone": "12"})
    assert (answer.status_code, answer.json()["data"].keys()) == (202, {"jobId", "status"})
    path = f"{sandbox.url}/api/v1/contacts/jobs/"
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    told = httpx.get(path + answer.json()["data"]["jobId"], headers=headers).json()["data"]
    assert (told["status"], told["imported"], told["skipped"], len(told["errors"])) == ("done", 1, 0, 1)
    assert httpx.get(path + "job_99", headers=headers).status_code == 404
    assert httpx.get(path + "job_1").status_code == 401


@pytest.mark.parametrize(("scopes", "reads", "writes"), [("both", 200, 200), ("write", 403, 200), ("read", 200, 403)])
def test_a_key_with_one_scope(start_sandbox: StartSandbox, scopes: str, reads: int, writes: int) -> None:
    """What the key may not do is 403, and writes nothing."""
    sandbox = start_sandbox(Behaviour.parse([f"scopes={scopes}"]))
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    assert httpx.get(f"{sandbox.url}/api/v1/contacts", headers=headers).status_code == reads
    assert bulk(sandbox, {"phone": PHONE}).status_code == writes
    assert sandbox.store.count() == (writes == 200)


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


def test_list_shapes(start_sandbox: StartSandbox) -> None:
    """The list comes nested or bare, under other names, in the other order, with totals elsewhere."""
    options = ["list_order=newest-first", "page_cap=1", "id_name=id", "phone_name=phoneNumber"]
    nested = start_sandbox(Behaviour.parse([*options, "list_shape=items", "list_totals=data"]))
    bare = start_sandbox(Behaviour.parse([*options, "list_shape=bare"]))
    for sandbox in (nested, bare):
        bulk(sandbox, {"phone": PHONE}, {"phone": OTHER})
    with client(nested) as api:
        data = api.get("/contacts", params={"limit": 9}).json()["data"]
    assert [contact["phoneNumber"] for contact in data["items"]] == [OTHER]
    assert data["total"] == 2
    with client(bare) as api:
        assert api.get("/contacts").json()[0]["id"].startswith("contact_")


def test_a_body_over_the_cap_is_refused(start_sandbox: StartSandbox) -> None:
    """413 comes for one byte too many, not for a full body."""
    body = json.dumps({"contacts": [{"phone": PHONE}]}).encode()
    with client(start_sandbox(Behaviour(body_cap_bytes=len(body)))) as api:
        codes = [api.post("/contacts/bulk", content=content).status_code for content in (body + b" ", body)]
    assert codes == [413, 200]


@pytest.mark.parametrize(
    ("kind", "status", "stored"),
    [
        ("429", 429, 0),
        ("500", 500, 0),
        ("502-html", 502, 0),
        ("503", 503, 0),
        ("504-after-commit", 504, 2),
        ("504-late-commit", 504, 0),
        ("half-committed", 500, 1),
        ("truncated-json", 200, 2),
        ("401", 401, 0),
        ("402", 402, 0),
        ("403", 403, 0),
        ("reset-before-commit", None, 0),
        ("reset-after-commit", None, 2),
    ],
)
def test_faults(start_sandbox: StartSandbox, kind: FaultKind, status: int | None, stored: int) -> None:
    """A fault hits the request of its number alone, and writes as much as its name says."""
    sandbox = start_sandbox(Behaviour(faults=(Fault(2, 2, kind),)))
    with client(sandbox) as api:
        assert api.get("/contacts").status_code == 200
    if status is None:
        with pytest.raises(httpx.ReadError):
            bulk(sandbox, {"phone": PHONE}, {"phone": OTHER})
    else:
        answer = bulk(sandbox, {"phone": PHONE}, {"phone": OTHER})
        assert answer.status_code == status
        if kind in {"truncated-json", "502-html", "504-after-commit"}:
            with pytest.raises(json.JSONDecodeError):
                answer.json()
    assert len(phones(sandbox)) == stored
    with client(sandbox) as api:
        assert api.get("/contacts").status_code == 200
    assert [(request.status, request.fault) for request in sandbox.store.requests()] == [
        (200, None),
        (status, kind),
        (200, None),
    ]


def test_a_late_commit_arrives_after_its_answer(start_sandbox: StartSandbox) -> None:
    """What a gateway gave up on is written all the same, a while later."""
    sandbox = start_sandbox(Behaviour(faults=(Fault(1, 1, "504-late-commit"),), late_commit_s=0.2))
    assert bulk(sandbox, {"phone": PHONE}).status_code == 504
    assert phones(sandbox) == []
    deadline = time.monotonic() + 10
    while not phones(sandbox) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert phones(sandbox) == [PHONE]


@pytest.mark.parametrize(("rule", "stored"), [("ignored", 2), ("honoured", 1)])
def test_idempotency_keys(start_sandbox: StartSandbox, rule: Any, stored: int) -> None:
    """A key that was answered before gets that answer again and writes nothing, where the service honours it."""
    sandbox = start_sandbox(Behaviour(idempotency=rule, on_duplicate="second"))
    with client(sandbox) as api:
        answers = [
            api.post("/contacts/bulk", json={"contacts": [{"phone": PHONE}]}, headers={"Idempotency-Key": key})
            for key in ("a", "a", "b")
        ]
    assert [answer.json()["data"]["imported"] for answer in answers] == [1, 1, 1]
    assert len(phones(sandbox)) == stored + 1


def test_ids_are_the_same_for_the_same_seed(start_sandbox: StartSandbox) -> None:
    """Two sandboxes that are told the same answer the same; another seed gives other ids."""
    ids = []
    for seed in (7, 7, 8):
        sandbox = start_sandbox(Behaviour(seed=seed))
        bulk(sandbox, {"phone": PHONE}, {"phone": OTHER})
        ids.append([contact.contact_id for contact in sandbox.store.contacts()])
        assert [found and found.phone for found in map(sandbox.store.find, ids[-1])] == [PHONE, OTHER]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])


def test_the_page_shows_contacts_escaped_and_asks_for_the_key(sandbox: Sandbox) -> None:
    """A browser gives the key as its password; markup in a contact stays text."""
    bulk(sandbox, {"phone": PHONE, "firstName": "<script>alert(1)</script>", "metadata": {"<b>": "&"}})
    assert httpx.get(sandbox.url, trust_env=False).status_code == 401
    page = httpx.get(sandbox.url, auth=("me", sandbox.key), trust_env=False).text
    assert PHONE in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<b>" not in page


def test_behaviour_is_read_from_presets_scenarios_and_options() -> None:
    """Options go over the scenario, the scenario over the preset."""
    toml = 'preset = "strict"\npage_cap = 7\nlatency_s = 0.5\n[faults]\n3 = "500"\n"5-" = "401"\n'
    behaviour = Behaviour.parse(["page-cap=9", "on_duplicate=second"], scenario=toml)
    assert behaviour == replace(
        PRESETS["strict"],
        page_cap=9,
        latency_s=0.5,
        on_duplicate="second",
        faults=(Fault(3, 3, "500"), Fault(5, None, "401")),
    )
    assert [behaviour.fault_at(number) for number in (1, 3, 4, 5, 999)] == [None, "500", None, "401", "401"]


@pytest.mark.parametrize("preset", PRESETS)
def test_behaviour_survives_the_way_to_the_child(preset: str) -> None:
    """What is written for the child is read as the same behaviour."""
    assert Behaviour.parse(scenario=PRESETS[preset].to_json()) == PRESETS[preset]


@pytest.mark.parametrize(
    "option",
    [
        "page_cap",
        "page_cap=0",
        "page_cap=x",
        "latency_s=nan",
        "colour=red",
        "on_duplicate=maybe",
        "preset=nice",
        "faults=0:500",
        "faults=3:999",
    ],
)
def test_a_wrong_option_is_a_usage_error(option: str) -> None:
    """A switch or value that does not exist is named, not ignored."""
    with pytest.raises(UsageError):
        Behaviour.parse([option])


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """The database and its journal have mode 0600 whatever the umask."""
    before = os.umask(0)
    try:
        store = Store(tmp_path / "private.sqlite")
        store.log("GET", "/", 200, 0, None)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes == {0o600}


def test_a_taken_port_and_a_foreign_file_are_usage_errors(tmp_path: Path) -> None:
    """Neither ends in a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="port"):
        SandboxServer(tmp_path / "a.sqlite", taken.getsockname()[1], "key", Behaviour())
    foreign = tmp_path / "foreign.sqlite"
    foreign.write_text("a list, not a database " * 100)
    with pytest.raises(UsageError, match="foreign"):
        SandboxServer(foreign, 0, "key", Behaviour())


def test_an_embedded_sandbox_keeps_its_contacts_over_a_restart(tmp_path: Path) -> None:
    """A second start on the same file has the same contacts, and the key is in no argument list."""
    db = tmp_path / "sandbox.sqlite"
    for created in (1, 0):
        with EmbeddedSandbox(db) as sandbox:
            headers = {"X-API-Key": sandbox.key}
            body = {"contacts": [{"phone": PHONE}]}
            answer = httpx.post(f"{sandbox.url}/api/v1/contacts/bulk", json=body, headers=headers, trust_env=False)
            assert answer.json()["data"]["imported"] == created
            if Path("/proc/self/cmdline").exists():
                lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()]
                assert not any(sandbox.key.encode() in line for line in lines)
        with pytest.raises(httpx.ConnectError):
            httpx.get(sandbox.url, trust_env=False)


def test_an_embedded_sandbox_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The reason comes from the child as one line."""
    with pytest.raises(StoppedError, match="cannot keep its contacts"), EmbeddedSandbox(tmp_path / "no" / "a.sqlite"):
        pass


def test_a_killed_parent_leaves_no_sandbox(tmp_path: Path) -> None:
    """The child ends when its parent is killed with SIGKILL."""
    script = (
        "import sys, pathlib; from importer.sandbox import EmbeddedSandbox\n"
        "with EmbeddedSandbox(pathlib.Path(sys.argv[1])) as s: print(s.url, flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "sandbox.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url = httpx.URL(parent.stdout.readline().strip())
        assert url.port is not None
        parent.send_signal(signal.SIGKILL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", url.port)) != 0:
                return
        time.sleep(0.05)
    pytest.fail("the sandbox still answers 5 seconds after its parent was killed")


def test_the_parent_imports_no_web_server() -> None:
    """Naming the embedded sandbox costs no import of starlette or uvicorn."""
    code = (
        "import sys; from importer.sandbox import EmbeddedSandbox; print({'starlette', 'uvicorn'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
