"""What ``trace`` tells of a number is what happened to it."""

import json
from pathlib import Path
from typing import Any

from importer.sandbox import Behaviour
from tests.conftest import StartSandbox, Typed

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


def test_a_number_that_no_run_had(tmp_path: Path, typed: Typed) -> None:
    """Is said, and is no error; what is no number is wrong usage."""
    done = typed("trace", "+12025550199", "--runs", tmp_path)
    assert (done.code, "No run" in done.out) == (0, True)
    assert typed("trace", "12", "--runs", tmp_path).code == 2
