"""What every reader must do; a new one is tested by being listed in ``READERS``, once it has a sample here."""

import struct
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from importer.errors import ReadError
from importer.models.frames import RAW
from importer.readers.formats import READERS, open_tables
from importer.readers.table import Reader, Table
from tests.support.workbooks import save

PHONES = ["+14155550100", "+14155550101", "+14155550102"]
FROM_A_READER = {"row": pl.UInt32, "line": pl.UInt32, "problem": pl.String, "extra_cells": pl.String}


def _workbook(path: Path) -> Path:
    return save(
        path.with_suffix(".xlsx"), [["Name", "Phone"], *([f"Ann {n}", phone] for n, phone in enumerate(PHONES))]
    )


def _parquet(path: Path) -> Path:
    target = path.with_suffix(".parquet")
    pl.DataFrame({"Name": ["Ann", "Bob", "Cy"], "Phone": PHONES}).write_parquet(target)
    return target


def _text(suffix: str, text: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        target = path.with_suffix(suffix)
        target.write_text(text, "utf-8")
        return target

    return write


def _each(form: str) -> str:
    return "".join(form.format(n=n, phone=phone) for n, phone in enumerate(PHONES))


def _dbase(path: Path) -> Path:
    """A dBase III table: a header, two fields of text, and records of fixed width."""
    fields = b"".join(struct.pack("<11sc4xB15x", name, b"C", 16) for name in (b"NAME", b"PHONE"))
    records = b"".join(
        b" " + f"Ann {n}".ljust(16).encode() + phone.ljust(16).encode() for n, phone in enumerate(PHONES)
    )
    head = struct.pack("<B3BIHH20x", 3, 126, 11, 30, len(PHONES), 32 + len(fields) + 1, 33)
    target = path.with_suffix(".dbf")
    target.write_bytes(head + fields + b"\r" + records + b"\x1a")
    return target


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "Workbook": _workbook,
    "Parquet": _parquet,
    "VCards": _text(".vcf", _each("BEGIN:VCARD\nVERSION:3.0\nFN:Ann {n}\nTEL:{phone}\nEND:VCARD\n")),
    "JsonLists": _text(".json", "[" + _each('{{"Name": "Ann {n}", "Phone": "{phone}"}},\n').rstrip(",\n") + "]"),
    "XmlLists": _text(
        ".xml",
        "<phonebooks><phonebook>"
        + _each(
            "<contact><person><realName>Ann {n}</realName></person>"
            '<telephony><number type="mobile">{phone}</number></telephony></contact>'
        )
        + "</phonebook></phonebooks>",
    ),
    "Ldif": _text(".ldif", _each("dn: cn=Ann {n}\ncn: Ann {n}\nmobile: {phone}\n\n")),
    "Dbase": _dbase,
    "Labelled": _text(".txt", _each("Name: Ann {n}\nPhone: {phone}\n\n")),
    "Stacked": _text(".txt", _each("Ann Poe\n{phone}\n\n")),
    "Delimited": _text(".csv", "Name,Phone\n" + _each("Ann {n},{phone}\n")),
}
"""A list of ``PHONES`` in each format."""


@pytest.fixture(params=READERS, ids=lambda reader: type(reader).__name__)
def reader(request: pytest.FixtureRequest) -> Reader:
    """Each reader in turn."""
    found: Reader = request.param
    assert type(found).__name__ in SAMPLES, f"{type(found).__name__} has no sample: add one"
    return found


@pytest.fixture
def file(reader: Reader, tmp_path: Path) -> Path:
    """A list in the reader's format."""
    return SAMPLES[type(reader).__name__](tmp_path / "list")


def the_table(reader: Reader, file: Path) -> Table:
    (table,) = reader.tables(file, file.name, None)
    return table


def test_it_takes_its_own_files_and_no_reader_before_it_does(reader: Reader, file: Path) -> None:
    """The order of the tuple is part of it: the first that can read a file gets it."""
    head = file.read_bytes()[:8192]
    assert next(other for other in READERS if other.can_read(file, head)) is reader


def test_each_row_is_there_with_its_cells_as_text(reader: Reader, file: Path) -> None:
    """Every number is found, and the columns are those that ``frames`` documents."""
    table = the_table(reader, file)
    frame = pl.concat(list(table.chunks(1000)))
    assert {name: frame.schema[name] for name in FROM_A_READER} == FROM_A_READER
    cells = frame.drop(list(FROM_A_READER))
    assert list(cells.columns) == [RAW + column for column in table.source.columns]
    assert set(cells.dtypes) == {pl.String}
    shown = {cell for column in cells.columns for cell in cells[column].drop_nulls()}
    assert set(PHONES) <= shown
    assert frame["row"].is_sorted()
    assert table.share_read == 1


def test_pieces_do_not_show(reader: Reader, file: Path) -> None:
    """Two calls give the same rows, whatever their number at a time; ``skip`` leaves out the first ones."""
    table = the_table(reader, file)
    whole = pl.concat(list(table.chunks(1000)))
    assert pl.concat(list(table.chunks(1))).equals(whole)
    assert pl.concat(list(table.chunks(2, skip=1))).equals(whole[1:])


def test_the_source_tells_where_it_came_from(reader: Reader, file: Path) -> None:
    """Name, size, hash and format are there for the report."""
    source = the_table(reader, file).source
    assert (source.file, source.size_bytes) == (file.name, file.stat().st_size)
    assert len(source.sha256) == 64
    assert source.format


def test_half_a_file_gives_rows_or_words(file: Path) -> None:
    """Whatever is cut off: no other exception than one that tells a person what to do."""
    data, told = file.read_bytes(), []
    for size in range(1, len(data), max(1, len(data) // 9)):
        file.write_bytes(data[:size])
        try:
            tables = open_tables(file, file.name, None)
            assert sum(chunk.height for table in tables for chunk in table.chunks(2)) <= 3 * len(PHONES)
        except ReadError as error:
            told.append(str(error))
    assert all(file.name in words for words in told)


def test_a_sheet_that_is_not_there_is_refused(reader: Reader, file: Path) -> None:
    """Only workbooks have sheets; the name that was asked for is in the words."""
    with pytest.raises(ReadError, match=r"Nowhere|sheet"):
        reader.tables(file, file.name, "Nowhere")
