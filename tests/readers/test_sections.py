"""Headings within a list of others than its own people: who stands below one is not sent."""

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from importer.models.frames import BELOW_REFUSAL, OUTCOME, REASON
from importer.readers.sections import BELOW_ABSENT, BELOW_OTHERS
from importer.stages.map import Map
from tests.conftest import Typed
from tests.support.lists import PEOPLE, understood

SECTIONS = {
    BELOW_ABSENT: ("Cancelled", "Waitlist (2)", "Waiting list for Friday", "NO-SHOWS", "Former members", "Warteliste"),
    BELOW_OTHERS: ("Emergency contacts", "Parents / Guardians", "Suppliers", "Notfallkontakte", "Contacts d’urgence"),
    BELOW_REFUSAL: ("Do not call", "*** DNC LIST ***", "Nicht anrufen (ausgetreten)", "Unsubscribed"),
}


@pytest.mark.parametrize(
    ("heading", "problem"), [(heading, problem) for problem, those in SECTIONS.items() for heading in those]
)
@pytest.mark.parametrize("header", ["", "Name,Phone,Email\n"])
def test_people_below_a_heading_of_others_are_not_sent(tmp_path: Path, heading: str, problem: str, header: str) -> None:
    """Who cancelled, waits, said no or is called in an emergency only; with the header again, and without it."""
    text = f"Name,Phone,Email\n{PEOPLE}\n{heading},,\n{header}Cy Noonan,415-555-0103,c@x.example\nDi Park,,\n"
    _, frame, mapping = understood(tmp_path, text + "Eve Holt,415-555-0104,e@x.example\n")
    below = frame.filter(pl.col("raw:Name").is_in(["Cy Noonan", "Di Park", "Eve Holt"]))
    assert set(below["problem"]) == {problem}
    assert frame["problem"].to_list()[:2] == [None, None]
    settled = Map(mapping)(
        frame.with_columns(outcome=pl.lit(None, OUTCOME), reason=pl.lit(None, REASON), detail=pl.lit(None, pl.String))
    )
    reason = "no-consent" if problem == BELOW_REFUSAL else "malformed-row"
    assert set(settled.filter(pl.col("detail") == problem)["reason"]) == {reason}


def test_a_heading_counts_in_a_list_of_hundreds_of_columns(tmp_path: Path) -> None:
    """Also one that stands in the third column, behind a number."""
    names = ",".join(f"Note {number}" for number in range(1, 300))
    lines = ["Ann Lee,415-555-0100,,x", "7,,Cancelled", "Cy Noonan,415-555-0103,,,y"]
    _, frame, _ = understood(tmp_path, "\n".join([f"Name,Phone,{names}", *(line + 299 * "," for line in lines)]))
    assert frame["problem"].to_list()[-1] == BELOW_ABSENT
    assert frame["problem"].to_list()[0] is None


@pytest.mark.parametrize("heading", ["Attending", "Confirmed guests (1)", "Team blue", "Mitglieder"])
def test_a_heading_of_the_list_itself_ends_one_of_others(tmp_path: Path, heading: str) -> None:
    """By its words, or as the title of a table; a name without a number ends nothing."""
    text = f"Name,Phone,Email\nCancelled,,\n{PEOPLE}Cy Noonan,,\nDi Park,415-555-0104,\n{heading},,\nName,Phone,Email\n"
    _, frame, _ = understood(tmp_path, f"{text}Eve Holt,415-555-0105,\n")
    assert frame["problem"].to_list()[:5] == 5 * [BELOW_ABSENT]
    assert frame["problem"].to_list()[-1] is None


@pytest.mark.parametrize("line", ["Do not call before 9 am", "Mary Host", "Left a message", "Robin Stop"])
def test_a_remark_or_a_name_is_no_heading_of_others(tmp_path: Path, line: str) -> None:
    """Words of such a heading stand in them, too."""
    _, frame, _ = understood(tmp_path, f"Name,Phone,Email\n{PEOPLE}{line},,\nCy Noonan,415-555-0103,\n")
    assert set(frame["problem"]) == {None}


def test_a_title_that_refuses_holds_for_the_whole_list(tmp_path: Path, typed: Typed) -> None:
    """It is asked about; as a suppression list the same file suppresses its numbers, whatever its headings say."""
    path = tmp_path / "list.csv"
    path.write_text(f"Do not call list\n\nName,Phone,Email\n{PEOPLE}\nCancelled\nCy Noonan,415-555-0103,\n")
    asked = typed("run", path, "--region", "US", "--dry-run", "--runs", tmp_path / "runs")
    assert (asked.code, "not to be contacted" in asked.err) == (5, True)
    plain = tmp_path / "plain.csv"
    plain.write_text(f"Name,Phone,Email\n{PEOPLE}Cy Noonan,415-555-0103,\n")
    done = typed("run", plain, "--region", "US", "--suppress", path, "--dry-run", "--json", "--runs", tmp_path / "runs")
    assert json.loads(done.out)["reasons"] == {"skipped": {"suppressed": 3}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# DO NOT CALL LIST\nName,Phone\nAnn Lowe,415-555-0101\n", BELOW_REFUSAL),
        ("Name,Phone,Note\nEmergency contacts:,,for the driver\nFire brigade,415-555-0180,\n", BELOW_OTHERS),
        ("#,Name,Phone\n1,Ann Lowe,415-555-0101\n,Waitlist,\n2,Cy Noonan,415-555-0103\n", BELOW_ABSENT),
        ("#,Title,Name,Phone\n1,Dr,Ann Lowe,415-555-0101\n,,Waitlist,\n2,Ms,Cy Noonan,415-555-0103\n", BELOW_ABSENT),
        ("Ann Lowe,415-555-0101\nBob Marsh,415-555-0102\nCancelled (1),\nCy Noonan,415-555-0103\n", BELOW_ABSENT),
    ],
)
def test_a_heading_may_be_a_remark_or_stand_in_any_column(tmp_path: Path, text: str, problem: str) -> None:
    """Above the list behind ``#``, with a remark of its own, right of a number, and where there is no header."""
    _, frame, _ = understood(tmp_path, text)
    assert frame["problem"][-1] == problem


def test_a_heading_far_below_counts_where_nobody_was_asked(tmp_path: Path) -> None:
    """Beyond the rows by which a list is judged, its people are skipped; the frames in between change nothing."""
    rows = "".join(f"Ann Lowe,+1415555{n:04d},\n" for n in range(3000))
    _, frame, _ = understood(tmp_path, f"Name,Phone,Email\n{rows}Do not call,,\n{PEOPLE}")
    assert frame["problem"].to_list()[-3:] == 3 * [BELOW_REFUSAL]
    assert frame["problem"].null_count() == 3000


def test_a_sheet_of_other_people_beside_the_list_is_passed_over(tmp_path: Path, typed: Typed) -> None:
    """And said; who means it names it."""
    path = tmp_path / "camp.xlsx"
    book = openpyxl.Workbook()
    for number, title in enumerate(("Campers", "Emergency contacts", "Waitlist")):
        sheet = book.active if not number else book.create_sheet()
        sheet.title = title
        for row in (["Name", "Phone"], ["Ann Lowe", f"415-555-010{number}"]):
            sheet.append(row)
    book.save(path)
    common = ("--region", "US", "--dry-run", "--json", "--runs", tmp_path / "runs")
    done = typed("run", path, *common)
    summary = json.loads(done.out)
    assert (summary["rows"], summary["planned"]) == (1, 1)
    assert [source["sheet"] for source in summary["passed_over"]] == ["Emergency contacts", "Waitlist"]
    assert 'add --sheet "Waitlist"' in typed("inspect", path, "--region", "US").out.replace("\n", " ")
    named = json.loads(typed("run", path, "--sheet", "Waitlist", *common).out)
    assert (named["rows"], named["planned"]) == (1, 1)


def test_a_row_of_blanks_is_no_heading(tmp_path: Path) -> None:
    """Cells that hold nothing but white space."""
    _, frame, _ = understood(tmp_path, f'Name,Phone,Email\n{PEOPLE}" ",,\n{PEOPLE}')
    assert set(frame["problem"]) == {None}


def test_the_first_of_several_lists_may_be_that_of_others(tmp_path: Path) -> None:
    """Its title counts where another heading follows; a file's only list is meant, whatever it is called."""
    text = f"Waitlist\nName,Phone,Email\n{PEOPLE}"
    _, frame, _ = understood(tmp_path, text)
    assert set(frame["problem"]) == {None}
    _, frame, _ = understood(tmp_path, f"{text}\nConfirmed\nName,Phone,Email\nCy Noonan,415-555-0103,\n")
    assert frame["problem"].to_list()[:2] + frame["problem"].to_list()[-1:] == [BELOW_ABSENT, BELOW_ABSENT, None]
