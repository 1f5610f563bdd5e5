"""Lists of contacts in XML, such as address books of telephones: an element is a row, its content the columns.

The address books of FRITZ!Box, Yealink, Grandstream, Snom and Cisco use known names for their entries. In other files
the commonest element that holds others is taken for the entry.
"""

import os
import re
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate

from importer.errors import ReadError
from importer.models.sources import Source
from importer.readers.archive import unpacked_alone, unpacked_note
from importer.readers.records import Record, RecordTable, put
from importer.readers.table import Table, refuse_sheet
from importer.system.opening import open_regular, sha256_of

_BEGIN = re.compile(rb"\s*(?:<\?xml\s|<[\w:.-]{1,100}(?:\s[^<>]{0,2000})?>\s*<[\w!])")
_PIECE_BYTES = 1 << 20
_MOST_BYTES = 256 << 20
_DEEPEST = 100
_ENTRIES = frozenset(
    {"contact", "entry", "directoryentry", "unit", "person", "item", "record", "row", "customer", "member", "vcard"}
)
_COLUMNS = {"number": "Phone", "phonenumber": "Phone", "telephone": "Phone", "realname": "Full Name"}


class XmlLists:
    """The reader of lists in XML."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return True if the text begins with an XML declaration, or with an element within another."""
        return _BEGIN.match(head.removeprefix(b"\xef\xbb\xbf")) is not None

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the one table of the file.

        Raises:
            ReadError: a sheet is wanted, the file is no XML, or there is no list in it.
        """
        refuse_sheet(file, "XML", sheet)
        with open_regular(path) as opened:
            size_bytes, sha256 = os.fstat(opened.fileno()).st_size, sha256_of(opened)
            copy = unpacked_alone(opened, file)
            if (size_bytes if copy is None else copy.seek(0, os.SEEK_END)) > _MOST_BYTES:
                raise ReadError(f"{file} is XML of more than {_MOST_BYTES >> 20} MiB. Export the list as CSV.")
            notes = () if copy is None else (unpacked_note(opened),)
        source = Source(path, file, sha256, size_bytes, "xml", (), None, notes=notes)
        opener = partial(open_regular, path) if copy is None else partial(_again, copy)
        whole = _Events(())
        for _ in whole.read(opener, file):
            pass
        entry = whole.entry()
        if entry is None:
            raise ReadError(f"{file} is XML without a list that is known. Export the list as CSV or as a workbook.")
        table = RecordTable(source, lambda: _Events(entry).read(opener, file), 1)
        if copy is not None:
            weakref.finalize(table, copy.close)
        return [table]


def _again(copy: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    """Return the unpacked copy, rewound; the context manager leaves it open."""
    copy.seek(0)
    return nullcontext(copy)


@dataclass(slots=True)
class _Element:
    """An open element: its path, attributes, text so far, and True in ``is_parent`` if it holds another one."""

    path: tuple[str, ...]
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)
    is_parent: bool = False


class _Events:
    """The handlers of one parser run: counts elements by path, and collects records from those of the wanted path."""

    def __init__(self, wanted: tuple[str, ...]) -> None:
        self._wanted = wanted
        self._open: list[_Element] = []
        self._parents: Counter[tuple[str, ...]] = Counter()
        self._leaves: Counter[tuple[str, ...]] = Counter()
        self._records: list[Record] = []
        self._cells: dict[str, str] = {}
        self._share = 0.0
        self._parser = ParserCreate()

    def entry(self) -> tuple[str, ...] | None:
        """Return the path of the elements that are the list's entries; None if there is no list."""
        known = Counter({path: n for path, n in (self._parents + self._leaves).items() if path[-1].lower() in _ENTRIES})
        for found in (known, self._parents, self._leaves):
            best = [(-number, len(path), path) for path, number in found.items() if number > 1 or found is known]
            if best:
                return min(best)[2]
        return None

    def read(self, opener: Callable[[], AbstractContextManager[IO[bytes]]], file: str) -> Iterator[Record]:
        """Yield the entries' records.

        Raises:
            ReadError: the file is no XML, or has a DOCTYPE, which may define entities of its own.
        """
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        # A DOCTYPE can define entities that expand to gigabytes or read other files.
        parser.StartDoctypeDeclHandler = self._refuse
        try:
            with opener() as opened:
                size_bytes = os.fstat(opened.fileno()).st_size
                while piece := opened.read(_PIECE_BYTES):
                    parser.Parse(piece, False)
                    self._share = opened.tell() / max(size_bytes, 1)
                    yield from self._records
                    self._records = []
                parser.Parse(b"", True)
        except ExpatError as error:
            raise ReadError(
                f"{file} is XML that breaks at line {error.lineno}. Export it again, or export the list as CSV."
            ) from None
        except _RefusedError as error:
            raise ReadError(f"{file} {error}. Export the list as CSV.") from None
        yield from self._records

    def _refuse(self, *_: object) -> None:
        raise _RefusedError("holds a DOCTYPE, where no list needs one")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        path = (*self._open[-1].path, name) if self._open else (name,)
        if len(path) > _DEEPEST:
            raise _RefusedError("has elements within elements as no list has")
        if self._open:
            self._open[-1].is_parent = True
        self._open.append(_Element(path, attributes))
        if path == self._wanted:
            self._cells = {}

    def _characters(self, text: str) -> None:
        self._open[-1].text.append(text)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        if not self._wanted:
            counter = self._parents if element.is_parent else self._leaves
            if element.is_parent or element.attributes:
                counter[element.path] += 1
        elif element.path[: len(self._wanted)] == self._wanted:
            self._gather(element)
            if element.path == self._wanted:
                self._records.append(Record(self._parser.CurrentLineNumber, self._share, self._cells))

    def _gather(self, element: _Element) -> None:
        text = "" if element.is_parent else "".join(element.text).strip()
        if text:
            put(self._cells, self._column(element), text)
        elif element.path == self._wanted or not element.is_parent:
            for name, value in element.attributes.items():
                if name.lower() not in ("type", "id") and value.strip():
                    put(self._cells, name, value.strip())

    def _column(self, element: _Element) -> str:
        """Return the column of an element: its name, with its own or an outer element's type: ``Phone (home)``."""
        name = _COLUMNS.get(element.path[-1].lower(), element.path[-1])
        around = [element, *reversed(self._open[len(self._wanted) :])]
        kind = next((found for each in around if (found := each.attributes.get("type"))), None)
        if name == "Phone" and kind and "fax" in kind.lower():
            return "Fax"
        return f"{name} ({kind})" if kind else name


class _RefusedError(Exception):
    """Markup that is refused: a DOCTYPE, or elements nested too deep."""
