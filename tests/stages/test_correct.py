"""The rows of a retry file: tied to what they correct, and not sent again where nobody changed anything."""

from pathlib import Path

import polars as pl
import pytest

from importer.models.frames import begin
from importer.models.sources import Source
from importer.stages.correct import ROW, SOURCE, Correct, Corrected, corrected_twice, named_rows, places

BEFORE = pl.DataFrame(
    {
        "place": ["list.csv", "list.csv", "book.xlsx, sheet A"],
        "at": ["2", "3", "2"],
        "reason": ["phone-invalid", "phone-damaged", "field-invalid"],
        "detail": ["4 digits", "digits lost", None],
        "raw:Phone": ["1234", "1.71875E+10", "+12025550102"],
        "raw:Name": ["Ann", "Ben", "Cy"],
    }
)


def retried(*rows: tuple[str, str, str | None, str | None]) -> pl.DataFrame:
    """Rows of a retry file: place, row there, phone and name as they are now."""
    cells = pl.DataFrame(rows, schema=dict.fromkeys([SOURCE, ROW, "raw:Phone", "raw:Name"], pl.String), orient="row")
    source = Source(Path("retry.xlsx"), "retry.xlsx", "0" * 64, 1, "xlsx", ("Phone", "Name"), 1)
    number, none = pl.int_range(2, pl.len() + 2, dtype=pl.UInt32), pl.lit(None, pl.String)
    return begin(cells.with_columns(row=number, line=number, problem=none, extra_cells=none), source, 0)


def corrected(frame: pl.DataFrame, *, has_other_region: bool = False) -> pl.DataFrame:
    twice = corrected_twice(named_rows([frame]))
    done = Correct(Corrected("run-1", BEFORE, has_other_region), twice)(frame)
    assert done.columns == frame.columns
    return done


@pytest.mark.parametrize(
    ("phone", "name", "reason"),
    [
        ("1234", "Ann", "phone-invalid"),
        (" 1234 ", "Ann ", "phone-invalid"),
        ("+12025550101", "Ann", None),
        ("1234", "Anna", None),
        ("1234", None, None),
    ],
)
def test_a_row_in_which_no_cell_was_changed_ends_as_it_did(phone: str, name: str | None, reason: str | None) -> None:
    """White space that a spreadsheet adds is no change; the run before is named."""
    done = corrected(retried(("list.csv", "2", phone, name)))
    assert done["reason"].to_list() == [reason]
    words = "4 digits; no cell of the row was changed since run run-1"
    assert done["detail"].to_list() == [words if reason else None]


def test_a_number_that_a_spreadsheet_wrote_out_is_the_damaged_one_again() -> None:
    """Its digits were lost before; other digits are a correction."""
    done = corrected(retried(("list.csv", "3", "17187500000", "Ben")))
    assert done.select("raw:Phone", "reason").rows() == [("1.71875E+10", "phone-damaged")]
    done = corrected(retried(("list.csv", "3", "17187512345", "Ben")))
    assert done.select("raw:Phone", "reason").rows() == [("17187512345", None)]


def test_in_another_region_a_number_may_be_right_as_it_was() -> None:
    """What was wrong otherwise stays so."""
    rows = retried(("list.csv", "2", "1234", "Ann"), ("book.xlsx, sheet A", "2", "+12025550102", "Cy"))
    assert corrected(rows, has_other_region=True)["reason"].to_list() == [None, "field-invalid"]


def test_two_rows_that_correct_one_are_both_refused() -> None:
    """Each names the other; which of them is meant nobody can tell."""
    rows = retried(("list.csv", "2", "1", "A"), ("list.csv", "3", "2", "B"), ("list.csv", "2", "3", "C"))
    done = corrected(rows)
    words = "rows 2 and 4 of this file correct row 2 of list.csv: keep one of them"
    assert done.select("reason", "detail").rows() == [("malformed-row", words), (None, None), ("malformed-row", words)]


def test_a_row_that_names_none_and_a_file_of_another_kind_are_left_alone() -> None:
    """Somebody may have added a person; a plain list has no columns of ours."""
    rows = retried(("list.csv", " ", "1234", "Ann"), ("nowhere.csv", "2", "1234", "Ann"))
    assert corrected(rows)["reason"].to_list() == [None, None]
    assert named_rows([rows])["place"].to_list() == ["nowhere.csv"]
    plain = rows.drop(SOURCE, ROW)
    assert Correct(Corrected("run-1", BEFORE), corrected_twice(named_rows([plain])))(plain).equals(plain)


def test_a_place_is_named_with_its_sheet() -> None:
    """As the retry file has it."""
    rows = pl.LazyFrame({"source": ["a.csv", "b.xlsx"], "sheet": [None, "S"], "row": [2, 3]})
    assert places(rows).collect().select("place", "at").rows() == [("a.csv", "2"), ("b.xlsx, sheet S", "3")]
