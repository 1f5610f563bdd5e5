"""Rows of a frame as the XML of a sheet's rows (ECMA-376 part 1, sections 18.3.1.4 and 18.3.1.73), by column.

Text becomes inline strings and figures numbers; there is no formula, link or markup, whatever a text holds. What XML
cannot hold becomes the ``_xHHHH_`` of section 22.9.2.19, which spreadsheets and readers turn back.
"""

from collections.abc import Sequence

import polars as pl

from importer.models.frames import holding

CELL_UNITS = 32_767
"""UTF-16 units that a cell holds (Excel's limit)."""
_CUT = " … (cut: a cell holds no more)"

_IN_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {
    chr(code): f"_x{code:04X}_" for code in (*range(0x20), 0xFFFE, 0xFFFF) if chr(code) not in "\t\n"
}
_SPECIAL = r"_x|[&<>\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|\A[ \t\n]|[ \t\n]\z"
"""Text that needs escapes, or whose blanks at an end a reader would take away."""
_LOOKS_ESCAPED = r"(_x[0-9a-fA-F]{4}_)"


def rows_xml(frame: pl.DataFrame, first_row: int, letters: Sequence[str], styles: Sequence[int]) -> bytes:
    """Return the ``<row>`` elements of a frame; its first row is the sheet's ``first_row``-th (from 1).

    Args:
        frame: String and integer columns; null is a cell that is not there.
        first_row: where the rows begin.
        letters: each column's name in the sheet, such as ``AA``.
        styles: each column's index among the workbook's cell formats.
    """
    row = pl.int_range(first_row, first_row + frame.height, eager=True).cast(pl.String)
    texts = [column.name for column in frame.iter_columns() if column.dtype == pl.String]
    special = set(holding(frame, texts, _SPECIAL))
    # UTF-8 never has fewer bytes than UTF-16 has units.
    sizes = frame.select(pl.col(texts).str.len_bytes().max()).row(0, named=True) if texts else {}
    # One flat concatenation: what stands between two columns is one text, and nothing is copied twice.
    parts: list[pl.Expr] = []
    between = '<row r="'

    def put(cells: pl.Series | pl.Expr) -> None:
        parts.extend((pl.lit(between), pl.lit(cells) if isinstance(cells, pl.Series) else cells))

    put(row)
    between = '">'
    for column, letter, style in zip(frame.iter_columns(), letters, styles, strict=True):
        if column.null_count() == frame.height:
            continue
        if (sizes.get(column.name) or 0) > CELL_UNITS:
            column = pl.Series(column.name, [text and fitting(text) for text in column])  # noqa: PLW2901
        text, opening, closing = _content(column, is_special=column.name in special)
        reference, inside = f'<c r="{letter}', f'" s="{style}"{opening}'
        if column.null_count():
            put(pl.concat_str(pl.lit(reference), row, pl.lit(inside), text, pl.lit(closing)))
            between = ""
        else:
            between += reference
            put(row)
            between = inside
            put(text)
            between = closing
    elements = pl.concat_str(*parts, pl.lit(f"{between}</row>"), ignore_nulls=True)
    xml: bytes = frame.select(elements.str.join().cast(pl.Binary)).item()
    return xml


def fits(text: str) -> bool:
    """Return True if a cell can hold the whole text."""
    return len(text) * 2 <= CELL_UNITS or len(text.encode("utf-16-le")) // 2 <= CELL_UNITS


def fitting(text: str) -> str:
    """Return the text, cut with a note if a cell cannot hold it."""
    if fits(text):
        return text
    units = text.encode("utf-16-le")[: 2 * (CELL_UNITS - len(_CUT))]
    return units.decode("utf-16-le", "ignore") + _CUT


def _content(column: pl.Series, *, is_special: bool) -> tuple[pl.Expr, str, str]:
    """Return a column's cells as XML, and what stands before and behind each, after its reference and style."""
    if column.dtype != pl.String:
        return pl.lit(column).cast(pl.String), "><v>", "</v></c>"
    text = pl.lit(column)
    if not is_special:
        return text, ' t="inlineStr"><is><t>', "</t></is></c>"
    # First what looks like an escape already, or our own escapes would be escaped again.
    text = text.str.replace_all(_LOOKS_ESCAPED, "_x005F$1").str.replace_many(_IN_XML)
    return text, ' t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
