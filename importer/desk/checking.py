"""The live check: what a retry would send for rows as they are decided, or typed, now. Nothing is written or sent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

import polars as pl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from importer.desk.application import Desk, posted
from importer.desk.reviewing import place, state_name
from importer.desk.table import PAGE_ROWS
from importer.desk.view import phone_of
from importer.errors import ImporterError, UsageError
from importer.models.decisions import Place, RowState
from importer.models.frames import RAW
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.pipeline.decided import Cells
from importer.pipeline.suppression import NUMBERS
from importer.pipeline.would_send import WouldSend, known_numbers
from importer.storage.number_files import FORGOTTEN
from importer.storage.run_folder import LEDGER, ROWS

_MOST_OTHERS = 2_000
"""Decided rows that a row on the page is compared with; beyond, an answer takes seconds, and the Send screen tells."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What would be sent for a row, for the screen.

    Attributes:
        text: the number, or why nothing would be sent.
        kind: ``good`` if the row would be sent, ``warn`` if something is still wrong, else ``quiet``.
        why: the whole reason; empty if there is nothing to add.
    """

    text: str
    kind: str
    why: str = ""


class Checking:
    """The live check of a desk; built anew when a run has sent something since."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turn = Lock()  # the stages take one thread at a time
        self._built: tuple[list[int], WouldSend] | None = None

    def routes(self) -> list[Route]:
        """Return the address that tells of rows as decided, and the one for a text being typed if rows are decided."""
        tells = [Route("/would-send", self._told)]
        if not self._desk.manner.decides:
            return tells
        return [*tells, Route("/would-send", posted(self._typed), methods=["POST"])]

    def of(self, cells: Mapping[Place, Cells]) -> pl.DataFrame:
        """Return what a retry of just these rows would make of them, as ``WouldSend.of``."""
        folder = self._desk.folder
        files = [folder.path / ROWS, folder.path / NUMBERS, folder.path.parent / FORGOTTEN]
        files += [folder.path.parent / f"{LEDGER}{end}" for end in ("", "-wal")]
        with self._turn:
            stamp = [path.stat().st_mtime_ns if path.exists() else 0 for path in files]
            if self._built is None or self._built[0] != stamp:
                self._built = (stamp, WouldSend(folder, known_numbers(folder)))
            return self._built[1].of(cells)

    def answers(self, rows: Sequence[Mapping[str, Any]], typed: Cells | None = None) -> dict[int, Answer]:
        """Return what would be sent for each of these rows, by position; rows that have no correction are left out.

        Args:
            rows: of ``RunTable.page``.
            typed: cells of the first of them that are being typed; None if nobody types.
        """
        _, table = self._desk.state()
        states = self._desk.reviewing.states(table)
        decided = self._desk.reviewing.to_send()
        cells: dict[Place, Cells] = dict(decided) if len(decided) <= _MOST_OTHERS else {}
        for row in rows:
            state = states.get(row["position"])
            cells[place(row)] = ({} if state is None else dict(state.cells)) | dict(typed or {})
        found = {(each["source"], each["sheet"], each["row"]): each for each in self.of(cells).iter_rows(named=True)}
        is_masked = self._desk.manner.is_masked
        return {
            row["position"]: answer_of(
                row,
                found[place(row)],
                None if typed is not None else states.get(row["position"]),
                is_masked=is_masked,
            )
            for row in rows
            if place(row) in found
        }

    def _told(self, request: Request) -> Response:
        texts = request.query_params.get("positions", "").split(",")
        positions = {int(text) for text in texts[:PAGE_ROWS] if text.isdecimal() and len(text) < 10}
        try:
            return self._shown(self.answers(self._rows(positions)))
        except ImporterError as error:
            return JSONResponse({"problem": str(error)}, 409)

    def _typed(self, given: Mapping[str, Any]) -> Response:
        """Tell of a row with the text that stands in one of its cells now."""
        position, column = given.get("position"), str(given.get("column", ""))
        rows = self._rows({position} if isinstance(position, int) else set())
        if not rows or RAW + column not in rows[0]:
            raise UsageError("The run has no such cell.")
        return self._shown(self.answers(rows, {column: str(given.get("now", "")).strip() or None}))

    def _rows(self, positions: set[int]) -> list[dict[str, Any]]:
        _, table = self._desk.state()
        wanted = sorted(position for position in positions if 0 <= position < table.rows)
        return table.page(pl.Series(wanted, dtype=pl.UInt32))

    @staticmethod
    def _shown(answers: Mapping[int, Answer]) -> Response:
        return JSONResponse({str(position): asdict(answer) for position, answer in answers.items()})


def answer_of(row: Mapping[str, Any], found: Mapping[str, Any], state: RowState | None, *, is_masked: bool) -> Answer:
    """Return the answer for a row of the run, given what the check found for it; ``state`` is what is decided on it."""
    if (name := state_name(state)) in ("dropped", "sent"):
        return Answer({"dropped": "nothing: dropped", "sent": "nothing more: sent"}[name], "quiet")
    if found["outcome"] == Outcome.PLANNED:
        return Answer(phone_of(found["phone"], is_masked=is_masked), "good")
    reason = Reason(found["reason"])
    why = REASONS[reason].meaning if is_masked else found["detail"] or REASONS[reason].meaning
    words = reason.value.replace("-", " ")
    if found["outcome"] == Outcome.ERRORED:
        still = "still " if found["reason"] == row["reason"] else ""
        return Answer(f"nothing: {still}{words}", "warn", why)
    return Answer(f"nothing: {words if is_masked else why}", "warn", why)
