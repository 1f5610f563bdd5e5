"""Whose a number and a name are: the person's of the row, and never another party's in silence."""

from pathlib import Path

import polars as pl
import pytest

from importer.errors import MappingError, UndecidedError
from importer.models.mappings import SURE
from importer.models.watching import Silence
from importer.pipeline.mapper import Asking
from importer.pipeline.plan import make_plan, named
from importer.stages.map.headers import read_header
from tests.support.asking import settings_of
from tests.support.mapping import EMAILS, PHONES, WORDS, choose, mapped

OTHERS = """
    Account Phone; Company Main Phone; Telefon Firma; Téléphone entreprise; School Phone
    Telefon szkoły; Pharmacy Phone; Asst. Phone; Telefon Assistenz; Téléphone assistante; 秘書電話
    Emergency Contact Number; Notfallnummer; Acil durum telefonu; 緊急連絡先; Spouse Phone
    Teléfono cónyuge; Telefon małżonka; Телефон супруга; Doctor's Phone; PCP Phone
    Hausarzt Telefonnummer; Telefono medico; Телефон врача; 医生电话; Vet Phone; Tierarzt Tel
    Landlord Phone; Vermieter Telefon; Next of Kin Mobile; Payor Phone; Guarantor Phone
    Mother's Mobile; Motherdayphone; Telefone da mãe; Veli telefonu; 保護者電話番号; 학부모 전화; Host Phone
    Agent Phone; Referrer Phone; Teacher Phone; Social Worker Phone; Co-signer Phone; Zentrale
    HQ Phone; SĐT phụ huynh; Telepon orang tua; هاتف ولي الأمر; অভিভাবকের মোবাইল; Τηλέφωνο γονέα; Fax
    Pager; Numéro de fax; 父亲电话; 実家電話; Centralino
"""
OWN = """
    Phone; Patient Phone; Guest Phone; Buyer Phone; Work Phone; Office Phone; Best Phone
    Tel. geschäftlich; Teléfono particular; Telefon komórkowy; Cep Telefonu; Рабочий телефон; No HP
    Tenant Phone; Preferred Phone; Text Reminder Number; Direct Line; Handy Schüler; Matkapuhelin
"""


def headers(text: str) -> list[str]:
    return [header.strip() for header in text.replace("\n", ";").split(";") if header.strip()]


def test_another_partys_number_is_no_phone_of_the_person() -> None:
    """In the languages of the map; the person's own, however they are called, are phones."""
    assert [header for header in headers(OTHERS) if read_header(header).field == "phone"] == []
    assert [header for header in headers(OWN) if read_header(header).field != "phone"] == []


@pytest.mark.parametrize("other", ["Vet Phone", "Account Phone", "Fax", "Emergency Contact Phone"])
def test_who_has_only_another_partys_number_has_none(other: str) -> None:
    """The row is ``phone-missing`` and the column is said; where there is no other column it is a question."""
    columns: dict[str, list[str | None]] = {"Name": list(WORDS), other: PHONES, "Phone": [PHONES[0], None, None, None]}
    mapping = choose(columns)
    assert mapping.phones == ("Phone",)
    assert any(other in remark for remark in mapping.remarks)
    (doubt,) = choose({"Name": list(WORDS), other: PHONES}).doubts()
    assert (doubt.field, doubt.chosen[0].confidence < SURE) == ("phone", True)


@pytest.mark.parametrize(
    ("own", "others"),
    [
        ("Phone", "Interpreter Phone; CSM Phone; Keyholder Phone; Shift Lead Phone; Backup Contact Phone; NOK Phone"),
        ("Telefon", "Telefon Steuerberater; Pflegedienst Tel; Übungsleiter Telefon; Hausmeister Telefon"),
        ("Teléfono", "Aval Teléfono; Teléfono del gestor"),
        ("Telefone", "Telefone do fiador; Telefone do síndico"),
        ("Puhelin", "Lähiomaisen puhelin"),
        ("Mobil", "Målsman telefon"),
        ("Моб. телефон", "Телефон руководителя"),
        ("手机号", "班主任电话"),
        ("Số điện thoại", "SĐT khẩn cấp"),
    ],
)
def test_a_number_with_an_unknown_word_is_not_taken_beside_a_plain_one(own: str, others: str) -> None:
    """No list of parties is complete. What tells where, when or how somebody is reached is known."""
    for other in headers(others):
        mapping = choose({"Name": list(WORDS), own: PHONES, other: PHONES})
        assert mapping.phones == (own,)
    for known in headers("Home Phone; Evening Phone; Tel. privat; Additional Phone; Téléphone fixe; Celular personal"):
        assert set(choose({"Name": list(WORDS), own: PHONES, known: PHONES}).phones) == {own, known}


def test_an_unknown_word_is_the_persons_where_their_names_or_nothing_plainer_have_it() -> None:
    """Of several, one that another column has as well, and else the first, is the person's."""
    names: dict[str, list[str | None]] = {"Camper First Name": list(WORDS)}
    assert choose(names | {"Pickup Phone": PHONES, "Camper Phone": PHONES}).phones == ("Camper Phone",)
    assert choose({"Name": list(WORDS), "Tenant Cell": PHONES}).phones == ("Tenant Cell",)
    guest: dict[str, list[str | None]] = {"Guest First Name": list(WORDS)}
    assert choose(guest | {"Property Phone": PHONES, "Guest Phone": PHONES}).phones == ("Guest Phone",)
    parts: dict[str, list[str | None]] = {"phoneNumbers.value": PHONES, "phoneNumbers.dialable": PHONES}
    assert choose(parts | {"Name": list(WORDS)}).phones == tuple(parts)
    finnish: dict[str, list[str | None]] = {"Matkapuhelin": PHONES, "Äidin puhelin": PHONES}
    assert choose(finnish | {"Nimi": list(WORDS)}).phones == ("Matkapuhelin",)
    site: dict[str, list[str | None]] = {"Foreman Phone": PHONES, "Client": list(WORDS), "Client Phone": PHONES}
    assert choose(site).phones == ("Client Phone",)
    second: dict[str, list[str | None]] = {"Secondary Contact Name": ["Al Poe", "Bo Ray", "Cy Sol", "Di Tan"]}
    both: dict[str, list[str | None]] = {"Name": list(WORDS)}
    both |= {"Primary Phone": PHONES, "Secondary Contact Phone": PHONES}
    assert choose(both | second).phones == ("Primary Phone",)
    assert choose(both).phones == ("Primary Phone", "Secondary Contact Phone")


@pytest.mark.parametrize("kind", ["Cell", "Phone"])
def test_two_people_by_words_of_their_own_are_a_question(kind: str) -> None:
    """Each has a name and a number; none of the two is the other's fallback."""
    names: list[str | None] = ["Al Poe", "Bo Ray", "Cy Sol", "Di Tan"]
    columns: dict[str, list[str | None]] = {"Bride Name": names, f"Bride {kind}": PHONES}
    mapping = choose(columns | {"Groom Name": names, f"Groom {kind}": PHONES})
    assert [doubt.field for doubt in mapping.doubts()] == ["phone"]


@pytest.mark.parametrize("other", ["Emergency Contact", "Spouse"])
def test_a_number_behind_a_close_persons_name_is_theirs(other: str) -> None:
    """Where the person has one before it; what stands behind an account's name may be the person's."""
    names: list[str | None] = ["Al Poe", "Bo Ray", "Cy Sol", "Di Tan"]
    related: dict[str, list[str | None]] = {other: names, "Relationship": ["wife"] * 4, "Phone (2)": PHONES}
    own: dict[str, list[str | None]] = {"Name": list(WORDS), "Phone": PHONES}
    assert choose(own | related).phones == ("Phone",)
    account: dict[str, list[str | None]] = {"Account Name": names, "Mobile": PHONES}
    assert choose(own | account).phones == ("Phone", "Mobile")


def test_one_number_under_many_people_is_a_question() -> None:
    """Unless another column has numbers of their own; a household's is none, nor is a damaged one."""
    people: list[str | None] = [f"Person {letter}" for letter in "ABCDEFGH"]
    shared: dict[str, list[str | None]] = {"Name": people, "Phone": ["+1 415 555 0100"] * 8}
    assert [doubt.field for doubt in choose(shared).doubts()] == ["phone"]
    own: list[str | None] = [f"+1 415 555 01{number:02}" for number in range(8)]
    mapping = choose(shared | {"Mobile": own})
    assert (mapping.phones, mapping.doubts()) == (("Mobile",), ())
    assert any('"Phone"' in remark for remark in mapping.remarks)
    households: list[str | None] = [f"+1 415 555 01{number // 2:02}" for number in range(8)]
    assert choose(shared | {"Phone": households}).doubts() == ()
    assert choose(shared | {"Phone": ["1.41556E+10"] * 8}).doubts() == ()


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("properties.firstname", "first_name"),
        ("Name / First Name", "first_name"),
        ("Name (Last)", "last_name"),
        ("fields.Name", "either"),
        ("contact.full_name", "full_name"),
        ("What's your *first name*?", "first_name"),
        ("company.name", None),
        ("Emergency Contact (First Name)", None),
        ("What is your doctor's last name?", None),
        ("Organization - Name", None),
    ],
)
def test_a_name_is_known_by_the_last_part_of_a_path(header: str, field: str | None) -> None:
    """Unless what stands before it tells of somebody else."""
    assert read_header(header).field == field


def test_a_host_or_user_is_not_whom_the_list_is_about() -> None:
    """Beside an invitee, a user is another person; alone, the user is the person."""
    columns: dict[str, list[str | None]] = {
        "User Name": ["Our Host"] * 4, "User Email": EMAILS, "Invitee Name": list(WORDS), "Invitee Phone": PHONES,
    }  # fmt: skip
    mapping = choose(columns)
    assert (mapping.full_name, mapping.email, mapping.phones) == ("Invitee Name", None, ("Invitee Phone",))
    alone = choose({"User Name": list(WORDS), "User Email": EMAILS, "Phone": PHONES})
    assert (alone.full_name, alone.email) == ("User Name", "User Email")


def test_names_and_addresses_fall_back_row_by_row() -> None:
    """Both halves come from one pair of columns; then from a full name; an address from the next one."""
    columns: dict[str, list[str | None]] = {
        "first_name": ["Ann", None, None], "last_name": [None, " ", None],
        "billing_first_name": ["Bob", "Bob", None], "billing_last_name": ["Roe", "Roe", None],
        "Name": ["Cy Orr", "Cy Orr", "Cy Orr"], "Email": ["a@x.example", None, None],
        "Email 2": ["b@x.example", "c@x.example", None], "Phone": PHONES[:1] * 3,
    }  # fmt: skip
    frame = mapped(columns, choose(columns))
    assert frame.select("first_name", "last_name").rows() == [("Ann", None), ("Bob", "Roe"), (None, None)]
    assert frame["full_name"].to_list() == ["Cy Orr"] * 3
    assert frame["email"].to_list() == ["a@x.example", "c@x.example", None]


def test_a_column_that_repeats_one_word_is_no_name() -> None:
    """Without a header, a source or a city in every row is passed over for the names behind it."""
    columns: dict[str, list[str | None]] = {
        "column 1": ["web"] * 4, "column 2": list(WORDS), "column 3": ["Lee", "Fox", "Orr", "Roe"], "column 4": PHONES,
    }  # fmt: skip
    mapping = choose(columns, header_row=None)
    assert (mapping.first_name, mapping.last_name) == ("column 2", "column 3")


PEOPLE: dict[str, list[str | None]] = {
    "Name 1": ["Ann Lee", "Bob Fox", "Cy Orr", "Di Roe"],
    "Phone 1": PHONES,
    "Name 2": ["Eve Lee", "Flo Fox", "Gus Orr", "Hal Roe"],
    "Phone 2": [f"+1 415 555 019{digit}" for digit in range(4)],
}
"""Two people in a row."""


@pytest.mark.parametrize("names", [list(PEOPLE), ["Name", "Phone", "Name (2)", "Phone (2)"]])
def test_several_people_in_a_row_are_a_question(names: list[str]) -> None:
    """Whoever's number is named, the name is of the same block."""
    columns = dict(zip(names, PEOPLE.values(), strict=True))
    assert [doubt.field for doubt in choose(columns).doubts()] == ["phone"]
    mapping = choose(columns, phone=(names[3],))
    assert (mapping.full_name, mapping.phones, mapping.others) == (names[2], (names[3],), {})


def test_a_number_is_not_joined_to_the_name_at_another_address() -> None:
    """Of two addresses with a name each, one gives both; without names of their own both numbers count."""
    names: dict[str, list[str | None]] = {"Billing Name": ["Ann Lee"] * 4, "Shipping Name": ["Bob Fox"] * 4}
    phones: dict[str, list[str | None]] = {"Billing Phone": [PHONES[0], None, None, None], "Shipping Phone": PHONES}
    mapping = choose(names | phones)
    assert (mapping.full_name, mapping.phones, mapping.others) == ("Billing Name", ("Billing Phone",), {})
    assert any("Shipping Phone" in remark for remark in mapping.remarks)
    assert choose(phones | {"Name": ["Ann Lee"] * 4}).phones == ("Billing Phone", "Shipping Phone")


def test_any_name_of_an_order_goes_with_a_phone_that_is_of_no_address() -> None:
    """The recipient's name stands in for nobody only beside the buyer's number."""
    names: dict[str, list[str | None]] = {"Shipping Name": [None, "Bob Fox"], "Name": ["Ann Lee", None]}
    assert set(choose(names | {"Phone": PHONES[:2]}).names()) == {"Name", "Shipping Name"}
    assert choose(names | {"Billing Phone": PHONES[:2]}).names() == ("Name",)


@pytest.mark.parametrize("name", ["Do not call.csv", "DNC-2026.csv", "Robinsonliste.csv"])
def test_a_list_named_after_people_who_said_no_is_not_imported(tmp_path: Path, name: str) -> None:
    """Exit code 5 with the way out, unless consent was left out; a line above such people is the same."""
    listed = tmp_path / name
    listed.write_text("Name,Phone\nAnn Lee,+14155550100\n", "utf-8")
    with pytest.raises(UndecidedError, match=r"not to be contacted.* --suppress"):
        make_plan(named([listed]), settings_of(listed), Silence(), Asking())
    settings = settings_of(listed, map={"consent": ()})
    assert len(make_plan(named([listed]), settings, Silence(), Asking()).tables) == 1
    parted = tmp_path / "list.csv"
    parted.write_text("Name,Phone\nAnn Lee,+14155550100\nBitte nicht anrufen,\nBob Fox,+14155550101\n", "utf-8")
    with pytest.raises(UndecidedError, match="Row 3 "):
        make_plan(named([parted]), settings_of(listed), Silence(), Asking())


def test_a_table_of_faxes_alone_has_no_phone() -> None:
    """What cannot be a phone of the person is never taken unasked, and never without any number."""
    with pytest.raises(MappingError):
        choose({"Name": list(WORDS), "Fax": [None] * 4})
    assert pl.Series(choose({"Name": list(WORDS), "Pager": PHONES}).phones).to_list() == ["Pager"]


def test_a_number_that_others_have_is_tried_after_everybodys_own() -> None:
    """An account's phone beside each contact's mobile, as Salesforce exports them; the order stays where none is."""
    people: list[str | None] = ["Ann Lee", "Bob Ray", "Cid Moe", "Dee Poe", "Eve Roe"]
    firms: list[str | None] = [*["+1 415 555 0100"] * 3, *["+1 415 555 0200"] * 2]
    own: list[str | None] = [f"+1 415 555 011{place}" for place in range(4)]
    shared = choose({"Name": people, "Phone": firms, "Mobile": [*own, None]})
    assert shared.phones == ("Mobile", "Phone")
    assert 'in this order: "Mobile", "Phone".' in " ".join(shared.notes)
    others: list[str | None] = [f"+1 415 555 022{place}" for place in range(5)]
    assert choose({"Name": people, "Phone": others, "Mobile": [*own, None]}).phones == ("Phone", "Mobile")
