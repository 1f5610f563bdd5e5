"""The rows that ``importer retry`` sends: those of a run that are decided, with their cells as decided.

Never a row that nobody decided on, one that a later run has imported or has under way, or one that was tried since as
it is. Rows that no correction lets through (skipped, imported) are not sent either, whatever is decided on them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.errors import StoppedError, UsageError
from importer.models.decisions import Place
from importer.models.frames import RAW
from importer.models.outcomes import REASONS, Outcome
from importer.readers.decided import DecidedList, write_decided
from importer.stages.correct import PLACE
from importer.storage.decisions import Decisions
from importer.storage.run_folder import ROWS, Record, RunFolder, all_runs

FIXABLE = tuple(reason.value for reason, info in REASONS.items() if info.is_fixable)
"""The reasons of rows that a correction would let through."""
_FEW = 1_000
Cells = Mapping[str, str | None]
"""Cells by column; None is an empty one."""
_UNDER_WAY = (Outcome.IMPORTED, Outcome.UNCONFIRMED, Outcome.WAITING)


@dataclass(frozen=True, slots=True)
class ToSend:
    """The decided rows of a run that are not sent yet.

    Attributes:
        rows: ``PLACE``, ``reason`` and the ``raw:`` columns as decided, in the run's order.
        seq: the last decision that was looked at.
        under_way: by run, how many decided rows it has imported, or will.
        unfit: how many decided rows no correction lets through.
    """

    rows: pl.DataFrame
    seq: int
    under_way: Mapping[str, int]
    unfit: int


def to_send(before: RunFolder) -> ToSend:
    """Return what a retry of the run would send now.

    Raises:
        StoppedError: a retry of the run was stopped before all its rows were prepared; or a file is damaged.
    """
    decisions = Decisions(before.path)
    states = {place: state for place, state in decisions.rows().items() if state.is_to_send}
    under_way: dict[str, int] = {}
    for later, record in _later(before):
        ended = _outcomes(later, record, before)
        for place in states.keys() & ended.keys():
            is_there = ended[place] in _UNDER_WAY
            if is_there or (record.retry_of == before.run_id and states[place].decided <= record.decided_seq):
                under_way[later.run_id] = under_way.get(later.run_id, 0) + is_there
                del states[place]
    rows = edited(before, {place: state.cells for place, state in states.items()})
    fit = rows.filter(pl.col("reason").is_in(FIXABLE))
    return ToSend(
        fit, decisions.seq, {run: count for run, count in under_way.items() if count}, len(states) - fit.height
    )


def edited(before: RunFolder, cells: Mapping[Place, Cells]) -> pl.DataFrame:
    """Return rows of a run with these cells put in: ``PLACE``, ``reason`` and ``raw:`` columns, in the run's order.

    Rows that the run does not have are left out; so are rows that no correction lets through.
    """
    kinds = dict(zip(PLACE, (pl.String, pl.String, pl.UInt32), strict=True))
    places = pl.DataFrame(list(cells), schema=kinds, orient="row")
    rows = before.settled_rows().filter(pl.col("reason").is_in(FIXABLE))
    if places.height <= _FEW:
        rows = rows.filter(pl.col("row").is_in(places["row"].implode()))  # spares the other row groups of the file
    raw = [name for name in rows.collect_schema() if name.startswith(RAW)]
    found = rows.join(places.lazy(), on=PLACE, how="semi", nulls_equal=True).sort("position")
    frame = found.select(*PLACE, "reason", *raw).collect()
    changed: dict[str, dict[int, str | None]] = {}
    for number, place in enumerate(frame.select(PLACE).iter_rows()):
        for column, cell in cells[place].items():
            if RAW + column in frame.columns:
                changed.setdefault(RAW + column, {})[number] = cell or None
    return frame.with_columns(_put(frame[name], new) for name, new in changed.items())


def _put(column: pl.Series, cells: Mapping[int, str | None]) -> pl.Series:
    texts = column.to_list()
    for number, cell in cells.items():
        texts[number] = cell
    return pl.Series(column.name, texts, dtype=pl.String)


def _later(before: RunFolder) -> Iterator[tuple[RunFolder, Record]]:
    """Yield the runs that sent rows of this one since, as its retry or the retry of one."""
    of = {before.run_id}
    for run in all_runs(before.path.parent):
        if run.run_id <= before.run_id:
            continue
        try:
            record = run.record()
        except UsageError:
            continue  # its own commands say that it is damaged
        if record.retry_of in of:
            of.add(run.run_id)
            if not (record.settings.get("dry_run") or record.is_refused):
                yield run, record


def _outcomes(later: RunFolder, record: Record, before: RunFolder) -> dict[Place, str]:
    """Return the outcome of each row of a later run by its place; ``waiting`` if its books are not closed yet.

    Raises:
        StoppedError: the run was stopped before all its rows were prepared.
    """
    if not record.is_prepared:
        raise StoppedError(
            f"Run {later.run_id}, which sends decided rows of run {before.run_id}, was stopped. "
            f"Run first: importer resume {later.run_id}"
        )
    if (later.path / ROWS).is_file():
        rows = later.settled_rows().select(*PLACE, "outcome").collect()
    else:
        waiting = pl.col("outcome").cast(pl.String).fill_null(Outcome.WAITING.value)
        rows = later.parts().scan().select(*PLACE, waiting).collect()
    return {(source, sheet, row): outcome for source, sheet, row, outcome in rows.iter_rows()}


def write_for(before: RunFolder, rows: pl.DataFrame) -> Path:
    """Write decided rows into the folder of their run; return the new file.

    Raises:
        StoppedError: it cannot be written.
    """
    lists = []
    for source in before.record().sources:
        columns = tuple(name for name in source.columns if RAW + name in rows.columns)
        own = rows.filter(pl.col("source") == source.file, pl.col("sheet").eq_missing(pl.lit(source.sheet, pl.String)))
        if own.height:
            lists.append(
                DecidedList(source.file, source.sheet, columns, own.select("row", *(RAW + c for c in columns)))
            )
    number = 1 + len(list(before.path.glob("decided-*.jsonl")))
    path = before.path / f"decided-{number}.jsonl"
    write_decided(path, lists, f"Make room or give permission, then run: importer retry {before.run_id}")
    return path
