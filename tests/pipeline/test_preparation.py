"""Preparation: any chunks give the same rows, in the order of the files, and a wish to stop leaves whole chunks."""

from pathlib import Path

import polars as pl
import pytest

from importer.models.watching import Silence, Stop
from importer.pipeline.plan import make_plan, named
from importer.pipeline.preparation import Preparation
from importer.settings.settings import Settings, load_settings
from importer.stages import Job


@pytest.fixture
def lists(tmp_path: Path) -> list[Path]:
    """Two lists that share a number."""
    files = [tmp_path / name for name in ("a.csv", "b.csv")]
    for number, file in enumerate(files):
        rows = [f"Ann{n},+1 415 555 {100 + n + 5 * number:04}" for n in range(7)]
        file.write_text("\n".join(["Name,Phone", *rows]) + "\n", "utf-8")
    return files


def prepared(
    files: list[Path], settings: Settings, stop: Stop | None = None, skip: tuple[int, ...] = ()
) -> list[tuple[int, pl.DataFrame]]:
    plan = make_plan(named(files), settings, Silence())
    return list(Preparation(Job(region="US", batch_size=5)).rows(plan, settings, Silence(), stop or Stop(), skip))


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_the_size_of_chunks_changes_no_row(lists: list[Path], rows: int) -> None:
    """Positions go on over the files, and who has a number first survives wherever a chunk ends."""
    chunks = prepared(lists, load_settings({"chunk_rows": rows}))
    assert [table for table, _ in chunks] == sorted(table for table, _ in chunks)
    whole = pl.concat([frame for _, frame in chunks], how="diagonal")
    assert whole["position"].to_list() == list(range(14))
    assert whole.filter(reason="duplicate-in-file").select("source", "row", "kept_source", "kept_row").rows() == [
        ("b.csv", 2, "a.csv", 7),
        ("b.csv", 3, "a.csv", 8),
    ]
    assert whole["batch"].drop_nulls().to_list() == [1] * 5 + [2] * 5 + [3] * 2


def test_rows_that_were_prepared_before_are_left_out(lists: list[Path]) -> None:
    """Of each table as many as are said; the others keep their positions."""
    chunks = prepared(lists, load_settings({"chunk_rows": 3}), skip=(7, 2))
    assert [table for table, _ in chunks] == [1, 1]
    assert pl.concat([frame for _, frame in chunks])["position"].to_list() == list(range(9, 14))


def test_a_wish_to_stop_gives_out_nothing_more(lists: list[Path]) -> None:
    """Not even what was read ahead by then."""
    stop = Stop()
    stop.wish()
    assert prepared(lists, load_settings({"chunk_rows": 3}), stop) == []


def test_the_seconds_of_each_stage_are_told(lists: list[Path]) -> None:
    """Those of the engine's and those of the stages that know other rows."""
    settings = load_settings({})
    preparation = Preparation(Job(region="US"))
    plan = make_plan(named(lists), settings, Silence())
    assert len(list(preparation.rows(plan, settings, Silence(), Stop()))) == 2
    assert {"read", "phones", "deduplicate", "batch"} <= preparation.seconds.keys()
