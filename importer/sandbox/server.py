"""Running the sandbox: a web server on this machine's loopback address."""

import asyncio
import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from importer.errors import UsageError
from importer.sandbox.application import Api
from importer.sandbox.behaviour import Behaviour
from importer.sandbox.store import Store
from importer.system.loopback import LoopbackServer, bound


class SandboxServer(LoopbackServer):
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
            listening = bound(port)
        except (OSError, OverflowError):
            self.store.close()
            raise UsageError(f"The sandbox cannot listen on port {port}: give another, or 0 for any.") from None
        super().__init__(Api(self.store, key, behaviour, self._reset).application(), listening)

    def serve_until_stopped(self, on_ready: Callable[[str], None] | None = None) -> None:
        """Serve until stopped; call ``on_ready`` with the base URL once requests are answered."""
        try:
            super().serve_until_stopped(on_ready)
        finally:
            self.store.close()

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
