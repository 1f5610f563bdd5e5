"""The Changes screen: what each rule repaired, before and after, and what of it somebody calls wrong.

To call a repair wrong changes and sends nothing: it is a note that names the setting which stops the rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from importer.desk import repairs
from importer.desk.application import Desk, number
from importer.desk.query import Term
from importer.desk.reviewing import Reviewing, place
from importer.desk.table import PAGE_ROWS, RunTable
from importer.desk.view import FULL_NAME, Change, Note, RowView, change_of, note_of, view
from importer.errors import UsageError
from importer.models import decisions
from importer.models.findings import SUSPICIONS


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule at the left: its code, its count of rows, and what of it is called wrong; empty if nothing is."""

    code: str
    rows: int
    wrong: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row that the rule changed; ``change`` is None where the field has nothing on either side.

    ``wrong`` is the note that calls the repair wrong; None if nobody does.
    """

    row: RowView
    change: Change | None
    wrong: Note | None


class Changing:
    """The Changes screen of a desk; its decisions go where those of Fix go."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the address that shows."""
        return [Route("/changes", self._shown)]

    def _shown(self, request: Request) -> Response:
        summary, table = self._desk.state()
        counted = table.rules()
        code = request.query_params.get("rule") or (counted[0][0] if counted else "")
        positions = table.matching((Term("rule", code),)) if code else pl.Series(dtype=pl.UInt32)
        pages = max(1, -(-len(positions) // PAGE_ROWS))
        page = min(max(1, number(request.query_params, "page", 1)), pages)
        wrong = called_wrong(self._desk.reviewing, table)
        is_fragment = request.query_params.get("fragment") == "1"
        is_repair = repairs.is_repair(code)
        whole = self._desk.reviewing.of_run().get(code)
        return self._desk.page(
            "changes_found.html.j2" if is_fragment else "changes.html.j2",
            screen="changes",
            rules=[Rule(each, rows, wrong.get(each, "")) for each, rows in counted],
            code=code,
            lines=self._lines(table, code, positions[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]),
            count=len(positions),
            page=page,
            pages=pages,
            meaning=None if is_repair else SUSPICIONS[code],
            advice=repairs.advice(code, summary) if code and is_repair else None,
            whole=note_of(whole, is_masked=self._desk.manner.is_masked) if whole else None,
            seq=self._desk.reviewing.seq,
        )

    def _lines(self, table: RunTable, code: str, positions: pl.Series) -> list[Line]:
        summary, _ = self._desk.state()
        is_masked = self._desk.manner.is_masked
        states = self._desk.reviewing.states(table)
        sources = {(source.file, source.sheet): source for source in summary.sources}
        field = code.partition(":")[0]
        lines = []
        for row in table.page(positions):
            source = sources.get((row["source"], row["sheet"]))
            is_shown = field in row or field == FULL_NAME
            change = change_of(row, field, source, is_masked=is_masked) if is_shown else None
            state = states.get(row["position"])
            called = None if state is None else state.notes.get(code)
            seen = view(row, summary, state, is_masked=is_masked)
            lines.append(Line(seen, change, note_of(called, is_masked=is_masked) if called else None))
        return lines


def called_wrong(reviewing: Reviewing, table: RunTable) -> dict[str, str]:
    """Return what is called wrong, in words by rule: the whole rule, or how many of its rows."""
    whole = reviewing.of_run()
    rows: dict[str, int] = {}
    for state in reviewing.states(table).values():
        for rule in state.notes:
            rows[rule] = rows.get(rule, 0) + 1
    rows.pop("", None)  # notes on rows are of no rule
    words = {rule: f"{count:,} {'row' if count == 1 else 'rows'}" for rule, count in rows.items()}
    return {
        rule: " and ".join(part for part in ("the whole rule" if rule in whole else "", words.get(rule, "")) if part)
        for rule in sorted({*whole, *rows})
    }


def flagged(
    desk: Desk, rule: str, rows: Sequence[Mapping[str, Any]] | None
) -> tuple[list[decisions.Change], list[str]]:
    """Return the changes that call a rule's repairs wrong, or take that back where they are called so; and who did.

    Args:
        desk: whose decisions they are.
        rule: as ``changes`` names it.
        rows: of ``RunTable.page``; None for the rule as a whole.

    Raises:
        UsageError: the run, or one of the rows, has no such repair.
    """
    summary, table = desk.state()
    if not repairs.is_repair(rule):
        raise UsageError(f"{rule} repaired nothing: it names what is doubtful. Judge it in Look.")
    if rule not in dict(table.rules()):
        raise UsageError(f"The run has no repair {rule}.")
    note = repairs.advice(rule, summary).note
    if rows is None:
        known = desk.reviewing.of_run().get(rule)
        before = desk.reviewing.said_by_others([known] if known else [])
        return [decisions.Change(None, "note", None if known else note, rule)], before
    states = desk.reviewing.states(table)
    changes = []
    for row in rows:
        if rule not in (row["changes"] or "").split("; "):
            raise UsageError(f"Row {row['row']} has no repair {rule}.")
        state = states.get(row["position"])
        is_called_so = state is not None and rule in state.notes
        changes.append(decisions.Change(place(row), "note", None if is_called_so else note, rule))
    return changes, desk.reviewing.overridden(table, [row["position"] for row in rows])
