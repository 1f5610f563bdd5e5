"""``trace``: all that the runs of a folder and their ledger know of one number."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from pydantic import BaseModel

from importer.delivery import Ledger
from importer.delivery.history import Carried, carried
from importer.delivery.removals import removals
from importer.runs import LEDGER, ROWS, RunFolder, all_runs
from importer.targets import answers

_COLUMNS = [
    *("source", "sheet", "row", "outcome", "reason", "detail", "kept_source", "kept_sheet", "kept_row"),
    *("batch", "offset", "contact_id"),
]


class TracedRequest(BaseModel):
    """One request that carried the number; ``words`` are the API's own, or what was seen instead of an answer."""

    at: datetime
    contacts: int
    verdict: str | None
    status: int | None
    words: str


class TracedRow(BaseModel):
    """One row that had the number, what became of it, and how; names as in ``rows.parquet``."""

    source: str
    sheet: str | None
    row: int
    outcome: str | None
    reason: str | None
    detail: str | None
    kept_source: str | None
    kept_sheet: str | None
    kept_row: int | None
    batch: int | None
    contact_id: str | None
    requests: list[TracedRequest] = []
    undo: str | None = None


class TracedRun(BaseModel):
    """A run that had the number."""

    run_id: str
    started_at: datetime
    target: str
    rows: list[TracedRow]


def trace(runs: Path, phone: str) -> list[TracedRun]:
    """Every run of the folder that had this number (E.164), oldest first."""
    had = [(folder, rows) for folder in all_runs(runs) if (rows := _rows(folder, phone)).height]
    if not had:
        return []
    with Ledger.open(runs / LEDGER) as ledger:
        return [_run(ledger, folder, rows) for folder, rows in had]


def _rows(folder: RunFolder, phone: str) -> pl.DataFrame:
    """The run's rows with the number; of a run that was killed, those that were prepared."""
    if (folder.path / ROWS).is_file():
        rows = folder.settled_rows()
    else:
        rows = folder.parts().scan().with_columns(contact_id=pl.lit(None, pl.String))
    return rows.filter(pl.col("phone") == phone).select(_COLUMNS).collect()


def _run(ledger: Ledger, folder: RunFolder, rows: pl.DataFrame) -> TracedRun:
    record = folder.record()
    gone = removals(ledger, folder.run_id)
    traced = []
    for row in rows.to_dicts():
        place = (row["batch"], row.pop("offset"))
        requests = carried(ledger, folder.run_id, *place) if row["batch"] is not None else []
        removal = gone.get(place)
        undone = None if removal is None else ": ".join(filter(None, (removal.state.value, removal.detail)))
        traced.append(TracedRow(**row, requests=[_request(request) for request in requests], undo=undone))
    return TracedRun(run_id=folder.run_id, started_at=record.started_at, target=record.base_url, rows=traced)


def _request(request: Carried) -> TracedRequest:
    return TracedRequest(
        at=datetime.fromtimestamp(request.begun, UTC),
        contacts=request.rows,
        verdict=request.verdict,
        status=request.status,
        words=_words(request),
    )


def _words(request: Carried) -> str:
    """The answer in a few words: the API's counters or its refusal, else what was seen."""
    if request.verdict is None:
        return "the program ended before the answer"
    reply = answers.read_reply(request.reply) if request.reply else None
    if reply is not None:
        return f"{reply.imported} imported, {reply.skipped} skipped, {reply.errors} errors"
    refusal = answers.read_refusal(request.reply).text if request.reply else ""
    return refusal or request.trouble or ""
