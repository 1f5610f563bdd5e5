"""What was changed in a corrected file, as decisions."""

from pathlib import Path

import openpyxl

from importer.storage.decisions import Decisions
from tests.conftest import Sandbox, Typed
from tests.support.retrying import imported_list


def test_rows_that_a_person_drops_or_deletes_are_dropped_and_said(
    tmp_path: Path, sandbox: Sandbox, typed: Typed
) -> None:
    """They are counted, never lost: a file that only drops rows sends nothing and begins no run."""
    rows = "Ben,12345,Oslo,\nCid,999,Oslo,\nDee,998,Oslo,\n"
    run = imported_list(typed, tmp_path, rows, "--base-url", sandbox.url)
    book = openpyxl.load_workbook(run / "retry.xlsx")
    book.active.delete_rows(3)  # of Dee: the file is sorted by reason and cell
    head = [cell.value for cell in book.active[1]]
    book.active.cell(2, head.index("importer: decision") + 1).value = "Drop"
    book.save(tmp_path / "fixed.xlsx")
    done = typed("retry", run.name, tmp_path / "fixed.xlsx", "--as", "anna", "--runs", run.parent)
    assert (done.code, len(list(run.parent.glob("*-*-*")))) == (0, 1)
    assert "0 to be sent as they are, 1 dropped and 1 no longer in the file, 1 as they were." in " ".join(
        done.err.split()
    )
    states = Decisions(run).rows()
    assert {(place[2], state.choice, state.last.who) for place, state in states.items()} == {
        (2, "drop", "anna"),
        (4, "drop", "anna"),
    }
