"""``trace``: all that the runs of a folder and their ledger know of one number.

The ledger knows what was sent, even if the run's folder is gone; what cannot be known without the folder is marked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError
from pydantic import BaseModel

from importer.delivery import Ledger
from importer.delivery.ledger.database import unusable
from importer.delivery.ledger.history import Carried, carried, end_of_contact, places, sender
from importer.delivery.ledger.mark import check_mark
from importer.delivery.ledger.removals import removals
from importer.errors import StoppedError, UsageError
from importer.models.outcomes import REASONS
from importer.storage.run_folder import LEDGER, ROWS, Record, RunFolder, all_runs
from importer.targets import answers

_COLUMNS = [
    *("source", "sheet", "row", "outcome", "reason", "detail", "kept_source", "kept_sheet", "kept_row"),
    *("batch", "offset", "contact_id"),
]
_GONE = "its folder is not there any more: this is what the ledger knows of it"
_UNREADABLE = "its files cannot be read: this is what the ledger knows of it"
Place = tuple[int, int]
"""A batch, and the contact's place in it."""


class TracedRequest(BaseModel):
    """A request that carried the number; ``words`` are the API's own, or the error seen in place of an answer."""

    at: datetime
    contacts: int
    verdict: str | None
    status: int | None
    words: str


class TracedRow(BaseModel):
    """A row that had the number, with its outcome; names as in ``rows.parquet``.

    If only the ledger knows of it, its file and row are None.
    """

    source: str | None = None
    sheet: str | None = None
    row: int | None = None
    outcome: str | None
    reason: str | None
    detail: str | None
    kept_source: str | None = None
    kept_sheet: str | None = None
    kept_row: int | None = None
    batch: int | None
    contact_id: str | None
    requests: list[TracedRequest] = []
    undo: str | None = None


class TracedRun(BaseModel):
    """A run that had the number.

    Attributes:
        target: its API's address, or the account's name if only the ledger knows of it.
        missing: what is not known of it, and why; None if all is.
    """

    run_id: str
    started_at: datetime
    target: str
    rows: list[TracedRow]
    missing: str | None = None


class Trace(BaseModel):
    """A number's history.

    Attributes:
        phone: E.164.
        runs: that had it, oldest first.
        unread: runs whose files cannot be read and that did not send the number; a row of theirs may have had it.
        has_ledger: if False, only what the runs' files say is known.
    """

    phone: str
    runs: list[TracedRun]
    unread: list[str]
    has_ledger: bool


@contextmanager
def ledger_of(runs: Path) -> Iterator[Ledger | None]:
    """Open the ledger of a folder of runs; None if there never was one, and none is made.

    Raises:
        LedgerError: it cannot be used, or is gone.
    """
    try:
        (runs / LEDGER).lstat()
    except (FileNotFoundError, NotADirectoryError):
        check_mark(runs / LEDGER, None)
        yield None
    except OSError as error:
        raise unusable(runs / LEDGER, error) from None
    else:
        with Ledger.open(runs / LEDGER) as ledger:
            yield ledger


def trace(runs: Path, phone: str) -> Trace:
    """Return every run of the folder, or of its ledger, that had this number (E.164).

    Raises:
        UsageError: the folder cannot be read.
        LedgerError: the ledger cannot be used.
    """
    folders = all_runs(runs)
    with ledger_of(runs) as ledger:
        sent = places(ledger, phone) if ledger else {}
        traced: list[TracedRun] = []
        unread = []
        for folder in folders:
            try:
                rows = _rows(folder, phone)
                record = folder.record() if rows.height else None
            except (OSError, PolarsError, StoppedError, UsageError):
                unread.append(folder.run_id)
            else:
                traced += [_run(ledger, record, rows)] if record else []
        known = {run.run_id for run in traced}
        if ledger:
            for run_id in sent.keys() - known:
                traced.append(_by_ledger(ledger, run_id, sent[run_id], is_there=run_id in unread))
    return Trace(
        phone=phone,
        runs=sorted(traced, key=lambda run: run.run_id),
        unread=[run_id for run_id in unread if run_id not in sent],
        has_ledger=ledger is not None,
    )


def _rows(folder: RunFolder, phone: str) -> pl.DataFrame:
    """Return the run's rows with the number; of a run that was killed, those that were prepared."""
    if (folder.path / ROWS).is_file():
        rows = folder.settled_rows()
    else:
        rows = folder.parts().scan().with_columns(contact_id=pl.lit(None, pl.String))
    return rows.filter(pl.col("phone") == phone).select(_COLUMNS).collect()


def _run(ledger: Ledger | None, record: Record, rows: pl.DataFrame) -> TracedRun:
    traced = []
    for row in rows.to_dicts():
        place = (row["batch"], row.pop("offset"))
        of_ledger = _requests_and_undo(ledger, record.run_id, place) if ledger and row["batch"] is not None else {}
        traced.append(TracedRow(**row, **of_ledger))
    return TracedRun(run_id=record.run_id, started_at=record.started_at, target=record.base_url, rows=traced)


def _by_ledger(ledger: Ledger, run_id: str, sent: list[Place], *, is_there: bool) -> TracedRun:
    """Return what the ledger alone knows of a run that sent the number; ``is_there``: its folder exists, unreadable."""
    target, begun = sender(ledger, run_id)
    rows = []
    for batch, offset in sent:
        reason, detail, contact_id = end_of_contact(ledger, run_id, batch, offset)
        rows.append(
            TracedRow(
                outcome=reason and REASONS[reason].outcome,
                reason=reason,
                detail=detail,
                batch=batch,
                contact_id=contact_id,
                **_requests_and_undo(ledger, run_id, (batch, offset)),
            )
        )
    return TracedRun(
        run_id=run_id,
        started_at=datetime.fromtimestamp(begun, UTC),
        target=target,
        rows=rows,
        missing=_UNREADABLE if is_there else _GONE,
    )


def _requests_and_undo(ledger: Ledger, run_id: str, place: Place) -> dict[str, Any]:
    """Return the requests that carried a contact and its undo, as fields of ``TracedRow``."""
    removal = removals(ledger, run_id).get(place)
    undone = None if removal is None else ": ".join(filter(None, (removal.state.value, removal.detail)))
    return {"requests": [_request(request) for request in carried(ledger, run_id, *place)], "undo": undone}


def _request(request: Carried) -> TracedRequest:
    return TracedRequest(
        at=datetime.fromtimestamp(request.begun, UTC),
        contacts=request.rows,
        verdict=request.verdict,
        status=request.status,
        words=_words(request),
    )


def _words(request: Carried) -> str:
    """Return the answer in a few words: the API's counters or its refusal, else what was seen."""
    if request.verdict is None:
        return "the program ended before the answer"
    reply = answers.read_reply(request.reply) if request.reply else None
    if reply is not None:
        return f"{reply.imported} imported, {reply.skipped} skipped, {reply.errors} errors"
    refusal = answers.read_refusal(request.reply).text if request.reply else ""
    return refusal or request.trouble or ""
