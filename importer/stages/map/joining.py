"""Joining a number with what stands beside it: its area code, its country's calling code, its label."""

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
import polars as pl

from importer.models.frames import RAW
from importer.models.mappings import Beside
from importer.models.outcomes import Reason
from importer.stages.map.regions import UNKNOWN, calling_code_of, region_of, region_of_calling_code
from importer.stages.map.vocabulary import is_of_others, vocabulary, words_of

_FLOAT_TAIL = re.compile(r"(\d)[.,]0$")
_STARTS_PLAIN = re.compile(r"[\s(]*\d[\d\s().\u00a0/–-]*")
_EXPONENT = re.compile(r"(?i)\d[.,]\d+e\+?\d+")
_FULL = 10
"""Digits from which on a number has its area code."""
_LOCAL = 8
"""Digits up to which a number can hardly do without one."""


class Withheld(Enum):
    """Why a cell is not tried as a number: the reason for its row, and the words for it."""

    SILENT = Reason.PHONE_MISSING, "the number is labelled as one of a fax or pager; fill in one that can be called"
    OTHERS = Reason.PHONE_MISSING, "the number is labelled as another person's; fill in the person's own"
    NO_AREA = Reason.PHONE_AMBIGUOUS, "the area code beside it is empty; write the number with it"
    AREA = Reason.PHONE_AMBIGUOUS, "the area code beside it is not understood; write the whole number in one cell"
    EITHER = (
        Reason.PHONE_AMBIGUOUS,
        "what stands beside it may be a country's or an area's code; write the whole number with + in one cell",
    )
    DOUBLE = Reason.PHONE_AMBIGUOUS, "it can be read with the code beside it or without; write it with + and that code"


def join(
    cells: pl.DataFrame, phone: str, beside: tuple[Beside, ...], regions: pl.Series
) -> tuple[pl.Series, pl.Series]:
    """Return the numbers of a phone column with what stands beside them, and why some are withheld.

    Args:
        cells: ``raw:<column>`` (String?).
        phone: the column.
        beside: the columns that speak of it.
        regions: the country of each row (String?).

    Returns:
        The texts to be read (String?), and for each row the name of a ``Withheld``, or null.
    """
    columns = {role: [one.column for one in beside if one.role == role] for role in ("label", "area", "code", "either")}
    countries = [cells[RAW + one.column] for one in beside if one.role == "country"]
    nothing = pl.repeat(None, cells.height, dtype=pl.String, eager=True)
    named = [cells[RAW + names[0]].fill_null("") if names else nothing for names in columns.values()]
    country = _first_filled(countries) if countries else nothing
    texts: list[str | None] = []
    why: list[str | None] = []
    for cell, *beside_it in zip(cells[RAW + phone], *named, country, regions, strict=True):
        is_blank = cell is None or not cell.strip()
        text, withheld = (None, None) if is_blank else _joined(cell, _Around(*beside_it))
        texts.append(text)
        why.append(withheld.name if withheld else None)
    name = cells[RAW + phone].name
    return pl.Series(name, texts, pl.String), pl.Series(name, why, pl.String)


def _first_filled(columns: list[pl.Series]) -> pl.Series:
    table = pl.DataFrame([column.alias(str(number)) for number, column in enumerate(columns)])
    return table.select(pl.coalesce(pl.all().str.strip_chars().replace("", None))).to_series()


class _Around(NamedTuple):
    """The cells beside one phone cell: None if there is no such column, "" if its cell is empty."""

    label: str | None
    area: str | None
    code: str | None
    either: str | None
    place: str | None
    region: str | None


def _joined(cell: str, around: _Around) -> tuple[str | None, Withheld | None]:
    """Return a cell with what stands beside it, or why it is withheld; one written with its country stays as it is."""
    if around.label and (withheld := _by_label(around.label)):
        return None, withheld
    text = _FLOAT_TAIL.sub(r"\1", cell.strip())
    # Written with its country, or damaged: a code put before it would make another number of it.
    if not _STARTS_PLAIN.match(text) or text.startswith("00") or _EXPONENT.match(text):
        return cell, None
    digits = sum(sign.isdigit() for sign in _plain(text))
    if around.either and around.either.strip() and digits <= _FULL:
        return None, Withheld.EITHER
    # A number that starts with the 0 of dialling has its area code already.
    if around.area is not None and digits < _FULL and not _plain(text).lstrip(" (").startswith("0"):
        written, withheld = _with_area(around.area, text, digits)
        if written is None or written.startswith("+"):
            return written, withheld
        cell = text = written
    calling = _calling_code(around.code) or _calling_code_at(around)
    return (cell, None) if calling is None else _with_code(calling, text)


def _with_area(area: str, text: str, digits: int) -> tuple[str | None, Withheld | None]:
    """Return a number behind its area code; a short one without any is withheld."""
    if not area.strip():
        return (None, Withheld.NO_AREA) if digits <= _LOCAL else (text, None)
    written = _area(area)
    return (written + text, None) if written else (None, Withheld.AREA)


def _calling_code_at(around: _Around) -> str | None:
    """Return the calling code of the place that the number is at; None if that is in the row's country."""
    here = region_of(around.place) if around.place else None
    return calling_code_of(here) if here and here != around.region else None


def _plain(text: str) -> str:
    found = _STARTS_PLAIN.match(text)
    return found[0] if found else ""


@lru_cache(maxsize=4096)
def _by_label(label: str) -> Withheld | None:
    known, words = vocabulary(), words_of(label)
    if known.silent.fits(words):
        return Withheld.SILENT
    return Withheld.OTHERS if is_of_others(words) or not known.relations.isdisjoint(words) else None


@lru_cache(maxsize=4096)
def _area(text: str) -> str:
    """Return an area code's digits, with its plus if it has one; "" if it is none."""
    text = _FLOAT_TAIL.sub(r"\1", text.strip())
    digits = "".join(sign for sign in text if sign.isdigit())
    is_area = 1 <= len(digits) <= 7 and not any(sign.isalpha() for sign in text)
    return ("+" if text.startswith("+") else "") + digits if is_area else ""


@lru_cache(maxsize=4096)
def _calling_code(text: str | None) -> str | None:
    """Return the digits of the calling code that a cell names, or that its country has; None if neither is known."""
    if text is None or not text.strip():
        return None
    region = region_of_calling_code(text) or region_of(text)
    return calling_code_of(region) if region and region != UNKNOWN else None


def _with_code(code: str, text: str) -> tuple[str | None, Withheld | None]:
    """Return a number behind its country's code; the code may be there already."""
    digits = "".join(sign for sign in _plain(text) if sign.isdigit())
    # Where the first digits are the code, they may be an area's all the same: both readings are compared.
    if not digits.startswith(code):
        return f"+{code}{text}", None
    there, behind = _read(digits), _read(code + digits)
    if there is None or behind is None or there.e164 == behind.e164:
        return (f"+{code}{text}" if there is None else f"+{text}"), None
    if there.is_mobile == behind.is_mobile:
        return None, Withheld.DOUBLE
    return (f"+{text}" if there.is_mobile else f"+{code}{text}"), None


class _Number(NamedTuple):
    e164: str
    is_mobile: bool


@lru_cache(maxsize=4096)
def _read(digits: str) -> _Number | None:
    """Return the number that digits behind a plus are; None if they are no valid one."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    kind = phonenumbers.number_type(number)
    return _Number(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        kind == phonenumbers.PhoneNumberType.MOBILE,
    )
