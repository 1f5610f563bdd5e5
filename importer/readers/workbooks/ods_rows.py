"""Rows of an ods sheet, split like those of xlsx: many cells at once.

A piece of the markup becomes one line for each row and cell (``plain_xml``). A cell's attributes without its value are
its kind. There are few kinds, so the work is decided once for each. Rows with a cell that is more than a value and one
line of text go to ``ods_events``.
"""

import re
from contextlib import suppress
from typing import cast
from xml.parsers.expat import ExpatError

import polars as pl

from importer.readers.workbooks import numbers
from importer.readers.workbooks.grid import Grid, checked, framed
from importer.readers.workbooks.ods_events import Row, add_merges, duration, is_code, parsed_rows
from importer.readers.workbooks.ods_kinds import Way, kinds_of
from importer.readers.workbooks.ods_markup import Markup, is_rich, simplified, split
from importer.readers.workbooks.plain_xml import NotPlainError
from importer.readers.workbooks.result import Facts
from importer.readers.workbooks.texts import parsed

_REPEATED = r' table:number-rows-repeated="(\d{1,9})"'
_HIDDEN = r' table:visibility="(?:collapse|filter)"'
_MIDNIGHT = r" 00:00:00(?:[.,]0+)?$"
_MOST_COLUMNS = 1 << 14
_FEW_CELLS = 10_000
_OFTEN = re.compile(rb'<table:[a-z-]*cell(?=[^<>]* table:number-columns-repeated="\d{4})(?=[^<>]*(?: office:|[^/]>))')
"""A cell that may be filled and is repeated a thousand times, each of which would be parsed."""


def rows_of(markup: bytes, first: int, facts: Facts) -> tuple[int, int, pl.DataFrame]:
    """Return the index of the row after the markup's rows, the index of the frame's first row, and the frame.

    ``first`` is the index of the markup's first row on the sheet.

    Raises:
        ExpatError, ValueError: the file is damaged.
        ReadError: there are more cells than any list has.
    """
    own = Facts()
    try:
        below, cells, odd = _split(markup, first, own)
    except NotPlainError:
        own = Facts()  # the failed attempt may have counted rows already
        below, odd = parsed_rows(markup, first, own)
        cells = _cells([])
    facts += own
    whole = pl.concat([cells, _cells(odd)]) if odd else cells
    if not whole.height:
        return below, 0, pl.DataFrame()
    whole = _repeated(whole)
    is_filled = pl.repeat(value=False, n=cast("int", whole["column"].max()) + 1, eager=True)
    places = is_filled.scatter(whole["column"], values=True).arg_true()
    ranks = is_filled.cum_sum() - 1
    return below, *framed(whole["row"], ranks.gather(whole["column"]), places.to_list(), whole["text"])


def few_rows_of(markup: bytes, first: int, facts: Facts) -> tuple[int, int, pl.DataFrame]:
    """Return what ``rows_of`` does. Few rows are parsed sooner than the queries that split many of them are made.

    Raises:
        ExpatError, ValueError: the file is damaged.
        ReadError: there are more cells than any list has.
    """
    own, rows = Facts(), list[Row]()
    if not _OFTEN.search(markup):
        with suppress(ExpatError, ValueError):
            below, rows = parsed_rows(markup, first, own)
    cells = sum(len(cells) * repeated for _, cells, repeated in rows)
    if not 0 < cells <= _FEW_CELLS:
        return rows_of(markup, first, facts)
    facts += own
    grid = Grid()
    for row in rows:
        grid.add(*row)
    found = grid.rest()
    return below, found.first, found.frame


def _cells(rows: list[Row]) -> pl.DataFrame:
    lines = [(row, column, text, 1, repeated) for row, cells, repeated in rows for column, text in cells.items()]
    columns = {"row": pl.Int64, "column": pl.Int64, "text": pl.String, "across": pl.Int64, "down": pl.Int64}
    return pl.DataFrame(lines, schema=columns, orient="row")


def _repeated(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells together with their repetitions to the right and below."""
    checked(
        int((cells["across"] * cells["down"]).sum()),
        int((cells["row"] + cells["down"]).max()),  # type: ignore[arg-type]  # there is a cell
        int((cells["column"] + cells["across"]).max()),  # type: ignore[arg-type]  # there is a cell
    )
    for place, often in (("column", "across"), ("row", "down")):
        if (cells[often] > 1).any():
            cells = cells.with_columns(pl.int_ranges(place, pl.col(place) + pl.col(often)).alias(place)).explode(place)
    return cells


def _split(markup: bytes, first: int, facts: Facts) -> tuple[int, pl.DataFrame, list[Row]]:
    """Return the index of the row after the piece, the cells of rows that can be split, and the other rows."""
    is_simple = is_rich(markup)
    piece = split(simplified(markup) if is_simple else markup)
    if not piece.rows.len():
        if piece.cells.height:
            raise NotPlainError
        return first, _cells([]), []
    down = piece.rows.str.extract(_REPEATED).cast(pl.Int64).fill_null(1).clip(1)
    starts = down.cum_sum() - down + first
    facts.hidden_rows += int(down.filter(piece.rows.str.contains(_HIDDEN)).sum())
    below = int(starts[-1]) + int(down[-1])
    plain, odd = _parted(piece.cells)
    parsed_ones: list[Row] = []
    if odd.len() and not is_simple:
        # Most of them are plain without links, styles and elements for spaces.
        again = split(simplified(piece.of(odd)))
        more, still_odd = _parted(again.cells)
        plain = pl.concat([plain, more.with_columns(number=odd.gather(more["number"]))])
        odd = odd.gather(still_odd)
    if odd.len():
        parsed_ones = _parsed(piece, odd, starts, facts)
    if not plain.height:
        return below, _cells([]), parsed_ones
    cells = plain.with_columns(row=starts.gather(plain["number"]), down=down.gather(plain["number"]))
    return below, _values(cells, facts), parsed_ones


def _parted(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Return the cells of rows without an odd one, and the numbers of the other rows."""
    is_odd = cells["is_odd"]
    if not is_odd.any():
        return cells, cells["number"].clear()
    odd = cells["number"].filter(is_odd).unique().sort()
    return cells.filter(~cells["number"].is_in(odd.implode())), odd


def _parsed(piece: Markup, wanted: pl.Series, starts: pl.Series, facts: Facts) -> list[Row]:
    """Return the rows with these numbers within the piece, parsed as XML."""
    if not wanted.len():
        return []
    own = Facts()
    _, rows = parsed_rows(piece.of(wanted), 0, own, starts.gather(wanted).to_list())
    own.hidden_rows = 0  # `_split` has counted them already
    facts += own
    return rows


def _values(cells: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return the text of each filled cell, with ``row`` and ``column`` (from 0), ``across`` and ``down``."""
    kinds = kinds_of(cells["tag"])
    across = pl.Series([1], dtype=pl.Int64).new_from_index(0, cells.height)
    for repeated, places in kinds.repeated:
        across.scatter(places, repeated)
    before = across.cum_sum() - across
    is_first = (cells["row"] != cells["row"].shift(1)).fill_null(value=True)
    column = before - before.filter(is_first).gather(is_first.cum_sum() - 1)
    positions = pl.DataFrame(
        {"row": cells["row"], "column": column, "across": across.clip(1, _MOST_COLUMNS), "down": cells["down"]}
    )
    shown = parsed(cells["shown"])
    order, texts = [], []
    for way, parts in kinds.groups.items():
        places, values = (pl.concat(series) for series in zip(*parts, strict=True))
        seen = shown.gather(places)
        read = _read(way.method, seen, values)
        order.append(places)
        texts.append(
            _of_formulas(way, seen, read, (across * cells["down"]).gather(places), facts) if way.has_formula else read
        )
    places = pl.concat(order)
    filled = (
        positions.select(pl.all().gather(places))
        .with_columns(pl.concat(texts).alias("text"), places.alias("place"))
        .filter(pl.col("text") != "")
    )
    for attributes, merged in kinds.merged:
        here = filled.filter(pl.col("place").is_in(merged.implode()))
        for row, column_index, down in here.select("row", "column", "down").iter_rows():
            add_merges(facts, attributes, row, column_index, down)
    return filled.select("row", "column", "text", "across", "down")


def _of_formulas(way: Way, shown: pl.Series, texts: pl.Series, often: pl.Series, facts: Facts) -> pl.Series:
    """Return the texts of formula cells, errors as displayed; count errors and results that are not stored.

    Args:
        way: in which the cells are read.
        shown: what they display.
        texts: what would be read without errors.
        often: how often each is repeated.
        facts: get the counts.
    """
    is_error = shown.str.contains("^(?:#|Err:)") | way.is_error
    facts.errors += int(often.filter(is_error & (shown != "")).sum())
    if not way.has_type:
        facts.unstored_formulas += int(often.filter((shown == "") & ~is_error).sum())
    return shown.zip_with(is_error, texts)


def _read(method: str, shown: pl.Series, values: pl.Series) -> pl.Series:
    """Return what a person should see: the value if there is one, else the displayed text; codes as displayed."""
    if method == "number":
        return _numbers(shown, numbers.shortest(values.fill_null("")))
    if method == "date":
        return values.fill_null(shown).str.replace("T", " ", literal=True).str.replace(_MIDNIGHT, "")
    if method == "time":
        pairs = zip(values.fill_null(""), shown, strict=True)
        return pl.Series([duration(value) or text for value, text in pairs], dtype=pl.String)
    if method == "boolean":
        return values.fill_null(shown).str.to_uppercase()
    if method == "string":
        return shown.zip_with(shown != "", parsed(values.fill_null("")))
    return shown


def _numbers(shown: pl.Series, plain: pl.Series) -> pl.Series:
    """Return the numbers; codes, which are displayed with zeros or signs, as displayed."""
    places = (shown != plain).arg_true()
    if not places.len():
        return plain
    other, number = shown.gather(places), plain.gather(places)
    could_be = number.str.contains(r"^\d+$") & other.str.contains(r"^[-+()/.\s\d]+$")
    pairs = zip(other.filter(could_be), number.filter(could_be), strict=True)
    codes = [text if is_code(text, digits) else digits for text, digits in pairs]
    return plain.scatter(places.filter(could_be), codes) if codes else plain
