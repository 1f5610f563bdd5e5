"""Values that a report must not take for more than text, and a run that has them."""

import csv
from pathlib import Path

from importer.models.outcomes import Reason
from importer.storage.summary import Summary
from tests.support.reports_run import row, source, summary_of, write_rows

HOSTILE = [
    "=1+1",
    "+1 555",
    "-2",
    "@A1",
    "\tx",
    "\rx",
    "\nx",
    "\0x",
    "'x",
    "＝1",
    "＋1",
    "－1",
    "＠1",
    "=HYPERLINK(1)",
    "+1" + "5" * 15,
]


def cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def run_with(folder: Path, values: list[str | None], reason: Reason = Reason.PHONE_INVALID) -> Summary:
    """A run whose rows have these values in the column Phone."""
    rows = [row(reason, "a.csv", 2 + number, {"Phone": value}) for number, value in enumerate(values)]
    write_rows(folder, rows, ("Name", "Phone"))
    return summary_of(rows, [source("a.csv", ("Name", "Phone"), "Phone", rows=len(rows))])
