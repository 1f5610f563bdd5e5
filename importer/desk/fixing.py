"""The screen where rows are corrected, dropped or sent as they are: one by one, or all that a query finds.

Everything here writes decisions and nothing else; ``importer retry`` sends what is decided.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from importer.desk import overview
from importer.desk.application import Desk, number, posted
from importer.desk.changing import flagged
from importer.desk.downloads import download
from importer.desk.query import Term, parse
from importer.desk.reviewing import (
    PREVIEW_ROWS,
    cell_now,
    check_fixable,
    in_words,
    place,
    proposed,
    setting,
    state_name,
    written,
    wrong_column,
)
from importer.desk.table import NOTED
from importer.desk.view import view
from importer.errors import UsageError
from importer.models.decisions import Change
from importer.models.frames import OURS, RAW

_FIXABLE = (Term("is", "fixable"),)
_UNASKED = "is:todo"
_CHOICES = ("drop", "send-as-is")


class Fixing:
    """The decisions made at a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the addresses; none but those that show where nothing may be decided."""
        shows = [Route("/fix", self._fix), Route("/news", self._news), Route("/history", self._history)]
        if not self._desk.manner.decides:
            return shows
        posts = {"/decide": self._decide, "/group": self._group, "/undo": self._undo}
        return [
            *shows,
            Route("/fix/{position:int}", self._row),
            Route("/ask.csv", self._ask),
            *(Route(path, posted(work), methods=["POST"]) for path, work in posts.items()),
        ]

    def _fix(self, request: Request) -> Response:
        found = self._desk.found(request, _FIXABLE, _UNASKED, counts=False)
        _, table = self._desk.state()
        left = table.mask((Term("is", "todo"),))
        decided = self._desk.reviewing.decided(table)
        noted = int(table.mask((*_FIXABLE, Term("is", NOTED))).sum())
        is_fragment = request.query_params.get("fragment") == "1"
        return self._desk.page(
            "fix_found.html.j2" if is_fragment else "fix.html.j2",
            screen="fix",
            found=found,
            query=request.query_params.get("q", _UNASKED),
            lines=self._lines(found.cells),
            groups=overview.groups(table.groups(left), is_masked=self._desk.manner.is_masked, most=40),
            states=[
                ("todo", int(left.sum())),
                *((name, len(rows)) for name, rows in decided.items() if name != NOTED),
                (NOTED, noted),
            ],
            columns=table.own,
            seq=self._desk.reviewing.seq,
        )

    def _lines(self, cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return each row with its wrong cell as it is now, and what is decided on it."""
        summary, table = self._desk.state()
        states = self._desk.reviewing.states(table)
        is_masked = self._desk.manner.is_masked
        lines = []
        for row in cells:
            state = states.get(row["position"])
            column = wrong_column(row, summary)
            seen = view(row, summary, state, is_masked=is_masked)
            text = seen.cell if is_masked else cell_now(row, column, state) if column else ""
            who = "" if state is None else state.last.who
            lines.append({
                "row": seen, "column": column, "text": text, "was": seen.cell, "state": state_name(state), "who": who,
            })  # fmt: skip
        return lines

    def _row(self, request: Request) -> Response:
        rows = self._rows([request.path_params["position"]])
        summary, table = self._desk.state()
        row = rows[0]
        state = self._desk.reviewing.states(table).get(row["position"])
        own = [
            (name.removeprefix(RAW), cell_now(row, name.removeprefix(RAW), state))
            for name in row
            if name.startswith(RAW) and not name.startswith(RAW + OURS)
        ]
        return self._desk.page(
            "fix_row.html.j2",
            row=view(row, summary, state, is_masked=False),
            own=own,
            state=state,
            note="" if state is None else state.note or "",
            history=[
                (line.at.astimezone(), line.who, in_words(line))
                for line in self._desk.reviewing.since(0)
                if line.row == place(row)
            ],
        )

    def _rows(self, positions: Sequence[int]) -> list[dict[str, Any]]:
        _, table = self._desk.state()
        wanted = sorted(position for position in set(positions) if 0 <= position < table.rows)
        if not wanted:
            raise UsageError("The run has no such row.")
        return table.page(pl.Series(wanted, dtype=pl.UInt32))

    def _decide(self, given: Mapping[str, Any]) -> Response:
        """Decide on some rows: put a text into a cell, drop, send as it is, note; the same choice again takes it back.

        A note with a ``rule`` calls its repair wrong; without ``positions`` all that it repaired.
        """
        _, table = self._desk.state()
        positions = [p for p in given.get("positions", []) if isinstance(p, int)]
        rule = str(given.get("rule", ""))
        if rule and given.get("act") == "note":
            changes, before = flagged(self._desk, rule, self._rows(positions) if "positions" in given else None)
            return written(self._desk.reviewing.decide(changes), before)
        rows = self._rows(positions)
        before = self._desk.reviewing.overridden(table, positions)
        states = self._desk.reviewing.states(table)
        act, now = str(given.get("act", "")), str(given.get("now", ""))
        changes = []
        for row in rows:
            state = states.get(row["position"])
            if act == "set":
                change = setting(row, str(given.get("column", "")), now, state)
                changes += [change] if change else []
            elif act == "note":
                changes.append(Change(place(row), "note", now.strip() or None))
            elif act in _CHOICES:
                check_fixable(row)
                is_taken_back = state is not None and state.choice == act
                changes.append(Change(place(row), act, "" if is_taken_back else act))  # type: ignore[arg-type]
            else:
                raise UsageError(f"There is no action {act}.")
        return written(self._desk.reviewing.decide(changes) if changes else [], before)

    def _group(self, given: Mapping[str, Any]) -> Response:
        """Do one thing to all rows of a query; only show what it would do if ``preview`` is true."""
        summary, table = self._desk.state()
        terms = (*_FIXABLE, *parse(str(given.get("query", ""))))
        rows = table.page(table.matching(terms))
        act, first, second = (str(given.get(name, "")) for name in ("act", "first", "second"))
        states = self._desk.reviewing.states(table)
        proposal = proposed(rows, summary, states, act, first, second)
        if given.get("preview") is True:
            some = [
                (
                    _place_of(row, names_files=len(summary.sources) > 1),
                    cell_now(row, change.field or "", states.get(row["position"])),
                    change.now or "",
                )
                for row, change in proposal.changes[:PREVIEW_ROWS]
            ]
            html = self._desk.html(
                "fix_preview.html.j2", act=act, some=some, count=len(proposal.changes), left=proposal.left
            )
            return HTMLResponse(html)
        changes = [change for _, change in proposal.changes]
        before = self._desk.reviewing.overridden(table, [row["position"] for row, _ in proposal.changes])
        return written(self._desk.reviewing.decide(changes) if changes else [], before)

    def _undo(self, given: Mapping[str, Any]) -> Response:
        seqs = [seq for seq in given.get("seqs", []) if isinstance(seq, int)]
        return written(self._desk.reviewing.undo(seqs), [])

    def _news(self, request: Request) -> Response:
        """Return what was decided after a number, by whom, for a page that asks by itself."""
        _, table = self._desk.state()
        lines = self._desk.reviewing.since(number(request.query_params, "seq", 0))
        at = table.positions_of({line.row for line in lines if line.row is not None})
        is_masked = self._desk.manner.is_masked
        told = [
            {
                "who": line.who,
                "position": at.get(line.row, -1) if line.row else -1,
                "said": line.act if is_masked else in_words(line),
            }
            for line in lines
            if line.who != self._desk.manner.who
        ]
        return JSONResponse({"seq": self._desk.reviewing.seq, "lines": told[-20:]})

    def _history(self, request: Request) -> Response:  # noqa: ARG002 - starlette's signature
        is_masked = self._desk.manner.is_masked
        lines = [
            (line, line.at.astimezone(), line.act if is_masked else in_words(line))
            for line in reversed(self._desk.reviewing.since(0)[-500:])
        ]
        return self._desk.page("history.html.j2", screen="history", lines=lines, count=self._desk.reviewing.seq)

    def _ask(self, request: Request) -> Response:
        """Return the rows of a query as a CSV file without our columns, to be sent to whoever made the list."""
        _, table = self._desk.state()
        terms = (*_FIXABLE, *parse(request.query_params.get("q", "")))
        rows = table.page(table.matching(terms))
        names = [name for name in table.columns if name.startswith(RAW) and not name.startswith(RAW + OURS)]
        frame = pl.DataFrame([{name: row[name] for name in names} for row in rows], dict.fromkeys(names, pl.String))
        return download(frame.rename(lambda name: name.removeprefix(RAW)), "ask.csv")


def _place_of(row: Mapping[str, Any], *, names_files: bool) -> str:
    return f"{row['source']} {row['row']:,}" if names_files else f"{row['row']:,}"
