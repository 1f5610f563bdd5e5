"""Which column fills which field: by what is asked for, by the header's words, and by what the values look like."""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Given
from dataclasses import dataclass, replace

import polars as pl

from importer.errors import MappingError
from importer.frames import OURS, RAW
from importer.models import Mapping, Source
from importer.stages.map.headers import Header, read_header
from importer.stages.map.regions import region_of
from importer.stages.map.shapes import Shape, shapes

_MOST_COLUMNS_SHOWN = 60
_NUMBERED = re.compile(r"column \d+")
_NAME_FIELDS = ("first_name", "last_name", "full_name", "either")


@dataclass(frozen=True, slots=True)
class _Column:
    """One column that nobody asked for by name: what its header says and what its values look like."""

    name: str
    header: Header
    shape: Shape


def choose_mapping(source: Source, sample: pl.DataFrame, overrides: Given[str, Sequence[str]]) -> Mapping:
    """Decide which column of a table fills which field of a contact.

    Args:
        source: the table; its columns are all accounted for, in fields or in metadata, but for those that a retry
            file adds to a list's own (``importer.frames.OURS``).
        sample: the first rows, ``raw:<column>`` (String?) for each column.
        overrides: field to columns, as ``--map`` gives them; they beat everything.

    Raises:
        MappingError: no phone column, several that only their values tell and that fit alike, or a column asked for
            that is not there. The message lists the columns and what to type.
    """
    given = {field: _existing(source, field, columns) for field, columns in overrides.items()}
    asked = {column for columns in given.values() for column in columns}
    columns = _candidates(source, sample, asked)
    ours = {column for column in source.columns if column.startswith(OURS)} - asked
    notes: list[str] = ["The columns that an earlier run added were left out."] if ours else []
    phones = given.get("phone") or _phones(source, columns, notes)
    names = _names(columns, sample, given, notes, has_header=_has_names(source))
    email = _given_or(given, "email", [c for c in columns if _is_email(c)], notes)
    country = _given_or(given, "country", _countries(columns, sample), notes)
    used = {*phones, *names.values(), email}
    return Mapping(
        phones=phones,
        email=email,
        country=country,
        metadata=tuple(column for column in source.columns if column not in used | ours),
        notes=tuple(notes),
        **names,
    )


def _has_names(source: Source) -> bool:
    """Whether the columns have names of their own: a header, or those that a format such as JSON gives to values."""
    return source.header_row is not None or any(not _NUMBERED.fullmatch(column) for column in source.columns)


def _existing(source: Source, field: str, wanted: Sequence[str]) -> tuple[str, ...]:
    folded = {column.casefold().strip(): column for column in reversed(source.columns)}
    found = [column if column in source.columns else folded.get(column.casefold().strip()) for column in wanted]
    for column, name in zip(wanted, found, strict=True):
        if name is None:
            raise MappingError(
                f'{_place(source)}: --map {field}="{column}" names no column of this table. {_listed(source)}'
            )
    return tuple(name for name in found if name is not None)


def _candidates(source: Source, sample: pl.DataFrame, asked: set[str]) -> list[_Column]:
    """The columns not asked for; where values plainly contradict a header's word, the word does not count."""
    free = [column for column in source.columns if column not in asked and not column.startswith(OURS)]
    shape = shapes(sample, free)
    columns = [_Column(column, read_header(column), shape[column]) for column in free]
    return [
        replace(column, header=replace(column.header, field=None)) if _is_contradicted(column) else column
        for column in columns
    ]


def _is_contradicted(column: _Column) -> bool:
    shape = column.shape
    if not shape.filled:
        return False
    if column.header.field == "phone":
        is_email = shape.emails >= 0.5 and shape.numbers < 0.3
        return is_email or (shape.numbers < 0.1 and shape.words + shape.emails >= 0.7)
    if column.header.field == "email":
        return shape.emails < 0.2 and (shape.numbers >= 0.5 or shape.words >= 0.5)
    return column.header.field in _NAME_FIELDS and max(shape.certain, shape.emails, shape.likely) >= 0.6


def _phones(source: Source, columns: Sequence[_Column], notes: list[str]) -> tuple[str, ...]:
    named = [column for column in columns if column.header.field == "phone"]
    chosen = [column for column in named if column.header.rank == 0] or named
    spare = [column for column in named if column not in chosen and column.shape.numbers >= 0.2]
    chosen += spare
    if not any(column.shape.filled for column in chosen):
        chosen += _phones_by_value(source, columns, has_named=bool(chosen), notes=notes)
    if not chosen:
        raise MappingError(_no_phone(source, columns))
    if len(chosen) > 1:
        notes.append(f"Several phone columns are tried in this order: {_quoted(column.name for column in chosen)}.")
    return tuple(column.name for column in chosen)


def _phones_by_value(source: Source, columns: Sequence[_Column], *, has_named: bool, notes: list[str]) -> list[_Column]:
    unnamed = [column for column in columns if column.header.field is None and not column.header.is_vetoed]
    certain = [column for column in unnamed if column.shape.certain >= 0.3 and column.shape.numbers >= 0.6]
    found = certain or [column for column in unnamed if column.shape.likely >= 0.9 and not column.header.is_figure]
    found = sorted(found, key=_phone_cells, reverse=True)
    if len(found) > 1 and _phone_cells(found[1]) >= _phone_cells(found[0]) / 2 and not has_named:
        alike = [column.name for column in found if _phone_cells(column) >= _phone_cells(found[0]) / 2]
        raise MappingError(
            f"{_place(source)}: the columns {_quoted(alike)} hold phone numbers alike and no header says which one "
            f"to use. Add {_map_phone(alike[0])} (give --map phone= once for each column to try several in order). "
            f"{_listed(source)}"
        )
    if found:
        notes.append(f'Phone numbers are taken from "{found[0].name}", which its values show, not its header.')
    return found[:1]


def _phone_cells(column: _Column) -> float:
    return column.shape.filled * max(column.shape.certain, column.shape.likely)


def _names(
    columns: Sequence[_Column],
    sample: pl.DataFrame,
    given: Given[str, tuple[str, ...]],
    notes: list[str],
    *,
    has_header: bool,
) -> dict[str, str | None]:
    """The columns of ``first_name``, ``last_name`` and ``full_name``; a full name only where no half is known."""
    if "full_name" in given:
        return {field: given[field][0] if field in given else None for field in _NAME_FIELDS[:3]}
    first = _given_or(given, "first_name", _with(columns, "first_name"), notes)
    last = _given_or(given, "last_name", _with(columns, "last_name"), notes)
    whole = sorted(_with(columns, "full_name") + _with(columns, "either"), key=lambda column: column.header.rank)
    either = next((column.name for column in whole if column.header.field == "either"), None)
    if first is None and last is None:
        if not has_header:
            return _names_by_value(columns, notes)
        return {"full_name": _given_or(given, "full_name", whole, notes)}
    if either is not None and (first is None or last is None):
        half = first or last or ""
        if not _holds(sample, whole=either, half=half):
            return {"first_name": first or either, "last_name": last or either}
        if not {"first_name", "last_name"} & given.keys():
            notes.append(f'Names are taken from "{either}", which holds more than "{half}".')
            return {"full_name": either}
    return {"first_name": first, "last_name": last}


def _holds(sample: pl.DataFrame, whole: str, half: str) -> bool:
    """Whether the cells of ``whole`` mostly hold those of ``half`` in the same row and more."""
    pair = sample.select(whole=RAW + whole, half=RAW + half).drop_nulls()
    if pair.is_empty():
        return False
    wider = pl.col("whole").str.len_chars() > pl.col("half").str.len_chars()
    return pair.filter(wider & pl.col("whole").str.contains(pl.col("half"), literal=True)).height * 2 > pair.height


def _names_by_value(columns: Sequence[_Column], notes: list[str]) -> dict[str, str | None]:
    """In a table without header: the first column of words, or the first two where the first holds single words."""
    words = [index for index, column in enumerate(columns) if column.shape.words >= 0.9]
    if not words:
        return {}
    first = columns[words[0]]
    if first.shape.several >= 0.5:
        notes.append(f'The table has no header; "{first.name}" is taken for the full name.')
        return {"full_name": first.name}
    if len(words) > 1 and words[1] == words[0] + 1:
        second = columns[words[1]]
        notes.append(f'The table has no header; "{first.name}" and "{second.name}" are taken for first and last name.')
        return {"first_name": first.name, "last_name": second.name}
    notes.append(f'The table has no header; "{first.name}" is taken for the first name.')
    return {"first_name": first.name}


def _with(columns: Sequence[_Column], field: str) -> list[_Column]:
    return [column for column in columns if column.header.field == field]


def _is_email(column: _Column) -> bool:
    named = column.header.field == "email"
    shown = column.header.field is None and not column.header.is_vetoed and column.shape.emails >= 0.6
    return named or shown


def _countries(columns: Sequence[_Column], sample: pl.DataFrame) -> list[_Column]:
    return [column for column in _with(columns, "country") if _tells_regions(sample.get_column(RAW + column.name))]


def _tells_regions(cells: pl.Series) -> bool:
    texts = [text for text in cells.drop_nulls() if text.strip()]
    return sum(region_of(text) is not None for text in texts) * 2 >= len(texts)


def _given_or(
    given: Given[str, tuple[str, ...]], field: str, fitting: Sequence[_Column], notes: list[str]
) -> str | None:
    """The column asked for, or the best that fits: one with values, named, in the plainest words, first in the file."""
    if field in given:
        return given[field][0]
    ranked = sorted(
        fitting, key=lambda column: (column.shape.filled == 0, column.header.field is None, column.header.rank)
    )
    if not ranked:
        return None
    best, *others = ranked
    if others:
        noun = field.replace("_", " ")
        notes.append(
            f'The {noun} is taken from "{best.name}"; {_quoted(column.name for column in others[:3])} would fit too '
            f'(--map {field}="{others[0].name}").'
        )
    return best.name


def _no_phone(source: Source, columns: Sequence[_Column]) -> str:
    likely = sorted((column for column in columns if column.shape.numbers >= 0.3), key=_phone_cells, reverse=True)
    way_out = (
        f"If it is there under another name, add {' or '.join(_map_phone(column.name) for column in likely[:3])}."
        if likely
        else 'No column holds phone numbers; if one should, add --map phone="COLUMN".'
    )
    return f"{_place(source)}: no phone column was found. {way_out} {_listed(source)}"


def _map_phone(column: str) -> str:
    return f'--map phone="{column}"'


def _place(source: Source) -> str:
    return source.file if source.sheet is None else f"{source.file}, sheet {source.sheet}"


def _listed(source: Source) -> str:
    shown = ", ".join(source.columns[:_MOST_COLUMNS_SHOWN])
    more = len(source.columns) - _MOST_COLUMNS_SHOWN
    return f"Columns: {shown}{f' and {more} more' if more > 0 else ''}."


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
