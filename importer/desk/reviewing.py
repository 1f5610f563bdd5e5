"""What people decide at the desk: on one row, or on all rows that a query finds. Every decision goes to one file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from starlette.responses import JSONResponse, Response

from importer.desk import repairs
from importer.desk.table import FIXABLE, NOTED, RunTable
from importer.errors import UsageError
from importer.models.decisions import Change, Decision, Place, RowState
from importer.models.frames import RAW
from importer.models.outcomes import Reason
from importer.stages.phones.typed import read_numbers
from importer.storage.decisions import Decisions
from importer.storage.summary import Summary

ASKED = "asked the source"
"""The note of a row whose source was asked for its number."""

PREVIEW_ROWS = 10
_VERDICTS = {
    "same": "the same person",
    "two": "two people",
    "right": "it is right",
    "wrong": "it is wrong",
    "leave": "left",
}
_MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """The effect of a group action: each change with its row, and how many rows it would leave as they are."""

    changes: list[tuple[Mapping[str, Any], Change]]
    left: int


class Reviewing:
    """The decisions of a run as the desk shows and writes them; any thread may ask.

    Args:
        folder: the run's.
        who: whose decisions are written.
    """

    def __init__(self, folder: Path, who: str) -> None:
        self._decisions = Decisions(folder)
        self._who = who
        self._by_position: tuple[int, RunTable, dict[int, RowState]] | None = None

    @property
    def seq(self) -> int:
        """Return the number of the last decision, those of others included."""
        self._decisions.rows()
        return self._decisions.seq

    def states(self, table: RunTable) -> dict[int, RowState]:
        """Return what is decided now, by the position of the row."""
        rows = self._decisions.rows()
        known, seq = self._by_position, self._decisions.seq
        if known is None or known[:2] != (seq, table):
            at = table.positions_of(rows)
            known = self._by_position = (seq, table, {at[place]: state for place, state in rows.items() if place in at})
        return known[2]

    def decided(self, table: RunTable) -> dict[str, pl.Series]:
        """Return the positions of the rows in each state of the query language but ``todo`` and ``done``.

        Those with a note are among them, whether anything else is decided there or not.
        """
        found: dict[str, list[int]] = {"corrected": [], "as-is": [], "dropped": [], "asked": [], "sent": [], NOTED: []}
        for position, state in self.states(table).items():
            if (name := state_name(state)) in found:
                found[name].append(position)
            if state.notes and not (name == "asked" and len(state.notes) == 1):
                found[NOTED].append(position)
        return {name: pl.Series(positions, dtype=pl.UInt32) for name, positions in found.items()}

    def of_run(self) -> Mapping[str, Decision]:
        """Return the notes on the run as a whole: by rule, the line that calls all its repairs wrong."""
        return self._decisions.of_run()

    def to_send(self) -> dict[Place, Mapping[str, str | None]]:
        """Return the rows that wait to be sent, each with the cells that were corrected."""
        return {place: state.cells for place, state in self._decisions.rows().items() if state.is_to_send}

    def since(self, seq: int) -> Sequence[Decision]:
        """Return the decisions after number ``seq``, oldest first."""
        return self._decisions.since(seq)

    def decide(self, changes: Sequence[Change]) -> Sequence[Decision]:
        """Write decisions; they are on the disk when this returns."""
        return self._decisions.append(self._who, changes)

    def undo(self, seqs: Sequence[int]) -> list[Decision]:
        """Take decisions back, the last one first; return the new lines.

        Raises:
            UsageError: one of them cannot be taken back; those after it were.
        """
        return [line for seq in sorted(seqs, reverse=True) for line in self._decisions.undo(self._who, seq)]

    def overridden(self, table: RunTable, positions: Sequence[int]) -> list[str]:
        """Return what others had decided on these rows before, in words; empty if nobody had."""
        states = self.states(table)
        return self.said_by_others([states[position].last for position in positions if position in states])

    def said_by_others(self, lines: Sequence[Decision]) -> list[str]:
        """Return what those of these decisions say, with who made them and when, that are somebody else's."""
        return [
            f"{line.who} {in_words(line)} at {line.at.astimezone():%H:%M}" for line in lines if line.who != self._who
        ]


def written(lines: Sequence[Decision], before: Sequence[str]) -> Response:
    """Answer with the numbers of the new lines, in words what they say, and what others had decided there."""
    rows = len({line.row for line in lines})
    said = "Nothing changed." if not lines else in_words(lines[-1]) if rows == 1 else f"{rows:,} rows decided"
    if before:
        said += f". Before: {'; '.join(before[:3])}"
    return JSONResponse({"seqs": [line.seq for line in lines], "said": said[0].upper() + said[1:]})


def state_name(state: RowState | None) -> str:
    """Return a row's state as the query language names it; empty if nothing is decided."""
    if state is None:
        return ""
    if state.done is not None:
        return "sent"
    names = {"set": "corrected", "send-as-is": "as-is", "drop": "dropped"}
    return names.get(state.choice, "asked" if state.note == ASKED else "")


def in_words(line: Decision) -> str:
    """Return what a decision says, after the name of the one who made it."""
    if line.act == "set":
        return f"emptied {line.field}" if line.now is None else f"set {line.field} to {line.now}"
    if line.act == "note":
        on = "" if not line.field else f' on {"" if line.row else "all of "}"{repairs.in_words(line.field)}"'
        return f"noted{on}: {line.now}" if line.now else f"took the note{on} away"
    if line.act == "look":
        return f"found: {_VERDICTS[line.now]}" if line.now else "took a verdict back"
    if line.act == "done":
        return f"imported it in run {line.now}"
    if line.act == "approve":
        return "approved the plan"
    return {"drop": "dropped it", "send-as-is": "chose to send it as it is"}.get(line.now or "", "took that back")


def wrong_column(row: Mapping[str, Any], summary: Summary) -> str:
    """Return the column whose cell keeps a row from being imported; empty if it is not one cell.

    Of several phone columns the first that has something, else the first.
    """
    source = next((s for s in summary.sources if (s.file, s.sheet) == (row["source"], row["sheet"])), None)
    if source is None or row["reason"] == Reason.MALFORMED_ROW:
        return ""
    field = "email" if row["reason"] == Reason.FIELD_INVALID and source.mapping.get("email") else "phone"
    columns = [column for column in source.mapping.get(field, []) if RAW + column in row]
    return next((column for column in columns if row[RAW + column]), columns[0] if columns else "")


def cell_now(row: Mapping[str, Any], column: str, state: RowState | None) -> str:
    """Return a cell as it is decided now; as it was read if nobody changed it."""
    as_read: str | None = row.get(RAW + column)
    return (as_read if state is None else state.cell(column, as_read)) or ""


def setting(row: Mapping[str, Any], column: str, text: str, state: RowState | None) -> Change | None:
    """Return the change that puts a text into a row's cell; None if it is there already.

    Raises:
        UsageError: the row's list has no such column, or no correction lets the row through.
    """
    if RAW + column not in row:
        raise UsageError(f"The list has no column {column}.")
    check_fixable(row)
    if text.strip() == cell_now(row, column, state):
        return None
    return Change(place(row), "set", text.strip() or None, column, row[RAW + column])


def check_fixable(row: Mapping[str, Any]) -> None:
    """Raise if no correction lets a row through.

    Raises:
        UsageError: names the row and how it ended.
    """
    if row["reason"] not in FIXABLE:
        raise UsageError(f"Row {row['row']} is {row['outcome']} ({row['reason']}): there is nothing to correct.")


def taken_back(row: Mapping[str, Any], state: RowState | None) -> list[Change]:
    """Return the changes after which nothing is decided on a row: its drop is lifted, its cells are as read."""
    if state is None or state.done is not None:
        return []
    cells = [Change(place(row), "set", state.original[column], column) for column in state.cells]
    is_choice = state.choice in ("drop", "send-as-is")
    return [*([Change(place(row), state.choice, "")] if is_choice else []), *cells]  # type: ignore[arg-type]


def place(row: Mapping[str, Any]) -> Place:
    """Return a row's place in the first run, by which decisions name it."""
    return row["source"], row["sheet"], row["row"]


def proposed(  # noqa: PLR0913, PLR0917 - an action and its two words, for the rows of a query
    rows: Sequence[Mapping[str, Any]],
    summary: Summary,
    states: Mapping[int, RowState],
    act: str,
    first: str,
    second: str,
) -> Proposal:
    """Return what an action would do to each of these rows; rows that no correction lets through are left.

    Args:
        rows: of ``RunTable.page``.
        summary: of the run.
        states: what is decided now, by position.
        act: ``drop``, ``send-as-is``, ``take-back``, ``ask``, ``country``, ``area``, ``column`` or ``replace``.
        first: the country, the area code, the column, or the text to look for.
        second: the text to put in its place.

    Raises:
        UsageError: a word is missing or cannot be used.
    """
    if len(rows) > _MOST_ROWS:
        raise UsageError(
            f"These are {len(rows):,} rows, and an action takes {_MOST_ROWS:,} at most: narrow the search."
        )
    fixable = [row for row in rows if row["reason"] in FIXABLE]
    if act in ("drop", "send-as-is"):
        chosen = [r for r in fixable if (s := states.get(r["position"])) is None or s.choice != act]
        changes = [(row, Change(place(row), act, act)) for row in chosen]  # type: ignore[arg-type]
        return Proposal(changes, len(rows) - len(changes))
    if act == "take-back":
        back = [(row, change) for row in fixable for change in taken_back(row, states.get(row["position"]))]
        return Proposal(back, len(rows) - len({row["position"] for row, _ in back}))
    if act == "ask":
        noted = [(row, Change(place(row), "note", ASKED)) for row in fixable]
        return Proposal(noted, len(rows) - len(noted))
    columns = [wrong_column(row, summary) for row in fixable]
    cells = [cell_now(r, c, states.get(r["position"])) for r, c in zip(fixable, columns, strict=True)]
    texts = _texts(fixable, cells, act, first.strip(), second)
    changes = [
        (row, change)
        for row, column, text in zip(fixable, columns, texts, strict=True)
        if column and text and (change := setting(row, column, text, states.get(row["position"]))) is not None
    ]
    return Proposal(changes, len(rows) - len(changes))


def _texts(
    rows: Sequence[Mapping[str, Any]], cells: Sequence[str], act: str, first: str, second: str
) -> list[str | None]:
    """Return the new text of each cell; None for a cell that the action leaves alone."""
    if act == "country":
        if not (len(first) == 2 and first.isalpha()):
            raise UsageError("Give the country as two letters, such as US, GB or DE.")
        return [phone for phone, _ in read_numbers(cells, first.upper())]
    if act == "area":
        if not first.isdecimal() or len(first) > 5:
            raise UsageError("Give the area code in digits, such as 512.")
        return [f"{first} {cell}" if any(map(str.isdigit, cell)) else None for cell in cells]
    if act == "column":
        if rows and not any(RAW + first in row for row in rows):
            raise UsageError(f"The list has no column {first}.")
        return [row.get(RAW + first) for row in rows]
    if act == "replace":
        if not first:
            raise UsageError("Give the text to look for.")
        return [cell.replace(first, second) if first in cell else None for cell in cells]
    raise UsageError(f"There is no action {act}.")
