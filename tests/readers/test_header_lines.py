"""Which lines of a report or form are its header."""

from pathlib import Path

import pytest

from tests.support.lists import PEOPLE, understood


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


def test_a_header_again_is_known_in_any_case(tmp_path: Path) -> None:
    """Lists put together repeat it, sometimes in capitals."""
    _, frame, _ = understood(tmp_path, f"Name,Phone,Email\n{PEOPLE}NAME,PHONE,EMAIL\n{PEOPLE}Name,Phone,Email\n")
    assert frame["problem"].to_list() == [None, None, "the header again", None, None, "the header again"]


def test_entities_in_a_header_are_read(tmp_path: Path) -> None:
    """As they are in cells; it is said, and a sign that is no entity stays."""
    source, _, mapping = understood(
        tmp_path,
        "Nom &amp; pr&eacute;nom,T&eacute;l&eacute;phone,R&D;x\nZoe Lowe,+1 415 555 0101,a\nEve,+14155550102,b\n",
    )
    assert source.columns == ("Nom & prénom", "Téléphone", "R&D;x")
    assert mapping.phones == ("Téléphone",)
    assert any("HTML entities in the names of columns" in note for note in source.notes)


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
