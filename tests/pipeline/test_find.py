"""A person over all runs, and the runs themselves, as somebody types it."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Sandbox, Typed
from tests.support.desk import Desk

LIST = """First name,Last name,Phone,E-mail,May we call
Jane,DOE,(202) 555-0143,jane.doe@example.com,yes
Janet,Doe,call office,janet@example.com,yes
Rosa,Haddad,(202) 555-0199,rosa@example.com,no
"""


@pytest.fixture
def desk(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> Desk:
    return Desk(tmp_path, sandbox, typed, LIST)


def test_a_person_is_found_by_any_of_it_and_told_why(desk: Desk) -> None:
    """By name in any case, by address, by number in any spelling; the newest run first."""
    desk.run("--dry-run", "--region", "US")
    desk.run("--region", "US")
    for text, rows in {
        "JANE doe": [2, 3],
        "jane.doe@example": [2],
        "+1 202 555 0143": [2],
        "202.555.0199": [4],
        "nobody": [],
    }.items():
        found = json.loads(desk.command("find", text).out)
        assert found["searched"] == 2
        assert [[each["row"] for each in run["rows"]] for run in found["runs"]] == ([rows, rows] if rows else [])
    (first, _) = json.loads(desk.command("find", "rosa haddad").out)["runs"]
    assert (first["rows"][0]["outcome"], first["rows"][0]["reason"]) == ("skipped", "no-consent")
    assert "May we call" in first["rows"][0]["detail"]


def test_who_was_held_back_by_a_list_is_told_by_which(desk: Desk) -> None:
    """By its name, as every report does."""
    (desk.folder / "dnc.csv").write_text("Phone\n+12025550143\n", "utf-8")
    desk.run("--region", "US", "--suppress", str(desk.folder / "dnc.csv"))
    (found,) = json.loads(desk.command("find", "jane.doe@example").out)["runs"]
    assert found["rows"][0]["detail"] == "the number is on the suppression list (dnc.csv)"


def test_nothing_to_look_for_is_wrong_usage_and_a_name_is_no_number(desk: Desk) -> None:
    """With the command that helps."""
    assert desk.command("find", "  ").code == 2
    traced = desk.command("trace", "Jane Doe")
    assert traced.code == 2
    assert "importer find 'Jane Doe'" in traced.err


def test_the_sources_inside_a_list_are_in_the_summary_and_the_history(desk: Desk) -> None:
    """Counted when the run ends; the page of runs is written then, too, and names nobody."""
    rows = "".join(
        f"Person{n},Q{n}uetzal,{'call office' if n % 8 == 0 else f'(202) 555-01{n:02}'},p{n}@example.com,"
        f"{'web' if n % 2 else 'broker'}\n"
        for n in range(40)
    )
    (desk.folder / "list.csv").write_text("First name,Last name,Phone,E-mail,Lead source\n" + rows, "utf-8")
    summary = json.loads(desk.run("--region", "US").out)
    assert summary["origins"]["column"] == "Lead source"
    assert summary["origins"]["values"]["broker"]["phone-invalid"] == 5
    assert sum(sum(values.values()) for values in summary["origins"]["values"].values()) == 40
    page = (desk.folder / "runs" / "index.html").read_text("utf-8")
    assert "list.csv" in page
    assert "broker" in page
    frame = desk.rows()
    cells = frame.select(pl.col("first_name", "last_name", "email", "phone")).unpivot()["value"].drop_nulls().to_list()
    assert len(cells) > 100
    assert [cell for cell in cells if cell in page] == []


def test_runs_are_listed_by_name_count_and_as_json(desk: Desk) -> None:
    """The list's name first; the last ones alone; for programs whole."""
    desk.run("--dry-run", "--region", "US")
    desk.run("--region", "US")
    runs = json.loads(desk.command("runs", "--last", "1").out)
    assert [(run["list"], run["status"], run["rows"], run["imported"], run["left"]) for run in runs] == [
        ("list.csv", "complete", 3, 1, 1)
    ]
    assert json.loads(desk.command("runs", "--list", "other").out) == []
