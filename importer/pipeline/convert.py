"""Conversion: a file as an import reads it, as plain CSV."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from importer.errors import ReadError, UsageError
from importer.models.frames import RAW, with_prefix
from importer.models.sources import LeftOut, Unreadable
from importer.pipeline import memory
from importer.pipeline.plan import listed
from importer.readers.formats import open_tables
from importer.readers.table import Table, rows_of
from importer.system import bounds
from importer.system.new_file import new_file

_CHUNK_ROWS = 50_000
_WAY_OUT = "Give permission or make room, or name another folder with --out."
_LEFT_OUT = {
    "remark": "a remark above the list",
    "title": "a title above the list",
    "description": "what the columns are for, under their names",
    "other": "another table above the list, without phone numbers",
    "footer": "a footer below the list",
}


def convert(files: Sequence[tuple[Path, str]], out: Path, sheet: str | None) -> Iterator[tuple[Path, list[str]]]:
    """Write ``out/<file name>.csv``, or ``out/<file name>.<sheet>.csv`` if a file has several sheets.

    UTF-8, comma, header first, every cell as text, nothing normalised; blank rows are kept. Files of the same name get
    a number. Yields each file written, with remarks, none of which holds a cell's value: that it replaced a file, which
    lines are no rows of the list, and what is malformed, a line for each row (cells past the last column, too).

    Raises:
        ReadError: a file cannot be read; all others were written before.
        UsageError: ``out`` cannot be written, or is where a file to be read lies.
    """
    taken: list[str] = []
    unreadable: list[Unreadable] = []
    for path, name in files:
        try:
            with bounds.reading(name, memory.usual_mb(), has_option=False):
                yield from _convert_one(path, name, out, sheet, taken)
        except ReadError as error:
            if len(files) == 1:
                raise
            unreadable.append(Unreadable(name, str(error)))
    if unreadable:
        raise ReadError(listed(unreadable, len(files)))


def _convert_one(
    path: Path, name: str, out: Path, sheet: str | None, taken: list[str]
) -> Iterator[tuple[Path, list[str]]]:
    tables = open_tables(path, name, sheet)
    sheets = _safe([table.source.sheet or "" for table in tables])
    for table, sheet_name in zip(tables, sheets, strict=True):
        label = Path(name).name if len(tables) == 1 else f"{Path(name).name}.{sheet_name}"
        target = out / f"{_free(label, taken)}.csv"
        try:
            out.mkdir(parents=True, exist_ok=True)
            replaced = [f"{target} was there before and was replaced."] if target.exists() else []
            yield target, replaced + _write(table, target)
        except OSError as error:
            raise UsageError(f"{target} cannot be written ({error.strerror}). {_WAY_OUT}") from None


def _write(table: Table, target: Path) -> list[str]:
    malformed = [f"{table.source.place}, {words}" for words in map(_left_out, table.source.left_out) if words]
    header = pl.DataFrame(schema=dict.fromkeys(table.source.columns, pl.String))
    with (
        new_file(target, _WAY_OUT, UsageError) as unfinished,
        bounds.unfinished(unfinished),
        unfinished.open("wb") as file,
    ):
        header.write_csv(file)
        for chunk in table.chunks(rows_of(len(table.source.columns), _CHUNK_ROWS)):
            bounds.beat()
            cells = chunk.select(with_prefix(chunk, RAW))
            # A line that is empty would be read as no row at all: the cell of a single column is always quoted.
            cells.write_csv(file, include_header=False, quote_style="always" if cells.width == 1 else "necessary")
            for row, problem in chunk.filter(pl.col("problem").is_not_null()).select("row", "problem").iter_rows():
                malformed.append(f"{table.source.place}, row {row}: {problem}")
    return malformed


def _left_out(span: LeftOut) -> str | None:
    """Say what lines of the file that are no rows are; None for its header and for blank lines."""
    what = _LEFT_OUT.get(span.what)
    if what is None:
        return None
    return f"line {span.first}: {what}" if span.first == span.last else f"lines {span.first} to {span.last}: {what}"


def _safe(sheets: Sequence[str]) -> list[str]:
    """Return the sheets' names as parts of file names: no separator, control character or leading dot, 100 letters.

    Names that some file system would take for the same get a number.
    """
    taken: list[str] = []
    return [_free(re.sub(r"[^\w .()-]", "_", sheet).strip(". ")[:100] or "sheet", taken) for sheet in sheets]


def _free(stem: str, taken: list[str]) -> str:
    """Return ``stem``, with a number if it is among the ``taken`` names, and add it to them.

    Names are compared without regard to case, because the file systems of macOS and Windows do so.
    """
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} {number}"
    taken.append(name.casefold())
    return name
