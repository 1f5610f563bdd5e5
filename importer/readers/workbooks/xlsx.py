"""xlsx and xlsm files: sheets in pieces of whole rows, read by two threads, a few pieces in memory at a time."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

import polars as pl

from importer.readers.workbooks.package import Package
from importer.readers.workbooks.pages import Rows
from importer.readers.workbooks.pieces import Piece, cut, is_plain
from importer.readers.workbooks.plain_xml import NotPlainError
from importer.readers.workbooks.result import Facts
from importer.readers.workbooks.rewriting import rewritten
from importer.readers.workbooks.sheet_xml import Reading, rows_of
from importer.readers.workbooks.texts import shared_texts

_AT_ONCE = 2


class Xlsx:
    """The sheets of an xlsx file; its pool of threads lives as long as the process."""

    def __init__(self, package: Package) -> None:
        """Begin to read the shared texts in a thread: pieces wait for them only when a cell refers to one."""
        self._package = package
        self.names = list(self._package.sheets)
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        texts = self._pool.submit(_texts, self._package.texts)
        self._reading = Reading(texts.result, self._package.formats, self._package.is_1904)

    def rows(self, name: str) -> Iterator[Rows]:
        """Yield the rows of a sheet, from top to bottom."""
        part = self._package.sheets[name]
        running: deque[Future[Rows]] = deque()
        for piece in _pieces(self._package.markup(name)):
            running.append(self._pool.submit(self._rows, piece))
            # A few pieces at a time: all of them at once would hold the whole sheet in memory.
            if len(running) > _AT_ONCE:
                yield running.popleft().result()
        for waiting in running:
            yield waiting.result()
        yield Rows(0, pl.DataFrame(), Facts(is_hidden=part.is_hidden))

    def _rows(self, piece: Piece) -> Rows:
        facts = Facts(hidden_columns=piece.hidden_columns, merges=piece.merges)
        try:
            return Rows(*rows_of(piece.markup, self._reading, facts), facts)
        except NotPlainError:
            whole = b"<sheetData>%b</sheetData>" % piece.markup
            markup = b"".join(plain.markup for plain in rewritten([whole], piece.rows_above))
            # New facts, because the failed attempt may have counted cells already.
            facts = Facts(hidden_columns=piece.hidden_columns, merges=piece.merges)
            return Rows(*rows_of(markup, self._reading, facts), facts)


def _pieces(markup: Iterator[bytes]) -> Iterator[Piece]:
    start = next(markup, b"")
    whole = chain([start], markup)
    return cut(whole) if is_plain(start) else rewritten(whole, 0)


def _texts(blocks: Iterable[bytes]) -> pl.Series:
    markup = b"".join(blocks)
    try:
        return shared_texts(markup)
    except NotPlainError:
        return shared_texts(b"".join(piece.markup for piece in rewritten([markup], 0)))
