"""Files are copied from servers of each kind, each content once; what is not trusted or reached stops the start."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from importer.jobs.fetch import fetch
from importer.jobs.results import StepResult
from importer.models.watching import Stop
from importer.storage.job_memory import JobMemory
from tests.support.jobs import JobHouse, people

OLD = time.time() - 3600


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is entered here is left at the end."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def house(tmp_path: Path) -> JobHouse:
    """A job that fetches; nothing is sent here."""
    return JobHouse(tmp_path, "http://127.0.0.1:9")


def _fetched(house: JobHouse, source: str) -> tuple[list[str], dict[str, str]]:
    """The files that a start copies, and those that wait; the inbox is emptied."""
    house.write(source=f"[source]\n{source}\n")
    job, result = house.job(), StepResult("nightly")
    with JobMemory.open(job.home) as memory:
        fetch(job, memory, result, Stop())
    there = sorted(job.inbox.iterdir())
    for path in there:
        assert path.read_text("utf-8").startswith("Name,Phone")
        path.unlink()
    return [path.name for path in there], {one.file: one.why for one in result.waits}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A web server's folder and address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    folder = tmp_path / "web"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_file_of_the_web_is_fetched_when_it_changes(house: JobHouse, web: tuple[Path, str]) -> None:
    """By what the server tells of it; the same content under a new date is not taken again."""
    folder, url = web
    file = folder / "march list.csv"
    file.write_text(people(2), "utf-8")
    os.utime(file, (OLD, OLD))
    source = f'url = "{url}/march%20list.csv"'
    assert _fetched(house, source) == (["march list.csv"], {})
    assert _fetched(house, source) == ([], {})
    os.utime(file, (OLD + 60, OLD + 60))
    assert _fetched(house, source) == ([], {})
    file.write_text(people(3), "utf-8")
    assert _fetched(house, source) == (["march list.csv"], {})
    house.write(source=f'[source]\nurl = "{url}/gone.csv"\n')
    gone = house.start()
    assert (gone.exit_code, "answered 404" in (gone.stopped or "")) == (4, True)


def test_a_folder_of_an_sftp_server(house: JobHouse) -> None:
    """Files that are whole and match; a server whose key is not known is not trusted, a wrong password is told."""
    pytest.importorskip("paramiko", reason="paramiko is an extra: pip install 'contacts-importer[remote]'")
    from tests.support.sftp import PASSWORD, SftpServer  # noqa: PLC0415 - an extra

    root = house.folder / "there"
    (root / "out").mkdir(parents=True)
    for name, at in (("a.csv", OLD), ("new.csv", time.time()), ("notes.txt", OLD)):
        (root / "out" / name).write_text(people(2, first=len(name)), "utf-8")
        os.utime(root / "out" / name, (at, at))
    (root / "out" / "link.csv").symlink_to("/etc/passwd")
    (house.folder / "password").write_text(PASSWORD, "utf-8")
    (house.folder / "password").chmod(0o600)
    with SftpServer(root) as server:
        source = f'url = "sftp://feed@127.0.0.1:{server.port}/out/*.csv"\npassword_file = "password"\n'
        house.write(source=f"[source]\n{source}")
        assert "not in known_hosts" in (house.start().stopped or "")
        (house.folder / "hosts").write_text(server.known_hosts, "utf-8")
        source += 'known_hosts = "hosts"\n'
        copied, waits = _fetched(house, source)
        assert (copied, list(waits)) == (["a.csv"], ["new.csv"])
        assert _fetched(house, source)[0] == []
        (root / "out" / "new.csv.done").write_text("", "utf-8")
        assert _fetched(house, source + 'ready = "*.done"\n') == (["new.csv"], {})
        (house.folder / "password").write_text("wrong", "utf-8")
        assert "AuthenticationException" in (house.start().stopped or "")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("storage", ["s3", "gs", "az"])
def test_objects_of_a_bucket(house: JobHouse, storage: str, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the folder that match, each version once; a bucket that is not there is told."""
    pytest.importorskip("obstore", reason="obstore is an extra: pip install 'contacts-importer[remote]'")
    from tests.support import buckets  # noqa: PLC0415 - it needs packages of its own

    put, environment = stack.enter_context(getattr(buckets, storage)("lists"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for key in ("in/a.csv", "in/b.txt", "in/deeper/c.csv", "d.csv"):
        put(key, people(2, first=len(key)).encode())
    source = f'url = "{storage}://lists/in/*.csv"'
    assert _fetched(house, source) == (["a.csv"], {})
    assert _fetched(house, source) == ([], {})
    put("in/a.csv", people(3).encode())
    assert _fetched(house, source) == (["a.csv"], {})
    assert _fetched(house, f'url = "{storage}://lists/*.csv"') == (["d.csv"], {})
    house.write(source=f'[source]\nurl = "{storage}://not-there/*.csv"\n')
    assert "cannot be read" in (house.start().stopped or "")
