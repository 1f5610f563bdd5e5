"""vCards of telephones and programs, whole and malformed."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from importer.errors import ReadError
from importer.readers.formats import open_tables
from tests.support.records import IPHONE, PEOPLE, cells, mapping, places, read


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


def test_a_local_tel_address_is_completed_by_its_context(tmp_path: Path) -> None:
    """RFC 3966, section 5.1.5: the context of a local number is the number's beginning where it starts with a plus."""
    path = tmp_path / "x.vcf"
    tel = "TEL;VALUE=uri:tel:555-0100;phone-context=+1415\nTEL;VALUE=uri:tel:555-0101;phone-context=example.com"
    path.write_text(f"BEGIN:VCARD\nVERSION:4.0\nFN:Jo\n{tel}\nEND:VCARD\n")
    (table,) = open_tables(path, path.name, None)
    (frame,) = table.chunks(10)
    assert frame.select("raw:Phone", "raw:Phone (2)").row(0) == ("+1415555-0100", "555-0101")
