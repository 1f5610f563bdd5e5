"""What a reader makes of polluted lists; ``python -m tests.support.recovery`` prints it, kind by kind."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from importer.errors import ReadError
from importer.readers.formats import open_tables
from importer.readers.table import Table
from tests.support.pollution import Polluted, Row, polluted_files


@dataclass(frozen=True, slots=True)
class Recovery:
    """What came back of a file: rows that are whole and not doubted, cells in their column, rows made up, doubts."""

    rows: int = 0
    cells: int = 0
    wrong: int = 0
    said: frozenset[str] = field(default=frozenset(), compare=False)


Read = tuple[Table, list[pl.DataFrame]]
"""A list's one table and its rows."""


def read_list(data: bytes, folder: Path) -> Read:
    """Read a list from its bytes."""
    path = folder / "list.csv"
    path.write_bytes(data)
    (table,) = open_tables(path, path.name, None)
    return table, list(table.chunks(1000))


def recovery(file: Polluted, folder: Path) -> tuple[Recovery, Read | None]:
    """What the reader makes of a file, and what it read; an error is an answer to a file without rows only."""
    try:
        read = read_list(file.data, folder)
    except ReadError:
        return Recovery(), None
    return _recovered(file, *read), read


def _recovered(file: Polluted, table: Table, frames: list[pl.DataFrame]) -> Recovery:
    """A header counts as a row."""
    expected = [file.columns, *file.rows] if file.columns else []
    read = [(None, table.source.columns), *((row[2], row[4:]) for frame in frames for row in frame.rows())]
    whole = Counter(_trimmed(cells) for problem, cells in read if problem is None)
    whole.pop((), None)
    meant = Counter(map(_trimmed, expected))
    cells = _cells(cells for _, cells in read) & _cells(expected)
    said = frozenset(problem for problem, _ in read if problem)
    return Recovery((whole & meant).total(), cells.total(), (whole - meant).total(), said)


def whole_of(file: Polluted) -> Recovery:
    """All that can be recovered of a file."""
    expected = [file.columns, *file.rows] if file.columns else []
    return Recovery(len(expected), _cells(expected).total())


def _cells(rows: Iterable[Sequence[str | None]]) -> Counter[tuple[int, str]]:
    return Counter((place, cell) for row in rows for place, cell in enumerate(row) if cell)


def _trimmed(row: Sequence[str | None]) -> Row:
    """The row's cells without the empty ones at its end."""
    cells = [cell or "" for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def main() -> None:
    """Print a table of all kinds."""
    total, reached = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for file in polluted_files():
            (here, _), best = recovery(file, Path(folder)), whole_of(file)
            told = f"cannot be told: {file.undecided}; said: {', '.join(sorted(here.said)) or 'nothing'}"
            flag = "" if (here.rows, here.cells, here.wrong) == (best.rows, best.cells, 0) else "*"
            print(  # noqa: T201 - a table for people
                f"{file.kind:42} {here.rows:5} of {best.rows:4} {here.cells:7} of {best.cells:7} {here.wrong:4} wrong "
                f"{flag} {file.undecided and told}"
            )
            total.update(kinds=1, rows=best.rows, cells=best.cells)
            reached.update(kinds=not flag, rows=here.rows, cells=here.cells, wrong=here.wrong)
    print(f"{dict(reached)} of {dict(total)}")  # noqa: T201


if __name__ == "__main__":
    main()
