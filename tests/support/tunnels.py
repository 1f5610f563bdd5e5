"""A proxy that tunnels, and a door with TLS before a server that has none; both on the loopback, both remember."""

import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class _Listener:
    """Accepts connections, each served by a thread of its own, until the context ends."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for one in (self._listener, *self._open):
            one.close()
        for thread in self._threads:
            thread.join(5)

    def serve(self, plain: socket.socket) -> None:
        raise NotImplementedError

    def relay(self, one: socket.socket, other: socket.socket, note: Callable[[bytes], object]) -> None:
        """Pass on what either side says until both have ended; note what the first says."""
        self._open += [one, other]
        back = threading.Thread(target=_pump, args=[other, one, lambda _: None])
        back.start()
        _pump(one, other, note)
        back.join(5)
        one.close()
        other.close()

    def _start(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                self._start(self._served, plain)

    def _served(self, plain: socket.socket) -> None:
        with plain, suppress(OSError):
            self.serve(plain)


def _pump(source: socket.socket, sink: socket.socket, note: Callable[[bytes], object]) -> None:
    with suppress(OSError, ValueError):  # the second is what TLS makes of a socket that another thread has closed
        while data := source.recv(65536):
            note(data)
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Proxy(_Listener):
    """Carries out CONNECT; ``received`` is every byte that clients gave it, ``targets`` where they wanted to go."""

    def __init__(self, *, refuses: bool = False) -> None:
        super().__init__()
        self.received = bytearray()
        self.targets: list[str] = []
        self._refuses = refuses

    def serve(self, plain: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (data := plain.recv(4096)):
            head += data
        self.received += head
        wanted = re.match(rb"CONNECT (\S+):(\d+) ", head)
        self.targets.append(head.split(b"\r\n")[0].decode())
        if self._refuses or not wanted:
            plain.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        plain.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        far = socket.create_connection(("127.0.0.1", int(wanted[2])))
        self.relay(plain, far, self.received.extend)


class Door(_Listener):
    """TLS before the plain server at a URL; ``shown`` has the subject of each client's certificate, if any."""

    def __init__(self, url: str, context: ssl.SSLContext) -> None:
        super().__init__()
        self._behind = urlsplit(url).port or 0
        self._context = context
        self.shown: list[str] = []

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def serve(self, plain: socket.socket) -> None:
        secure = self._context.wrap_socket(plain, server_side=True)
        certificate = secure.getpeercert() or {}
        self.shown += [str(entry[1]) for entry in certificate.get("subjectAltName", ())]
        self.relay(secure, socket.create_connection(("127.0.0.1", self._behind)), lambda _: None)
