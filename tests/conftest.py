"""What several tests share: a running sandbox, and examples that may take as long as a busy machine needs."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

from importer.cli import main
from importer.sandbox import Behaviour, Store
from importer.sandbox.server import SandboxServer
from tests.support import canaries
from tests.support.canaries import Finds
from tests.support.faultserver import FaultServer

settings.register_profile("same", deadline=None, derandomize=True, database=None, max_examples=60)
"""Every run of the suite tries the same examples, so that one commit is always as good as itself."""
settings.register_profile("explore", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow])
"""New examples, and many: ``pytest --hypothesis-profile=explore tests/test_…``; what it finds becomes an example."""
settings.load_profile("same")

KEY = "agl_sk_test"
LIST = """Name,Phone,Email,City
JANE DOE,(415) 555-0123,jane@example.com,Springfield
john smith,+1 415 555 0124,,Shelbyville
,,,
Jane Again,415.555.0123,jane2@example.com,
No Phone,n/a,np@example.com,
Too Short,12345,,
"""
CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of the user's own in it
_ROOM_BYTES = 4 << 30
"""The tests' files take a tenth of it."""
_NO_CORPORA = "the corpora do not lie beside this checkout"


def pytest_configure(config: pytest.Config) -> None:
    """Look after every test; let the tests' files lie in memory where there is room for them.

    A ledger waits for the disk some sixty times in a test. What a disk may lose is proven apart from it, by power cuts
    that are simulated (``tests/torture/powercuts``), and that the ledger asks for every write to be kept by reading its
    settings (``tests/delivery/test_database``).
    """
    config.pluginmanager.register(canaries)
    os.environ["XDG_CONFIG_HOME"] = os.devnull  # whoever plays the tests may have settings of their own
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is marked ``corpora`` if they are not there: ``pytest -m corpora`` plays it alone."""
    if not CORPORA.is_dir():
        for item in items:
            if item.get_closest_marker("corpora"):
                item.add_marker(pytest.mark.skip(reason=_NO_CORPORA))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was left out for want of the corpora: a skip alone is easily overlooked."""
    left_out = sum(_NO_CORPORA in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if left_out:
        terminalreporter.write_line(f"Tests left out because {_NO_CORPORA}: {left_out}")


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox; ``store`` sees what the server has written."""

    url: str
    key: str
    store: Store


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Typed(Protocol):
    def __call__(self, *arguments: str | Path) -> Done: ...


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], finds: Finds) -> Typed:
    """Runs ``importer`` commands in this process, with the sandbox's key and nobody at the terminal."""
    for name in [name for name in os.environ if name.startswith(("IMPORTER_", "VOXPRIA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VOXPRIA_API_KEY", KEY)

    def run(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["importer", *map(str, arguments)])
        before = os.umask(0)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            os.umask(before)
        code, printed = ended.value.code, capsys.readouterr()
        for text in printed:
            finds.look("what was printed", text)
        return Done(code if isinstance(code, int) else 0, *printed)

    return run


def leave_a_whole_minute() -> None:
    """Wait while the sandbox would date all of a test's contacts to a whole minute: dates so coarse settle nothing."""
    while not 1.1 < time.time() % 60 < 57:
        time.sleep(0.1)


class StartSandbox(Protocol):
    def __call__(self, behaviour: Behaviour = ..., db: Path | None = None) -> Sandbox: ...


@pytest.fixture(scope="session")
def ending() -> Iterator[list[threading.Thread]]:
    """Threads of sandboxes that were told to end; a test need not wait for its own."""
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join(10)


@pytest.fixture
def start_sandbox(tmp_path: Path, ending: list[threading.Thread]) -> Iterator[StartSandbox]:
    """Starts sandboxes of any behaviour in threads; all end with the test."""
    running: list[tuple[SandboxServer, Store]] = []

    def start(behaviour: Behaviour = Behaviour(), db: Path | None = None) -> Sandbox:  # noqa: B008 - it is immutable
        leave_a_whole_minute()
        file = db or tmp_path / f"sandbox-{len(running)}.sqlite"
        server = SandboxServer(file, 0, KEY, behaviour)
        ready = threading.Event()
        thread = threading.Thread(target=server.serve_until_stopped, args=[lambda _: ready.set()])
        thread.start()
        ending.append(thread)
        store = Store(file, behaviour.seed)
        running.append((server, store))
        assert ready.wait(10)
        return Sandbox(server.url, KEY, store)

    yield start
    for server, store in running:
        server.should_exit = True
        store.close()


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    """A sandbox that behaves as the vendor documents."""
    return start_sandbox()


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers as its script says; documented answers where it says nothing."""
    with FaultServer() as started:
        yield started


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    """A small list: two people, one of them twice, a blank row, and two without a number that could be called."""
    path = tmp_path / "contacts.csv"
    path.write_text(LIST, "utf-8")
    return path


@pytest.fixture
def at_desk(contacts: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Runs commands where the small list lies."""
    monkeypatch.chdir(contacts.parent)
    return typed
