"""Large messy lists for ``make bench``: 5 % of the rows are errored, 10 % repeat a number, 1 % are blank.

Each list is written piece by piece, so that ten million rows need no more memory than one million: a piece draws its
numbers from a share of all numbers that is its own. So only rows that are meant to repeat a number do.
"""

import csv
from collections import Counter
from pathlib import Path

from tests.truth import HEADER, Maker, Mix, Number

PIECE_ROWS = 1_000_000
_MIX = Mix(
    fresh=840, repeated=100, missing=12, impossible=12, damaged=8, ambiguous=10, blank=10, too_many_cells=7,
    stray_quote=1,
)  # fmt: skip


class _PieceMaker(Maker):
    """A maker whose fresh numbers are all different, also from those of the other pieces."""

    def __init__(self, piece: int, pieces: int) -> None:
        super().__init__(piece, _MIX)
        self._piece, self._pieces = piece, pieces

    def _number(self) -> Number:
        while True:
            number = super()._number()
            if int(number.digits) % self._pieces == self._piece and number.e164 not in self._kept:
                return number


def write_list(path: Path, rows: int) -> Counter[str]:
    """Write ``rows`` rows as UTF-8 CSV; how many must end as what (``outcome/reason``)."""
    ends: Counter[str] = Counter()
    pieces = max(1, -(-rows // PIECE_ROWS))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for piece in range(pieces):
            maker = _PieceMaker(piece, pieces)
            for row in range(2 + piece * PIECE_ROWS, 2 + min(rows, (piece + 1) * PIECE_ROWS)):
                cells, truth = maker.row(row, is_last=False)
                ends[f"{truth.outcome}/{truth.reason}"] += 1
                if truth.spelling == "stray-quote":
                    file.write(",".join(cells) + "\n")
                else:
                    writer.writerow(cells)
    return ends
