"""No sign, however often it stands in a cell, makes a run last."""

from pathlib import Path
from time import process_time

import polars as pl
import pytest

from importer.readers.cell_kinds import kind_of
from importer.readers.delimited.delimiter import NO_DELIMITER
from importer.readers.delimited.dialect import Dialect, find_dialect
from importer.readers.delimited.misfits import Misfits
from importer.readers.encoding import foreign_words, guess
from importer.readers.footer import footer_start
from importer.readers.header import unique_names
from importer.readers.ldif import Ldif
from importer.stages.emails import examine
from importer.stages.names.splitting import split
from importer.system import process_tree
from tests.quality.hostile_cells import COLUMNS, MOST_S, SIGNS, SIZE, dry_run_s, hostile_list, pairs

_MOST_TOGETHER_S = 3 * MOST_S
"""Of 50 cells, which take one second: with any that takes the square of its length, they take a minute."""
_MOST_MB = 1_000
"""For a list of 5 MB, beside what the process has held before."""


@pytest.mark.parametrize("column", COLUMNS)
def test_a_hundred_kilobytes_of_a_sign_in_a_column_take_no_time(column: str, tmp_path: Path) -> None:
    """Each of 40 signs, and three pairs of them that differ from column to column; nor do they take memory."""
    some = pairs()[COLUMNS.index(column) :: len(pairs()) // 3][:3]
    before = process_tree.own_peak_mb()
    assert dry_run_s(hostile_list(tmp_path / "list.csv", column, [*SIGNS, *some])) < _MOST_TOGETHER_S
    assert process_tree.own_peak_mb() - before < _MOST_MB


@pytest.mark.parametrize("text", ["(" * SIZE, "'" * SIZE + "x", "=(" * SIZE])
def test_a_long_text_is_no_number(text: str) -> None:
    """Whatever its signs are; a short one is told in time that grows with it."""
    assert kind_of(text) == ""
    assert kind_of(text[:400]) == ""


@pytest.mark.parametrize(("text", "is_footer"), [("Total: 1,000", True), ("Total" + "," * SIZE + "x", False)])
def test_a_long_text_is_no_footer(text: str, is_footer: bool) -> None:
    """A sum is one; commas without end between its word and another are looked at no further."""
    assert (footer_start([["Ann", "1"], [text]], 2) == 1) is is_footer


def test_a_name_of_dots_that_part_names_is_looked_at_once() -> None:
    """A dot may belong to a name and stand between two, and ways to part 900 of them are more than can be tried."""
    start = process_time()
    assert split("山" + "・" * 900 + "x").first == "山" + "・" * 900 + "x"
    assert process_time() - start < MOST_S


@pytest.mark.parametrize(
    ("text", "is_ldif"), [(b"\n" * 90 + b"Phone,Name\n", False), (b"\n \n# x\r\ndn: cn=Ann", True)]
)
def test_blank_lines_at_the_beginning_are_looked_at_once(text: bytes, is_ldif: bool) -> None:
    """Each could be taken for a line's blanks and for its end."""
    start = process_time()
    assert Ldif().can_read(Path("list.csv"), text) is is_ldif
    assert process_time() - start < MOST_S


def test_columns_of_one_name_are_counted_once() -> None:
    """Each was counted from the second: 20,000 took half a minute."""
    start = process_time()
    assert unique_names(["a", "", "a (3)", *["a"] * 20_000])[-2:] == ("a (20001)", "a (20002)")
    assert process_time() - start < MOST_S


def test_words_around_many_blanks_are_no_address() -> None:
    """Blanks that nothing parts are not looked at from each of them."""
    start = process_time()
    assert examine("ann" + " " * SIZE + "lee").email is None
    assert process_time() - start < MOST_S


def test_quotes_that_nothing_closes_are_looked_at_once() -> None:
    """Each would have the line read to its end."""
    start = process_time()
    assert find_dialect([",“" * (SIZE // 2)] * 3).delimiter == ","
    assert process_time() - start < MOST_S


@pytest.mark.parametrize("line", ["a" + " " * SIZE, "a -" * SIZE, "a" + " -" * 49 + "1 2 3 4 5 x", "a (" * SIZE])
def test_lines_that_may_end_in_a_number_are_looked_at_once(line: str) -> None:
    """Blanks and dashes may belong to the name, to the number, or between them."""
    start = process_time()
    Dialect(NO_DELIMITER, is_run_on=True).plain(f"{line}\n".encode() * 20)
    assert process_time() - start < MOST_S


@pytest.mark.parametrize("text", [b"a" * SIZE + b" caf\xe9", b"\xe9" * SIZE])
def test_an_encoding_is_guessed_from_words_of_any_length(text: bytes) -> None:
    """A word without a letter beyond ASCII costs what it is long, one of such letters a thousand of them."""
    start = process_time()
    assert guess(foreign_words(text)).name.startswith("cp")
    assert process_time() - start < MOST_S


def test_lines_of_another_delimiter_are_looked_at_together() -> None:
    """Each had three readers made for it: 50,000 lines of a tab took 4 s."""
    columns = tuple("abcdefgh")
    cells = {f"raw:{column}": ["\t" if column == "a" else None] * SIZE for column in columns}
    frame = pl.DataFrame({"problem": [None] * SIZE, **cells}, dict.fromkeys(["problem", *cells], pl.String))
    start = process_time()
    assert Misfits(columns, ",", has_remarks=False).read(frame).equals(frame)
    assert process_time() - start < 1
