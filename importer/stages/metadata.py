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
        pairs = [
            pl.concat_str(
                pl.lit(json.dumps(name.removeprefix(META), ensure_ascii=False) + ":"),
                json_text(_filled(pl.col(name))),
            )
            for name in columns
        ]
        joined = pl.concat_str(pairs, separator=",", ignore_nulls=True) if pairs else pl.lit("")
        metadata = pl.when(joined != "").then(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))
        return frame.with_columns(metadata=metadata.cast(pl.String)).drop(columns)


def _filled(cell: pl.Expr) -> pl.Expr:
    text = cell.str.strip_chars()
    return pl.when(text != "").then(text)
