"""What the machines of a cluster do: the same files however often a task is carried out, and wherever."""

import pickle
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import polars as pl

from importer.models.watching import Silence
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.tasks import DECISIONS, ClusterPlan, decide_table, finish_table, stage_table
from importer.pipeline.plan import make_plan, named
from importer.settings.settings import load_settings
from importer.stages import Job
from importer.system.places import Folder


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["Name,Phone", *rows, ""]), "utf-8")
    return path


def cluster_plan(files: Sequence[Path], folder: Path) -> ClusterPlan:
    plan = make_plan(named(files), load_settings({"region": "US"}), Silence())
    return ClusterPlan(RowPlan.of(plan, Job("US", 2)), Folder(folder), chunk_rows=2)


def written(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.parquet")}


def test_a_task_that_is_repeated_elsewhere_writes_the_same(tmp_path: Path) -> None:
    """By value: the plan was pickled in between. A task that was killed leaves a file under no name that counts."""
    files = [write(tmp_path / "a.csv", "Ann,+14155550101", "Bob,+14155550102", "Cid,+14155550103"),
             write(tmp_path / "b.csv", "Ann,+14155550101", "Eve,none")]  # fmt: skip
    plan = cluster_plan(files, tmp_path / "run")
    told = [stage_table(plan, table) for table in range(2)]
    assert [(table.rows, table.opened, table.error) for table in told] == [(3, 3, None), (2, 1, None)]
    plan = replace(plan, first_position=(0, 3), first_place=(0, 3))
    columns = {"id": pl.Int64, **DECISIONS}
    found = [pl.DataFrame([(table << 40, 14155550101, 0, 2, None)], columns, orient="row") for table in range(2)]
    assert [decide_table(plan, table, found[table], 0) for table in range(2)] == [0, 1]
    parts = [[*finish_table(plan, table)] for table in range(2)]
    assert [[(part.rows, part.to_send) for part in own] for own in parts] == [[(2, 2), (1, 1)], [(2, 0)]]
    before = written(tmp_path / "run")
    again: ClusterPlan = pickle.loads(pickle.dumps(plan))  # noqa: S301 - what was pickled here
    (tmp_path / "run" / "parts" / ".0000-000000-1-1.parquet.of-a-task-that-was-killed").write_bytes(b"PAR1")
    for table in range(2):
        stage_table(again, table)
        decide_table(again, table, found[table], 0)
        list(finish_table(again, table))
    assert written(tmp_path / "run") == before
    rows = pl.read_parquet(sorted((tmp_path / "run" / "parts").glob("[0-9]*")))
    assert rows["position"].to_list() == [0, 1, 2, 3, 4]
    assert rows.select("batch", "offset").rows() == [(1, 0), (1, 1), (2, 0), (None, None), (None, None)]
    assert rows.row(3, named=True)["detail"] == "same number as row 2 of a.csv"


def test_a_table_that_cannot_be_read_is_told_by_name(tmp_path: Path) -> None:
    """As a value: an exception's text would pass through the logs of a cluster."""
    file = write(tmp_path / "a.csv", "Ann,+14155550101")
    plan = cluster_plan([file], tmp_path / "run")
    write(file, "Ann,+14155550102")
    assert "a.csv changed since it was planned" in (stage_table(plan, 0).error or "")
