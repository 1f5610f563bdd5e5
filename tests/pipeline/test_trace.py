"""What ``trace`` tells of a number is what happened to it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.sandbox import Behaviour
from tests.conftest import Sandbox, StartSandbox, Typed

LIST = "Name,Phone\nAnn Example,202-555-0101\nAnn Again,+1 (202) 555-0101\nBen Example,202-555-0102\n"


def test_rows_requests_and_undo_of_a_number(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """In any spelling: the row that was sent with its requests, its duplicate, a later run's skip, and the undo."""
    sandbox = start_sandbox(Behaviour.parse(["faults=1:429"]))
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    where = ("--runs", tmp_path / "runs")
    runs = [
        json.loads(
            typed("run", tmp_path / "list.csv", "--region", "US", "--base-url", sandbox.url, "--json", *where).out
        )["run_id"]
        for _ in range(2)
    ]
    typed("undo", runs[0], "--yes", *where)
    told = json.loads(typed("trace", "202 555 0101", "--region", "US", "--json", *where).out)
    assert (told["phone"], [run["run_id"] for run in told["runs"]]) == ("+12025550101", runs)
    first, duplicate = told["runs"][0]["rows"]
    assert (first["row"], first["reason"], first["undo"]) == (2, "confirmed", "removed")
    seen: list[tuple[Any, ...]] = [(r["status"], r["verdict"], r["contacts"]) for r in first["requests"]]
    assert seen == [(429, "too-many-requests", 2), (200, "answered", 2)]
    assert first["requests"][-1]["words"] == "2 imported, 0 skipped, 0 errors"
    assert (duplicate["row"], duplicate["reason"], duplicate["kept_row"]) == (3, "duplicate-in-file", 2)
    assert [row["reason"] for row in told["runs"][1]["rows"]] == ["already-imported", "duplicate-in-file"]
    shown = typed("trace", "+12025550101", *where)
    assert (shown.code, "row 2: imported, confirmed" in shown.out, "undo: removed" in shown.out) == (0, True, True)


@pytest.fixture
def ran(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> Path:
    """The folder of runs of one import."""
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    where = ("--base-url", sandbox.url, "--runs", tmp_path / "runs")
    assert typed("run", tmp_path / "list.csv", "--region", "US", *where).code == 0
    return tmp_path / "runs"


def folder_of(runs: Path) -> Path:
    (record,) = runs.glob("*/run.json")
    return record.parent


def deleted(run: Path) -> None:
    shutil.rmtree(run)


def cut(run: Path) -> None:
    data = (run / "rows.parquet").read_bytes()
    (run / "rows.parquet").write_bytes(data[: len(data) // 2])


def without_record(run: Path) -> None:
    (run / "run.json").write_text("{", "utf-8")


@pytest.mark.parametrize(
    ("harm", "missing"),
    [(deleted, "not there any more"), (cut, "cannot be read"), (without_record, "cannot be read")],
)
def test_of_a_run_without_its_files_the_ledger_tells(
    ran: Path, sandbox: Sandbox, typed: Typed, harm: Callable[[Path], None], missing: str
) -> None:
    """That the number was sent, when, with which answer, and what came of it; file and row are said to be unknown."""
    run_id = folder_of(ran).name
    harm(folder_of(ran))
    told = json.loads(typed("trace", "+12025550101", "--json", "--runs", ran).out)
    (run,) = told["runs"]
    assert (run["run_id"], missing in run["missing"]) == (run_id, True)
    assert run["target"] == sandbox.url.replace("http://127.0.0.1", "localhost")
    (row,) = run["rows"]
    assert (row["outcome"], row["reason"], row["batch"], row["source"]) == ("imported", "confirmed", 1, None)
    assert [request["words"] for request in row["requests"]] == ["2 imported, 0 skipped, 0 errors"]
    shown = typed("trace", "+12025550101", "--runs", ran)
    assert (shown.code, "No run" in shown.out) == (0, False)
    assert "row not known: imported, confirmed" in shown.out
    assert missing in shown.out


def test_a_number_of_which_unreadable_files_may_know_is_not_denied(ran: Path, typed: Typed) -> None:
    """It was not sent, but a row may have had it."""
    cut(folder_of(ran))
    shown = typed("trace", "+12025550199", "--runs", ran)
    assert shown.code == 0
    assert f"The files of run {folder_of(ran).name} cannot be read" in shown.out


@pytest.mark.parametrize("command", [["trace", "+12025550199"], ["trace", "+12025550101"], ["runs"]])
def test_a_ledger_that_cannot_be_used_is_no_answer(ran: Path, typed: Typed, command: list[str]) -> None:
    """Damaged, or of another version: exit code 4, with the ledger's name."""
    (ran / "ledger.sqlite").write_bytes(b"no ledger" * 999)
    done = typed(*command, "--runs", ran)
    assert done.code == 4
    assert f"The ledger {ran / 'ledger.sqlite'} cannot be used" in done.err
    assert "No run" not in done.out


@pytest.mark.parametrize("command", [["trace", "+12025550101"], ["runs"]])
def test_a_ledger_that_is_gone_is_said_and_none_is_made(ran: Path, typed: Typed, command: list[str]) -> None:
    """What it knew of runs without a folder is lost."""
    (ran / "ledger.sqlite").unlink()
    done = typed(*command, "--runs", ran)
    assert (done.code, "is gone" in done.err) == (4, True)
    assert not (ran / "ledger.sqlite").exists()


def test_where_there_never_was_a_ledger_the_files_answer_alone(ran: Path, tmp_path: Path, typed: Typed) -> None:
    """A run's folder that was taken elsewhere: its rows are told, and that the rest is not known."""
    shutil.copytree(folder_of(ran), tmp_path / "elsewhere" / folder_of(ran).name)
    shown = typed("trace", "+12025550101", "--runs", tmp_path / "elsewhere")
    assert (shown.code, "row 2: imported, confirmed" in shown.out) == (0, True)
    assert "There is no ledger" in shown.out
    assert typed("runs", "--runs", tmp_path / "elsewhere").code == 0
    assert not (tmp_path / "elsewhere" / "ledger.sqlite").exists()


def test_a_number_that_no_run_had(tmp_path: Path, typed: Typed) -> None:
    """Is said, and is no error; what is no number is wrong usage."""
    done = typed("trace", "+12025550199", "--runs", tmp_path)
    assert (done.code, "No run" in done.out) == (0, True)
    assert typed("trace", "12", "--runs", tmp_path).code == 2
