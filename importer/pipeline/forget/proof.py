"""The proof: every byte that was written is searched for a person.

So are archives, workbooks, tables, and the pages of a database that are in use no more.
"""

import gzip
import io
import mmap
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.delivery.ledger.packing import is_hashed, unpack
from importer.pipeline.forget.terms import Search

_MOST_BYTES = 1 << 30
"""Of what one entry of an archive may become."""
_UNREADABLE = (OSError, ValueError, RuntimeError, EOFError, zlib.error, zipfile.BadZipFile, sqlite3.Error,
               pl.exceptions.PolarsError, pl.exceptions.PanicException)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A file that holds a person's data: where it lies, and which of it, in words."""

    path: Path
    terms: tuple[str, ...]


def search_all(folders: Iterable[Path], search: Search, but: Path) -> tuple[int, list[Hit]]:
    """Search every file in folders; return how many files there were, and those that hold a term. ``but`` is passed."""
    hits, count = [], 0
    for path in sorted({path for folder in folders for path in files_below(folder)}):
        if path == but:
            continue
        count += 1
        if terms := terms_in(path, search):
            hits.append(Hit(path, tuple(terms)))
    return count, hits


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every regular file in a folder, or the path itself if it is one; links are not followed."""
    if folder.is_file() and not folder.is_symlink():
        yield folder
    elif folder.is_dir() and not folder.is_symlink():
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def terms_in(path: Path, search: Search) -> list[str]:
    """Return which terms a file holds, in its bytes or in what they are compressed from; empty if none."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found = dict.fromkeys(search.found(data))
            head = data[:16]
    with suppress(*_UNREADABLE):
        if head.startswith(b"SQLite format 3"):
            found |= dict.fromkeys(_in_database(path, search))
        elif head.startswith(b"PAR1"):
            found |= dict.fromkeys(_in_frame(pl.read_parquet(path, glob=False), search))
        elif head.startswith((b"PK\x03\x04", b"\x1f\x8b")):
            found |= dict.fromkeys(_in_packed(path.read_bytes(), search))
    return list(found)


def _in_packed(data: bytes, search: Search, depth: int = 0) -> Iterator[str]:
    """Yield the terms in a blob, whatever it is packed as."""
    yield from search.found(data)
    if depth > 3:
        return
    with suppress(*_UNREADABLE):
        if data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for entry in archive.infolist():
                    if entry.file_size < _MOST_BYTES:
                        yield from _in_packed(archive.read(entry), search, depth + 1)
        elif data.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(data)) as file:
                yield from _in_packed(file.read(_MOST_BYTES), search, depth + 1)
        elif data.startswith(b"x\x9c"):
            yield from _in_packed(zlib.decompress(data), search, depth + 1)
        elif data.startswith(b"ARROW1"):
            yield from _in_frame(unpack(data), search)
        elif data.startswith(b"PAR1"):
            yield from _in_frame(pl.read_parquet(io.BytesIO(data), glob=False), search)


def _in_frame(frame: pl.DataFrame, search: Search) -> Iterator[str]:
    """Yield the terms in a table: in its texts, and the number among its whole numbers."""
    number = int(search.terms.phone.removeprefix("+"))
    for column in frame:
        if column.dtype in (pl.Int64, pl.UInt64):
            if (column == number).any():
                yield "number"
        elif column.dtype == pl.String:
            yield from search.found("\n".join(column.drop_nulls().unique()).encode("utf-8", "replace"))
    if {"first_name", "last_name"} <= set(frame.columns):
        pairs = frame.select("first_name", "last_name").drop_nulls().unique()
        yield from search.found("\n".join(f"{first} {last}" for first, last in pairs.iter_rows()).encode())


def _in_database(path: Path, search: Search) -> Iterator[str]:
    """Yield the terms in the blobs of a database; its texts stand in its bytes."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in db.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - names of the database's own
                for value in row:
                    if isinstance(value, bytes) and not is_hashed(value):
                        yield from _in_packed(value, search)
