"""Further lines of one person: a table within a table leaves the cells of the line above empty.

Exports of records with several numbers or addresses write a line for each; only the first has the name. The others are
no people of their own: their number would be sent without a name, or as another contact beside the first.
"""

from collections.abc import Collection, Sequence

import polars as pl

from importer.models.frames import RAW

FURTHER_LINE = "a further line of the row above, whose name it does not repeat; if it is a contact, fill in its name"

_USUAL = 0.8
"""Share of the rows with a name in which a column of theirs is filled."""
_FEWEST = 2
_SHARE = 0.1
"""Share of rows without a name from which on one such column tells them; else it takes two."""
_RARE = 0.05
"""Share of the rows without a name in which it may be."""


def parent_columns(sample: pl.DataFrame, names: Sequence[str], values: Collection[str]) -> tuple[str, ...]:
    """Return the columns that a person's first line fills and further ones leave empty; none if no such lines exist.

    Args:
        sample: the first rows, ``raw:<column>`` (String?).
        names: the columns of names.
        values: the columns of numbers and addresses, which may be missing together with a name.
    """
    if not names or not sample.height:
        return ()
    columns = [column for column in sample.columns if column.startswith(RAW)]
    filled = sample.select(_is_filled(column) for column in columns)
    is_named = filled.select(pl.any_horizontal(RAW + name for name in names)).to_series()
    is_blank = ~filled.select(pl.any_horizontal(pl.all())).to_series()
    people, nameless = filled.filter(is_named), filled.filter(~is_named & ~is_blank)
    if not nameless.height or not people.height or not is_named.filter(~is_blank)[0]:
        return ()
    usual, rare = (dict(zip(columns, rows.mean().row(0), strict=True)) for rows in (people, nameless))
    apart = {RAW + name for name in (*names, *values)}
    others = [c for c in columns if c not in apart and usual[c] >= _USUAL and rare[c] <= _RARE]
    is_told = len(others) >= _FEWEST or (bool(others) and nameless.height >= _SHARE * filled.height)
    return tuple(column.removeprefix(RAW) for column in others) + tuple(names) if is_told else ()


def is_further_line(cells: pl.DataFrame, parents: Sequence[str]) -> pl.Series:
    """Return True for rows that leave all these columns empty."""
    return cells.select(~pl.any_horizontal(_is_filled(RAW + name) for name in parents)).to_series()


def _is_filled(column: str) -> pl.Expr:
    """Return True for cells with a letter or digit: some exports write ``~`` for what stands above."""
    return pl.col(column).str.contains(r"[\p{L}\p{N}]").fill_null(value=False)
