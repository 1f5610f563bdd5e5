"""Metadata: the unmapped columns as one JSON object of text values."""

import json

import polars as pl

from importer.models.frames import META, escaped, with_prefix

_MOST_SIDE_BY_SIDE = 200
"""Columns that are worked on as columns; more of them as one column of cells, a tenth of the time for thousands."""
_CELLS_AT_ONCE = 1 << 20
"""Of many columns; each takes some hundred bytes on the way."""


class Metadata:
    """Needs ``meta:<column>`` (String?) and replaces them by ``metadata`` (String?, a JSON object).

    A key is the column's name, a value its text without surrounding white space; blank cells are left out, because
    the API promises nothing for null. A row without any filled column has null. Settles nothing.
    """

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        columns = frame.select(with_prefix(frame, META))
        filled = columns.select(cells.name for cells in columns.get_columns() if cells.null_count() < cells.len())
        filled.columns = [f"{json.dumps(name.removeprefix(META), ensure_ascii=False)}:" for name in filled.columns]
        members = _in_slices(filled) if filled.width > _MOST_SIDE_BY_SIDE else _of_few(filled)
        metadata = pl.when(members != "").then(pl.concat_str(pl.lit("{"), members, pl.lit("}")))
        return frame.drop(columns.columns).with_columns(metadata=metadata.cast(pl.String))


def _of_few(cells: pl.DataFrame) -> pl.Expr:
    """Return ``"key":"value"`` of each row's filled cells; the columns' names are the keys."""
    members = cells.select(_member(pl.lit(key), pl.col(key)).alias(key) for key in cells.columns)
    if not members.width:
        return pl.lit(None, pl.String)
    return pl.lit(members.select(pl.concat_str(pl.all(), separator=",", ignore_nulls=True)).to_series())


def _in_slices(cells: pl.DataFrame) -> pl.Expr:
    """Return the same for many columns, made of some rows at a time to bound the memory."""
    slices = cells.iter_slices(max(1, _CELLS_AT_ONCE // cells.width))
    return pl.lit(pl.concat([_of_many(rows) for rows in slices] or [pl.Series(dtype=pl.String)]))


def _of_many(cells: pl.DataFrame) -> pl.Series:
    long = cells.with_row_index("\nrow").unpivot(index="\nrow", variable_name="key", value_name="text").lazy()
    members = long.select("\nrow", member=_member(pl.col("key"), pl.col("text"))).drop_nulls()
    rows = members.group_by("\nrow", maintain_order=True).agg(pl.col("member").str.join(","))
    every = pl.LazyFrame({"\nrow": pl.int_range(cells.height, dtype=pl.UInt32, eager=True)})
    return every.join(rows, on="\nrow", how="left", maintain_order="left").collect().get_column("member")


def _member(key: pl.Expr, cell: pl.Expr) -> pl.Expr:
    """Return ``"key":"value"`` of a cell; null if it is blank."""
    text = cell.str.strip_chars()
    # One step for all four parts: of thousands of columns each step takes a sixth of the time.
    return pl.concat_str(key, pl.lit('"'), escaped(pl.when(text != "").then(text)), pl.lit('"'))
