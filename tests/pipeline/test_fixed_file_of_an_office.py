"""A retry file that people work on in a real spreadsheet program, and save there: nothing of it is lost or made up."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from importer.models.frames import RAW
from importer.readers.formats import open_tables
from importer.storage.decisions import Decisions
from tests.conftest import Sandbox, Typed
from tests.support.office import Office, running_office
from tests.support.retrying import imported_list, retried

ROWS = """Ben Example,12345,Shelbyville,=1+1
Cid Example,999,Springfield,007
Dee Example,1.71875E+10,Oslo,00491700
Eve Example,,Rome,12/03/2026
Fay Example,(202) 555-01,Rome,+44
Gus Example,0044 123,Bonn,1.10
Hal Example,998,TRUE,1E5
"""
"""What a spreadsheet would like to count, date or calculate."""


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """LibreOffice, one for all tests here."""
    yield from running_office()


def cells_of(path: Path) -> pl.DataFrame:
    """All cells of the rows of a retry file, in the order of the list."""
    rows = pl.concat(open_tables(path, path.name, None)[0].chunks(1_000))
    return rows.select(pl.col(f"^{RAW}.*$")).filter(pl.col("raw:Name").is_not_null()).sort("raw:importer: row")


def test_a_retry_file_that_was_only_saved_sends_nothing(
    office: Office, tmp_path: Path, sandbox: Sandbox, typed: Typed
) -> None:
    """Opened and saved, no cell has another text, and no row counts as corrected."""
    run = imported_list(typed, tmp_path, ROWS, "--base-url", sandbox.url)
    saved = office.edit(run / "retry.xlsx", tmp_path / "saved.xlsx")
    assert saved.read_bytes() != (run / "retry.xlsx").read_bytes()
    assert cells_of(saved).equals(cells_of(run / "retry.xlsx"))
    done = typed("retry", run.name, saved, "--runs", run.parent)
    assert (done.code, Decisions(run).seq, list(sandbox.store.contacts())) == (2, 0, [])
    assert "0 rows corrected (0 cells), 0 to be sent as they are, 0 dropped, 7 as they were." in done.err


def test_a_retry_file_is_sorted_filtered_shortened_and_filled_down_there(
    office: Office, tmp_path: Path, sandbox: Sandbox, typed: Typed
) -> None:
    """Each row is still itself: its correction, its drop and its other cells arrive as they were typed or read."""
    run = imported_list(typed, tmp_path, ROWS, "--base-url", sandbox.url)
    before = cells_of(run / "retry.xlsx")
    saved = office.edit(
        run / "retry.xlsx",
        tmp_path / "saved.xlsx",
        ("sort", "Name", False),  # Hal, Gus, Fay, Eve, Dee, Cid, Ben in rows 2 to 8
        ("put", 2, "importer: correct here", "+12025550107"),
        ("put", 4, "Phone", "(202) 555-0105"),
        ("put", 3, "importer: decision", "drop"),
        ("fill_down", "importer: decision", 3, 3),
        ("put", 7, "=Note", "filled"),
        ("fill_down", "=Note", 7, 8),
        ("delete", 6),
        ("show_only", "City", "Rome"),
    )
    after = cells_of(saved)
    changed = {
        "raw:importer: correct here": ["+12025550107"],
        "raw:Phone": ["(202) 555-0105"],
        "raw:importer: decision": ["drop"],
        "raw:=Note": ["filled", "filled"],
    }
    assert {
        name: column.filter(column.ne_missing(was)).to_list()
        for column in after
        for name, was in [(column.name, before.filter(pl.col("raw:Name") != "Dee Example")[column.name])]
        if not column.equals(was, null_equal=True)
    } == changed
    _, rows = retried(typed, run, saved)
    assert rows.sort("row").select("row", "phone", "raw:=Note").rows() == [
        (2, None, "filled"),
        (3, None, "filled"),
        (6, "+12025550105", "+44"),
        (8, "+12025550107", "1E5"),
    ]
    choices = {place[2]: state.choice for place, state in Decisions(run).rows().items()}
    assert choices == {2: "set", 3: "set", 4: "drop", 6: "set", 7: "drop", 8: "set"}
