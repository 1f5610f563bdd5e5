"""What no rule understands is said where a person looks: on the report's page, in its workbook and by ``inspect``."""

import json
from pathlib import Path

import openpyxl

from tests.conftest import Typed

HEADER = "Name,Phone,Email consent,Ext,Spouse Phone\n"
ROWS = "Ann Example,+1 202-555-0101,yes,12,+1 202-555-0109\nBo Example,+1 202-555-0102,no,,\n"
SAID = ('"Ext" is the extension of "Phone"', '"Email consent": consent to something else', '"Spouse Phone"')
LIST_SAID = "no valid number"


def test_what_is_not_understood_is_said_everywhere(tmp_path: Path, typed: Typed) -> None:
    """Extensions, columns of consent that are not obeyed, numbers of others, and entries that suppress nothing."""
    (tmp_path / "list.csv").write_text(HEADER + ROWS, "utf-8")
    (tmp_path / "dnc.csv").write_text("phone\n+1 202-555-0199\nnobody\n", "utf-8")
    (tmp_path / "job.toml").write_text(f'region = "US"\nsuppress = ["{tmp_path / "dnc.csv"}"]\n', "utf-8")
    given = (tmp_path / "list.csv", "--profile", tmp_path / "job.toml")
    shown = " ".join(typed("inspect", *given).out.split())
    done = typed("run", *given, "--dry-run", "--runs", tmp_path / "runs", "--json")
    folder = tmp_path / "runs" / json.loads(done.out)["run_id"]
    page = (folder / "report.html").read_text("utf-8").replace("&#34;", '"')
    book = openpyxl.load_workbook(folder / "report.xlsx", read_only=True)
    cells = " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    for where in (shown, page, cells):
        assert [words for words in (*SAID, LIST_SAID) if words not in where] == []
