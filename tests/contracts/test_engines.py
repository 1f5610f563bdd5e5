"""Engines: whichever stages the rows, however it is cut, the prepared rows and their batches are the same."""

import pickle
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from importer.errors import ReadError
from importer.models.watching import Silence, Stop
from importer.pipeline import preparation
from importer.pipeline.engines import ENGINES, engine_for
from importer.pipeline.engines.engine import Engine
from importer.pipeline.engines.inline import Inline
from importer.pipeline.engines.pieces import staged_table
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import RowStages
from importer.pipeline.plan import Plan, make_plan, named
from importer.pipeline.preparation import Preparation
from importer.settings.settings import load_settings
from importer.stages import Job
from importer.stages.suppress import Suppressed

SAMPLES = sorted((Path(__file__).parents[2] / "sample_data").iterdir())
JOB = Job("US", 100, Suppressed(pl.Series(["+14155550100"])))


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


@pytest.mark.parametrize("chunk_rows", [157, 50_000])
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
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
        table = pl.concat([staged.whole for staged in staged_table(sent, number, stages, 100)])
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
