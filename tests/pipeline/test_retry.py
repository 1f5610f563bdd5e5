"""A run's retry file, corrected by a person, is a list like any other: what the run added is no contact data."""

import json
import shlex
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from importer.models.decisions import Change
from importer.reports.conclusions import next_steps
from importer.sandbox import Behaviour
from importer.storage.decisions import Decisions
from importer.storage.summary import Summary
from tests.conftest import Sandbox, StartSandbox, Typed
from tests.support.commands import books
from tests.support.reports_run import small_run
from tests.support.retrying import HEADER, corrected, imported_list, retried


def first_run(folder: Path, sandbox: Sandbox, typed: Typed, rows: str) -> tuple[Path, Summary]:
    """Import a list of one good row and these; the run's folder and summary."""
    (folder / "list.csv").write_text(f"{HEADER}Ann Example,+1 202-555-0101,Springfield,\n{rows}", "utf-8")
    summary = books(typed("run", "list.csv", "--region", "US", "--base-url", sandbox.url, "--json"))
    assert (summary["imported"], summary["errored"]) == (1, 1)
    run = folder / "runs" / summary["run_id"]
    return run, Summary.read(run)


def recommended(typed: Typed, run: Path, summary: Summary, name: str) -> tuple[Path, list[dict[str, str | None]]]:
    """What the report says to run next is run; the new run's folder and its rows."""
    command = next_steps(summary, f"runs/{run.name}/{name}")[-1].command
    assert command is not None
    done = books(typed(*shlex.split(command)[1:], "--json"))
    assert (done["rows"], done["imported"]) == (1, 1)
    again = run.parent / done["run_id"]
    return again, pl.read_parquet(again / "rows.parquet").select("phone", "first_name", "metadata").to_dicts()


def test_a_corrected_workbook_is_imported(
    tmp_path: Path, sandbox: Sandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row of a corrected cell arrives as if it had been right at first; no column of ours travels with it."""
    monkeypatch.chdir(tmp_path)
    run, summary = first_run(tmp_path, sandbox, typed, "Ben Example,12345,Shelbyville,=1+1\n")
    book = openpyxl.load_workbook(run / "retry.xlsx")
    head = [cell.value for cell in book.active[1]]
    assert "importer: reason" in head
    book.active.cell(2, head.index("Phone") + 1).value = "(202) 555-0102"
    book.save(run / "retry.xlsx")
    again, rows = recommended(typed, run, summary, "retry.xlsx")
    assert rows == [
        {
            "phone": "+12025550102",
            "first_name": "Ben",
            "metadata": json.dumps({"City": "Shelbyville", "=Note": "=1+1"}, separators=(",", ":")),
        }
    ]
    assert not [name for name in pl.read_parquet(again / "rows.parquet").columns if "importer: " in name]
    assert {contact.phone for contact in sandbox.store.contacts()} == {"+12025550101", "+12025550102"}


def test_a_corrected_csv_file_is_imported(
    tmp_path: Path, sandbox: Sandbox, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In retry.csv the formula guard is on names and cells; they arrive without it."""
    long = "x" * 32_768
    monkeypatch.chdir(tmp_path)
    run, summary = first_run(tmp_path, sandbox, typed, f"'Ben,12345,{long},=1+1\n")
    text = (run / "retry.csv").read_text("utf-8")
    assert "'=Note" in text
    assert "'=1+1" in text
    (run / "retry.csv").write_text(text.replace("12345", "+12025550102", 1), "utf-8")
    again, rows = recommended(typed, run, summary, "retry.csv")
    assert json.loads(rows[0]["metadata"] or "") == {"City": long, "=Note": "=1+1"}
    assert pl.read_parquet(again / "rows.parquet")["raw:Name"].to_list() == ["'Ben"]


def test_other_csv_files_keep_their_apostrophes(tmp_path: Path, typed: Typed) -> None:
    """Only a file with columns of ours had a guard."""
    (tmp_path / "list.csv").write_text("Name,Phone\n'Ben,202-555-0101\n", "utf-8")
    typed("convert", tmp_path / "list.csv", "--out", tmp_path / "out")
    assert "'Ben" in (tmp_path / "out" / "list.csv.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("told", "retry_file", "command"),
    [
        ({}, "runs/x/retry.xlsx", "importer retry RUN runs/x/retry.xlsx"),
        ({"target": "sandbox:x"}, "runs/x/retry.csv", "importer retry RUN runs/x/retry.csv"),
        (
            {"target": "https://api.example.com", "region": "DE"},
            "our runs/x/retry.xlsx",
            "importer retry RUN 'our runs/x/retry.xlsx' --runs 'our runs'",
        ),
    ],
)
def test_the_next_step_goes_where_the_run_went(
    tmp_path: Path, told: dict[str, str | None], retry_file: str, command: str
) -> None:
    """The run remembers its region and target; only a folder of runs of its own is named."""
    summary = small_run(tmp_path).model_copy(update=told)
    assert [step.command for step in next_steps(summary, retry_file)][-1] == command.replace("RUN", summary.run_id)


def test_a_retry_is_credited_to_its_run(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """The new run names the old one; the old one's figures stay, and say what the new one imported.

    Only what was corrected is sent: neither a row as it was, nor one that the run never had.
    """
    bad = "Ben Example,12345,Shelbyville,\nCid Example,999,Springfield,\n"
    (tmp_path / "list.csv").write_text(f"{HEADER}Ann Example,+1 202-555-0101,Springfield,\n{bad}", "utf-8")
    where = ("--runs", tmp_path / "runs")
    first = json.loads(
        typed("run", tmp_path / "list.csv", "--region", "US", "--base-url", sandbox.url, "--json", *where).out
    )
    run = tmp_path / "runs" / first["run_id"]
    book = openpyxl.load_workbook(run / "retry.xlsx")
    head = [cell.value for cell in book.active[1]]
    book.active.cell(2, head.index("Phone") + 1).value = "(202) 555-0102"
    added = {"Name": "New Example", "Phone": "202-555-0103"}
    book.active.append([added.get(str(name)) for name in head])
    book.save(tmp_path / "fixed.xlsx")
    done = typed("retry", first["run_id"], tmp_path / "fixed.xlsx", "--json", *where)
    again = json.loads(done.out)
    assert (done.code, again["rows"], again["imported"], again["errored"]) == (0, 1, 1, 0)
    assert again["retry_of"] == first["run_id"]
    said = " ".join(done.err.split())
    assert "1 rows corrected (1 cells), 0 to be sent as they are, 0 dropped, 1 as they were." in said
    assert "1 rows of fixed.xlsx name no row of run" in said
    old = Summary.read(run)
    assert old.retried[again["run_id"]].model_dump() == {"rows": 1, "imported": 1}
    assert (old.imported, old.errored) == (1, 2)
    assert again["run_id"] in (run / "report.html").read_text("utf-8")
    kept = typed("report", first["run_id"], "--json", *where)
    assert again["run_id"] in json.loads(kept.out)["retried"]
    assert {contact.phone for contact in sandbox.store.contacts()} == {f"+1202555010{n}" for n in (1, 2)}


def test_a_number_that_lost_its_digits_stays_damaged(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """A spreadsheet that writes it out makes no digit that was lost, whatever else of the row was corrected.

    Nor does a person who writes it out in the desk.
    """
    run = imported_list(typed, tmp_path, "Ann,1.71875E+10,Oslo,\nBen,1.71875E+10,Oslo,\n", "--base-url", sandbox.url)
    cells = {2: {"Phone": "17187500000"}, 3: {"Phone": "17187500000", "City": "Rome"}}
    _, rows = retried(typed, run, corrected(run, "fixed.xlsx", cells))
    assert rows.select("row", "reason", "raw:Phone", "raw:City").rows() == [(3, "phone-damaged", "1.71875E+10", "Rome")]
    Decisions(run).append("anna", [Change(("list.csv", None, 2), "set", "17187500000", "Phone", "1.71875E+10")])
    _, rows = retried(typed, run, None)
    assert rows.select("row", "reason", "raw:Phone").rows() == [(2, "phone-damaged", "1.71875E+10")]
    assert not list(sandbox.store.contacts())


def test_rows_of_which_no_cell_changed_are_not_sent_again(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """A malformed row looks whole in a workbook; as long as nobody touched it, it is as wrong as it was.

    Sent as it stands it is only if a person says so; a file that nobody touched sends nothing and begins no run.
    """
    rows = "Ann,202-555-0101,Oslo,,too,many\nBen,12345,Oslo,\n"
    run = imported_list(typed, tmp_path, rows, "--base-url", sandbox.url)
    fixed = corrected(run, "fixed.xlsx", {3: {"Phone": "202-555-0102"}})
    _, again = retried(typed, run, fixed)
    assert again.select("row", "reason").rows() == [(3, "confirmed")]
    assert [contact.phone for contact in sandbox.store.contacts()] == ["+12025550102"]
    untouched = typed("retry", run.name, run / "retry.xlsx", "--runs", run.parent)
    assert (untouched.code, len(list(run.parent.glob("*-*-*")))) == (2, 2)
    assert "No row of retry.xlsx differs from run" in " ".join(untouched.err.split())
    Decisions(run).append("anna", [Change(("list.csv", None, 2), "send-as-is", "send-as-is")])
    _, again = retried(typed, run, None)
    assert again.select("row", "reason", "phone").rows() == [(2, "confirmed", "+12025550101")]


def test_a_row_that_the_api_refused_is_not_sent_again_as_it_was(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed
) -> None:
    """The corrected row alone is sent: the first of the file, which is sorted by reason."""
    sandbox = start_sandbox(Behaviour(body_cap_bytes=2_000))
    run = imported_list(
        typed, tmp_path, f"Ann,202-555-0101,{'x' * 3_000},\nBen,12345,Oslo,\n", "--base-url", sandbox.url
    )
    tried = len([request for request in sandbox.store.requests() if request.contacts])
    fixed = corrected(run, "fixed.xlsx", {2: {"Phone": "202-555-0102"}})
    done, again = retried(typed, run, fixed)
    assert again.select("row", "reason").rows() == [(3, "confirmed")]
    assert [request.contacts for request in sandbox.store.requests() if request.contacts][tried:] == [1]
    assert done["api"] == {"sent": 1, "imported": 1, "skipped": 0, "errors": 0}


@pytest.mark.parametrize(("flags", "status"), [((), "dry-run"), (("--dry-run",), "dry-run"), (("--send",), "complete")])
def test_the_retry_of_a_dry_run_stays_dry(
    tmp_path: Path, sandbox: Sandbox, typed: Typed, flags: tuple[str, ...], status: str
) -> None:
    """What sent nothing on purpose sends nothing later by itself."""
    run = imported_list(typed, tmp_path, "Ben,12345,Oslo,\n", "--base-url", sandbox.url, "--dry-run")
    fixed = corrected(run, "fixed.xlsx", {2: {"Phone": "202-555-0102"}})
    done, _ = retried(typed, run, fixed, *flags)
    assert done["status"] == status
    assert len(list(sandbox.store.contacts())) == ("--send" in flags)


def test_no_error_rate_stops_a_retry(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """A retry file has the wrong rows only: those that are still wrong do not keep the corrected ones back."""
    bad = "".join(f"Ben,1234{n},Oslo,\n" for n in range(3))
    good = "".join(f"Ann,202-555-01{n},Oslo,\n" for n in range(10, 30))
    run = imported_list(typed, tmp_path, good + bad, "--base-url", sandbox.url, "--max-error-rate", "0.2")
    done, _ = retried(typed, run, corrected(run, "fixed.xlsx", {2: {"Phone": "202-555-0102"}}))
    assert (done["rows"], done["imported"]) == (1, 1)


def test_credit_follows_the_first_run_through_every_round(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """What the second round corrects was wrong in the first run, too, and keeps its name there.

    Rows that were imported in any round are sent by no other, whoever corrects them again.
    """
    first = imported_list(typed, tmp_path, "Ben,12345,Oslo,\nCid,999,Oslo,\n", "--base-url", sandbox.url)
    theirs = corrected(first, "theirs.xlsx", {2: {"Phone": "202-555-0104"}, 3: {"Phone": "202-555-0105"}})
    done, _ = retried(typed, first, corrected(first, "1.xlsx", {2: {"Phone": "202-555-0102"}, 3: {"Phone": "998"}}))
    second = first.parent / str(done["run_id"])
    last, rows = retried(typed, second, corrected(second, "2.xlsx", {2: {"Phone": "202-555-0103"}}))
    assert rows.select("source", "sheet", "row", "raw:Name").rows() == [("list.csv", None, 3, "Cid")]
    assert Summary.read(second).retried[str(last["run_id"])].imported == 1
    assert {run: told.imported for run, told in Summary.read(first).retried.items()} == {
        second.name: 1,
        str(last["run_id"]): 1,
    }
    assert {place[2]: state.done for place, state in Decisions(first).rows().items()} == {
        2: second.name,
        3: last["run_id"],
    }
    for file in ([], [theirs]):
        again = typed("retry", first.name, *file, "--runs", first.parent)
        assert (again.code, "Nothing was sent" in " ".join(again.err.split())) == (2, True)
    assert [contact.phone for contact in sandbox.store.contacts()] == ["+12025550102", "+12025550103"]


def test_the_retry_of_a_sandbox_run_goes_on_in_its_sandbox(tmp_path: Path, typed: Typed) -> None:
    """What the run before created is there, and known: its number is not sent again."""
    run = imported_list(typed, tmp_path, "Ann,202-555-0101,Oslo,\nBen,12345,Oslo,\nCid,999,Oslo,\n", "--sandbox")
    cells = {2: {"Phone": "202-555-0101"}, 3: {"Phone": "202-555-0103"}}
    _, rows = retried(typed, run, corrected(run, "fixed.xlsx", cells))
    assert rows["reason"].to_list() == ["already-imported", "confirmed"]
