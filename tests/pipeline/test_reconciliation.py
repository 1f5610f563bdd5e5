"""The books of a run: closed whatever ended it, and the same however often they are."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import polars as pl
import pytest

from importer.delivery import Ledger
from importer.errors import ImporterError, StoppedError, UsageError
from importer.models.watching import Silence, Stop
from importer.pipeline.reconciliation import Ending, carry_out, close_books
from importer.pipeline.run import run_import
from importer.settings.settings import load_settings
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary

LIST = "Name,Phone\nAnn,+12025550101\nBen,12\n,\nCy,+12025550101\n"


@pytest.fixture
def dry(tmp_path: Path) -> tuple[RunFolder, Summary]:
    """A dry run of four rows."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    settings = load_settings({"dry_run": True, "runs": tmp_path / "runs"})
    return run_import([tmp_path / "list.csv"], settings, None, Silence(), Stop())


def ended(folder: RunFolder, path: Path, work: Callable[[], Ending]) -> Summary:
    record = folder.record()
    with Ledger.open(path) as ledger:
        ledger.begin_run(record.run_id, ledger.account("https://api.example.com", "fp"))
        return carry_out(work, folder, record, ledger, Silence(), perf_counter())


def test_closing_the_books_again_gives_the_same_account(dry: tuple[RunFolder, Summary], tmp_path: Path) -> None:
    """Every row has one outcome, and every file holds the rows that it should."""
    folder, summary = dry
    assert (summary.balanced, summary.status, summary.rows) == (True, "dry-run", 4)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.begin_run(summary.run_id, ledger.account("https://api.example.com", "fp"))
        again = close_books(folder, folder.record(), ledger, Ending(), perf_counter())
    kept = {"reasons", "rows", "exit_code", "balanced", "files", "changes", "sources"}
    assert again.model_dump(include=kept) == summary.model_dump(include=kept)
    assert pl.read_parquet(folder.path / "rows.parquet")["outcome"].to_list() == [
        "planned", "errored", "skipped", "skipped",
    ]  # fmt: skip


def test_an_error_that_is_no_bug_is_the_end_of_the_run(dry: tuple[RunFolder, Summary], tmp_path: Path) -> None:
    """With its exit code and words; the books balance all the same."""
    folder, before = dry

    def stop() -> Ending:
        raise StoppedError("There is no room.")

    summary = ended(folder, tmp_path / "ledger.sqlite", stop)
    assert (summary.exit_code, summary.stopped_because) == (4, "There is no room.")
    assert (summary.balanced, summary.reasons) == (True, before.reasons)
    assert Summary.read(folder.path) == summary


def test_a_bug_closes_the_books_and_is_raised(dry: tuple[RunFolder, Summary], tmp_path: Path) -> None:
    """Whoever reads the summary later is told that it was one."""
    folder, _ = dry

    def fail() -> Ending:
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        ended(folder, tmp_path / "ledger.sqlite", fail)
    summary = Summary.read(folder.path)
    assert (summary.exit_code, summary.stopped_because, summary.balanced) == (1, "a bug ended the run", True)


@pytest.mark.parametrize(
    ("error", "code"), [(StoppedError("x"), 4), (UsageError("x"), 4), (OSError(28, "No space left on device", "x"), 4)]
)
def test_once_a_run_has_begun_wrong_usage_is_a_run_to_resume(error: ImporterError | OSError, code: int) -> None:
    """Exit code 2 would say that nothing was begun."""
    assert Ending.of(error).exit_code == code
    assert Ending.of(error).why


def test_an_error_of_the_system_that_is_about_no_file_is_a_bug() -> None:
    """It is raised as it came."""
    with pytest.raises(OSError, match="odd"):
        Ending.of(OSError("odd"))
