"""Lines and columns that are no person of their own."""

from pathlib import Path

import polars as pl
import pytest

from importer.errors import ReadError
from importer.models.frames import OUTCOME, REASON
from importer.readers.formats import open_tables
from importer.stages.map import Map
from importer.stages.map.child_rows import FURTHER_LINE
from tests.support.lists import understood
from tests.support.workbooks import save


@pytest.mark.parametrize(
    ("text", "further"),
    [
        (("ID,First Name,Last Name,ID (Numbers),Number (Numbers)\nC1,Ann,Lowe,x1,+14155550101\n,,,x2,+14155550102\n"
         "C2,Bob,Marsh,x3,+14155550103\n"), [3]),
        (("id,name,phone,child_ids/name,child_ids/phone\na1,Acme,+14155550101,Ann,+14155550102\n"
         ",,,Bob,+14155550103\na2,Bolt,+14155550104,,\n"), [3]),
        ("Name,City,Phone\nAnn Lowe,Reno,+14155550101\n,,+14155550102\n,,+14155550103\nBob,Reno,+14155550104\n",
         [3, 4]),
        ("ID,Full Name,Status,Number\nA,Ann Lowe,Open,+14155550101\n~,~,~,+14155550102\n", [3]),
        ("Name,City,Phone\nAnn Lowe,Reno,+14155550101\n,Reno,+14155550102\n", []),
        ("Name,Phone\nAnn Lowe,+14155550101\n,+14155550102\n", []),
        ("Name,Phone,Email\nAnn Lowe,+14155550101,a@x.example\n,+14155550102,\n", []),
    ],
)  # fmt: skip
def test_a_further_line_of_a_person_is_no_contact_without_a_name(tmp_path: Path, text: str, further: list[int]) -> None:
    """Where a line leaves all cells of the person above empty, its number is not sent as a stranger's; it is said."""
    _, frame, mapping = understood(tmp_path, text)
    settled = Map(mapping)(
        frame.with_columns(outcome=pl.lit(None, OUTCOME), reason=pl.lit(None, REASON), detail=pl.lit(None, pl.String))
    )
    assert settled.filter(pl.col("detail") == FURTHER_LINE)["row"].to_list() == further
    assert set(settled.filter(pl.col("row").is_in(further))["reason"]) <= {"malformed-row"}


def test_a_state_before_whole_names_is_no_first_name(tmp_path: Path) -> None:
    """In a list without header that is a question."""
    rows = "4155550132,answered,Ann Lowe\n4155550147,missed,Bob Marsh\n4155550151,missed,Cy Noonan\n"
    _, _, mapping = understood(tmp_path, rows)
    assert mapping.first_name is None
    assert [decision.field for decision in mapping.doubts()] == ["full_name"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_list_that_is_written_sideways_is_told(tmp_path: Path, form: str) -> None:
    """Its columns are people; no number of it is offered for somebody else's name."""
    rows = [["Name", "Ann Lowe", "Bob Marsh"], ["Phone", "415-555-0101", "415-555-0102"], ["Notes", "VIP", "new"]]
    path = tmp_path / f"list.{form}"
    if form == "csv":
        path.write_text("\n".join(map(",".join, rows)))
    else:
        save(path, rows)
    with pytest.raises(ReadError, match=rf"list\.{form} is written sideways"):
        open_tables(path, path.name, None)
