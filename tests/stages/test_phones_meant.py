"""Which digits of a cell are meant: nothing is sent that nobody wrote, and what can be read in one way only is read."""

from collections import Counter

import polars as pl
import pytest

from importer.models.frames import OUTCOME, REASON
from importer.stages.phones import Phones
from tests.quality.phone_spellings import MUST_NOT_BE_SILENT, outcomes, verdict
from tests.support.phone_cells import CLASSES, cells


def read(text: str, region: str | None) -> dict[str, str | None]:
    """The row of a cell after the stage, where ``--region`` is given."""
    frame = pl.DataFrame({"phone:A": pl.Series([text], dtype=pl.String)}).with_columns(
        region=pl.lit(None, pl.String),
        outcome=pl.lit(None, OUTCOME),
        reason=pl.lit(None, REASON),
        detail=pl.lit(None, pl.String),
        changes=pl.lit(None, pl.String),
    )
    return Phones(region)(frame).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        *(("212-555-XXXX", "US"), ("415 unknown", "US"), ("312-555-none", "US"), ("212-NOPHONE", "US")),
        *(("1-800-UNKNOWN", "US"), ("415-555-HELP", "US"), ("0800 FLOWERS", "DE"), ("0171 555 55xx", "DE")),
        *(("030 12345xx", "DE"), ("030 1234 56 • •", "DE"), ("030 1234…", "DE"), ("030 1234...", "DE")),
        *(("030 1234**", "DE"), ("030 12?4567", "DE"), ("030 12345*", "DE"), ("27 12 5_.__", "LU")),
        *(("069 9000-geheim", "DE"), ("030 1234567x", "DE"), ("01 5850 nnnn", "AT")),
        *(("03012345 nicht bekannt", "DE"), ("02 1234 sconosciuto", "IT")),
    ],
)
def test_digits_that_are_hidden_are_not_made_up(text: str, region: str | None) -> None:
    """Letters and signs that stand for digits are none: the row is refused, with words that help."""
    row = read(text, region)
    assert (row["phone"], row["reason"]) == (None, "phone-invalid")
    assert str(row["detail"]).startswith("A: ")
    assert "get the whole number" in str(row["detail"]) or "too short" in str(row["detail"])


@pytest.mark.parametrize(
    ("text", "region", "phone", "change"),
    [
        ("1-800-FLOWERS", "US", "+18003569377", "phone:letters"),
        ("1-800-GO-FEDEX", "US", "+18004633339", "phone:letters"),
        ("1300 FLOWER", "AU", "+611300356937", "phone:letters"),
        ("2O2-555-O143", "US", "+12025550143", "phone:lookalike"),
        ("6l7-555-0143", "US", "+16175550143", "phone:lookalike"),
        ("O30 12345678", "DE", "+493012345678", "phone:lookalike"),
    ],
)
def test_letters_are_digits_only_beyond_doubt(text: str, region: str, phone: str, change: str) -> None:
    """A vanity number of a plan that uses them, and O and l where no other reading is a number, are named."""
    row = read(text, region)
    assert (row["phone"], row["changes"]) == (phone, change)


@pytest.mark.parametrize(
    ("text", "region", "phone", "rest"),
    [
        ("030 12345678 Frau Klein", "DE", "+493012345678", "Frau Klein"),
        ("030 12345678 (ab 18h)", "DE", "+493012345678", "ab 18h"),
        ("030 12345678 / privat", "DE", "+493012345678", None),
        ("030 12345678 Haus 2", "DE", "+493012345678", "Haus 2"),
        ("030 12345678/57", "DE", "+493012345678", "57"),
        ("030 12345678/-58", "DE", "+493012345678", "58"),
        ("030 12345678 bis 79", "DE", "+493012345678", "bis 79"),
        ("212-555-0143/44/45", "US", "+12125550143", "44/45"),
        ("212-555-0143 or 0144", "US", "+12125550143", "0144"),
        ("(2) 030 12345678", "DE", "+493012345678", "2"),
        ("1.) 030 12345678", "DE", "+493012345678", "1.)"),
        ("Tel2 030 12345678", "DE", "+493012345678", "Tel2"),
        ("nach 6 030 12345678", "DE", "+493012345678", "nach 6"),
        ("evenings 6-9: 212-555-0143", "US", "+12125550143", "evenings 6-9"),
        ("212-555-0143 (2nd choice)", "US", "+12125550143", "2nd choice"),
        ("030 12347 030 12348", "DE", "+493012347", "030 12348"),
        ("030-12351-030-12352", "DE", "+493012351", "030-12352"),
        ("0221 34569  34570", "DE", "+4922134569", "34570"),
        ("212-555-0143 312-555-0144", "US", "+12125550143", "312-555-0144"),
        ("212-555-0143 ::: 312-555-0144", "US", "+12125550143", "312-555-0144"),
        ("1) 212-555-0143 2) 312-555-0144", "US", "+12125550143", "1) / 2) 312-555-0144"),
        ("Fax: 030 12345678, Tel: 030 12345679", "DE", "+493012345679", "Fax: 030 12345678"),
        ("212-555-0143 fax, 212-555-0144 voice", "US", "+12125550144", "212-555-0143 fax"),
        ("(f) 212-555-0143 (o) 212-555-0144", "US", "+12125550144", "(f) 212-555-0143 (o)"),
        ("212-555-0143 fax 212-555-0144", "US", "+12125550143", "fax 212-555-0144"),
    ],
)
def test_what_follows_a_number_is_not_glued_on(text: str, region: str, phone: str, rest: str | None) -> None:
    """Words, endings and second numbers are cut off and kept, whether the plan has a fixed length or none."""
    row = read(text, region)
    assert (row["phone"], row["meta:A"]) == (phone, rest)
    assert {"phone:cut-off", "phone:two-numbers", "phone:label"} & set(str(row["changes"]).split("; "))


@pytest.mark.parametrize(
    "text", ["030 12345678", "030/123/4567", "0221/123456", "030 12345-67", "06/12/34/56/78", "+49 2151 / 654321"]
)
def test_punctuation_within_a_number_is_not_cut(text: str) -> None:
    """Slashes, dashes and spaces between groups leave a number whole, in plans without a fixed length, too."""
    region = "FR" if text.startswith("06") else "DE"
    row = read(text, region)
    digits = "".join(sign for sign in text if sign.isdigit())
    assert str(row["phone"]).endswith(digits.lstrip("0").removeprefix("49"))
    assert row["changes"] is None


@pytest.mark.parametrize(
    "extension",
    [
        " App. 57",
        " Nst. 57",
        " poste 57",
        " toestel 57",
        " wew. 57",
        " 内線57",
        " 分机57",
        " ต่อ 57",
        " dahili 57",
        " opt 57",
    ],
)
def test_extensions_are_known_in_many_languages(extension: str) -> None:
    """The word for an extension ends the number, and its digits are kept beside it."""
    row = read(f"212-555-0143{extension}", "US")
    assert (row["phone"], row["meta:A ext"], row["meta:A"]) == ("+12125550143", "57", None)
    assert read("x57 212-555-0143", "US")["meta:A ext"] == "57"


@pytest.mark.parametrize(
    ("text", "region"),
    [
        *(("2026-03-14", "IT"), ("13-10-1999", "DE"), ("15.06.2001", "AT"), ("02/03/1990", "IT"), ("01.05.87", "DE")),
        *(("2024-05-01 10:00", "DE"), ("2024-05-01T10:00:00", "DK"), ("03 04 1975", "IT"), ("08.30-20.00", "DE")),
        *(("2-Jan-1990", "GB"), ("14 juillet 1989", "FR")),
    ],
)
def test_a_date_or_a_time_is_no_number(text: str, region: str) -> None:
    """Whatever the plan makes of its digits."""
    row = read(text, region)
    assert (row["phone"], row["reason"]) == (None, "phone-invalid")


@pytest.mark.parametrize(
    ("text", "region", "phone"),
    [
        ("0055 51 99123-4501", "BR", "+5551991234501"),
        ("0082 010 2345 0101", "KR", "+821023450101"),
        ("0057 301 699 8301", "CO", "+573016998301"),
        ("0033 612340201", "SG", "+33612340201"),
        ("0065 9123 0101", "SG", "+6591230101"),
        ("0044 7911 123401", None, "+447911123401"),
        ("0011 61 491 570 156", "AU", "+61491570156"),
        ("0021 1 212 555 0143", "BR", "+12125550143"),
        ("001 212 555 0143", "HK", "+12125550143"),
    ],
)
def test_two_zeros_stand_for_the_plus(text: str, region: str | None, phone: str) -> None:
    """What is dialled abroad in the region counts only where a plus for 00 gives no number."""
    assert read(text, region)["phone"] == phone


@pytest.mark.parametrize(
    ("text", "region", "phone", "change"),
    [
        ("+49 49 171 1234501", "DE", "+491711234501", "code-slip"),
        ("+44 +44 7911 123401", "GB", "+447911123401", "code-slip"),
        ("0049 49 171 1234501", "DE", "+491711234501", "code-slip"),
        ("4949171 1234501", "DE", "+491711234501", "code-slip"),
        ("049 171 1234501", "DE", "+491711234501", "code-slip"),
        ("09198765 43201", "IN", "+919876543201", "code-slip"),
        ("+07911 123401", "GB", "+447911123401", "code-slip"),
        ("+0447911123401", "GB", "+447911123401", "code-slip"),
        ("49(0)171 1234501", "DE", "+491711234501", "code-slip"),
        ("0065 65 9123 0101", "SG", "+6591230101", "code-slip"),
        ("+52 1 55 1234 5601", None, "+525512345601", "old-form"),
        ("044 55 1234 5601", "MX", "+525512345601", "old-form"),
        ("+54 9 11 15 2345 6701", None, "+5491123456701", "old-form"),
        ("1 97 12 34 61", "BJ", "+2290197123461", "old-form"),
    ],
)
def test_a_slip_is_repaired_where_one_reading_is_left(text: str, region: str | None, phone: str, change: str) -> None:
    """The code twice, one zero for two, a plus before the zero, and the forms of before are read and named."""
    row = read(text, region)
    assert row["phone"] == phone
    assert f"phone:{change}" in str(row["changes"])


@pytest.mark.parametrize(
    ("text", "region", "words"),
    [
        ("049 345 212541", "DE", "first digits as the country's code"),
        ("3906123456", "IT", "first digits as the country's code"),
        ("Tel2 27 12 55 57", "LU", "with what stands beside it or without"),
        ("(2) 628 123 244", "LU", "with what stands beside it or without"),
        ("0221/4710-123/124", "DE", "with what stands beside it or without"),
        ("+49 30 1234O", None, "with what stands beside it or without"),
    ],
)
def test_two_readings_are_refused(text: str, region: str | None, words: str) -> None:
    """Where both are valid numbers and nothing in the row settles it, a person is asked."""
    row = read(text, region)
    assert (row["phone"], row["reason"]) == (None, "phone-ambiguous")
    assert words in str(row["detail"])


@pytest.mark.parametrize(
    ("text", "region", "phone", "change"),
    [
        ("00+44 7911 123401", "GB", "+447911123401", "phone:00-prefix"),
        ("(00) +44 7911 123401", None, "+447911123401", "phone:00-prefix"),
        ("011+44 7911 123401", "GB", "+447911123401", "phone:011-prefix"),
        ("12+44 7911 123401", "GB", None, None),
    ],
)
def test_a_prefix_before_the_plus_says_the_same_twice(
    text: str, region: str | None, phone: str | None, change: str | None
) -> None:
    """What is dialled for the plus stands before it; other digits there leave the number in doubt."""
    row = read(text, region)
    assert (row["phone"], row["changes"]) == (phone, change)


@pytest.mark.parametrize(
    "text", ["11 8123-4567", "(11) 9123-4567", "+55 11 8123-4567", "5511 81234567", "0 15 11 8123-4567"]
)
def test_a_brazilian_mobile_number_of_before_2016_says_what_it_lacks(text: str) -> None:
    """Its ninth digit is not added, because nobody wrote it, but named."""
    row = read(text, "BR")
    assert row["phone"] is None
    assert row["detail"] == (
        "A: a Brazilian mobile number as it was until 2016, without the 9 that each got; "
        "put a 9 behind the area code, if it is still the person's"
    )


@pytest.mark.parametrize("text", ["04921 871234", "0491 912345", "+49 4921 871234"])
def test_an_area_code_that_looks_like_a_slip_is_none(text: str) -> None:
    """Emden's 04921 and Leer's 0491 start with 049, and nobody meant the country's code."""
    row = read(text, "DE")
    assert str(row["phone"]).startswith("+4949")
    assert row["changes"] is None


@pytest.mark.parametrize(
    "text", ["310-2250", "310 2250", "3102250", "+1 310 2250", "1-310-2250", "Tel 310-2250", "001 310 2250"]
)
def test_seven_digits_of_north_america_are_half_a_number(text: str) -> None:
    """Also 310-xxxx, which is valid in Canada as it stands."""
    row = read(text, "US")
    assert (row["phone"], row["reason"]) == (None, "phone-invalid")
    assert "put the area code before it" in str(row["detail"])


@pytest.mark.parametrize(
    ("text", "changes"),
    [("+2015550142", "phone:review-plus"), ("+201-555-0142", "phone:review-plus"), ("+20 15550142", None)],
)
def test_a_plus_before_a_national_number_is_pointed_out(text: str, changes: str | None) -> None:
    """Without a country column as well, unless the first group is the country's code: then the plus was meant."""
    assert read(text, "US")["changes"] == changes


@pytest.mark.parametrize("text", ["Fax: 030 12345678", "030 12345678 (fax)", "Telefax 030 12345678"])
def test_a_fax_number_is_not_called(text: str) -> None:
    """A cell with nothing but a fax number has none for a call."""
    row = read(text, "DE")
    assert (row["phone"], row["reason"]) == (None, "phone-invalid")
    assert "only a fax number" in str(row["detail"])


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("https://wa.me/12125550143?text=Hi%202", "+12125550143"),
        ("https://api.whatsapp.com/send?phone=12125550143", "+12125550143"),
        ("12125550143@s.whatsapp.net", "+12125550143"),
        ("sip:+12125550143@pbx.example.com", "+12125550143"),
        ("{212} 555-0143", "+12125550143"),
        ("212·555·0143", "+12125550143"),
        ("212_555_0143", "+12125550143"),
        ("2125550143#", "+12125550143"),
    ],
)
def test_links_and_odd_signs_hold_numbers(text: str, phone: str) -> None:
    """A number is found where one is written, however it is dressed."""
    assert read(text, "DE" if text[0] in "h1s" else "US")["phone"] == phone


def test_numbers_of_sixty_countries_as_people_write_them() -> None:
    """Of cells of known meaning none gives a number that nobody meant, and plain ones give theirs."""
    some = cells(6_000, seed=2, pool=4)
    found = outcomes(some[:3_000], has_country=True) + outcomes(some[3_000:], has_country=False)
    count = Counter((cell.kind, verdict(cell, phone, is_flagged=flag)) for cell, phone, flag in found)
    assert [kind for kind, how in count if how in {"WRONG", "silent"}] == []
    assert {kind for kind, _ in count} == set(CLASSES) > set(MUST_NOT_BE_SILENT)
    assert count["plain", "right"] >= 0.987 * sum(n for (kind, _), n in count.items() if kind == "plain")


@pytest.mark.parametrize(
    ("text", "region", "phone"),
    [
        *(("664123456.0 ", "AT", "+43664123456"), ("\t664123456.00\n", "AT", "+43664123456")),
        *(('="664123456.0"', "AT", "+43664123456"), ("664123456.0\u200b", "AT", "+43664123456")),
        *(("8123456789.0 (rumah)", "ID", "+628123456789"), ("(8123456789.0)", "ID", "+628123456789")),
        *(("Tel 8123456789.0 ", "ID", "+628123456789"), ("8123456789.0 / 8123456780.0", "ID", "+628123456789")),
        *(("03012345678.0 01713920055", "DE", "+493012345678"), ("03012345678.0 x57", "DE", "+493012345678")),
    ],
)
def test_the_zero_of_a_decimal_is_no_digit_wherever_it_stands(text: str, region: str, phone: str) -> None:
    """A space, quotation mark, word or number behind the decimals makes no digit of them; the repair is named."""
    row = read(text, region)
    assert row["phone"] == phone
    assert "phone:float-tail" in str(row["changes"])


@pytest.mark.parametrize(("text", "phone"), [("415.555.0100", "+14155550100"), ("+49 30 1234.00", "+4930123400")])
def test_a_group_of_zeros_is_no_decimal(text: str, phone: str) -> None:
    """Zeros behind the dots that a number is written with are digits of it."""
    assert read(text, "US")["phone"] == phone


def test_a_cell_has_the_ways_of_its_shape() -> None:
    """What digits tell of a shape is kept in it wherever it stands, or a way would be asked for that is not there."""
    assert read("477 9)1 2 3 4 5 6 2 2 9 4.0 ", "SJ")["phone"] is None
