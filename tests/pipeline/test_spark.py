"""The engine for clusters: what it refuses, and the rows that come from a real Spark Connect server.

Tests that need the extra ``spark`` are left out by name where it is not installed; ``make spark`` installs it.
"""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from importer.errors import UsageError
from importer.models.watching import Silence, Stop
from importer.pipeline.engines.spark import check_spark
from importer.pipeline.run import run_import
from importer.settings.settings import load_settings
from importer.storage.run_folder import ROWS, RunFolder
from tests.conftest import Sandbox

SAMPLES = sorted((Path(__file__).parents[2] / "sample_data").iterdir())
needs_spark = pytest.mark.skipif(
    find_spec("pysail") is None or find_spec("pyspark") is None,
    reason="the extra spark is not installed: make spark installs it and runs this test",
)


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["Name,Phone", *rows, ""]), "utf-8")
    return path


@pytest.mark.parametrize("keep", ["last", "most-complete", "merge"])
def test_what_a_cluster_cannot_do_is_said_at_the_start(keep: str) -> None:
    """Exit code 2, before any file is read."""
    with pytest.raises(UsageError, match=f"--keep {keep} needs all rows of a number"):
        check_spark(load_settings({"engine": "spark", "keep": keep}))


def test_a_client_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to type."""
    monkeypatch.setitem(sys.modules, "pyspark.sql.connect.session", None)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UsageError, match=r"pip install 'contacts-importer\[spark\]'"):
        check_spark(load_settings({"engine": "spark"}))


def run(files: Sequence[Path], sandbox: Sandbox, runs: Path, **flags: object) -> tuple[RunFolder, pl.DataFrame]:
    settings = load_settings({"base_url": sandbox.url, "runs": runs, "region": "US", "batch_size": 500} | flags)
    folder, summary = run_import(files, settings, SecretStr(sandbox.key), Silence(), Stop())
    assert summary.balanced, summary.stopped_because
    return folder, pl.read_parquet(folder.path / ROWS)


@needs_spark
def test_the_rows_are_those_of_any_engine(tmp_path: Path, sandbox: Sandbox) -> None:
    """All samples, a suppression list, one number on 500 rows, numbers sent before; then all is sent, and again."""
    people = [write(tmp_path / f"{n}.csv", *(f"P{n},+1415555{n}{m:03}" for m in range(400))) for n in range(3)]
    people.append(write(tmp_path / "again.csv", *["Ann,+14155550101"] * 500, "Bob,+14155551007"))
    runs = tmp_path / "runs"
    run([write(tmp_path / "before.csv", "Ann,+14155550003", "Bob,+14155551003")], sandbox, runs)
    flags = {"suppress": (write(tmp_path / "no.csv", "No,+14155550005", "No,+14155552005"),), "dry_run": True}
    _, theirs = run([*SAMPLES, *people], sandbox, runs, **flags)
    _, mine = run([*SAMPLES, *people], sandbox, runs, **flags, engine="spark", chunk_rows=300)
    assert mine.equals(theirs)
    assert {"suppressed", "duplicate-in-file"} < set(mine["reason"].to_list())
    flags |= {"dry_run": False}
    _, sent = run(people, sandbox, runs, **flags, engine="spark")
    ends = dict(sent.group_by("reason").len().iter_rows())
    assert ends["already-imported"] == 2
    assert ends["suppressed"] == 2
    _, again = run(people, sandbox, runs, **flags)
    assert again["batch"].null_count() == again.height
