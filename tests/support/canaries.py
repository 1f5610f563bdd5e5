"""No test leaves a key behind, nor people in a log: a plugin of pytest that looks after every test.

Every key of the tests begins alike, so what a test leaves can be searched for all of them: each file in its folder
(members of archives included), what was printed, what its processes printed, and every log record, at DEBUG. In log
records a whole phone number or e-mail address is a find, too, and each personal value of ``tests.whole.test_security``.
What was looked at is counted and told at the end.
"""

import logging
import re
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

PEOPLE = ("Quetzalcoatl", "Xochipilli", "canary.person@example.com", "secret-metadata-canary", "415-555-0134")
"""A first name, a last name, an e-mail address, metadata and a number that are nowhere but in lists."""

_KEY = re.compile(rb"agl_sk_(?!sandbox\b)\w+")  # that one is in the manual: a sandbox of one's own takes it
_PERSON = re.compile("|".join([r"\+\d{10,15}(?!\d)", r"[\w.]+@[\w-]+\.\w+", *map(re.escape, PEOPLE)]))
_CHUNK = 1 << 24
SEEN = Counter[str]()


class Finds(logging.Handler):
    """What one test let out."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.finds: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        SEEN["log records"] += 1
        text = f"{record.getMessage()} {record.exc_info or ''}"
        self.look(f"log of {record.name}", text.encode("utf-8", "replace"))
        if _PERSON.search(text):
            self.finds.append(f"a person in the log of {record.name}")

    def look(self, place: str, data: bytes | str | None) -> None:
        """Search something that came out for keys."""
        data = data.encode("utf-8", "replace") if isinstance(data, str) else data or b""
        if _KEY.search(data):
            self.finds.append(f"a key in {place}")

    def look_into(self, folder: Path) -> None:
        """Search every file of a folder, and the members of a run's archives."""
        for path in folder.rglob("*"):
            if path.is_symlink() or not path.is_file():
                continue
            SEEN["files"] += 1
            with path.open("rb") as file:
                before = b""
                while chunk := file.read(_CHUNK):
                    self.look(path.name, before + chunk)
                    before = chunk[-64:]
            if "runs" in path.parts and zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        self.look(f"{path.name}, {name}", archive.read(name))


@contextmanager
def _listening(finds: Finds) -> Iterator[None]:
    """Have all log records and all that processes print searched."""
    communicate = subprocess.Popen.communicate

    def overheard(process: "subprocess.Popen[Any]", *given: Any, **named: Any) -> tuple[Any, Any]:
        streams = communicate(process, *given, **named)
        SEEN["processes"] += 1
        for text in streams:
            finds.look("what a process printed", text)
        return streams

    root = logging.getLogger()
    level = root.level
    root.addHandler(finds)
    root.setLevel(logging.DEBUG)
    try:
        with patch.object(subprocess.Popen, "communicate", overheard):
            yield
    finally:
        root.removeHandler(finds)
        root.setLevel(level)


@pytest.fixture(autouse=True)
def finds(request: pytest.FixtureRequest) -> Iterator[Finds]:
    """What this test lets out; it must be nothing."""
    found = Finds()
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    with _listening(found):
        yield found
    if folder is not None:
        found.look_into(folder)
    SEEN["tests"] += 1
    assert not found.finds


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:  # noqa: ARG001
    """Fail a test that printed a key."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    finds = Finds()
    for name, text in report.sections:
        finds.look(name, text)
    if finds.finds and report.passed:
        report.outcome, report.longrepr = "failed", f"found: {finds.finds}"
    return report  # type: ignore[return-value]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Give what was seen to the process that tells it."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["canaries"] = dict(SEEN)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what another process saw."""
    SEEN.update(getattr(node, "workeroutput", {}).get("canaries", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was looked at."""
    counts = ", ".join(f"{SEEN[what]:,} {what}" for what in ("tests", "files", "log records", "processes"))
    terminalreporter.write_line(f"Searched for keys and people: {counts}")
