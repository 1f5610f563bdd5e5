"""A corrected file of a run (its retry file or its marked copy) as decisions: what was changed, and nothing else.

The columns ``importer: …`` tie each row to a row of the run, wherever it stands now. A row that cannot be tied for
certain refuses the file by name: whose correction it is, only a person knows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from importer.errors import RefusedError
from importer.models.decisions import Change, Place, RowState
from importer.models.frames import RAW
from importer.models.ties import AS_IS, COLUMN, CORRECTION, DECISION, DROP
from importer.models.watching import Watch
from importer.pipeline import memory
from importer.pipeline.decided import FIXABLE
from importer.pipeline.tying import Tied, tied_tables
from importer.readers.formats import open_tables
from importer.settings.settings import Settings, shown_name
from importer.stages.correct import is_written_out, stripped
from importer.storage.decisions import Decisions
from importer.storage.run_folder import RunFolder
from importer.system import bounds

_MOST_NAMED = 10
_Cells = dict[str, tuple[str | None, str | None]]
"""By column, a cell as the run read it and as the file has it now."""


@dataclass(slots=True)
class Difference:
    """The differences of a file, counted by rows but for ``cells``."""

    changes: list[Change] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    cells: int = 0
    as_is: int = 0
    dropped: int = 0
    deleted: int = 0
    unchanged: int = 0
    done: int = 0
    unfit: int = 0
    unnamed: int = 0


def decide(before: RunFolder, path: Path, who: str, settings: Settings, watch: Watch) -> bool:
    """Write what was changed in a corrected file as decisions, and note the difference; False if there is none.

    Raises:
        ReadError: the file cannot be read.
        RefusedError: it is not a file of this run, or a row of it cannot be tied; nothing was written.
        StoppedError: the decisions cannot be written.
    """
    name = shown_name(path.name)
    decisions = Decisions(before.path)
    with bounds.reading(name, memory.allowed_mb(settings)):
        tables = tied_tables(before, open_tables(path, name, None), name)
    found = difference(before, tables, decisions.rows(), name)
    _note(found, name, before.run_id, watch)
    if found.changes:
        decisions.append(who, found.changes)
    return bool(found.changes)


def difference(before: RunFolder, tables: Sequence[Tied], states: Mapping[Place, RowState], name: str) -> Difference:
    """Return the decisions that a file's rows amount to, after those that ``states`` hold.

    A cell as the run read it is no correction, even if somebody else has corrected it since.

    Raises:
        RefusedError: a row is corrected in two ways at once, or its decision is none.
    """
    found = Difference()
    named: set[Place] = set()
    for table in tables:
        found.unnamed += table.unnamed
        for place, is_fixable, decision, cells in _rows(table, name):
            named.add(place)
            state = states.get(place)
            if not cells and not decision:
                found.unchanged += 1
            elif state is not None and state.done is not None:
                found.done += 1
            elif not is_fixable:
                found.unfit += 1
            else:
                _decide_row(found, place, state, decision, cells)
    if any(table.has_run for table in tables):
        # A marked copy is of one file of the run; a retry file is of all its lists.
        lists = {place[:2] for place in named} if all(table.is_marked for table in tables) else None
        _drop_deleted(before, found, named, states, lists)
    return found


def _decide_row(
    found: Difference,
    place: Place,
    state: RowState | None,
    decision: str,
    cells: _Cells,
) -> None:
    choice = state.choice if state else ""
    new = {
        column: (was, now)
        for column, (was, now) in cells.items()
        if state is None or (state.cell(column, was) or "").strip() != (now or "").strip()
    }
    if decision == DROP:
        if choice != "drop":
            found.dropped += 1
            found.changes.append(Change(place, "drop", "drop"))
    elif new:
        found.corrected.append(
            f"row {place[2]} of {place[0]}{f', sheet {place[1]}' if place[1] else ''} ({', '.join(new)})"
        )
        found.cells += len(new)
        found.changes += [Change(place, "set", now, column, was) for column, (was, now) in new.items()]
    elif decision == AS_IS and not cells and choice != "send-as-is":
        found.as_is += 1
        found.changes.append(Change(place, "send-as-is", "send-as-is"))
    else:
        found.unchanged += 1


def _drop_deleted(
    before: RunFolder,
    found: Difference,
    named: set[Place],
    states: Mapping[Place, RowState],
    lists: set[tuple[str, str | None]] | None,
) -> None:
    """Count rows that a person has deleted from the file as dropped, but for those decided otherwise.

    Only rows of these ``lists`` (file and sheet), if they are given.
    """
    rows = before.settled_rows().filter(pl.col("reason").is_in(FIXABLE)).select("source", "sheet", "row").collect()
    for source, sheet, row in rows.iter_rows():
        place = (source, sheet, row)
        state = states.get(place)
        if lists is not None and place[:2] not in lists:
            continue
        if place not in named and (state is None or (state.choice == "" and state.done is None)):
            found.deleted += 1
            found.changes.append(Change(place, "drop", "drop"))


def _rows(table: Tied, name: str) -> Iterator[tuple[Place, bool, str, _Cells]]:
    """Yield each row: its place in the run, True if it can be corrected, the decision in the file, the changed cells.

    Raises:
        RefusedError: a decision is none, or a cell is corrected in two ways.
    """
    columns = [c for c in table.columns if RAW + c in table.rows.columns and f"was_{RAW}{c}" in table.rows.columns]
    marked = _marked(table.rows, columns)
    for line in marked.iter_rows(named=True):
        place: Place = (line["source"], line["sheet"], line["at_row"])
        if not line["is_touched"]:
            yield place, False, "", {}
            continue
        cells: _Cells = {c: (line[f"was_{RAW}{c}"], line[RAW + c]) for c in columns if line[f"new_{c}"]}
        if line["choice"] not in ("", AS_IS, DROP):
            raise RefusedError(
                f"{name}, row {line['row']}: the decision is none of: nothing, {AS_IS}, {DROP}. Nothing was sent. "
                "Choose one of them."
            )
        if line["is_corrected"]:
            column, now = line["column"], line["corrected"]
            if column in cells and (cells[column][1] or "").strip() != (now or "").strip():
                raise RefusedError(
                    f'{name}, row {line["row"]}: "{CORRECTION}" and the column "{column}" were both corrected, and '
                    "differ. Nothing was sent. Keep one of them."
                )
            cells[column] = (line[f"was_{RAW}{column}"], now)
        yield place, line["was_reason"] in FIXABLE, line["choice"], cells


def _marked(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return the rows with ``new_<column>``, ``is_corrected`` ("correct here" was), ``choice`` and ``is_touched``."""
    read = rows.with_columns(
        **{f"new_{column}": _differs(pl.col(f"was_{RAW}{column}"), RAW + column) for column in columns},
        choice=_text(rows, DECISION).str.strip_chars().str.to_lowercase().fill_null(""),
        corrected=_text(rows, CORRECTION),
        column=_text(rows, COLUMN),
    )
    cells = [pl.when(pl.col("column") == column).then(f"was_{RAW}{column}") for column in columns]
    is_of_column = pl.col("column").is_in(list(columns)).fill_null(value=False)
    marked = read.with_columns(
        is_corrected=is_of_column & _differs(pl.coalesce(pl.lit(None, pl.String), *cells), "corrected")
    )
    return marked.with_columns(
        is_touched=pl.any_horizontal([f"new_{column}" for column in columns] + ["is_corrected", pl.col("choice") != ""])
    )


def _differs(was: pl.Expr, now: str) -> pl.Expr:
    """Return True if a cell was changed by a person; white space, and damage that is written out, is no change."""
    text = was.cast(pl.String).str.strip_chars()
    before = pl.when(text != "").then(text)
    return stripped(now).ne_missing(before) & ~is_written_out(was, pl.col(now))


def _text(rows: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(RAW + column) if RAW + column in rows.columns else pl.lit(None, pl.String)


def _note(found: Difference, name: str, run_id: str, watch: Watch) -> None:
    """Tell the difference in counts and places; no cell is shown."""
    deleted = f" and {found.deleted:,} no longer in the file" if found.deleted else ""
    watch.note(
        f"{name}: {len(found.corrected):,} rows corrected ({found.cells:,} cells), {found.as_is:,} to be sent as they "
        f"are, {found.dropped:,} dropped{deleted}, {found.unchanged:,} as they were."
    )
    if found.corrected:
        more = len(found.corrected) - _MOST_NAMED
        watch.note(
            f"Corrected: {'; '.join(found.corrected[:_MOST_NAMED])}{f'; and {more:,} more' if more > 0 else ''}."
        )
    if found.deleted:
        watch.note(
            "Rows that are no longer in the file count as dropped; a later correction of one is sent all the same."
        )
    if found.done:
        watch.note(f"{found.done:,} changed rows were imported since and are left as they are.")
    if found.unfit:
        watch.note(f"{found.unfit:,} changed rows were imported or skipped by run {run_id}: no correction sends them.")
    if found.unnamed:
        watch.note(f"{found.unnamed:,} rows of {name} name no row of run {run_id}. Import them as a list of their own.")
