"""HTML entities in cells, as web shops and forms export them: ``O&#039;Brien``, ``Zo&euml;``, ``&#43;1 415``.

Only whole references are read, with their semicolon; ``AT&T`` and ``R&D`` hold none. A reference that was written over
once more (``&amp;#039;``) is read through. What was written stays in the ``raw:`` columns.
"""

import html
import re
from collections.abc import Iterable
from html.entities import html5

import polars as pl

from importer.models.frames import RAW, holding
from importer.models.mappings import Mapping

_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
_REFERENCE = re.compile(_ENTITY)
_MOST_TIMES = 2


def decode(text: str) -> str:
    """Return the text with its references as the characters that they stand for; unknown ones, and controls, stay."""
    for _ in range(_MOST_TIMES):
        again = _REFERENCE.sub(_meant, text)
        if again == text:
            break
        text = again
    return text


def _meant(reference: re.Match[str]) -> str:
    name = reference[0][1:]
    meant = html.unescape(reference[0]) if name.startswith("#") else html5.get(name, reference[0])
    is_character = meant.isspace() or (meant.isprintable() and meant not in {"", "\ufffd"})
    return meant if is_character else reference[0]


def decoded(cells: pl.DataFrame, mapping: Mapping) -> tuple[pl.DataFrame, list[tuple[str, pl.Expr]]]:
    """Return the ``raw:`` columns, without entities in those that the mapping uses; and notes, ``<field>:entities``."""
    notes = []
    fields = _by_field(mapping)
    names = [RAW + name for columns in fields.values() for name in columns]
    with_one = set(holding(cells, names, "&"))
    for field, columns in fields.items():
        for name in columns:
            if RAW + name not in with_one:
                continue
            column = cells.get_column(RAW + name)
            read = _read(column, column.str.contains("&", literal=True))
            is_changed = (read != column).fill_null(value=False)
            if is_changed.any():
                cells = cells.with_columns(read)
                notes.append((f"{field}:entities", is_changed))
    return cells, _together(notes)


def _by_field(mapping: Mapping) -> dict[str, tuple[str, ...]]:
    """Return the columns of each field; those beside a number count as the phone's, and each belongs to one field."""
    phones = (*mapping.phones, *(one.column for one in mapping.beside))
    fields = mapping.fields() | {"phone": phones, "metadata": mapping.metadata}
    seen = set[str]()
    found = {}
    for field, columns in fields.items():
        found[field] = tuple(name for name in dict.fromkeys(columns) if name not in seen)
        seen.update(columns)
    return found


def _read(column: pl.Series, has: pl.Series) -> pl.Series:
    """Return the column decoded; each spelling once."""
    spellings = column.filter(has).unique()
    spellings = spellings.filter(spellings.str.contains(_ENTITY))
    if spellings.is_empty():
        return column
    meant = pl.Series([decode(text) for text in spellings], dtype=pl.String)
    return column.replace(spellings, meant)


def _together(notes: Iterable[tuple[str, pl.Series]]) -> list[tuple[str, pl.Expr]]:
    """Return one note a rule, for rows in which any of its columns has it."""
    found: dict[str, pl.Series] = {}
    for rule, where in notes:
        found[rule] = found[rule] | where if rule in found else where
    return [(rule, pl.lit(where)) for rule, where in found.items()]
