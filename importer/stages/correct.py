"""The rows of a retry, beside the rows of the run that they correct."""

from dataclasses import dataclass

import polars as pl

from importer.models.frames import RAW, with_prefix

PLACE = ("source", "sheet", "row")
"""A row's place in the first run; a retry keeps it."""
_POWER_OF_TEN = r"^\s*[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+\s*$"


def stripped(column: str) -> pl.Expr:
    """Return a cell without the white space that a spreadsheet may add or drop; null if nothing is left."""
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


def is_written_out(was: pl.Expr, now: pl.Expr) -> pl.Expr:
    """Return True if a spreadsheet has written out a number that had lost its digits: ``1.7E+10``, ``17000000000``."""
    is_equal = _figure(was) == _figure(now)
    return (was.str.contains(_POWER_OF_TEN) & is_equal).fill_null(value=False)


def _figure(cell: pl.Expr) -> pl.Expr:
    return cell.str.strip_chars().str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


@dataclass(frozen=True, slots=True)
class Corrected:
    """The rows that a retry corrects: ``PLACE`` and the ``raw:`` columns (String?) as the run before read them."""

    rows: pl.DataFrame


class Correct:
    """Comes before ``Map``. Needs ``PLACE`` and the ``raw:`` columns of a retry.

    A number that lost digits and that somebody, or a spreadsheet, has only written out since (``1.71875E+10`` as
    ``17187500000``) is the damaged text again: no digit is sent that nobody knows.
    """

    def __init__(self, corrected: Corrected) -> None:
        self._before = corrected.rows.rename(lambda name: name if name in PLACE else f"was_{name}")

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        tied = frame.join(self._before, on=PLACE, how="left", nulls_equal=True, maintain_order="left")
        shared = [name for name in with_prefix(frame, RAW) if f"was_{name}" in tied.columns]
        restored = [
            pl.when(is_written_out(pl.col(f"was_{name}"), pl.col(name))).then(f"was_{name}").otherwise(name).alias(name)
            for name in shared
        ]
        return tied.with_columns(restored).select(frame.columns)
