"""Cells as a person sees them, from the library's text.

The library writes numbers without exponent and ``.0``, cut to nine decimals; moments as ``2024-01-31 00:00:00``;
booleans in lower case; errors as nothing. Here they become shortest decimals, ISO dates with a time only if it is not
midnight, ``TRUE`` and ``FALSE``, and the error's own text; numbers under a mask become what the mask shows.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Literal

import polars as pl

from importer.readers.workbooks.marks import Marks
from importer.readers.workbooks.number_formats import shown_by
from importer.readers.workbooks.numbers import decimal

Dtype = Literal["float", "boolean", "datetime", "duration"]
Reload = Callable[[list[int], Dtype], pl.DataFrame]
"""Loads columns (indexes in the frame, from 0) again under another of the library's dtypes, in the order given."""

_MOMENT = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?$"
_MIDNIGHT = r"^(?:19|[2-9]\d)\d\d-\d\d-\d\d[ T]00:00:00(?:\.0+)?$"
_DURATION = r"^PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S$"
_CUT = r"\.\d{9}$|^-?0$"
_BOOLEAN = r"^(?:true|false)$"


def as_seen(frame: pl.DataFrame, marks: Marks, reload: Reload) -> pl.DataFrame:
    """Return the frame with every cell as a person sees it.

    Args:
        frame: String columns, named by their indexes on the sheet, from 0.
        marks: of the same rows.
        reload: loads columns whose text alone is ambiguous under another dtype.
    """
    frame = frame.select(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in frame.columns)
    if places := _holding(frame, _CUT):
        frame = _with_all_decimals(frame, places, reload(places, "float"))
    if marks.booleans is None and (places := _holding(frame, _BOOLEAN)):
        frame = _with_booleans(frame, places, reload(places, "boolean"))
    if places := _holding(frame, _MOMENT):
        frame = _changed(frame, places, reload(places, "datetime"), _moment)
    if places := _holding(frame, _DURATION):
        frame = _changed(frame, places, reload(places, "duration"), _duration)
    return _with_marks(frame, marks)


def _holding(frame: pl.DataFrame, pattern: str) -> list[int]:
    """Return the indexes of the columns in which a cell matches."""
    if frame.is_empty():
        return []
    # In one query: a sheet may have 16,384 columns of a few rows.
    holds = frame.select(pl.all().str.contains(pattern).any()).row(0)
    return [place for place, does in enumerate(holds) if does]


def _with_all_decimals(frame: pl.DataFrame, places: list[int], floats: pl.DataFrame) -> pl.DataFrame:
    names = [frame.columns[place] for place in places]
    exact = floats.rename(dict(zip(floats.columns, names, strict=True)))
    is_cut = [frame[name].str.contains(_CUT) & exact[name].is_not_null() for name in names]
    return frame.with_columns(
        pl.when(cells).then(exact[name].map_elements(_shortest, pl.String)).otherwise(frame[name]).alias(name)
        for name, cells in zip(names, is_cut, strict=True)
    )


def _shortest(number: float) -> str:
    return format(Decimal(repr(number)), "f") if number else "0"


def _with_booleans(frame: pl.DataFrame, places: list[int], booleans: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with booleans in capitals; the word ``true`` typed as text is no boolean, and stays."""
    names = [frame.columns[place] for place in places]
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(_BOOLEAN) & booleans.to_series(at).is_not_null())
        .then(pl.col(name).str.to_uppercase())
        .otherwise(pl.col(name))
        .alias(name)
        for at, name in enumerate(names)
    )


def _changed(
    frame: pl.DataFrame, places: list[int], typed: pl.DataFrame, change: Callable[[pl.Expr], pl.Expr]
) -> pl.DataFrame:
    """Return the frame with cells changed only if ``typed`` has a value: text that only looks like one stays."""
    names = [frame.columns[place] for place in places]
    return frame.with_columns(
        pl.when(typed.to_series(at).is_not_null())
        .then(pl.coalesce(change(pl.col(name)), pl.col(name)))
        .otherwise(pl.col(name))
        .alias(name)
        for at, name in enumerate(names)
    )


def _moment(cell: pl.Expr) -> pl.Expr:
    """Return dates without midnight and times of day without the year 1899, to the second; null for other text."""
    moment = cell.str.replace("T", " ", literal=True).str.to_datetime(
        "%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="ms"
    )
    text = moment.dt.round("1s").dt.strftime("%Y-%m-%d %H:%M:%S").str.replace(r"^18\d\d-\d\d-\d\d ", "")
    return pl.when(cell.str.contains(_MIDNIGHT)).then(cell.str.head(10)).when(cell.str.contains(_MOMENT)).then(text)


def _duration(cell: pl.Expr) -> pl.Expr:
    parts = cell.str.extract_groups(_DURATION)
    return pl.concat_str([parts.struct[part].str.zfill(2) for part in range(3)], separator=":")


def _with_marks(frame: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    changed: dict[str, pl.Series] = {}

    def put(column: int, rows: list[int], change: Callable[[int, str], str]) -> None:
        name = str(column)
        if name not in frame.columns:
            return
        places = [row for row in rows if row < frame.height]
        cells = changed.get(name, frame[name]).clone()
        texts = cells.gather(places).to_list()
        seen = [change(place, text or "") or None for place, text in zip(places, texts, strict=True)]
        changed[name] = cells.scatter(places, seen)

    for column, rows in (marks.booleans or {}).items():
        put(column, rows, lambda _, text: text.upper())
    for (column, code), rows in marks.masked.items():
        if found := shown_by(code):
            put(column, rows, lambda _, text, apply=found.apply: text and apply(text))  # type: ignore[misc]  # mypy sees no default
    for column, numbers in marks.undated.items():
        decimals = {row: decimal(repr(number)) for row, number in numbers}
        put(column, list(decimals), lambda row, _, decimals=decimals: decimals[row])  # type: ignore[misc]  # mypy sees no default
    for column, errors in marks.errors.items():
        by_row = dict(errors)
        put(column, list(by_row), lambda row, _, by_row=by_row: by_row[row])  # type: ignore[misc]  # mypy sees no default
    return frame.with_columns(changed.values())
