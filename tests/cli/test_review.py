"""``importer review``: it says where the desk is, serves it, and ends in good order."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.conftest import Typed
from tests.support.reports_run import small_run


def test_the_desk_opens_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    """The printed address opens it; Ctrl-C ends it with exit code 0, and nothing was written or sent."""
    folder = tmp_path / "runs" / "20260301-090000-000"
    folder.mkdir(parents=True)
    small_run(folder).write(folder, "")
    (folder / "run.json").write_text("{}", "utf-8")
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    process = subprocess.Popen(
        [sys.executable, "-m", "importer", "review", "--no-open", "--as", "anna", "--runs", str(folder.parent)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    printed = ""
    while not (address := re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", printed)):
        line = process.stderr.readline()
        assert line, printed
        printed += line
    with httpx.Client(follow_redirects=True) as client:
        page = client.get(address[0]).text
    assert "anna" in page
    assert "2 of 11 imported" in page
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    process.stderr.close()
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_run_that_was_killed_has_no_desk_yet(tmp_path: Path, typed: Typed) -> None:
    """It is told what to type first."""
    folder = tmp_path / "runs" / "20260301-090000-000"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}", "utf-8")
    done = typed("review", "--no-open", "--runs", folder.parent)
    assert done.code == 2
    assert "importer resume 20260301-090000-000" in done.err
