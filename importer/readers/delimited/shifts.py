"""Rows whose cells are shifted by one column, because a delimiter is missing or one too many.

The number of cells does not show it: such a row may have as many cells as any other. Its e-mail address and its phone
number do: both stand one column beside their own, on the same side, and neither is in its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from importer.models.frames import RAW
from importer.readers.cell_kinds import kind_of, text_of

SHIFTED = {-1: "the cells stand one column too far to the left", 1: "the cells stand one column too far to the right"}

_FEWEST = 5
_SHARE = 0.8
_EMAIL = r"^\s*[^\s@]+@[^\s@]+\s*$"
_PHONE = r"^\D{0,6}(?:\d\D{0,3}){7}"


@dataclass(frozen=True, slots=True)
class ContactColumns:
    """Indexes of the first column of e-mail addresses and of the first column of phone numbers, from 0."""

    email: int
    phone: int


def find_contact_columns(rows: Sequence[Sequence[str | None]]) -> ContactColumns | None:
    """Return the columns that hold an address and a phone number in nearly all first rows; None unless both exist."""
    email, phone = (_first_of(kind, rows) for kind in ("email", "phone"))
    return None if email is None or phone is None else ContactColumns(email, phone)


def _first_of(kind: str, rows: Sequence[Sequence[str | None]]) -> int | None:
    for place in range(max(map(len, rows), default=0)):
        texts = [text for row in rows if place < len(row) and (text := text_of(row[place]))]
        if len(texts) >= _FEWEST and sum(kind_of(text) == kind for text in texts) >= len(texts) * _SHARE:
            return place
    return None


def with_problems(frame: pl.DataFrame, columns: tuple[str, ...], contacts: ContactColumns | None) -> pl.DataFrame:
    """Return the frame with a ``problem`` for shifted rows; unchanged if ``contacts`` is None."""
    if contacts is None:
        return frame
    names = [RAW + name for name in columns]
    # Nearly all rows have their address in place: the slow patterns run only on the others.
    has_no_address = ~frame[names[contacts.email]].str.contains("@", literal=True).fill_null(value=False)
    places = has_no_address.arg_true()
    if not len(places):
        return frame
    rows = frame[places]
    problem = pl.col("problem")
    for step, words in SHIFTED.items():
        if not all(0 <= place + step < len(names) for place in (contacts.email, contacts.phone)):
            continue
        is_shifted = (
            pl.col(names[contacts.email + step]).str.contains(_EMAIL)
            & pl.col(names[contacts.phone + step]).str.contains(_PHONE)
            & ~pl.col(names[contacts.phone]).str.contains(_PHONE).fill_null(value=False)
        )
        problem = pl.when(problem.is_null() & is_shifted).then(pl.lit(words)).otherwise(problem)
    problems = rows.select(problem).to_series()
    if problems.null_count() == rows["problem"].null_count():
        return frame
    return frame.with_columns(frame["problem"].scatter(places, problems))
