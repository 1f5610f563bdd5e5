"""A value that a stage fails on settles its row, and no run ends because of it."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from importer.errors import StoppedError
from importer.models.frames import RAW, begin
from importer.models.mappings import Mapping
from importer.models.sources import Source
from importer.models.watching import Silence, Stop
from importer.pipeline.engines import row_stages
from importer.pipeline.run import run_import
from importer.settings.settings import Keep, Settings
from importer.stages import ROW_STAGES
from importer.stages.isolation import isolated
from importer.stages.map import Map

HEADER = ["Phone", "First name", "Full name", "Email", "Country", "SMS consent", "Notes"]
COLUMNS = {"first_name": "First name", "full_name": "Full name", "email": "Email", "region": "Country"}
VALUES = ("phone:Phone", "first_name", "full_name", "email", "region", "meta:Notes")
POISON = "poison"


class Fails:
    """A stage that cannot take one value in one column, whatever the other rows are."""

    def __init__(self, column: str, fault: BaseException) -> None:
        self._column, self._fault = column, fault
        self.calls = 0

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        self.calls += 1
        if self._column in frame.columns and (frame[self._column] == POISON).any():
            raise self._fault
        return frame.with_columns(seen=pl.lit(value=True))


def mapped(rows: int, poisoned: Sequence[int] = (), column: str = "first_name") -> pl.DataFrame:
    """Rows as they come from ``Map``, with a value that ``Fails`` cannot take in some of them."""
    raw = {RAW + name: [f"{name} {row}" for row in range(rows)] for name in HEADER}
    own = {"row": range(rows), "line": range(rows), "problem": None, "extra_cells": None}
    chunk = pl.DataFrame(own | raw, schema_overrides={"problem": pl.String, "extra_cells": pl.String})
    mapping = Mapping(("Phone",), first_name="First name", full_name="Full name", email="Email", metadata=("Notes",))
    frame = Map(mapping)(begin(chunk, Source(Path("a.csv"), "a.csv", "", 0, "csv", tuple(HEADER), 1), 0))
    return frame.with_columns(
        pl.when(pl.int_range(pl.len()).is_in(list(poisoned))).then(pl.lit(POISON)).otherwise(column).alias(column)
    )


@pytest.mark.parametrize("column", VALUES)
def test_a_row_with_a_value_that_fails_a_stage_is_settled_and_its_column_named(column: str) -> None:
    """The other rows have what the stage makes of them; the detail names the file's column, and no value."""
    frame = mapped(100, (7, 8, 99), column)
    got = isolated(Fails(column, RecursionError("deep in poison")), frame, COLUMNS)
    assert got["row"].to_list() == list(range(100))
    assert got["seen"].all()
    settled = got.filter(pl.col("reason").is_not_null())
    assert settled["row"].to_list() == [7, 8, 99]
    assert set(settled["reason"].cast(pl.String)) == {"field-invalid"}
    name = COLUMNS.get(column) or column.partition(":")[2]
    assert set(settled["detail"]) == {f'importer fails on what "{name}" holds (fails: RecursionError)'}
    assert got[column].null_count() == 3 + frame[column].null_count()
    assert got.select(pl.col(f"^{RAW}.*$")).equals(frame.select(pl.col(f"^{RAW}.*$")))


def test_two_values_that_fail_a_stage_are_both_named() -> None:
    """Each fails it by itself, so that mending one would not help."""
    frame = mapped(3, (1,), "email").with_columns(first_name=pl.col("email"))
    got = isolated(lambda each: Fails("email", ValueError())(Fails("first_name", ValueError())(each)), frame, {})
    assert got["detail"].to_list() == [
        None,
        'importer fails on what "first_name", "email" holds (function: ValueError)',
        None,
    ]


def test_what_a_row_was_settled_with_before_it_keeps() -> None:
    """A blank row stays a blank row, whatever a stage makes of it."""
    frame = mapped(2, (1,)).with_columns(reason=pl.Series(["blank-row", None], dtype=mapped(1).schema["reason"]))
    frame = frame.with_columns(first_name=pl.lit(POISON))
    assert isolated(Fails("first_name", ValueError()), frame, {})["reason"].cast(pl.String).to_list() == [
        "blank-row",
        "field-invalid",
    ]


def test_one_row_at_fault_costs_a_logarithm_of_calls() -> None:
    """Halves are tried, not rows: 20,000 rows take less than 60 calls."""
    stage = Fails("first_name", ValueError())
    isolated(stage, mapped(20_000, (12_345,)), {})
    assert stage.calls < 60


@pytest.mark.parametrize("fault", [StoppedError("full"), MemoryError(), KeyboardInterrupt()])
def test_what_no_row_is_to_blame_for_ends_the_run(fault: BaseException) -> None:
    """A refusal, a machine without memory and Ctrl-C are raised as they come, at the first call."""
    stage = Fails("first_name", fault)
    with pytest.raises(type(fault)):
        isolated(stage, mapped(10, (3,)), {})
    assert stage.calls == 1


def test_a_stage_that_fails_without_any_value_is_no_row_s_fault() -> None:
    """What fails on empty rows, too, is raised, so that no list is settled because of it."""

    def broken(_: pl.DataFrame) -> pl.DataFrame:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        isolated(broken, mapped(4), {})


def test_a_panic_of_polars_is_a_fault_like_any_other() -> None:
    """It is no ``Exception``, and still no reason to end a run."""
    got = isolated(Fails("email", pl.exceptions.PanicException("index out of bounds")), mapped(4, (2,), "email"), {})
    assert got["detail"].null_count() == 3


def written(path: Path, names: Sequence[str]) -> Path:
    """A list in which each of these is somebody's first name."""
    rows = [[f"+1 415 555 01{place:02}", name, "", "", "US", "yes", "tea"] for place, name in enumerate(names)]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def dry_run(path: Path, keep: Keep = "first") -> pl.DataFrame:
    """The rows of a dry run, as its folder has them."""
    settings = Settings.model_validate({"region": "US", "dry_run": True, "keep": keep, "runs": path.parent / "runs"})
    folder, summary = run_import([path], settings, None, Silence(), Stop())
    assert summary.stopped_because is None
    return pl.read_parquet(folder.path / "rows.parquet")


@pytest.mark.parametrize("place", range(len(ROW_STAGES)))
@pytest.mark.parametrize("keep", ["first", "last"])
def test_a_run_goes_on_after_a_stage_fails(
    place: int, keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after each stage: one row is errored, the others are ready, and the run has its books."""
    column = "first_name" if place < 1 else "phone"
    value = POISON if place < 1 else "+14155550105"

    def fails(frame: pl.DataFrame) -> pl.DataFrame:
        if column in frame.columns and (frame[column] == value).any():
            raise RecursionError
        return frame

    stages: tuple[Callable[..., object], ...] = (*ROW_STAGES[:place], lambda _: fails, *ROW_STAGES[place:])
    monkeypatch.setattr(row_stages, "ROW_STAGES", stages)
    names = ["Ann"] * 5 + [POISON] + ["Ann"] * 5
    rows = dry_run(written(tmp_path / "a.csv", names), keep)
    at_fault = rows.filter(pl.col("outcome") != "planned")
    expected = [] if place == 1 else [7]  # right after the names there is no number yet
    assert at_fault["row"].to_list() == expected
    assert rows.height == len(names)
    assert at_fault["raw:First name"].to_list() == [POISON] * len(expected)


def test_a_name_of_a_thousand_apostrophes_is_imported(tmp_path: Path) -> None:
    """No function calls itself once for each of them."""
    rows = dry_run(written(tmp_path / "a.csv", ["Ann", "o'" * 499, "o'" * 50_000]))
    assert rows["outcome"].to_list() == ["planned"] * 3
    assert rows["first_name"][1] == "O'" * 498 + "O'"
