"""vCard 2.1, 3.0 and 4.0, as phones and address books export them: one card is one row.

Standards: versit vCard 2.1, RFC 2426, RFC 6350. Beyond them, as in real exports: several ways to fold a
quoted-printable line, types without ``TYPE=``, Apple's labels (``item1.X-ABLabel``), cards without ``N``, whose ``FN``
is a full name to be split, Outlook's ``X-MS-TEL``, and types after a dot. A card's preferred number gets a column of
its own, to be tried before the others of its type. Pictures, sounds and keys are left out.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from importer.readers.records import Record, RecordTable, lines_of, source_of
from importer.readers.table import Table, refuse_sheet
from importer.readers.utf8 import Intake, take_in

_HEAD = re.compile(r'((?:[^":]|"[^"]*")*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';((?:[^";]|"[^"]*")*)')
_SEMICOLON = re.compile(r"(?<!\\)((?:\\\\)*);")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SOFT = re.compile(r"[ \t](?==[0-9A-F]{2})")
_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_MOST_PROPERTIES = 1_000
"""Most properties of a card: naming repeated ones takes quadratic time."""
_BEGIN, _END = "BEGIN:VCARD", "END:VCARD"
_LEFT_OUT = frozenset(
    {"BEGIN", "END", "VERSION", "PRODID", "REV", "PHOTO", "LOGO", "SOUND", "KEY", "AGENT"}
    | {"X-ABLABEL", "X-ABADR", "X-ABSHOWAS"}
)
_PLAIN = {
    "FN": "Full Name", "NICKNAME": "Nickname", "TITLE": "Job Title", "BDAY": "Birthday", "NOTE": "Note",
    "CATEGORIES": "Categories", "URL": "Website", "UID": "UID", "NAME": "Card Name",
}  # fmt: skip
_STRUCTURED = {
    "N": ("Last Name", "First Name", "Middle Name", "Name Prefix", "Name Suffix"),
    "ADR": ("PO Box", "Address 2", "Street", "City", "State", "Postal Code", "Country"),
    "ORG": ("Company", "Department"),
}
_TYPES = {
    "cell": "cell", "mobile": "cell", "iphone": "cell", "car": "cell", "x-mobile": "cell",
    "main": "main", "home": "home", "work": "work", "pager": "pager", "other": "other",
}  # fmt: skip
_NUMBERS = frozenset({"TEL", "PHONE", "X-MS-TEL", "X-PHONE"})
"""Properties of phone numbers; the last three are not in the standard."""
_DOTTED = re.compile(r"(TEL|PHONE|EMAIL)\.(\w+)")
"""A type after a dot, where the standard has a group before the dot."""
_NO_RANK = 101
"""One more than the last rank of RFC 6350, which is 100."""
_WHOSE = frozenset({"assistant", "emergency", "spouse", "parent", "mother", "father", "child", "manager", "company"})
"""Types and labels of another party's number; they stay in the column's name, by which the mapping knows it."""
_IS_FAX = frozenset({"fax", "homefax", "workfax", "facsimile"})
_URI_CONTEXT = re.compile(r";phone-context=(\+[0-9.() -]+)", re.IGNORECASE)
_URI_EXTENSION = re.compile(r";ext=([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of a card: ``group.NAME;parameters:value``; types in lower case, value decoded but still escaped.

    ``rank`` is its preference: 1 is the highest, ``_NO_RANK`` means none.
    """

    group: str
    name: str
    types: tuple[str, ...]
    value: str
    rank: int


class VCards:
    """The reader of vCard files."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return True if the text begins with a card, in UTF-8 or UTF-16."""
        text = head.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"").lstrip()
        return text[:11].upper() == b"BEGIN:VCARD"

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the one table of the file.

        Raises:
            ReadError: a sheet is wanted, or the file cannot be read.
        """
        refuse_sheet(file, "a vCard file", sheet)
        intake = take_in(path, file)
        return [RecordTable(source_of(intake, "vcard"), lambda: _cards(intake), 1)]


def _cards(intake: Intake) -> Iterator[Record]:
    """Yield a record for each card, and for each run of text outside cards."""
    lines: list[str] = []
    first, depth, share = 0, 0, 0.0
    for number, share, line in lines_of(intake):
        mark = line.strip().upper()
        # AGENT holds a whole card; any other BEGIN within a card means that its END is missing.
        is_nested = depth > 0 and lines[-1].upper().startswith("AGENT")
        if mark == _BEGIN and lines and not is_nested:
            yield _record(first, share, lines)
            lines, depth = [], 0
        if not lines:
            if not mark:
                continue
            first = number
        lines.append(line)
        depth += (mark == _BEGIN) - (mark == _END and depth > 0)
        if mark == _END and not depth:
            yield _record(first, share, lines)
            lines = []
    if lines:
        yield _record(first, share, lines)


def _record(first: int, share: float, lines: list[str]) -> Record:
    if lines[0].strip().upper() != _BEGIN:
        return Record(first, share, problem="text outside of any card")
    properties, stray = _properties(lines)
    if len(properties) > _MOST_PROPERTIES:
        return Record(first, share, problem=f"a card of more than {_MOST_PROPERTIES:,} lines")
    problem = None if stray is None else f"line {first + stray} is no property of a card"
    if lines[-1].strip().upper() != _END:
        problem = f"the card has no {_END}"
    return Record(first, share, _cells(properties), problem)


def _properties(lines: list[str]) -> tuple[list[_Property], int | None]:
    """Return the properties of a card, and the index of the first line that is none (None if all are)."""
    found: list[_Property] = []
    stray: int | None = None
    within = 0
    for place, text in _unfolded(lines):
        match = _HEAD.fullmatch(text) or re.fullmatch(r"([^:]*):(.*)", text, re.DOTALL)
        if match is None:
            stray = place if stray is None else stray
            continue
        read = _property(match[1], match[2])
        within += (read.name == "BEGIN") - (read.name == "END")
        if within <= 1:
            found.append(read)
    return found, stray


def _unfolded(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield whole properties, unfolded, each with the index of its first line."""
    text, start = "", 0
    is_printable = is_binary = False
    for place, line in enumerate(lines):
        if text and is_printable and (text.endswith("=") or re.match(r"=[0-9A-F]{2}", line)):
            text = text.removesuffix("=") + (line[1:] if _SOFT.match(line) else line)
        elif text and line[:1] in (" ", "\t") and line.strip():
            text += line[1:]
        elif text and is_binary and ":" not in line:
            text += line
        else:
            if text.strip():
                yield start, text
            text, start = line, place
            head = line.partition(":")[0].upper()
            is_printable = "QUOTED-PRINTABLE" in head
            is_binary = "BASE64" in head or "ENCODING=B" in head
    if text.strip():
        yield start, text


def _property(head: str, value: str) -> _Property:
    path = head.partition(";")[0].strip()
    group, _, name = path.rpartition(".")
    types: list[str] = []
    charset, is_printable, rank = "", False, _NO_RANK
    for match in _PARAMETER.finditer(head):
        key, equals, content = match[1].partition("=")
        key, content = (key.strip().upper(), content) if equals else ("TYPE", key)
        words = [word.strip().lower() for word in content.replace('"', "").split(",")]
        if key == "CHARSET":
            charset = words[0]
        is_printable = is_printable or "quoted-printable" in words
        if key == "PREF":
            rank = int(words[0]) if words[0].isdecimal() else 1
        if key == "TYPE":
            rank = 1 if "pref" in words else rank
            types += [word for word in words if word != "quoted-printable"]
    text = _decoded(value, charset) if is_printable else value
    name = name.strip().upper()
    if dotted := _DOTTED.fullmatch(path.upper()):
        group, name, types = "", "TEL" if dotted[1] == "PHONE" else dotted[1], [*types, dotted[2].lower()]
    return _Property(group.lower(), name, tuple(types), text, min(rank, _NO_RANK))


def _decoded(value: str, charset: str) -> str:
    data = binascii.a2b_qp(value.encode("utf-8"))
    for encoding in (charset, "utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("latin-1")


def _cells(properties: list[_Property]) -> dict[str, str]:
    """Return the card's values by column; a second value of one kind gets `` (2)``."""
    preferred = _preferred([each for each in properties if each.name in _NUMBERS])
    version = next((each.value.strip() for each in properties if each.name == "VERSION"), "")
    labels = {each.group: each.value for each in properties if each.name == "X-ABLABEL"}
    cells: dict[str, str] = {}
    for each in properties:
        if each.name in _LEFT_OUT:
            continue
        if each.name in _STRUCTURED:
            parts = _components(each.value)
            columns = _STRUCTURED[each.name]
            values = [*parts[: len(columns) - 1], " ".join(filter(None, parts[len(columns) - 1 :]))]
            filled = {column: _plain(part, version) for column, part in zip(columns, values, strict=False)}
            _put(cells, filled)
        elif each.name in _NUMBERS:
            column = _phone_column(each, labels.get(each.group, ""))
            if each in preferred and not column.startswith("Fax"):
                column = f"{column.removesuffix(')')}, preferred)" if column.endswith(")") else "Phone (preferred)"
            _put(cells, {column: _phone(each.value)})
        else:
            column = _PLAIN.get(each.name, each.name.capitalize())
            _put(cells, {column: _plain(each.value, version)})
    return cells


def _preferred(numbers: list[_Property]) -> list[_Property]:
    """Return the numbers that the card prefers; empty if it prefers all or none of them.

    RFC 6350 ranks them from 1 on (``PREF=1``), earlier versions mark one (``TYPE=PREF``).
    """
    ranks = [each.rank for each in numbers]
    best = min(ranks, default=_NO_RANK)
    found = [each for each in numbers if each.rank == best]
    return found if best < _NO_RANK and len(found) < len(numbers) else []


def _components(value: str) -> list[str]:
    if "\\" not in value:
        return value.split(";")
    return _SEMICOLON.sub("\\1\0", value).split("\0")


def _put(cells: dict[str, str], values: dict[str, str]) -> None:
    """Add the filled values; if one of their columns is taken, all get the same number, so that they stay together."""
    filled = {column: value for column, value in values.items() if value}
    copy, suffix = 1, ""
    while any(column + suffix in cells for column in filled):
        copy += 1
        suffix = f" ({copy})"
    cells.update({column + suffix: value for column, value in filled.items()})


def _plain(value: str, version: str) -> str:
    """Return a value without its escapes; version 2.1 has no escape for line ends."""
    if "\\" not in value:
        return value.strip()
    breaks = {} if version == "2.1" else {"n": "\n", "N": "\n"}
    return _ESCAPE.sub(
        lambda match: breaks.get(match[1]) or (match[1] if match[1] in ";,:\\" else match[0]), value
    ).strip()


def _phone_column(phone: _Property, label: str) -> str:
    apple = _APPLE_LABEL.fullmatch(label)
    words = [*phone.types, *(apple[1] if apple else label).lower().split()]
    kind = next((kind for word, kind in _TYPES.items() if word in words), None)
    if not _IS_FAX.isdisjoint(words):
        return f"Fax ({kind})" if kind else "Fax"
    whose = next((word for word in words if word in _WHOSE), None)
    kind = whose or kind or label.strip()
    return f"Phone ({kind})" if kind else "Phone"


def _phone(value: str) -> str:
    """Return a phone number; of a ``tel:`` URI (RFC 3966), the number with its context and extension."""
    text = value.strip()
    if not text.lower().startswith("tel:"):
        return re.sub(r"\\([;,:\\])", r"\1", text)
    extension = _URI_EXTENSION.search(text)
    number = text[4:].partition(";")[0]
    if not number.startswith("+") and (context := _URI_CONTEXT.search(text)):
        number = context[1] + number
    return f"{number} ext. {extension[1]}" if extension else number
