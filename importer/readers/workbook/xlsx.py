"""xlsx and xlsm files: sheets in pieces of whole rows, read side by side, so that memory does not grow with them."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import IO

import polars as pl

from importer.readers.workbook.facts import Facts, Rows
from importer.readers.workbook.package import Package
from importer.readers.workbook.pieces import BYTES, Piece, blocks, cut, is_plain
from importer.readers.workbook.plain_xml import NotPlainError
from importer.readers.workbook.rewriting import rewritten
from importer.readers.workbook.sheet_xml import Reading, rows_of
from importer.readers.workbook.texts import shared_texts

_AT_ONCE = 2


class Xlsx:
    """An xlsx file's sheets."""

    def __init__(self, path: Path) -> None:
        """Read what is no sheet; the texts that cells share are read while the first sheet is."""
        self._package = Package(path)
        self.names = list(self._package.sheets)
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        texts = self._pool.submit(_texts, self._package.texts())
        self._reading = Reading(texts.result, self._package.formats, self._package.is_1904)

    def rows(self, name: str) -> Iterator[Rows]:
        """The rows of a sheet, from top to bottom."""
        part = self._package.sheets[name]
        running: deque[Future[Rows]] = deque()
        with self._package.archive.open(part.path) as markup:
            for piece in _pieces(markup):
                running.append(self._pool.submit(self._rows, piece))
                if len(running) > _AT_ONCE:
                    yield running.popleft().result()
        for waiting in running:
            yield waiting.result()
        yield Rows(0, pl.DataFrame(), Facts(is_hidden=part.is_hidden))

    def _rows(self, piece: Piece) -> Rows:
        facts = Facts(hidden_columns=piece.hidden_columns)
        try:
            return Rows(*rows_of(piece.markup, self._reading, facts), facts)
        except NotPlainError:
            whole = b"<sheetData>%b</sheetData>" % piece.markup
            markup = b"".join(plain.markup for plain in rewritten([whole], piece.rows_above))
            facts = Facts(hidden_columns=piece.hidden_columns)
            return Rows(*rows_of(markup, self._reading, facts), facts)


def _pieces(markup: IO[bytes]) -> Iterator[Piece]:
    start = markup.read(BYTES)
    whole = chain([start], blocks(markup))
    return cut(whole) if is_plain(start) else rewritten(whole, 0)


def _texts(markup: bytes) -> pl.Series:
    try:
        return shared_texts(markup)
    except NotPlainError:
        return shared_texts(b"".join(piece.markup for piece in rewritten([markup], 0)))
