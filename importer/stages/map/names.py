"""Which columns hold names, and which half of a name each of them holds."""

from collections.abc import Mapping as Given
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from importer.frames import RAW
from importer.models.mappings import SURE, Candidate
from importer.stages.map.evidence import NAME_FIELDS, WORTH_ASKING, Column, weigh
from importer.stages.map.ranking import best_of

_BY_VALUE = "values only, the table has no header"


def choose_names(
    columns: Sequence[Column],
    sample: pl.DataFrame,
    given: Given[str, Candidate | None],
    notes: list[str],
    *,
    has_header: bool,
) -> dict[str, Candidate | None]:
    """The columns of ``first_name``, ``last_name`` and ``full_name``; a full name only where no half is known.

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
    """Whether the cells of ``whole`` mostly hold those of ``half`` in the same row and more."""
    pair = sample.select(whole=RAW + whole, half=RAW + half).drop_nulls()
    if pair.is_empty():
        return False
    wider = pl.col("whole").str.len_chars() > pl.col("half").str.len_chars()
    return pair.filter(wider & pl.col("whole").str.contains(pl.col("half"), literal=True)).height * 2 > pair.height


def _names_by_value(columns: Sequence[Column], notes: list[str]) -> dict[str, Candidate | None]:
    """In a table without header: the first column of words, or the first two where the first holds single words."""
    words = [index for index, column in enumerate(columns) if column.shape.words >= 0.9 and column.shape.answers < 0.5]
    if not words:
        return {}
    first = columns[words[0]]
    if first.shape.several >= 0.5:
        notes.append(f'The table has no header; "{first.name}" is taken for the full name.')
        return {"full_name": _shown(first)}
    if len(words) > 1 and words[1] == words[0] + 1:
        second = columns[words[1]]
        notes.append(f'The table has no header; "{first.name}" and "{second.name}" are taken for first and last name.')
        return {"first_name": _shown(first), "last_name": _shown(second)}
    notes.append(f'The table has no header; "{first.name}" is taken for the first name.')
    return {"first_name": _shown(first)}


def _shown(column: Column) -> Candidate:
    return replace(weigh(column, "full_name"), confidence=SURE + 1, why=_BY_VALUE)
