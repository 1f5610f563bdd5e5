"""Tables of records that name their own values."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from importer.errors import ReadError
from importer.readers import records
from importer.readers.records import Record, RecordTable, lines_of, put, source_of
from importer.readers.utf8 import Intake, take_in

PEOPLE = [
    Record(1, 0.2, {"Name": "Ann", "Phone": "1"}),
    Record(4, 0.6, {"Phone": "2", "Mail": "", "row": "x"}),
    Record(9, 1.0, problem="it breaks off"),
]


def taken(folder: Path, content: bytes = b"x\n") -> Intake:
    (folder / "list.txt").write_bytes(content)
    return take_in(folder / "list.txt", "list.txt")


def table(folder: Path, people: list[Record]) -> RecordTable:
    def read() -> Iterator[Record]:
        return iter(people)

    return RecordTable(source_of(taken(folder), "json"), read, first_row=1)


def test_every_name_that_occurs_is_a_column_in_its_order(tmp_path: Path) -> None:
    """A name of ours among them stays the list's own; an empty value is none."""
    read = table(tmp_path, PEOPLE)
    assert read.source.columns == ("Name", "Phone", "Mail", "row")
    frame = pl.concat(list(read.chunks(10)))
    assert frame.select("row", "line", "problem").rows() == [(1, 1, None), (2, 4, None), (3, 9, "it breaks off")]
    assert frame.select("raw:Name", "raw:Phone", "raw:Mail", "raw:row").rows() == [
        ("Ann", "1", None, None),
        (None, "2", None, "x"),
        (None, None, None, None),
    ]


@pytest.mark.parametrize(("rows", "skip"), [(1, 0), (2, 0), (2, 1), (5, 2)])
def test_any_chunks_give_the_same_rows(tmp_path: Path, rows: int, skip: int) -> None:
    """Behind those that are skipped, with the numbers that they have in the file; in the end all was read."""
    read = table(tmp_path, PEOPLE)
    frames = list(read.chunks(rows, skip))
    assert pl.concat(frames)["row"].to_list() == list(range(1 + skip, 4))
    assert [frame.height for frame in frames[:-1]] == [rows] * (len(frames) - 1)
    assert read.share_read == 1.0


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ([], "does not hold a contact"),
        ([Record(1, 1.0, problem="it is cut off")], r"does not hold a value with a name \(it is cut off\)"),
        ([Record(1, 1.0, {f"n{n}": "x" for n in range(1_001)})], "more than 1000 different names"),
    ],
)
def test_what_is_no_list_is_told(tmp_path: Path, people: list[Record], words: str) -> None:
    """With what to look at."""
    with pytest.raises(ReadError, match=words):
        table(tmp_path, people)


def test_the_second_value_of_a_name_has_its_number() -> None:
    """An empty one is left out, and no name is counted on for ever."""
    cells: dict[str, str] = {}
    for value in ("a", "", "b", "c"):
        put(cells, "Phone", value)
    assert cells == {"Phone": "a", "Phone (2)": "b", "Phone (3)": "c"}
    many = {f"n{n}": "x" for n in range(1_001)}
    put(many, "n1001", "x")
    assert len(many) == 1_001


def test_lines_end_as_they_may_and_have_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a block ends, also between CR and LF; NULs are nobody's text."""
    intake = taken(tmp_path, b"one\r\ntwo\rthree\n\nf\0ive")
    expected = [(1, "one"), (2, "two"), (3, "three"), (4, ""), (5, "five")]
    for block in (1, 4, 5, 100):
        monkeypatch.setattr(records, "_BLOCK_BYTES", block)
        assert [(number, text) for number, _, text in lines_of(intake)] == expected
    monkeypatch.setattr(records, "_LONGEST_LINE", 3)
    monkeypatch.setattr(records, "_BLOCK_BYTES", 4)
    with pytest.raises(ReadError, match="a line of over"):
        list(lines_of(taken(tmp_path, b"a line without an end")))
