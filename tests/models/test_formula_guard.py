"""Cells that a spreadsheet would take for formulas."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from importer.models.formula_guard import guarded, guarded_cells, unguarded
from tests.support.report_cells import HOSTILE


@given(st.lists(st.none() | st.text() | st.sampled_from(HOSTILE), min_size=1))
def test_the_guard_has_an_inverse(values: list[str | None]) -> None:
    """Taking the guard away gives back what was guarded, for any text."""
    cells = pl.DataFrame({"cell": values}, {"cell": pl.String}).select(guarded(pl.col("cell")))
    assert cells.select(unguarded(pl.col("cell")))["cell"].to_list() == values


def test_only_columns_that_may_hold_a_formula_are_guarded() -> None:
    """Columns that are known to be harmless stay as they are, and so does a frame without a risky cell."""
    frame = pl.DataFrame({"a": ["=1", "x"], "b": ["=1", "x"], "n": [1, 2]})
    assert guarded_cells(frame, ["b"]).to_dict(as_series=False) == {"a": ["'=1", "x"], "b": ["=1", "x"], "n": [1, 2]}
    assert guarded_cells(frame[1:]).equals(frame[1:])
