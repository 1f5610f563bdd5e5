r"""Text that no spreadsheet takes for a formula when it opens a CSV file (CWE-1236, OWASP ASVS 1.2.10).

A cell that starts with ``= + - @``, their full-width forms, TAB, CR, LF, NUL or an apostrophe gets one apostrophe in
front; a number in E.164 (``\+[1-9]\d{6,14}`` and nothing else) stays, because digits are no formula and the file must
be importable again. The inverse is exact: take one leading apostrophe away.
"""

import polars as pl

_TRIGGER = r"\A['=+\-@\t\r\n\x00＝＋－＠]"
_E164 = r"\A\+[1-9][0-9]{6,14}\z"


def guarded(cells: pl.Series) -> pl.Series:
    """A String column with the guard where it is needed; null stays null.

    Most columns hold no risky cell: seeing that takes a third of the time of making all cells anew.
    """
    is_risky = cells.str.contains(_TRIGGER)
    if is_risky.any():
        is_risky &= ~cells.str.contains(_E164)
    return cells.zip_with(~is_risky, "'" + cells) if is_risky.any() else cells


def unguarded(text: pl.Expr) -> pl.Expr:
    """What ``guarded`` was given."""
    return text.str.strip_prefix("'")


def guarded_names(names: list[str]) -> list[str]:
    """Column names, guarded like any other cell of the file."""
    return guarded(pl.Series(names, dtype=pl.String)).to_list()
