"""ods files: OpenDocument 1.3 part 3, 9.1 (tables) and 2.2 (packages); and flat ones, which are the content alone.

A cell holds its value and the text that the program displayed. Texts, errors and codes (numbers with leading zeros or
signs) are read as displayed; for other numbers the value is wanted.
"""

import mmap
import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from pathlib import Path
from zipfile import ZipFile

import polars as pl

from importer.readers.workbooks.container import ZIP
from importer.readers.workbooks.ods_events import count, is_hidden
from importer.readers.workbooks.ods_rows import few_rows_of, rows_of
from importer.readers.workbooks.pages import Rows
from importer.readers.workbooks.result import Facts

Content = bytes | mmap.mmap
_PIECE_BYTES = 8 << 20
_FEW_BYTES = 64 << 10
_BLOCK_BYTES = 1 << 18
_TABLE, _END = re.compile(rb"<table:table(?=[\s>/])[^<>]*>"), b"</table:table>"
_ATTRIBUTE = re.compile(rb"""\s([\w:-]+)=(?:"([^"<>]*)"|'([^'<>]*)')""")
_COLUMN = re.compile(rb"<table:table-column(?=[\s>/])[^<>]*>")
_STYLE = re.compile(rb"<style:style(\s[^<>]*)>\s*<style:table-properties\s([^<>]*)>")
_BODY = b"<office:body"
_ROW, _ROW_END = b"<table:table-row", b"</table:table-row>"


class Ods:
    """The sheets of an ods file; its whole content stays in memory."""

    def __init__(self, path: Path) -> None:
        """Read the content and find the sheets in it.

        Raises:
            KeyError, ValueError: the file is damaged.
        """
        with path.open("rb") as file:
            is_flat = file.read(len(ZIP)) != ZIP
        content: Content = path.read_bytes() if is_flat else _unpacked(path)
        # Nothing parses the content as a whole, so nothing else would notice that a flat file is cut short.
        if content[content.rfind(b">") + 1 :].strip():
            raise ValueError("cut short")
        hidden = {
            attributes["style:name"]
            for style in _STYLE.finditer(content, 0, content.find(_BODY))
            if b'table:display="false"' in style[2] and "style:name" in (attributes := _attributes(style[1]))
        }
        self._content = content
        self._sheets: dict[str, tuple[list[tuple[int, int]], bool]] = {}
        for tag, spans in _tables(content):
            attributes = _attributes(tag)
            self._sheets[attributes.get("table:name", "")] = (spans, attributes.get("table:style-name") in hidden)
        self.names = list(self._sheets)

    def rows(self, name: str) -> Iterator[Rows]:
        """Yield the rows of a sheet, from top to bottom.

        Raises:
            ExpatError, ValueError: the file is damaged.
            ReadError: there are more cells than any list has.
        """
        spans, is_hidden_sheet = self._sheets[name]
        markup: Content = self._content
        start, end = spans[0] if spans else (0, 0)
        if len(spans) > 1:
            markup = b"".join(markup[start:end] for start, end in spans)
            start, end = 0, len(markup)
        first = markup.find(_ROW, start, end)
        columns = [_attributes(tag) for tag in _COLUMN.findall(markup, start, max(start, first))]
        hidden_columns = sum(count(attributes, "columns") * is_hidden(attributes) for attributes in columns)
        yield Rows(0, pl.DataFrame(), Facts(is_hidden=is_hidden_sheet, hidden_columns=hidden_columns))
        below = 0
        for piece in _pieces(markup, first, end) if first >= 0 else ():
            facts = Facts()
            below, top, frame = (few_rows_of if len(piece) <= _FEW_BYTES else rows_of)(piece, below, facts)
            yield Rows(top, frame, facts)


def _unpacked(path: Path) -> Content:
    """Return the content, unpacked in blocks so small that each is written where the one before was."""
    with ZipFile(path) as archive, archive.open("content.xml") as part:
        size = archive.getinfo("content.xml").file_size
        if not size:
            return b""
        content = mmap.mmap(-1, size)
        for block in iter(partial(part.read, _BLOCK_BYTES), b""):
            content.write(block)
        content.seek(0)  # its `find` begins at the current place
        return content


def _attributes(tag: bytes) -> dict[str, str]:
    return {key.decode(): unescape((first or second).decode("utf-8")) for key, first, second in _ATTRIBUTE.findall(tag)}


def _tables(content: Content) -> Iterator[tuple[bytes, list[tuple[int, int]]]]:
    """Yield the tag of each sheet, and the ranges of its content without the tables within it.

    Raises:
        ValueError: a table does not end.
    """
    ends = _ends(content)
    tags = _first_tags(content, ends) or list(_TABLE.finditer(content))
    marks = [(tag.start(), tag.end(), tag[0]) for tag in tags]
    depth = 0
    begun, bounds = b"", []
    for start, end, tag in sorted([*marks, *((place, place + len(_END), b"") for place in ends)]):
        if not tag:
            depth -= 1
            bounds.append(end if depth else start)
        elif not tag.endswith(b"/>"):
            bounds.append(start if depth else end)
            begun = begun if depth else tag
            depth += 1
        elif not depth:
            yield tag, []
        if not depth and bounds:
            yield begun, list(zip(bounds[::2], bounds[1::2], strict=True))
            bounds = []
    if depth:
        raise ValueError("a table without an end")


def _ends(content: Content) -> list[int]:
    """Return the offsets of all end tags of tables."""
    found = [content.find(_END)]
    while found[-1] >= 0:
        found.append(content.find(_END, found[-1] + 1))
    return found[:-1]


def _first_tags(content: Content, ends: list[int]) -> list[re.Match[bytes]]:
    """Return the start tags of all tables if none is within another, found fast; else empty."""
    found = []
    at = 0
    for end in ends:
        tag = _TABLE.search(content, at, end)
        while tag and tag[0].endswith(b"/>"):
            found.append(tag)
            tag = _TABLE.search(content, tag.end(), end)
        if tag is None:
            return []
        found.append(tag)
        at = end
    return found + list(_TABLE.finditer(content, at))


def _pieces(markup: Content, start: int, end: int) -> Iterator[bytes]:
    """Yield the markup of a sheet, from its first row on, in pieces of whole rows."""
    while end - start > _PIECE_BYTES:
        cut = markup.rfind(_ROW_END, start, start + _PIECE_BYTES)
        cut = markup.find(_ROW_END, start + _PIECE_BYTES, end) if cut < 0 else cut
        if cut < 0:
            break
        yield markup[start : cut + len(_ROW_END)]
        start = cut + len(_ROW_END)
    yield markup[start:end]
