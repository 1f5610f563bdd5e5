"""Decisions of people on the rows of a run: their lines in ``review.jsonl``, and what holds after them.

============== =========== ==================== ================================================================
act            field       was, now             meaning
============== =========== ==================== ================================================================
``set``        a column    its cell             the cell is corrected; ``now`` null empties it
``drop``                   the row's choice     the row is not to be sent (``now`` is ``drop``)
``send-as-is``             the row's choice     the row is to be sent as it stands (``now`` is ``send-as-is``)
``note``                   the row's note       a note for people; ``now`` null takes it away
``note``       a rule      what is said of it   the rule's repair of the row is wrong, or any of its repairs if ``row``
                                                is null; ``now`` null takes it back
``look``       a finding   its verdict          what a person found who looked at a doubt; ``now`` null takes it back
``approve``                the approval         the run's plan was approved; ``row`` is null
``done``                   a run's id           that run imported the row
============== =========== ==================== ================================================================

``row`` is ``[source, sheet, row]`` in the first run, through any number of rounds of ``retry``. A decision is undone by
its inverse, added at the end: a drop is lifted by a ``drop`` whose ``now`` is what was chosen before, empty if nothing
was. The current state is the fold of all lines in their order (``folded``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Place = tuple[str, str | None, int]
"""A row: its source, its sheet (None if the source has none) and its number there, in the first run."""

Act = Literal["set", "drop", "send-as-is", "note", "look", "approve", "done"]
Choice = Literal["", "set", "drop", "send-as-is"]
_CHOICES: dict[str, Choice] = {"set": "set", "drop": "drop", "send-as-is": "send-as-is"}


class Decision(BaseModel):
    """One line of ``review.jsonl``.

    Attributes:
        seq: 1 for the first line, then one more each.
        at: when it was written, UTC.
        who: ``--as NAME``, or the user of the operating system.
        row: the row; None for what concerns the run as a whole.
        act: what was decided.
        field: with ``set`` the column as its list names it, with ``look`` the finding's code, with a ``note`` on a
            repair its rule, as ``changes`` names it.
        was, now: before and after, see the module; None for an empty cell, and for nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # most runs have no decisions

    seq: int
    at: datetime
    who: str
    row: Place | None = None
    act: Act
    field: str | None = None
    was: str | None = None
    now: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A decision that is still to be written.

    ``was`` is the cell as read, for ``set``; every other ``was`` is taken from the state.
    """

    row: Place | None
    act: Act
    now: str | None = None
    field: str | None = None
    was: str | None = None


@dataclass(frozen=True, slots=True)
class RowState:
    """The decision on a row now.

    Attributes:
        cells: corrected cells by column; a cell that was set back is not among them.
        original: by column, the cells as they were before anybody set them.
        choice: ``set`` if a corrected row is to be sent, ``drop``, ``send-as-is``; empty if nothing is decided.
        notes: the lines that hold notes, each by the rule whose repair it calls wrong; by "" the row's own note.
        verdicts: by the code of a finding, what a person found who looked at it.
        done: the run that imported the row; None if none did.
        decided: the number of the last line that says whether, or how, the row is to be sent; 0 if none does.
        last: the last line about the row; who wrote it, and when.
    """

    last: Decision
    cells: Mapping[str, str | None] = field(default_factory=dict)
    original: Mapping[str, str | None] = field(default_factory=dict)
    choice: Choice = ""
    notes: Mapping[str, Decision] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    done: str | None = None
    decided: int = 0

    @property
    def note(self) -> str | None:
        """Return the row's own note; None if there is none."""
        return self.notes[""].now if "" in self.notes else None

    @property
    def is_to_send(self) -> bool:
        """Return True if the row waits for ``importer retry``."""
        return self.done is None and self.choice in ("set", "send-as-is")

    def cell(self, column: str, as_read: str | None) -> str | None:
        """Return the cell as decided; ``as_read`` if nobody set it."""
        return self.cells.get(column, as_read)


def folded(rows: Mapping[Place | None, RowState], decision: Decision) -> RowState | None:
    """Return the state of a decision's row after it; of the run as a whole, under None, only notes are kept.

    None if there is nothing to keep.
    """
    if decision.row is None and decision.act != "note":
        return None
    before = rows.get(decision.row) or RowState(decision)
    if decision.act == "set":
        column = decision.field or ""
        original = {column: decision.was, **before.original}
        cells = {**before.cells, column: decision.now}
        if decision.now == original[column]:
            del cells[column]
        choice: Choice = "set" if cells else ""
        return replace(before, last=decision, cells=cells, original=original, choice=choice, decided=decision.seq)
    if decision.act == "note":
        kept = {rule: line for rule, line in before.notes.items() if rule != (decision.field or "")}
        new = {decision.field or "": decision} if decision.now else {}
        return replace(before, last=decision, notes=kept | new)
    if decision.act == "look":
        others = {code: verdict for code, verdict in before.verdicts.items() if code != decision.field}
        own = {decision.field or "": decision.now} if decision.now else {}
        return replace(before, last=decision, verdicts=others | own)
    if decision.act == "done":
        return replace(before, last=decision, done=decision.now)
    # Where a drop is taken back, a cell that is corrected still is.
    choice = _CHOICES.get(decision.now or "", "set" if before.cells else "")
    return replace(before, last=decision, choice=choice, decided=decision.seq)


def line_of(seq: int, at: datetime, who: str, change: Change, rows: Mapping[Place | None, RowState]) -> Decision:
    """Return the line of a change; what it says of before is what ``rows`` say now."""
    given = {"seq": seq, "at": at, "who": who, "row": change.row, "act": change.act, "now": change.now}
    state = rows.get(change.row)
    if change.act == "set":
        column, was = change.field or "", change.was
        if state is not None and column in state.original:
            was = state.cell(column, state.original[column])
        return Decision.model_validate({**given, "field": column, "was": was})
    if change.act == "note":
        before = state.notes.get(change.field or "") if state else None
        of_rule = {} if change.field is None else {"field": change.field}
        return Decision.model_validate({**given, **of_rule, "was": before.now if before else None})
    if change.act == "look":
        was = state.verdicts.get(change.field or "") if state else None
        return Decision.model_validate({**given, "field": change.field, "was": was})
    if change.act in ("drop", "send-as-is"):
        return Decision.model_validate({**given, "was": state.choice if state else ""})
    return Decision.model_validate(given)


def slot(line: Decision) -> tuple[str, str | None]:
    """Return what of a row a line decides: a cell, the note, a finding, or whether it is sent."""
    return (line.act if line.act in ("set", "note", "look") else "choice", line.field)
