"""What stands beside a number: calling codes, area codes, labels and countries, joined with it or said."""

import polars as pl
import pytest

from importer.stages.map import numbers_alone
from importer.stages.map.headers import read_header
from importer.stages.phones import Phones
from tests.support.mapping import choose, mapped

Columns = dict[str, list[str | None]]


def read(columns: Columns, region: str | None) -> pl.DataFrame:
    frame = mapped(columns, choose(columns)).with_columns(changes=pl.lit(None, pl.String))
    return Phones(region)(frame)


def numbers(columns: Columns, region: str | None = None) -> list[str | None]:
    """The number of each row as E.164; where there is none, the reason."""
    frame = read(columns, region)
    return frame.select(pl.coalesce("phone", pl.col("reason").cast(pl.String))).to_series().to_list()


@pytest.mark.parametrize(
    "header",
    ["phone_code", "ISD Code", "Dial Code", "country_code", "Phone calling code", "Ländervorwahl", "Prefix", "DDI"],
)
def test_a_calling_code_makes_the_number_its_countrys(header: str) -> None:
    """Whatever ``--region`` says; ``44.0`` is 44, and an empty cell leaves the number to the region."""
    columns: Columns = {
        header: ["44", "44.0", "+91", "351", None],
        "Phone": ["2079460958", "07400 123456", "7012345678.0", "912345678", "4155550144"],
    }
    expected = ["+442079460958", "+447400123456", "+917012345678", "+351912345678", "+14155550144"]
    assert numbers(columns, "US") == expected


def test_a_code_that_is_not_understood_keeps_the_region_away() -> None:
    """So does one that may be either kind of code; a number that names its country needs none."""
    columns: Columns = {"Phone code": ["999", "44", "44"], "Phone": ["2079460958", "2079460958", "+14155550143"]}
    assert numbers(columns, "US") == ["phone-ambiguous", "+442079460958", "+14155550143"]
    either: Columns = {"Prefix": ["999", "998", "997"], "Phone": ["2079460958", "2079460959", "2079460960"]}
    assert numbers(either, "US") == ["phone-ambiguous"] * 3


def test_a_code_may_stand_in_the_number_already() -> None:
    """Then it is not put in front of it again."""
    columns: Columns = {"Dial Code": ["44", "49", "1"], "Mobile": ["447400123456", "491713920001", "14155550101"]}
    assert numbers(columns) == ["+447400123456", "+491713920001", "+14155550101"]


@pytest.mark.parametrize(
    ("header", "phone", "region", "cells", "expected"),
    [
        ("Vorwahl", "Rufnummer", "DE", [("089", "30123456"), ("0171", "3920001")], ["+498930123456", "+491713920001"]),
        ("Area Code", "Phone", "US", [("415", "555-0101"), ("212", "+14155550102")], ["+14155550101", "+14155550102"]),
        (
            "STD Code",
            "Phone No",
            "IN",
            [("040", "23456789"), ("022", "9876543210")],
            ["+914023456789", "+919876543210"],
        ),
        (
            "DDD",
            "Telefone",
            "BR",
            [("11", "912345678"), ("21", "(11) 91234-5679")],
            ["+5511912345678", "+5511912345679"],
        ),
        ("Prefisso", "Telefono", "IT", [("06", "69812345"), ("06", "02 69812345")], ["+390669812345", "+390269812345"]),
        ("Prefix", "Phone", "US", [("415", "5550101"), ("212", "5550102")], ["+14155550101", "+12125550102"]),
    ],
)
def test_an_area_code_and_the_rest_are_one_number(
    header: str, phone: str, region: str, cells: list[tuple[str, str]], expected: list[str]
) -> None:
    """Unless the number has one already."""
    columns: Columns = {header: [area for area, _ in cells], phone: [number for _, number in cells]}
    assert numbers(columns, region) == expected


def test_half_a_number_is_not_read_as_a_whole_one() -> None:
    """Where its area code is missing or no area code, the row says so."""
    columns: Columns = {"Vorwahl": ["089", None, "München"], "Rufnummer": ["30123456"] * 3}
    frame = read(columns, "DE")
    assert frame["phone"].to_list() == ["+498930123456", None, None]
    assert frame["reason"].cast(pl.String).to_list() == [None, "phone-ambiguous", "phone-ambiguous"]
    assert frame["detail"][1] == "Rufnummer: the area code beside it is empty; write the number with it"
    assert frame["meta:Rufnummer"].to_list() == [None, "30123456", "30123456"]


def test_a_label_keeps_a_fax_from_being_called() -> None:
    """The next number is taken; who has only a fax, a pager or an assistant's number has none; all of it is kept."""
    columns: Columns = {
        "Phone 1 - Label": ["Work Fax", "* Mobile", "Home Fax", "Pager", "Assistant"],
        "Phone 1 - Value": [f"+1 415 555 010{digit}" for digit in range(5)],
        "Phone 2 - Label": ["Mobile", None, None, None, None],
        "Phone 2 - Value": ["+1 415 555 0109", None, None, None, None],
    }
    assert numbers(columns) == ["+14155550109", "+14155550101", "phone-missing", "phone-missing", "phone-missing"]
    frame = mapped(columns, choose(columns))
    assert frame["meta:Phone 1 - Value"][0] == "+1 415 555 0100"
    assert frame["detail"][2] == (
        "Phone 1 - Value: the number is labelled as one of a fax or pager; fill in one that can be called"
    )


def test_a_fax_is_withheld_where_nothing_else_of_the_row_is_kept() -> None:
    """As inspect and suppression lists read a column; this ended as a bug."""
    columns: Columns = {
        "Phone 1 - Label": ["Work Fax", "Mobile"],
        "Phone 1 - Value": ["+1 415 555 0100", "+1 415 555 0101"],
    }
    frame = mapped(columns, numbers_alone(choose(columns), "Phone 1 - Value"))
    assert frame["reason"].cast(pl.String).to_list() == ["phone-missing", None]


def test_several_codes_go_with_their_numbers() -> None:
    """By the words they share with a phone column."""
    columns: Columns = {
        "Home Phone Code": ["44"], "Home Phone": [None], "Mobile Code": ["91"], "Mobile": ["7012345678"],
    }  # fmt: skip
    assert numbers(columns, "US") == ["+917012345678"]
    assert numbers(columns | {"Home Phone": ["2079460958"]}, "US") == ["+442079460958"]


@pytest.mark.parametrize(
    "header", ["ship-country", "Primary Address Country", "Land/Region privat", "POCountry", "CC", "Customer's country"]
)
def test_a_country_is_found_by_its_values_and_a_word(header: str) -> None:
    """Anywhere in the header; a column of other values is none, nor is a company's or that of somebody's birth."""
    columns: Columns = {"Phone": ["07400 123456", "030 23125101"], header: ["GB", "Germany"]}
    assert numbers(columns) == ["+447400123456", "+493023125101"]
    assert choose(columns | {header: ["red", "blue"]}).country is None
    for other in ("Company Country", "Country of birth"):
        assert choose({"Phone": ["07400 123456"], other: ["GB"]}).country is None


def test_countries_fall_back_row_by_row() -> None:
    """A blank one leaves the row to the next; one that is not understood too, and to ``--region`` never."""
    columns: Columns = {
        "Country": ["GB", None, "Mars", "Mars", "FR", "DE"],
        "Billing Country": ["US", "DE", "GB", None, "US", "US"],
        "Phone": ["07400 123456", "030 23125101", "07400 123456", "07400 123456", "06 12 34 56 78", "030 23125102"],
    }
    expected = ["+447400123456", "+493023125101", "+447400123456", "phone-ambiguous", "+33612345678", "+493023125102"]
    assert numbers(columns, "US") == expected


def test_a_private_number_is_of_the_private_country() -> None:
    """Where a place has its own number and its own country they go together."""
    columns: Columns = {
        "Land/Region geschäftlich": ["Deutschland", "Deutschland"], "Land/Region privat": ["Österreich", "Österreich"],
        "Telefon geschäftlich": ["030 23125101", None], "Telefon (privat)": [None, "01 5850123"],
    }  # fmt: skip
    assert numbers(columns) == ["+493023125101", "+4315850123"]


def test_headers_say_what_they_are_beside() -> None:
    """In the words of many languages; a plain type or a form of address says nothing of a number."""
    roles = {
        "Indicatif pays": "code", "Prefijo internacional": "code", "Kierunkowy kraju": "code", "国际区号": "code",
        "Ortsvorwahl": "area", "Kengetal": "area", "Alan Kodu": "area", "市外局番": "area",
        "Phone Type": "label", "Prefix": "either", "Status": None, "Mobile": None,
    }  # fmt: skip
    assert {header: read_header(header).beside for header in roles} == roles


@pytest.mark.parametrize("header", ["Ext", "Phone Extension", "PhoneExt", "Durchwahl", "Work Phone Ext."])
def test_an_extension_stays_beside_its_number(header: str) -> None:
    """It is no part of the number and no second one; what becomes of it is said, and it travels as metadata."""
    columns: Columns = {"Work Phone": ["415-555-0101", None], header: ["12", "x4501"], "Mobile": [None, "415-555-0102"]}
    mapping = choose(columns)
    assert mapping.phones == ("Work Phone", "Mobile")
    assert numbers(columns, "US") == ["+14155550101", "+14155550102"]
    assert mapping.metadata == (header,)
    assert mapping.notes[-1] == (
        f'"{header}" is the extension of "Work Phone": numbers are sent without it, and it travels as metadata.'
    )


def test_whole_numbers_in_a_column_of_extensions_are_no_extensions() -> None:
    """The values decide: only a few digits are one."""
    assert not choose({"Telefon": ["030 23125101"], "Durchwahl": ["030 23125102"]}).beside


@pytest.mark.parametrize(
    ("header", "phone"),
    [
        *(("Type", "Phone"), ("Number Type", "Number"), ("Telefonart", "Telefon"), ("Telefontyp", "Telefon")),
        *(("Type de téléphone", "Téléphone"), ("Tipo de teléfono", "Teléfono"), ("Art", "Rufnummer")),
    ],
)
def test_a_label_is_one_in_any_order_of_its_words(header: str, phone: str) -> None:
    """A mere ``Type`` is one where its values are labels of numbers; else it speaks of something else."""
    columns: Columns = {"Name": ["Al Poe", "Bo Ray"], header: ["Mobil", "Fax"], phone: ["415-555-0101", "415-555-0102"]}
    assert numbers(columns, "US") == ["+14155550101", "phone-missing"]
    other: Columns = columns | {header: ["Customer", "Lead"]}
    assert numbers(other, "US") == ["+14155550101", "+14155550102"]


@pytest.mark.parametrize(
    ("header", "codes"),
    [
        *(("Ctry Cd", ["44", "1"]), ("Intl. Dialing Code", ["+44", "+1"]), ("Land Vorwahl", ["0044", "001"])),
        *(("Código do País (DDI)", ["44", "1"]), ("Country Code", ["GB +44", "USA/Canada (+1)"])),
    ],
)
def test_a_calling_code_may_stand_among_names(header: str, codes: list[str | None]) -> None:
    """And its header in other words; what names two countries of one code names the code."""
    assert numbers({header: codes, "Phone": ["7400 123456", "415 555 0101"]}) == ["+447400123456", "+14155550101"]
