"""Kinds of ods cells: the tag of a cell without its value. Cells of a kind are read alike, many at once.

Most sheets have a handful of kinds, which are found one after another by what is before and after the value. Where
there are more, the tags of the other cells are taken apart.
"""

import re
from dataclasses import dataclass, field

import polars as pl

from importer.readers.workbooks.ods_events import count
from importer.readers.workbooks.plain_xml import NotPlainError

_KIND = re.compile(r"[\w:-]+(?: [\w:.-]+(?:=\"[^\"<>]*\")?)* ?/?>")
_ATTRIBUTE = re.compile(r' ([\w:.-]+)(?:="([^"]*)")?')
_HAS_FORMULA, _NO_FORMULA, _FORMULA = " table:formula=", ' table:formula=""', r' table:formula="[^"]*"'
_VALUE = 'value="'
_NUMBERS = frozenset({"float", "percentage", "currency"})
_VALUED = frozenset({"date", "time", "boolean"})
_FREQUENT = 16


@dataclass(frozen=True, slots=True)
class Way:
    """How cells are read.

    Attributes:
        method: ``number``, ``date``, ``time``, ``boolean``, ``string`` (if its text is empty, the value) or ``text``.
        has_type: True if the cell says what its value is.
        has_formula: True if a formula gave it.
        is_error: True if the cell says that it is an error.
    """

    method: str
    has_type: bool
    has_formula: bool
    is_error: bool


@dataclass(slots=True)
class Kinds:
    """The cells of a piece by the way in which they are read.

    Attributes:
        groups: indexes of the cells read in each way, and their values, null where they have none.
        repeated: for each number above 1, indexes of the cells that are repeated so often to the right.
        merged: attributes of cells that others are merged with, and indexes of these cells.
    """

    groups: dict[Way, list[tuple[pl.Series, pl.Series]]] = field(default_factory=dict)
    repeated: list[tuple[int, pl.Series]] = field(default_factory=list)
    merged: list[tuple[dict[str, str], pl.Series]] = field(default_factory=list)


def kinds_of(tags: pl.Series) -> Kinds:
    """Return the kinds of the cells with these tags.

    Raises:
        NotPlainError: a tag must be parsed as XML.
    """
    kinds = Kinds()
    places = pl.int_range(tags.len(), dtype=pl.UInt32, eager=True)
    for _ in range(_FREQUENT):
        if not tags.len():
            return kinds
        if _HAS_FORMULA in tags[0]:
            tags = tags.str.replace(_FORMULA, _NO_FORMULA)
        kind, is_same, values = _like_the_first(tags)
        if is_same is None:
            break
        _add(kinds, _attributes(kind), places.filter(is_same), values)
        places, tags = places.filter(~is_same), tags.filter(~is_same)
    if tags.len():
        _add_others(kinds, places, tags.str.replace(_FORMULA, _NO_FORMULA))
    return kinds


def _like_the_first(tags: pl.Series) -> tuple[str, pl.Series | None, pl.Series]:
    """Return the kind of the first tag, which tags are of it (None if values hide attributes), and their values."""
    before, value, rest = tags[0].partition(_VALUE)
    if not value:
        is_same = tags == tags[0]
        return tags[0], is_same, pl.Series([None], dtype=pl.String).new_from_index(0, int(is_same.sum()))
    _, quote, after = rest.partition('"')
    start, end = before + value, quote + after
    is_same = tags.str.starts_with(start) & tags.str.ends_with(end)
    values = tags.filter(is_same).str.strip_prefix(start).str.strip_suffix(end)
    length = len(start.encode()) + len(end.encode())
    is_whole = values.str.len_bytes().sum() == tags.filter(is_same).str.len_bytes().sum() - length * values.len()
    is_one_value = quote and is_whole and not values.str.contains('"', literal=True).any()
    return before + after, is_same if is_one_value else None, values


def _add_others(kinds: Kinds, places: pl.Series, tags: pl.Series) -> None:
    halves = tags.str.splitn(_VALUE, 2).struct.unnest()
    rest = halves["field_1"].str.splitn('"', 2).struct.unnest()
    category = (halves["field_0"] + rest["field_1"].fill_null("")).cast(pl.Categorical)
    codes = category.to_physical()
    distinct = category.unique()
    alike: dict[Way, list[int]] = {}
    for code, text in zip(distinct.to_physical(), distinct.cast(pl.String), strict=True):
        attributes = _attributes(text)
        alike.setdefault(_way(attributes), []).append(code)
        if _is_noted(attributes):
            _note(kinds, attributes, places.filter(codes == code))
    for way, wanted in alike.items():
        is_alike = codes.is_in(wanted)
        kinds.groups.setdefault(way, []).append((places.filter(is_alike), rest["field_0"].filter(is_alike)))


def _add(kinds: Kinds, attributes: dict[str, str], places: pl.Series, values: pl.Series) -> None:
    kinds.groups.setdefault(_way(attributes), []).append((places, values))
    _note(kinds, attributes, places)


def _is_noted(attributes: dict[str, str]) -> bool:
    return any(name.endswith(("-spanned", "-repeated")) for name in attributes)


def _note(kinds: Kinds, attributes: dict[str, str], places: pl.Series) -> None:
    if (repeated := count(attributes, "columns")) > 1:
        kinds.repeated.append((repeated, places))
    if any(name.endswith("-spanned") for name in attributes):
        kinds.merged.append((attributes, places))


def _attributes(kind: str) -> dict[str, str]:
    if not _KIND.fullmatch(kind):
        raise NotPlainError
    return dict(_ATTRIBUTE.findall(kind))


def _way(attributes: dict[str, str]) -> Way:
    kind = attributes.get("office:value-type", "")
    method = "number" if kind in _NUMBERS else kind if kind in _VALUED else "text"
    return Way(
        method="string" if method == "text" and "office:string-" in attributes else method,
        has_type=bool(kind),
        has_formula="table:formula" in attributes,
        is_error=attributes.get("calcext:value-type") == "error",
    )
