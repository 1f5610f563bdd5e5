"""From a JSON value to the cells of a record.

Values within an object within an object get a name such as ``address.city``; the values of a list are joined by ``; ``.
"""

import json
from collections.abc import Iterator
from typing import Any

from importer.readers.records import Record

DEEPEST = 40
"""Levels of objects that are read, far below Python's limit of recursion."""
_JOINT = "; "


def problem_of(error: Exception) -> str:
    """Return what is wrong with a value, for people, without the value itself."""
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg}"
    return "not JSON: nested too deep" if isinstance(error, RecursionError) else f"not JSON: {error}"


def record_of(line: int, share: float, value: Any) -> Record:
    """Return the record of an object; of any other value, and of one nested too deep, a record with a problem."""
    if not isinstance(value, dict):
        return Record(line, share, problem="no object with named values")
    try:
        return Record(line, share, dict(_flat(value, "", DEEPEST)))
    except RecursionError:
        return Record(line, share, problem="not JSON: nested too deep")


def _flat(value: dict[str, Any], before: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of an object's values, those of inner objects with ``before`` and their path."""
    if not depth:
        raise RecursionError
    for key, inner in value.items():
        name = before + key
        if isinstance(inner, str):
            yield name, _text(inner)
        elif isinstance(inner, dict):
            yield from _flat(inner, f"{name}.", depth - 1)
        elif isinstance(inner, list) and inner and all(isinstance(element, dict) for element in inner):
            yield from _columns(inner, f"{name}.", depth - 1)
        else:
            yield name, _text(inner)


def _columns(objects: list[dict[str, Any]], before: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the names in a list of objects, each with the values of all objects joined."""
    found: dict[str, list[str]] = {}
    for element in objects:
        for name, text in _flat(element, before, depth):
            found.setdefault(name, []).append(text)
    for name, texts in found.items():
        yield name, _JOINT.join(filter(None, texts))


def _text(value: Any) -> str:
    """Return a value as text: "" for null, JSON for nested lists, a question mark for half a surrogate pair."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value if value.isascii() else value.encode("utf-8", "replace").decode()
        case [*elements] if not any(isinstance(element, list | dict) for element in elements):
            return _JOINT.join(filter(None, map(_text, elements)))
        case _:
            return _text(json.dumps(value, ensure_ascii=False))
