"""Requests to the sandbox over real HTTP: who is let in, what is refused, and every fault."""

import json
import time
from typing import Any

import httpx
import pytest

from importer.sandbox import Behaviour
from importer.sandbox.behaviour import Fault, FaultKind
from tests.conftest import Sandbox, StartSandbox
from tests.support.sandbox_client import OTHER, PHONE, bulk, client, phones


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


@pytest.mark.parametrize(("scopes", "reads", "writes"), [("both", 200, 200), ("write", 403, 200), ("read", 200, 403)])
def test_a_key_with_one_scope(start_sandbox: StartSandbox, scopes: str, reads: int, writes: int) -> None:
    """What the key may not do is 403, and writes nothing."""
    sandbox = start_sandbox(Behaviour.parse([f"scopes={scopes}"]))
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    assert httpx.get(f"{sandbox.url}/api/v1/contacts", headers=headers).status_code == reads
    assert bulk(sandbox, {"phone": PHONE}).status_code == writes
    assert sandbox.store.count() == (writes == 200)


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
