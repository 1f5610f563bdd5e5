"""The doctor tells what is so, changes nothing by itself, and cleans up after a write check."""

import json
from pathlib import Path
from typing import Any

import pytest

from importer.sandbox import Behaviour
from importer.sandbox.store import Fields
from tests.conftest import Done, Sandbox, StartSandbox, Typed

PHONE = "+12025550177"


def asked(typed: Typed, sandbox: Sandbox, folder: Path, *options: str) -> tuple[Done, dict[str, dict[str, Any]]]:
    done = typed("doctor", "--base-url", sandbox.url, "--runs", folder, "--json", *options)
    findings = json.loads(done.out) if done.out else []
    return done, {finding["check"]: finding for finding in findings}


def test_a_sound_set_up_is_ok_and_untouched(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Every check passes, and the server has seen nothing but GET."""
    done, findings = asked(typed, sandbox, tmp_path / "runs")
    assert done.code == 0
    assert {finding["state"] for finding in findings.values()} == {"ok"}
    checks = {"runs folder", "parsers", "ledger", "TLS", "key", "scopes", "clock", "limits", "list", "page size"}
    assert findings.keys() == checks
    assert "1,000 requests" in findings["limits"]["seen"]
    assert {request.method for request in sandbox.store.requests()} == {"GET"}


def test_page_caps_and_pages_are_seen(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """The page size is what arrives, and the second page goes on."""
    sandbox = start_sandbox(Behaviour.parse(["page_cap=3", "list_shape=items", "rate_limit=100"]))
    sandbox.store.add([Fields(f"+1202555010{n}") for n in range(5)])
    _, findings = asked(typed, sandbox, tmp_path / "runs")
    assert findings["page size"]["seen"] == "3 (1,000 were asked for)"
    assert findings["pages"]["state"] == "ok"
    assert findings["limits"]["state"] == "warn"


def test_what_is_wrong_fails_with_advice(
    tmp_path: Path, sandbox: Sandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused key, no key, nobody there, a damaged ledger: each is a line, none a crash."""
    monkeypatch.setenv("VOXPRIA_API_KEY", "agl_sk_wrong")
    done, findings = asked(typed, sandbox, tmp_path / "runs")
    assert (done.code, findings["key"]["state"]) == (2, "fail")
    monkeypatch.delenv("VOXPRIA_API_KEY")
    done, findings = asked(typed, sandbox, tmp_path / "runs")
    assert (done.code, findings["key"]["seen"]) == (2, "there is none")
    (tmp_path / "runs" / "ledger.sqlite").write_bytes(b"damaged" * 1000)
    done, findings = asked(typed, sandbox, tmp_path / "runs")
    assert (done.code, findings["address and ledger"]["state"]) == (2, "fail")


@pytest.mark.parametrize(
    ("switches", "proven"),
    [
        ([], {"duplicates": "skip", "metadata": "kept", "invalid numbers": "skip"}),
        (["on_duplicate=update", "metadata=dropped"], {"duplicates": "update", "metadata": "dropped"}),
        (["on_duplicate=second", "on_invalid=list"], {"duplicates": "second", "invalid numbers": "listed"}),
        (["on_duplicate=error", "on_invalid=refuse"], {"duplicates": "error", "invalid numbers": "refuse"}),
    ],
)
def test_a_write_check_proves_and_cleans_up(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, switches: list[str], proven: dict[str, str]
) -> None:
    """What the service does is remembered for the account, and nothing is left in it."""
    sandbox = start_sandbox(Behaviour.parse(switches))
    sandbox.store.add([Fields("+12025550100", "Here", "Before")])
    done, findings = asked(typed, sandbox, tmp_path / "runs", "--write-check", PHONE, "--yes")
    assert done.code == 0, done.err
    for name, value in proven.items():
        assert findings[name]["seen"].startswith(value)
    assert [contact.phone for contact in sandbox.store.contacts()] == ["+12025550100"]
    _, later = asked(typed, sandbox, tmp_path / "runs")
    assert later.keys() >= proven.keys()


def test_a_write_check_touches_nothing_that_is_there(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """A number in the account is refused, and so is one that nobody confirmed."""
    sandbox.store.add([Fields(PHONE, "Here", "Before")])
    done, _ = asked(typed, sandbox, tmp_path / "runs", "--write-check", PHONE, "--yes")
    assert (done.code, "is in the account" in done.err) == (5, True)
    done, _ = asked(typed, sandbox, tmp_path / "runs", "--write-check", "+12025550178")
    assert done.code == 5
    assert {request.method for request in sandbox.store.requests()} == {"GET"}


def test_a_write_check_that_fails_half_way_cleans_up(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """The contact that was made is deleted although the second step was lost."""
    sandbox = start_sandbox(Behaviour.parse(["faults=4:500,5:500"]))
    sandbox.store.add([Fields("+12025550100")])
    done, _ = asked(typed, sandbox, tmp_path / "runs", "--write-check", PHONE, "--yes")
    assert done.code == 4
    assert [contact.phone for contact in sandbox.store.contacts()] == ["+12025550100"]
