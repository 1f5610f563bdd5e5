"""``compare``: two runs side by side: reasons, sources inside the list, and the rows that ended otherwise."""

from collections.abc import Mapping

import polars as pl
from pydantic import BaseModel

from importer.errors import UsageError
from importer.models.frames import OURS, RAW
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.reports.history import Entry, entries, origin_share, rehearsal_of, series
from importer.reports.wording import list_name
from importer.storage.run_folder import RunFolder, all_runs
from importer.storage.summary import Summary

_MOST = 100
_SENT = {Reason.READY.value, Reason.CONFIRMED.value}
"""A planned row that is imported then went as planned."""


class ReasonPair(BaseModel):
    """The rows with a reason in both runs, and their shares of all rows."""

    outcome: str
    reason: str
    before: int
    now: int


class SourcePair(BaseModel):
    """The share of errored rows of a source inside the list in both runs; None where a run has no row of it."""

    value: str
    before: float | None
    now: float | None


class Moved(BaseModel):
    """A row that both runs have and that ended otherwise."""

    source: str
    sheet: str | None
    row: int
    before: str
    now: str


class Comparison(BaseModel):
    """Two runs side by side.

    Attributes:
        before, now: their ids; ``lists`` their lists' names.
        rows: rows read, before and now.
        is_rehearsal: True if the first was a dry run of the very files of the second.
        same: rows that both have, cell for cell.
        moved: how many of those ended otherwise; a planned row that was imported did not.
        examples: the first of them.
    """

    before: str
    now: str
    lists: tuple[str, str]
    rows: tuple[int, int]
    is_rehearsal: bool
    reasons: list[ReasonPair]
    column: str
    sources: list[SourcePair]
    same: int
    moved: int
    examples: list[Moved]


def compare(first: RunFolder, second: RunFolder) -> Comparison:
    """Return two runs side by side, ``first`` the older one.

    Raises:
        UsageError: one of them has no rows yet.
        StoppedError: its rows are damaged.
    """
    summaries = []
    for folder in (first, second):
        folder.check_written()
        if (summary := folder.summary()) is None:
            raise UsageError(f"Run {folder.run_id} has no summary. Run: importer report {folder.run_id}")
        summaries.append(summary)
    before, now = summaries
    entry_before, entry_now = entries([first.path, second.path])
    same, moved, examples = _moved(first, second)
    return Comparison(
        before=before.run_id,
        now=now.run_id,
        lists=(list_name(before), list_name(now)),
        rows=(before.rows, now.rows),
        is_rehearsal=rehearsal_of(entry_now, [entry_before]) is not None,
        reasons=_reasons(before, now),
        column=entry_now.column,
        sources=_sources(entry_before, entry_now),
        same=same,
        moved=moved,
        examples=examples,
    )


def run_before(folder: RunFolder) -> RunFolder:
    """Return the run to compare a run with: its dry run, else the run before of the same list.

    Raises:
        UsageError: there is none.
    """
    runs = entries(one.path for one in all_runs(folder.path.parent))
    own = next((run for run in runs if run.run_id == folder.run_id), None)
    if own is not None:
        if (plan := rehearsal_of(own, runs)) is not None:
            return RunFolder(folder.path.parent / plan.run_id)
        for listed in series(runs).values():
            earlier = [run for run in listed if run.run_id < own.run_id]
            if own in listed and earlier:
                return RunFolder(folder.path.parent / earlier[-1].run_id)
    raise UsageError(f"There is no earlier run of the list of {folder.run_id}. Name two runs.")


def _reasons(before: Summary, now: Summary) -> list[ReasonPair]:
    def flat(summary: Summary) -> Mapping[str, int]:
        return {code: rows for codes in summary.reasons.values() for code, rows in codes.items()}

    was, is_ = flat(before), flat(now)
    pairs = [
        ReasonPair(outcome=REASONS[r].outcome.value, reason=r.value, before=was.get(r, 0), now=is_.get(r, 0))
        for r in Reason
        if r in was or r in is_
    ]
    order = list(Outcome)
    return sorted(pairs, key=lambda pair: (order.index(Outcome(pair.outcome)), -max(pair.before, pair.now)))


def _sources(before: Entry, now: Entry) -> list[SourcePair]:
    values = dict.fromkeys([*now.origins, *before.origins])
    pairs = [SourcePair(value=v, before=origin_share(before, v), now=origin_share(now, v)) for v in values]
    return sorted(pairs, key=lambda pair: (pair.before or 0) - (pair.now or 0))


def _moved(first: RunFolder, second: RunFolder) -> tuple[int, int, list[Moved]]:
    """Count the rows that both runs have, cell for cell, and those of them that ended otherwise.

    Rows with the same cells are tied in their order: the first to the first, the second to the second.
    """
    frames = [folder.settled_rows() for folder in (first, second)]
    names = [set(frame.collect_schema().names()) for frame in frames]
    shared = sorted(name for name in names[0] & names[1] if name.startswith(RAW) and not name.startswith(RAW + OURS))
    if not shared:
        return 0, 0, []
    tied = []
    for frame in frames:
        key = pl.struct(shared).hash(seed=16).alias("key")
        rows = frame.select("position", "source", "sheet", "row", "reason", key).collect()
        tied.append(rows.with_columns(nth=pl.int_range(pl.len()).over("key")))
    both = tied[1].join(
        tied[0].select("key", "nth", was="reason"), on=["key", "nth"], how="inner", maintain_order="left"
    )
    is_planned = pl.col("was").is_in(_SENT) & pl.col("reason").is_in(_SENT)
    moved = both.filter((pl.col("was") != pl.col("reason")) & ~is_planned)
    examples = [
        Moved(source=row["source"], sheet=row["sheet"], row=row["row"], before=row["was"], now=row["reason"])
        for row in moved.head(_MOST).to_dicts()
    ]
    return both.height, moved.height, examples
