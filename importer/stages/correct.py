"""The rows of a retry file, tied to the rows of the run that they correct."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from importer.models.frames import OURS, OUTCOME, RAW, REASON, settle, with_prefix
from importer.models.outcomes import Outcome, Reason

SOURCE, ROW = f"{RAW}{OURS}source", f"{RAW}{OURS}row"
PLACE = ("place", "at")
"""The row of the run before: its file and sheet, and its row there (String)."""
_POWER_OF_TEN = r"^\s*[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+\s*$"


def places(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return ``PLACE``, the run's ``source`` (and sheet) and ``row`` as its retry file names them, with all columns."""
    place = pl.concat_str("source", pl.concat_str(pl.lit(", sheet "), "sheet"), ignore_nulls=True)
    return rows.with_columns(place=place, at=pl.col("row").cast(pl.String))


def stripped(column: str) -> pl.Expr:
    """Return a cell without the white space that a spreadsheet may add or drop; null if nothing is left."""
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


@dataclass(frozen=True, slots=True)
class Corrected:
    """The rows that a retry file corrects.

    Attributes:
        run_id: the run before.
        rows: its rows that a person can fix: ``PLACE``, ``reason``, ``detail`` and the ``raw:`` columns (String).
        has_other_region: whether numbers are read otherwise than there, so that rows as they were may be right now.
    """

    run_id: str
    rows: pl.DataFrame
    has_other_region: bool = False


class Correct:
    """Comes before ``Map``. Needs the ``raw:`` columns of a retry file; leaves other files as they are.

    A number that lost digits and that a spreadsheet has written out since (``1.71875E+10`` as ``17187500000``) is the
    damaged text again. Rows of which no cell was changed end as they did: they are not sent again. Rows that correct
    the same row are settled as ``malformed-row``, each with the other's place.
    """

    def __init__(self, corrected: Corrected, twice: pl.DataFrame) -> None:
        self._corrected = corrected
        self._twice = twice

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not {SOURCE, ROW} <= set(frame.columns):
            return frame
        tied = frame.with_columns(place=pl.col(SOURCE), at=pl.col(ROW))
        tied = tied.join(_renamed(self._corrected.rows), on=PLACE, how="left", maintain_order="left")
        tied = tied.join(self._twice, on=PLACE, how="left", maintain_order="left")
        theirs = [name for name in with_prefix(frame, RAW) if not name.startswith(RAW + OURS)]
        shared = [name for name in theirs if _was(name) in tied.columns]
        tied = tied.with_columns(
            pl.when(_is_written_out(name)).then(_was(name)).otherwise(name).alias(name) for name in shared
        )
        tied = settle(tied, Reason.MALFORMED_ROW, pl.col("several").is_not_null(), pl.col("several"))
        return self._settled(tied, theirs, shared).select(frame.columns)

    def _settled(self, tied: pl.DataFrame, theirs: list[str], shared: list[str]) -> pl.DataFrame:
        added = [stripped(name).is_null() for name in theirs if name not in shared]
        same = [stripped(name).eq_missing(stripped(_was(name))) for name in shared]
        is_same = pl.all_horizontal([pl.col("was_reason").is_not_null(), *same, *added])
        if self._corrected.has_other_region:
            is_same &= ~pl.col("was_reason").str.starts_with("phone-")
        is_here = is_same & pl.col("reason").is_null()
        detail = pl.concat_str(
            "was_detail", pl.lit(f"no cell of the row was changed since run {self._corrected.run_id}"),
            separator="; ", ignore_nulls=True,
        )  # fmt: skip
        outcome, reason = (pl.col(name).cast(pl.String) for name in ("outcome", "reason"))
        return tied.with_columns(
            outcome=pl.when(is_here).then(pl.lit(Outcome.ERRORED.value)).otherwise(outcome).cast(OUTCOME),
            reason=pl.when(is_here).then("was_reason").otherwise(reason).cast(REASON),
            detail=pl.when(is_here).then(detail).otherwise("detail"),
        )


def named_rows(chunks: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return ``PLACE`` of the row that each row of a retry file names, and its own ``row``; rows that name none go."""
    found = [
        chunk.select(place=pl.col(SOURCE), at=pl.col(ROW), row=pl.col("row").cast(pl.String))
        for chunk in chunks
        if {SOURCE, ROW, "row"} <= set(chunk.columns)
    ]
    schema = {"place": pl.String, "at": pl.String, "row": pl.String}
    return pl.concat([pl.DataFrame(schema=schema), *found]).filter(pl.col("at").str.strip_chars() != "")


def corrected_twice(named: pl.DataFrame) -> pl.DataFrame:
    """Return ``PLACE`` and ``several``, the words for it, of rows that more than one row of a retry file corrects."""
    several = named.group_by(PLACE).agg(pl.col("row")).filter(pl.col("row").list.len() > 1)
    rows = pl.col("row").list.join(" and ")
    said = pl.format("rows {} of this file correct row {} of {}: keep one of them", rows, "at", "place")
    return several.select(*PLACE, several=said)


def _renamed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.rename(lambda name: name if name in PLACE else f"was_{name}").unique(PLACE, keep="first")


def _was(column: str) -> str:
    return f"was_{column}"


def _is_written_out(column: str) -> pl.Expr:
    """Return True if a spreadsheet has written out a number that had lost its digits before."""
    was = pl.col(_was(column))
    is_equal = _figure(was) == _figure(pl.col(column))
    return (was.str.contains(_POWER_OF_TEN) & is_equal).fill_null(value=False)


def _figure(cell: pl.Expr) -> pl.Expr:
    return cell.str.strip_chars().str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
