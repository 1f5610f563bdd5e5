"""Plain Python over whole columns, called once for equal cells."""

from collections.abc import Callable

import polars as pl


def map_distinct(frame: pl.DataFrame, columns: list[str], name: str, answer: Callable[..., int]) -> pl.DataFrame:
    """Return the frame with a column ``name`` (UInt8): ``answer`` of the row's cells in ``columns``."""
    cells = frame.select(columns).unique(maintain_order=True)
    answers = pl.Series(name, [answer(*row) for row in cells.iter_rows()], dtype=pl.UInt8)
    return frame.join(cells.with_columns(answers), on=columns, how="left", nulls_equal=True, maintain_order="left")


def judged(ours: pl.Series, theirs: pl.Series, may_be: pl.Expr, answer: Callable[[str, str], bool]) -> pl.Series:
    """Return the answer for each two texts, False where ``may_be`` (of ``ours`` and ``theirs``) is not True."""
    both = pl.DataFrame({"ours": ours, "theirs": theirs}).with_row_index("pair")
    asked = both.filter(may_be)
    answered = map_distinct(asked, ["ours", "theirs"], "answer", lambda a, b: int(answer(a, b)))
    found = answered.filter(pl.col("answer") == 1)["pair"]
    return both.select(pl.col("pair").is_in(found.implode())).to_series()
