"""The report of an undo: ``undo.json`` and ``undo.csv`` in the run's folder."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from importer.account.undo.judging import Bucket
from importer.reports.folder import new_file
from importer.reports.row_files import write_csv

JSON = "undo.json"
CSV = "undo.csv"


class UndoSummary(BaseModel):
    """An undo in figures. ``removed + gone + kept + not_ours + failed + waiting == imported``.

    Attributes:
        imported: rows that the run's books show as imported; only these are considered.
        unconfirmed: rows of which nobody knows whether the run created their contacts; left alone.
        requests: that this undo made, without those of earlier undos of the run.
    """

    model_config = ConfigDict(extra="forbid")

    run_id: str
    status: Literal["complete", "incomplete", "dry-run"]
    exit_code: int
    stopped_because: str | None
    at: str
    target: str
    imported: int
    removed: int
    gone: int
    kept: int
    not_ours: int
    failed: int
    waiting: int
    unconfirmed: int
    requests: int


def write_account(folder: Path, rows: pl.DataFrame, summary: UndoSummary) -> None:
    """Write both files, each whole or not at all.

    Args:
        folder: the run's.
        rows: ``source``, ``sheet``, ``row``, ``phone``, ``contact_id``, ``bucket`` and ``detail`` of each imported row.
        summary: of the same rows.

    Raises:
        StoppedError: a file cannot be written.
    """
    write_csv(folder, CSV, rows.lazy())
    with new_file(folder, JSON) as part:
        part.write_text(summary.model_dump_json(indent=2) + "\n", "utf-8")


def count(rows: pl.DataFrame) -> dict[Bucket, int]:
    """Return the number of rows in each bucket, also if it is 0."""
    counts = dict(rows.group_by("bucket").len().iter_rows())
    return {bucket: counts.get(bucket.value, 0) for bucket in Bucket}


def now() -> str:
    """Return this moment in UTC, to the second, in ISO format."""
    return datetime.now(UTC).isoformat(timespec="seconds")
