import json
import re
from collections.abc import Sequence
from pathlib import Path

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat
from polars.testing import assert_frame_equal

from importer.errors import UsageError
from importer.models.frames import OUTCOME, REASON
from importer.stages.phones import Phones, automaton, patterns, repairs
from importer.stages.phones import column_reader as reading
from importer.stages.phones import found_numbers as verdicts
from importer.stages.phones import libphonenumber as oracle
from tests.quality.phone_identity import differences, generated

EXAMPLES = Path(__file__).parents[2].parent / "shared" / "corpora" / "phones" / "examples.jsonl"


def rows(
    *columns: Sequence[str | None], region: str | None = None, regions: Sequence[str | None] | None = None
) -> pl.DataFrame:
    """A frame as mapping leaves it, with the phone columns ``A``, ``B`` and ``C``."""
    height = len(columns[0])
    cells = {f"phone:{'ABC'[i]}": pl.Series(column, dtype=pl.String) for i, column in enumerate(columns)}
    return pl.DataFrame(
        cells
        | {
            "region": pl.Series(regions if regions is not None else [region] * height, dtype=pl.String),
            "outcome": pl.Series([None] * height, dtype=OUTCOME),
            "reason": pl.Series([None] * height, dtype=REASON),
            "detail": pl.Series([None] * height, dtype=pl.String),
            "changes": pl.Series([None] * height, dtype=pl.String),
        }
    )


def one(*cells: str | None, region: str | None = None) -> dict[str, str | None]:
    """The only row after the stage."""
    return Phones(None)(rows(*[[cell] for cell in cells], region=region)).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "region", "phone", "changes"),
    [
        ("+49 30 123456", None, "+4930123456", None),
        ("(030) 12 34-56", "DE", "+4930123456", None),
        ("+49 30 123456", "US", "+4930123456", "phone:review-country"),
        ("415.555.2671", "US", "+14155552671", None),
        (" 030 123456\t", "DE", "+4930123456", "phone:spaces"),
        ("030\u00a0123\u202f456", "DE", "+4930123456", "phone:spaces"),
        ("\ufeff+49 30 123456\u200e", None, "+4930123456", "phone:invisible"),
        ("030\u200b123456", "DE", "+4930123456", "phone:invisible"),
        ("０３０１２３４５６", "DE", "+4930123456", "phone:unicode"),
        ("٠٣٠ ١٢٣٤٥٦", "DE", "+4930123456", "phone:unicode"),
        ("＋49（30）123456", None, "+4930123456", "phone:unicode"),
        ("030‑123–456", "DE", "+4930123456", "phone:unicode"),
        ('="030123456"', "DE", "+4930123456", "phone:quotes"),
        ("'030123456", "DE", "+4930123456", "phone:quotes"),
        ("tel:+49-30-123456", None, "+4930123456", "phone:label"),
        ("p:+4930123456", None, "+4930123456", "phone:label"),
        ("Mobile: (030) 123456", "DE", "+4930123456", "phone:label"),
        ("030 123456 (home)", "DE", "+4930123456", "phone:label"),
        ("030 123456 Büro", "DE", "+4930123456", "phone:label"),
        ("tel:123456;phone-context=+4930", None, "+4930123456", None),
        ("4155552671.0", "US", "+14155552671", "phone:float-tail"),
        ("4155552671,0", "US", "+14155552671", "phone:float-tail"),
        ("$4,155,552,671.00", "US", "+14155552671", "phone:float-tail"),
        ("4'155'552'671", "US", "+14155552671", "phone:float-tail"),
        ("€12,500,000.00", "DK", None, None),
        ("14155552671.0", "US", "+14155552671", "phone:float-tail; phone:country-code"),
        ("4.155552671E+9", "US", "+14155552671", "phone:exponent"),
        ("0030 210 2345678", "US", "+302102345678", "phone:00-prefix; phone:review-country"),
        ("0044 20 7031 3000", None, "+442070313000", "phone:00-prefix"),
        ("0044 20 7031 3000", "FR", "+442070313000", "phone:00-prefix; phone:review-country"),
        ("011 44 20 7031 3000", "FR", "+442070313000", "phone:011-prefix; phone:review-country"),
        ("011 4912 3456", None, None, None),
        ("+44 (0)20 7031 3000", None, "+442070313000", "phone:trunk-zero"),
        ("+34 (0)91 012 3456", None, "+34910123456", "phone:trunk-zero"),
        ("+39 (0)6 1234 5678", None, "+390612345678", None),
        ("14155552671", "US", "+14155552671", "phone:country-code"),
        ("493012345678", "DE", "+493012345678", "phone:country-code"),
        ("4915123456789", "DE", "+4915123456789", "phone:country-code"),
        ("43 664 123456", "AT", "+43664123456", "phone:country-code"),
        ("39 333 123 4567", "IT", "+393331234567", "phone:country-code"),
        ("49 30 1234 5678", "DE", "+493012345678", "phone:country-code"),
        ("491 912345", "DE", "+49491912345", None),
        ("3912345678", "IT", "+393912345678", None),
        ("+1 800 FLOWERS", None, "+18003569377", "phone:letters"),
    ],
)
def test_a_repair_is_named_where_it_was_needed(
    text: str, region: str | None, phone: str | None, changes: str | None
) -> None:
    """Each spelling becomes the number that a careful person reads, and ``changes`` says what was repaired."""
    row = one(text, region=region)
    assert (row["phone"], row["changes"]) == (phone, changes)


@pytest.mark.parametrize(
    ("text", "region", "phone", "changes"),
    [
        ("+2015550142", "US", "+2015550142", "phone:review-plus"),
        ("+20 15550142", "US", "+2015550142", "phone:review-country"),
        ("+4155552671", "US", None, None),
        ("+41 55 555 26 71", "US", "+41555552671", "phone:review-country"),
        ("+415555267", "US", None, None),
        ("+14155552671", "CA", "+14155552671", None),
        ("14155600000", "US", "+14155600000", "phone:country-code; phone:review-zeros"),
        ("4155560000.0", "US", "+14155560000", "phone:float-tail; phone:review-zeros"),
        ("415-556-0000", "US", "+14155560000", None),
        ("4155562000", "US", "+14155562000", None),
        ("4915110000000", "DE", "+4915110000000", "phone:country-code; phone:review-zeros"),
    ],
)
def test_a_valid_number_that_may_be_wrong_is_marked_for_review(
    text: str, region: str, phone: str | None, changes: str | None
) -> None:
    """The number stays as ``phonenumbers`` reads it; what makes it doubtful is named in ``changes``."""
    row = one(text, region=region)
    assert (row["phone"], row["changes"]) == (phone, changes)


def test_a_default_region_is_contradicted_by_no_number() -> None:
    """Only a country that the row itself names can be another than that of the number."""
    assert Phones("US")(rows(["+44 20 7031 3000"]))["changes"].to_list() == [None]


def test_a_number_in_another_field_is_pointed_out() -> None:
    """A row without number says where something that looks like one stands, and to move it."""
    names = pl.DataFrame(
        {"first_name": ["Ann", "+1 415 555 2671", "Bob"], "email": ["4155552671", None, "b@example.com"]}
    )
    after = Phones("US")(pl.concat([rows([None, "n/a", ""]), names], how="horizontal"))
    assert after["detail"].to_list() == [
        "no number in A; what looks like one is in the column for e-mail: move it",
        "no number in A; what looks like one is in the column for first name: move it",
        "no number in A; fill one in",
    ]
    assert after["reason"].to_list() == ["phone-missing"] * 3


@pytest.mark.parametrize("extension", [" ext. 57", " x57", ";ext=57", " #57", ",,57", "EXT57", " extension 57"])
def test_an_extension_is_kept_beside_the_number(extension: str) -> None:
    """An extension is no part of E.164; its digits become metadata."""
    row = one(f"415-555-2671{extension}", region="US")
    assert (row["phone"], row["changes"], row["meta:A ext"]) == ("+14155552671", "phone:extension", "57")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("030 1234567 / 0171 1234567", "0171 1234567"),
        ("030 1234567; 0171 1234567", "0171 1234567"),
        ("030 1234567 oder 0171 1234567", "0171 1234567"),
        ("030 1234567\n0171 1234567", "0171 1234567"),
        ("030 1234567\t0171 1234567", "0171 1234567"),
        ("+49 30 1234567 +49 171 1234567", "+49 171 1234567"),
        ("030/1234567 / 0171/1234567", "0171/1234567"),
        ("0301234567/01711234567", "01711234567"),
        ("12; +49 30 1234567", "12"),
        ("12, +49 30 1234567 / 0171 1234567", "12 / 0171 1234567"),
        ("123456789012345678 / 030 1234567 / 0171 1234567", "123456789012345678 / 0171 1234567"),
    ],
)
def test_the_first_valid_number_of_a_cell_is_taken(text: str, rest: str) -> None:
    """Of two numbers in a cell the first valid one is taken, and the others become metadata."""
    row = one(text, region="DE")
    assert (row["phone"], row["changes"], row["meta:A"]) == ("+49301234567", "phone:two-numbers", rest)


@pytest.mark.parametrize("text", ["+49 30, 1234567", "12; 030 1234567", "1+2025550143", "12; +49 30 12; 1234567"])
def test_a_number_that_was_torn_apart_is_not_taken_for_two(text: str) -> None:
    """A few digits are a cell's other number only before a sign between numbers and a plus."""
    row = one(text, region="DE")
    assert (row["phone"], row["reason"], row["meta:A"]) == (None, "phone-invalid", None)


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "n/a", "N.A.", "-", "--", "none", "NULL", "unknown", "x", "tbd", "0", "00000", "#N/A", "keine"),
        *("inconnu", "desconocido", "нет", "なし", "(none)", "?", "0000000000", "０"),
    ],
)
def test_a_placeholder_is_no_number(text: str | None) -> None:
    """What says that there is no number is missing, not wrong."""
    row = one(text, region="US")
    assert (row["outcome"], row["reason"], row["detail"]) == ("errored", "phone-missing", "no number in A; fill one in")


@pytest.mark.parametrize(
    ("text", "region", "reason", "words"),
    [
        ("1.4E+10", "US", "phone-damaged", "last digits are lost"),
        ("4,91512E+12", "DE", "phone-damaged", "last digits are lost"),
        ("1.41556e10", "US", "phone-damaged", "last digits are lost"),
        ("4915112345678000", "DE", "phone-damaged", "last digits are lost"),
        ("########", "DE", "phone-damaged", "last digits are lost"),
        ("030 123456", None, "phone-ambiguous", "written without its country"),
        ("030 123456; 0171 1234567", None, "phone-ambiguous", "written without its country"),
        ("14155552671", None, "phone-ambiguous", "written without its country"),
        ("030 123456", "ZZ", "phone-ambiguous", "the row's country is not understood; write that as a name or code"),
        ("493612345", "DE", "phone-ambiguous", "first digits as the country's code"),
        ("3906123456", "IT", "phone-ambiguous", "first digits as the country's code"),
        ("0171/123456789012", "DE", "phone-invalid", "not in the numbering plan of DE"),
        ("415555", "US", "phone-invalid", "too short for a number of US"),
        ("030", "DE", "phone-invalid", "too short for a number of DE"),
        ("+49 30 123456789012345", "US", "phone-invalid", "too long for a number of DE"),
        ("(555) 555-5555", "CA", "phone-invalid", "not in the numbering plan of CA"),
        ("+800 123", None, "phone-invalid", "too short for a number of +800"),
        ("+999 12345678", "DE", "phone-invalid", "no country has the code"),
        ("6 1234 5678", "IT", "phone-invalid", "short of a number of IT; put it in front, where spreadsheets drop it"),
        ("612345678.0", "IT", "phone-invalid", "short of a number of IT; put it in front"),
        ("+39 6 1234 5678", "IT", "phone-invalid", "not in the numbering plan of IT"),
        ("ask Ann", "DE", "phone-invalid", "not a phone number"),
        ("12", None, "phone-invalid", "too short"),
    ],
)
def test_a_row_without_a_number_says_why(text: str, region: str | None, reason: str, words: str) -> None:
    """The detail names the column, says what is wrong and what to do, and holds no digit of the number."""
    row = one(text, region=region)
    assert (row["phone"], row["reason"]) == (None, reason)
    detail = str(row["detail"])
    assert detail.startswith("A: ")
    assert words in detail
    assert ";" in detail
    assert text not in detail


def test_a_later_column_is_used_where_the_first_fails() -> None:
    """The first valid candidate wins, in the order of the columns; what was filled and not used is kept."""
    row = one("030", "n/a", "0171 1234567", region="DE")
    assert (row["phone"], row["changes"], row["reason"]) == ("+491711234567", "phone:other-column", None)
    assert (row["meta:A"], row["meta:B"], row["meta:C"]) == ("030", None, None)
    row = one("0171 1234567", None, "030 123456", region="DE")
    assert (row["phone"], row["changes"], row["meta:C"]) == ("+491711234567", None, "030 123456")


def test_the_first_filled_candidate_tells_why_all_failed() -> None:
    """Where several columns fail, the reason is that of the first one that is filled."""
    row = one("-", "1.4E+10", "030", region="DE")
    assert (row["reason"], str(row["detail"])[:3]) == ("phone-damaged", "B: ")


def test_metadata_of_the_same_name_is_not_lost() -> None:
    """A column of the file that is called like the extension keeps its text."""
    frame = rows(["415-555-2671 x57"], region="US").with_columns(pl.lit("front desk").alias("meta:A ext"))
    assert Phones(None)(frame)["meta:A ext"].to_list() == ["front desk / 57"]


def test_the_region_is_the_rows_own_then_the_default() -> None:
    """A national number belongs to its row's region, else to the default."""
    frame = rows(["030 123456", "(415) 555-2671", "011 39 06 1234 5678"], regions=["de", None, None])
    assert Phones("US")(frame)["phone"].to_list() == ["+4930123456", "+14155552671", "+390612345678"]


def test_a_country_that_is_not_understood_is_no_region() -> None:
    """The default region is for rows that name no country; a number with its own code needs neither."""
    after = Phones("US")(rows(["(415) 555-2671", "+1 415 555 2671", "(415) 555-2671"], regions=["ZZ", "ZZ", None]))
    assert after["phone"].to_list() == [None, "+14155552671", "+14155552671"]
    assert after["reason"].to_list() == ["phone-ambiguous", None, None]


@pytest.mark.parametrize("region", ["DE", "AT", "IT", "SE", "FI", "CH", "GB", "FR"])
def test_a_mobile_number_without_its_plus_is_not_a_question(region: str) -> None:
    """The example of a mobile number is found behind its calling code, whatever else its digits may be."""
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    row = one(e164[1:], region=region)
    assert (row["phone"], row["changes"]) == (e164, "phone:country-code")


def test_settled_rows_are_left_alone() -> None:
    """A row that already has an outcome keeps it, and gets no number."""
    frame = rows(["+4930123456", "+4930123456"]).with_columns(
        outcome=pl.Series(["skipped", None], dtype=OUTCOME), reason=pl.Series(["blank-row", None], dtype=REASON)
    )
    after = Phones(None)(frame)
    assert after["phone"].to_list() == [None, "+4930123456"]
    assert after["reason"].to_list() == ["blank-row", None]


def test_columns_are_as_documented() -> None:
    """``phone:`` columns go, ``phone`` comes, nothing else is left behind; an empty frame passes."""
    for frame in (rows(["+4930123456"]), rows([])):
        after = Phones("DE")(frame)
        assert after.columns == ["region", "outcome", "reason", "detail", "changes", "phone", "meta:A", "meta:A ext"]
        assert after.schema["phone"] == pl.String
        assert after.height == frame.height


def test_a_default_region_must_have_a_numbering_plan() -> None:
    """A region that no number can belong to is refused before anything is read."""
    with pytest.raises(UsageError, match=r"--region UK.*GB"):
        Phones("UK")


@pytest.mark.parametrize(
    ("text", "digits", "fits"),
    [
        ("(?:1[2-9]|30)\\d{6}", "12345678", True),
        ("(?:1[2-9]|30)\\d{6}", "30345678", True),
        ("(?:1[2-9]|30)\\d{6}", "1234567", False),
        ("(?:1[2-9]|30)\\d{6}", "40345678", False),
        ("[2-9]\\d{1,3}|1[0-9]", "19", True),
        ("[2-9]\\d{1,3}|1[0-9]", "199", False),
        ("12(?:3?4)?", "124", True),
        ("12(?:3?4)?", "123", False),
    ],
)
def test_a_pattern_is_read_digit_by_digit(text: str, digits: str, fits: bool) -> None:
    """After the digits the pattern fits or does not, as ``re`` says of the whole text."""
    label = patterns.Label("XX", "mobile")
    assert (label in patterns.start([(text, label)]).after_all(digits).ends) is fits
    assert (re.fullmatch(text, digits) is not None) is fits


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0|80?", "8012345"),
        ("(1001)|0", "1001234"),
        ("0(?:(11|2[0-9])15)?", "011154321"),
        ("0(?:(11|2[0-9])15)?", "011164321"),
        ("([457]\\d{6})$|1", "4571234"),
        ("([457]\\d{6})$|1", "45712345"),
        ("(000[2569]\\d{4,6})$|(?:(?:003768)0?)|0", "0002123456"),
        ("(000[2569]\\d{4,6})$|(?:(?:003768)0?)|0", "00376801"),
    ],
)
def test_a_prefix_ends_where_re_says(text: str, number: str) -> None:
    """The start of a number is matched as ``re`` does it: alternatives in order, groups, the end of the number."""
    live, end = patterns.paths(text), None
    for at, digit in enumerate(number, start=1):
        on = []
        for path in (path for before in live for path in patterns.after(before, digit)):
            if path.is_end:
                end = at
                break
            on.append(path)
        live = tuple(on)
    end = len(number) if any(path.is_end_of_number for path in live) else end
    found = re.match(text, number)
    assert end == (found.end() if found else None)


def test_a_pattern_of_an_unknown_form_is_refused() -> None:
    """What these automata do not know is never taken for something else."""
    with pytest.raises(ValueError, match="not known"):
        patterns.paths(r"1(?=2)\d+")


def test_the_docstring_lists_every_rule() -> None:
    """The list of repairs that people read is the list that the code uses."""
    documentation = str(__import__("importer.stages.phones", fromlist=["Phones"]).__doc__)
    assert [line.split("``")[1] for line in documentation.splitlines() if line.startswith("``phone:")] == [
        f"phone:{rule}" for rule in repairs.RULES
    ]


_CELLS = st.text(alphabet="0123456789+-() ./xeE,;#'=\"\u00a0\u200b٣４n/a\n", max_size=24)


@settings(max_examples=40, deadline=None)
@given(st.lists(_CELLS, max_size=8), st.sampled_from([None, "US", "DE", "AR"]))
def test_any_cell_becomes_a_valid_number_or_a_reason(cells: list[str], region: str | None) -> None:
    """No text breaks the stage: each row keeps its place and has a valid number or a reason."""
    after = Phones(region)(rows(cells))
    assert after.height == len(cells)
    for phone, reason in after.select("phone", "reason").iter_rows():
        assert (phone is None) != (reason is None)
        assert phone is None or phonenumbers.is_valid_number(phonenumbers.parse(phone))


def test_columns_read_as_phonenumbers_does() -> None:
    """For spellings from every region the columnar reading is that of phonenumbers, number by number."""
    assert differences(generated(20_000, seed=1), reading.Reader(is_careful=False)) == []


def test_long_numbers_read_as_phonenumbers_does() -> None:
    """More digits than 64 bits hold, and a plus behind the number, change no answer."""
    spellings = [("00923470012345695633", "NG"), ("+00923470012345638424", "NG"), ("00+", None), ("0" * 31, "DE")]
    assert differences(spellings, reading.Reader(is_careful=False)) == []


@pytest.mark.corpora
def test_every_example_in_every_spelling() -> None:
    """Each example number of libphonenumber is found in each spelling of it; columns and phonenumbers agree."""
    listed = [json.loads(line) for line in EXAMPLES.read_text("utf-8").splitlines()]
    examples = [example for example in listed if oracle.read(example["e164"], None).e164]  # plans change with the years
    examples = [example for example in examples if not re.fullmatch(r"\+1\d{7}", example["e164"])]  # half a number
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    spelled: list[tuple[str, str | None, str]] = []
    for example in examples:
        number, region, e164 = phonenumbers.parse(example["e164"]), example["region"], example["e164"]
        region = region if region in phonenumbers.SUPPORTED_REGIONS else None
        abroad = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        texts = [e164, abroad, phonenumbers.format_number(number, PhoneNumberFormat.RFC3966)]
        texts += [
            e164.translate(wide),
            abroad.replace(" ", "\u00a0"),
            abroad.replace(" ", "."),
            abroad.replace("-", " "),
        ]
        texts += [
            f"{e164}.0",
            f"{abroad} ext. 9",
            f"'{e164}",
            f'="{e164}"',
            "\u200e" + abroad,
            abroad.replace(" ", " (", 1) + ")",
        ]
        spelled += [(text, None, e164) for text in [*texts, "00" + e164[1:]]]
        spelled += [(text, region, e164) for text in texts]
    frame = rows([text for text, _, _ in spelled], regions=[region for _, region, _ in spelled])
    found = Phones(None)(frame)["phone"].to_list()
    wrong = [(spelling, phone) for spelling, phone in zip(spelled, found, strict=True) if phone != spelling[2]]
    assert wrong == []
    assert len(spelled) > 25_000


@pytest.mark.parametrize(("cores", "most_places"), [(2, 200_000), (5, 100)])
def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, cores: int, most_places: int) -> None:
    """However many threads share the cells of a frame and forget what they learned, every column stays as it is."""
    texts, regions = zip(*generated(1_000, seed=4), strict=True)
    others = [*texts[1:], "n/a"]
    frame = rows([None, *texts], ["", *others], regions=["US", *regions])
    monkeypatch.setattr(verdicts, "_CORES", 1)
    alone = Phones("DE")(frame)
    monkeypatch.setattr(verdicts, "_CORES", cores)
    monkeypatch.setattr(verdicts, "_FEWEST_ROWS", 20)
    monkeypatch.setattr(automaton, "_MOST_PLACES", most_places)
    assert_frame_equal(Phones("DE")(frame), alone)


def test_forgetting_kinds_of_numbers_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that remembers few kinds forgets between lists and still answers as phonenumbers does."""
    monkeypatch.setattr(automaton, "_MOST_PLACES", 100)
    reader = reading.Reader(is_careful=False)
    for seed in (1, 2, 3):
        assert not differences(generated(1_000, seed), reader)
