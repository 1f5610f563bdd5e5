"""Cells that a spreadsheet would take for formulas."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from importer.models.formula_guard import guarded, unguarded
from tests.support.report_cells import HOSTILE


@given(st.lists(st.none() | st.text() | st.sampled_from(HOSTILE), min_size=1))
def test_the_guard_has_an_inverse(values: list[str | None]) -> None:
    """Taking the guard away gives back what was guarded, for any text."""
    cells = pl.DataFrame({"cell": values}, {"cell": pl.String}).select(guarded(pl.col("cell")))
    assert cells.select(unguarded(pl.col("cell")))["cell"].to_list() == values
