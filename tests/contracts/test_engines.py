"""Engines: whichever stages the rows, however it is cut, the prepared rows and their batches are the same."""

import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.errors import ReadError, UnapprovedError
from importer.models.number_set import NumberSet
from importer.models.watching import Silence, Stop
from importer.pipeline import preparation
from importer.pipeline.engines import ENGINES, engine_for, processes
from importer.pipeline.engines.engine import Engine
from importer.pipeline.engines.inline import Inline
from importer.pipeline.engines.pieces import staged_table
from importer.pipeline.engines.pool import Pool
from importer.pipeline.engines.processes import Processes
from importer.pipeline.engines.ranges import Done, Range, Task
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import RowStages, Spent
from importer.pipeline.engines.shared import packed, unpacked
from importer.pipeline.plan import Plan, make_plan, named
from importer.pipeline.preparation import Preparation
from importer.readers.divisible import Ranges
from importer.settings.settings import load_settings
from importer.stages import Job
from importer.stages.suppress import Suppressed
from importer.targets.bodies import bulk_body
from tests.conftest import Sandbox, StartSandbox, Typed
from tests.support.retrying import corrected
from tests.support.workbooks import save

SAMPLES = sorted((Path(__file__).parents[2] / "sample_data").iterdir())
SENT = ("phone", "first_name", "last_name", "email", "metadata")
JOB = Job("US", 100, Suppressed(NumberSet.of(["+14155550100"])))


def planned(files: Sequence[Path]) -> Plan:
    return make_plan(named(files), load_settings({"region": "US"}), Silence())


@cache
def samples() -> Plan:
    return planned(SAMPLES)


def prepared(engine: type[Engine], monkeypatch: pytest.MonkeyPatch, plan: Plan, **flags: object) -> pl.DataFrame:
    """All rows of a plan as a run prepares them: with survivors and batches."""
    monkeypatch.setattr(preparation, "engine_for", lambda *_: engine)
    frames = Preparation(JOB).rows(plan, load_settings({"region": "US"} | flags), Silence(), Stop())
    return pl.concat([frame for _, frame in frames], how="diagonal")


@cache
def expected() -> pl.DataFrame:
    """The rows of the samples, in one piece a table."""
    with pytest.MonkeyPatch.context() as patch:
        return prepared(Inline, patch, samples())


def test_every_list_has_an_engine() -> None:
    """The first in the registry suits all, and its name is in no other line of it."""
    assert engine_for(planned(SAMPLES[:1]), load_settings({})) in ENGINES
    assert ENGINES[0] is Inline
    assert len({engine.name for engine in ENGINES}) == len(ENGINES)


@pytest.mark.parametrize(
    ("engine", "chunk_rows"),
    [*((engine, 157) for engine in ENGINES), *((engine, 50_000) for engine in ENGINES[1:])],  # the other is expected
    ids=lambda value: value if isinstance(value, int) else value.name,
)
def test_neither_engine_nor_chunks_show(engine: type[Engine], chunk_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbooks and texts, several files, duplicates over all of them, malformed rows, footers, a suppression list."""
    rows = prepared(engine, monkeypatch, samples(), chunk_rows=chunk_rows)
    assert rows.equals(expected())
    assert {"suppressed", "duplicate-in-file", "malformed-row"} & set(rows["reason"].cast(pl.String).to_list())


def test_a_table_by_value_gives_the_same_rows() -> None:
    """A plan that was sent to another machine stages each table as this one does, from its own first row on."""
    plan = samples()
    sent = pickle.loads(pickle.dumps(RowPlan.of(plan, JOB)))  # noqa: S301 - what was pickled here
    stages = RowStages(sent, lambda *_: None)
    frames, position = [], 0
    for number in range(len(plan.tables)):
        table = pl.concat([staged.whole for staged in staged_table(sent, number, stages, 400)])
        frames.append(table.with_columns(pl.col("position") + position))
        position += table.height
    columns = [name for name in frames[0].columns if not name.startswith("raw:")]
    got = pl.concat([frame.select(columns) for frame in frames])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparation, "RUN_STAGES", ())
        want = prepared(Inline, patch, plan)
    assert got.equals(want.select(columns))


def test_a_table_that_changed_since_it_was_planned_is_refused(tmp_path: Path) -> None:
    """A worker that opens another file of that name reads no row of it."""
    path = tmp_path / "list.csv"
    path.write_text("Name,Phone\nAnn,+14155550101\n", "utf-8")
    sent = RowPlan.of(planned([path]), JOB)
    path.write_text("Name,Phone\nAnn,+14155550102\n", "utf-8")
    with pytest.raises(ReadError, match="changed since it was planned"):
        list(staged_table(sent, 0, RowStages(sent, lambda *_: None), 100))


def test_a_run_is_held_approved_and_retried_alike(
    typed: Typed, start_sandbox: StartSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two texts and a workbook, ``--keep merge``, a suppression list, approval, a retry of a mended row."""
    lived = [_lived(engine, typed, start_sandbox(), tmp_path / engine.name, monkeypatch) for engine in ENGINES]
    for each in lived[1:]:
        assert each == lived[0]
    rows, retried, contacts = lived[0]
    reasons = [reason for *_, reason in rows]
    assert {"confirmed", "duplicate-in-file", "suppressed", "phone-invalid", "malformed-row"} <= set(reasons)
    assert [reason for *_, reason in retried] == ["confirmed"]
    assert len(contacts) == reasons.count("confirmed") + 1


def _lived(
    engine: type[Engine], typed: Typed, sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[tuple[object, ...]], ...]:
    """The rows of a run and of its retry, and the contacts in the account in the end."""
    monkeypatch.setattr(preparation, "engine_for", lambda *_: engine)
    monkeypatch.setenv("IMPORTER_CHUNK_ROWS", "9")
    monkeypatch.setenv("IMPORTER_WORKERS", "2")
    folder.mkdir()
    text = "Name,Phone,Town\n" + "".join(f'Ann Lee,+141555501{n:02},"Up\ntown"\n' for n in range(30))
    (folder / "a.csv").write_text(f"{text}Ben Fox,12345,x\nCid,+14155550199,x,more\n", "utf-8")
    (folder / "b.csv").write_text("Name;Phone;Email\n" + "Ann Lee;+14155550103;ann@x.example\n" * 3, "utf-16")
    save(folder / "c.xlsx", [["Name", "Phone"], ["Dee Orr", "+14155550150"], ["Ann Lee", "+14155550104"]])
    (folder / "no.csv").write_text("Phone\n+14155550105\n", "utf-8")
    files = [folder / name for name in ("a.csv", "b.csv", "c.xlsx")]
    run = json.loads(
        typed(
            "run", *files, "--region", "US", "--runs", folder / "runs", "--base-url", sandbox.url, "--keep", "merge",
            "--suppress", folder / "no.csv", "--batch-size", "7", "--needs-approval", "--json",
        ).out
    )["run_id"]  # fmt: skip
    of_runs = ("--runs", folder / "runs")
    assert typed("resume", run, *of_runs).code == UnapprovedError.exit_code
    assert typed("approve", run, *of_runs).code == 3
    place = folder / "runs" / run
    wrong = openpyxl.load_workbook(place / "retry.xlsx").active
    row = next(number for number, cells in enumerate(wrong.values, 1) if "12345" in cells)
    fixed = corrected(place, "fixed.xlsx", {row: {"Phone": "+14155550177"}})
    again = json.loads(typed("retry", run, fixed, *of_runs, "--json").out)["run_id"]
    typed("approve", again, *of_runs)
    contacts: list[tuple[object, ...]] = sorted(
        (each.phone, each.first_name, each.email) for each in sandbox.store.contacts()
    )
    return _ends(place), _ends(folder / "runs" / again), contacts


def _ends(run: Path) -> list[tuple[object, ...]]:
    """What became of each row of a run."""
    rows = pl.read_parquet(run / "rows.parquet").with_columns(pl.col("detail").str.replace(run.name, "RUN"))
    return rows.select(pl.exclude("contact_id", "reason"), "reason").rows()


class _Here(Pool):
    """A pool whose tasks are done by this process, in the order in which workers would get them, and by value."""

    def __init__(self, plan: RowPlan, ranges: Mapping[int, Ranges], workers: int, spent: Spent) -> None:  # noqa: ARG002 - a pool's
        self._plan, self._ranges = pickle.loads(pickle.dumps((plan, ranges)))  # noqa: S301 - what was pickled here
        self._spent = spent

    def stage(self, task: Task) -> Done:
        return self._by_itself(
            replace(task, carried=unpacked(packed(task.carried))) if isinstance(task, Range) else task
        )

    def close(self) -> None:
        """There is nothing to end."""


_LINES = (
    "Ann,+14155550101,note\n",
    'Ben,+14155550102,"two\nlines"\n',
    'Cid,+14155550103,"many\n\n,,\nDee,+14155550104,x\n"\n',
    "Dee,+14155550104,5'10\" tall\n",
    'Eve "E" Lee,+14155550105,"she said ""yes"""\n',
    'Fay,+14155550106,"open\n',
    "Gus,+14155550107\n",
    "Hal,+14155550108,x,more,cells\n",
    "Ida,+14155550101,again\r",
    "Name,Phone,Notes\n",
    "Emergency contacts,,\n",
    "Name,Age,Town\n",
    "\n",
    ",,\n",
    "# a remark\n",
    "Ja\0n,+14155550109,x\r\n",
    "nonsense\n",
)
_texts = st.lists(st.sampled_from(_LINES), max_size=8).map("".join)


@settings(max_examples=4)
@given(
    texts=st.lists(_texts, min_size=1, max_size=3),
    ends=st.sampled_from(["", "Total: 3\n", "\n\n", '"']),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    chunk_rows=st.integers(2, 9),
    workers=st.integers(1, 3),
)
@example(
    texts=["Emergency contacts,,\n" + _LINES[0] * 5, _LINES[0]], ends="", encoding="utf-8", chunk_rows=2, workers=3
)
@example(texts=[_LINES[1] * 3 + _LINES[5] + _LINES[0] * 3], ends='"', encoding="utf-8", chunk_rows=3, workers=2)
def test_no_small_list_tells_engines_apart(  # noqa: PLR0917 - what is drawn
    texts: list[str], ends: str, encoding: str, chunk_rows: int, workers: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Odd quotes, cells over lines, blank lines, headers and headings between, footers; cut anywhere, several files."""
    folder = tmp_path_factory.mktemp("small")
    files = [folder / f"{number}.csv" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(f"Name,Phone,Notes\n{_LINES[0]}{text}{ends}", encoding, newline="")
    plan = planned(files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "Pool", _Here)
        want = prepared(Inline, patch, plan)
        got = prepared(Processes, patch, plan, chunk_rows=chunk_rows, workers=workers)
    assert got.equals(want)
    assert bodies(got) == bodies(want)


def bodies(rows: pl.DataFrame) -> list[bytes]:
    """The requests' bodies, batch after batch."""
    batches = rows.filter(pl.col("batch").is_not_null()).partition_by("batch", maintain_order=True)
    return [bulk_body(batch, {name: name for name in SENT}, "contacts") for batch in batches]
