"""A retry reads its rows as the run before read them."""

import json
from pathlib import Path

import openpyxl

from importer.models.decisions import Change
from importer.storage.decisions import Decisions
from tests.conftest import Sandbox, Typed
from tests.support.retrying import retried


def test_a_list_of_several_sheets_keeps_each_row_s_name(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Sheets with columns of their own are read as the run read them; rows keep sheet and number."""
    book = openpyxl.Workbook()
    book.active.title = "One"
    for row in (["Name", "Phone"], ["Ann", "12"], ["Bob", "+12025550101"]):
        book.active.append(row)
    sheet = book.create_sheet("Two")
    for row in (["Mobile", "Full name"], ["+12025550102", "Cid"], ["13", "Dee"]):
        sheet.append(row)
    book.save(tmp_path / "list.xlsx")
    where = ("--region", "US", "--base-url", sandbox.url, "--runs", str(tmp_path / "runs"), "--json")
    run = tmp_path / "runs" / json.loads(typed("run", tmp_path / "list.xlsx", *where).out)["run_id"]
    Decisions(run).append(
        "anna",
        [
            Change(("list.xlsx", "Two", 3), "set", "202-555-0104", "Mobile", "13"),
            Change(("list.xlsx", "One", 2), "set", "202-555-0103", "Phone", "12"),
        ],
    )
    _, rows = retried(typed, run, None)
    assert rows.select("source", "sheet", "row", "phone", "first_name", "reason").rows() == [
        ("list.xlsx", "One", 2, "+12025550103", "Ann", "confirmed"),
        ("list.xlsx", "Two", 3, "+12025550104", "Dee", "confirmed"),
    ]
