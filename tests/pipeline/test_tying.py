"""A row of a corrected file is tied to its run for certain, or the file is refused by name."""

from pathlib import Path

import pytest

from importer.storage.decisions import Decisions
from tests.conftest import Sandbox, Typed
from tests.support.retrying import HEADER, corrected, imported_list


def test_the_same_row_corrected_twice_is_refused_by_name(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Which of two corrections is meant, only a person knows."""
    run = imported_list(typed, tmp_path, "Ben,12345,Oslo,\n", "--base-url", sandbox.url)
    fixed = corrected(run, "fixed.xlsx", {2: {"Phone": "202-555-0102"}}, copies=(2,))
    done = typed("retry", run.name, fixed, "--runs", run.parent)
    assert (done.code, Decisions(run).seq) == (5, 0)
    assert "fixed.xlsx: rows 2 and 3 correct row 2 of list.csv. Nothing was sent." in " ".join(done.err.split())
    assert not list(sandbox.store.contacts())


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({3: {"importer: row": "2"}}, 'the columns "importer: …" were changed'),
        ({2: {"importer: run": "20260101-000000-000"}}, "has rows of run 20260101-000000-000, not of"),
        ({2: {"importer: decision": "yes"}}, "the decision is none of: nothing, send as is, drop"),
        ({2: {"Name": "Eve", "Phone": "202-555-0109", "City": "Rome"}}, "row 2: no cell is as in the row of the run"),
    ],
)
def test_a_row_that_cannot_be_tied_for_certain_refuses_the_file(
    tmp_path: Path, sandbox: Sandbox, typed: Typed, cells: dict[int, dict[str, str]], words: str
) -> None:
    """Its row is named, nothing is decided and nothing is sent."""
    run = imported_list(typed, tmp_path, "Ben,12345,Oslo,\nCid,999,Oslo,\n", "--base-url", sandbox.url)
    done = typed("retry", run.name, corrected(run, "fixed.xlsx", cells), "--runs", run.parent)
    assert (done.code, Decisions(run).seq, list(sandbox.store.contacts())) == (5, 0, [])
    assert words in " ".join(done.err.split())


def test_a_file_of_another_list_with_the_same_names_is_refused(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """The same file name and row numbers in two runs: the run's id in the file tells them apart."""
    other = imported_list(typed, tmp_path, "Ben,12345,Oslo,\n", "--base-url", sandbox.url)
    run = imported_list(typed, tmp_path, "Cid,999,Rome,\n", "--base-url", sandbox.url)
    done = typed(
        "retry", run.name, corrected(other, "fixed.xlsx", {2: {"Phone": "202-555-0102"}}), "--runs", run.parent
    )
    assert (done.code, list(sandbox.store.contacts())) == (5, [])


def test_the_retry_file_of_another_run_is_refused(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Its rows would come without what is known of them: that digits are lost, that nobody touched a cell."""
    run = imported_list(typed, tmp_path, "Ben,1.7187E+10,Oslo,\n", "--base-url", sandbox.url)
    fixed = corrected(run, "fixed.xlsx", {2: {"Phone": "17187000000"}})
    (tmp_path / "other.csv").write_text(f"{HEADER}Cy,12,,\n", "utf-8")
    where = ("--runs", run.parent)
    typed("run", tmp_path / "other.csv", "--region", "US", "--base-url", sandbox.url, *where)
    done = typed("retry", "latest", fixed, *where)
    assert done.code == 5
    assert f"fixed.xlsx has rows of run {run.name}, not of" in " ".join(done.err.split())
    assert f"Run: importer retry {run.name} fixed.xlsx" in " ".join(done.err.split())
    assert list(sandbox.store.contacts()) == []
