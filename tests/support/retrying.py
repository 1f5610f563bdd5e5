"""Runs with rows to correct, and what is corrected in their files."""

import json
from pathlib import Path

import openpyxl
import polars as pl

from tests.conftest import Typed

HEADER = "Name,Phone,City,=Note\n"


def corrected(run: Path, name: str, changes: dict[int, dict[str, str]], copies: tuple[int, ...] = ()) -> Path:
    """The run's retry workbook with cells changed, by row and column, and rows copied to its end."""
    book = openpyxl.load_workbook(run / "retry.xlsx")
    sheet = book.active
    head = [cell.value for cell in sheet[1]]
    for row, cells in changes.items():
        for column, value in cells.items():
            sheet.cell(row, head.index(column) + 1).value = value
    for row in copies:
        sheet.append([cell.value for cell in sheet[row]])
    book.save(run.parent.parent / name)
    return run.parent.parent / name


def imported_list(typed: Typed, folder: Path, rows: str, *flags: str) -> Path:
    """Import a list of these rows; the run's folder."""
    (folder / "list.csv").write_text(f"{HEADER}{rows}", "utf-8")
    where = ("--region", "US", "--runs", str(folder / "runs"), "--json")
    done = json.loads(typed("run", folder / "list.csv", *flags, *where).out)
    return folder / "runs" / str(done["run_id"])


def retried(typed: Typed, run: Path, fixed: Path | None, *flags: str) -> tuple[dict[str, object], pl.DataFrame]:
    """The summary of a retry, and its rows."""
    file = [] if fixed is None else [fixed]
    done = json.loads(typed("retry", run.name, *file, "--json", *flags, "--runs", run.parent).out)
    return done, pl.read_parquet(run.parent / done["run_id"] / "rows.parquet")
