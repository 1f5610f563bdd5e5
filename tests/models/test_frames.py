"""What a stage may do to a row: settle it once, note a change, and never lose a cell on the way to JSON."""

import json

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from importer.models.frames import (
    begin,
    cells_of,
    columns_of,
    holding,
    in_rows_of_few,
    is_open,
    json_text,
    needs_escapes,
    noted,
    quoted,
    settle,
    with_prefix,
)
from importer.models.outcomes import Reason
from tests.support.mapping import table


def begun(*cells: str | None) -> pl.DataFrame:
    source, frame = table({"Phone": list(cells)})
    rows = pl.int_range(2, pl.len() + 2, dtype=pl.UInt32)
    problem = pl.lit(None, pl.String)
    return begin(frame.with_columns(row=rows, line=rows, problem=problem, extra_cells=problem), source, 7)


def test_the_first_reason_stands_whatever_comes_later() -> None:
    """With its outcome and words; a row that the condition knows nothing of stays open."""
    frame = settle(begun("1", None, "2"), Reason.PHONE_MISSING, pl.col("raw:Phone") == "1", "first")
    frame = settle(frame, Reason.SUPPRESSED, pl.col("raw:Phone").is_in(["1", "2"]), pl.col("raw:Phone"))
    assert frame.select("position", "outcome", "reason", "detail").rows() == [
        (7, "errored", "phone-missing", "first"),
        (8, None, None, None),
        (9, "skipped", "suppressed", "2"),
    ]
    assert frame.filter(is_open())["position"].to_list() == [8]


def test_changes_are_noted_behind_those_before() -> None:
    """A row that no rule matches keeps what it has, also nothing."""
    frame = begun("1", "2", None)
    frame = frame.with_columns(noted([("phone:trimmed", pl.col("raw:Phone") == "1")]))
    frame = frame.with_columns(
        noted([("name:recased", pl.col("raw:Phone").is_not_null()), ("a:b", pl.lit(value=False))])
    )
    assert frame["changes"].to_list() == ["phone:trimmed; name:recased", "name:recased", None]


def test_columns_are_found_by_their_prefix_and_by_a_cell() -> None:
    """In the order of the frame; a search that finds nothing names none."""
    frame = pl.DataFrame(
        {"raw:A": ["x", None], "meta:B": ["y", "z"], "raw:C": [None, "zz"]}, schema_overrides={"raw:C": pl.String}
    )
    assert with_prefix(frame, "raw:") == columns_of(frame, "raw:").columns == ["raw:A", "raw:C"]
    assert holding(frame, frame.columns, "z") == ["meta:B", "raw:C"]
    assert holding(frame, frame.columns, "nothing") == holding(frame, [], "x") == []
    long = pl.concat([frame] * 100)
    assert holding(long, frame.columns, "z") == ["meta:B", "raw:C"]
    assert holding(long, frame.columns, "nothing") == []


def test_cells_are_found_in_rows_that_hold_few() -> None:
    """Row by row, and in a row by the order of the columns; an empty row has none."""
    frame = pl.DataFrame({"A": ["a", None, "c", "d"], "B": ["e", None, None, "h"], "C": [None, None, "i", "j"]})
    cells = cells_of(frame, frame.columns)
    rows, places = in_rows_of_few(cells.is_not_null(), frame.height, 2)
    assert list(zip(rows, cells.gather(places), strict=True)) == [(0, "a"), (0, "e"), (2, "c"), (2, "i")]
    assert in_rows_of_few(cells.is_not_null(), frame.height, 1) == ([], [])


@given(st.lists(st.one_of(st.none(), st.text()), min_size=1, max_size=8))
def test_any_text_comes_back_from_json(texts: list[str | None]) -> None:
    """What needs no escape is as well without; null stays null."""
    texts = [None if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    frame = pl.DataFrame({"a": texts}, schema={"a": pl.String})
    written = frame.select(json_text(pl.col("a"))).to_series().to_list()
    assert [None if text is None else json.loads(text) for text in written] == texts
    if not needs_escapes(frame, ["a"]):
        assert frame.select(quoted(pl.col("a"))).to_series().to_list() == written
