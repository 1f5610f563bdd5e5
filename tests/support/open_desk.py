"""The reviewers' desk, open on this machine while a test lasts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from importer.desk.application import Manner
from importer.desk.server import IDLE_S, DeskServer
from importer.storage.run_folder import RunFolder


@contextmanager
def open_desk(folder: Path, manner: Manner = Manner("anna"), idle_s: float = IDLE_S) -> Iterator[DeskServer]:  # noqa: B008
    """Serve the desk of a run's folder in a thread; it ends with the context."""
    server = DeskServer(RunFolder(folder), manner, idle_s)
    ready = threading.Event()
    thread = threading.Thread(target=server.serve_until_stopped, args=[lambda _: ready.set()])
    thread.start()
    try:
        assert ready.wait(10)
        yield server
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def entered(server: DeskServer) -> Iterator[httpx.Client]:
    """Yield a client that has opened the desk's address and has its cookie."""
    with httpx.Client(base_url=server.url, follow_redirects=True) as client:
        assert client.get(server.opening).status_code == 200
        yield client
