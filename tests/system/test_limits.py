"""Limits are set as far as a system lets them be; what it refuses spoils no file."""

from pathlib import Path

import polars as pl
import pytest

import importer
from tests.support.platforms import MACOS, WINDOWS, played
from tests.support.workbooks import save

ROWS = [["Name", "Phone"], ["Ann", "+1 202-555-0100"]]


@pytest.fixture
def lists(tmp_path: Path) -> list[Path]:
    """A workbook and a Parquet file with one row each."""
    save(tmp_path / "list.xlsx", ROWS)
    pl.DataFrame([ROWS[1]], schema=ROWS[0], orient="row").write_parquet(tmp_path / "list.parquet")
    return [tmp_path / "list.xlsx", tmp_path / "list.parquet"]


def test_a_workbook_is_read_where_memory_cannot_be_bounded(lists: list[Path], tmp_path: Path) -> None:
    """MacOS refuses RLIMIT_AS: both files are read all the same, and sent."""
    done = played(MACOS, tmp_path, "run", *lists, "--sandbox")
    assert done.returncode == 0, done.stderr
    assert "1 + 1 = 2: balanced" in " ".join(done.stdout.split())


def test_doctor_says_which_limits_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, as a warning; the other checks go on."""
    monkeypatch.delenv("VOXPRIA_API_KEY", raising=False)
    done = played(MACOS, tmp_path, "doctor", "--base-url", "http://127.0.0.1:1")
    assert "does not bound the memory of processes that open workbooks" in done.stdout
    assert "ledger: whole" in done.stdout


def test_windows_is_told_what_runs_it(tmp_path: Path, lists: list[Path]) -> None:
    """In words and with exit code 2, not as a bug: without its modules, calls and signals the command still starts."""
    done = played(WINDOWS, tmp_path, "run", *lists, "--sandbox")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "importer: It does not run on Windows itself. Install it in WSL, or run it in a container.\n"


def test_the_package_says_it_from_python_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing the package works, so that a tool that only looks at it does not fail."""
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(ImportError, match="WSL"):
        _ = importer.run
