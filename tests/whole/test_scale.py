"""What large lists need: work side by side, memory that is bounded, the same bytes however the work is cut."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest
from pydantic import SecretStr

from importer.errors import UsageError
from importer.models.frames import size_bytes
from importer.models.watching import Silence, Stop
from importer.pipeline import memory
from importer.pipeline.ahead import ahead
from importer.pipeline.run import resume_import, run_import
from importer.settings.settings import load_settings
from importer.storage.run_folder import ROWS, RunFolder
from importer.storage.summary import Summary
from tests.conftest import Sandbox, Typed
from tests.support.commands import books, importer
from tests.support.truth import write_csv


def dry_run(folder: Path, rows: int, **flags: object) -> tuple[RunFolder, Summary]:
    """A dry run of a list of so many rows, always the same."""
    if not (folder / "list.csv").exists():
        write_csv(folder / "list.csv", rows, seed=1)
    settings = load_settings({"dry_run": True, "runs": folder / f"runs-{len(flags)}"} | flags)
    return run_import([folder / "list.csv"], settings, None, Silence(), Stop())


def test_items_made_ahead_come_in_order_one_before_it_is_wanted() -> None:
    """While the first item is in use the second is made, by another thread; no third one is."""
    made: list[tuple[int, int]] = []

    def items() -> Iterator[int]:
        for number in range(4):
            made.append((number, threading.get_ident()))
            yield number

    coming = ahead(items())
    assert next(coming) == 0
    deadline = time.monotonic() + 5
    while len(made) < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert [number for number, _ in made] == [0, 1]
    assert threading.get_ident() not in {thread for _, thread in made}
    assert list(coming) == [1, 2, 3]


def test_trouble_ahead_is_raised_where_the_item_is_wanted() -> None:
    """What was made before it is not lost."""

    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no second")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="no second"):
        next(coming)


def test_less_memory_means_fewer_rows_at_a_time() -> None:
    """Never more than the setting, never none; wide rows count for more."""
    assert memory.chunk_rows(load_settings({"max_memory": 8_000}), 100) == 50_000
    assert memory.chunk_rows(load_settings({"max_memory": 8_000, "chunk_rows": 7}), 100) == 7
    small = load_settings({"max_memory": 512})
    assert 0 < memory.chunk_rows(small, 10_000) < memory.chunk_rows(small, 1_000) < 50_000
    assert memory.chunk_rows(small, 1e9) > 0
    assert memory.allowed_mb(small) == 512
    assert memory.is_enough_for_all(load_settings({"max_memory": 8_000}), 1_000_000)
    assert not memory.is_enough_for_all(small, 1_000_000)
    assert memory.allowed_mb(load_settings({})) >= 512


def test_thousands_of_short_cells_count_for_their_number() -> None:
    """Polars counts the letters alone, and a chunk of 16,384 columns would take fifty times what was planned."""
    wide = pl.DataFrame({f"raw:{number}": ["x"] * 50 for number in range(4_000)})
    assert size_bytes(wide) >= 8 * 4_000 * 50 > 5 * wide.estimated_size()
    long = pl.DataFrame({"raw:notes": ["x" * 1_000] * 50})
    assert size_bytes(long) == long.estimated_size()


def test_the_summary_says_what_memory_was_allowed_and_taken(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--max-memory`` counts in MB; what no import can keep to is refused as wrong usage."""
    write_csv(tmp_path / "list.csv", 20, seed=1)
    monkeypatch.chdir(tmp_path)
    summary = books(typed("run", "list.csv", "--dry-run", "--max-memory", "4000", "--json"))
    assert summary["max_memory_mb"] == 4_000
    assert 0 < summary["peak_memory_mb"] < 4_000
    with pytest.raises(UsageError, match=r"--max-memory.*512"):
        load_settings({"max_memory": 100})


def test_the_same_rows_however_the_work_is_cut(tmp_path: Path) -> None:
    """Chunks of any size, one core or two: the same frame, and CSV files that are the same to the last byte."""
    folders = [dry_run(tmp_path, 1_000)[0].path, dry_run(tmp_path, 1_000, chunk_rows=57)[0].path]
    books(importer("run", "list.csv", "--dry-run", "--json", cwd=tmp_path, POLARS_MAX_THREADS="1"))
    folders += (tmp_path / "runs").glob("*/")
    first = pl.read_parquet(folders[0] / ROWS)
    assert all(pl.read_parquet(folder / ROWS).equals(first) for folder in folders)
    files = [sorted(folder.glob("*.csv")) for folder in folders]
    assert {"planned.csv", "skipped.csv", "errored.csv"} <= {file.name for file in files[0]}
    for same in zip(*files, strict=True):
        assert len({file.read_bytes() for file in same}) == 1, same[0].name


def test_a_run_that_was_killed_while_it_read_has_balanced_books(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``importer report`` counts the rows that were staged when the kill came, and says that the run is incomplete."""
    write_csv(tmp_path / "list.csv", 5_000, seed=3)
    command = [sys.executable, "-m", "importer", "run", "list.csv", "--dry-run"]
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"IMPORTER_CHUNK_ROWS": "50"}) as process:
        while len(list(tmp_path.glob("runs/*/parts/0*"))) < 3 and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    monkeypatch.chdir(tmp_path)
    summary = books(typed("report", "latest", "--json"))
    staged = pl.scan_parquet(list(tmp_path.glob("runs/*/parts/0*"))).select(pl.len()).collect().item()
    assert 150 <= summary["rows"] == staged < 5_000


def test_a_complete_run_is_not_resumed(tmp_path: Path, sandbox: Sandbox) -> None:
    """It says so, ends as the run did, and writes nothing."""

    class Listening(Silence):
        notes: ClassVar[list[str]] = []

        def note(self, text: str) -> None:
            self.notes.append(text)

    write_csv(tmp_path / "list.csv", 20, seed=4)
    settings, key = load_settings({"base_url": sandbox.url, "runs": tmp_path}), SecretStr(sandbox.key)
    folder, summary = run_import([tmp_path / "list.csv"], settings, key, Silence(), Stop())
    before = {path: path.stat().st_mtime_ns for path in folder.path.iterdir()}
    assert resume_import(folder, key, Listening(), Stop()) == summary
    assert len(Listening.notes) == 1
    assert "nothing to do" in Listening.notes[0]
    assert {path: path.stat().st_mtime_ns for path in folder.path.iterdir()} == before


def test_entries_of_the_suppression_list_that_suppress_nothing_are_counted(tmp_path: Path) -> None:
    """The summary has the list's entries and how many are no numbers."""
    (tmp_path / "never.csv").write_text("Phone\n+14155550100\nnobody\n12\n", "utf-8")
    _, summary = dry_run(tmp_path, 20, suppress=tmp_path / "never.csv")
    assert summary.suppression is not None
    (listed,) = summary.suppression.at_start
    assert (listed.entries, listed.unread) == (3, 2)
