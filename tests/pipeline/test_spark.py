"""The engine for clusters: what it refuses, and the rows that come from a real Spark Connect server.

Tests that need the extra ``spark`` are left out by name where it is not installed; ``make spark`` installs it.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from importer.account.whose import Whose
from importer.errors import RefusedError, UsageError
from importer.models.number_set import hashed
from importer.models.watching import Silence, Stop
from importer.pipeline.approval import approve
from importer.pipeline.engines import spark
from importer.pipeline.engines.spark import check_spark
from importer.pipeline.plan import lists_of
from importer.pipeline.prepare import prepare_run
from importer.pipeline.purge import plan_purge, purge
from importer.pipeline.run import run_import
from importer.pipeline.send import send_prepared
from importer.settings.settings import load_settings
from importer.storage.number_files import FORGOTTEN, salt_of, write_numbers
from importer.storage.run_folder import ROWS, RunFolder
from importer.system.places import place_of
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


def test_a_cluster_that_is_named_and_not_used_is_said() -> None:
    """Rows that a person takes for prepared elsewhere would be prepared here."""
    with pytest.raises(UsageError, match="Add that, or leave --spark out"):
        check_spark(load_settings({"spark": "sc://spark:15002"}))


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


@needs_spark
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("storage", ["s3", "gs", "az"])
def test_a_lake_is_prepared_and_sent_from_where_it_lies(
    storage: str, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists of a bucket, a run prepared into it, and sent from there, once; the rows are those of files."""
    files = [write(tmp_path / f"{n}.csv", *(f"P{n},+1415555{n % 2}{m:03}" for m in range(9))) for n in range(3)]
    no = write(tmp_path / "no.csv", "No,+14155550005")
    _, theirs = run(files, sandbox, tmp_path / "dry", suppress=(no,), dry_run=True, batch_size=5)
    with a_bucket(storage, "lake", monkeypatch) as put:
        for file in files:
            put(f"in/{file.name}", file.read_bytes())
        flags = {"region": "US", "engine": "spark", "runs": tmp_path / "runs", "base_url": sandbox.url, "batch_size": 5}
        settings = load_settings(flags | {"suppress": (no,)})
        lists, out = lists_of([Path(f"{storage}://lake/in")], settings), Path(f"{storage}://lake/out/march")
        told = prepare_run(lists, settings, out, Silence(), Stop())
        assert told.to_send == theirs["batch"].count()
        with pytest.raises(UsageError, match=f"{storage}://lake/out/march is there already"):
            prepare_run(lists, settings, out, Silence(), Stop())
        send = partial(send_prepared, out, key=SecretStr(sandbox.key), watch=Silence(), stop=Stop(), whose=Whose())
        folder, summary = send(settings=load_settings(flags))
        assert (summary.imported, summary.balanced) == (told.to_send, True)
        mine = pl.read_parquet(folder.path / ROWS)
        changed = ["outcome", "reason", "detail", "contact_id"]
        assert mine.drop(changed).equals(theirs.drop(changed))
        with pytest.raises(UsageError, match="two ledgers would send"):
            send(settings=load_settings(flags | {"runs": tmp_path / "others"}))
        # A run reads them as well; a list that is gone by then ends it before anything is sent.
        _, again = run(lists, sandbox, tmp_path / "runs", engine="spark", batch_size=5)
        assert set(again["reason"]) == {"already-imported", "duplicate-in-file", "confirmed"}
        with pytest.raises(UsageError, match=rf"no object {storage}://lake/in/none\.csv"):
            run([Path(f"{storage}://lake/in/none.csv")], sandbox, tmp_path / "runs", engine="spark")


@needs_spark
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_list_in_object_storage_that_was_swapped_is_not_approved(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one that is gone; with the list as it was read, the approval counts."""
    with a_bucket("s3", "lake", monkeypatch) as put:
        put("in/a.csv", b"Name,Phone\nAnn,+14155550001\n")
        folder, summary = run_import(
            [Path("s3://lake/in/a.csv")],
            load_settings(
                {"base_url": sandbox.url, "runs": tmp_path / "runs", "engine": "spark", "needs_approval": True}
            ),
            SecretStr(sandbox.key),
            Silence(),
            Stop(),
        )
        assert (summary.waiting, list(sandbox.store.contacts())) == (1, [])
        put("in/a.csv", b"Name,Phone\nBen,+14155550002\n")
        with pytest.raises(RefusedError, match=r"the file a\.csv is another"):
            approve(folder, "anna")
        place_of(Path("s3://lake/in")).clear()
        with pytest.raises(RefusedError, match=r"the file a\.csv is gone"):
            approve(folder, "anna")
        put("in/a.csv", b"Name,Phone\nAnn,+14155550001\n")
        assert approve(folder, "anna").missing == 0


@contextmanager
def a_bucket(storage: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, bytes], None]]:
    pytest.importorskip("obstore", reason="obstore is an extra: pip install 'contacts-importer[remote]'")
    from tests.support import buckets  # noqa: PLC0415 - it needs packages of its own

    with getattr(buckets, storage)(name) as (put, environment):
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        yield put


@needs_spark
def test_numbers_that_only_their_hashes_tell_are_joined(tmp_path: Path, sandbox: Sandbox) -> None:
    """Of a run that was purged, and of people who were forgotten; compared in shares, as many rows are."""
    runs = tmp_path / "runs"
    run([write(tmp_path / "before.csv", "Ann,+14155550003", "Bob,+14155551003")], sandbox, runs)
    then = datetime.now(UTC) + timedelta(days=2)
    purge(runs, plan_purge(runs, timedelta(days=1), then), Silence(), then)
    write_numbers(runs / FORGOTTEN, salt_of(runs), hashed(pl.Series(["+14155550005"]), salt_of(runs)), "")
    people = [write(tmp_path / f"{n}.csv", *(f"P{n},+1415555{n % 2}{m:03}" for m in range(9))) for n in range(3)]
    _, theirs = run(people, sandbox, runs, dry_run=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spark, "_ROWS_AT_ONCE", 7)
        _, mine = run(people, sandbox, runs, dry_run=True, engine="spark")
        assert mine.equals(theirs)
        _, sent = run(people, sandbox, runs, engine="spark")
    ends = dict(sent.group_by("reason").len().iter_rows())
    assert ends == {"confirmed": 15, "already-imported": 2, "suppressed": 2, "duplicate-in-file": 8}
