"""What stands above a list is named, and not taken for its header."""

from pathlib import Path

import pytest

from tests.support.lists import PEOPLE, spans, understood


@pytest.mark.parametrize(
    ("above", "left_out"),
    [
        ("Spring list 2026,,\n", "title 1, header 2"),
        ("Contacts of the club, as of March, for the board\n", "title 1, header 2"),
        ("Exported on March 3, 2026, by Dana Ives\n", "title 1, header 2"),
        ("Report of calls,March,confidential\n", "title 1, header 2"),
        ("This was made by sales, please do not share it\nIt holds everyone, also guests\n\n",
         "title 1-2, blank 3, header 4"),
        ("Topic,Webinar ID,# Registered\nTown hall,812 3456 7890,3\nDetails,,\n", "other 1-2, title 3, header 4"),
        ("Meeting,Host,Start\nTown hall,h@x.example,2026-03-03\n\n", "other 1-2, blank 3, header 4"),
        ("Report,Members\nMade by,Dana Ives\n\n", "other 1-2, blank 3, header 4"),
        ("Company,Acme\nPhone,415-555-0190\n\n", "other 1-2, blank 3, header 4"),
        ("Account,12345678\nPeriod,01.01.2026 - 31.01.2026\n\n", "other 1-2, blank 3, header 4"),
        ("Table:,Contact\nLabels:,Number,Mail\n", "title 1-2, header 3"),
    ],
)  # fmt: skip
def test_what_stands_above_a_list_is_named_and_not_taken_for_its_header(
    tmp_path: Path, above: str, left_out: str
) -> None:
    """Titles, sentences that commas cut, and tables without a number to call."""
    source, frame, mapping = understood(tmp_path, f"{above}Name,Phone,Email\n{PEOPLE}")
    assert (spans(source), frame.height, mapping.phones) == (left_out, 2, ("Phone",))


@pytest.mark.parametrize(
    "text",
    [
        "Name,Phone\nAnn Lowe,415-555-0101\n\nName,Phone,City\nBob Marsh,415-555-0102,Reno\n",
        "Home,415-555-0101\nWork,415-555-0102\n",
        "Ann Lowe,415-555-0101\n\nFirst Name,Phone,City\nBob,415-555-0102,Reno\n",
    ],
)
def test_a_table_with_numbers_is_never_above_the_list(tmp_path: Path, text: str) -> None:
    """Where two tables have numbers, the first is the list; nobody is left out with a title."""
    source, frame, _ = understood(tmp_path, text)
    assert "other" not in spans(source)
    assert "title" not in spans(source)
    assert {"415-555-0101", "415-555-0102"} <= {cell for row in frame.rows() for cell in row}
