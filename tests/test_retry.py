"""A run's retry file, corrected by a person, is a list like any other: what the run added is no contact data."""

import json
import shlex
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from importer.reports.account import next_steps
from importer.summary import Summary
from tests.conftest import Sandbox, Typed
from tests.reports_run import small_run
from tests.test_cli import books, importer

HEADER = "Name,Phone,City,=Note\n"


def first_run(folder: Path, sandbox: Sandbox, rows: str) -> tuple[Path, Summary]:
    """Import a list of one good row and these; the run's folder and summary."""
    (folder / "list.csv").write_text(f"{HEADER}Ann Example,+1 202-555-0101,Springfield,\n{rows}", "utf-8")
    summary = books(importer("run", "list.csv", "--region", "US", "--base-url", sandbox.url, "--json", cwd=folder))
    assert (summary["imported"], summary["errored"]) == (1, 1)
    run = folder / "runs" / summary["run_id"]
    return run, Summary.read(run)


def recommended(folder: Path, run: Path, summary: Summary, name: str) -> tuple[Path, list[dict[str, str | None]]]:
    """What the report says to run next is run; the new run's folder and its rows."""
    command = next_steps(summary, f"runs/{run.name}/{name}")[-1].command
    assert command is not None
    done = books(importer(*shlex.split(command)[1:], "--json", cwd=folder))
    assert (done["rows"], done["imported"]) == (1, 1)
    again = folder / "runs" / done["run_id"]
    return again, pl.read_parquet(again / "rows.parquet").select("phone", "first_name", "metadata").to_dicts()


def test_a_corrected_workbook_is_imported(tmp_path: Path, sandbox: Sandbox) -> None:
    """The row of a corrected cell arrives as if it had been right at first; no column of ours travels with it."""
    run, summary = first_run(tmp_path, sandbox, "Ben Example,12345,Shelbyville,=1+1\n")
    book = openpyxl.load_workbook(run / "retry.xlsx")
    head = [cell.value for cell in book.active[1]]
    assert "importer: reason" in head
    book.active.cell(2, head.index("Phone") + 1).value = "(202) 555-0102"
    book.save(run / "retry.xlsx")
    again, rows = recommended(tmp_path, run, summary, "retry.xlsx")
    assert rows == [
        {
            "phone": "+12025550102",
            "first_name": "Ben",
            "metadata": json.dumps({"City": "Shelbyville", "=Note": "=1+1"}, separators=(",", ":")),
        }
    ]
    notes = Summary.read(again).sources[0].notes
    assert "The columns that an earlier run added were left out." in notes
    assert {contact.phone for contact in sandbox.store.contacts()} == {"+12025550101", "+12025550102"}


def test_a_corrected_csv_file_is_imported(tmp_path: Path, sandbox: Sandbox) -> None:
    """In retry.csv the formula guard is on names and cells; they arrive without it."""
    long = "x" * 32_768
    run, summary = first_run(tmp_path, sandbox, f"'Ben,12345,{long},=1+1\n")
    text = (run / "retry.csv").read_text("utf-8")
    assert "'=Note" in text
    assert "'=1+1" in text
    (run / "retry.csv").write_text(text.replace("12345", "+12025550102", 1), "utf-8")
    again, rows = recommended(tmp_path, run, summary, "retry.csv")
    assert json.loads(rows[0]["metadata"] or "") == {"City": long, "=Note": "=1+1"}
    assert pl.read_parquet(again / "rows.parquet")["raw:Name"].to_list() == ["'Ben"]


def test_other_csv_files_keep_their_apostrophes(tmp_path: Path) -> None:
    """Only a file with columns of ours had a guard."""
    (tmp_path / "list.csv").write_text("Name,Phone\n'Ben,202-555-0101\n", "utf-8")
    importer("convert", "list.csv", "--out", "out", cwd=tmp_path)
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
    """The new run names the old one; the old one's figures stay, and say what the new one imported."""
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
    book.active.append(["New Example", "202-555-0103"])
    book.save(tmp_path / "fixed.xlsx")
    done = typed("retry", first["run_id"], tmp_path / "fixed.xlsx", "--json", *where)
    again = json.loads(done.out)
    assert (done.code, again["rows"], again["imported"], again["errored"]) == (3, 3, 2, 1)
    assert again["retry_of"] == first["run_id"]
    assert "1 row is as it was" in done.err
    old = Summary.read(run)
    assert old.retried[again["run_id"]].model_dump() == {"rows": 2, "imported": 1, "unchanged": 1, "unknown": 1}
    assert (old.imported, old.errored) == (1, 2)
    assert again["run_id"] in (run / "report.html").read_text("utf-8")
    kept = typed("report", first["run_id"], "--json", *where)
    assert again["run_id"] in json.loads(kept.out)["retried"]
    assert {contact.phone for contact in sandbox.store.contacts()} == {f"+1202555010{n}" for n in (1, 2, 3)}
