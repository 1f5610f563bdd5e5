"""The plan of an undo, from the run's books, the ledger and the account's list."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl
from pydantic import SecretStr

from importer.account.connection import connected, settings_of_sender
from importer.account.contact_list import look
from importer.account.session import Line, Log
from importer.account.standing import ledger_of
from importer.account.undo.account import count
from importer.account.undo.judging import Bucket, Judgement, judge, keeps_metadata
from importer.account.whose import Whose
from importer.delivery import Ledger
from importer.delivery.ledger.removals import IS_OVER, Removal, RemovalState, note_removals, removals
from importer.delivery.samples import Samples, carriers
from importer.models.outcomes import Reason
from importer.models.watching import Stop, Watch
from importer.storage.run_folder import RunFolder

_SENT = ["first_name", "last_name", "email", "metadata"]


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """The plan of an undo.

    Attributes:
        rows: each imported row of the run with its ``contact_id``, ``bucket`` and ``detail``, as far as they are known.
        per_hour: requests that may be made in an hour.
    """

    rows: pl.DataFrame
    per_hour: int

    @property
    def to_delete(self) -> int:
        """Return the number of contacts to delete; one request each."""
        return count(self.rows)[Bucket.WAITING]

    @property
    def seconds(self) -> float:
        """Return the seconds that the deletions take at the account's pace, at least."""
        return max(self.to_delete - self.per_hour, 0) * 3600 / self.per_hour


@dataclass(frozen=True, slots=True)
class Undo:
    """One undo being worked on; ``line`` is open while the run and its account are held."""

    folder: RunFolder
    ledger: Ledger
    line: Line
    account_id: int


@contextmanager
def plan_undo(  # noqa: PLR0913, PLR0917 - the run's own things
    folder: RunFolder,
    key: SecretStr | None,
    watch: Watch,
    stop: Stop,
    whose: Whose = Whose(),  # noqa: B008 - it is frozen
    list_requests: int | None = None,
) -> Iterator[tuple[UndoPlan, Undo]]:
    """Read the account and decide what would be deleted; the run and its account are held until the context ends.

    Args:
        folder: the run's.
        key: of the API.
        watch: is told what happens.
        stop: a wish to stop.
        whose: how it is settled whose account a new key leads to.
        list_requests: that reading the account may take; by default the run's ``verify_requests``.

    Raises:
        UsageError: the run has no rows written.
        KeyRefusedError, StoppedError: the account cannot be read.
    """
    folder.check_written()
    with folder.locked(), ledger_of(folder, watch) as ledger:
        record = folder.record()
        settings = settings_of_sender(record, "undo")
        with connected(folder, record, settings, key, ledger, whose) as (target, account):
            log = Log(ledger, account, f"undo:{folder.run_id}", settings.requests_per_hour, settings.burst)
            line = Line(target, log, settings.max_wait, watch, stop=stop)
            undo = Undo(folder, ledger, line, account)
            budget = settings.verify_requests if list_requests is None else list_requests
            yield UndoPlan(_judged(undo, budget), settings.requests_per_hour), undo


def judgement_of(removal: Removal) -> Judgement:
    """Return the judgement on a contact that was to be deleted, as the ledger has it."""
    buckets = {RemovalState.INTENDED: Bucket.WAITING, RemovalState.FAILED: Bucket.FAILED}
    bucket = buckets.get(removal.state) or Bucket(removal.state.value)
    return Judgement(bucket, removal.detail or "", removal.contact_id)


def _judged(work: Undo, budget: int) -> pl.DataFrame:
    """Return the imported rows of the run, each with its judgement."""
    # A row without a number is of somebody who was forgotten: nobody knows its contact any more.
    is_known = pl.col("phone").is_not_null()
    rows = work.folder.settled_rows().filter(is_known & (pl.col("reason") == Reason.CONFIRMED.value))
    columns = ["source", "sheet", "row", "batch", "offset", "phone", *_SENT]
    imported = rows.select(columns).collect()
    known = removals(work.ledger, work.folder.run_id)
    places = list(imported.select("batch", "offset").iter_rows())
    open_rows = [row for place, row in zip(places, imported.to_dicts(), strict=True) if not _is_over(known, place)]
    judgements = {(row["batch"], row["offset"]): judged for row, judged in _judge_all(work, open_rows, budget)}
    verdicts_of = [judgements.get(place) or judgement_of(known[place]) for place in places]
    lines = [(judged.contact_id, judged.bucket.value, judged.detail or None) for judged in verdicts_of]
    verdicts = pl.DataFrame(lines, {"contact_id": pl.String, "bucket": pl.String, "detail": pl.String}, orient="row")
    return pl.concat([imported, verdicts], how="horizontal")


def _judge_all(work: Undo, rows: Sequence[dict[str, Any]], budget: int) -> Iterator[tuple[dict[str, Any], Judgement]]:
    """Yield each row with its judgement; a number that is certainly not in the account is committed as gone."""
    if not rows:
        return
    batches = {row["batch"] for row in rows}
    sent = {batch: carriers(work.ledger, work.folder.run_id, batch) for batch in batches}
    samples = Samples(work.ledger, work.account_id, sent.values())
    seen = look(work.line, samples.numbers.union(*(_phones(work, batch) for batch in batches)), budget)
    are_skipped = work.ledger.known_of(work.account_id).skips_repeats
    windows = {
        batch: samples.window(sent[batch], 0.0, seen.found, seen.dates, are_repeats_skipped=are_skipped)
        for batch in batches
    }
    has_metadata = keeps_metadata(contact for row in rows for contact in seen.found.get(row["phone"], ()))
    absent: list[Removal] = []
    for row in rows:
        if contacts := seen.found.get(row["phone"]):
            yield row, judge(row, contacts, windows[row["batch"]], has_metadata=has_metadata)
        elif seen.is_ended_early:
            why = f"reading the account takes more than {budget:,} requests; allow more with --list-requests"
            yield row, Judgement(Bucket.FAILED, why)
        else:
            absent.append(Removal(row["batch"], row["offset"], "", RemovalState.GONE))
            yield row, Judgement(Bucket.GONE, "no contact has this number any more")
    # Without the total, a page that shifted may have hidden the contact: the next undo must look again.
    if seen.is_total_met:
        note_removals(work.ledger, work.folder.run_id, absent, work.line.clock.wall())


def _phones(work: Undo, batch: int) -> list[str]:
    """Return a batch's numbers, without those that were forgotten."""
    phones: list[str] = work.ledger.phones(work.folder.run_id, batch).drop_nulls().to_list()
    return phones


def _is_over(known: dict[tuple[int, int], Removal], place: tuple[int, int]) -> bool:
    """Return True if the contact of a row is not in the account any more, as the ledger has it."""
    return place in known and known[place].state in IS_OVER
