"""No sign, however often it stands in a cell, makes a run last."""

from pathlib import Path

import pytest

from importer.readers.footer import footer_start
from importer.readers.kinds import kind_of
from tests.hostile_cells import COLUMNS, MOST_S, SIGNS, SIZE, dry_run_s, hostile_list, pairs

_MOST_TOGETHER_S = 3 * MOST_S
"""Of 50 cells, which take one second: with any that takes the square of its length, they take a minute."""


@pytest.mark.parametrize("column", COLUMNS)
def test_a_hundred_kilobytes_of_a_sign_in_a_column_take_no_time(column: str, tmp_path: Path) -> None:
    """Each of 40 signs, and ten pairs of them that differ from column to column."""
    some = pairs()[COLUMNS.index(column) :: len(pairs()) // 10][:10]
    assert dry_run_s(hostile_list(tmp_path / "list.csv", column, [*SIGNS, *some])) < _MOST_TOGETHER_S


@pytest.mark.parametrize("text", ["(" * SIZE, "'" * SIZE + "x", "=(" * SIZE])
def test_a_long_text_is_no_number(text: str) -> None:
    """Whatever its signs are; a short one is told in time that grows with it."""
    assert kind_of(text) == ""
    assert kind_of(text[:400]) == ""


@pytest.mark.parametrize(("text", "is_footer"), [("Total: 1,000", True), ("Total" + "," * SIZE + "x", False)])
def test_a_long_text_is_no_footer(text: str, is_footer: bool) -> None:
    """A sum is one; commas without end between its word and another are looked at no further."""
    assert (footer_start([["Ann", "1"], [text]], 2) == 1) is is_footer
