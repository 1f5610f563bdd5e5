r"""Text that no spreadsheet takes for a formula when it opens a CSV file (CWE-1236, OWASP ASVS 1.2.10).

A cell that starts with ``= + - @``, their full-width forms, TAB, CR, LF, NUL or an apostrophe gets one apostrophe in
front; a number in E.164 (``\+[1-9]\d{6,14}`` and nothing else) stays, because digits are no formula and the file must
be importable again. The inverse is exact: take one leading apostrophe away.
"""

from collections.abc import Collection

import polars as pl

from importer.models.frames import holding

_NO_E164 = r"\+(?:\z|[^1-9]|[1-9][0-9]{0,5}(?:\z|[^0-9])|[1-9][0-9]{6,14}[^0-9]|[1-9][0-9]{15})"
_RISKY = rf"\A(?:['=\-@\t\r\n\x00＝＋－＠]|{_NO_E164})"  # one pattern: two are read twice as long


def guarded(text: pl.Expr) -> pl.Expr:
    """Return a String column with an apostrophe before each risky cell; null stays null."""
    return pl.when(~text.str.contains(_RISKY)).then(text).otherwise(pl.lit("'") + text)


def guarded_cells(frame: pl.DataFrame, harmless: Collection[str] = ()) -> pl.DataFrame:
    """Return the frame with its text columns guarded; the same frame if no cell is risky.

    The cells of ``harmless`` columns are known not to be, and are not looked at.
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String and name not in harmless]
    # Almost no list has a risky cell: find the columns first, and rebuild only those.
    risky = holding(frame, texts, _RISKY)
    return frame.with_columns(guarded(pl.col(risky))) if risky else frame


def unguarded(text: pl.Expr) -> pl.Expr:
    """Return the text that ``guarded`` received: the exact inverse, one leading apostrophe removed."""
    return text.str.strip_prefix("'")


def guarded_names(names: list[str]) -> list[str]:
    """Return column names guarded like cells: a header is text from a stranger, too."""
    return pl.DataFrame({"name": names}, {"name": pl.String}).select(guarded(pl.col("name"))).to_series().to_list()
