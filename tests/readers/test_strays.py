"""Stray rows: the header again, another table, remarks; the same in any frames, and no contact among them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import polars as pl
import pytest

from importer.readers.formats import open_tables
from importer.readers.strays import (
    HEADER_AGAIN,
    OTHER_HEADER,
    OTHER_ROW,
    TITLE,
    are_contacts,
    stray_notes,
    with_problem,
)

PEOPLE = [f"Ann {n},415-555-01{n:02},Bonn" for n in range(10)]
LINES = [
    "Name,Phone,City",
    *PEOPLE[:4],
    "NAME,PHONE,CITY",
    *PEOPLE[4:6],
    ",,",
    "Branches,,",
    "Company,Fax,Country",
    "Acme Ltd,12,DE",
    "Bolt GmbH,13,AT",
]
PROBLEMS = {6: HEADER_AGAIN, 10: TITLE, 11: OTHER_HEADER, 12: OTHER_ROW, 13: OTHER_ROW}
"""By row, as a spreadsheet counts."""


def frames(folder: Path, lines: list[str], rows: int) -> Iterator[pl.DataFrame]:
    (folder / "list.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (table,) = open_tables(folder / "list.csv", "list.csv", None)
    return table.chunks(rows)


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 100])
def test_strays_are_told_wherever_a_frame_ends(tmp_path: Path, rows: int) -> None:
    """What carries over a frame's end changes nothing; each frame comes with the rows that it had."""
    read = list(frames(tmp_path, LINES, rows))
    whole = pl.concat(read)
    found = dict(whole.filter(pl.col("problem").is_not_null()).select("row", "problem").iter_rows())
    assert found == PROBLEMS
    assert [frame.height for frame in islice(read, len(read) - 1)] == [rows] * (len(read) - 1)


@pytest.mark.parametrize(("column", "problem"), [("Phone", None), ("Fax", OTHER_ROW)])
def test_a_number_below_another_header_is_of_the_column_that_stands_there(
    tmp_path: Path, column: str, problem: str | None
) -> None:
    """Where both tables name it alike it is somebody of the list; a fax is not taken for the list's phone."""
    lines = [line.replace("Fax", column) for line in LINES]
    (frame,) = frames(tmp_path, [*lines, "Eve,415-555-0199,Graz"], 100)
    assert frame.filter(pl.col("raw:Name") == "Eve")["problem"].to_list() == [problem]


def test_the_first_problem_of_a_row_stands() -> None:
    """A condition that knows nothing of a row does not hit it."""
    frame = pl.DataFrame({"raw:A": ["x", None, "y"], "problem": [None, None, "before"]})
    assert with_problem(frame, pl.col("raw:A").str.len_chars() == 1, "now")["problem"].to_list() == [
        "now",
        None,
        "before",
    ]


def test_an_address_or_seven_digits_are_somebody_s() -> None:
    """Fewer are a price or a year; without a column there is nobody."""
    frame = pl.DataFrame({"a": ["ann@example.com", "555-0101", "555-010", None], "b": [None, None, "2", "x"]})
    assert frame.select(are_contacts(["a", "b"])).to_series().to_list() == [True, True, False, False]
    assert not frame.select(are_contacts([])).to_series().any()


def test_what_was_found_is_said_in_sentences(tmp_path: Path) -> None:
    """Header, other table with its rows; of nothing nothing is said."""
    (frame,) = frames(tmp_path, LINES, 100)
    again, other = stray_notes(frame, "line")
    assert again.startswith("The header stands again on line 6;")
    assert other == (
        "Another table begins on line 11; 2 of its rows do not fit the columns. "
        "To import them, save that table as a file of its own."
    )
    assert stray_notes(frame.head(3), "line") == ()
