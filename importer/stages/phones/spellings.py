"""A column of texts as digits and shapes.

A shape is a text with every digit replaced by a 1: ``(415) 555-2671`` and ``(212) 555-0123`` have one. What must be
repaired, and where a number starts and ends, can be seen from the shape; which number it is, only from the digits. So
each shape is looked at once (``shapes``), however many rows have it, and all digits are read at once (``automaton``).
Two things that digits tell of a shape are kept in it: the zeros at the end of ``123.00``, and the last two digits of
``1.4E+10``.
"""

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.stages.phones.shapes import Ints, Shapes
from importer.stages.phones.ways import LONGEST

Bytes = npt.NDArray[np.uint8]

_END = "\x1e"
"""The end of each text while all are joined; within a text it is replaced by another control character."""

_AS_SHAPE = bytes.maketrans(b"023456789", b"111111111")


@dataclass(frozen=True, slots=True)
class Spellings:
    """Texts taken apart.

    Attributes:
        texts: String, null for none; the digits of all scripts are ASCII ones.
        is_filled: whether there is a text.
        is_foreign: whether its digits were others.
        digits: of all texts, one after the other, as values, with something else behind the last one.
        starts, counts: for each text, where its digits start in ``digits``, and how many it has.
        shape_of: for each text, the number of its shape in ``shapes``.
    """

    texts: pl.Series
    is_filled: npt.NDArray[np.bool_]
    is_foreign: npt.NDArray[np.bool_]
    digits: Bytes
    starts: Ints
    counts: Ints
    shape_of: Ints
    shapes: Shapes

    @classmethod
    def of(cls, texts: pl.Series) -> "Spellings":
        """Take texts (String, nullable) apart; of those that are too long for a number only the beginning counts."""
        texts, is_foreign = _with_ascii_digits(_bounded(texts))
        raw = _joined(texts)
        signs = np.frombuffer(raw, np.uint8)
        ends = np.cumsum(texts.str.len_bytes().fill_null(0).to_numpy() + 1, dtype=np.int64) - 1
        shapes = Shapes.known()
        shape_of = shapes.numbers(_shapes(raw, signs, ends))
        counts = shapes.sizes[shape_of]
        values = signs - np.uint8(ord("0"))
        is_digit = values < len("0123456789")
        is_digit[-1:] = True
        return cls(
            texts=texts,
            is_filled=texts.is_not_null().to_numpy(),
            is_foreign=is_foreign,
            digits=np.compress(is_digit, values),
            starts=np.cumsum(counts) - counts,
            counts=counts,
            shape_of=shape_of,
            shapes=shapes,
        )


def _bounded(texts: pl.Series) -> pl.Series:
    """Return the texts cut behind ``LONGEST``: a longer one is no number anyhow, and each of its digits costs time."""
    longest = texts.str.len_bytes().max()
    return texts.str.head(LONGEST + 1) if isinstance(longest, int) and longest > LONGEST else texts


def _with_ascii_digits(texts: pl.Series) -> tuple[pl.Series, npt.NDArray[np.bool_]]:
    is_foreign = np.zeros(len(texts), np.bool_)
    wide = (texts.str.len_bytes() != texts.str.len_chars()).arg_true()
    if len(wide):
        some = texts.gather(wide)
        digits = [sign for sign in sorted(set("".join(some.to_list()))) if sign.isdecimal() and not sign.isascii()]
        if digits:
            is_among = some.str.contains_any(digits)
            rows, some = wide.filter(is_among), some.filter(is_among)
            changed = some.str.replace_many(digits, [str(unicodedata.decimal(digit)) for digit in digits])
            texts = texts.clone().scatter(rows, changed)
            is_foreign[rows.to_numpy()] = True
    return texts, is_foreign


def _joined(texts: pl.Series) -> bytes:
    if texts.is_empty():
        return b""
    raw: bytes = texts.fill_null("").str.join(_END).cast(pl.Binary).item()
    if raw.count(_END.encode()) < len(texts):
        return raw + _END.encode()
    return _joined(texts.str.replace_all(_END, "\x1f", literal=True))


def _shapes(raw: bytes, signs: Bytes, ends: Ints) -> pl.Series:
    """Return the shape of each text."""
    shapes = np.frombuffer(bytearray(raw.translate(_AS_SHAPE)), np.uint8)
    is_digit = signs - np.uint8(ord("0")) < len("0123456789")
    # Not only at the end of a text: behind 664123456.0 may stand a space or a quotation mark, which is repaired first.
    rows = np.flatnonzero((signs[:-1] == ord("0")) & ~is_digit[1:]) + 1
    zeros = 1
    while len(rows):
        before = signs[rows - zeros - 1]
        tails = rows[(before == ord(".")) | (before == ord(","))]
        shapes[tails[:, None] - np.arange(1, zeros + 1)] = ord("0")
        rows, zeros = rows[before == ord("0")], zeros + 1
    powers = np.flatnonzero(signs | 0x20 == ord("e"))
    before = signs[powers - 1]
    powers = powers[is_digit[powers - 1] | (before == ord(".")) | (before == ord(","))]
    places = powers + 1 + (signs[powers + 1] == ord("+"))
    for _ in range(2):
        places = places[is_digit[places]]
        shapes[places] = signs[places]
        places = places + 1
    return pl.Series([shapes.tobytes()]).cast(pl.String).str.split(_END).explode().slice(0, len(ends))
