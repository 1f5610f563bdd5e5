"""Files that a few signs make endless: they are read in little memory, or refused in a sentence with the way out."""

import json
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import process_time

import polars as pl
import pytest

from importer.errors import MappingError, ReadError
from importer.models.frames import RAW
from importer.models.watching import Silence
from importer.pipeline.engines.reading import _small
from importer.pipeline.plan import make_plan, named
from importer.readers.delimited.careful import MOST_CELLS
from importer.readers.formats import open_tables
from importer.settings.settings import Settings
from tests.quality.hostile_files import commas_after_values, endless_row, many_sheets, small_archive

_MOST_MB = 400
"""More than this process grows by: one line of 5 MB of commas took 2,200 MB."""
_MOST_S = 3.0
_PERSON = "+1 415 555 0100,Ann"


def read(path: Path, sheet: str | None = None) -> pl.DataFrame:
    """All rows of the file's tables."""
    return pl.concat(chunk for table in open_tables(path, path.name, sheet) for chunk in table.chunks(1000))


def peak_mb() -> float:
    """The most memory that this process ever held."""
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def test_a_line_of_five_megabytes_of_commas_is_a_blank_row(tmp_path: Path) -> None:
    """The rows around it are read, too, and memory does not follow the line."""
    before, start = peak_mb(), process_time()
    frame = read(endless_row(tmp_path / "list.csv", "", 5 << 20))
    assert frame[RAW + "Phone"].to_list() == ["+1 415 555 0100", None, "+1 415 555 0101"]
    assert frame["problem"].null_count() == 3
    assert frame["line"].to_list() == [2, 3, 4]
    assert peak_mb() - before < _MOST_MB
    assert process_time() - start < _MOST_S


@pytest.mark.parametrize("cell", ["x", '"x"'])
def test_a_line_of_a_million_cells_is_a_malformed_row_that_loses_none(tmp_path: Path, cell: str) -> None:
    """Cells past the most that a record has are kept as one."""
    before, start = peak_mb(), process_time()
    frame = read(endless_row(tmp_path / "list.csv", cell, 1 << 20))
    assert frame["problem"].to_list() == [None, f"more than {MOST_CELLS:,} cells, the header has 2", None]
    extra = json.loads(frame["extra_cells"][1])
    assert len(extra) == MOST_CELLS + 1 - 2
    assert extra[:-1] == ["x"] * (MOST_CELLS - 2)
    cells = (1 << 20) // (len(cell) + 1)
    assert extra[-1] == ",".join([cell] * (cells - MOST_CELLS))
    assert peak_mb() - before < _MOST_MB
    assert process_time() - start < _MOST_S


def test_a_header_of_more_columns_than_any_list_has_is_refused(tmp_path: Path) -> None:
    """The line is named, and what to do."""
    path = tmp_path / "list.csv"
    names = ",".join(f"c{number}" for number in range(MOST_CELLS + 2))
    path.write_text(f"List of June\nPhone,{names}\n+1 415 555 0100,x\n")
    with pytest.raises(ReadError, match=r"list\.csv has more than 32,768 columns, by line 2: .* Delete the delimiters"):
        open_tables(path, path.name, None)


def test_broken_objects_of_json_cost_what_they_are_long(tmp_path: Path) -> None:
    """Of 10,000 among 50,000 each is a row with its problem; none has the whole document read again."""
    path = commas_after_values(tmp_path / "list.json", objects=50_000, sound=4)
    start = process_time()
    frame = read(path)
    assert frame["problem"].null_count() == 40_000
    assert process_time() - start < _MOST_S


def test_json_of_more_broken_objects_than_that_is_refused(tmp_path: Path) -> None:
    """A comma after each last value: the sentence says what is wrong, and where."""
    path = commas_after_values(tmp_path / "list.json", objects=20_000, sound=0)
    start = process_time()
    with pytest.raises(ReadError, match=r"more than 10,000 broken objects, the last on line 10,?002 .*double quotes"):
        read(path)
    assert process_time() - start < _MOST_S


@pytest.mark.parametrize(
    ("sign", "fault"),
    [
        (",", "a line of over 32 MiB, line 3"),
        ('"', "a line of over 32 MiB, line 3"),
        ("a", "a line of over 32 MiB, line 3"),
        ("\n", "more than 2,097,152 lines one after another with nothing in them"),
        ('"\n', "more than 2,097,152 lines one after another with nothing in them"),
        (", ;\n", "more than 2,097,152 lines one after another with nothing in them"),
    ],
)
def test_a_few_kilobytes_that_unpack_to_nothing_but_a_sign_are_refused(tmp_path: Path, sign: str, fault: str) -> None:
    """Before anything else is done with them: no line is made a frame, and nothing was sent."""
    path = small_archive(tmp_path / "list.csv.gz", sign, 34 << 20)
    assert path.stat().st_size < 200_000
    before, start = peak_mb(), process_time()
    with pytest.raises(ReadError, match=rf"list\.csv\.gz has {fault}"):
        open_tables(path, path.name, None)
    assert peak_mb() - before < _MOST_MB / 4
    assert process_time() - start < _MOST_S


def test_as_many_blank_lines_as_a_sheet_has_rows_are_blank_rows(tmp_path: Path) -> None:
    """Spreadsheets write so where one cell far below was filled once."""
    path = tmp_path / "list.csv"
    path.write_text("\n".join(["Phone,Name", _PERSON, *[","] * 1_048_574, ""]))
    assert read(path)["row"].to_list()[-1] == 1_048_576


def test_short_lines_below_thousands_of_columns_are_read_in_little_memory(tmp_path: Path) -> None:
    """Each takes room for every column: all 3,000 of them at once, which are 6 kB, take 220 MB, as they are read 95."""
    path = tmp_path / "list.csv"
    names = ",".join(f"Remark {number}" for number in range(4_000))
    person = _PERSON + ",x" * 3_999
    path.write_text(f"Phone,{names}\n" + f"{person}\n" * 100 + "x\n" * 3_000)
    (table,) = open_tables(path, path.name, None)
    before = peak_mb()
    assert sum(chunk.height for chunk in table.chunks(500)) == 3_100
    assert peak_mb() - before < 160


def test_rows_that_are_longer_than_the_first_ones_are_worked_on_fewer_at_a_time() -> None:
    """However many are read at once by the look of a table's beginning."""
    chunk = pl.DataFrame({"text": ["x" * 1_000] * 100})
    heights = [piece.height for piece in _small(iter([chunk, chunk.head(9)]), 10_000)]
    assert sum(heights) == 109
    assert max(heights) <= 10
    assert list(_small(iter([chunk]), 10**9)) == [chunk]


def test_thousands_of_columns_of_numbers_are_a_question(tmp_path: Path) -> None:
    """More than one person has; weighing each beside each other one took minutes."""
    path = tmp_path / "list.csv"
    numbers = ",".join(["+1 415 555 0100"] * 3_000)
    path.write_text(",".join(f"Phone {place}" for place in range(1, 3_001)) + f"\n{numbers}\n{numbers}\n")
    start = process_time()
    with pytest.raises(MappingError, match=r"3,000 columns may hold a person's phone numbers.* at most 100 .* --map"):
        make_plan(named([path]), Settings.model_validate({"runs": tmp_path}), Silence())
    assert process_time() - start < 2 * _MOST_S


@pytest.mark.parametrize("form", ["ods", "xml", "html"])
def test_a_workbook_of_thousands_of_sheets_is_refused_but_for_the_one_named(tmp_path: Path, form: str) -> None:
    """How many there are is told, and how to name the one with the list."""
    path = many_sheets(tmp_path, form, 2_000)
    with pytest.raises(ReadError, match=r"holds 2,000 sheets; at most 500 are read at once\. Name .* \(--sheet NAME\)"):
        open_tables(path, path.name, None)
    named = "Table 7" if form == "html" else "Sheet 7"
    assert read(path, named)[RAW + "Phone"].to_list() == ["+1 415 555 0107"]


def test_a_card_of_fifty_thousand_numbers_is_a_malformed_row(tmp_path: Path) -> None:
    """The card below it is read."""
    path = tmp_path / "list.vcf"
    cards = (["TEL:+1 415 555 0100"] * 50_000, ["TEL:+1 415 555 0101"])
    path.write_text("".join(f"BEGIN:VCARD\nFN:Ann\n{chr(10).join(card)}\nEND:VCARD\n" for card in cards))
    start = process_time()
    frame = read(path)
    assert frame["problem"].to_list() == ["a card of more than 1,000 lines", None]
    assert process_time() - start < _MOST_S
