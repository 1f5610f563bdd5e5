"""A search for texts in every byte of a folder, apart from the product's own: also in what files are packed from."""

import io
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl


def texts_of(data: bytes, depth: int = 0) -> Iterator[str]:
    """Everything that can be read out of some bytes."""
    yield data.decode("latin-1")
    yield data.decode("utf-16-le", "ignore")
    if depth > 2:
        return
    if data[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                markup = archive.read(name)
                yield re.sub(r"<[^>]*>", " ", markup.decode("latin-1"))
                yield from texts_of(markup, depth + 1)
    if data[:4] == b"PAR1":
        yield from _rows(pl.read_parquet(io.BytesIO(data)))
    if data[:6] == b"ARROW1":
        yield from _rows(pl.read_ipc(io.BytesIO(data)))


def left_behind(folder: Path, patterns: dict[str, str]) -> dict[str, set[str]]:
    """Which of the patterns stand in which files, by the files' paths in the folder."""
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        texts = list(texts_of(path.read_bytes()))
        if path.read_bytes()[:15] == b"SQLite format 3":
            texts += list(_database(path))
        for what, pattern in patterns.items():
            if any(re.search(pattern, text, re.IGNORECASE) for text in texts):
                found.setdefault(str(path.relative_to(folder)), set()).add(what)
    return found


def _rows(frame: pl.DataFrame) -> Iterator[str]:
    for row in frame.iter_rows():
        yield " ".join(str(cell) for cell in row if cell is not None)


def _database(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        yield "\n".join(db.iterdump())
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in db.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - the database's own names
                for cell in row:
                    if isinstance(cell, bytes):
                        yield from texts_of(cell)
