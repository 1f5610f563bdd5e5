"""Metadata: the unmapped columns as one JSON object of text values."""

import json

import polars as pl

from importer.frames import META, json_text, with_prefix


class Metadata:
    """Needs ``meta:<column>`` (String?) and replaces them by ``metadata`` (String?, a JSON object).

    A key is the column's name, a value its text without surrounding white space; blank cells are left out, because
    the API promises nothing for null. A row without any filled column has null. Settles nothing.
    """

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        columns = with_prefix(frame, META)
        if not columns:
            return frame.with_columns(metadata=pl.lit(None, pl.String))
        members = frame.select(_member(name).alias(name) for name in columns)
        joined = members.select(pl.concat_str(pl.all(), separator=",", ignore_nulls=True)).to_series()
        metadata = pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))
        return frame.drop(columns).with_columns(metadata=metadata)


def _member(name: str) -> pl.Expr:
    """``"key":"value"``, or null where the cell is blank."""
    text = pl.col(name).str.strip_chars()
    key = json.dumps(name.removeprefix(META), ensure_ascii=False)
    return pl.concat_str(pl.lit(f"{key}:"), json_text(pl.when(text != "").then(text)))
