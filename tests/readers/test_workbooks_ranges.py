"""Ranges of a sheet: read one by one, with what each carried over, they are its rows, however it is cut."""

import pickle
from collections.abc import Hashable
from pathlib import Path
from tempfile import TemporaryFile

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.models.sources import Source
from importer.readers.divisible import Divisible
from importer.readers.header import find_header
from importer.readers.workbooks import pages, sheet_table
from importer.readers.workbooks.pages import Pages, PageWriter
from importer.readers.workbooks.sheet_table import Layout, SheetRanges, SheetTable

HEADER = ("Name", "Phone", "City")
ANN = ("Ann", "+14155550101", "Rome")
ROWS: tuple[tuple[str | None, ...], ...] = (
    ANN,
    ("Bob", "+14155550102", None),
    HEADER,
    (None, None, None),
    ("Do not call", None, None),
    ("Name", "Age", "Town"),
    ("Spare parts", None, None),
    ("Part", "Price", "Stock"),
    ("Screw", "12", "1000"),
    ("x" * 400, "+14155550103", "y" * 400),
)


def table_of(rows: list[tuple[str | None, ...]], page_rows: int) -> SheetTable:
    """The table of a sheet whose pages are so small."""
    with pytest.MonkeyPatch.context() as patch, TemporaryFile() as file:
        patch.setattr(pages, "PAGE_ROWS", page_rows)
        writer = PageWriter(file)
        writer.add(
            pl.DataFrame([HEADER, *rows, ANN], {"0": pl.String, "1": pl.String, "2": pl.String}, orient="row"), 0
        )
        extent = writer.end()
        assert extent is not None
        file.flush()
        kept = Pages(file, extent)
        header = find_header([list(row) for row in kept.slice(0, 9).rows()])
    source = Source(Path("a.xlsx"), "a.xlsx", "ab" * 32, 1, "xlsx", HEADER, 1)
    return SheetTable(source, kept, Layout(header, HEADER, 1, 1, kept.rows, (), ()))


def joined(ranges: SheetRanges, most_rows: int, most_bytes: int) -> pl.DataFrame:
    """All ranges, one after the other, numbered on."""
    row, line = ranges.first_row, ranges.first_line
    carried: Hashable = ranges.start
    frames = []
    for begin, end in ranges.cut(most_rows, most_bytes):
        read = ranges.read(begin, end, carried)
        frames.append(read.frame.with_columns(pl.col("row") + row, pl.col("line") + line))
        row, line, carried = row + read.frame.height, line + read.lines, read.carried
    return pl.concat(frames)


@settings(max_examples=settings().max_examples // 4)  # each writes a file
@given(
    rows=st.lists(st.sampled_from(ROWS), max_size=20),
    page_rows=st.integers(1, 9),
    most_rows=st.integers(1, 12),
    most_bytes=st.sampled_from([1, 2_000, 1 << 20]),
)
@example(rows=[ANN, *ROWS[3:6], ANN, ANN, ROWS[6], ANN], page_rows=2, most_rows=1, most_bytes=1 << 20)
@example(rows=[ROWS[3], ROWS[6], ROWS[7], *[ROWS[8]] * 4, HEADER], page_rows=3, most_rows=2, most_bytes=1 << 20)
def test_any_sheet_has_the_same_rows_however_it_is_cut(
    rows: list[tuple[str | None, ...]], page_rows: int, most_rows: int, most_bytes: int
) -> None:
    """Blank rows, headers, titles and headings between, other tables; over pages of any size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "PAGE_ROWS", page_rows)
        patch.setattr(sheet_table, "PAGE_ROWS", page_rows)
        table = table_of(rows, page_rows)
        whole = pl.concat(table.chunks(1_000))
        ranges = table.ranges()
        assert joined(ranges, most_rows, most_bytes).equals(whole)
        assert joined(pickle.loads(pickle.dumps(ranges)), most_rows, most_bytes).equals(whole)  # noqa: S301 - ours
        assert [ranges.share_read(end) for _, end in ranges.cut(most_rows, most_bytes)][-1] == 1.0
    assert isinstance(table, Divisible)
    assert whole.height == len(rows) + 1


def test_whole_pages_are_cut_where_so_many_rows_may_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page is read for two ranges; where rows are long, a range ends with its page, and holds one row at least."""
    monkeypatch.setattr(pages, "PAGE_ROWS", 10)
    monkeypatch.setattr(sheet_table, "PAGE_ROWS", 10)
    ranges = table_of([ANN] * 33, 10).ranges()
    assert list(ranges.cut(25, 1 << 20)) == [(1, 20), (20, 35)]
    assert list(ranges.cut(7, 1 << 20))[:3] == [(1, 8), (8, 10), (10, 17)]
    assert all(end - begin == 1 for begin, end in ranges.cut(25, 1))
