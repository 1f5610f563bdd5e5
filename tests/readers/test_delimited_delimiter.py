"""Which sign parts the cells of a list."""

from pathlib import Path

import pytest

from tests.support.lists import understood


@pytest.mark.parametrize(
    "rows",
    [
        "4155550132,20:53:06\n4155550133,20:54:07\n4155550134,20:55:08\n",
        "Ann Lowe,4155550101,2026-03-01T20:53:06+02:00\nBob Marsh,4155550102,2026-03-01T20:53:06+02:00\n",
        "Ann Lowe;4155550101;March 3, 2026\nBob Marsh;4155550102;March 4, 2026\n",
        "4155550101\tTue, 3 Mar 2026 10:00\n4155550102\tTue, 3 Mar 2026 10:00\n",
        "20260301205306,4155550101,Ann Lowe\n20260301205307,4155550102,Bob Marsh\n",
        "20260301,4155550101,Ann Lowe\n20260302,4155550102,Bob Marsh\n",
    ],
)
def test_times_and_dates_neither_part_a_list_nor_hide_its_numbers(tmp_path: Path, rows: str) -> None:
    """A colon of a time and a comma of a date are no delimiters; long figures that are dates are no numbers to call."""
    source, frame, mapping = understood(tmp_path, rows)
    assert source.header_row is None
    assert frame["raw:" + mapping.phones[0]].str.starts_with("41555501").all()
    assert not [decision for decision in mapping.doubts() if decision.field == "phone"]


@pytest.mark.parametrize("mark", [" - ", " – ", ": "])
def test_lines_of_a_name_and_a_number_are_parted(tmp_path: Path, mark: str) -> None:
    """Where nothing else parts them; a remark behind a number is none of its digits, and is obeyed."""
    rows = f"Ann Lowe{mark}415-555-0101\nBob Marsh{mark}415-555-0102\nCy Noonan{mark}415-555-0103 (do not call)\n"
    source, frame, mapping = understood(tmp_path, rows)
    assert (source.delimiter, frame.height, mapping.phones) == (mark, 3, ("column 2",))
    assert frame["raw:column 1"].to_list() == ["Ann Lowe", "Bob Marsh", "Cy Noonan"]


def test_a_mark_within_cells_parts_no_list(tmp_path: Path) -> None:
    """A dash in each row's department."""
    source, _, _ = understood(tmp_path, "Name,Phone\nSales - Ann,415-555-0101\nSales - Bob,415-555-0102\n")
    assert source.delimiter == ","
