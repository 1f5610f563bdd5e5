"""An HTTP server on raw sockets that does to each request what a script says, and what the vendor documents otherwise.

It keeps second copies of a contact and counts them, so that a test sees a doubled one.
"""

import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass
class Call:
    """One request as far as it was read, and the means to answer it."""

    connection: socket.socket
    method: str
    path: str
    headers: dict[str, str]
    early: bytes

    def body(self, limit: int | None = None) -> bytes:
        """Read the body, or its first ``limit`` bytes."""
        wanted = int(self.headers.get("content-length", "0"))
        wanted = wanted if limit is None else min(limit, wanted)
        while len(self.early) < wanted:
            chunk = self.connection.recv(65536)
            if not chunk:
                raise ConnectionError("the request ended early")
            self.early += chunk
        return self.early

    def contacts(self) -> list[dict[str, Any]]:
        """The contacts that the body holds."""
        listed: list[dict[str, Any]] = json.loads(self.body())["contacts"]
        return listed

    def answer(self, status: int, body: object = b"", **headers: str) -> None:
        """Answer with bytes as they are, or anything else as JSON."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(payload)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value]
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode() + payload)

    def raw(self, data: bytes) -> None:
        """Put bytes on the wire."""
        self.connection.sendall(data)

    def reset(self) -> None:
        """Tear the connection down at once."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


Act = Callable[["FaultServer", Call], None]


@dataclass
class FaultServer:
    """Serves on a free loopback port while it is entered.

    Attributes:
        script: what happens to the first bulk requests, in order; ``otherwise`` happens to all later ones.
        singles: what happens to the first requests for single contacts, in order.
        contacts: what was created, in order, second copies included.
        skips_existing: whether a number that is there is skipped, or made a second time.
        tells_total: whether a page of the list says how many contacts there are.
        tells_date: whether answers have a ``Date`` header.
        bulk, lists: how many requests of each kind came in.
    """

    script: list[Act] = field(default_factory=list)
    singles: list[Act] = field(default_factory=list)
    otherwise: Act | None = None
    on_list: Act | None = None
    skips_existing: bool = False
    tells_total: bool = True
    tells_date: bool = True
    page_cap: int = 50
    clock_offset_s: float = 0.0
    contacts: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    bulk: int = 0
    lists: int = 0

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that still waits in accept() would take a connection of the next socket that gets this number.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def take_in(self, size: int) -> None:
        """How many bytes the kernel takes in of a request that comes from now on, while nobody reads it."""
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def doubled(self) -> int:
        """How many second copies there are."""
        return sum(copies - 1 for copies in Counter(contact["phone"] for contact in self.contacts).values())

    def now(self) -> float:
        return time.time() + self.clock_offset_s

    def apply(self, contacts: list[dict[str, Any]]) -> dict[str, Any]:
        """Create contacts; the documented answer."""
        with self._lock:
            known = {contact["phone"] for contact in self.contacts} if self.skips_existing else set()
            fresh = [contact for contact in contacts if contact["phone"] not in known]
            made_at = datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds")
            start = len(self.contacts)
            self.contacts += [
                contact | {"contactId": f"c{start + n}", "createdAt": made_at} for n, contact in enumerate(fresh)
            ]
        counts = {"imported": len(fresh), "skipped": len(contacts) - len(fresh), "errors": []}
        return {"success": True, "data": counts}

    def date(self) -> str:
        return format_datetime(datetime.fromtimestamp(self.now(), UTC), usegmt=True) if self.tells_date else ""

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                chunk = connection.recv(65536)
                if not chunk:
                    return
                data += chunk
            head, _, rest = data.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            method, path, _ = first.split(" ")
            call = Call(connection, method, path, headers, rest)
            self._act(call)(self, call)

    def _act(self, call: Call) -> Act:
        with self._lock:
            self.calls.append(call)
            if call.method == "GET":
                self.lists += 1
                return self.on_list or listed
            if not call.path.endswith("/bulk"):
                if self.singles:
                    return self.singles.pop(0)
                return created if call.method == "POST" else deleted
            self.bulk += 1
            self.sizes.append(int(call.headers.get("content-length", "0")))
            return self.script.pop(0) if self.script else self.otherwise or documented


def documented(server: FaultServer, call: Call) -> None:
    """What the vendor's page says of a bulk request."""
    call.answer(200, server.apply(call.contacts()), Date=server.date(), Content_Type="application/json")


def listed(server: FaultServer, call: Call) -> None:
    """A page of the account, oldest first."""
    asked = {name: int(values[0]) for name, values in parse_qs(urlsplit(call.path).query).items()}
    size = min(asked["limit"], server.page_cap)
    start = (asked["page"] - 1) * size
    page = server.contacts[start : start + size]
    total = {"total": len(server.contacts)} if server.tells_total else {}
    call.answer(200, {"success": True, "data": page} | total, Date=server.date())


def created(server: FaultServer, call: Call) -> None:
    """One contact."""
    server.apply([json.loads(call.body())])
    call.answer(201, {"success": True, "data": server.contacts[-1]}, Date=server.date())


def deleted(server: FaultServer, call: Call) -> None:
    """A contact is gone."""
    server.contacts = [contact for contact in server.contacts if not call.path.endswith(contact["contactId"])]
    call.answer(200, {"success": True}, Date=server.date())


def after_applying(share: float, then: Act) -> Act:
    """Create the first ``share`` (0 to 1) of a request's contacts, and then do something else than answer."""

    def act(server: FaultServer, call: Call) -> None:
        contacts = call.contacts()
        server.apply(contacts[: round(len(contacts) * share)])
        then(server, call)

    return act


def reset(_: FaultServer, call: Call) -> None:
    """Read the request and tear the connection down."""
    call.body()
    call.reset()


def cut_upload(_: FaultServer, call: Call) -> None:
    """Tear the connection down while the body is still coming."""
    call.body(limit=1)
    call.reset()


def says(status: int, body: object = b"", **headers: str) -> Act:
    """Read the request and answer so."""

    def act(_: FaultServer, call: Call) -> None:
        call.body()
        call.answer(status, body, **headers)

    return act


def sends(data: bytes) -> Act:
    """Read the request and put these bytes on the wire."""

    def act(_: FaultServer, call: Call) -> None:
        call.body()
        call.raw(data)

    return act


def drips(_: FaultServer, call: Call) -> None:
    """Answer one byte at a time, for ever."""
    call.body()
    call.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        call.raw(b" ")
        time.sleep(0.05)


def drips_headers(_: FaultServer, call: Call) -> None:
    """Never come to the end of a header."""
    call.body()
    call.raw(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        call.raw(b"a")
        time.sleep(0.05)
