"""Two runs side by side, as somebody types it."""

import json
from pathlib import Path

from importer.models.outcomes import Reason
from tests.conftest import Sandbox, Typed
from tests.support.desk import Desk
from tests.support.reports_run import row, source, summary_of, write_rows

LIST = """First name,Last name,Phone
Jane,Doe,(202) 555-0143
Janet,Doe,call office
Rosa,Haddad,(202) 555-0199
"""


def test_a_dry_run_and_its_run_do_not_differ(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """What was planned was imported: no row ended otherwise."""
    desk = Desk(tmp_path, sandbox, typed, LIST)
    desk.run("--dry-run", "--region", "US")
    desk.run("--region", "US")
    found = json.loads(desk.command("compare", "latest").out)
    assert found["is_rehearsal"]
    assert (found["same"], found["moved"], found["examples"]) == (3, 0, [])


def test_rows_that_ended_otherwise_are_listed(tmp_path: Path, typed: Typed) -> None:
    """Each with its place and both reasons, also among rows with the same cells."""
    for run_id, reasons in {
        "20260301-090000-000": [Reason.CONFIRMED] * 3,
        "20260302-090000-000": [Reason.CONFIRMED, Reason.SUPPRESSED, Reason.REJECTED_BY_API],
    }.items():
        folder = tmp_path / "runs" / run_id
        folder.mkdir(parents=True)
        rows = [
            row(reason, "a.csv", number, {"Phone": "1" if number < 4 else "2"})
            for number, reason in enumerate(reasons, 2)
        ]
        write_rows(folder, rows, ("Phone",))
        summary_of(rows, [source("a.csv", ("Phone",), "Phone")], run_id=run_id).write(folder, "")
        (folder / "run.json").write_text("{}", "utf-8")
    done = typed("compare", "latest", "--runs", tmp_path / "runs", "--json")
    found = json.loads(done.out)
    assert (found["same"], found["moved"]) == (3, 2)
    assert [(each["row"], each["before"], each["now"]) for each in found["examples"]] == [
        (3, "confirmed", "suppressed"),
        (4, "confirmed", "rejected-by-api"),
    ]
    shown = typed("compare", "20260301-090000-000", "20260302-090000-000", "--runs", tmp_path / "runs").out
    assert "a.csv, row 3: confirmed → suppressed" in shown
    assert typed("compare", "20260301-090000-000", "--runs", tmp_path / "runs").code == 2
