"""Polluted lists give what a careful person would read, and ordinary lists are left alone."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.readers.formats import open_tables
from importer.readers.table import Table
from tests.conftest import Typed
from tests.support.lines import complaint
from tests.support.pollution import CONTACTS, HEADER, Polluted, line, polluted_files, written
from tests.support.recovery import Read, Recovery, read_list, recovery, whole_of

FILES = list(polluted_files())
FEWEST_ROWS = 15_601
FEWEST_CELLS = 168_879
MOST_WRONG = 87


def read(folder: Path, data: str) -> tuple[Table, pl.DataFrame]:
    path = folder / "list.csv"
    path.write_bytes(data.encode())
    (table,) = open_tables(path, path.name, None)
    return table, pl.concat(table.chunks(1000))


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Recovery, Read | None]]:
    """All files, read once: what came back of each, and what was read."""
    folder = tmp_path_factory.mktemp("polluted")
    return {file.kind: recovery(file, folder) for file in FILES}


@pytest.fixture(scope="module")
def recovered(readings: dict[str, tuple[Recovery, Read | None]]) -> dict[str, Recovery]:
    return {kind: got for kind, (got, _) in readings.items()}


@pytest.mark.parametrize("file", [file for file in FILES if not file.undecided], ids=lambda file: file.kind)
def test_what_can_be_told_from_the_file_is_read(file: Polluted, recovered: dict[str, Recovery]) -> None:
    """All rows and cells come back, and nothing else is taken for a row."""
    assert recovered[file.kind] == whole_of(file)


def test_what_is_recovered_in_all_does_not_fall(recovered: dict[str, Recovery]) -> None:
    """The kinds that the file alone does not decide are known, and cost no rows but their own."""
    assert {file.kind for file in FILES if file.undecided} == {
        *(f"delimiter {what} in row {row}" for what in ("missing", "too many") for row in (1, 50, 100)),
        *(f"stray quote at the start of row {row}" for row in (1, 50, 100)),
        "row broken over two lines",
        "cells with commas and no quotes",
        "quote opened in the last cells",
        "columns of fixed width",
    }
    assert sum(got.rows for got in recovered.values()) >= FEWEST_ROWS
    assert sum(got.cells for got in recovered.values()) >= FEWEST_CELLS
    assert sum(got.wrong for got in recovered.values()) <= MOST_WRONG


CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"


def account(data: bytes, table: Table, frames: list[pl.DataFrame]) -> str:
    return complaint(data, table.source, pl.concat(frames)) if frames else ""


def test_every_line_is_a_row_or_is_named_as_what_it_is(readings: dict[str, tuple[Recovery, Read | None]]) -> None:
    """Counted anew, the lines of each file are those of its rows and of what was left out, and so are the letters.

    Left out are files that must be unpacked first, and one of 20,000 columns and one of a megabyte in a cell.
    """
    wrong = {}
    for file in FILES:
        _, read = readings[file.kind]
        is_plain = file.columns and len(file.data) < 500_000 and "packed" not in file.kind
        if is_plain and read is not None and (words := account(file.data, *read)):
            wrong[file.kind] = words
    assert not wrong


@pytest.mark.corpora
def test_every_line_of_lists_of_others_is_a_row_or_is_named_as_what_it_is(tmp_path: Path) -> None:
    """Every tenth of the corpora: their kinds stand one after another, and ``tests.quality.corpora`` reads them all."""
    found = {path.name: path.read_bytes() for path in sorted(CORPORA.rglob("*.[ct]sv"))[::10]}
    lists = {name: data for name, data in found.items() if data.strip(b",\r\n")}
    assert not {name: words for name, data in lists.items() if (words := account(data, *read_list(data, tmp_path)))}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda frame: frame.filter(pl.col("row") != 7), "comes where line"),
        (lambda frame: frame.head(-1), "the account ends with line"),
        (lambda frame: frame.with_columns(pl.lit("x").alias("raw:City")), "letters lost"),
    ],
)
def test_a_wrong_account_is_found(spoil: Callable[[pl.DataFrame], pl.DataFrame], words: str, tmp_path: Path) -> None:
    """A row that is missing, the last one too, and a cell that holds something else are named."""
    text = written((HEADER, *CONTACTS[:20]))
    table, frame = read(tmp_path, text)
    assert complaint(text.encode(), table.source, frame) == ""
    assert words in complaint(text.encode(), table.source, spoil(frame))


def test_lines_that_are_no_rows_are_in_inspect_and_in_the_summary(tmp_path: Path, typed: Typed) -> None:
    """Blank lines, remarks, titles, headers, rules and footers, each with its lines."""
    text = "\n\n# by the shop\nOur list\n\nFirst,Last,Phone\nName,Name,mobile\n---,---,---\n"
    text += "".join(f"{row[0]},Green,{row[2]}\n" for row in CONTACTS[:9]) + "\nTotal: 9\n(9 rows)\n"
    path = tmp_path / "list.csv"
    path.write_text(text)
    spans = "blank 1-2, remark 3, title 4, blank 5, header 6-7, rule 8, footer 19-20"
    assert f"Lines that are no rows: {spans}" in " ".join(typed("inspect", path).out.split())
    done = typed("run", path, "--dry-run", "--region", "US", "--runs", tmp_path / "runs", "--json")
    (source,) = json.loads(done.out)["sources"]
    assert source["left_out"][-2:] == [
        {"what": "rule", "first": 8, "last": 8}, {"what": "footer", "first": 19, "last": 20},
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["missing", "too many"])
@pytest.mark.parametrize("row", [1, 50, 100])
def test_a_row_that_is_shifted_is_no_contact_but_said_to_be_shifted(
    kind: str, row: int, recovered: dict[str, Recovery]
) -> None:
    """Where a delimiter is missing or one too many cannot be told, that it is can: address and number stand beside."""
    got = recovered[f"delimiter {kind} in row {row}"]
    side = {"missing": "left", "too many": "right"}[kind]
    assert got.wrong == 0
    assert f"the cells stand one column too far to the {side}" in got.said or "7 cells, the header has 6" in got.said


def test_an_address_beside_its_column_is_no_shift(tmp_path: Path) -> None:
    """A row without a number, or with the number in place, stays a row: somebody wrote the address elsewhere."""
    rows = "".join(f"Jo,+1415555{place:04d},jo{place}@example.com,\n" for place in range(9))
    odd = "Al,+14155550199,,al@example.com\nBo,,,bo@example.com\nCy,cy@example.com,,\n"
    _, frame = read(tmp_path, f"Name,Phone,Email,Notes\n{rows}{odd}{rows}")
    assert frame["problem"].null_count() == 21


def test_what_was_left_out_is_told_with_its_lines(tmp_path: Path) -> None:
    """Remarks, further header lines, rules, footers and second tables are in the notes."""
    text = "# export\n" + line(HEADER) + "\n---,---,---,---,---,---\n" + written(CONTACTS[:3])
    table, frame = read(
        tmp_path, f"{text}\nProduct,Price\nTea,3\n{written((HEADER, CONTACTS[3]))}\n\nTotal: 4\n(4 rows)\n"
    )
    assert table.source.notes == (
        "A line of remarks above the list was left out.",
        "A ruled line under the header was left out.",
        "Lines 14 to 15 below the list are a footer; left out.",
        "The header stands again on line 10; the rows below it were read as rows of this list.",
        (
            "Another table begins on line 8; 1 of its rows do not fit the columns. "
            "To import them, save that table as a file of its own."
        ),
    )
    assert frame["line"].to_list() == list(range(4, 14))
    assert frame["problem"].to_list() == [
        *[None] * 4, "the header of another table", "a row of another table, with other columns", "the header again",
        None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "#,Name,Phone\n1,Jo,+14155550100\n2,Al,+14155550101\n",
        "Phone\n+1 415 555 0100\n+1 415 555 0101\n",
        "Name,Phone\nJo,+14155550100\nPage Smith,\n",
        "Name,Phone,Note\nJo,+14155550100,\nTotal Care,,\n",
        "Name,Phone,Note\nJo,+14155550100,\n\nAl,,\n",
        "Name,Phone,Note\nTotal: 3,+14155550100,Generated by 3\n",
        "Name,Phone,Note\nHome Depot,n/a,\nJo,+14155550100,\n",
        "Name,Phone,Note\nHome,Mobile,Work\nJo,+14155550100,\n"[:0]
        + "Name,Phone\nO'Brien,+14155550100\nO'Hara,+14155550101\n",
        "Name,Phone\n'Jo,'+14155550100\n'Al,'+14155550101\n",
        "Name,Phone,Path\nJo,+14155550100,C:\\jo\\\nAl,+14155550101,C:\\al\\\n",
        "Name,,Phone\nJo,,+14155550100\nAl,,+14155550101\n",
        "Name|Phone|Note\nJo||\nAl|+14155550101|x\n",
    ],
)
def test_ordinary_lists_are_left_alone(text: str, tmp_path: Path) -> None:
    """What only looks like a footer, a remark, a quote, an escape or a header is a row and stays as it is."""
    table, frame = read(tmp_path, text)
    mark = table.source.delimiter or ","
    assert [mark.join(cell or "" for cell in row[4:]).strip(mark) for row in frame.rows()] == [
        row.strip(mark) for row in text.splitlines()[1:]
    ]


odd_words = st.sampled_from(
    [
        "Total",
        "Page 1",
        "# x",
        "Phone",
        "Name",
        "Source: shop",
        "'a'",
        "a;b",
        "(3 rows)",
        "",
        "",
        "Notes",
        "--- x",
        "\\",
    ]
)


@settings(max_examples=settings().max_examples * 3 // 5)  # each writes a file
@given(rows=st.lists(st.tuples(odd_words, odd_words, st.booleans()), min_size=1, max_size=12))
def test_no_row_with_a_number_is_ever_left_out_or_doubted(
    rows: list[tuple[str, str, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever words stand beside it, a phone number in its column is a row, also below blank rows and other tables."""
    text = "Name,Phone,Notes\nAl,+14155550199,\nBo,+14155550198,\n"
    for place, (name, note, is_after_blank) in enumerate(rows):
        text += ("\n" if is_after_blank else "") + f"{name},+1415555{place:04d},{note}\n"
    _, frame = read(tmp_path_factory.mktemp("odd"), text)
    numbers = frame.filter(pl.col("problem").is_null())["raw:Phone"].drop_nulls().to_list()
    assert numbers == ["+14155550199", "+14155550198", *(f"+1415555{place:04d}" for place in range(len(rows)))]
