"""The header is found by what cells hold: under titles, with odd names, or not at all."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.readers.header import find_header, unique_names

LAYOUTS = Path(__file__).parents[2].parent / "shared" / "corpora" / "layouts.json"
PEOPLE = [["Jo Doe", "+1 415 555 0100", "jo@example.com"], ["Al Roe", "+1 415 555 0101", "al@example.com"]]
HEADER = ["Name", "Phone", "E-mail"]

Rows = list[list[str | None]]


@pytest.mark.parametrize(
    ("above", "index"),
    [
        ([], 0),
        ([["Customer list, exported 2024-01-02"], []], 2),
        ([["Customer list", None, None], [None, None, None], [None, None, None]], 3),
        ([["Report"], ["Date:", "2024-01-02"], ["By:", "Sales"], []], 4),
        ([[], [], []], 3),
    ],
)
def test_titles_and_blank_lines_above_the_header_are_seen_through(above: Rows, index: int) -> None:
    """The header is the row of names, whatever stands above it."""
    header = find_header([*above, list[str | None](HEADER), *PEOPLE])
    assert (header.index, header.first_data) == (index, index + 1)
    assert header.columns == tuple(HEADER)


@pytest.mark.parametrize(
    "rows",
    [
        PEOPLE,
        [["+14155550100"], ["+14155550101"]],
        [["1", "2", "3"], ["4", "5", "6"]],
        [["Jo", "(415) 555-0100"], ["Al", "(415) 555-0101"]],
        [["Phone Shop", "415-555-0100", "Home"], ["Mobile World", "415-555-0101", "Work"]],
    ],
)
def test_a_first_row_that_holds_values_is_data(rows: Rows) -> None:
    """No contact is lost to a header that is not there; the columns are numbered."""
    header = find_header(rows)
    assert (header.index, header.first_data) == (None, 0)
    assert header.columns == tuple(f"column {number}" for number in range(1, len(rows[0]) + 1))


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        ([["Phone"], ["+14155550100"], ["+14155550101"]], 0),
        ([["Call list"], [], ["Phone"], ["+14155550100"], ["+14155550101"]], 2),
        ([["Name"], ["Jo"], ["Al"]], 0),
        ([["Phone"]], 0),
    ],
)
def test_lists_of_one_column_have_headers_too(rows: Rows, index: int) -> None:
    """The last words before the values are the header; words over words are, too."""
    assert find_header(rows).index == index


@pytest.mark.parametrize(
    ("lines", "columns"),
    [
        ([["Name", None, "Phone"], ["First", "Last", "mobile"]], ("First Name", "Last Name", "Phone mobile")),
        ([["Name", "Phone", None], [None, "home", "work"]], ("Name", "Phone home", "Phone work")),
        ([["Name", "Phone", "E-mail"], ["---", "---", "---"]], ("Name", "Phone", "E-mail")),
        ([["A", "B", "C"], ["Name", "Phone", "E-mail"]], ("Name", "Phone", "E-mail")),
    ],
)
def test_headers_of_several_lines_are_one_header(lines: Rows, columns: tuple[str, ...]) -> None:
    """Words above words are joined; rules and column letters are no names."""
    rows: Rows = [["Jo", "+1 415 555 0100", "+1 415 555 0102"], ["Al", "+1 415 555 0101", "+1 415 555 0103"]]
    assert find_header([*lines, *rows]).columns == columns


@pytest.mark.parametrize("row", [["Jo", None, None], ["Home Depot", "n/a", None], ["Jo", "Doe", None]])
def test_a_contact_without_numbers_is_no_part_of_the_header(row: list[str | None]) -> None:
    """A first row of words is data unless its words are a header's."""
    assert find_header([list[str | None](HEADER), row, *PEOPLE]).first_data == 1


def test_a_column_that_most_rows_have_and_the_header_lacks_is_kept() -> None:
    """A nameless last column is numbered, and said."""
    header = find_header([["Name", "Phone"], *PEOPLE])
    assert header.columns == ("Name", "Phone", "column 3")
    assert any("no place in the header" in note for note in header.notes)


def test_nothing_has_no_columns() -> None:
    """Blank rows and no rows are no table."""
    assert find_header([]).columns == find_header([[None, " "], []]).columns == ()


def test_empty_and_repeated_names_become_unique() -> None:
    """Names that were there keep their name; a copy gets the next free number."""
    assert unique_names(["x", "x", "x (2)", None, "column 4", " a \n b "]) == (
        "x", "x (3)", "x (2)", "column 4 (2)", "column 4", "a b",
    )  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.sampled_from(["a", "Phone", "1", "a@b", " ", "x" * 90])), max_size=4),
        max_size=8,
    )
)
def test_any_rows_give_unique_names_and_a_place_within_them(rows: Rows) -> None:
    """Whatever the rows, the names are unique and not empty and the data starts within the rows."""
    header = find_header(rows)
    assert len(set(header.columns)) == len(header.columns)
    assert all(header.columns)
    assert 0 <= header.first_data <= len(rows)
    assert header.index is None or header.first_data == header.index + 1


@pytest.mark.corpora
def test_the_headers_of_known_exports_are_headers() -> None:
    """Each of the twelve layouts is recognised over one sparse contact."""
    for layout in json.loads(LAYOUTS.read_text("utf-8")):
        names = layout["header"]
        row = [
            "+14155550100" if name in layout["phone"][:1] else "Jo" if name in layout["name"] else None
            for name in names
        ]
        assert find_header([names, row]).index == 0, layout["system"]
