"""The columns of names, and the half of a name that each of them holds."""

from collections.abc import Mapping as Given
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from importer.models.frames import RAW
from importer.models.mappings import SURE, Candidate
from importer.stages.map.evidence import NAME_FIELDS, WORTH_ASKING, Column, weigh
from importer.stages.map.ranking import best_of
from importer.stages.map.vocabulary import vocabulary

_BY_VALUE = "values only, the table has no header"
_HALVES = ("first_name", "last_name")
_APART = 0.2
"""Share by which whole names differ more than a state beside them (``answered``, ``missed``)."""
_MOST_ALIKE = 0.5
"""Different values of a column, of all: in fewer, a column without header tells of something else than names."""


def choose_names(
    columns: Sequence[Column],
    sample: pl.DataFrame,
    given: Given[str, Candidate | None],
    notes: list[str],
    *,
    has_header: bool,
) -> dict[str, Candidate | None]:
    """Return the columns of ``first_name``, ``last_name`` and ``full_name``; a full name only if no half is known.

    Args:
        columns: those that nobody asked for.
        sample: the first rows.
        given: the fields that were decided before, some of them to be left out.
        notes: gets a sentence for what a person should know.
        has_header: whether the columns have names of their own.
    """
    if given.get("full_name") is not None:
        return {field: given.get(field) for field in NAME_FIELDS[:3]}
    first = given["first_name"] if "first_name" in given else best_of(_with(columns, "first_name"), "first_name", notes)
    last = given["last_name"] if "last_name" in given else best_of(_with(columns, "last_name"), "last_name", notes)
    if first is not None and "last_name" not in given:
        last = _partner(columns, first.column) or last
    whole = sorted(_with(columns, "full_name") + _with(columns, "either"), key=lambda column: column.header.rank)
    either = next((column for column in whole if column.header.field == "either"), None)
    if first is None and last is None:
        return {} if "full_name" in given else _whole_name(columns, whole, notes, has_header=has_header)
    if either is not None and (first is None or last is None):
        half = first or last
        if half is None or not _holds(sample, whole=either.name, half=half.column):
            return {
                "first_name": first or _unless(given, "first_name", weigh(either, "first_name")),
                "last_name": last or _unless(given, "last_name", weigh(either, "last_name")),
            }
        if not {"first_name", "last_name", "full_name"} & given.keys():
            notes.append(f'Names are taken from "{either.name}", which holds more than "{half.column}".')
            return {"full_name": weigh(either, "full_name")}
    return {"first_name": first, "last_name": last}


def further_names(
    columns: Sequence[Column], chosen: Given[str, Candidate | None], given: Given[str, Candidate | None]
) -> dict[str, tuple[str, ...]]:
    """Return columns for the rows in which the chosen ones are empty: pairs of halves first, then full names.

    Only the person's own, in the plainest words first; the n-th first name goes with the n-th last name. None where
    somebody named a column for a name.
    """
    taken = {candidate.column for candidate in chosen.values() if candidate is not None}
    if not taken or not given.keys().isdisjoint(NAME_FIELDS):
        return {}
    is_numbered = any(column.header.is_numbered_person for column in columns if column.name in taken)
    free = sorted(
        (c for c in columns if c.name not in taken and c.header.is_numbered_person <= is_numbered),
        key=lambda column: column.header.rank,
    )
    # Backwards, so that of two columns with one key the first of the file stays.
    firsts, lasts = ({_of(c): c.name for c in reversed(_with(free, f))} for f in _HALVES)
    pairs = [(firsts[key], lasts[key]) for key in reversed(firsts) if key in lasts] if _is_halved(chosen) else []
    whole = [
        column.name
        for column in free
        if column.header.field in ("full_name", "either")
        and not column.header.rank
        and not column.header.is_others
        and column.shape.filled
    ]
    found = {
        "first_name": tuple(a for a, _ in pairs),
        "last_name": tuple(b for _, b in pairs),
        "full_name": tuple(whole),
    }
    return {field: names for field, names in found.items() if names}


def _partner(columns: Sequence[Column], first: str) -> Candidate | None:
    """Return the last name that belongs to a first name, filled or not; None if no column is of the same person."""
    whose = next((_of(column) for column in columns if column.name == first), None)
    partner = next((column for column in _with(columns, "last_name") if _of(column) == whose), None)
    return None if partner is None else weigh(partner, "last_name")


def _is_halved(chosen: Given[str, Candidate | None]) -> bool:
    return all(chosen.get(field) is not None for field in _HALVES)


def _of(column: Column) -> tuple[str | None, int, frozenset[str]]:
    """Return what two halves of one name have in common: whose they are."""
    header = column.header
    return header.block, header.number, frozenset(header.words) - vocabulary().halves


def _unless(given: Given[str, Candidate | None], field: str, candidate: Candidate) -> Candidate | None:
    return None if field in given else candidate


def _whole_name(
    columns: Sequence[Column], whole: Sequence[Column], notes: list[str], *, has_header: bool
) -> dict[str, Candidate | None]:
    if not has_header:
        return _names_by_value(columns, notes)
    if found := best_of(whole, "full_name", notes):
        return {"full_name": found}
    shown = [column for column in columns if weigh(column, "full_name").confidence >= WORTH_ASKING]
    return {"full_name": best_of(shown, "full_name", notes)}


def _with(columns: Sequence[Column], field: str) -> list[Column]:
    return [column for column in columns if column.header.field == field]


def _holds(sample: pl.DataFrame, whole: str, half: str) -> bool:
    """Return True if the cells of ``whole`` mostly hold those of ``half`` in the same row and more."""
    pair = sample.select(whole=RAW + whole, half=RAW + half).drop_nulls()
    if pair.is_empty():
        return False
    wider = pl.col("whole").str.len_chars() > pl.col("half").str.len_chars()
    return pair.filter(wider & pl.col("whole").str.contains(pl.col("half"), literal=True)).height * 2 > pair.height


def _names_by_value(columns: Sequence[Column], notes: list[str]) -> dict[str, Candidate | None]:
    """Return a headerless table's names: the first column of words, or the first two if the first has single words."""
    words = [
        index
        for index, column in enumerate(columns)
        if column.shape.words >= 0.9 and column.shape.answers < 0.5 and not _is_constant(column)
    ]
    if not words:
        return {}
    first = columns[words[0]]
    if first.shape.several >= 0.5:
        notes.append(f'The table has no header; "{first.name}" is taken for the full name.')
        return {"full_name": _shown(first)}
    second = columns[words[1]] if len(words) > 1 else None
    if second is not None and second.shape.several >= 0.5 and first.shape.distinct < second.shape.distinct - _APART:
        why = "the table has no header, and the words before it may be no names"
        return {"full_name": replace(weigh(second, "full_name"), confidence=SURE - 5, why=why)}
    if second is not None and words[1] == words[0] + 1:
        notes.append(f'The table has no header; "{first.name}" and "{second.name}" are taken for first and last name.')
        return {"first_name": _shown(first), "last_name": _shown(second)}
    notes.append(f'The table has no header; "{first.name}" is taken for the first name.')
    return {"first_name": _shown(first)}


def _is_constant(column: Column) -> bool:
    """Return True for a source, a city or a form of address that stands in row after row: ``web``, ``Mr``."""
    shape = column.shape
    return shape.filled > 2 and (
        round(shape.distinct * shape.filled) == 1 or (shape.filled >= 6 and shape.distinct <= _MOST_ALIKE / 2)
    )


def _shown(column: Column) -> Candidate:
    return replace(weigh(column, "full_name"), confidence=SURE + 1, why=_BY_VALUE)
