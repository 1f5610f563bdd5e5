"""Large messy lists for ``make bench``: 5 % of the rows are errored, 10 % repeat a number, 1 % are blank.

Each list is made in pieces, side by side: a piece draws its numbers from a share of all numbers that is its own. So
only rows that are meant to repeat a number do.
"""

import csv
import os
import shutil
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.support.truth import HEADER, Maker, Mix, Number

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
        while (number := super()._number()).e164 in self._kept:
            pass
        return number

    def _digits(self, start: str, free: int) -> str:
        digits = super()._digits(start, free)
        return f"{int(digits) - (int(digits) - self._piece) % self._pieces:0{len(digits)}}"


def write_list(path: Path, rows: int) -> Counter[str]:
    """Write ``rows`` rows as UTF-8 CSV; how many must end as what (``outcome/reason``)."""
    pieces = max(1, -(-rows // PIECE_ROWS))
    ends: Counter[str] = Counter()
    with path.open("wb") as whole, ProcessPoolExecutor(os.cpu_count()) as pool:
        whole.write((",".join(HEADER) + "\n").encode())
        for piece, some in enumerate(pool.map(partial(_write_piece, path, rows, pieces), range(pieces))):
            ends += some
            with _piece_path(path, piece).open("rb") as part:
                shutil.copyfileobj(part, whole)
            _piece_path(path, piece).unlink()
    return ends


def _piece_path(path: Path, piece: int) -> Path:
    return path.with_name(f"{path.name}.{piece}")


def _write_piece(path: Path, rows: int, pieces: int, piece: int) -> Counter[str]:
    ends: Counter[str] = Counter()
    maker = _PieceMaker(piece, pieces)
    with _piece_path(path, piece).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in range(2 + piece * PIECE_ROWS, 2 + min(rows, (piece + 1) * PIECE_ROWS)):
            cells, truth = maker.row(row, is_last=False)
            ends[f"{truth.outcome}/{truth.reason}"] += 1
            if truth.spelling == "stray-quote":
                file.write(",".join(cells) + "\n")
            else:
                writer.writerow(cells)
    return ends
