"""The rows of a retry, beside the rows that they correct: what is only written out since is the damaged text again."""

from pathlib import Path

import polars as pl
import pytest

from importer.models.frames import begin
from importer.models.sources import Source
from importer.stages.correct import Correct, Corrected

BEFORE = pl.DataFrame(
    {
        "source": ["list.csv", "list.csv", "book.xlsx"],
        "sheet": [None, None, "A"],
        "row": [2, 3, 2],
        "raw:Phone": ["1234", "1.71875E+10", "4,4E11"],
        "raw:Name": ["Ann", "Ben", "Cy"],
    },
    schema_overrides={"row": pl.UInt32},
)


def corrected(file: str, sheet: str | None, row: int, phone: str | None) -> str | None:
    """The number of a retry's row after the stage; its name and its other columns stay."""
    number, none = pl.Series([row], dtype=pl.UInt32), pl.lit(None, pl.String)
    cells = pl.DataFrame(
        {"raw:Phone": [phone], "raw:Name": ["New"], "raw:Added": ["x"]}, schema_overrides={"raw:Phone": pl.String}
    )
    read = cells.with_columns(row=number, line=number, problem=none, extra_cells=none)
    source = Source(Path(file), file, "0" * 64, 1, "csv", ("Phone", "Name", "Added"), 1, sheet=sheet)
    frame = begin(read, source, 0)
    done = Correct(Corrected(BEFORE))(frame)
    assert done.drop("raw:Phone").equals(frame.drop("raw:Phone"))
    phones: list[str | None] = done["raw:Phone"].to_list()
    return phones[0]


@pytest.mark.parametrize(
    ("row", "phone", "read"),
    [
        (("list.csv", None, 3), "17187500000", "1.71875E+10"),
        (("list.csv", None, 3), " 17187500000 ", "1.71875E+10"),
        (("book.xlsx", "A", 2), "440000000000", "4,4E11"),
        (("list.csv", None, 3), "17187512345", "17187512345"),
        (("list.csv", None, 3), "+1 718 750 0000", "+1 718 750 0000"),
        (("list.csv", None, 3), None, None),
        (("list.csv", None, 2), "1234.0", "1234.0"),
        (("book.xlsx", None, 2), "440000000000", "440000000000"),
        (("other.csv", None, 3), "17187500000", "17187500000"),
    ],
)
def test_a_number_that_was_only_written_out_is_the_damaged_one_again(
    row: tuple[str, str | None, int], phone: str | None, read: str | None
) -> None:
    """Its digits were lost before; other digits, or the number as a person writes it, are a correction."""
    assert corrected(*row, phone) == read
