"""Files whose records name their own values: JSON, NDJSON, Parquet and vCard."""

import json
import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from importer.errors import ReadError
from importer.models.mappings import Mapping
from importer.readers.formats import open_tables
from importer.readers.table import Table
from importer.stages.map import choose_mapping
from tests.conftest import Typed


def read(path: Path, content: str | bytes) -> Table:
    """The one table of a file with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (table,) = open_tables(path, path.name, None)
    assert table.source.header_row is None
    return table


def whole(table: Table) -> pl.DataFrame:
    return pl.concat(list(table.chunks(2))).rename(lambda name: name.removeprefix("raw:"))


def cells(table: Table) -> list[dict[str, str]]:
    """The filled cells of each row."""
    frame = whole(table).select(table.source.columns)
    return [{name: cell for name, cell in row.items() if cell is not None} for row in frame.to_dicts()]


def places(table: Table) -> list[tuple[int, int, str | None]]:
    """Row, line and problem of each row."""
    return whole(table).select("row", "line", "problem").rows()


def mapping(table: Table) -> Mapping:
    return choose_mapping(table.source, next(iter(table.chunks(100))), {})


# JSON -----------------------------------------------------------------------------------------------------------------

PEOPLE = [
    {"name": "Ann", "phone": 12025550101, "address": {"city": "Bonn", "geo": {"lat": 50.70}}, "tags": ["a", "b"]},
    {"name": "Ben", "phone": "+1 202-555-0102", "vip": True, "score": None, "phones": [{"no": "1"}, {"no": "2"}]},
]
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


# Parquet --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ([12025550101.0, None, 0.5, float("nan")], ["12025550101", None, "0.5", None]),
        ([12025550101, -1], ["12025550101", "-1"]),
        ([True, False, None], ["TRUE", "FALSE", None]),
        ([date(2024, 1, 31)], ["2024-01-31"]),
        ([datetime(2024, 1, 31), datetime(2024, 1, 31, 8, 5)], ["2024-01-31", "2024-01-31 08:05:00"]),  # noqa: DTZ001
        ([datetime(2024, 1, 31, 8, 5, tzinfo=UTC)], ["2024-01-31 08:05:00+00:00"]),
        ([time(8, 30)], ["08:30:00"]),
        ([timedelta(hours=30, minutes=1)], ["30:01:00"]),
        ([b"Ann", b"\xff", None], ["Ann", "ff", None]),
        (["Ann", "", None], ["Ann", None, None]),
        ([["a", None, "b"], [], None, [None]], ["a; b", None, None, None]),
        ([[1.0, 2.5], [12025550101.0]], ["1; 2.5", "12025550101"]),
        ([[["a"], ["b", "c"]], [[]]], ["a; b; c", None]),
        (pl.Series(["Ann", None, "Ann"], dtype=pl.Categorical), ["Ann", None, "Ann"]),
        (pl.Series(["Ann", None], dtype=pl.Enum(["Ann"])), ["Ann", None]),
        (pl.Series([2**63, None], dtype=pl.UInt64), ["9223372036854775808", None]),
        (pl.Series(["1.50"]).cast(pl.Decimal(9, 2)), ["1.50"]),
        (pl.Series([501.0], dtype=pl.Float32), ["501"]),
        ([None], [None]),
    ],
)
def test_parquet_values_read_as_a_person_sees_them(
    tmp_path: Path, values: list[Any] | pl.Series, seen: list[str | None]
) -> None:
    """Whole floats are numbers, moments ISO, booleans capitals, the values of a list are joined."""
    path = tmp_path / "x.parquet"
    pl.DataFrame({"x": values}).write_parquet(path)
    assert whole(read(path, path.read_bytes()))["x"].to_list() == seen


def test_parquet_objects_become_columns(tmp_path: Path) -> None:
    """What an object holds has a column of its own, deep within others and within lists too, as in JSON."""
    path = tmp_path / "x.parquet"
    geo = [{"city": "Bonn", "geo": {"lat": 50.5}}, {"city": "Ulm", "geo": None}, None]
    phones = [[{"kind": "home", "no": "+12025550101"}, {"kind": None, "no": "+12025550102"}], [], None]
    fixed = pl.Series([[{"a": 1}, {"a": 2}], None, None], dtype=pl.Array(pl.Struct({"a": pl.Int8}), 2))
    pl.DataFrame({"address": geo, "phones": phones, "fixed": fixed, "none": [None] * 3}).write_parquet(path)
    assert cells(read(path, path.read_bytes())) == [
        {
            "address.city": "Bonn",
            "address.geo.lat": "50.5",
            "phones.kind": "home",
            "phones.no": "+12025550101; +12025550102",
            "fixed.a": "1; 2",
        },
        {"address.city": "Ulm"},
        {},
    ]


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


def test_parquet_table(tmp_path: Path) -> None:
    """Rows start at 2, any chunks give the same rows, and the columns map by themselves."""
    path = tmp_path / "people.parquet"
    frame = pl.DataFrame({"Name": ["Ann Example"] * 5, "Mobile": [12025550100.0 + n for n in range(5)]})
    frame.write_parquet(path, row_group_size=2)
    table = read(path, path.read_bytes())
    assert (table.source.format, [row for row, _, _ in places(table)]) == ("parquet", [2, 3, 4, 5, 6])
    assert pl.concat(list(table.chunks(3, skip=1))).equals(pl.concat(list(table.chunks(9)))[1:])
    assert (mapping(table).phones, mapping(table).full_name) == (("Mobile",), "Name")
    assert mapping(table).notes == ()


def test_damaged_parquet_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Cut anywhere or with bytes flipped, there are rows or one line, and the parser writes nothing to the terminal."""
    path = tmp_path / "x.parquet"
    pl.DataFrame({"Phone": [f"202-555-01{n:02}" for n in range(100)]}).write_parquet(path)
    content = path.read_bytes()
    rng = random.Random(3)  # noqa: S311 - a repeatable choice
    for cut in (4, 50, len(content) - 1):
        with pytest.raises(ReadError, match=r"x.parquet is a damaged Parquet file"):
            read(path, content[:cut])
    for _ in range(6):
        changed = bytearray(content)
        for place in rng.sample(range(4, len(content)), 3):
            changed[place] ^= 1 << rng.randrange(8)
        try:
            whole(read(path, bytes(changed)))
        except ReadError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either way is right
    assert capfd.readouterr() == ("", "")


# vCard ----------------------------------------------------------------------------------------------------------------

IPHONE = r"""BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iPhone OS 17.1//EN
N:Example;Ann;Marie;Dr.;
FN:Dr. Ann Marie Example
ORG:Example\, Inc.;Sales
EMAIL;type=INTERNET;type=HOME;type=pref:ann@example.com
TEL;type=CELL;type=VOICE;type=pref:+1 (202) 555-0101
TEL;type=CELL:+1 (202) 555-0105
TEL;type=HOME;type=FAX:202-555-0109
item1.TEL:202-555-0102
item1.X-ABLabel:Cabin
item2.TEL:202-555-0103
item2.X-ABLabel:_$!<Main>!$_
item3.ADR;type=HOME:;;1 Main St\nApt 2;Springfield;IL;62701;United States
item3.X-ABADR:us
NOTE:A note that goes o
 n and on\, with a comma
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD
 /2wBDAAEBAQEBAQEBAQEBAQEBAQE
END:VCARD
"""


def test_an_iphone_card(tmp_path: Path) -> None:
    """Folded lines, labels in groups, escapes; the picture is left out, and a fax is no phone."""
    table = read(tmp_path / "ann.vcf", IPHONE.replace("\n", "\r\n"))
    assert cells(table) == [
        {
            "Last Name": "Example", "First Name": "Ann", "Middle Name": "Marie", "Name Prefix": "Dr.",
            "Full Name": "Dr. Ann Marie Example", "Company": "Example, Inc.", "Department": "Sales",
            "Email": "ann@example.com", "Phone (cell, preferred)": "+1 (202) 555-0101",
            "Phone (cell)": "+1 (202) 555-0105", "Fax (home)": "202-555-0109", "Phone (Cabin)": "202-555-0102",
            "Phone (main)": "202-555-0103", "Street": "1 Main St\nApt 2",
            "City": "Springfield", "State": "IL", "Postal Code": "62701",
            "Country": "United States", "Note": "A note that goes on and on, with a comma",
        }
    ]  # fmt: skip
    found = mapping(table)
    assert found.phones == ("Phone (cell, preferred)", "Phone (cell)", "Phone (main)")  # whose a cabin is, nobody knows
    assert (found.first_name, found.last_name, found.email, found.country) == (
        "First Name", "Last Name", "Email", "Country",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=C3=BC=6C;=4A=C3=BC=72=67=65=\n=6E;;;", "Jürgen", "Mül"),
        ("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=C3=BC=6C;=4A=C3=BC=72=67=65=\n =6E;;;", "Jürgen", "Mül"),
        ("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=C3=BC=6C;=4A=C3=BC=72=67=65\n=6E;;;", "Jürgen", "Mül"),
        ("N;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:M=FCl;J=FCrgen", "Jürgen", "Mül"),
        ("N;QUOTED-PRINTABLE:M=FCl;J=FCrgen", "Jürgen", "Mül"),
        ("N:Smith\\; Co;A\\\\B", "A\\B", "Smith; Co"),
        ("n:Mül;Jürgen", "Jürgen", "Mül"),
    ],
)
def test_names_of_old_phones(tmp_path: Path, value: str, first: str, last: str) -> None:
    """Version 2.1: quoted-printable however it is broken, charsets, bare parameters, escaped semicolons."""
    (card,) = cells(read(tmp_path / "old.vcf", f"BEGIN:VCARD\nVERSION:2.1\n{value}\nTEL;CELL:1\nEND:VCARD\n"))
    assert card == {"Last Name": last, "First Name": first, "Phone (cell)": "1"}


@pytest.mark.parametrize(
    ("line", "column", "number"),
    [
        ("TEL:202-555-0101", "Phone", "202-555-0101"),
        ("TEL;HOME;VOICE:1", "Phone (home)", "1"),
        ("TEL;TYPE=HOME,CELL:1", "Phone (cell)", "1"),
        ("TEL;TYPE=work;TYPE=fax:1", "Fax (work)", "1"),
        (
            'TEL;VALUE=uri;TYPE="voice,work";PREF=1:tel:+1-202-555-0101;ext=12',
            "Phone (work)",
            "+1-202-555-0101 ext. 12",
        ),
        ("a.b-1.TEL;PREF=1:1", "Phone", "1"),
        ("X-MS-TEL;ASSISTANT:1", "Phone (assistant)", "1"),
        ("PHONE.WORK:1", "Phone (work)", "1"),
    ],
)
def test_kinds_of_phones(tmp_path: Path, line: str, column: str, number: str) -> None:
    """The type names the column, whatever the version's way of writing it; a ``tel:`` address is its number."""
    assert cells(read(tmp_path / "x.vcf", f"BEGIN:VCARD\n{line}\nEND:VCARD")) == [{column: number}]


@pytest.mark.parametrize(
    "lines",
    [
        "TEL;TYPE=HOME:+14155550101\nTEL;TYPE=CELL,PREF:+14155550102",
        "TEL;TYPE=home;PREF=2:+14155550101\nTEL;TYPE=cell;PREF=1:+14155550102",
        "TEL;HOME:+14155550101\nTEL;CELL;PREF:+14155550102",
    ],
)
def test_the_preferred_number_of_a_card_is_tried_first(tmp_path: Path, lines: str) -> None:
    """Whatever cards before it hold; where all are preferred, or there is one, it says nothing."""
    card = "BEGIN:VCARD\nFN:Ann\n{}\nEND:VCARD\n"
    table = read(tmp_path / "x.vcf", card.format("TEL;TYPE=HOME:+14155550103") + card.format(lines))
    assert mapping(table).phones == ("Phone (cell, preferred)", "Phone (home)")
    one = read(tmp_path / "y.vcf", card.format("TEL;TYPE=CELL,PREF:+14155550101\nTEL;TYPE=HOME,PREF:+14155550102"))
    assert mapping(one).phones == ("Phone (cell)", "Phone (home)")


def test_a_card_without_names_takes_its_full_name(tmp_path: Path) -> None:
    """Firms have an empty ``N``; what stands in ``FN`` is split where the other cards' names are taken."""
    card = "BEGIN:VCARD\nVERSION:3.0\nN:;;;;\nFN:Example Ltd\nTEL:1\nEND:VCARD\n"
    assert cells(read(tmp_path / "x.vcf", card)) == [{"Full Name": "Example Ltd", "Phone": "1"}]


def test_malformed_cards_are_rows(tmp_path: Path) -> None:
    """Text between cards, a card without an end, a line that is nothing: each is a row with its problem and line."""
    content = (
        "BEGIN:VCARD\nTEL:1\nEND:VCARD\n\nstray\ntext\n"
        "BEGIN:VCARD\nN:Lost;End\nbegin:vcard\nTEL:2\nnothing\nEND:VCARD\nBEGIN:VCARD\nTEL:3"
    )
    table = read(tmp_path / "x.vcf", content)
    assert places(table) == [
        (1, 1, None),
        (2, 5, "text outside of any card"),
        (3, 7, "the card has no END:VCARD"),
        (4, 9, "line 11 is no property of a card"),
        (5, 13, "the card has no END:VCARD"),
    ]


def test_a_card_within_a_card_is_left_out(tmp_path: Path) -> None:
    """An agent's card is part of the contact's."""
    content = "BEGIN:VCARD\nTEL:1\nAGENT:\nBEGIN:VCARD\nTEL:2\nEND:VCARD\nFN:Ann\nEND:VCARD\n"
    assert cells(read(tmp_path / "x.vcf", content)) == [{"Phone": "1", "Full Name": "Ann"}]


LINES = [*IPHONE.splitlines(), "", " ", "=41", ":", ";:", "\\", "a=b"]


@given(st.lists(st.sampled_from(LINES), max_size=30))
@hypothesis_settings(max_examples=60)
def test_no_order_of_lines_breaks_the_reader(lines: list[str]) -> None:
    """Every BEGIN is a row that says what is wrong with it, and rows are in the order of the file."""
    with TemporaryDirectory() as folder:
        content = "\n".join(["BEGIN:VCARD", "TEL:1", "END:VCARD", *lines])
        found = places(read(Path(folder) / "x.vcf", content))
    cards = [line for _, line, problem in found if problem != "text outside of any card"]
    assert cards == [1] + [number for number, line in enumerate(lines, 4) if line == "BEGIN:VCARD"]
    assert [row for row, _, _ in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("content", [json.dumps(PEOPLE), IPHONE])
def test_text_formats_have_no_sheets(tmp_path: Path, content: str) -> None:
    """``--sheet`` is named as what to leave out."""
    path = tmp_path / "x"
    path.write_text(content, "utf-8")
    with pytest.raises(ReadError, match="Leave out --sheet Old"):
        open_tables(path, "x", "Old")


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


def test_a_local_tel_address_is_completed_by_its_context(tmp_path: Path) -> None:
    """RFC 3966, section 5.1.5: the context of a local number is the number's beginning where it starts with a plus."""
    path = tmp_path / "x.vcf"
    tel = "TEL;VALUE=uri:tel:555-0100;phone-context=+1415\nTEL;VALUE=uri:tel:555-0101;phone-context=example.com"
    path.write_text(f"BEGIN:VCARD\nVERSION:4.0\nFN:Jo\n{tel}\nEND:VCARD\n")
    (table,) = open_tables(path, path.name, None)
    (frame,) = table.chunks(10)
    assert frame.select("raw:Phone", "raw:Phone (2)").row(0) == ("+1415555-0100", "555-0101")
