"""Which lines of a report or form are its header, titles, other tables and footers, and whose the rows are."""

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from importer.errors import ReadError
from importer.models.frames import BELOW_REFUSAL, OUTCOME, REASON
from importer.models.mappings import Mapping
from importer.models.sources import Source
from importer.readers.formats import open_tables
from importer.readers.sections import BELOW_ABSENT, BELOW_OTHERS
from importer.readers.strays import OTHER_HEADER, OTHER_ROW, TITLE
from importer.stages.map import Map, choose_mapping
from importer.stages.map.child_rows import FURTHER_LINE
from tests.conftest import Typed
from tests.support.workbooks import save

PEOPLE = "Ann Lowe,415-555-0101,a@x.example\nBob Marsh,415-555-0102,b@x.example\n"


def understood(folder: Path, text: str) -> tuple[Source, pl.DataFrame, Mapping]:
    path = folder / "list.csv"
    path.write_text(text)
    (table,) = open_tables(path, path.name, None)
    frame = pl.concat(table.chunks(1000))
    return table.source, frame, choose_mapping(table.source, frame, {})


def spans(source: Source) -> str:
    """What was left out, as ``inspect`` says it."""
    return ", ".join(
        f"{span.what} {span.first}{f'-{span.last}' if span.last > span.first else ''}" for span in source.left_out
    )


@pytest.mark.parametrize(
    ("above", "left_out"),
    [
        ("Spring list 2026,,\n", "title 1, header 2"),
        ("Contacts of the club, as of March, for the board\n", "title 1, header 2"),
        ("Exported on March 3, 2026, by Dana Ives\n", "title 1, header 2"),
        ("Report of calls,March,confidential\n", "title 1, header 2"),
        ("This was made by sales, please do not share it\nIt holds everyone, also guests\n\n",
         "title 1-2, blank 3, header 4"),
        ("Topic,Webinar ID,# Registered\nTown hall,812 3456 7890,3\nDetails,,\n", "other 1-2, title 3, header 4"),
        ("Meeting,Host,Start\nTown hall,h@x.example,2026-03-03\n\n", "other 1-2, blank 3, header 4"),
        ("Report,Members\nMade by,Dana Ives\n\n", "other 1-2, blank 3, header 4"),
        ("Company,Acme\nPhone,415-555-0190\n\n", "other 1-2, blank 3, header 4"),
        ("Account,12345678\nPeriod,01.01.2026 - 31.01.2026\n\n", "other 1-2, blank 3, header 4"),
        ("Table:,Contact\nLabels:,Number,Mail\n", "title 1-2, header 3"),
    ],
)  # fmt: skip
def test_what_stands_above_a_list_is_named_and_not_taken_for_its_header(
    tmp_path: Path, above: str, left_out: str
) -> None:
    """Titles, sentences that commas cut, and tables without a number to call."""
    source, frame, mapping = understood(tmp_path, f"{above}Name,Phone,Email\n{PEOPLE}")
    assert (spans(source), frame.height, mapping.phones) == (left_out, 2, ("Phone",))


@pytest.mark.parametrize(
    "text",
    [
        "Name,Phone\nAnn Lowe,415-555-0101\n\nName,Phone,City\nBob Marsh,415-555-0102,Reno\n",
        "Home,415-555-0101\nWork,415-555-0102\n",
        "Ann Lowe,415-555-0101\n\nFirst Name,Phone,City\nBob,415-555-0102,Reno\n",
    ],
)
def test_a_table_with_numbers_is_never_above_the_list(tmp_path: Path, text: str) -> None:
    """Where two tables have numbers, the first is the list; nobody is left out with a title."""
    source, frame, _ = understood(tmp_path, text)
    assert "other" not in spans(source)
    assert "title" not in spans(source)
    assert {"415-555-0101", "415-555-0102"} <= {cell for row in frame.rows() for cell in row}


@pytest.mark.parametrize(
    ("header", "row", "fields"),
    [
        (("Timestamp,Your name (as you would like to be called by all of our many volunteers),"
         "The number at which our volunteers reach you during the day and in the evening\n"),
         "3/1/2026 10:00:00,Ann Lowe,415-555-010{}", {"full_name": 1, "phone": 2}),
        (("#,Hi! Before we start we would like to know who you are so please tell us your first name,"
         "Thanks. And the number of the phone that you always have with you wherever you may be\n"),
         "a1b{},Ann,415-555-0101", {"first_name": 1, "phone": 2}),
        (("EndDate,ResponseId,Q1,Q2\nEnd Date,Response ID,What is your full name?,What is your phone number?\n"
         '"{""ImportId"":""endDate""}","{""ImportId"":""_id""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'),
         "2026-03-01 10:00:00,R_{}a,Ann Lowe,(415) 555-0101", {"full_name": 2, "phone": 3}),
        (("Respondent ID,Email Address,First Name,Last Name,Please enter your details:,,,May we send text messages?,\n"
         ",,,,First name,Last name,Cell phone,Response,Open-Ended Response\n"),
         "1182736455{},,,,Ann,Lowe,415-555-0101,Yes,",
         {"first_name": 4, "last_name": 5, "phone": 6, "consent": 7, "email": 1}),
        (
            "ID,Date,Contact details,,,\n,,Name,Email Address,Phone Number,\n",
            "1182736455{},03/01/2026,Gwen Park,g@x.example,(415) 555-0101,",
            {"full_name": 2, "email": 3, "phone": 4},
        ),
        ("name,phone,email\nFull name of the person,Number with country code,Address for mail\n",
         "Ann Lowe,415-555-010{},a@x.example", {"full_name": 0, "phone": 1, "email": 2}),
        ("First Name,Last Name,Phone\nfld_001,fld_002,fld_003\n", "Ann,Lowe,415-555-010{}",
         {"first_name": 0, "last_name": 1, "phone": 2}),
        ("first_name,last_name,phone\nvarchar(40),varchar(40),string\n", "Ann,Lowe,415-555-010{}",
         {"first_name": 0, "last_name": 1, "phone": 2}),
        ("Vorname,Nachname,Telefon\nFirst name,Last name,Phone\n", "Ann,Lowe,415-555-010{}",
         {"first_name": 0, "last_name": 1, "phone": 2}),
        ("Vorname,Nachname,Telefon\nz. B. Eva,z. B. Muster,z. B. 415-555-0199\n", "Ann,Lowe,415-555-010{}",
         {"first_name": 0, "last_name": 1, "phone": 2}),
        ("Personal,,Contact,\nFirst,Last,Mobile,Email\n", "Ann,Lowe,415-555-010{},a@x.example",
         {"first_name": 0, "last_name": 1, "phone": 2, "email": 3}),
        (",Student,,Emergency contact,\nNo.,First,Last,Name,Phone\n", "{},Ann,Lowe,Bob Marsh,415-555-0101", {}),
        ("No.,First,Last,Emergency contact,\n,,,Name,Phone\n", "{},Ann,Lowe,Bob Marsh,415-555-0101", {}),
        ("Team A,,,Team B,\nName,Phone,,Name,Phone\n", "Ann Lowe,415-555-0101,,Cy Noonan,415-555-010{}", {}),
        ("# made by a tool\n# name;reach;town\n", "Ann Lowe;415-555-010{};Reno", {"full_name": 0, "phone": 1}),
        ("# energy,n\n", "415-555-0101,1{}", {"phone": 0}),
        ("Meeting,Name (Original Name),Phone,Guest\n", "Town hall,Ann Lowe,415-555-010{},Yes",
         {"full_name": 1, "phone": 2}),
        ("Contact,Email ID (Email IDs),Number (Contact Numbers)\n", "Ann Lowe,a@x.example,+1 415 555 010{}",
         {"email": 1, "phone": 2}),
    ],
)  # fmt: skip
def test_a_header_is_known_by_contrast(tmp_path: Path, header: str, row: str, fields: dict[str, int]) -> None:
    """Questions, codes with questions below, descriptions, ids, types, groups and remarks; asked or right."""
    source, frame, mapping = understood(tmp_path, header + "".join(f"{row.format(n)}\n" for n in range(1, 5)))
    assert frame.height == 4
    found = {field: source.columns.index(columns[0]) for field, columns in mapping.fields().items()}
    doubts = {decision.field for decision in mapping.doubts()}
    assert {field: place for field, place in found.items() if field in fields} == fields
    assert fields or "phone" in doubts


@pytest.mark.parametrize(
    "rows",
    [
        "4155550132,20:53:06\n4155550133,20:54:07\n4155550134,20:55:08\n",
        "Ann Lowe,4155550101,2026-03-01T20:53:06+02:00\nBob Marsh,4155550102,2026-03-01T20:53:06+02:00\n",
        "Ann Lowe;4155550101;March 3, 2026\nBob Marsh;4155550102;March 4, 2026\n",
        "4155550101\tTue, 3 Mar 2026 10:00\n4155550102\tTue, 3 Mar 2026 10:00\n",
        "20260301205306,4155550101,Ann Lowe\n20260301205307,4155550102,Bob Marsh\n",
        "20260301,4155550101,Ann Lowe\n20260302,4155550102,Bob Marsh\n",
    ],
)
def test_times_and_dates_neither_part_a_list_nor_hide_its_numbers(tmp_path: Path, rows: str) -> None:
    """A colon of a time and a comma of a date are no delimiters; long figures that are dates are no numbers to call."""
    source, frame, mapping = understood(tmp_path, rows)
    assert source.header_row is None
    assert frame["raw:" + mapping.phones[0]].str.starts_with("41555501").all()
    assert not [decision for decision in mapping.doubts() if decision.field == "phone"]


def test_a_footer_that_ends_with_a_name_is_a_footer(tmp_path: Path) -> None:
    """Who made a report stands below its totals; a person without a number above them stays a row."""
    text = f"Name,Phone,Email\n{PEOPLE}\nCy Noonan,,\n\nGrand Total (2 records)\n\nConfidential Information\n"
    source, frame, _ = understood(tmp_path, text + "Members\nGenerated By:,Dana Ives,3/15/2026\nAcme Inc\n")
    assert (spans(source), frame.height) == ("header 1, footer 7-12", 5)


def test_a_header_again_is_known_in_any_case(tmp_path: Path) -> None:
    """Lists put together repeat it, sometimes in capitals."""
    _, frame, _ = understood(tmp_path, f"Name,Phone,Email\n{PEOPLE}NAME,PHONE,EMAIL\n{PEOPLE}Name,Phone,Email\n")
    assert frame["problem"].to_list() == [None, None, "the header again", None, None, "the header again"]


@pytest.mark.parametrize(
    ("text", "further"),
    [
        (("ID,First Name,Last Name,ID (Numbers),Number (Numbers)\nC1,Ann,Lowe,x1,+14155550101\n,,,x2,+14155550102\n"
         "C2,Bob,Marsh,x3,+14155550103\n"), [3]),
        (("id,name,phone,child_ids/name,child_ids/phone\na1,Acme,+14155550101,Ann,+14155550102\n"
         ",,,Bob,+14155550103\na2,Bolt,+14155550104,,\n"), [3]),
        ("Name,City,Phone\nAnn Lowe,Reno,+14155550101\n,,+14155550102\n,,+14155550103\nBob,Reno,+14155550104\n",
         [3, 4]),
        ("ID,Full Name,Status,Number\nA,Ann Lowe,Open,+14155550101\n~,~,~,+14155550102\n", [3]),
        ("Name,City,Phone\nAnn Lowe,Reno,+14155550101\n,Reno,+14155550102\n", []),
        ("Name,Phone\nAnn Lowe,+14155550101\n,+14155550102\n", []),
        ("Name,Phone,Email\nAnn Lowe,+14155550101,a@x.example\n,+14155550102,\n", []),
    ],
)  # fmt: skip
def test_a_further_line_of_a_person_is_no_contact_without_a_name(tmp_path: Path, text: str, further: list[int]) -> None:
    """Where a line leaves all cells of the person above empty, its number is not sent as a stranger's; it is said."""
    _, frame, mapping = understood(tmp_path, text)
    settled = Map(mapping)(
        frame.with_columns(outcome=pl.lit(None, OUTCOME), reason=pl.lit(None, REASON), detail=pl.lit(None, pl.String))
    )
    assert settled.filter(pl.col("detail") == FURTHER_LINE)["row"].to_list() == further
    assert set(settled.filter(pl.col("row").is_in(further))["reason"]) <= {"malformed-row"}


def test_a_second_table_below_is_no_part_of_the_list_and_named_by_convert(tmp_path: Path, typed: Typed) -> None:
    """Its fax numbers are not taken for the phones of the list above; each of its lines has its name."""
    text = f"Members of 2026\nName,Phone,City\n{PEOPLE}\nSuppliers\nCompany,Fax,Town\nAcme,415-555-0190,Reno\n"
    _, frame, _ = understood(tmp_path, text)
    assert frame["problem"].to_list()[-3:] == [TITLE, OTHER_HEADER, OTHER_ROW]
    done = typed("convert", tmp_path / "list.csv", "--out", tmp_path / "out")
    assert [line.split(": ", 1)[-1] for line in done.err.splitlines()] == [
        "a title above the list", TITLE, OTHER_HEADER, OTHER_ROW,
    ]  # fmt: skip


def test_a_second_table_without_a_blank_line_above_is_told_by_its_names(tmp_path: Path) -> None:
    """Its fax number is in the list's column of phones."""
    text = f"Name,Phone,City\n{PEOPLE}Company,Fax,Town\nAcme,415-555-0190,Reno\n"
    _, frame, _ = understood(tmp_path, text)
    assert frame["problem"].to_list() == [None, None, OTHER_HEADER, OTHER_ROW]


def test_a_state_before_whole_names_is_no_first_name(tmp_path: Path) -> None:
    """In a list without header that is a question."""
    rows = "4155550132,answered,Ann Lowe\n4155550147,missed,Bob Marsh\n4155550151,missed,Cy Noonan\n"
    _, _, mapping = understood(tmp_path, rows)
    assert mapping.first_name is None
    assert [decision.field for decision in mapping.doubts()] == ["full_name"]


def test_words_below_a_blank_line_do_not_part_the_people_below_from_the_list(tmp_path: Path) -> None:
    """A row may hold words that headers use; the numbers below it are rows of the list all the same."""
    text = f"Name,Phone,Email\n{PEOPLE}\nHome Depot,n/a,\nCy Noonan,415-555-0103,c@x.example\n"
    _, frame, _ = understood(tmp_path, text)
    assert frame["problem"][-1] is None


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


@pytest.mark.parametrize("mark", [" - ", " – ", ": "])
def test_lines_of_a_name_and_a_number_are_parted(tmp_path: Path, mark: str) -> None:
    """Where nothing else parts them; a remark behind a number is none of its digits, and is obeyed."""
    rows = f"Ann Lowe{mark}415-555-0101\nBob Marsh{mark}415-555-0102\nCy Noonan{mark}415-555-0103 (do not call)\n"
    source, frame, mapping = understood(tmp_path, rows)
    assert (source.delimiter, frame.height, mapping.phones) == (mark, 3, ("column 2",))
    assert frame["raw:column 1"].to_list() == ["Ann Lowe", "Bob Marsh", "Cy Noonan"]


def test_a_mark_within_cells_parts_no_list(tmp_path: Path) -> None:
    """A dash in each row's department."""
    source, _, _ = understood(tmp_path, "Name,Phone\nSales - Ann,415-555-0101\nSales - Bob,415-555-0102\n")
    assert source.delimiter == ","


def test_entities_in_a_header_are_read(tmp_path: Path) -> None:
    """As they are in cells; it is said, and a sign that is no entity stays."""
    source, _, mapping = understood(
        tmp_path,
        "Nom &amp; pr&eacute;nom,T&eacute;l&eacute;phone,R&D;x\nZoe Lowe,+1 415 555 0101,a\nEve,+14155550102,b\n",
    )
    assert source.columns == ("Nom & prénom", "Téléphone", "R&D;x")
    assert mapping.phones == ("Téléphone",)
    assert any("HTML entities in the names of columns" in note for note in source.notes)


def test_a_date_below_a_list_is_a_footer(tmp_path: Path) -> None:
    """As QuickBooks writes when a report was made."""
    source, frame, _ = understood(tmp_path, f'Name,Phone,Email\n{PEOPLE}\n"Sunday, Mar 01, 2026 10:00:00 AM GMT-8",,\n')
    assert (spans(source), frame.height) == ("header 1, footer 5", 3)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_list_that_is_written_sideways_is_told(tmp_path: Path, form: str) -> None:
    """Its columns are people; no number of it is offered for somebody else's name."""
    rows = [["Name", "Ann Lowe", "Bob Marsh"], ["Phone", "415-555-0101", "415-555-0102"], ["Notes", "VIP", "new"]]
    path = tmp_path / f"list.{form}"
    if form == "csv":
        path.write_text("\n".join(map(",".join, rows)))
    else:
        save(path, rows)
    with pytest.raises(ReadError, match=rf"list\.{form} is written sideways"):
        open_tables(path, path.name, None)


@pytest.mark.parametrize(
    "text",
    [
        "Name,Phone,Fax\nCustomer service,415-555-0101,415-555-0191\nHome office,415-555-0102,415-555-0192\n",
        "Name,Mobile Phone,Home Phone\nPhone Shop,415-555-0101,415-555-0191\nTel Aviv Bar,415-555-0102,415-555-0192\n",
    ],
)
def test_rows_whose_names_are_words_of_headers_are_rows(tmp_path: Path, text: str) -> None:
    """Departments and shops."""
    _, frame, mapping = understood(tmp_path, text)
    assert (frame.height, mapping.phones[0]) == (2, text.split(",")[1])


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
