"""Tables of records that name their own values: each record is a row, every name that occurs a column."""

import codecs
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from importer.errors import ReadError
from importer.models.frames import RAW
from importer.models.sources import Source
from importer.readers.header import unique_names
from importer.readers.utf8 import Intake

_BLOCK_BYTES = 4 << 20
_LONGEST_LINE = 64 << 20
_MOST_COLUMNS = 1_000


@dataclass(frozen=True, slots=True)
class Record:
    """A future row.

    Attributes:
        line: the physical line on which it starts, from 1.
        share: the share of the file before the record's end, 0 to 1.
        cells: the values by name; empty ones may be left out.
        problem: why it cannot be read; None if it can.
    """

    line: int
    share: float
    cells: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


class RecordTable:
    """The table of a file of records; reads the file once to collect its columns, and again for each ``chunks``."""

    def __init__(self, source: Source, records: Callable[[], Iterator[Record]], first_row: int) -> None:
        """Collect the columns.

        Args:
            source: without columns.
            records: reads the file from its start at each call.
            first_row: the row number of the first record.

        Raises:
            ReadError: the file has no record, none with a named value, or too many different names.
        """
        names: dict[str, None] = {}
        count, problem = 0, None
        for count, record in enumerate(records(), 1):  # noqa: B007 - how many there were is asked below
            problem = problem or record.problem
            names.update(dict.fromkeys(record.cells))
            if len(names) > _MOST_COLUMNS:
                raise ReadError(
                    f"{source.file} has more than {_MOST_COLUMNS} different names of values: not a list of contacts. "
                    "Export the list with one name for each kind of value."
                )
        if not names:
            what = "a value with a name" if count else "a contact"
            why = f" ({problem})" if problem else ""
            raise ReadError(f"{source.file} does not hold {what}{why}. Look whether the right file was exported.")
        self.source = replace(source, columns=unique_names(list(names)))
        self._names = tuple(names)
        self._records = records
        self._first_row = first_row
        self._share_read = 0.0

    @property
    def share_read(self) -> float:
        """Return the share of the table that the last ``chunks`` has read, 0 to 1."""
        return self._share_read

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        """Yield the rows as ``Table.chunks`` says."""
        self._share_read = 0.0
        batch: list[Record] = []
        row = self._first_row + skip
        for number, record in enumerate(self._records()):
            if number < skip:
                continue
            batch.append(record)
            if len(batch) == rows:
                yield self._frame(batch, row)
                row += rows
                batch = []
        if batch:
            yield self._frame(batch, row)
        self._share_read = 1.0

    def _frame(self, batch: list[Record], row: int) -> pl.DataFrame:
        self._share_read = batch[-1].share
        numbers = {"row": list(range(row, row + len(batch))), "line": [record.line for record in batch]}
        texts = {
            "problem": [record.problem for record in batch],
            "extra_cells": [None] * len(batch),
            **{
                RAW + column: [record.cells.get(name) or None for record in batch]
                for column, name in zip(self.source.columns, self._names, strict=True)
            },
        }
        return pl.DataFrame(
            numbers | texts, dict.fromkeys(numbers, pl.UInt32) | dict.fromkeys(texts, pl.String), strict=True
        )


def put(cells: dict[str, str], column: str, value: str) -> None:
    """Add a filled value; the second one of a column is named with `` (2)``, and so on.

    Nothing is added past the number of columns for which the table is refused: counting names on would be quadratic.
    """
    if not value or len(cells) > _MOST_COLUMNS:
        return
    name, copy = column, 1
    while name in cells:
        copy += 1
        name = f"{column} ({copy})"
    cells[name] = value


def source_of(intake: Intake, form: str, notes: tuple[str, ...] = ()) -> Source:
    """Return the source of a text file whose columns are not known yet."""
    return Source(
        path=intake.path,
        file=intake.file,
        sha256=intake.sha256,
        size_bytes=intake.size_bytes,
        format=form,
        columns=(),
        header_row=None,
        encoding=intake.encoding.name,
        encoding_guess=intake.encoding.guess,
        notes=intake.notes + notes,
    )


def lines_of(intake: Intake) -> Iterator[tuple[int, float, str]]:
    """Yield the physical lines: number from 1, share of the file read, text without its end (LF, CR LF or CR).

    Raises:
        ReadError: the rest of the file cannot be read, or a line is too long.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
    offset, number, rest = intake.start, 0, ""
    while piece := intake.read(offset, _BLOCK_BYTES):
        offset += len(piece)
        share = (offset - intake.start) / (intake.end - intake.start)
        # The last line may go on in the next piece; the decoder keeps a CR at a piece's end until it sees an LF or not.
        *whole, rest = (rest + decoder.decode(piece, final=offset >= intake.end)).split("\n")
        if len(rest) > _LONGEST_LINE:
            raise ReadError(f"{intake.file} has a line of over {_LONGEST_LINE >> 20} MiB: not a list of contacts.")
        for number, text in enumerate(whole, number + 1):  # noqa: B020 - the count goes on from block to block
            yield number, share, text.replace("\0", "")
    if rest:
        yield number + 1, 1.0, rest.replace("\0", "")
