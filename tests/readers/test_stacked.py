"""Text with the values of a person below each other."""

from pathlib import Path

from tests.support.reading import read, written


def test_values_below_each_other_are_rows(tmp_path: Path) -> None:
    """A blank line begins a new person; what a line holds names its column."""
    text = "Ann Lowe\n+1 415 555 0101\nann@example.com\n1 Main St\n\n\nBob Marsh\n+1 415 555 0102\n+1 415 555 0109\n"
    assert read(written(tmp_path / "typed.txt", text))[:2] == (
        "stacked",
        [
            {"Name": "Ann Lowe", "Phone": "+1 415 555 0101", "Email": "ann@example.com", "Line 4": "1 Main St"},
            {"Name": "Bob Marsh", "Phone": "+1 415 555 0102", "Phone (2)": "+1 415 555 0109"},
        ],
    )
