"""Rows of an ods sheet, split like those of xlsx: many cells at once.

A piece of the markup becomes one line for each row and cell (``plain_xml``). A cell's attributes without its value are
its kind. There are few kinds, so the work is decided once for each. Rows with a cell that is more than a value and one
line of text go to ``ods_events``.
"""

import re
from dataclasses import dataclass

import polars as pl

from importer.readers.workbooks import numbers
from importer.readers.workbooks.grid import checked, framed
from importer.readers.workbooks.ods_events import Row, add_merges, count, duration, is_code, parsed_rows
from importer.readers.workbooks.plain_xml import NotPlainError, split
from importer.readers.workbooks.result import Facts
from importer.readers.workbooks.texts import parsed

_TAG = b"<table:table-"
_COVERED, _COVERED_TAG = b"<table:covered-table-cell", _TAG + b"covered"
_PARTS = 4
_START_BYTES = 64 << 10
_KIND = re.compile(r"\w+(?: [\w:.-]+(?:=\"[^\"<>]*\")?)* ?/?>")
_ATTRIBUTE = re.compile(r' ([\w:.-]+)(?:="([^"]*)")?')
_FORMULA = r' table:formula="[^"]*"'
_REPEATED = r' table:number-rows-repeated="(\d{1,9})"'
_HIDDEN = r' table:visibility="(?:collapse|filter)"'
_NUMBERS = frozenset({"float", "percentage", "currency"})
_VALUED = frozenset({"date", "time", "boolean"})
_MIDNIGHT = r" 00:00:00(?:[.,]0+)?$"
_SPACED = re.compile(rb">[ \r\n\t]")
_MOST_COLUMNS = 1 << 14


@dataclass(frozen=True, slots=True)
class _Kind:
    """Common properties of cells of one kind: their attributes, value type, and number of repetitions to the right."""

    attributes: dict[str, str]
    type: str
    repeated: int

    @property
    def has_formula(self) -> bool:
        return "table:formula" in self.attributes


def rows_of(markup: bytes, first: int, facts: Facts) -> tuple[int, int, pl.DataFrame]:
    """Return the index of the row after the markup's rows, the index of the frame's first row, and the frame.

    ``first`` is the index of the markup's first row on the sheet.

    Raises:
        ExpatError, ValueError: the file is damaged.
        ReadError: there are more cells than any list has.
    """
    try:
        below, cells, odd = _split(markup, first, facts)
    except NotPlainError:
        below, odd = parsed_rows(markup, first, facts)
        cells = _cells([])
    whole = pl.concat([cells, _cells(odd)])
    if not whole.height:
        return below, 0, pl.DataFrame()
    whole = _repeated(whole)
    places = whole["column"].unique().sort()
    ranks = pl.Series([None], dtype=pl.UInt32).new_from_index(0, int(places[-1]) + 1)
    ranks.scatter(places, pl.int_range(places.len(), dtype=pl.UInt32, eager=True))
    return below, *framed(whole["row"], ranks.gather(whole["column"]), places.to_list(), whole["text"])


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
    marked = markup.replace(_COVERED, _COVERED_TAG) if _COVERED in markup else markup
    lines = _lines(marked)
    tag = lines["0"].str
    is_row = tag.starts_with("row") & ~(tag.starts_with("rows") | tag.starts_with("row-"))
    number = is_row.cum_sum().cast(pl.Int64) - 1
    is_cell = tag.starts_with("cell") | tag.starts_with("covered")
    cells = _with_text(lines.with_columns(number.alias("number"))).filter(is_cell)
    head = lines["0"].filter(is_row)
    if not head.len():
        if cells.height:
            raise NotPlainError
        return first, _cells([]), []
    down = head.str.extract(_REPEATED).cast(pl.Int64).fill_null(1).clip(1)
    starts = down.cum_sum() - down + first
    facts.hidden_rows += int(down.filter(head.str.contains(_HIDDEN)).sum())
    is_odd = cells["is_odd"]
    odd: list[Row] = []
    if is_odd.any():
        numbers_of_odd = cells["number"].filter(is_odd).unique()
        odd = _parsed(marked, number, numbers_of_odd, starts, facts)
        cells = cells.filter(~cells["number"].is_in(numbers_of_odd.implode()))
    below = int(starts[-1]) + int(down[-1])
    if not cells.height:
        return below, _cells([]), odd
    return (
        below,
        _values(cells.with_columns(row=starts.gather(cells["number"]), down=down.gather(cells["number"])), facts),
        odd,
    )


def _lines(marked: bytes) -> pl.DataFrame:
    """Return a line for each row, cell and other part of a table, split at every ``<``."""
    lines = split(marked, _TAG, _PARTS)
    # Indented markup: the blanks after a tag are no text, and would hide the tag's end.
    if _SPACED.search(marked[:_START_BYTES]):
        lines = lines.with_columns(pl.col("0", "2", "3").str.strip_chars_end(" \r\n\t"))
    return lines


def _is_end(tag: pl.Expr) -> pl.Expr:
    return (tag == "/table:table-cell>") | (tag == "/table:covered-table-cell>")


def _with_text(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells with the line of text that each displays (``shown``); ``is_odd`` if it has more than that."""
    first, second, third = (pl.col(name) for name in "123")
    is_closed = pl.col("0").str.ends_with("/>")
    is_text = (second == "/text:p>") & first.str.starts_with("text:p") & _is_end(third)
    is_blank = _is_end(first) | ((first == "text:p/>") & _is_end(second))
    text = pl.col("1").str.strip_prefix("text:p>")
    if cells["1"].str.starts_with("text:p ").any():
        styled = pl.col("1").str.splitn(">", 2).struct.field("field_1")
        text = pl.when(pl.col("1").str.starts_with("text:p ")).then(styled).otherwise(text)
    is_text = (is_text & ~is_closed).fill_null(value=False)
    return cells.select(
        "0",
        "number",
        pl.when(is_text).then(text).otherwise(pl.lit("")).alias("shown"),
        (is_closed | is_text | is_blank.fill_null(value=False)).not_().alias("is_odd"),
    )


def _parsed(marked: bytes, number: pl.Series, wanted: pl.Series, starts: pl.Series, facts: Facts) -> list[Row]:
    """Return the rows with these numbers within the piece, parsed as XML."""
    parts = marked.split(_TAG)[1:]
    bounds = [*number.search_sorted(wanted, "left"), *number.search_sorted(wanted, "right")]
    found: list[Row] = []
    own = Facts()
    for place, start, end in zip(starts.gather(wanted), bounds, bounds[len(wanted) :], strict=False):
        whole = b"".join(_TAG + part for part in parts[start:end])
        found += parsed_rows(whole.replace(_COVERED_TAG, _COVERED), place, own)[1]
    own.hidden_rows = 0  # `_split` has counted them already
    facts += own
    return found


def _values(cells: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return the text of each filled cell, with ``row`` and ``column`` (from 0), ``across`` and ``down``."""
    kinds, codes, values = _kinds(cells["0"])
    across = _looked_up(codes, {code: kind.repeated for code, kind in kinds.items()})
    before = across.cum_sum() - across
    is_first = (cells["row"] != cells["row"].shift(1)).fill_null(value=True)
    column = before - before.filter(is_first).gather(is_first.cum_sum() - 1)
    shown = parsed(cells["shown"])
    often = across * cells["down"]
    formulas = [code for code, kind in kinds.items() if kind.has_formula]
    is_error = codes.is_in([code for code in formulas if kinds[code].attributes.get("calcext:value-type") == "error"])
    if formulas:
        is_error |= codes.is_in(formulas) & shown.str.contains("^(?:#|Err:)")
        unstored = codes.is_in([code for code in formulas if not kinds[code].type]) & (shown == "") & ~is_error
        facts.errors += int(often.filter(is_error & (shown != "")).sum())
        facts.unstored_formulas += int(often.filter(unstored).sum())
    positions = pl.DataFrame(
        {
            "row": cells["row"],
            "column": column,
            "across": across.clip(1, _MOST_COLUMNS),
            "down": cells["down"],
            "code": codes,
        }
    )
    found = []
    for method, wanted in _methods(kinds).items():
        places = (codes.is_in(wanted) & ~is_error).arg_true()
        if places.len():
            texts = _read(method, shown.gather(places), values.gather(places))
            found.append(positions[places].with_columns(texts.alias("text")))
    found.append(positions.filter(is_error).with_columns(shown.filter(is_error).alias("text")))
    filled = pl.concat(found).filter(pl.col("text") != "")
    for code, kind in kinds.items():
        if any(name.endswith("-spanned") for name in kind.attributes):
            for row, place, _, repeated, _, _ in filled.filter(pl.col("code") == code).iter_rows():
                add_merges(facts, kind.attributes, row, place, repeated)
    return filled.select("row", "column", "text", "across", "down")


def _kinds(attributes: pl.Series) -> tuple[dict[int, _Kind], pl.Series, pl.Series]:
    """Return the kinds of cells by code, the code of each cell, and its value."""
    # Most cells are texts, which have no value: only the others are taken apart.
    valued = attributes.str.contains('value="', literal=True).arg_true()
    halves = attributes.gather(valued).str.split_exact('value="', 1).struct.unnest()
    rest = halves["field_1"].str.splitn('"', 2).struct.unnest()
    kind = attributes.clone().scatter(valued, halves["field_0"] + rest["field_1"].fill_null(""))
    values = pl.Series([None], dtype=pl.String).new_from_index(0, attributes.len()).scatter(valued, rest["field_0"])
    has_formula = kind.str.contains("table:formula=", literal=True)
    if has_formula.any():
        kind = kind.str.replace(_FORMULA, ' table:formula=""')
    category = kind.cast(pl.Categorical)
    kinds = {}
    different = category.unique()
    for code, text in zip(different.to_physical(), different.cast(pl.String), strict=True):
        if not _KIND.fullmatch(text):
            raise NotPlainError
        pairs = dict(_ATTRIBUTE.findall(text))
        kinds[code] = _Kind(pairs, pairs.get("office:value-type", ""), count(pairs, "columns"))
    return kinds, category.to_physical(), values


def _looked_up(codes: pl.Series, numbers_of: dict[int, int]) -> pl.Series:
    return pl.Series([numbers_of.get(code, 1) for code in range(max(numbers_of) + 1)], dtype=pl.Int64).gather(codes)


def _methods(kinds: dict[int, _Kind]) -> dict[str, list[int]]:
    """Return the codes of the kinds by the way in which they are read."""
    methods: dict[str, list[int]] = {}
    for code, kind in kinds.items():
        method = "number" if kind.type in _NUMBERS else kind.type if kind.type in _VALUED else "text"
        if method == "text" and "office:string-" in kind.attributes:
            method = "string"
        methods.setdefault(method, []).append(code)
    return methods


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
    could_be = (shown != plain) & plain.str.contains(r"^\d+$") & shown.str.contains(r"^[-+()/.\s\d]+$")
    places = could_be.arg_true()
    if not places.len():
        return plain
    pairs = list(zip(shown.gather(places), plain.gather(places), strict=True))
    return plain.scatter(places, [text if is_code(text, number) else number for text, number in pairs])
