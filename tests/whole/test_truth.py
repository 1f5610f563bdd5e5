"""The generator of lists with a known truth, checked on its own."""

import csv
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
from openpyxl import load_workbook

from tests.support.truth import HEADER, INTERNATIONAL, NATIONAL, REGIONS, Truth, make_list, write_csv, write_xlsx

ROWS = 5000


@pytest.fixture(scope="module")
def made() -> tuple[list[list[str]], list[Truth]]:
    return make_list(ROWS, seed=11)


def test_the_same_seed_makes_the_same_list(made: tuple[list[list[str]], list[Truth]]) -> None:
    """A failure can be repeated; another seed gives another list."""
    assert make_list(ROWS, seed=11) == made
    assert make_list(ROWS, seed=12) != made


def test_every_kind_of_row_and_spelling_is_there(made: tuple[list[list[str]], list[Truth]]) -> None:
    """A few thousand rows hold each reason, each spelling and each region."""
    _, truths = made
    assert {truth.reason for truth in truths} == {
        "confirmed",
        "duplicate-in-file",
        "blank-row",
        "phone-missing",
        "phone-invalid",
        "phone-damaged",
        "phone-ambiguous",
        "malformed-row",
    }
    assert {*INTERNATIONAL, *NATIONAL} <= {truth.spelling for truth in truths}
    codes = {f"+{region.calling_code}" for region in REGIONS}
    assert {code for truth in truths if truth.phone for code in codes if truth.phone.startswith(code)} == codes


def test_expected_numbers_are_valid(made: tuple[list[list[str]], list[Truth]]) -> None:
    """Every expected phone is a number that phonenumbers calls valid, in its E.164 form."""
    for truth in made[1]:
        if truth.phone:
            number = phonenumbers.parse(truth.phone)
            assert phonenumbers.is_valid_number(number), truth
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == truth.phone


def test_spellings_that_phonenumbers_reads_by_itself_mean_the_expected_number(
    made: tuple[list[list[str]], list[Truth]],
) -> None:
    """What needs no repair parses to the truth; a float's tail and narrow no-break spaces do need it."""
    region_of = {name: region.code for region in REGIONS for name in (region.code, *region.names)}
    for cells, truth in zip(*made, strict=True):
        if truth.phone and truth.spelling not in {"float", "narrow-spaces"}:
            number = phonenumbers.parse(cells[2], region_of.get(cells[4]))
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == truth.phone, truth


def test_impossible_and_ambiguous_numbers_are_so(made: tuple[list[list[str]], list[Truth]]) -> None:
    """No row that must fail holds a number that could be meant."""
    for cells, truth in zip(*made, strict=True):
        if truth.reason == "phone-invalid":
            try:
                number = phonenumbers.parse(cells[2], cells[4])
            except phonenumbers.NumberParseException:
                continue
            assert not phonenumbers.is_valid_number(number), (truth, cells[2])
        if truth.reason == "phone-ambiguous":
            assert not cells[4]
            with pytest.raises(phonenumbers.NumberParseException):
                phonenumbers.parse(cells[2])


def test_a_duplicate_names_the_first_row_of_its_number(made: tuple[list[list[str]], list[Truth]]) -> None:
    """Imported numbers are unique, and each duplicate points at the imported row of the same number."""
    imported = {truth.phone: truth.row for truth in made[1] if truth.outcome == "imported"}
    counts = Counter(truth.reason for truth in made[1])
    assert len(imported) == counts["confirmed"]
    for truth in made[1]:
        if truth.reason == "duplicate-in-file":
            assert truth.kept_row == imported[truth.phone]
            assert truth.kept_row < truth.row


def test_the_csv_holds_every_row(tmp_path: Path) -> None:
    """Where no quote is stray, Python's own reader finds the rows that were made."""
    seed = next(seed for seed in range(99) if all(truth.spelling != "stray-quote" for truth in make_list(300, seed)[1]))
    truths = write_csv(tmp_path / "list.csv", 300, seed)
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == HEADER
    assert rows == make_list(300, seed)[0]
    assert [truth.row for truth in truths] == list(range(2, 302))


def test_the_workbook_holds_every_row(tmp_path: Path) -> None:
    """The workbook has a line for every truth, none malformed, and numbers where a spreadsheet would make them."""
    truths = write_xlsx(tmp_path / "list.xlsx", 400, seed=5)
    sheet = load_workbook(tmp_path / "list.xlsx").active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2, max_col=len(HEADER), values_only=True))
    assert len(rows) == len(truths) == 400
    assert {truth.reason for truth in truths} >= {"confirmed", "duplicate-in-file"}
    assert "malformed-row" not in {truth.reason for truth in truths}
    assert any(isinstance(row[2], int | float) for row in rows)
