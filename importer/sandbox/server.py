"""Running the sandbox: a web server on this machine's loopback address."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from importer.errors import UsageError
from importer.sandbox.application import Api
from importer.sandbox.behaviour import Behaviour
from importer.sandbox.store import Store

_HOST = "127.0.0.1"


class SandboxServer(uvicorn.Server):
    """A sandbox, bound to its port from the start; ``run`` serves until ``should_exit``, which any thread may set.

    Args:
        db: its SQLite file; made if it does not exist.
        port: 0 for any that is free.

    Raises:
        UsageError: the port is taken, or the file is not a sandbox's.
    """

    def __init__(self, db: Path, port: int, key: str, behaviour: Behaviour) -> None:
        try:
            self.store = Store(db, behaviour.seed)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"The sandbox cannot keep its contacts in {db}: {error}.") from None
        try:
            self._socket = socket.create_server((_HOST, port))
        except (OSError, OverflowError):
            self.store.close()
            raise UsageError(f"The sandbox cannot listen on port {port}: give another, or 0 for any.") from None
        self.url = f"http://{_HOST}:{self._socket.getsockname()[1]}"
        self._on_ready: Callable[[str], None] | None = None
        application = Api(self.store, key, behaviour, self._reset).application()
        super().__init__(
            uvicorn.Config(
                application,
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,  # the store has the log
                timeout_graceful_shutdown=2,
            )
        )

    def serve_until_stopped(self, on_ready: Callable[[str], None] | None = None) -> None:
        """Serve until stopped; call ``on_ready`` with the base URL once requests are answered."""
        self._on_ready = on_ready
        logging.getLogger("uvicorn").addHandler(logging.NullHandler())
        try:
            self.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self.store.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and say so."""
        await super().startup(sockets)
        if self._on_ready is not None:
            self._on_ready(self.url)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on a signal in good order, and let the caller go on afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        earlier = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)

    def _reset(self, client: tuple[str, int]) -> None:
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if isinstance(transport, asyncio.Transport) and transport.get_extra_info("peername") == client:
                # Zero seconds of lingering make the close a reset that the client sees as such.
                peer: socket.socket = transport.get_extra_info("socket")
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                transport.abort()


def serve(  # noqa: PLR0913 - each is named where it is called
    *,
    db: Path,
    port: int,
    key: str,
    behaviour: Behaviour,
    on_ready: Callable[[str], None],
    until_stdin_closes: bool,
) -> None:
    """Run the sandbox until SIGINT, SIGTERM or, with ``until_stdin_closes``, the end of stdin; print nothing.

    Args:
        db: its SQLite file; made if it does not exist.
        port: 0 for any that is free.
        key: what clients must show.
        behaviour: its switches.
        on_ready: gets the base URL once requests are answered.
        until_stdin_closes: whether the end of stdin ends it, too.

    Raises:
        UsageError: the port is taken, or the file is not a sandbox's.
    """
    server = SandboxServer(db, port, key, behaviour)
    if until_stdin_closes:
        # A closed stdin is the one sign of a parent that was killed: it could send no signal.
        threading.Thread(target=_stop_at_end_of_stdin, args=[server], daemon=True).start()
    server.serve_until_stopped(on_ready)


def _stop_at_end_of_stdin(server: SandboxServer) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.should_exit = True
