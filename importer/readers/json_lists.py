"""JSON: a list of objects, an object with such a list somewhere in it, or one object a line (NDJSON, JSON Lines).

Other shapes are in ``json_shapes``.

Values within an object within an object get a name such as ``address.city``; the values of a list are joined by ``; ``.
Numbers stay as they are written, so that no digit of a phone number is lost.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from importer.errors import ReadError
from importer.readers.json_shapes import records_in
from importer.readers.records import Record, RecordTable, lines_of, source_of
from importer.readers.table import Table, refuse_sheet
from importer.readers.utf8 import Intake, take_in

_LARGEST_BYTES = 256 << 20
_SAMPLE_LINES = 50
_MOST_BROKEN = 10_000
"""Values of a list that are no JSON; each may cost as much as one that is nested a thousand deep."""
_DEEPEST = 40
_START = re.compile(rb"[\s\x1e]*(?:\[\s*(?:[\[{\]\"]|\Z)|\{\s*(?:[\"}]|\Z))")
_SPACE = re.compile(r"[ \t\n\r]*")
_BETWEEN = re.compile(r"[ \t\n\r,\x1e]*")
_JOINT = "; "
_AROUND = " \t,\x1e"
"""What may stand around the object of a line: blanks, a comma, the record separator of RFC 7464."""


class JsonLists:
    """The reader of JSON and NDJSON."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Whether the text begins as a JSON object or list does; in UTF-16 too."""
        return _START.match(head.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")) is not None

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """The one table of the file.

        Raises:
            ReadError: a sheet is wanted, or the file cannot be read or holds no list of objects.
        """
        refuse_sheet(file, "JSON", sheet)
        intake = take_in(path, file)
        if _is_object_a_line(intake):
            return [RecordTable(source_of(intake, "ndjson"), lambda: _from_lines(intake), 2)]
        if intake.end - intake.start > _LARGEST_BYTES:
            raise ReadError(
                f"{file} is JSON of over {_LARGEST_BYTES >> 20} MiB. Split it, or write one object a line (NDJSON)."
            )
        text = _text_of(intake)
        if _is_sequence(text):
            return [RecordTable(source_of(intake, "json"), lambda: _from_sequence(intake), 2)]
        lists = _lists_within(text)
        if lists and (start := lists[0][1]) and text.startswith("{", _after(_SPACE, text, start)):
            return [RecordTable(source_of(intake, "json", _notes(lists)), lambda: _from_list(intake, start), 2)]
        return [RecordTable(source_of(intake, "json"), lambda: _from_whole(intake), 2)]


class _Text(str):
    """A document of which an error tells the place alone: to tell its line, ``json`` reads it from its start each time.

    Where each of many objects is broken, that is the square of the document's length.
    """

    __slots__ = ()

    def count(self, *_: object) -> int:
        return 0

    def rfind(self, *_: object) -> int:
        return -1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return values


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=str, strict=False)


def _is_object_a_line(intake: Intake) -> bool:
    """Whether the first line, or most of them, are whole objects; a single one is a document."""
    texts = [text for _, _, text in islice(lines_of(intake), _SAMPLE_LINES) if text.strip()]
    is_object = [_object(text) is not None for text in texts]
    if len(texts) == 1:
        return False
    return any(is_object[:1]) or sum(is_object) * 2 > len(texts)


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = _DECODER.decode(text.strip(_AROUND))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _from_lines(intake: Intake) -> Iterator[Record]:
    """A record for each line that is not blank."""
    for number, share, text in lines_of(intake):
        if not text.strip():
            continue
        try:
            value = _DECODER.decode(text.strip(_AROUND))
        except (ValueError, RecursionError) as error:
            yield Record(number, share, problem=_problem(error))
        else:
            yield _record(number, share, value)


def _text_of(intake: Intake) -> str:
    return intake.read(intake.start, intake.end - intake.start).decode("utf-8", "replace").replace("\0", "")


def _notes(lists: list[tuple[str, int]]) -> tuple[str, ...]:
    names = [f'"{name}"' for name, _ in lists if name]
    notes = [f"The contacts are those in the list {names[0]}."] if names else []
    if names[1:]:
        notes.append(f"Other lists were left out: {', '.join(names[1:])}.")
    return tuple(notes)


def _is_sequence(text: str) -> bool:
    """Whether one object follows another, with blanks, line ends or commas between."""
    place = _after(_BETWEEN, text, 0)
    if not text.startswith("{", place):
        return False
    try:
        end = _after(_BETWEEN, text, _DECODER.raw_decode(text, place)[1])
    except (ValueError, RecursionError):
        return False
    return text.startswith("{", end)


def _from_sequence(intake: Intake) -> Iterator[Record]:
    """A record for each object of those that follow each other."""
    text = _text_of(intake)
    yield from _elements(intake.file, text, _after(_BETWEEN, text, 0), "")


def _from_list(intake: Intake, start: int) -> Iterator[Record]:
    """A record for each object of the list whose first element is at ``start``, and of lists that follow it."""
    text = _text_of(intake)
    yield from _elements(intake.file, text, _after(_SPACE, text, start), "]")


def _elements(file: str, text: str, place: int, closing: str) -> Iterator[Record]:
    """A record for each value from a place on; ``closing`` ends a list, after which another may begin.

    Raises:
        ReadError: so many values are broken that it is no list.
    """
    line, counted, broken = 1 + text.count("\n", 0, place), place, 0
    document = _Text(text)
    while place < len(text):
        line += text.count("\n", counted, place)
        counted = place
        try:
            value, end = _DECODER.raw_decode(document, place)
            place = _next(text, end, closing)
        except (ValueError, RecursionError) as error:
            broken += 1
            if broken > _MOST_BROKEN:
                raise ReadError(
                    f"{file} has more than {_MOST_BROKEN:,} broken objects, the last on line {line} "
                    f"({_problem(error)}): no list can be read from it. Export it again, as valid JSON or as .csv."
                ) from None
            place = _next_alike(text, place)
            yield Record(line, place / len(text), problem=_problem(error))
        else:
            yield _record(line, place / len(text), value)


def _next(text: str, end: int, closing: str) -> int:
    """Where the value after the one that ends at ``end`` begins; the text's end where none does.

    Raises:
        ValueError: something else follows.
    """
    place = _after(_SPACE, text, end)
    if not closing:
        return _after(_BETWEEN, text, place)
    if text.startswith(",", place):
        place = _after(_SPACE, text, place + 1)
    elif not text.startswith(closing, place):
        raise ValueError("neither a comma nor the list's end follows")
    if not text.startswith(closing, place):
        return place
    other = _after(_BETWEEN, text, place + 1)
    return _after(_SPACE, text, other + 1) if text.startswith("[", other) else len(text)


def _from_whole(intake: Intake) -> Iterator[Record]:
    """The records of a document that is no list of objects.

    Raises:
        ReadError: the document is not JSON.
    """
    try:
        value = _DECODER.decode(_text_of(intake))
    except (ValueError, RecursionError):
        raise ReadError(f"{intake.file} begins as JSON but is not: no list of contacts can be found in it.") from None
    records = records_in(value)
    for number, each in enumerate(records, 1):
        yield _record(1, number / len(records), each)


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return place if match is None else match.end()


def _next_alike(text: str, start: int) -> int:
    """Where the next object starts on a line of its own, indented as the one at ``start``; the end where none does."""
    margin = text[text.rfind("\n", 0, start) + 1 : start]
    if margin.strip():
        return len(text)
    following = re.compile(rf"\n{margin}(?=\{{)").search(text, start)
    return following.end() if following else len(text)


def _lists_within(text: str) -> list[tuple[str, int]]:
    """The document's own list, or the lists of objects nearest to its top: their names, and where each begins."""
    place = _after(_SPACE, text, 0)
    if text.startswith("[", place):
        return [("", place + 1)]
    objects, found = [("", place)], list[tuple[str, int]]()
    for _ in range(_DEEPEST):
        inner: list[tuple[str, int]] = []
        for before, opened in objects:
            for key, start in _values(text, opened):
                if text.startswith("{", start):
                    inner.append((f"{before}{key}.", start))
                elif text.startswith("[", start) and text.startswith("{", _after(_SPACE, text, start + 1)):
                    found.append((before + key, start + 1))
        if found:
            break
        objects = inner
    return found


def _values(text: str, place: int) -> Iterator[tuple[str, int]]:
    """The names in the object at ``place``, and where each value starts; ends early where the text is no JSON."""
    follows = ","
    while follows == ",":
        try:
            key, place = _DECODER.raw_decode(text, _after(_SPACE, text, place + 1))
            place = _after(_SPACE, text, place)
            if not isinstance(key, str) or not text.startswith(":", place):
                return
            start = _after(_SPACE, text, place + 1)
            yield key, start
            place = _after(_SPACE, text, _DECODER.raw_decode(text, start)[1])
        except (ValueError, RecursionError):
            return
        follows = text[place : place + 1]


def _problem(error: Exception) -> str:
    """What is wrong, without the text itself."""
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg}"
    return "not JSON: nested too deep" if isinstance(error, RecursionError) else f"not JSON: {error}"


def _record(line: int, share: float, value: Any) -> Record:
    if not isinstance(value, dict):
        return Record(line, share, problem="no object with named values")
    try:
        return Record(line, share, dict(_flat(value, "", _DEEPEST)))
    except RecursionError:
        return Record(line, share, problem="not JSON: nested too deep")


def _flat(value: dict[str, Any], before: str, depth: int) -> Iterator[tuple[str, str]]:
    """The texts of an object by their names."""
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
    """The objects of a list side by side: for each name, the values of all of them."""
    found: dict[str, list[str]] = {}
    for element in objects:
        for name, text in _flat(element, before, depth):
            found.setdefault(name, []).append(text)
    for name, texts in found.items():
        yield name, _JOINT.join(filter(None, texts))


def _text(value: Any) -> str:
    """A single value, or a list of such, as text; an unpaired half of a character becomes a question mark."""
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
