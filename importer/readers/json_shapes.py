"""Contacts in JSON that are not a list of objects: keyed objects, columns, rows of values."""

from collections.abc import Sequence
from typing import Any

from importer.readers.cell_kinds import kind_of

_VALUE = "value"


def records_in(document: Any) -> Sequence[Any]:
    """Return the records of a document, as objects if the document names its values.

    Known shapes: rows of values, with or without a row of names; single values; objects by their keys
    (``{"u1": {…}, "u2": {…}}``); columns (``{"name": […], "phone": […]}``, or by row number as pandas writes them).
    Any other document is one record.
    """
    if isinstance(document, list):
        return _rows(document)
    if not isinstance(document, dict) or len(document) < 2:
        return [document]
    values = list(document.values())
    if all(isinstance(value, list) and not any(map(_is_nested, value)) for value in values):
        lengths = set(map(len, values))
        return _from_columns(list(document), values) if len(lengths) == 1 and max(lengths) > 1 else [document]
    if not all(isinstance(value, dict) for value in values) or not set.intersection(*map(set, values)):
        return [document]
    keys = list(values[0])
    if all(key.isdecimal() for key in keys) and all(list(value) == keys for value in values):
        return _from_columns(list(document), [list(value.values()) for value in values])
    return values


def _rows(document: list[Any]) -> Sequence[Any]:
    if not any(map(_is_nested, document)):
        return [{_VALUE: value} for value in document]
    if not all(isinstance(row, list) for row in document):
        return document
    names = document[0]
    has_names = all(isinstance(name, str) and not kind_of(name) for name in names) and len(set(names)) == len(names)
    if not has_names:
        names = [f"column {place}" for place in range(1, 1 + max(map(len, document)))]
    return [dict(zip(names, row, strict=False)) if len(row) <= len(names) else row for row in document[has_names:]]


def _from_columns(names: list[str], columns: list[list[Any]]) -> Sequence[Any]:
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)
