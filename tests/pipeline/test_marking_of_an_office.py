"""A marked copy that people work on in a real spreadsheet program: sorted there by outcome, and corrected."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.storage.decisions import Decisions
from tests.conftest import Sandbox, Typed
from tests.support.commands import books
from tests.support.marked_books import club
from tests.support.office import Office, running_office


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """LibreOffice, one for all tests here."""
    yield from running_office()


def test_a_copy_that_is_saved_sends_nothing_and_one_that_is_corrected_what_was(
    office: Office, tmp_path: Path, sandbox: Sandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dates and amounts come back as they were, formulas that had no result yet change nothing; rows may be moved."""
    monkeypatch.chdir(tmp_path)
    club(tmp_path / "club.xlsx", has_table=False)
    summary = books(typed("run", "club.xlsx", "--region", "US", "--base-url", sandbox.url, "--json"))
    run = Path("runs") / str(summary["run_id"])
    typed("report", "latest", "--marked")
    copy = (run / "marked-club.xlsx").absolute()
    saved = office.edit(copy, tmp_path / "saved.xlsx")
    done = typed("retry", run.name, saved)
    assert (done.code, Decisions(run).rows()) == (2, {})
    assert "0 rows corrected (0 cells), 0 to be sent as they are, 0 dropped, 5 as they were." in " ".join(
        done.err.split()
    )
    fixed = office.edit(
        copy, tmp_path / "fixed.xlsx", ("put", 6, "Phone", "(202) 555-0102"), ("sort_range", "B4:J9", "Name", False)
    )
    assert typed("retry", run.name, fixed).code == 0
    assert {place[2]: state.choice for place, state in Decisions(run).rows().items()} == {6: "set"}
    assert {contact.phone for contact in sandbox.store.contacts()} == {f"+1202555010{n}" for n in (1, 2, 3)}
