"""A web server on this machine's loopback address: bound from the start, and ended in good order."""

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

HOST = "127.0.0.1"


def bound(port: int) -> socket.socket:
    """Return a socket that listens on the port of the loopback address; 0 takes any that is free.

    Raises:
        OSError, OverflowError: the port is taken, or is none.
    """
    return socket.create_server((HOST, port))


class LoopbackServer(uvicorn.Server):
    """Serves an application on a bound socket until ``should_exit``, which any thread may set; prints nothing."""

    def __init__(self, application: Any, listening: socket.socket) -> None:
        self._socket = listening
        self.url = f"http://{HOST}:{listening.getsockname()[1]}"
        self._on_ready: Callable[[str], None] | None = None
        super().__init__(
            uvicorn.Config(
                application,
                interface="asgi3",
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,  # addresses may hold people's names
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
