"""Text in which names of values stand before them."""

from pathlib import Path

import polars as pl
import pytest

from importer.models.frames import BELOW_REFUSAL
from importer.readers.formats import open_tables
from importer.readers.sections import BELOW_ABSENT
from tests.support.reading import read, written


@pytest.mark.parametrize("between", ["\n", "\n---\n", ""])
def test_values_behind_their_names_are_rows(tmp_path: Path, between: str) -> None:
    """Parted by blank lines, by rules, or by the first name alone; a line without one goes on with the value above."""
    people = (
        "Name: Ann Lowe\nPhone: +1 415 555 0101\nAddress: 1 Main St\nReno\n",
        "Name: Bob Marsh\nPhone : +1 415 555 0102\n",
    )
    assert read(written(tmp_path / "forms.txt", between.join(people)))[:2] == (
        "labelled",
        [
            {"Name": "Ann Lowe", "Phone": "+1 415 555 0101", "Address": "1 Main St\nReno"},
            {"Name": "Bob Marsh", "Phone": "+1 415 555 0102"},
        ],
    )


@pytest.mark.parametrize("form", ["Name: {}\nPhone: {}\n\n", "{}\n{}\n\n"])
def test_records_below_a_heading_of_others_are_told(tmp_path: Path, form: str) -> None:
    """Up to one of the list's own people."""
    ann, bob, cy, di = (
        form.format(f"{name} Lowe", f"+1 415 555 010{n}") for n, name in enumerate(("Ann", "Bob", "Cy", "Di"))
    )
    path = written(tmp_path / "typed.txt", f"{ann}{di}Do not call\n\n{bob}Waitlist:\n\n{cy}Confirmed\n\n{ann}")
    (table,) = open_tables(path, path.name, None)
    assert pl.concat(table.chunks(10))["problem"].to_list() == [None, None, BELOW_REFUSAL, BELOW_ABSENT, None]


@pytest.mark.parametrize(
    "text",
    [
        "Members\n+1 415 555 0101\n+1 415 555 0102\n\nGuests\n+1 415 555 0103\n+1 415 555 0104\n",
        "+1 415 555 0101\n+1 415 555 0102\n\n+1 415 555 0103\n+1 415 555 0104\n",
        "Phone\n+1 415 555 0101\n+1 415 555 0102\n\n+1 415 555 0103\n",
        "Name,Phone\nAnn,+1 415 555 0101\n\nName,Phone\nBob,+1 415 555 0102\n",
        "Name,Phone,Note\nAnn: buyer,415-555-0101,a: b\nBob: cook,415-555-0102,c: d\n",
        "Ann Lowe: 415-555-0101\nBob Marsh: 415-555-0102\nCy Noonan: 415-555-0103\n",
        "Time: 10:00\nPlace: Reno\nTime: 11:00\nPlace: Elko\n",
    ],
)
def test_lists_with_delimiters_and_columns_alone_are_neither(tmp_path: Path, text: str) -> None:
    """Colons within cells, behind each person's name, and without a number to call; blank lines in a list's column."""
    assert read(written(tmp_path / "list.csv", text))[0] == "csv"
