"""``retry``: the decided rows of a run, imported as that run was, and credited to it.

People decide in the desk, in a workbook, at the terminal; every decision is in ``review.jsonl``, and what is sent is
what stands there (``importer.pipeline.decided``). The run's own figures stay; its record, summary and page say in
addition what the later run imported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

from importer.account.whose import IsSame
from importer.errors import UsageError
from importer.models.decisions import Change
from importer.models.frames import OURS, RAW
from importer.models.outcomes import Outcome
from importer.models.watching import Stop, Watch
from importer.pipeline.beginning import Retrying
from importer.pipeline.decided import to_send, write_for
from importer.pipeline.fixed_file import decide
from importer.pipeline.retry_plan import plan_of
from importer.pipeline.run import run_import
from importer.pipeline.suppression import handed_down
from importer.reports.page import write_page
from importer.settings.gates import Gates
from importer.settings.settings import Settings, load_settings
from importer.stages.correct import PLACE
from importer.storage.decisions import Decisions, os_user
from importer.storage.run_folder import ROWS, RunFolder, way_out
from importer.storage.summary import Retried, Summary

_FORMER = (f"{RAW}{OURS}source", f"{RAW}{OURS}row")
"""The columns by which rows of a retry of an earlier version, whose rows had names of their own, are tied."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A person's wish to send decided rows.

    Attributes:
        fixed: a corrected file, whose changes become decisions first; None to send what is decided already.
        flags: settings that beat those of the run.
        suppress: suppression lists beside those of the run.
        who: who decides; None for the user of the operating system.
    """

    fixed: Path | None = None
    flags: dict[str, Any] | None = None
    suppress: Sequence[Path] = ()
    who: str | None = None


def retry_import(  # noqa: PLR0913, PLR0917 - as run_import, and the run before
    before: RunFolder,
    wish: Wish,
    key: SecretStr | None,
    watch: Watch,
    stop: Stop,
    is_same: IsSame | None = None,
) -> tuple[RunFolder, Summary] | None:
    """Import the decided rows of a run with its settings; None if the file only says what is not to be sent.

    A dry run's rows stay dry. ``--max-error-rate`` does not hold: rows that are still wrong are errored again. Numbers
    that the run must not send are not sent by its corrected rows either, even if a list has lost them since.

    Raises:
        UsageError: nothing is decided that is not sent already; or before the run began.
        RefusedError: the file is not this run's, or a row of it cannot be tied; or a suppression list of the run cannot
            be read any more.
    """
    record = before.record()
    before.check_written()
    # What was for the first run's files is dropped: decided rows are few, and only some of a list.
    here = {"sheet": None, "max_error_rate": None, "gates": Gates(), "runs": before.path.parent}
    settings = load_settings(record.settings | here | (wish.flags or {}))
    is_decided = wish.fixed is not None and decide(before, wish.fixed, wish.who or os_user(), settings, watch)
    decided = to_send(before)
    for run, rows in decided.under_way.items():
        watch.note(f"{rows:,} of the decided rows are not sent again: run {run} imported them or goes on with them.")
    if decided.unfit:
        watch.note(f"{decided.unfit:,} decided rows are not sent: what they need is no correction.")
    if decided.rows.is_empty():
        if is_decided:
            return None
        raise UsageError(_nothing(before, wish.fixed))
    then = f"importer retry {before.run_id}"
    lists = handed_down(before, settings, wish.suppress, watch, then)
    settings = settings.model_copy(update={"suppress": tuple(dict.fromkeys([*settings.suppress, *wish.suppress]))})
    path = write_for(before, decided.rows)
    retrying = Retrying(before.run_id, decided.seq, plan_of(path, before), _sandbox(before, settings), wish.who)
    return run_import([path], settings, key, watch, stop, is_same=is_same, retrying=retrying, lists=lists)


def _nothing(before: RunFolder, fixed: Path | None) -> str:
    if fixed is not None:
        return (
            f"No row of {fixed.name} differs from run {before.run_id} and is still to be sent. Nothing was sent. "
            "Correct cells or choose a decision, save the file and try again."
        )
    return (
        f"No row of run {before.run_id} is decided and still to be sent. Nothing was sent. Correct "
        f"its retry file and run: importer retry {before.run_id} FILE"
    )


def _sandbox(before: RunFolder, settings: Settings) -> str | None:
    """Return the address of the sandbox that the run before had; None if it had none, or its folder is gone."""
    address = before.record().base_url
    owner = before.path.parent / address.removeprefix("sandbox:")
    return address if settings.sandbox and address.startswith("sandbox:") and owner.is_dir() else None


def credit(folder: RunFolder) -> Retried | None:
    """Note in each run that this one corrects how many of its rows were imported; return the note of the run before.

    If that run was a retry itself, its rows are the first run's, too, and so through every round. None if this run is
    no retry.
    """
    now = _rows_of(folder)
    told: Retried | None = None
    run = folder
    while now is not None and (before := _corrected_by(run)) is not None:
        retried, imported, now = _compare(before, now)
        _note(before, folder.run_id, retried)
        _strike_off(before, folder.run_id, imported)
        told, run = told or retried, before
    return told


def _corrected_by(run: RunFolder) -> RunFolder | None:
    before_id = run.record().retry_of
    before = RunFolder(run.path.parent / before_id) if before_id else None
    return before if before is not None and (before.path / ROWS).is_file() else None


def _rows_of(folder: RunFolder) -> pl.LazyFrame | None:
    """Return the run's rows with the name of the row that each corrects, null if none; None if it has no rows yet."""
    return _named(folder.settled_rows()) if (folder.path / ROWS).is_file() else None


def _named(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows with ``place`` and ``at``: source and sheet in one text, and the row, of the row they correct."""
    if set(_FORMER) <= set(rows.collect_schema()):
        return rows.with_columns(place=pl.col(_FORMER[0]), at=pl.col(_FORMER[1]))
    return rows.with_columns(place=_place(), at=pl.col("row").cast(pl.String))


def _place() -> pl.Expr:
    return pl.concat_str("source", pl.concat_str(pl.lit(", sheet "), "sheet"), ignore_nulls=True)


def _note(before: RunFolder, run_id: str, retried: Retried) -> None:
    with before.locked():
        record = before.record()
        record.retried[run_id] = retried
        before.save(record)
        if (summary := before.summary()) is not None:
            summary = summary.model_copy(update={"retried": record.retried})
            write_page(before.path, summary, Settings(**record.settings).full_workbooks)
            summary.write(before.path, way_out(before.path))


def _strike_off(before: RunFolder, run_id: str, imported: pl.DataFrame) -> None:
    """Write down which rows a later run imported, so that no retry sends them again."""
    decisions = Decisions(before.path)
    known = decisions.rows()
    places = [(source, sheet, row) for source, sheet, row in imported.iter_rows()]
    done = [Change(place, "done", run_id) for place in places if place not in known or known[place].done is None]
    if done:
        decisions.append("importer", done)


def _compare(before: RunFolder, now: pl.LazyFrame) -> tuple[Retried, pl.DataFrame, pl.LazyFrame]:
    """Count rows against those that they correct.

    Return the counts, the ``PLACE`` in ``before`` of the rows imported, and the rows, tied one retry further back.
    """
    old = before.settled_rows()
    was = _named(old).select(
        *PLACE, place=_place(), at=pl.col("row").cast(pl.String), further_place="place", further_at="at"
    )
    once = now.filter(pl.col("at").is_not_null()).unique(["place", "at"], keep="first", maintain_order=True)
    tied = (
        once.select("place", "at", "outcome")
        .join(was, on=["place", "at"], how="inner", maintain_order="left")
        .collect()
    )
    imported = tied.filter(pl.col("outcome") == Outcome.IMPORTED.value)
    retried = Retried(rows=tied.height, imported=imported.height)
    onwards = tied.lazy().select("outcome", place="further_place", at="further_at")
    return retried, imported.select(PLACE), onwards
