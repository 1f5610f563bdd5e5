"""Folders of an earlier version, in which a row that was not sent is errored, are read as what they say today."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.models.outcomes import Outcome
from importer.sandbox import Behaviour
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary
from tests.conftest import Done, StartSandbox, Typed

LIST = "Name,Phone\nAnn Example,202-555-0101\nBen Example,12345\nCid Example,202-555-0103\n"


def summary_of(done: Done) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(done.out)
    assert summary["balanced"]
    return summary


def made_old(folder: Path) -> None:
    """Write the run's files as the version before wrote them: rows, prepared rows and summary."""
    old = pl.Enum([outcome.value for outcome in Outcome if outcome is not Outcome.WAITING])
    for path in [*folder.glob("parts/*.parquet"), folder / "rows.parquet"]:
        rows = pl.read_parquet(path)
        outcome = pl.col("outcome").cast(pl.String).replace({"waiting": "errored"})
        rows.with_columns(outcome.cast(old if path.parent.name == "parts" else pl.String)).write_parquet(path)
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    waiting = summary["reasons"].pop("waiting")
    summary["reasons"].setdefault("errored", {}).update(waiting)
    summary["errored"] += summary.pop("waiting")
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")


@pytest.mark.parametrize("rows", [LIST, LIST.replace("12345", "202-555-0102")], ids=["errored rows, too", "none"])
def test_rows_that_were_not_sent_wait_and_are_sent(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, rows: str
) -> None:
    """The summary, the rows and the commands say waiting, and resume sends them."""
    sandbox = start_sandbox(Behaviour.parse(["faults=1:401"]))
    (tmp_path / "list.csv").write_text(rows, "utf-8")
    where = ("--runs", tmp_path / "runs")
    stopped = typed("run", tmp_path / "list.csv", "--region", "US", "--base-url", sandbox.url, "--json", *where)
    today = summary_of(stopped)
    assert (stopped.code, today["waiting"], today["reasons"]["waiting"]) == (
        6,
        today["batch_list"][0]["rows"],
        {"not-sent": today["waiting"]},
    )
    folder = RunFolder(tmp_path / "runs" / today["run_id"])
    made_old(folder.path)
    read = Summary.read(folder.path)
    assert (read.waiting, read.errored, read.reasons) == (today["waiting"], today["errored"], today["reasons"])
    outcomes = folder.settled_rows().select("outcome", "reason").collect()
    assert outcomes.filter(pl.col("reason") == "not-sent")["outcome"].to_list() == ["waiting"] * read.waiting
    assert " waiting " in typed("runs", *where).out
    assert "waiting, not-sent" in typed("trace", "+12025550101", *where).out
    resumed = typed("resume", today["run_id"], "--json", *where)
    assert (resumed.code, summary_of(resumed)["waiting"]) == (3 if today["errored"] else 0, 0)
    assert sandbox.store.count() == today["waiting"]


def test_a_report_says_waiting_apart_from_errored(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """Written again, the folder has waiting.csv, a tile and a sheet of its own, and the terminal a line."""
    sandbox = start_sandbox(Behaviour.parse(["faults=1:401"]))
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    where = ("--runs", tmp_path / "runs")
    run_id = summary_of(
        typed("run", tmp_path / "list.csv", "--region", "US", "--base-url", sandbox.url, "--json", *where)
    )["run_id"]
    folder = tmp_path / "runs" / run_id
    made_old(folder)
    (folder / "waiting.csv").unlink()
    told = typed("report", run_id, *where)
    assert re.search(r"^waiting +2 *$", told.out, re.MULTILINE)
    assert "1 errored + 0 unconfirmed + 2 waiting = 3 rows read" in (folder / "report.html").read_text("utf-8")
    assert 'class="tile waiting"' in (folder / "report.html").read_text("utf-8")
    assert (folder / "waiting.csv").read_text("utf-8").count("not-sent") == 2
    assert "not-sent" not in (folder / "errored.csv").read_text("utf-8")
