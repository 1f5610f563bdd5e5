"""What looks after every test finds what it is to find."""

import logging
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.canaries import PEOPLE, Finds

KEY = "agl_sk_" + "somebodys"


@pytest.fixture
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is not searched after the test."""
    return tmp_path_factory.mktemp("hidden")


@pytest.mark.parametrize("place", [0, (1 << 24) - 9, 1 << 24])
def test_a_key_is_found_anywhere_in_a_file(hidden: Path, place: int) -> None:
    """However large the file is, in whatever folder."""
    (hidden / "deep").mkdir()
    (hidden / "deep" / "ledger.sqlite").write_bytes(b" " * place + KEY.encode() + b" ")
    (hidden / "clean").write_bytes(b"agl_sk_sandbox and agl_sk_")
    found = Finds()
    found.look_into(hidden)
    assert set(found.finds) == {"a key in ledger.sqlite"}


def test_a_key_is_found_in_a_runs_workbook(hidden: Path) -> None:
    """Which is an archive, so that its bytes do not show it."""
    (hidden / "runs").mkdir()
    with zipfile.ZipFile(hidden / "runs" / "report.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", f"<t>{KEY}</t>" * 9)
    found = Finds()
    found.look_into(hidden)
    assert found.finds == ["a key in report.xlsx, sheet.xml"]


@pytest.mark.parametrize("text", ["+12025550101", "jo@example.com", *PEOPLE])
def test_no_log_record_may_hold_a_person(finds: Finds, text: str) -> None:
    """At the lowest level, by any logger, in the arguments of its message."""
    logging.getLogger("any.logger").debug("sent %s", text)
    assert finds.finds == ["a person in the log of any.logger"]
    finds.finds.clear()
    logging.getLogger("any.logger").debug("HTTP Request: POST http://127.0.0.1:80/ 200")
    assert not finds.finds


def test_no_log_record_may_hold_a_key() -> None:
    """Neither its message nor the exception that it tells."""
    error = ValueError(KEY)
    for text, told in ((KEY, None), ("failed", (ValueError, error, None))):
        found = Finds()
        found.handle(logging.LogRecord("any.logger", logging.DEBUG, "", 0, text, None, told))
        assert found.finds == ["a key in log of any.logger"]


def test_what_a_process_prints_is_read(finds: Finds) -> None:
    """On either stream, as text or as bytes."""
    for stream, is_text in (("stdout", True), ("stderr", False)):
        command = [sys.executable, "-c", f"import sys; sys.{stream}.write('{KEY}')"]
        subprocess.run(command, capture_output=True, text=is_text, check=True)
        assert finds.finds == ["a key in what a process printed"]
        finds.finds.clear()
