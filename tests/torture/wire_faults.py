"""Faults of the wire over real sockets: ``python -m tests.torture.wire_faults 50`` prints how each was settled.

Fourteen faults × contacts that the server created before (none, half, all) × a server that skips numbers it has, or
makes a second contact of them. Each is a run of two batches, the second with the fault at its first try: the verdict
must be what the evidence allows and no more, and in the end every contact must be there once. Where a request ended
before its last byte no server may act on it, so the share is how much of it was read. A server that skips hides its
list, so that a doubt is settled by sending again; the other shows it.
"""

import argparse
import gzip
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

from importer.delivery import Delivery, Ledger
from importer.delivery.classify import Verdict
from importer.delivery.clock import Clock
from importer.models.outcomes import Reason
from importer.models.watching import Silence
from importer.settings.settings import Settings, load_settings
from importer.targets import Exchange, Target, open_target
from tests.support.faultserver import Act, Call, FaultServer, after_applying, documented, drips, reset, says, sends
from tests.support.simulation import RUN, ends_of, store_of_ledger

SHARES = (0.0, 0.5, 1.0)
RULES = ("skip", "second")
_ROWS, _LETTERS = 500, 12_000
"""Of a body larger than what the kernel takes in while nobody reads."""

_NARROW_BYTES, _WIDE_BYTES = 4096, 1 << 22
_SHORT_S = 0.4


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the request, what that proves, and how.

    Attributes:
        act: what the server does with the whole request.
        breaks_off: what it does before the last byte came.
        detour: where the request goes instead.
        lasts: until the deadline.
    """

    name: str
    verdict: Verdict
    act: Act | None = None
    breaks_off: Callable[[Call], None] | None = None
    detour: str = ""
    lasts: bool = False


def _hangs(_: FaultServer, call: Call) -> None:
    call.body()
    time.sleep(3 * _SHORT_S)


def _closes(_: FaultServer, call: Call) -> None:
    call.body()


def _shut(call: Call) -> None:
    call.connection.shutdown(socket.SHUT_RDWR)


def _says_413(call: Call) -> None:
    call.answer(413)
    with suppress(OSError):
        call.body()  # as a proxy that drains what comes, so that its answer is not lost with a reset


_HTTP = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n"
_SQUEEZED = gzip.compress(b'{"success": true, "data": {"imported": 1, "skipped": 0, "errors": []}}')
FAULTS = (
    Fault("connection refused", Verdict.NOT_SENT, detour="nobody"),
    Fault("no TLS at the other end", Verdict.NOT_SENT, detour="no TLS"),
    Fault("reset in mid-upload", Verdict.NOT_APPLIED, breaks_off=Call.reset),
    Fault("close in mid-upload", Verdict.NOT_APPLIED, breaks_off=_shut),
    Fault("413 in mid-upload", Verdict.TOO_LARGE, breaks_off=_says_413),
    Fault("reset after the request", Verdict.AMBIGUOUS, reset),
    Fault("close after the request", Verdict.AMBIGUOUS, _closes),
    Fault("no answer", Verdict.AMBIGUOUS, _hangs, lasts=True),
    Fault("an answer byte by byte", Verdict.AMBIGUOUS, drips, lasts=True),
    Fault("500", Verdict.AMBIGUOUS, says(500)),
    Fault("504 of a proxy", Verdict.AMBIGUOUS, says(504, b"<html>Gateway Time-out</html>")),
    Fault("cut status line", Verdict.AMBIGUOUS, sends(b"HTTP/1.1 20")),
    Fault("cut body", Verdict.AMBIGUOUS, sends(_HTTP + b'\r\n{"success": tr')),
    Fault("cut gzip", Verdict.AMBIGUOUS, sends(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + _SQUEEZED[:40])),
)


@dataclass
class Detoured:
    """The target, whose ``at``-th bulk request goes elsewhere."""

    target: Target
    elsewhere: Target
    at: int
    sent: int = 0

    def send(self, body: bytes, idempotency_key: str) -> Exchange:
        self.sent += 1
        return (self.elsewhere if self.sent == self.at else self.target).send(body, idempotency_key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)


def run(fault: Fault, share: float, rule: str) -> str:
    """Deliver two batches; what was wrong, empty if nothing."""
    frames = [_contacts(1, 20), _contacts(2, _ROWS, _LETTERS) if fault.breaks_off else _contacts(2, 20)]
    script: list[Act] = [documented]
    if fault.act:
        script.append(after_applying(share, fault.act))
    elif fault.breaks_off:
        script.append(_after_reading(share, fault.breaks_off))
    clock = Clock(sleep=lambda _: None, chance=lambda: 0.0)
    settings = {"deadline": _SHORT_S if fault.lasts else 10.0, "quiet_time": 0.0, "in_flight": 1}
    db = store_of_ledger()
    with ExitStack() as stack:
        server = stack.enter_context(FaultServer(script=script, skips_existing=rule == "skip", page_cap=5000))
        if fault.breaks_off:
            server.take_in(_NARROW_BYTES)
        if rule == "skip":
            server.on_list = _only_probes
        target = stack.enter_context(open_target(_settings(server.url, settings), SecretStr("agl_sk_fictional")))
        if fault.detour:
            url = stack.enter_context(_elsewhere(fault.detour))
            elsewhere = stack.enter_context(open_target(_settings(url, settings), SecretStr("agl_sk_fictional")))
            target = Detoured(target, elsewhere, at=2)
        ledger = Ledger(db, Path("wire"), clock)
        account = ledger.account(server.url, "fp")
        ledger.begin_run(RUN, account)
        if rule == "skip":
            values = [(account, "duplicates", "skip", 0.0), (account, "invalid numbers", "refuse", 0.0)]
            db.executemany("INSERT INTO capabilities VALUES (?, ?, ?, ?)", values)
        delivery = Delivery(
            ledger=ledger, run_id=RUN, account_id=account, target=target, settings=_settings(server.url, settings),
            load=lambda number: frames[number - 1], watch=Silence(), clock=clock,
        )  # fmt: skip
        delivery.start()
        for number, frame in enumerate(frames, 1):
            delivery.offer(number, frame.height)
        delivery.close()
        end = delivery.wait()
        verdict = db.execute("SELECT verdict FROM attempts WHERE kind = 'bulk' ORDER BY id LIMIT 1 OFFSET 1").fetchone()
        reasons, _ = ends_of(ledger, [frame["phone"].to_list() for frame in frames])
        held = Counter(contact["phone"] for contact in server.contacts)
    db.close()
    ends = Counter(reasons.values())
    wrongs = {
        f"verdict {verdict}": verdict != (fault.verdict.value,),
        f"ended with {end}": end.reason is not None,
        f"ends {dict(ends)}": bool(set(ends) - {Reason.CONFIRMED, Reason.PRESENT}),
        f"{held.total()} contacts of {len(reasons)}": held != Counter(list(reasons)),
    }
    return "; ".join(words for words, is_wrong in wrongs.items() if is_wrong)


def _after_reading(share: float, then: Callable[[Call], None]) -> Act:
    """Read some of a request, up to 200,000 bytes, and do something else than answer."""

    def act(server: FaultServer, call: Call) -> None:
        call.body(limit=1 + round(share * 200_000))
        server.take_in(_WIDE_BYTES)
        call.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WIDE_BYTES)
        then(call)

    return act


def _only_probes(_: FaultServer, call: Call) -> None:
    if "limit=1" in call.path.split("?")[1].split("&"):
        call.answer(200, {"success": True, "data": []})
    else:
        call.answer(403)


@contextmanager
def _elsewhere(what: str) -> Iterator[str]:
    """An address where nobody is, or where somebody does not speak TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        if what == "no TLS":
            threading.Thread(target=_greet, args=[listener], daemon=True).start()
            yield f"https://127.0.0.1:{port}"
            return
    yield f"http://127.0.0.1:{port}"


def _greet(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _settings(url: str, given: dict[str, Any]) -> Settings:
    return load_settings({"base_url": url, **given})


@cache
def _contacts(number: int, rows: int, letters: int = 8) -> pl.DataFrame:
    phones = [f"+1{2025550000 + number * 100_000 + n}" for n in range(rows)]
    return pl.DataFrame({"phone": phones, "first_name": ["N" * letters] * rows}).with_columns(
        pl.lit(None, pl.String).alias(name) for name in ("last_name", "email", "metadata")
    )


def report(times: int = 50) -> str:
    """All of them, so often; raises where one came out wrong."""
    cases = list(product(FAULTS, SHARES, RULES)) * times
    wrongs = [
        f"{fault.name}, {share:.0%}, {rule}: {wrong}"
        for fault, share, rule in cases
        if (wrong := run(fault, share, rule))
    ]
    assert not wrongs, f"{len(wrongs)} of {len(cases)}, the first: {wrongs[:5]}"
    return (
        f"{len(FAULTS)} faults × {len(SHARES)} shares × {len(RULES)} rules × {times}: {len(cases):,} of {len(cases):,} "
        "classified as their evidence allows, and settled"
    )


def main() -> None:
    """Run all so often as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("times", type=int, nargs="?", default=1, help="how often each (default 1)")
    sys.stdout.write(f"{report(parser.parse_args().times)}\n")


if __name__ == "__main__":
    main()
