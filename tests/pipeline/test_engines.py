"""The engine of worker processes: what it does where a worker, a file or the run itself comes to an end."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from operator import itemgetter
from pathlib import Path

import polars as pl
import pytest
from polars.exceptions import ColumnNotFoundError
from pydantic import SecretStr

from importer.errors import ReadError, StoppedError
from importer.models.watching import Silence, Stop
from importer.pipeline import memory, preparation
from importer.pipeline.engines.inline import Inline
from importer.pipeline.engines.processes import FEWEST_BYTES, Processes
from importer.pipeline.plan import Plan, make_plan, named
from importer.pipeline.preparation import Preparation
from importer.pipeline.run import resume_import, run_import
from importer.settings.settings import load_settings
from importer.stages import Job
from importer.storage.run_folder import ROWS
from importer.system import cores, process_tree
from tests.conftest import Sandbox
from tests.support.interruption import Interruption
from tests.support.truth import write_csv

Watcher = Callable[[int], None]
ENGINES = [Inline, Processes]
NEVER = Stop()


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of every kind of trouble that the tests know."""
    path = tmp_path_factory.mktemp("messy") / "list.csv"
    write_csv(path, 800, seed=3)
    return path


def planned(*files: Path) -> Plan:
    return make_plan(named(files), load_settings({"region": "US"}), Silence())


def prepared(
    engine: type, plan: Plan, each: Watcher = lambda _: None, *, stop: Stop = NEVER, by: Preparation | None = None
) -> pl.DataFrame:
    """All rows of a plan; ``each`` is called with the count of rows so far."""
    frames, rows = [], 0
    settings = load_settings({"region": "US", "chunk_rows": 100, "workers": 2})
    by = by or Preparation(Job("US", 100))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparation, "engine_for", lambda *_: engine)
        for _, frame in by.rows(plan, settings, Silence(), stop):
            frames.append(frame)
            rows += frame.height
            each(rows)
    return pl.concat(frames, how="diagonal")


_OTHERS: set[int] = set()
"""Children that tests of other modules have left waiting."""


@pytest.fixture(autouse=True)
def others() -> None:
    _OTHERS.update(process_tree.child_ids())


def children() -> list[int]:
    """The ids of the processes that a test of this module has started, and of theirs."""
    return [pid for pid in process_tree.child_ids() if pid not in _OTHERS]


def workers() -> list[int]:
    """The ids of the worker processes: the children of the one that forked them."""
    return children()[1:]


def kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def killing_all() -> Iterator[None]:
    """Kill every worker as soon as it is there."""
    over = threading.Event()

    def kill_on() -> None:
        while not over.wait(0.005):
            kill(workers())

    thread = threading.Thread(target=kill_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_worker_that_is_killed_costs_nothing(messy: Path) -> None:
    """Its rows are done again by another one; the frames are as if nothing had been."""
    killed: list[int] = []

    def each(rows: int) -> None:
        if rows > 200 and not killed:
            killed.extend(workers()[:1])
            kill(killed)

    assert prepared(Processes, planned(messy), each).equals(prepared(Inline, planned(messy)))
    assert killed
    assert workers() == []


def test_rows_over_which_two_workers_are_killed_end_the_run_in_words(messy: Path) -> None:
    """It is told which rows, and what to type; no process is left."""
    with (
        killing_all(),
        pytest.raises(StoppedError, match=r"from byte \d+ on of list\.csv: .*--workers 1") as told,
    ):
        prepared(Processes, planned(messy))
    assert told.value.exit_code == StoppedError.exit_code
    assert children() == []


@pytest.mark.parametrize("engine", ENGINES)
def test_an_error_is_the_same_one_in_a_worker(engine: type, messy: Path) -> None:
    """A bug in a stage is told with its type and place, whoever met it."""
    broken = Job("US", 100, correct=itemgetter("no such column"))  # type: ignore[arg-type]
    with pytest.raises(ColumnNotFoundError, match="no such column"):
        prepared(engine, planned(messy), by=Preparation(broken))
    assert children() == []


def test_a_wish_to_stop_is_obeyed_and_leaves_no_process(messy: Path) -> None:
    """What was given out is the beginning of the list, without a gap. Meanwhile the memory of workers counts, too."""
    stop = Stop()
    held: list[float] = []

    def each(rows: int) -> None:
        if rows > 300:
            held.extend([sum(map(process_tree._held_kb, workers())) / 1024, process_tree.held_mb(), rows])
            stop.wish()

    first = prepared(Processes, planned(messy), each, stop=stop)
    of_workers, of_all, given_out = held
    assert first.height == given_out < 800
    assert first.equals(prepared(Inline, planned(messy)).head(first.height))
    assert children() == []
    assert 0 < of_workers < of_all


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_that_changes_ends_the_run_or_is_passed_over(engine: type, messy: Path, tmp_path: Path) -> None:
    """With ``passes_over`` the rows of the next file follow."""
    other = tmp_path / "other.csv"
    other.write_text("Name,Phone\nAnn,+14155550101\n", "utf-8")
    plan = planned(other, messy)
    other.write_text("Name,Phone\nAnn,+14155550101\nBob,+14155550102\n", "utf-8")
    with pytest.raises(ReadError, match=r"other\.csv changed while it was read"):
        prepared(engine, plan)
    by = Preparation(Job("US", 100), passes_over=True)
    assert prepared(engine, plan, by=by).height == 800
    assert list(by.unreadable) == [0]
    assert {"read", "map", "phones", "deduplicate"} <= by.seconds.keys()


@pytest.mark.parametrize(("begun", "resumed", "keep"), [(Inline, Processes, "first"), (Processes, Inline, "last")])
def test_any_engine_goes_on_where_another_stopped(  # noqa: PLR0917 - its fixtures
    begun: type,
    resumed: type,
    keep: str,
    messy: Path,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rows are as one engine prepares them alone; every contact is in the account, once."""
    given = {
        "region": "US",
        "keep": keep,
        "chunk_rows": 100,
        "workers": 2,
        "batch_size": 50,
        "requests_per_hour": 10**6,
    }
    stop, key = Stop(), SecretStr(sandbox.key)
    monkeypatch.setattr(preparation, "engine_for", lambda *_: begun)
    settings = load_settings(given | {"base_url": sandbox.url, "runs": tmp_path / "runs"})
    folder, summary = run_import([messy], settings, key, Interruption(stop, 300), stop)
    assert summary.status == "incomplete"
    assert 0 < summary.rows < 800
    monkeypatch.setattr(preparation, "engine_for", lambda *_: resumed)
    summary = resume_import(folder, key, Silence(), Stop())
    assert (summary.status, summary.rows, summary.balanced) == ("complete", 800, True)
    monkeypatch.setattr(preparation, "engine_for", lambda *_: Inline)
    alone, _ = run_import([messy], load_settings(given | {"dry_run": True, "runs": tmp_path}), None, Silence(), Stop())
    differing = pl.exclude("outcome", "reason", "detail", "contact_id")
    rows = pl.read_parquet(folder.path / ROWS)
    assert rows.select(differing).equals(pl.read_parquet(alone.path / ROWS).select(differing))
    sent = rows.filter(pl.col("batch").is_not_null())["phone"]
    assert sorted(contact.phone for contact in sandbox.store.contacts()) == sorted(sent)


def test_workers_end_with_the_process_that_started_them() -> None:
    """Also if it is killed and can end nobody."""
    program = """if True:
        import json, time
        from importer.pipeline.engines.pool import Pool
        from importer.pipeline.engines.row_plan import RowPlan
        from importer.stages import Job
        from importer.system import process_tree
        pool = Pool(RowPlan((), Job()), {}, 2, print)
        while len(process_tree.child_ids()) < 3:
            time.sleep(0.01)
        print(json.dumps(process_tree.child_ids()), flush=True)
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pids = json.loads(process.stdout.readline())
        assert len(pids) == 3
        assert all(map(process_tree._held_kb, pids))
        process.kill()
    deadline = time.monotonic() + 30
    while any(map(process_tree._held_kb, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(process_tree._held_kb, pids))


def test_only_a_large_list_gets_workers_and_only_as_many_as_fit(messy: Path, tmp_path: Path) -> None:
    """One process for a small list, with ``--workers 1``, and where memory is short."""
    large = tmp_path / "large.csv"
    large.write_text("Name,Phone\n" + "Ann Lee,+14155550101\n" * (FEWEST_BYTES // 21 + 1), "ascii")
    small, large_plan = planned(messy), planned(large)
    enough = {"max_memory": 4_000, "workers": 2}
    assert Processes.suits(large_plan, load_settings(enough))
    assert not Processes.suits(small, load_settings(enough))
    assert not Processes.suits(large_plan, load_settings(enough | {"workers": 1}))
    assert not Processes.suits(large_plan, load_settings(enough | {"max_memory": 512}))
    assert memory.most_workers(load_settings({"max_memory": 4_000})) > memory.most_workers(
        load_settings({"max_memory": 1_000})
    )
    assert 1 <= cores.usable() <= (os.cpu_count() or 1)
