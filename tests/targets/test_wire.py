"""One exchange over real sockets: what left, what came back, and where the key never goes."""

import gc
import gzip
import logging
import socket
import sys
import time

import pytest
from pydantic import SecretStr

from importer.delivery.classify import Verdict, classify
from importer.settings.settings import load_settings
from importer.targets import Exchange, open_target
from tests.support.faultserver import (
    Act,
    Call,
    FaultServer,
    cut_upload,
    documented,
    drips,
    drips_headers,
    reset,
    says,
    sends,
)
from tests.support.wire_contacts import KEY, contacts


def exchange_with(server: FaultServer, act: Act, rows: int = 3, deadline: float = 5.0) -> Exchange:
    server.script.append(act)
    with open_target(load_settings({"base_url": server.url, "deadline": deadline}), SecretStr(KEY)) as target:
        return target.send(target.encode(contacts(rows)), "one")


WIRE_FAULTS: list[tuple[str, Act, int, Verdict]] = [
    ("documented", documented, 3, Verdict.ANSWERED),
    ("reset after the body", reset, 3, Verdict.AMBIGUOUS),
    ("reset in mid-upload", cut_upload, 200_000, Verdict.NOT_APPLIED),
    ("closed without an answer", sends(b""), 3, Verdict.AMBIGUOUS),
    ("answer cut short", sends(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"suc'), 3, Verdict.AMBIGUOUS),
    ("garbage", sends(b"\x00\xff" * 40), 3, Verdict.AMBIGUOUS),
    ("garbled header", sends(b"HTTP/1.1 200 OK\r\n\x00bad\r\n\r\n"), 3, Verdict.AMBIGUOUS),
    ("HTML 502", says(502, b"<html>bad gateway"), 3, Verdict.AMBIGUOUS),
    ("500", says(500, {"error": "x"}), 3, Verdict.AMBIGUOUS),
    ("503 with Retry-After", says(503, b"", Retry_After="1"), 3, Verdict.AMBIGUOUS),
    ("408", says(408), 3, Verdict.AMBIGUOUS),
    ("409", says(409), 3, Verdict.AMBIGUOUS),
    ("202", says(202, {"success": True, "data": {"jobId": "j"}}), 3, Verdict.AMBIGUOUS),
    ("429", says(429, b"", Retry_After="1"), 3, Verdict.TOO_MANY),
    ("413", says(413), 3, Verdict.TOO_LARGE),
    ("400", says(400), 3, Verdict.REFUSED),
    ("401", says(401), 3, Verdict.KEY_REFUSED),
    ("402", says(402), 3, Verdict.KEY_REFUSED),
    ("403", says(403), 3, Verdict.KEY_REFUSED),
    ("404", says(404), 3, Verdict.MISDIRECTED),
    ("bad gzip", says(200, b"not gzip", Content_Encoding="gzip"), 3, Verdict.AMBIGUOUS),
    ("cut gzip", says(200, gzip.compress(b"{}" * 99)[:-9], Content_Encoding="gzip"), 3, Verdict.AMBIGUOUS),
    ("gzip bomb", says(200, gzip.compress(bytes(40_000_000)), Content_Encoding="gzip"), 3, Verdict.AMBIGUOUS),
    ("unknown encoding", says(200, b"x", Content_Encoding="br"), 3, Verdict.AMBIGUOUS),
]


@pytest.mark.parametrize(("act", "rows", "verdict"), [f[1:] for f in WIRE_FAULTS], ids=[f[0] for f in WIRE_FAULTS])
def test_each_fault_on_the_wire_is_judged_by_its_evidence(
    server: FaultServer, act: Act, rows: int, verdict: Verdict
) -> None:
    """The table of verdicts holds over real sockets."""
    exchange = exchange_with(server, act, rows)
    assert classify(exchange, may_be_applied=False) is verdict
    assert len(exchange.body) <= 8 * 1024 * 1024


def test_a_413_that_is_read_while_uploading_counts(server: FaultServer) -> None:
    """A server may answer before it has read everything; its status beats the broken upload."""

    def early(_: FaultServer, call: Call) -> None:
        call.answer(413)
        time.sleep(0.2)

    assert exchange_with(server, early, rows=200_000).status == 413


@pytest.mark.parametrize("act", [drips, drips_headers], ids=["body", "headers"])
def test_an_answer_that_drips_ends_at_the_total_deadline(server: FaultServer, act: Act) -> None:
    """Bytes that keep coming do not prolong a request."""
    exchange = exchange_with(server, act, deadline=0.5)
    assert classify(exchange, may_be_applied=False) is Verdict.AMBIGUOUS
    assert exchange.trouble == "no complete answer in time"


def test_an_upload_that_nobody_reads_ends_at_the_total_deadline(server: FaultServer) -> None:
    """A peer that stops reading cannot hold a request for longer than its deadline."""

    def deaf(_: FaultServer, _call: Call) -> None:
        time.sleep(2)

    exchange = exchange_with(server, deaf, rows=200_000, deadline=0.5)
    assert (exchange.status, exchange.is_handed_over) == (None, False)


def test_nobody_listening_is_not_sent() -> None:
    """A refused connection proves that nothing left."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with open_target(load_settings({"base_url": url}), SecretStr(KEY)) as target:
        exchange = target.send(b"{}", "one")
    assert classify(exchange, may_be_applied=False) is Verdict.NOT_SENT
    assert exchange.trouble == "the connection was refused"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(server: FaultServer, status: int) -> None:
    """The key goes to no second address."""
    exchange = exchange_with(server, says(status, b"", Location=f"{server.url}/elsewhere"))
    assert classify(exchange, may_be_applied=False) is Verdict.MISDIRECTED
    assert len(server.calls) == 1


def test_the_environment_sets_no_proxy(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy variable does not send the key elsewhere."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert exchange_with(server, documented).status == 200


def test_the_key_travels_in_its_header_alone(server: FaultServer, caplog: pytest.LogCaptureFixture) -> None:
    """No evidence and no log line holds the key or a contact, even at the lowest level."""
    caplog.set_level(logging.DEBUG)
    seen = [exchange_with(server, act) for act in (documented, reset, says(500))]
    assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.calls[0].headers["content-length"].isdigit()
    assert KEY not in caplog.text + repr(seen)
    assert "4155550100" not in caplog.text


def test_no_body_stays_in_memory_after_its_answer(server: FaultServer) -> None:
    """The client's request and response refer to each other: a thousand bodies would wait for the collector."""
    gc.disable()
    try:
        with open_target(load_settings({"base_url": server.url}), SecretStr(KEY)) as target:
            body = target.encode(contacts(3))
            before = sys.getrefcount(body)
            target.send(body, "one")
            assert sys.getrefcount(body) == before
    finally:
        gc.enable()


def test_hurrying_ends_a_request_under_way(server: FaultServer) -> None:
    """A run that stops does not wait for the whole deadline."""
    with open_target(load_settings({"base_url": server.url, "deadline": 60}), SecretStr(KEY)) as target:

        def act(_: FaultServer, _call: Call) -> None:
            target.hurry(0.05)
            time.sleep(1)

        server.script.append(act)
        assert target.send(b"{}", "one").trouble == "no complete answer in time"


def test_a_bad_certificate_stops_the_run() -> None:
    """Trying again would not mend it."""
    assert classify(Exchange(is_untrusted=True), may_be_applied=False) is Verdict.MISDIRECTED
