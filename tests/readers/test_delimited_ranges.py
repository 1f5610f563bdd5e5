"""Ranges of a text: read one by one, with what each carried over, they are the rows of the text, however it is cut."""

import pickle
from collections.abc import Hashable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.readers.delimited.ranges import TextRanges
from importer.readers.divisible import Divisible
from importer.readers.formats import open_tables

HEADER = "phone,name,email,city\n"
small_files = settings(max_examples=settings().max_examples * 2 // 5)  # each writes a file


def ranges_of(path: Path) -> tuple[TextRanges, pl.DataFrame, Divisible]:
    """The ranges of a text, all of its rows as its table reads them, and the table, which holds the file."""
    (table,) = open_tables(path, path.name, None)
    assert isinstance(table, Divisible)
    ranges = table.ranges()
    assert isinstance(ranges, TextRanges)
    return ranges, pl.concat([*table.chunks(1_000)] or [pl.DataFrame()]), table


def joined(ranges: TextRanges, most_rows: int, most_bytes: int) -> tuple[pl.DataFrame, int]:
    """All ranges, one after the other, numbered on; and how many were read with what no range before had changed."""
    row, line, untouched = ranges.first_row, ranges.first_line, 0
    carried: Hashable = ranges.start
    frames = []
    for begin, end in ranges.cut(most_rows, most_bytes):
        untouched += carried == ranges.start
        read = ranges.read(begin, end, carried)
        if read.frame.height:
            frames.append(read.frame.with_columns(pl.col("row") + row, pl.col("line") + line))
        row, line, carried = row + read.frame.height, line + read.lines, read.carried
    return pl.concat(frames or [pl.DataFrame()]), untouched


@small_files
@given(
    text=st.text(st.sampled_from('abcdefg123,,,,"\n\n\n\r\0 '), min_size=1, max_size=300),
    most_rows=st.integers(1, 9),
    most_bytes=st.sampled_from([1, 40, 1 << 20]),
)
@example(text='a,"b\nc\nd",e,f\n1,2,3,4\n', most_rows=1, most_bytes=1 << 20)
@example(text="1,2,3,4\n\n\nphone,age,x,y\n1,2,3,4\n1,2,3,4\n", most_rows=3, most_bytes=1 << 20)
@example(text="1,2,3,4\nDo not call\n1,2,3,4\n1,2,3,4\n", most_rows=2, most_bytes=1 << 20)
def test_any_text_has_the_same_rows_however_it_is_cut(
    text: str, most_rows: int, most_bytes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Quotes that are none, cells over many lines, lone CRs, NULs, blank lines, headers and headings between."""
    path = tmp_path_factory.mktemp("cut") / "list.csv"
    path.write_text(f"sep=,\n{HEADER}{text}", "utf-8", newline="")
    ranges, whole, _table = ranges_of(path)
    assert joined(ranges, most_rows, most_bytes)[0].equals(whole)


def test_cells_over_lines_carry_nothing_over(tmp_path: Path) -> None:
    """Cuts are moved up to where a row begins: of a list with notes over lines, no range is read twice."""
    path = tmp_path / "list.csv"
    path.write_text(HEADER + '1,"A\nB\nC\nD",3,"E\nF"\n' * 300, "utf-8")
    ranges, whole, _table = ranges_of(path)
    rows, untouched = joined(ranges, 50, 1 << 20)
    cuts = list(ranges.cut(50, 1 << 20))
    assert rows.equals(whole)
    assert untouched == len(cuts) > 20


def test_a_stray_quote_ends_no_proof(tmp_path: Path) -> None:
    """After a quote that is none, inches, all others stand at odd places: cuts are still where rows begin."""
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "1,5'10\" tall,3,4\n" + '1,"A\nB",3,4\n' * 300, "utf-8")
    ranges, whole, _table = ranges_of(path)
    rows, untouched = joined(ranges, 50, 1 << 20)
    assert rows.equals(whole)
    assert untouched == len(list(ranges.cut(50, 1 << 20))) > 10


def test_ranges_are_read_by_value(tmp_path: Path) -> None:
    """Sent to another process that inherits the file they give the same rows; of a copy, too, which has no name."""
    path = tmp_path / "list.csv"
    path.write_text(HEADER + "1,Zoë,3,4\n" * 30, "utf-16")
    ranges, whole, _table = ranges_of(path)
    sent: TextRanges = pickle.loads(pickle.dumps(ranges))  # noqa: S301 - what was pickled here
    assert joined(sent, 7, 1 << 20)[0].equals(whole)
    assert whole["raw:name"].unique().to_list() == ["Zoë"]
