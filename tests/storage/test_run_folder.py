"""A run's folder: finding a run, listing runs, holding one."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest

from importer.errors import StoppedError, UsageError
from importer.storage.run_folder import Record, RunFolder, all_runs, held
from tests.conftest import Typed

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def record(folder: RunFolder) -> Record:
    return Record(
        run_id=folder.run_id,
        started_at=NOW,
        settings={},
        files=[],
        base_url="http://127.0.0.1",
        sources=[],
        passed_over=[],
    )


def test_runs_are_found_by_id_folder_and_latest(tmp_path: Path) -> None:
    """Two runs of one instant get names in order; ``latest`` is the newer one; an unknown one is a clear error."""
    first, second = RunFolder.create(tmp_path, NOW), RunFolder.create(tmp_path, NOW)
    for folder in (first, second):
        folder.save(record(folder))
    assert [folder.run_id for folder in all_runs(tmp_path)] == ["20260102-030405-678", "20260102-030405-679"]
    assert RunFolder.find(tmp_path, "latest") == second
    assert RunFolder.find(tmp_path, first.run_id) == first
    assert RunFolder.find(Path("elsewhere"), str(first.path)) == first
    with pytest.raises(UsageError, match=second.run_id):
        RunFolder.find(tmp_path, "nope")


def test_latest_is_the_run_that_began_last_whatever_was_written_or_copied_since(tmp_path: Path) -> None:
    """Reports of an older one written again, and a copy under another name, change nothing."""
    first, second = RunFolder.create(tmp_path, NOW), RunFolder.create(tmp_path, NOW)
    for folder in (second, first):
        folder.save(record(folder))
    shutil.copytree(first.path, tmp_path / "before the change")
    assert RunFolder.find(tmp_path, "latest") == second
    assert RunFolder.find(tmp_path, "before the change").path == tmp_path / "before the change"


def test_a_held_run_is_refused_at_once(tmp_path: Path) -> None:
    """Who comes second is told so and is not made to wait."""
    folder = RunFolder.create(tmp_path, NOW)
    with (
        folder.locked(),
        pytest.raises(StoppedError, match="another process"),
        held(folder.path / ".lock", "By another process."),
    ):
        pass


def test_five_hundred_runs_are_listed_at_once(tmp_path: Path, typed: Typed) -> None:
    """What is alike in them is looked at once."""
    (tmp_path / "list.csv").write_text("Name,Phone\nAnn Example,+12025550101\n")
    assert typed("run", tmp_path / "list.csv", "--dry-run", "--runs", tmp_path / "runs").code == 0
    first = all_runs(tmp_path / "runs")[0].path
    for number in range(499):
        copy = first.with_name(f"20260101-000000-{number:03}")
        copy.mkdir()
        for name in ("run.json", "summary.json"):
            shutil.copy(first / name, copy / name)
    start = process_time()
    done = typed("runs", "--runs", tmp_path / "runs")
    assert process_time() - start < 2
    assert (done.code, done.out.count("list.csv")) == (0, 500)
