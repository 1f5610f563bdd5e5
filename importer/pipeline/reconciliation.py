"""The books of a run: every prepared row gets its outcome, every file is written and counted again."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Literal

import polars as pl

from importer import __version__
from importer.account.existing import with_updates
from importer.delivery import Ledger
from importer.delivery.booked import last_sending
from importer.delivery.journal import note_written
from importer.delivery.ledger.updates import UpdateState, updates
from importer.errors import ImporterError, StoppedError, UsageError, of_system
from importer.models.frames import RAW, RUN_COLUMNS
from importer.models.outcomes import Outcome, Reason
from importer.models.watching import Watch
from importer.pipeline import memory
from importer.pipeline.approval import approvals_of
from importer.pipeline.gates import remember_end
from importer.pipeline.reconcile import Reconcile
from importer.pipeline.review.review import Review
from importer.pipeline.suppression import with_hits
from importer.reports import recount, write_reports
from importer.reports.folder import new_file, piece_rows
from importer.reports.index import write_index
from importer.reports.origins import origins
from importer.settings.settings import FailOn, Settings
from importer.stages.suppress import ON_LIST
from importer.storage.earlier import MARK
from importer.storage.run_folder import ROWS, Record, RunFolder, way_out
from importer.storage.summary import SCHEMA_VERSION, ApiTotals, BatchSummary, Summary, Suppression
from importer.system import bounds

Status = Literal["complete", "incomplete", "refused", "dry-run"]


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of the work on a run, whatever became of its rows.

    Attributes:
        exit_code: 0 if it was carried out to the end.
        why: why it was not, for people; None if it was.
        found: the review of the prepared rows, if it was begun while they were sent.
    """

    exit_code: int = 0
    why: str | None = None
    found: Review | None = None

    @classmethod
    def of(cls, error: ImporterError | OSError) -> "Ending":
        """Return the ending that an error stands for; the run can be resumed.

        Raises:
            OSError: the given one, if it is not about a file that the system refuses: that is a bug.
        """
        told = error if isinstance(error, ImporterError) else of_system(error)
        if told is None:
            raise error
        return cls(StoppedError.exit_code if isinstance(told, UsageError) else told.exit_code, str(told))


def close_books(  # noqa: PLR0913 - the run's own things
    folder: RunFolder, record: Record, ledger: Ledger, ending: Ending, began: float, *, full: bool = False
) -> Summary:
    """Write ``rows.parquet``, the reports and ``summary.json``, and check that they agree.

    ``full``: every row into the workbooks, whatever the run's settings say.

    Raises:
        ImporterError: a file cannot be written, or the memory that the run may use is not enough.
    """
    allowed_mb = memory.allowed_mb(Settings(**record.settings))
    then = (
        f"What was sent is booked. Write them with more: importer report {record.run_id} --max-memory {2 * allowed_mb}"
    )
    with closing(ending.found or Review(folder, record)) as found, bounds.writing("The report", allowed_mb, then):
        return _closed(folder, record, ledger, ending, found, began, full=full)


def _closed(  # noqa: PLR0913, PLR0917 - as close_books
    folder: RunFolder, record: Record, ledger: Ledger, ending: Ending, found: Review, began: float, *, full: bool
) -> Summary:
    settings = Settings(**record.settings)
    if not memory.is_enough_for_all(settings, record.rows):
        found.wait()
    record.seconds["review"] = 0.0  # in its place; how long it takes is known later
    start = perf_counter()
    batches = ledger.batch_results(record.run_id)
    changed = updates(ledger, record.run_id)
    rows = reconciled(folder, record, settings, ledger, batches)
    if settings.on_existing == "update" and not (settings.dry_run or record.is_refused):
        rows = with_updates(rows, changed, record.run_id)
    _write_rows(folder, found.flagged(rows))
    record.seconds["reconcile"] = perf_counter() - start
    before = record.seconds.get("total", 0.0)
    record.seconds["total"] = before + perf_counter() - began
    summary = _summarise(folder, record, settings, batches, ending).model_copy(
        update={
            "requests": ledger.requests(record.run_id),
            "updated": int((changed["update"] == UpdateState.UPDATED.value).sum()),
            "suppression": _suppression(record, folder, changed),
        }
    )
    summary.origins = origins(folder.settled_rows(), summary)

    def reviewed() -> None:
        summary.review, record.seconds["review"] = found.counts, found.seconds
        summary.seconds = _rounded(record.seconds)

    start = perf_counter()
    summary.files = [ROWS, *write_reports(folder.path, summary, reviewed, full=full or settings.full_workbooks)]
    summary = _checked(folder.path, summary)  # after all files are there, before summary.json says that they agree
    record.seconds["report"] = perf_counter() - start
    record.seconds["total"] = before + perf_counter() - began
    folder.save(record)
    summary.seconds = _rounded(record.seconds)
    summary.peak_memory_mb = memory.peak_mb()
    summary.write(folder.path, way_out(folder.path))
    note_written(folder.path, ledger.mark(), last_sending(ledger, record.run_id))
    remember_end(settings, summary)
    write_index(folder.path.parent)
    return summary


def carry_out(  # noqa: PLR0913, PLR0917 - the run's own things
    work: Callable[[], Ending], folder: RunFolder, record: Record, ledger: Ledger, watch: Watch, began: float
) -> Summary:
    """Do the work on a run, then close its books, whatever happened; an error that is no bug becomes the run's end.

    Raises:
        ImporterError: a file cannot be written.
    """
    watch.begun(folder.run_id)
    ending = Ending(1, "a bug ended the run")  # stands if anything else is raised: the books are closed all the same
    try:
        ending = work()
    except (ImporterError, OSError) as error:
        ending = Ending.of(error)
    finally:
        watch.doing("writing the reports")
        summary = close_books(folder, record, ledger, ending, began)
        watch.doing("")
    return summary


def _otherwise(record: Record, settings: Settings, *, is_begun: bool) -> tuple[Reason, str]:
    """Return the reason and detail of rows of which nothing else is known; ``is_begun`` if any was sent."""
    if settings.dry_run:
        return Reason.READY, "dry run: would be sent"
    if record.is_refused:
        return Reason.READY, "refused before sending: would be sent"
    if settings.needs_approval and not is_begun:
        return Reason.NOT_SENT, f"the run waits for approval; run: importer approve {record.run_id}"
    return Reason.NOT_SENT, f"the run stopped before this row was sent; run: importer resume {record.run_id}"


def reconciled(
    folder: RunFolder, record: Record, settings: Settings, ledger: Ledger, batches: pl.DataFrame
) -> pl.LazyFrame:
    """Return all rows with the outcome that the ledger's answers give them; ``batches`` as in ``Reconcile``."""
    staged = folder.rows().with_columns(contact_id=pl.lit(None, pl.String))
    otherwise = _otherwise(record, settings, is_begun=batches.height > 0)
    return Reconcile(batches, ledger.row_results(record.run_id), otherwise)(staged)


def _write_rows(folder: RunFolder, rows: pl.LazyFrame) -> None:
    raw = [name for name in rows.collect_schema().names() if name.startswith(RAW)]
    final = rows.with_columns(pl.col("outcome", "reason").cast(pl.String)).select(*RUN_COLUMNS, *raw)
    with new_file(folder.path, ROWS) as part:
        final.sink_parquet(
            part, compression="zstd", compression_level=1, row_group_size=piece_rows(final), metadata=MARK
        )


def _summarise(folder: RunFolder, record: Record, settings: Settings, batches: pl.DataFrame, ending: Ending) -> Summary:
    rows = folder.settled_rows()
    counts = rows.group_by("outcome", "reason").len().sort("outcome", "len", "reason", descending=[False, True, False])
    reasons: dict[str, dict[str, int]] = {}
    for outcome, reason, count in counts.collect().iter_rows():
        reasons.setdefault(outcome, {})[reason] = count
    totals = {outcome: sum(reasons.get(outcome.value, {}).values()) for outcome in Outcome}
    is_unsent = (pl.col("reason") == Reason.SKIPPED_BY_API.value) & pl.col("batch").is_null()
    status = _status(record, settings, rows)
    return Summary(
        run_id=record.run_id,
        status=status,
        exit_code=_exit_code(status, totals, ending, settings.fail_on, has_gaps=bool(record.unreadable)),
        stopped_because=ending.why,
        started_at=record.started_at.isoformat(timespec="seconds"),
        ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        schema_version=SCHEMA_VERSION,
        target=record.base_url,
        region=settings.region,
        rows=record.rows,
        imported=totals[Outcome.IMPORTED],
        skipped=totals[Outcome.SKIPPED],
        errored=totals[Outcome.ERRORED],
        unconfirmed=totals[Outcome.UNCONFIRMED],
        waiting=totals[Outcome.WAITING],
        planned=totals[Outcome.PLANNED],
        present_before=rows.select(is_unsent.sum()).collect().item(),
        balanced=sum(totals.values()) == record.rows,
        reasons=reasons,
        changes=_changes(rows),
        sources=record.sources,
        passed_over=record.passed_over,
        unreadable=record.unreadable,
        api=_api_totals(batches),
        batches=batches.height,
        batch_list=_batch_list(batches),
        seconds=_rounded(record.seconds),
        peak_memory_mb=memory.peak_mb(),
        max_memory_mb=memory.allowed_mb(settings),
        job=settings.job,
        gates=record.gates or [],
        retry_of=record.retry_of,
        attestation=record.attestation,
        approvals=approvals_of(folder, record),
        retried=record.retried,
    )


def _status(record: Record, settings: Settings, rows: pl.LazyFrame) -> Status:
    if settings.dry_run:
        return "dry-run"
    if record.is_refused:
        return "refused"
    # Numbers that are in doubt because of an earlier run have no batch here: resuming that run settles them.
    is_of_this_run = pl.col("batch").is_not_null() | pl.col("contact_id").is_not_null()
    is_in_doubt = (pl.col("reason") == Reason.REPLY_LOST.value) & is_of_this_run
    can_go_on = (pl.col("reason") == Reason.NOT_SENT.value) | is_in_doubt
    is_incomplete = not record.is_prepared or rows.select(can_go_on.any()).collect().item()
    return "incomplete" if is_incomplete else "complete"


def _exit_code(status: Status, totals: dict[Outcome, int], ending: Ending, fail_on: FailOn, *, has_gaps: bool) -> int:
    """Return the run's exit code; ``has_gaps`` if files were left out."""
    if ending.exit_code:
        return ending.exit_code
    if status == "incomplete" or (totals[Outcome.UNCONFIRMED] and fail_on != "never"):
        return 4
    return 3 if (totals[Outcome.ERRORED] and fail_on == "errored") or has_gaps else 0


def _changes(rows: pl.LazyFrame) -> dict[str, int]:
    codes = rows.select(pl.col("changes").drop_nulls()).group_by("changes").len().collect()
    each = codes.with_columns(pl.col("changes").str.split("; ")).explode("changes")
    counted = each.group_by("changes").agg(pl.col("len").sum()).sort("len", "changes", descending=[True, False])
    return dict(counted.iter_rows())


def _api_totals(batches: pl.DataFrame) -> ApiTotals:
    answered = batches.filter(pl.col("imported").is_not_null())
    return ApiTotals(
        sent=int((answered["rows"] - answered["kept_back"]).sum()),
        imported=int(answered["imported"].sum()),
        skipped=int(answered["skipped"].sum()),
        errors=int(answered["errors"].sum()),
    )


def _suppression(record: Record, folder: RunFolder, changed: pl.DataFrame) -> Suppression | None:
    """Return the lists at the start and as last read, with the rows that each kept back; None without a list."""
    if record.suppression is None:
        return None
    suppressed = folder.settled_rows().filter(pl.col("reason") == Reason.SUPPRESSED.value)
    is_early = (pl.col("detail") == ON_LIST).fill_null(value=False)
    early, late = suppressed.select(early=is_early.sum(), late=(~is_early).sum()).collect().row(0)
    updates_since = int((changed["update"] == UpdateState.SUPPRESSED.value).sum())
    figures = {"rows_at_start": early, "rows_since": late, "updates_since": updates_since}
    told = with_hits(folder, record.suppression, suppressed.select("phone").collect()["phone"])
    return told.model_copy(update=figures)


def _batch_list(batches: pl.DataFrame) -> list[BatchSummary]:
    columns = ["rows", "state", "imported", "skipped", "errors", "attempts", "kept_back"]
    named = batches.select(pl.col("batch").alias("number"), *columns, pl.col("detail").alias("note"))
    return [BatchSummary.model_validate(batch) for batch in named.to_dicts()]


def _checked(folder: Path, summary: Summary) -> Summary:
    """Return the summary, unbalanced and with exit code 1 if a written file does not hold the rows that it should."""
    try:
        recount(folder)
    except ImporterError as difference:
        return summary.model_copy(update={"balanced": False, "exit_code": 1, "stopped_because": str(difference)})
    return summary if summary.balanced else summary.model_copy(update={"exit_code": 1})


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {stage: round(spent, 3) for stage, spent in seconds.items()}
