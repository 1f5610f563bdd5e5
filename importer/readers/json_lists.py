"""JSON: a list of objects, an object with such a list somewhere in it, or one object a line (NDJSON, JSON Lines).

``json_shapes`` has the other shapes; ``json_cells`` turns an object into cells. Numbers stay as they are written, so
that no digit of a phone number is lost.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from importer.errors import ReadError
from importer.readers.json_cells import DEEPEST, problem_of, record_of
from importer.readers.json_shapes import records_in
from importer.readers.records import Record, RecordTable, lines_of, source_of
from importer.readers.table import Table, refuse_sheet
from importer.readers.utf8 import Intake, take_in

_LARGEST_BYTES = 256 << 20
_SAMPLE_LINES = 50
_MOST_BROKEN = 10_000
"""Most values that are no JSON: finding out may cost, for each, as much as a value nested a thousand deep."""
_START = re.compile(rb"[\s\x1e]*(?:\[\s*(?:[\[{\]\"]|\Z)|\{\s*(?:[\"}]|\Z))")
_SPACE = re.compile(r"[ \t\n\r]*")
_BETWEEN = re.compile(r"[ \t\n\r,\x1e]*")
_AROUND = " \t,\x1e"
"""Characters around the object of a line: blanks, a comma, the record separator of RFC 7464."""


class JsonLists:
    """The reader of JSON and NDJSON."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return True if the text begins like a JSON object or list, in UTF-8 or UTF-16."""
        return _START.match(head.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")) is not None

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the one table of the file.

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
    """A document whose errors have an offset but no line number.

    ``json`` counts the lines from the document's start for each error. With many broken objects that is quadratic,
    so counting finds nothing here.
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


# Numbers as text: a float would round a phone number's digits.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=str, strict=False)


def _is_object_a_line(intake: Intake) -> bool:
    """Return True if the first line, or most of the first lines, are whole objects; a single line is a document."""
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
    """Yield a record for each line that is not blank."""
    for number, share, text in lines_of(intake):
        if not text.strip():
            continue
        try:
            value = _DECODER.decode(text.strip(_AROUND))
        except (ValueError, RecursionError) as error:
            yield Record(number, share, problem=problem_of(error))
        else:
            yield record_of(number, share, value)


def _text_of(intake: Intake) -> str:
    return intake.read(intake.start, intake.end - intake.start).decode("utf-8", "replace").replace("\0", "")


def _notes(lists: list[tuple[str, int]]) -> tuple[str, ...]:
    names = [f'"{name}"' for name, _ in lists if name]
    notes = [f"The contacts are those in the list {names[0]}."] if names else []
    if names[1:]:
        notes.append(f"Other lists were left out: {', '.join(names[1:])}.")
    return tuple(notes)


def _is_sequence(text: str) -> bool:
    """Return True if one object follows another, with blanks, line ends or commas between."""
    place = _after(_BETWEEN, text, 0)
    if not text.startswith("{", place):
        return False
    try:
        end = _after(_BETWEEN, text, _DECODER.raw_decode(text, place)[1])
    except (ValueError, RecursionError):
        return False
    return text.startswith("{", end)


def _from_sequence(intake: Intake) -> Iterator[Record]:
    """Yield a record for each object of a sequence."""
    text = _text_of(intake)
    yield from _elements(intake.file, text, _after(_BETWEEN, text, 0), "")


def _from_list(intake: Intake, start: int) -> Iterator[Record]:
    """Yield a record for each object of the list whose first element is at ``start``, and of lists that follow it."""
    text = _text_of(intake)
    yield from _elements(intake.file, text, _after(_SPACE, text, start), "]")


def _elements(file: str, text: str, place: int, closing: str) -> Iterator[Record]:
    """Yield a record for each value from an index on; ``closing`` ends a list, after which another may begin.

    Raises:
        ReadError: more values are broken than in any list.
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
                    f"({problem_of(error)}): no list can be read from it. Export it again, as valid JSON or as .csv."
                ) from None
            place = _next_alike(text, place)
            yield Record(line, place / len(text), problem=problem_of(error))
        else:
            yield record_of(line, place / len(text), value)


def _next(text: str, end: int, closing: str) -> int:
    """Return the index of the value after the one that ends at ``end``; the text's end if there is none.

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
    """Yield the records of a document that is no list of objects.

    Raises:
        ReadError: the document is not JSON.
    """
    try:
        value = _DECODER.decode(_text_of(intake))
    except (ValueError, RecursionError):
        raise ReadError(f"{intake.file} begins as JSON but is not: no list of contacts can be found in it.") from None
    records = records_in(value)
    for number, each in enumerate(records, 1):
        yield record_of(1, number / len(records), each)


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return place if match is None else match.end()


def _next_alike(text: str, start: int) -> int:
    """Return the index of the next object on a line of its own, indented like the one at ``start``.

    Reading resumes there after a broken object. The text's end if there is none.
    """
    margin = text[text.rfind("\n", 0, start) + 1 : start]
    if margin.strip():
        return len(text)
    following = re.compile(rf"\n{margin}(?=\{{)").search(text, start)
    return following.end() if following else len(text)


def _lists_within(text: str) -> list[tuple[str, int]]:
    """Return name and first index of the document's own list, or of the lists of objects nearest to its top."""
    place = _after(_SPACE, text, 0)
    if text.startswith("[", place):
        return [("", place + 1)]
    objects, found = [("", place)], list[tuple[str, int]]()
    # Level by level, because the list nearest to the top is the list of contacts.
    for _ in range(DEEPEST):
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
    """Yield the names in the object at ``place``, with the index of each value; stops at the first JSON fault."""
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
