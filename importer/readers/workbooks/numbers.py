"""Numbers as a person sees them, by the number format of their cells.

ISO dates, with a time unless it is midnight; durations as hours, minutes and seconds; codes with the zeros and signs of
their mask; everything else as the shortest decimal of the stored number, without exponent.
"""

import re
import struct
from decimal import Decimal
from math import isfinite

import polars as pl

from importer.readers.workbooks.number_formats import Duration, Format, Moment

_PLAIN = r"^(?:0|-?[1-9]\d*|-?(?:0|[1-9]\d*)\.\d{0,12}[1-9])$"
_SIMPLE = re.compile(_PLAIN)
_DAY_MS = 86_400_000
_LAST_DAY = 2_958_466
"""The first day after the spreadsheet calendar, which ends with the year 9999."""
_DAYS_TO_1970, _DAYS_TO_1904 = 25_569, 1_462


def shortest(numbers: pl.Series) -> pl.Series:
    """Return the shortest decimals: ``0.1`` for ``0.10000000000000001``, ``12`` for ``1.2E1``.

    Whole numbers and short decimals stay to the letter, so that no digit of a long number is lost; so does other text.
    """
    places = (~numbers.str.contains(_PLAIN)).arg_true()
    if not places.len():
        return numbers
    odd = numbers.gather(places)
    value = odd.str.strip_chars().cast(pl.Float64, strict=False)
    text = value.cast(pl.String).str.strip_suffix(".0")
    is_scientific = (text.str.contains("e", literal=True) | (text == "-0")).fill_null(value=False)
    for place in is_scientific.arg_true():
        number = value[place]
        text[place] = format(Decimal(repr(number)), "f").removesuffix(".0") if number else "0"
    return numbers.scatter(places, text.zip_with(value.is_finite().fill_null(value=False), odd))


def decimal(number: str) -> str:
    """Return the shortest decimal of one number, as ``shortest`` does for a column."""
    if _SIMPLE.fullmatch(number):
        return number
    try:
        # Python's `float` accepts underscores between digits; no spreadsheet does.
        value = float(number.replace("_", "?"))
    except ValueError:
        return number
    if not isfinite(value):
        return number
    return format(Decimal(repr(value)), "f").removesuffix(".0") if value else "0"


def binary_number(value: bytes) -> float:
    """Return a number of a binary file, of eight bytes or of four (RK: MS-XLS 2.5.217).

    Raises:
        struct.error: it has another length.
    """
    if len(value) == 8:
        return float(struct.unpack("<d", value)[0])
    (code,) = struct.unpack("<i", value)
    number = code >> 2 if code & 2 else struct.unpack("<d", struct.pack("<xxxxi", code & ~3))[0]
    return float(number / 100 if code & 1 else number)


def is_dated(days: float) -> bool:
    """Return True if the spreadsheet calendar has this day."""
    return 0 <= days < _LAST_DAY


def moments(numbers: pl.Series, *, is_1904: bool) -> pl.Series:
    """Return dates without midnight and times of day without a date, to the second; days outside the calendar stay."""
    days = numbers.cast(pl.Float64, strict=False)
    is_time = (days < 1).fill_null(value=False)
    if is_1904:
        days = days + _DAYS_TO_1904
    is_moment = ((days >= 0) & (days < _LAST_DAY)).fill_null(value=False)
    days = days.zip_with(is_moment, pl.Series([None], dtype=pl.Float64))  # polars panics for far years
    since_1970 = days - _DAYS_TO_1970 + (days < 60).cast(pl.Float64)  # a 29 February 1900, which never was, is day 60
    at = (since_1970 * _DAY_MS / 1000).round().cast(pl.Int64, strict=False) * 1000
    moment = at.cast(pl.Datetime("ms"))
    text = moment.dt.strftime("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    time = moment.dt.strftime("%H:%M:%S")
    return time.zip_with(is_time, text).zip_with(is_moment, shortest(numbers))


def durations(numbers: pl.Series) -> pl.Series:
    """Return durations such as ``36:30:00`` for 1.520833 days; negative ones stay numbers."""
    seconds = (numbers.cast(pl.Float64, strict=False) * 86_400).round().cast(pl.Int64, strict=False)
    parts = pl.DataFrame({"s": seconds}).select(
        pl.concat_str(
            (pl.col("s") // 3600).cast(pl.String),
            (pl.col("s") // 60 % 60).cast(pl.String).str.zfill(2),
            (pl.col("s") % 60).cast(pl.String).str.zfill(2),
            separator=":",
        )
    )
    return parts.to_series().zip_with((seconds >= 0).fill_null(value=False), shortest(numbers))


def shown(numbers: pl.Series, under: Format | None, *, is_1904: bool) -> pl.Series:
    """Return the numbers under a format; None means a format that shows only the value."""
    if isinstance(under, Moment):
        return moments(numbers, is_1904=is_1904)
    if isinstance(under, Duration):
        return durations(numbers)
    plain = shortest(numbers)
    if under is None:
        return plain
    return plain.replace_strict({number: under.apply(number) for number in plain.unique() if number is not None})
