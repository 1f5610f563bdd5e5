"""Rows of an xlsx sheet (ECMA-376 part 1, 18.3.1), as frames of what a person sees.

A piece of the sheet's markup becomes one line for each cell (``plain_xml``), then columns of references, kinds and
contents. Cells have few kinds (the attributes after the reference: type and style), so the work is decided once for
each kind and done for all its cells at once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from importer.readers.workbooks import numbers
from importer.readers.workbooks.grid import framed
from importer.readers.workbooks.number_formats import Format
from importer.readers.workbooks.places import column
from importer.readers.workbooks.plain_xml import NotPlainError, split
from importer.readers.workbooks.result import Facts
from importer.readers.workbooks.texts import content, parsed, unescaped

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_KIND = re.compile(r'((?: \w+="[^"<>]*")*) ?(/?)>')
_ATTRIBUTE = re.compile(r' (\w+)="([^"]*)"')
_HIDDEN_ROW = re.compile(rb"""<row [^<>]*?\bhidden=["'](?:1|true)["']""")
_COLUMN = re.compile(r"[A-Z]{1,3}")
_START_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a workbook that its cells refer to.

    Attributes:
        texts: returns the texts that cells share; waits until they are read.
        formats: by index of the cell style; styles that change nothing are left out.
        is_1904: True if days count from 1904.
    """

    texts: Callable[[], pl.Series]
    formats: dict[int, Format]
    is_1904: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    type: str
    style: int


def rows_of(markup: bytes, book: Reading, facts: Facts) -> tuple[int, pl.DataFrame]:
    """Return the first row (from 0) with a filled cell, and a frame of the rows from there on.

    The frame's String columns are named by their indexes on the sheet, from 0; empty columns are left out.

    Raises:
        NotPlainError: the markup must be rewritten first.
        ValueError: a cell refers to what is not there.
    """
    start = markup[:_START_BYTES]
    has_more = b"<is>" in start or b"<f" in start
    cells = split(markup, b'<c r="', 6 if has_more else 3)
    # The split finds only cells in the plain spelling; if the counts differ, some would be lost in silence.
    if cells.height != markup.count(b"<c"):
        raise NotPlainError
    if b" hidden=" in markup:
        facts.hidden_rows += len(_HIDDEN_ROW.findall(markup))
    if not cells.height:
        return 0, pl.DataFrame()
    head = cells["0"].str.splitn('"', 2).struct.unnest()
    kinds, codes = _kinds(head["field_1"])
    values = _values(cells)
    if values is None:
        values = _contents(cells if has_more else split(markup, b'<c r="', 6), codes, kinds, facts)
    if values.null_count():
        is_filled = values.is_not_null()
        head, codes, values = head.filter(is_filled), codes.filter(is_filled), values.filter(is_filled)
    if not values.len():
        return 0, pl.DataFrame()
    return _placed(head["field_0"], _seen(values, codes, kinds, book, facts))


def _kinds(attributes: pl.Series) -> tuple[dict[int, _Kind], pl.Series]:
    """Return the kinds of cells by code, and the code of each cell."""
    category = attributes.cast(pl.Categorical)
    kinds = {}
    for code, text in _categories(category):
        match = _KIND.fullmatch(text or "")
        if match is None:
            raise NotPlainError
        pairs = dict(_ATTRIBUTE.findall(match[1]))
        kinds[code] = _Kind(
            "" if match[2] else pairs.get("t", "n"), int(style) if (style := pairs.get("s", "")).isdecimal() else 0
        )
    return kinds, category.to_physical()


def _values(cells: pl.DataFrame) -> pl.Series | None:
    """Return the contents if every cell has a value and nothing else; else None."""
    is_value = cells["1"].str.starts_with("v>") & (cells["2"] == "/v>")
    return cells["1"].str.slice(2).replace("", None) if is_value.sum() == is_value.len() else None


def _contents(cells: pl.DataFrame, codes: pl.Series, kinds: dict[int, _Kind], facts: Facts) -> pl.Series:
    """Return the content of each cell's ``v`` or ``is``; null if it is empty."""
    is_closed = codes.is_in([code for code, kind in kinds.items() if not kind.type])
    first, second, third, fourth, _ = (cells[name] for name in cells.columns[1:])
    tag, end = first, second
    is_unstored = has_formula = first.str.starts_with("f").fill_null(value=False) & ~is_closed
    if has_formula.any():
        is_long = has_formula & (second == "/f>").fill_null(value=False)
        is_short = has_formula & ~is_long & first.str.ends_with("/>")
        tag = second.zip_with(is_short, third.zip_with(is_long, first))
        end = third.zip_with(is_short, fourth.zip_with(is_long, second))
    is_inline = (first == "is>") & second.str.starts_with("t") & (third == "/t>") & (fourth == "/is>")
    has_value = tag.str.starts_with("v") & (end == "/v>")
    is_blank = tag.is_in(["/c>", "v/>", "is/>"]) | ((tag == "is>") & end.is_in(["/is>", "t/>"]))
    is_blank = is_blank.fill_null(value=False) | is_closed
    is_filled = (has_value | is_inline).fill_null(value=False) & ~is_blank
    if not (is_filled | is_blank).all():
        raise NotPlainError
    texts = [code for code, kind in kinds.items() if kind.type == "str"]  # a formula may well give an empty text
    facts.unstored_formulas += int((is_unstored & is_blank & ~codes.is_in(texts)).sum())
    values = content(second.zip_with(is_inline.fill_null(value=False), tag))
    return values.zip_with(is_filled, pl.repeat(None, values.len(), dtype=pl.String, eager=True))


def _seen(
    values: pl.Series, codes: pl.Series, kinds: dict[int, _Kind], book: Reading, facts: Facts
) -> list[tuple[pl.Series, pl.Series]]:
    """Return what a person sees: for each way of reading, the indexes (from 0) of its cells, and their texts."""
    codes_of: dict[tuple[str, Format | None], list[int]] = {}
    for code, kind in kinds.items():
        if kind.type:
            shown = book.formats.get(kind.style) if kind.type == "n" else None
            codes_of.setdefault((kind.type, shown), []).append(code)
    found = []
    for (kind_type, shown), wanted in codes_of.items():
        places = codes.is_in(wanted).arg_true()
        if places.len():
            cells = values if places.len() == values.len() else values.gather(places)
            found.append((places, _read(cells, kind_type, shown, book)))
            facts.errors += places.len() * (kind_type == "e")
    return found


def _read(cells: pl.Series, kind_type: str, shown: Format | None, book: Reading) -> pl.Series:
    if kind_type in ("str", "inlineStr"):
        return unescaped(cells)
    cells = parsed(cells)
    if kind_type == "s":
        return book.texts().gather(cells.cast(pl.UInt32))
    if kind_type == "b":
        return cells.replace({"1": "TRUE", "0": "FALSE", "true": "TRUE", "false": "FALSE"})
    if kind_type == "d":
        return (
            cells.str.replace("T", " ", literal=True)
            .str.strip_suffix("Z")
            .str.replace(r"(?:\.0+)? 00:00:00(?:\.0+)?$", "")
        )
    if kind_type == "e":
        return cells
    if kind_type != "n":
        raise NotPlainError
    return numbers.shown(cells, shown, is_1904=book.is_1904)


def _placed(references: pl.Series, found: list[tuple[pl.Series, pl.Series]]) -> tuple[int, pl.DataFrame]:
    """Return the first row (from 0), and the texts as a frame."""
    names, rows = _parts(references)
    places = {name: column(name) - 1 for _, name in _categories(names) if _COLUMN.fullmatch(name)}
    if rows.null_count() or len(places) < names.n_unique():
        raise NotPlainError
    order = sorted(places, key=lambda name: places[name])
    rank_of = {name: rank for rank, name in enumerate(order)}
    ranks = _looked_up(names, {code: rank_of[name] for code, name in _categories(names)})
    at = pl.concat([cells for cells, _ in found])
    texts = pl.concat([seen for _, seen in found])
    return framed(rows.gather(at) - 1, ranks.gather(at), [places[name] for name in order], texts)


def _categories(texts: pl.Series) -> list[tuple[int, str]]:
    """Return the distinct texts of a Categorical, with their codes."""
    different = texts.unique()
    return list(zip(different.to_physical(), different.cast(pl.String), strict=True))


def _looked_up(texts: pl.Series, numbers_of: dict[int, int]) -> pl.Series:
    table = [numbers_of.get(code, 0) for code in range(max(numbers_of) + 1)]
    return pl.Series(table, dtype=pl.UInt32).gather(texts.to_physical())


def _parts(references: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the letters and rows (from 1; null if the text is no reference) of references such as ``A1``."""
    rows = references.str.slice(1).cast(pl.UInt32, strict=False)
    if not rows.null_count():
        return references.str.head(1).cast(pl.Categorical), rows
    rows = references.str.strip_chars_start(_LETTERS).cast(pl.UInt32, strict=False)
    return references.str.strip_chars_end("0123456789").cast(pl.Categorical), rows
