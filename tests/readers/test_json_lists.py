"""JSON and NDJSON: objects as rows, and broken ones as one row each."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from importer.errors import ReadError
from importer.readers.formats import open_tables
from tests.conftest import Typed
from tests.support.records import PEOPLE, cells, places, read

READ = [
    {"name": "Ann", "phone": "12025550101", "address.city": "Bonn", "address.geo.lat": "50.7", "tags": "a; b"},
    {"name": "Ben", "phone": "+1 202-555-0102", "vip": "true", "phones.no": "1; 2"},
]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (json.dumps(PEOPLE), "json"),
        (json.dumps({"success": True, "data": {"page": 1, "contacts": PEOPLE}}, indent=2), "json"),
        ("\n\n".join(map(json.dumps, PEOPLE)), "ndjson"),
        (json.dumps(PEOPLE).encode("utf-16"), "json"),
        (b"\xef\xbb\xbf" + json.dumps(PEOPLE).encode(), "json"),
    ],
)
def test_objects_become_rows(tmp_path: Path, content: str | bytes, form: str) -> None:
    """A list, a list within an object, an object a line: nested names have dots, lists are joined, gaps are empty."""
    table = read(tmp_path / "people", content)
    assert table.source.format == form
    assert cells(table) == READ
    assert [row for row, _, _ in places(table)] == [2, 3]


def test_numbers_stay_as_written(tmp_path: Path) -> None:
    """No digit is lost, and what had an exponent can be seen to be damaged."""
    content = '[{"a": 12345678901234567890123, "b": 1.2E+10, "c": 1.50, "d": NaN}]'
    assert cells(read(tmp_path / "n.json", content)) == [
        {"a": "12345678901234567890123", "b": "1.2E+10", "c": "1.50", "d": "NaN"}
    ]


def test_the_list_that_was_taken_is_named(tmp_path: Path) -> None:
    """Where an object holds several lists, the notes tell which one was read and which were not."""
    table = read(tmp_path / "two.json", json.dumps({"contacts": PEOPLE, "archived": PEOPLE}))
    assert table.source.notes == (
        'The contacts are those in the list "contacts".',
        'Other lists were left out: "archived".',
    )


def test_one_object_is_one_contact(tmp_path: Path) -> None:
    """An object without any list of objects is a row itself."""
    assert cells(read(tmp_path / "one.json", json.dumps(PEOPLE[0], indent=1))) == READ[:1]


def test_broken_objects_cost_one_row(tmp_path: Path) -> None:
    """In a list with an object a line, reading goes on with the next object that begins as the broken one did."""
    content = '[\n  {"p": "1"},\n  {"p": "2",},\n  {"p": "3"},\n  5,\n  {"p": "4", "p": "5"},\n  {"p": "6'
    table = read(tmp_path / "broken.json", content)
    assert cells(table) == [{"p": "1"}, {}, {"p": "3"}, {}, {}, {}]
    problems = [(line, problem) for _, line, problem in places(table)]
    line, problem = problems.pop(1)
    assert line == 3
    assert problem in (
        "not JSON: Expecting property name enclosed in double quotes",
        "not JSON: Illegal trailing comma before end of object",  # from Python 3.13 on
    )
    assert problems == [
        (2, None),
        (4, None),
        (5, "no object with named values"),
        (6, "not JSON: a name stands twice in one object"),
        (7, "not JSON: Unterminated string starting at"),
    ]


def test_broken_lines_cost_one_row(tmp_path: Path) -> None:
    """In NDJSON every line stands for itself; blank ones are none."""
    table = read(tmp_path / "broken.ndjson", '{"p":"1"}\n\n{"p":\n[1]\n{"p":"\\ud800é"}\n')
    assert cells(table) == [{"p": "1"}, {}, {}, {"p": "?é"}]
    assert [(row, line) for row, line, _ in places(table)] == [(2, 1), (3, 3), (4, 4), (5, 5)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[]", "does not hold a contact"),
        ('[["Name", "Phone"]]', "does not hold a contact"),
        ("[{'phone': 1}]", "does not hold a value with a name .not JSON: Expecting property name"),
        ('{"a":' * 50_000, "no list of contacts"),
        ("[" + ",".join(f'{{"k{n}":1}}' for n in range(1_001)) + "]", "more than 1000 different names"),
    ],
)
def test_json_that_is_no_list_is_refused(tmp_path: Path, content: str, says: str) -> None:
    """One line with the file's name."""
    with pytest.raises(ReadError, match=rf"x.json.*{says}"):
        read(tmp_path / "x.json", content)


def test_deep_nesting_is_a_problem_of_its_row(tmp_path: Path) -> None:
    """Whatever the depth, other rows are read."""
    deep = '{"a":' * 60 + "1" + "}" * 60
    table = read(tmp_path / "deep.json", f'[{deep},\n{"[" * 9_000},\n{{"p":"1"}}]')
    first, second, third = [problem for _, _, problem in places(table)]
    assert (first, third) == ("not JSON: nested too deep", None)
    assert second in ("not JSON: nested too deep", "not JSON: Expecting value")  # Python 3.13 goes deeper


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


records = st.lists(st.dictionaries(st.sampled_from(["name", "phone", "e mail", "x.y"]), texts), min_size=1, max_size=5)


@given(records, st.booleans())
@hypothesis_settings(max_examples=25)
def test_any_text_comes_through(people: list[dict[str, str]], is_lines: bool) -> None:
    """As a list and as lines, the texts are those that were written; empty ones are no cell."""
    assume(any(people))
    content = "\n".join(map(json.dumps, people)) if is_lines else json.dumps(people, ensure_ascii=False)
    with TemporaryDirectory() as folder:
        found = cells(read(Path(folder) / "x", content))
    assert found == [{name: text for name, text in person.items() if text} for person in people]


@pytest.mark.parametrize("name", ["people.json", "people.ndjson", "people.parquet"])
@pytest.mark.parametrize("in_objects", [False, True])
def test_of_several_phones_the_first_valid_one_is_taken(
    tmp_path: Path, typed: Typed, name: str, *, in_objects: bool
) -> None:
    """A contact's list of numbers gives the first that is valid; the others are kept as metadata."""
    numbers = ["+1 202 555 01999", "+1 202 555 0101", "+1 202 555 0102"]
    people = [{"name": "Ann Lee", "phone": [{"no": no} for no in numbers] if in_objects else numbers}]
    path = tmp_path / name
    match path.suffix:
        case ".json":
            path.write_text(json.dumps(people))
        case ".ndjson":
            path.write_text("".join(f"{json.dumps(person)}\n" for person in [*people, *people]))
        case _:
            pl.DataFrame(people).write_parquet(path)
    assert typed("run", path, "--dry-run", "--runs", tmp_path / "runs").code == 0
    (rows,) = tmp_path.glob("runs/*/rows.parquet")
    row = pl.read_parquet(rows).row(0, named=True)
    assert (row["phone"], row["changes"]) == ("+12025550101", "full_name:split; phone:two-numbers")
    (rest,) = json.loads(row["metadata"]).values()
    assert rest == "+1 202 555 01999 / +1 202 555 0102"


JO, AL = {"name": "Jo", "phone": "+14155550100"}, {"name": "Al", "phone": "+14155550101"}


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (json.dumps([JO]) + "\n" + json.dumps([AL]), [1, 2]),
        (json.dumps(JO) + json.dumps(AL), [1, 1]),
        (json.dumps(JO, indent=2) + "\n" + json.dumps(AL, indent=2), [1, 5]),
        (json.dumps(JO) + ",\n" + json.dumps(AL) + ",\n", [1, 2]),
        ("\x1e" + json.dumps(JO) + "\n\x1e" + json.dumps(AL) + "\n", [1, 2]),
        ("[" + json.dumps(JO) + ",\n" + json.dumps(AL) + ",\n]", [1, 2]),
        ("\ufeff" + json.dumps({"meta": {"total": 2}, "data": {"contacts": [JO, AL]}}), [1, 1]),
        (json.dumps({"u1": JO, "u2": AL}), [1, 1]),
        (json.dumps([["name", "phone"], list(JO.values()), list(AL.values())]), [1, 1]),
        (json.dumps({key: [JO[key], AL[key]] for key in JO}), [1, 1]),
        (json.dumps({key: {"0": JO[key], "1": AL[key]} for key in JO}), [1, 1]),
    ],
)
def test_json_in_whatever_shape_gives_its_contacts(tmp_path: Path, content: str, lines: list[int]) -> None:
    """Lists and objects that follow each other, keyed objects, rows below names, and columns as pandas writes them."""
    path = tmp_path / "x.json"
    path.write_text(content, "utf-8")
    (table,) = open_tables(path, path.name, None)
    frame = pl.concat(table.chunks(10))
    assert frame.select("raw:name", "raw:phone").rows() == [tuple(JO.values()), tuple(AL.values())]
    assert frame["line"].to_list() == lines
    assert frame["problem"].null_count() == 2


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        ('["+14155550100", "+14155550101"]', [("+14155550100",), ("+14155550101",)]),
        ('[["Jo", "+14155550100"], ["Al", "+14155550101"]]', [("Jo", "+14155550100"), ("Al", "+14155550101")]),
        ("[[1, 2]]", [("1", "2")]),
    ],
)
def test_json_without_names_loses_no_value(tmp_path: Path, content: str, cells: list[tuple[str, ...]]) -> None:
    """Single values and rows of values are contacts too; a first row that holds a number is no row of names."""
    path = tmp_path / "x.json"
    path.write_text(content, "utf-8")
    (table,) = open_tables(path, path.name, None)
    assert [row[4:] for frame in table.chunks(10) for row in frame.rows()] == cells
