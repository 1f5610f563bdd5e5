"""Columns that qualify the number beside them: which there are, and of which phone column they speak.

A header says it (``phone_code``, ``Vorwahl``, ``Phone 1 - Label``), the values decide between a calling code and an
area code, and the words that it shares with a phone column, or else its place, tell whose it is.
"""

import re
from collections.abc import Iterable, Sequence

import polars as pl

from importer.models.frames import RAW
from importer.models.mappings import Beside
from importer.stages.map.evidence import Column
from importer.stages.map.headers import Header
from importer.stages.map.ranking import quoted
from importer.stages.map.regions import region_of_calling_code
from importer.stages.map.vocabulary import Role, vocabulary, words_of

_DIGITS = re.compile(r"[\s(]*+(?:\+|00)?\s*+\d{1,6}[\s)]*(?:\.0)?")
_MOSTLY = 0.6
_VAGUE = frozenset({"code", "cc", "area", "ac"})
"""Headers that only their values make a calling code or an area code."""
_BY_VALUE = ("either", "extension")
"""Roles that a header alone does not give a column."""
_EXTENSION = re.compile(r"(?i)\s*+(?:x|ext(?:ension|n)?|dw|-|#)?[\s.:]*+\d{1,6}(?:\.0)?\s*")
_FULL_NUMBER = 9
"""Digits from which on a number has its area code, as most have that stand beside a calling code."""


def find_beside(columns: Sequence[Column], phones: Sequence[str], sample: pl.DataFrame) -> tuple[Beside, ...]:
    """Return the columns that say something of the phone columns.

    Args:
        columns: all of the table, those that somebody asked for by name included.
        phones: the phone columns, in the order in which they are tried.
        sample: the first rows.
    """
    places = {column.name: place for place, column in enumerate(columns)}
    of_phones = {name: columns[places[name]].header for name in phones}
    found: list[Beside] = []
    qualifying = [column for column in columns if column.name not in of_phones]
    roles = {column.name: _role(column, sample, phones) for column in qualifying}
    for phone, header in of_phones.items():
        for role in ("label", "area", "code", "either", "extension"):
            some = [column for column in qualifying if roles[column.name] == role]
            scored = [(_nearness(column.header, header, _distance(column, phone, places)), column) for column in some]
            near = [(score, column) for score, column in scored if score > 0]
            if near:
                best = max(near, key=lambda pair: pair[0])[1]
                if role in ("label", "code") or _is_nearest(best, phone, of_phones, places):
                    found.append(Beside(best.name, phone, role))
        found += [Beside(column.name, phone, "country") for column in _countries(qualifying, header)]
    return tuple(found)


def remark_on_beside(columns: Sequence[Column], beside: Sequence[Beside], remarks: list[str], notes: list[str]) -> None:
    """Say which columns of digits may be a part of the numbers and are not joined with any, and what extensions are."""
    notes += [
        f'"{one.column}" is the extension of "{one.phone}": numbers are sent without it, and it travels as metadata.'
        for one in beside
        if one.role == "extension"
    ]
    used = {one.column for one in beside}
    lost = [
        column.name
        for column in columns
        if column.header.beside in ("code", "area", "either")
        and column.header.field != "country"
        and column.header.words not in (("code",), ("area",), ("cc",))
        and column.shape.figures >= _MOSTLY
        and column.name not in used
    ]
    if lost:
        remarks.append(
            f"{quoted(lost)}: may be a part of the numbers, and is joined with none; "
            "write whole numbers in one column if it is."
        )


def _role(column: Column, sample: pl.DataFrame, phones: Sequence[str]) -> Role | None:
    """Return what a column says of numbers; None if nothing."""
    header = column.header
    role = header.beside or ("code" if header.field == "country" else None)
    if role is None or header.field in ("phone", "email"):
        return None
    if role == "label":
        return role if vocabulary().phone.fits(header.words) or _are_labels(sample[RAW + column.name]) else None
    texts = [text.strip(" (") for text in sample[RAW + column.name].drop_nulls().unique() if text.strip()]
    figures = [text for text in texts if (_EXTENSION if role == "extension" else _DIGITS).fullmatch(text)]
    if not texts or len(figures) < _MOSTLY * len(texts):
        is_told = header.field != "country" and role not in _BY_VALUE and "".join(header.words) not in _VAGUE
        return role if is_told else None
    return role if role == "extension" else _by_digits(role, figures, sample, phones)


def _are_labels(cells: pl.Series) -> bool:
    """Return True if most of the texts are labels of numbers: ``Mobile``, ``Work``, ``Fax``."""
    known = vocabulary()
    texts = [words for text in cells.drop_nulls().unique() if (words := words_of(text))]
    labels = [w for w in texts if known.phone.fits(w) or known.silent.fits(w) or not known.reached.isdisjoint(w)]
    return len(labels) > _MOSTLY * len(texts)


def _by_digits(role: Role, figures: Sequence[str], sample: pl.DataFrame, phones: Sequence[str]) -> Role:
    """Return the role of a column of digits: their first ones tell more than the header."""
    if any(text.startswith(("+", "00")) for text in figures):
        return "code"
    if any(text.startswith("0") for text in figures):
        return "area"
    return _by_length(figures, sample, phones) if role == "either" else role


def _by_length(figures: Sequence[str], sample: pl.DataFrame, phones: Sequence[str]) -> Role:
    """Return "code" if full numbers stand beside the column, "area" if shorter ones do, "either" if it is not clear."""
    cells = pl.concat([sample[RAW + phone] for phone in phones]).drop_nulls()
    digits = cells.str.replace(r"\.0$", "").str.count_matches(r"\d")
    usual = digits.filter(digits > 0).median()
    if not isinstance(usual, float):
        return "either"
    are_codes = all(region_of_calling_code(text) for text in figures)
    if usual >= _FULL_NUMBER:
        return "code" if are_codes else "either"
    return "area"


def _nearness(header: Header, phone: Header, distance: int) -> float:
    """Return how surely a column speaks of a phone column; 0 if it does not."""
    ignored = vocabulary().beside_ignored
    own, its = ({word for word in one.words if word not in ignored and not word.isdigit()} for one in (header, phone))
    own -= set(_words_beside(header))
    if header.number != phone.number and header.number > 1:
        return 0
    near = 1 / (1 + abs(distance) + (distance > 0))
    is_by_place = not own and header.beside == "extension"
    if own == its and header.number == phone.number and not is_by_place:
        return 3 + near
    if own and own <= its:
        return 2 + near
    return 1 + near if not own else 0


def _distance(column: Column, phone: str, places: dict[str, int]) -> int:
    """Return how many columns off a column stands; above 0 on its unusual side: behind, of an extension before."""
    distance = places[column.name] - places[phone]
    return -distance if column.header.beside == "extension" else distance


def _words_beside(header: Header) -> Iterable[str]:
    """Return the words that say what the column is, not whose."""
    known = vocabulary()
    words = [word for word in header.words if not word.isdigit()]
    for first in range(len(words)):
        if "".join(words[first:]) in known.beside:
            return words[first:]
    return words if header.beside else ()


def _is_nearest(column: Column, phone: str, phones: dict[str, Header], places: dict[str, int]) -> bool:
    """Return True if no other phone column is nearer: an area code goes with one number."""
    nearness = {
        name: _nearness(column.header, header, _distance(column, name, places)) for name, header in phones.items()
    }
    return nearness[phone] == max(nearness.values())


def _countries(columns: Sequence[Column], phone: Header) -> list[Column]:
    """Return the country columns of the place that the phone is at: the private one for a private number."""
    known = vocabulary()
    words = set(known.reached | known.places) & set(phone.words)
    return [
        column
        for column in columns
        if column.header.field == "country"
        and not column.header.is_others
        and (
            (words and words.intersection(column.header.words)) or (phone.block and phone.block == column.header.block)
        )
    ]
