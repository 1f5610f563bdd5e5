"""Delimited text: every line is accounted for, every cell comes back as it was written."""

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from importer.errors import ReadError
from importer.models.frames import RAW
from importer.readers import strays
from importer.readers import utf8 as intake
from importer.readers.delimited import Delimited, blocks
from importer.readers.delimited import rows as text_rows
from importer.readers.formats import open_tables
from importer.readers.table import Table
from tests.conftest import Typed
from tests.quality import corpora
from tests.support.lines import complaint
from tests.support.pollution import PACKS

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"
with_corpora = pytest.mark.corpora
HEADER = ("phone", "name", "email", "city", "country")
small_files = settings(max_examples=settings().max_examples * 2 // 5)  # each writes a file


def table_of(folder: Path, data: bytes | str) -> Table:
    path = folder / "list.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return Delimited().tables(path, path.name, None)[0]


def whole(table: Table, rows: int = 1000, skip: int = 0) -> pl.DataFrame:
    frames = list(table.chunks(rows, skip))
    return pl.concat(frames) if frames else pl.DataFrame({"row": [], "line": [], "problem": [], "extra_cells": []})


def cells_of(table: Table) -> list[tuple[str | None, ...]]:
    return [row[4:] for row in whole(table).rows()]


def corpus(pattern: str) -> list[Path]:
    return sorted(CORPORA.glob(pattern))


@with_corpora
@pytest.mark.parametrize("path", corpus("csv-spectrum/csvs/*.csv"), ids=lambda path: path.stem)
def test_csv_spectrum_is_read_as_its_json_says(path: Path) -> None:
    """All twelve edge cases of csv-spectrum come out as published."""
    truth = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text("utf-8"))
    table = Delimited().tables(path, path.name, None)[0]
    names = table.source.columns
    read = [{name: cell or "" for name, cell in zip(names, cells, strict=True)} for cells in cells_of(table)]
    if path.stem == "location_coordinates":
        # its JSON is one object and has another phone number than its CSV
        truth = [truth | {"Contact Phone Number": "2095257564"}]
    assert read == truth


@with_corpora
@pytest.mark.parametrize(
    ("name", "book"),
    [
        ("utf16_addressbook.csv", "utf16_csv"),
        ("shiftjis_addressbook.csv", "shiftjis_csv"),
        ("quote.csv", "quote_csv"),
        ("basic_csv_addressbook.csv", "csv_import"),
        ("csv_semicolon.csv", "csv_import"),
        ("csv_no_header.csv", "csv_import"),
    ],
)
def test_thunderbird_names_and_addresses_are_those_of_its_address_book(name: str, book: str) -> None:
    """Shift-JIS, UTF-16, semicolons and a list without header give what Thunderbird's own test wants to see."""
    books = json.loads((CORPORA / "thunderbird" / "addressbook.json").read_text("utf-8"))
    path = CORPORA / "thunderbird" / name
    frame = whole(Delimited().tables(path, name, None)[0])
    for row, card in zip(frame.rows(), books[book], strict=True):
        for field in ("FirstName", "LastName", "DisplayName", "PrimaryEmail"):
            assert card.get(field) is None or card[field] in row


@with_corpora
def test_a_list_without_header_keeps_its_first_contact() -> None:
    """A first row with an e-mail address is data."""
    path = CORPORA / "thunderbird" / "csv_no_header.csv"
    table = Delimited().tables(path, path.name, None)[0]
    assert table.source.header_row is None
    assert cells_of(table)[0] == ("John Doe", "John", "Doe", "john@doe.invalid")


@with_corpora
@pytest.mark.parametrize("path", corpus("csvkit/examples/**/*.[ct]sv*"), ids=lambda path: path.name)
def test_csvkit_examples_are_rows_or_one_clear_error(path: Path) -> None:
    """Each example is read, or refused in words; no line before the end is lost."""
    if not path.read_bytes().strip():
        with pytest.raises(ReadError, match="has no rows"):
            open_tables(path, path.name, None)
        return
    table = open_tables(path, path.name, None)[0]
    frame = whole(table)
    assert frame["row"].to_list() == list(
        range(1 + (table.source.header_row or 0), 1 + (table.source.header_row or 0) + frame.height)
    )


@with_corpora
@pytest.mark.parametrize(
    "name", ["dummy.csv.gz", "dummy.csv.bz2", "dummy.tsv", "test_utf8_bom.csv", "test_utf16_big.csv"]
)
def test_packing_mark_and_delimiter_do_not_change_the_cells(name: str) -> None:
    """The same list in another dress is the same list."""
    examples = CORPORA / "csvkit" / "examples"
    twin = {"test_utf8_bom.csv": "test_utf8.csv", "test_utf16_big.csv": "test_utf16_little.csv"}.get(name, "dummy.csv")
    one, other = (Delimited().tables(examples / file, file, None)[0] for file in (name, twin))
    assert cells_of(one) == cells_of(other)


cell_texts = st.text(st.sampled_from("ab1é\U0001f4de ,;\t|\"'\n\r="), max_size=8).filter(lambda cell: "==" not in cell)
"""Any text but a ruled line, which is left out where it ends a list."""


def test_a_list_of_one_column_is_not_read_in_another_dialect(tmp_path: Path) -> None:
    """A cell that begins with an apostrophe and ends with a bare CR stays as it is."""
    assert cells_of(table_of(tmp_path, 'sep=,\nPhone\r\n"\'b\r"\r\n')) == [("'b\r",)]


@small_files
@given(data=st.data())
def test_whatever_a_csv_writer_writes_is_read_back(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any table of text, in any dialect, comes back cell by cell, whatever the size of blocks and chunks."""
    width = data.draw(st.integers(1, 5))
    rows = data.draw(st.lists(st.lists(cell_texts, min_size=width, max_size=width), max_size=8))
    delimiter = data.draw(st.sampled_from(",;\t|^"))
    # A row that is one cell here and a row with another delimiter is read with that one: it is another matter.
    assume(not any(width > 2 and not any(row[1:]) and set(row[0]) & set(",;\t|") for row in rows))
    quoting: Literal[0, 1] = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    line_ends = ["\r\n"] if quoting == csv.QUOTE_MINIMAL else ["\r\n", "\n", "\r"]  # it leaves other line ends bare
    written = io.StringIO(newline="")
    writer = csv.writer(
        written,
        delimiter=delimiter,
        quoting=quoting,
        lineterminator=data.draw(st.sampled_from(line_ends)),
    )
    writer.writerow(HEADER[:width])
    writer.writerows(rows)
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_rows, "BLOCK_BYTES", data.draw(st.sampled_from([1, 7, 64, 1 << 20])))
        table = table_of(folder, f"sep={delimiter}\n{written.getvalue()}")
        frame = whole(table, data.draw(st.integers(1, 9)))
    assert table.source.columns == HEADER[:width]
    assert [row[4:] for row in frame.rows()] == [as_read(row) for row in rows]
    # The cells are told apart without doubt; that some look like another table's header is another matter.
    assert set(frame["problem"].drop_nulls()) <= {strays.OTHER_HEADER, strays.OTHER_ROW, strays.TITLE}


def as_read(row: list[str]) -> tuple[str | None, ...]:
    """Empty cells are null; in a row that has apostrophes around each of its cells they are its quotes."""
    filled = [cell for cell in row if cell]
    is_quoted = len(filled) > 1 and all(len(cell) > 2 and cell[0] == cell[-1] == "'" for cell in filled)
    return tuple((cell[1:-1] if is_quoted else cell) or None for cell in row)


@small_files
@given(
    text=st.text(st.sampled_from('abcdefg123,,,,"\n\n\n\r\0 '), min_size=1, max_size=300),
    sizes=st.lists(st.sampled_from([1, 5, 33, 1 << 20]), min_size=2, max_size=2, unique=True),
)
@example(text="\ra,b\n1", sizes=[1, 33])
@example(text="\n\nx\na,b\n1", sizes=[5, 33])
def test_any_text_loses_no_letter_and_gives_the_same_rows_in_any_blocks(
    text: str, sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every line and letter is accounted for; neither blocks nor the fast path change a row."""
    header = "phone,name,email,city\n"
    tables = []
    for size in sizes:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text_rows, "BLOCK_BYTES", size)
            table = table_of(tmp_path_factory.mktemp("any"), f"sep=,\n{header}{text}")
            tables.append(whole(table, rows=3))
    assert tables[0].equals(tables[1])
    assert complaint(f"sep=,\n{header}{text}".encode(), table.source, tables[0]) == ""


def test_mutants_are_rows_or_one_clear_error(tmp_path: Path) -> None:
    """Flipped, cut and inserted bytes cost a row or give one line of words; rows and lines still count up."""
    source = random.Random(20240102)  # noqa: S311 - mutants, not secrets
    clean = "name,phone,email\r\n" + "".join(
        f'"Doe, J{n}",+1415555{n:04d},j{n}@example.com\r\n' for n in range(100, 130)
    )
    for _ in range(120):
        data = bytearray(clean.encode(source.choice(["utf-8", "utf-16", "cp1252"])))
        for _ in range(source.randint(1, 4)):
            place = source.randrange(len(data))
            match source.randrange(3):
                case 0:
                    data[place] = source.randrange(256)
                case 1:
                    del data[place : place + source.randrange(1, 40)]
                case _:
                    data[place:place] = source.choice([b'"', b"\n", b"\r", b"\0", b",", b'""', b"\xff", b"\xc3"])
        try:
            frame = whole(table_of(tmp_path, bytes(data)), rows=7)
        except ReadError:
            continue
        rows, lines = frame["row"].to_list(), frame["line"].to_list()
        assert rows == list(range(rows[0], rows[0] + len(rows))) if rows else not lines
        assert lines == sorted(set(lines))


def test_a_stray_quote_costs_its_own_row_and_no_other(tmp_path: Path) -> None:
    """An opened quote is named, its line split at the delimiters, and the next rows are whole."""
    rows = [f"Jo{n},Doe,+1415555{n:04d},j{n}@example.com" for n in range(50)]
    rows[7] = 'Jo7,"Doe,+14155550007,j7@example.com'
    rows[20] = 'Jo20,"Doe, Jr",+14155550020,j20@example.com'
    frame = whole(table_of(tmp_path, "first name,last name,phone,email\n" + "\n".join(rows)))
    assert frame.height == 50
    assert frame.filter(pl.col("problem").is_not_null())["row"].to_list() == [9]
    assert frame.row(7)[4:] == ("Jo7", "Doe", "+14155550007", "j7@example.com")
    assert frame.row(20)[4:] == ("Jo20", "Doe, Jr", "+14155550020", "j20@example.com")


def test_a_cell_over_several_lines_is_one_row(tmp_path: Path) -> None:
    """``row`` counts rows as a spreadsheet does, ``line`` counts physical lines."""
    frame = whole(table_of(tmp_path, 'name,phone,note\nJo,+14155550100,"one\ntwo, three\n\nfour"\nAl,+14155550101,x\n'))
    assert frame.select("row", "line").rows() == [(2, 2), (3, 6)]
    assert frame[RAW + "note"][0] == "one\ntwo, three\n\nfour"


@pytest.mark.parametrize(("header", "rows"), [("{}", 1), ("{}", 4), ('"a line\n{}"', 1), ('"a line\n{}"', 4)])
def test_twenty_thousand_columns_have_their_names_and_cells(tmp_path: Path, header: str, rows: int) -> None:
    """A header longer than what is looked at first is read whole, also over 20,000 lines."""
    names = ["phone", *(f"the name of column number {place:05}" for place in range(1, 20_000))]
    text = ",".join(header.format(name) for name in names)
    table = table_of(tmp_path, "\n".join([text, *[",".join(map(str, range(20_000)))] * rows]))
    assert [name.removeprefix("a line ") for name in table.source.columns] == names
    assert table.source.header_row == 1
    assert cells_of(table) == [tuple(map(str, range(20_000)))] * rows


@pytest.mark.parametrize("above", [0, 150])
def test_a_cell_of_sixty_thousand_lines_is_one_cell(tmp_path: Path, above: int) -> None:
    """A cell of a megabyte is no stray quote, whether it stands in the first row or below others."""
    cell = "\n".join(["a;b, and more of it"] * 60_000)
    rows = [("+12025550100", "Ann", "x")] * above + [("+12025550101", "Bob", cell), ("+12025550102", "Cy", "z")]
    text = "".join(f'{phone},{name},"{note}"\n' for phone, name, note in rows)
    table = table_of(tmp_path, f"phone,name,note\n{text}")
    assert cells_of(table) == rows
    assert not whole(table)["problem"].drop_nulls().len()


def test_long_short_and_blank_rows_stay_in_place(tmp_path: Path) -> None:
    """Extra cells are kept and named, missing and extra empty ones are no fault, blank lines are rows."""
    text = "name,phone\nJo,+14155550100,x,y\nAl\n\n,\nBo,+14155550101,,\n"
    frame = whole(table_of(tmp_path, text))
    assert frame["row"].to_list() == [2, 3, 4, 5, 6]
    assert frame["problem"].to_list() == ["4 cells, the header has 2", None, None, None, None]
    assert frame["extra_cells"].to_list() == ['["x", "y"]', None, None, None, None]
    assert frame.row(2)[4:] == frame.row(3)[4:] == (None, None)


@small_files
@given(
    rows=st.lists(
        st.sampled_from(
            [
                "a,1,x\n",
                'b,"2",y\n',
                'c,"3,y\n',
                "d,4\r\n",
                "e,5,z,,,\n",
                "f,6,z,w\n",
                'g,"7\n8",z\n',
                'h"i,9,\r',
                "\n",
                '"j,k","1 ""2"" 3",\n',
                'l,"1\n2\r\n3\n4\n5\n6\n7",m\r\n',
                "n" + "," * 300 + "o\n",
                '"",,""\r',
                ' "p",1\n',
            ]
        )
    ),
    is_end=st.booleans(),
)
def test_what_is_read_in_one_go_is_what_a_careful_reader_reads(rows: list[str], *, is_end: bool) -> None:
    """Whether text goes through polars or record by record, the rows, their lines and the rest are the same."""
    block = "".join(rows).encode()
    parser = blocks.BlockParser(",", ("name", "phone", "note"))
    parsed = parser.parse(block, is_end=is_end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks.BlockParser, "_fast", lambda *_: None)
        careful = parser.parse(block, is_end=is_end)
    assert parsed.frame.equals(careful.frame)
    assert (parsed.lines, parsed.rest) == (careful.lines, careful.rest)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('"Doe, \\"Jo\\"",1,x', ('Doe, "Jo"', "1", "x")),
        ('"Jo" Doe,1,x', ('"Jo" Doe', "1", "x")),
        ('Jo "JD" Doe,1,x', ('Jo "JD" Doe', "1", "x")),
        ('Doe, "1, or 2", x', ("Doe", "1, or 2", " x")),
        ("Doe,1,x,,,", ("Doe", "1", "x")),
        ('"Doe, J",1,x,,,', ("Doe, J", "1", "x")),
        ('="Doe",1\0,x', ('="Doe"', "1", "x")),
    ],
)
def test_what_has_one_reading_only_is_read(tmp_path: Path, line: str, cells: tuple[str, ...]) -> None:
    """Escapes, inner quotes, blanks before quotes, trailing delimiters and NULs are no faults."""
    frame = whole(table_of(tmp_path, f"name,phone,note\nAl,2,y\n{line}\nBo,3,z\n"))
    assert frame["problem"].null_count() == frame.height == 3
    assert frame.row(1)[4:] == cells


def test_a_long_blank_head_is_seen_through(tmp_path: Path) -> None:
    """Rows and lines are counted from the first line of the file, however far down the header is."""
    table = table_of(tmp_path, "\n" * 300_000 + "name,phone\nJo,1\n")
    assert table.source.header_row == 300_001
    assert whole(table).rows() == [(300_002, 300_002, None, None, "Jo", "1")]


@pytest.mark.parametrize("skip", [0, 1, 4, 9, 10, 11])
@pytest.mark.parametrize("rows", [1, 3, 10, 100])
def test_chunks_hold_as_many_rows_as_asked_and_start_where_asked(tmp_path: Path, rows: int, skip: int) -> None:
    """All chunks but the last are full; ``skip`` leaves out the first rows and keeps their numbers."""
    table = table_of(tmp_path, "name,phone\n" + "".join(f"a,{n}\n" for n in range(10)))
    frames = list(table.chunks(rows, skip))
    assert [frame.height for frame in frames[:-1]] == [rows] * (len(frames) - 1)
    assert [row for frame in frames for row in frame["row"]] == list(range(2 + skip, 12))
    assert table.share_read == 1.0


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_record_end_is_understood(tmp_path: Path, end: str) -> None:
    """LF, CR LF and bare CR give the same rows, with and without the last one."""
    assert cells_of(table_of(tmp_path, end.join(["name,phone", "a,1", '"b",2']))) == [("a", "1"), ("b", "2")]
    assert cells_of(table_of(tmp_path, end.join(["name,phone", "a,1", '"b",2', ""]))) == [("a", "1"), ("b", "2")]


ENCODED = [
    ("utf-8", "Müller"),
    ("utf-8-sig", "Müller"),
    ("utf-16", "Müller"),
    ("utf-16-le", "Müller"),
    ("utf-32-be", "Müller"),
    ("cp1252", "Jürgen Müller; François; Peña; Åse Ødegård"),
    ("cp1250", "Zdeněk Dvořák; Łukasz; Grzegorz Brzęczyszczykiewicz"),
    ("cp1250", "Zdeněk; Dvořák; Král; Nováková; Růžička"),
    ("cp1250", "Łukasz Wójcik; Grażyna; Święty"),
    ("cp1250", "Erdős Pál; Szűcs Éva; Kővári"),
    ("cp1252", "José Ibáñez; Muñoz; Núñez"),
    ("cp1252", "Bjørn Ødegård; Åse; Sørensen; Kjær"),
    ("cp1254", "Ayşe Yılmaz; Çağlar; Işık; Gökçe"),
    ("cp1257", "Jānis Bērziņš; Kārlis; Ģirts"),
    ("big5", "陳大文; 林志玲; 張學友"),
    ("euc_jp", "山田太郎; 佐藤はなこ"),
    ("cp1251", "Иван Петров; Анна Смирнова"),
    ("koi8_r", "Иван Петров; Анна Смирнова"),
    ("cp1253", "Γιώργος Παπαδόπουλος"),
    ("cp932", "山田太郎; 佐藤はなこ"),
    ("gb18030", "王小明; 李娜; 张伟"),
    ("cp949", "김철수; 이영희"),
    ("mac_roman", "Jürgen Müller; François"),
]


@pytest.mark.parametrize(("codec", "names"), ENCODED)
def test_names_come_out_of_their_encoding(tmp_path: Path, codec: str, names: str) -> None:
    """Marked, strict and guessed encodings give the names; a guess is said in the notes."""
    rows = [f"{name},+1415555{n:04d}" for n, name in enumerate(names.split("; "))]
    table = table_of(tmp_path, ("name,phone\n" + "\n".join(rows)).encode(codec))
    assert whole(table)[RAW + "name"].to_list() == names.split("; ")
    assert any("guessed" in note for note in table.source.notes) == (not codec.startswith("utf"))


def test_a_guessed_encoding_is_told_with_three_words_in_both_readings(tmp_path: Path, typed: Typed) -> None:
    """Words that the runner-up reads otherwise come first; a person sees which of the two is right."""
    names = ("Łukasz", "Zdeněk", "Dvořák", "Král")
    rows = "".join(f"{name},+1415555010{place}\n" for place, name in enumerate(names))
    source = table_of(tmp_path, f"name,phone\n{rows}".encode("cp1250")).source
    assert source.encoding == "cp1250"
    assert source.encoding_guess is not None
    assert [read for read, _ in source.encoding_guess.words] == list(names[:3])
    assert all(read != other for read, other in source.encoding_guess.words)
    out = " ".join(typed("inspect", tmp_path / "list.csv", "--region", "US").out.split())
    assert "Words as they were read (as the runner-up would have them): Łukasz (" in out
    assert out.count(source.encoding_guess.runner_up) == 1
    assert "no rows" not in out


def test_one_member_of_a_zip_is_read_and_several_are_refused(tmp_path: Path) -> None:
    """A packed list is unpacked, and said so; an archive of several files is not guessed at."""
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("list.csv", "name,phone\na,1\n")
    assert cells_of(open_tables(path, path.name, None)[0]) == [("a", "1")]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.csv", "name,phone\nb,2\n")
    with pytest.raises(ReadError, match="zip archive"):
        open_tables(path, path.name, None)


@pytest.mark.parametrize("pack", PACKS.values())
def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """A small file that holds no end of text is one clear error, whatever packed it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_LARGEST_UNPACKED_BYTES", 5 << 20)
        with pytest.raises(ReadError, match="unpacks to more than"):
            table_of(tmp_path, pack(b"name,phone\n" + b"a,+14155550100\n" * 500_000))


def test_frames_of_zstandard_in_a_row_are_one_text(tmp_path: Path) -> None:
    """As with members of gzip, a file may be put together from packed pieces."""
    table = table_of(tmp_path, PACKS["zst"](b"name,phone\na,1\n") + PACKS["zst"](b"b,2\n"))
    assert cells_of(table) == [("a", "1"), ("b", "2")]
    assert "The file was unpacked (zstd)." in table.source.notes


@pytest.mark.parametrize("pack", PACKS.values())
def test_a_damaged_packed_file_is_one_clear_error(tmp_path: Path, pack: object) -> None:
    """Half of a compressed file is not half of a list."""
    assert callable(pack)
    packed = pack(b"name,phone\n" + b"a,+14155550100\n" * 5000)
    with pytest.raises(ReadError, match=r"list\.csv"):
        table_of(tmp_path, packed[: len(packed) // 2])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\n \n,,\n"[:3], "no rows"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (bytes(range(1, 32)) * 50, "not text"),
    ],
)
def test_what_is_no_list_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    """The error says what the file is and what to do."""
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=words):
        open_tables(path, path.name, None)


def test_missing_files_folders_and_sheets_are_named(tmp_path: Path) -> None:
    """Each is an error of its own."""
    with pytest.raises(ReadError, match="no file"):
        open_tables(tmp_path / "none.csv", "none.csv", None)
    with pytest.raises(ReadError, match="is a folder"):
        open_tables(tmp_path, "lists", None)
    (tmp_path / "list.csv").write_text("name,phone\na,1\n")
    with pytest.raises(ReadError, match="has no sheets"):
        open_tables(tmp_path / "list.csv", "list.csv", "June")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """Rows of two states of a file are never mixed."""
    table = table_of(tmp_path, "name,phone\n" + "a,1\n" * 100)
    chunks = table.chunks(10)
    (tmp_path / "list.csv").write_text("name,phone\nb,2\n")
    with pytest.raises(ReadError, match="changed while it was read"):
        list(chunks)


@with_corpora
def test_published_lists_give_their_published_truth_or_it_is_known_why_not() -> None:
    """What ``python -m tests.quality.corpora`` prints: each list that differs from its truth has its explanation."""
    failures = [what for check in corpora.CHECKS.values() for what, wrong in check() if wrong]
    assert set(failures) == set(corpora.EXPLAINED)


def test_nuls_at_the_end_are_no_line(tmp_path: Path) -> None:
    """What a program left behind the last line end is not counted as a line of the footer."""
    source = table_of(tmp_path, "Name,Phone\r\nAnn,2025550101\r\n-----\r\n\0\0").source
    assert [(span.what, span.first, span.last) for span in source.left_out] == [("header", 1, 1), ("footer", 3, 3)]


PARTED = [
    ("¦", 'Name¦Phone¦Note\nAnn Lowe¦+1 415 555 0101¦says "hi", ok\nBob Marsh¦+1 415 555 0102¦x, y\n'),
    ("،", "الاسم،الهاتف،المدينة\nمحمد،+20 2 2345 6789،القاهرة\nفاطمة،+20 2 2345 6780،الرياض\n"),
    ("，", '姓名，电话，地址\n王伟，13812345678，"北京，海淀"\n李娜，13912345678，上海\n'),
    ("， ", "姓名， 电话， 地址\n王伟， 13812345678， 北京\n李娜， 13912345678， 上海\n"),
    ("；", "姓名；电话；地址\n王伟；13812345678；北京\n李娜；13912345678；上海\n"),
    (",", "姓名,电话,地址\n王伟,13812345678,北京，海淀\n李娜,13912345678,上海，浦东\n"),
    (" ", 'name phone\n"Ann Lowe" 4155550101\nBob 4155550102\nCy 4155550103\n'),
    (";", "Name;Phone;Note\n'Lowe; Ann';+1 415 555 0101;x\nMarsh;+1 415 555 0102;it's\n"),
]


@pytest.mark.parametrize(("delimiter", "text"), PARTED)
def test_cells_are_parted_by_what_people_part_them_by(tmp_path: Path, delimiter: str, text: str) -> None:
    """Signs of other scripts part cells where nothing else does, and stay in the cells where something does."""
    table = table_of(tmp_path, text)
    assert table.source.delimiter == delimiter
    cells = [cell for row in cells_of(table) for cell in row]
    assert None not in cells
    assert "，".join(filter(None, cells)).count("，浦东") == text.count("，浦东")
    assert any(cell in {"Lowe; Ann", "Ann Lowe", "محمد", "王伟"} for cell in cells)


def test_lines_of_a_name_and_its_number_are_parted_between_the_two(tmp_path: Path) -> None:
    """As they are written down by hand; the first line is a contact, too."""
    table = table_of(tmp_path, "Ann Lowe +1 415 555 0101\nBob Marsh: (415) 555-0102\nJosé Peña - 4155550103\n")
    assert cells_of(table) == [
        ("Ann Lowe", "+1 415 555 0101"), ("Bob Marsh", "(415) 555-0102"), ("José Peña", "4155550103"),
    ]  # fmt: skip
    assert table.source.header_row is None
    assert table_of(tmp_path, "name\nAnn 4155550101\nBob Marsh Lee 4155550102\n").source.columns == ("name",)


def test_a_number_with_one_blank_is_one_cell(tmp_path: Path) -> None:
    """A blank parts names from numbers, and belongs to numbers."""
    assert table_of(tmp_path, "phone\n415 5550101\n415 5550102\n415 5550103\n").source.delimiter is None


def test_addresses_past_the_last_column_end_no_reading(tmp_path: Path) -> None:
    """Where a header of one column is taken for that of a wide list, its rows are malformed, and all are read."""
    path = tmp_path / "list.csv"
    rows = [f"Ann,Lee,ann{n}@mail.example,+1 415 555 01{n:02}" for n in range(10)]
    path.write_text("\n".join([*["Terms of use apply to this list."] * 43, *rows, ""]))
    (table,) = open_tables(path, path.name, None)
    assert sum(chunk.height for chunk in table.chunks(100)) >= len(rows)


@pytest.mark.parametrize("mark", [";", "|", ","])
@pytest.mark.parametrize("columns", [3, 4, 5])
def test_delimiters_between_quoted_cells_are_not_one_long_delimiter(tmp_path: Path, mark: str, columns: int) -> None:
    """Every cell is quoted: what stands between them is one sign each time."""
    rows = [tuple(f"{name} {row}" for name in "abcde"[:columns]) for row in range(3)]
    header = ["Name", "Phone", "City", "Zip", "Notes"][:columns]
    table = table_of(tmp_path, "".join(mark.join(f'"{cell}"' for cell in row) + "\n" for row in (header, *rows)))
    assert table.source.delimiter == mark
    assert cells_of(table) == rows


@pytest.mark.parametrize("name", ["Stra&szlig;e", "Stra&#223;e", "Stra&#xDF;e"])
def test_the_semicolon_of_an_entity_parts_no_cells(tmp_path: Path, name: str) -> None:
    """Nor in quotes; a word that is no entity's name ends at its semicolon."""
    text = f'Name;{name};Phone\nJ&ouml;rg;"Gasse 1";+49 30 5551234\nSmith &Co;"Weg &amp; Platz";+49 30 5551235\nA;B;1\n'
    table = table_of(tmp_path, text)
    assert table.source.columns == ("Name", "Straße", "Phone")
    assert cells_of(table)[:2] == [
        ("J&ouml;rg", "Gasse 1", "+49 30 5551234"),
        ("Smith &Co", "Weg &amp; Platz", "+49 30 5551235"),
    ]
