"""Limits are set as far as a system lets them be; what it refuses spoils no file."""

import gzip
import tempfile
import zipfile
from pathlib import Path

import polars as pl
import pytest

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


def test_without_what_windows_lacks_lists_are_imported_alike(lists: list[Path], tmp_path: Path) -> None:
    """A packed list, a workbook, a Parquet file: the same rows as with all that this system has, in the same batch."""
    packed = tmp_path / "list.csv.gz"
    packed.write_bytes(gzip.compress(b"Name,Phone\nBo,+1 202-555-0177\nCy,12\n"))
    books = tmp_path / "books.zip"
    with zipfile.ZipFile(books, "w") as archive:
        archive.write(lists[0], "in.xlsx")
    rows = []
    for prelude, runs in (("", "here"), (WINDOWS, "there")):
        done = played(prelude, tmp_path, "run", *lists, packed, books, "--sandbox", "--runs", runs, "--workers", "2")
        assert done.returncode == 3, done.stderr
        assert "2 + 2 + 1 = 5: balanced" in " ".join(done.stdout.split())
        (path,) = (tmp_path / runs).glob("*/rows.parquet")
        rows.append(pl.read_parquet(path).drop("contact_id"))
    assert rows[0].equals(rows[1])
    assert not list(Path(tempfile.gettempdir()).glob("importer-*")), "no temporary file with a name is left"


def test_without_what_windows_lacks_a_run_is_lived_with(lists: list[Path], tmp_path: Path) -> None:
    """Looked at, looked for, corrected, gone on with; the journal, the decisions and the job's lock are written."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.csv").write_text("Phone\n+12025550155\n", "utf-8")
    (tmp_path / "job.toml").write_text(
        'name = "n"\nsandbox = true\nsource = {inbox = "inbox", settle_s = 0}\n', "utf-8"
    )
    (tmp_path / "b.csv").write_text("Name,Phone\nAnn,+12025550101\nBo,12\n", "utf-8")
    for command, code in (
        ("run b.csv --dry-run", 3),
        ("inspect b.csv", 0),
        ("convert list.xlsx --out plain", 0),
        ("trace +12025550101", 0),
        ("report latest", 0),
        ("retry latest fixed.csv", 0),
        ("job run job.toml", 0),
        ("job status job.toml", 0),
        ("runs", 0),
    ):
        if "fixed.csv" in command:
            (run,) = (tmp_path / "runs").glob("*/retry.xlsx")
            typed(run, tmp_path / "fixed.csv")
        done = played(WINDOWS, tmp_path, *command.split())
        assert done.returncode == code, (command, done.stdout, done.stderr)
    assert len(lists) == 2


def typed(retry: Path, to: Path) -> None:
    """Write a retry file as CSV, with a number where there was none."""
    table = pl.read_excel(retry, engine="calamine", infer_schema_length=0)
    table.with_columns(Phone=pl.lit("+12025550102")).write_csv(to)
