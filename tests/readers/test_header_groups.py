"""Headers with merged cells: which names cover several columns, and which lines belong to the header."""

from importer.readers.header_groups import count_wide, first_line, implied, is_parted, spread
from importer.readers.workbooks.merges import Merge

GROUPED = [
    ("Contact", None, "Scores", None),
    ("Name", "Phone", "Q1", "Q2"),
    ("Ann Lowe", "+1 415 555 0101", "12", "15"),
]
MERGES = [Merge(0, 0, 0, 1), Merge(0, 2, 0, 3)]


def test_a_merged_name_is_in_every_column_that_it_covers() -> None:
    """A cell with a name of its own keeps it; what reaches past the row is cut."""
    assert spread(GROUPED, 0, MERGES) == ("Contact", "Contact", "Scores", "Scores")
    assert spread([("A", "B", None)], 0, [Merge(0, 0, 0, 9)]) == ("A", "B", "A")
    assert count_wide(GROUPED, range(2), MERGES) == 2


def test_a_text_file_has_lost_its_merges_and_they_are_seen_again() -> None:
    """A name covers the columns up to the next; one over the first column alone is a title."""
    assert implied(GROUPED, 1) == MERGES
    assert implied([("Our customers", None, None, None), *GROUPED[1:]], 1) == []
    assert implied(GROUPED, 0) == []


def test_a_line_that_names_groups_is_part_of_the_header() -> None:
    """A title over all columns is not, nor is a line with values."""
    assert first_line(GROUPED, 1, MERGES) == 0
    title = [("Our customers of last year", None, None, None), *GROUPED[1:]]
    assert first_line(title, 1, [Merge(0, 0, 0, 3)]) == 1
    values = [("+1 415 555 0199", None, "Scores", None), *GROUPED[1:]]
    assert first_line(values, 1, MERGES) == 1


def test_the_parts_of_a_merged_name_stand_below_it() -> None:
    """Where a name beside it goes down over both lines, or numbers stand below the words."""
    rows = [("Name", "Phone", None), (None, "Private", "Office"), ("Ann", "+1 415 555 0101", "+1 415 555 0102")]
    wide, tall = Merge(0, 1, 0, 2), Merge(0, 0, 1, 0)
    assert is_parted(rows, 0, [wide, tall])
    assert is_parted(rows, 0, [wide])
    assert not is_parted(rows, 0, [])
    assert not is_parted([rows[0], rows[2], rows[2]], 0, [wide, tall])
