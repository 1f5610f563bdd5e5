"""Details: the rows that end here, each with the reason and the words for it."""

import numpy as np
import polars as pl

from importer.models.frames import OUTCOME, REASON
from importer.models.outcomes import Outcome, Reason
from importer.stages.phones import repairs, wording
from importer.stages.phones.found_numbers import REASONS, Bools, Failed, places
from importer.stages.phones.libphonenumber import FAULTS, NO_FAULT
from importer.stages.phones.shapes import Ints

_FIELDS = ("first_name", "last_name", "full_name", "email")
"""Fields that may hold a number that is missing in its own column; the first one counts."""


class Details:
    """Why each open row without number has none; so far, because its phone cells are empty.

    Args:
        frame: the rows.
        rows: which of them have no number.
        columns: of the file, with phones.
    """

    def __init__(self, frame: pl.DataFrame, rows: Ints, columns: list[str]) -> None:
        self._frame, self._rows, self._columns = frame, rows, columns
        self._details = [(Reason.PHONE_MISSING, wording.missing(columns))]
        self._detail_of = np.zeros(frame.height, np.int64)

    def note(self, column: str, rows: Ints, failed: Failed, is_stray: Bools) -> None:
        """Note why the cells in these rows of a column failed, in place of what was noted for the rows before.

        Cells that say that there is no number are as good as empty.
        """
        some = np.flatnonzero(failed.reasons != REASONS.index(Reason.PHONE_MISSING))
        facts = (failed.reasons[some], failed.faults[some] - NO_FAULT, failed.places[some], is_stray[rows[some]])
        bounds = (len(REASONS), len(FAULTS) + 1, len(places()), 2)
        kinds, kind_of = np.unique(np.ravel_multi_index(facts, bounds), return_inverse=True)
        self._detail_of[rows[some]] = len(self._details) + kind_of
        for reason, fault, place, stray in zip(*np.unravel_index(kinds, bounds), strict=True):
            why = [None, *FAULTS][fault]
            words = wording.failed(REASONS[reason], why, places()[place], is_stray=bool(stray))
            self._details.append((REASONS[reason], f"{column}: {words}"))

    def columns(self) -> list[pl.Series]:
        """Return ``outcome``, ``reason`` and ``detail`` of all rows."""
        self._look_elsewhere()
        rows, detail_of = self._rows, self._detail_of[self._rows]
        reasons = pl.Series([reason.value for reason, _ in self._details], dtype=REASON)
        words = pl.Series([words for _, words in self._details])
        return [
            self._frame["outcome"].scatter(rows, pl.Series([Outcome.ERRORED.value], dtype=OUTCOME)),
            self._frame["reason"].scatter(rows, reasons.gather(detail_of)),
            self._frame["detail"].scatter(rows, words.gather(detail_of)),
        ]

    def _look_elsewhere(self) -> None:
        """Note where what looks like a number stands in another field of a row whose phone cells are empty."""
        fields = [field for field in _FIELDS if field in self._frame.columns]
        rows = self._rows[self._detail_of[self._rows] == 0]
        if not len(rows):
            return
        some = self._frame.select(repairs.is_phone_shaped(pl.col(field).gather(rows)) for field in fields)
        # Reversed, so that the first field has the last word.
        for field in reversed(fields):
            self._detail_of[rows[some[field].fill_null(value=False).to_numpy()]] = len(self._details)
            self._details.append((Reason.PHONE_MISSING, wording.misplaced(self._columns, field)))
