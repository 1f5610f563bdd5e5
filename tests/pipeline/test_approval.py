"""Approval: what a person approved is sent, exactly that, or nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from importer.sandbox import Behaviour
from importer.storage.decisions import Decisions
from importer.storage.number_files import write_numbers
from importer.storage.summary import Summary
from tests.conftest import Sandbox, StartSandbox, Typed

LIST = "Name,Phone\nAnn,202-555-0101\nBen,12345\nCid,202-555-0103\n"


class Desk:
    """A list, a profile and a suppression list; the run waits for approval."""

    def __init__(self, folder: Path, sandbox: Sandbox, typed: Typed) -> None:
        self.folder, self.sandbox, self._typed = folder, sandbox, typed
        (folder / "list.csv").write_text(LIST, "utf-8")
        (folder / "job.toml").write_text('region = "US"\nneeds_approval = true\n', "utf-8")
        (folder / "dnc.csv").write_text("Phone\n+12025550103\n", "utf-8")

    def typed(self, *arguments: str) -> tuple[int, str, str]:
        done = self._typed(*arguments, "--runs", self.folder / "runs")
        return done.code, done.out, " ".join(done.err.split())

    def prepare(self) -> Path:
        code, out, err = self.typed(
            "run", str(self.folder / "list.csv"), "--profile", str(self.folder / "job.toml"),
            "--suppress", str(self.folder / "dnc.csv"), "--base-url", self.sandbox.url, "--json",
        )  # fmt: skip
        summary = json.loads(out)
        assert (code, summary["status"], summary["waiting"], summary["balanced"]) == (7, "incomplete", 1, True)
        assert "waits for approval" in summary["stopped_because"]
        assert f"importer approve {summary['run_id']}" in err
        assert self.sent() == []
        return self.folder / "runs" / str(summary["run_id"])

    def sent(self) -> list[str]:
        return [contact.phone for contact in self.sandbox.store.contacts()]


@pytest.fixture
def desk(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> Desk:
    return Desk(tmp_path, sandbox, typed)


def test_nothing_is_sent_before_a_person_approves_and_then_exactly_the_plan(desk: Desk) -> None:
    """Exit code 7, also of resume; approve sends, and who approved, and when, stays in review.jsonl."""
    run = desk.prepare()
    rows = pl.read_parquet(run / "rows.parquet")
    assert rows["detail"][0] == f"the run waits for approval; run: importer approve {run.name}"
    assert "Look through what would be sent" in (run / "report.html").read_text("utf-8")
    code, _, err = desk.typed("resume", run.name)
    assert (code, desk.sent()) == (7, [])
    assert f"Look at its report, then run: importer approve {run.name}" in err
    assert desk.typed("report", run.name)[0] == 0
    assert Summary.read(run).exit_code == 7
    code, _, _ = desk.typed("approve", run.name, "--as", "anna")
    assert (code, desk.sent()) == (3, ["+12025550101"])
    (approval,) = (line for line in Decisions(run).since(0) if line.act == "approve")
    assert (approval.who, approval.row) == ("anna", None)
    assert (Summary.read(run).status, Summary.read(run).exit_code) == ("complete", 3)


def test_a_run_that_was_stopped_after_approval_goes_on_by_itself(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed
) -> None:
    """The approval holds for what is left; a list that changed since is refused."""
    desk = Desk(tmp_path, start_sandbox(Behaviour.parse(["faults=1:401"])), typed)
    run = desk.prepare()
    assert (desk.typed("approve", run.name)[0], desk.sent()) == (6, [])
    (tmp_path / "dnc.csv").write_text("Phone\n+12025550104\n", "utf-8")
    code, _, err = desk.typed("resume", run.name)
    assert (code, desk.sent()) == (5, [])
    assert "dnc.csv is another" in err
    (tmp_path / "dnc.csv").write_text("Phone\n+12025550103\n", "utf-8")
    assert (desk.typed("resume", run.name)[0], desk.sent()) == (3, ["+12025550101"])


def _more(name: str) -> Callable[[Path, Path], None]:
    def change(folder: Path, _run: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write("\n" if name.endswith("toml") else "Eve,202-555-0105\n")

    return change


def _gone(folder: Path, _run: Path) -> None:
    (folder / "list.csv").unlink()


def _settings(_folder: Path, run: Path) -> None:
    record = json.loads((run / "run.json").read_text("utf-8"))
    record["settings"]["on_existing"] = "update"
    (run / "run.json").write_text(json.dumps(record), "utf-8")


def _rows(_folder: Path, run: Path) -> None:
    (part,) = (run / "parts").glob("*.parquet")
    pl.read_parquet(part).with_columns(first_name=pl.lit("Eve")).write_parquet(part)


def _numbers(_folder: Path, run: Path) -> None:
    (path,) = run.glob("*.numbers")
    write_numbers(path, bytes(16), np.empty(0, np.uint64), "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_more("list.csv"), "the file list.csv is another"),
        (_gone, "the file list.csv is gone"),
        (_more("job.toml"), "job.toml is another"),
        (_more("dnc.csv"), "dnc.csv is another"),
        (_settings, "the run's settings are others"),
        (_rows, "the prepared rows are others"),
        (_numbers, "the numbers that must not be sent are others"),
    ],
)
def test_what_was_swapped_between_review_and_approval_is_named_and_nothing_is_sent(
    desk: Desk, change: Callable[[Path, Path], None], words: str
) -> None:
    """Exit code 5, from approve; and from resume where it was swapped after the approval."""
    run = desk.prepare()
    change(desk.folder, run)
    code, _, err = desk.typed("approve", run.name)
    assert (code, desk.sent(), len(Decisions(run).since(0))) == (5, [], 0)
    assert words in err
    assert desk.typed("resume", run.name)[0] == 7


def test_a_run_with_nothing_to_send_waits_for_nobody(desk: Desk) -> None:
    """All its numbers were imported before: it is complete at once."""
    where = ("--region", "US", "--base-url", desk.sandbox.url)
    file = str(desk.folder / "list.csv")
    assert desk.typed("run", file, *where)[0] == 3
    code, out, _ = desk.typed("run", file, "--needs-approval", *where, "--json")
    assert (code, json.loads(out)["status"]) == (3, "complete")


def test_a_run_without_a_plan_is_not_approved(desk: Desk) -> None:
    """One that is complete stays as it is; a dry run sends nothing whatever it needs, and cannot be approved."""
    where = ("--region", "US", "--base-url", desk.sandbox.url)
    file = str(desk.folder / "list.csv")
    assert desk.typed("run", file, "--dry-run", "--needs-approval", *where)[0] == 3
    code, _, err = desk.typed("approve", "latest")
    assert (code, "has no plan" in err) == (5, True)
    assert desk.typed("run", file, *where)[0] == 3
    code, _, err = desk.typed("approve", "latest")
    assert (code, "is complete: there was nothing to do" in err) == (3, True)


def test_a_run_that_a_guard_refused_can_be_approved(desk: Desk) -> None:
    """Exit code 5 first, and resume does not send it; then exactly what was prepared is sent."""
    where = ("--region", "US", "--base-url", desk.sandbox.url, "--max-error-rate", "0.1")
    assert desk.typed("run", str(desk.folder / "list.csv"), *where)[0] == 5
    assert (desk.typed("resume", "latest")[0], desk.sent()) == (2, [])
    assert desk.typed("approve", "latest")[0] == 3
    assert desk.sent() == ["+12025550101", "+12025550103"]


def test_a_retry_of_a_run_that_needed_approval_needs_it_too(desk: Desk) -> None:
    """Its decided rows are a plan of their own."""
    run = desk.prepare()
    assert desk.typed("approve", run.name)[0] == 3
    head = "Name,Phone,importer: source,importer: row\n"
    (desk.folder / "fixed.csv").write_text(f"{head}Ben,202-555-0102,list.csv,3\n", "utf-8")
    code, out, _ = desk.typed("retry", run.name, str(desk.folder / "fixed.csv"), "--json")
    assert (code, desk.sent()) == (7, ["+12025550101"])
    assert desk.typed("approve", json.loads(out)["run_id"])[0] == 0
    assert desk.sent() == ["+12025550101", "+12025550102"]
