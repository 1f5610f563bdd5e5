"""Mapping: which column fills which field, and what the stage makes of it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import MappingError
from importer.models.mappings import SURE, Mapping
from importer.pipeline.mapper import undecided
from importer.stages.map import regions
from importer.stages.map.headers import read_header
from importer.stages.map.regions import region_of
from tests.quality import header_mapping
from tests.support.mapping import EMAILS, PHONES, WORDS, choose, mapped, table

LAYOUTS = Path(__file__).parents[2].parent / "shared" / "corpora" / "layouts.json"
HEADERS: dict[str | None, str] = {
    "phone": """
        Phone; Mobile; Tel. no.; TEL; Cell; cell_phone; WhatsApp; Whatsapp Number; Phone2; mobilePhone; Handynummer
        Handy; Telefonnummer; Festnetz; Rufnummer; Téléphone portable; Portable; Tél.; Teléfono móvil; Celular; Móvil
        Cellulare; Telefono; Telemóvel; Telefone; Mobiel; Telefoonnummer; Nr telefonu; Komórka; Puhelin; Mobilnummer
        Telefon; Телефон; Мобильный телефон; Κινητό; 電話番号; 携帯電話; 手机; 手机号码; 电话; 전화번호; 휴대폰
        رقم الهاتف; جوال; טלפון; मोबाइल; Cep telefonu; Số điện thoại; Contact number; Person - Phone; Phone 1 - Value
        Work Phone; Business Phone; Ph; Mobile (with country code); Mobile with ISD code; Celular com DDD
        Telefon mit Vorwahl; Teléfono con lada; Téléphone avec indicatif; Telefoon met kengetal; Vast nummer
        Pevná linka; Numéro fixe; Línea fija; Rete fissa; Fixo; Fastnet; Sabit hat
        Стационарный; Σταθερό; 固话; वैकल्पिक नंबर
    """,
    "email": """
        Email; E-mail; E-Mail-Adresse; EMAIL_ADDRESS; emailAddress; Mail; Correo electrónico; Correo; Courriel
        Adresse e-mail; Posta elettronica; E-posta; Почта; Эл. почта; メール; メールアドレス; 邮箱; 电子邮件; 이메일
        البريد الإلكتروني; Person - Email; E-mail 1 - Value; Primary Email; ईमेल पता
    """,
    "first_name": """
        First Name; FirstName; first_name; FNAME; Given Name; Forename; Vorname; Prénom; Nombre de pila; Voornaam; Imię
        Fornavn; Förnamn; Etunimi; Křestní jméno; 名; Primeiro nome; Contact First Name; billing_first_name
    """,
    "last_name": """
        Last Name; LASTNAME; Surname; Family name; Nachname; Familienname; Nom de famille; Apellido; Apellidos; Cognome
        Sobrenome; Achternaam; Nazwisko; Příjmení; Efternavn; Sukunimi; Фамилия; 姓; Soyadı; Customer Last Name
    """,
    "full_name": """
        Full Name; full_name; Display Name; Nombre completo; Nome completo; Nom complet; Imię i nazwisko; ФИО; 氏名
        姓名; 이름; Nombre y apellidos; Nome e cognome; Ansprechpartner; Ad Soyad
    """,
    "either": """
        Name; Person - Name; Lead Name; Contact Name; Customer name; Nom; Nombre; Nome; Naam; Navn; Имя
    """,
    "country": """
        Country; Country Code; ISO; Mailing Country; Home Country; Business Country/Region; Address 1 - Country; Land
        País; Pays; Paese; Kraj; Страна; 国; Ülke; country_name; Ländercode; Phone Country Code; Billing country
    """,
    "consent": """
        Consent; SMS Consent; Phone consent; Phone opt-in; Do not call; Einwilligung; Keine Anrufe; Ne pas appeler
        Consentimiento; 同意; सहमति; موافقة; Согласие; Email and SMS consent
    """,
    None: """
        Fax; Fax Number; Business Fax; Pager; Assistant's Phone; Emergency contact; Emergency Phone; Phone 1 - Type
        Phone 1 - Label; Email consent; Email Marketing Consent; Email Opt Out; Email status; E-mail Type; Newsletter
        E-mail Display Name; Email Suppressions; Phonetic First Name; Nickname; Company; Organization - Name; ad_name
        Contact owner; TTY/TDD Phone; Manager's Name; Notes; City; Photo consent; Phone verified; Email bounced
        Username
    """,
}


def layouts() -> list[Any]:
    return json.loads(LAYOUTS.read_text("utf-8")) if LAYOUTS.exists() else []


@pytest.mark.corpora
@pytest.mark.parametrize("layout", layouts(), ids=lambda layout: layout["system"])
@pytest.mark.parametrize("is_filled", [False, True])
def test_known_layouts_map_themselves(layout: dict[str, Any], is_filled: bool) -> None:
    """Twelve exports map without help, with their name and phone columns in order; those without a phone say so."""
    cells: dict[str, list[str | None]] = {column: [] for column in layout["header"]}
    if is_filled:
        cells = {column: PHONES if column in layout["phone"] else [None] * 4 for column in layout["header"]}
    if not layout["phone"]:
        with pytest.raises(MappingError, match=r"no phone column .* --map phone="):
            choose(cells)
        return
    mapping = choose(cells)
    assert list(mapping.phones) == layout["phone"]
    assert [name for name in (mapping.first_name, mapping.last_name, mapping.full_name) if name] == layout["name"]


@pytest.mark.parametrize("field", HEADERS)
def test_headers_are_understood(field: str | None) -> None:
    """Words of many languages, in any case and punctuation, and never those that speak of something else."""
    headers = [header.strip() for header in HEADERS[field].replace("\n", ";").split(";") if header.strip()]
    assert {header: found for header in headers if (found := read_header(header).field) != field} == {}


def test_every_other_column_travels_as_metadata() -> None:
    """What is not mapped is metadata, the country and further addresses included, also where it is empty."""
    mapping = choose({"Phone": PHONES, "Email": EMAILS, "Email 2": EMAILS, "Country": ["US"] * 4, "Empty": [None] * 4})
    assert (mapping.phones, mapping.email, mapping.country) == (("Phone",), "Email", "Country")
    assert mapping.metadata == ("Email 2", "Country", "Empty")
    assert any("Email 2" in note for note in mapping.notes)


@pytest.mark.parametrize(
    "pair",
    [
        "Mail perso; Mail pro", "Courriel privé; Courriel professionnel", "Personal Email; Work Email",
        "E-Mail privat; E-Mail geschäftlich", "Correo personal; Correo de trabajo", "Email privata; Email aziendale",
        "Email pessoal; Email profissional", "E-mail privé; E-mail werk", "E-mail prywatny; E-mail służbowy",
        "E-post privat; E-post arbete", "Privat e-post; Jobb-e-post", "Kişisel e-posta; İş e-posta",
        "Личная почта; Рабочая почта", "E-mail soukromý; E-mail pracovní",
    ],
)  # fmt: skip
def test_of_two_addresses_of_a_person_the_first_is_taken_and_the_other_where_it_is_empty(pair: str) -> None:
    """Private and at work, in the order of the list, which may mean either; a note says which is taken."""
    private, work = pair.split("; ")
    for first, second in ((private, work), (work, private)):
        columns: dict[str, list[str | None]] = {"Phone": PHONES, first: [None, *EMAILS[1:]], second: EMAILS}
        mapping = choose(columns)
        assert (mapping.email, mapping.others) == (first, {"email": (second,)})
        assert mapped(columns, mapping)["email"].to_list() == EMAILS
        assert any(first in note and second in note for note in mapping.notes)


def test_a_phone_column_full_of_addresses_is_no_phone() -> None:
    """Values beat the header, both ways round."""
    mapping = choose({"Phone": EMAILS, "Email": PHONES})
    assert (mapping.phones, mapping.email) == (("Email",), "Phone")


def test_cep_is_a_postcode_in_brazil_and_a_mobile_phone_in_turkey() -> None:
    """Eight digits are no mobile phone, hyphen or not."""
    brazil: dict[str, list[str | None]] = {
        "Fone": ["(11) 3222-1234"] * 4,
        "CEP": ["01310-100", "20040020", "30130-010", "80010000"],
    }
    assert choose(brazil).phones == ("Fone",)
    assert choose({"Ev": ["0212 555 01 23"] * 4, "Cep": ["0532 555 01 23", "05325550124"] * 2}).phones == ("Ev", "Cep")


@pytest.mark.parametrize(
    "phones",
    [
        PHONES,
        ["030 1234567", "040 7654321"] * 2,
        ["(415) 555-0100"] * 4,
        ["4155550100"] * 4,
        ["+14155550100", "(415) 555-0101", "4155550102", "1.41556E+10"],
    ],
)
def test_values_show_a_phone_without_any_header(phones: list[str | None]) -> None:
    """A column of numbers is found in a table without header, as are addresses and full names."""
    columns: dict[str, list[str | None]] = {
        "column 1": ["Ann Lee", "Bob Fox", "Cy Orr", "Di Roe"],
        "column 2": phones,
        "column 3": EMAILS,
        "column 4": ["2024-01-31"] * 4,
        "column 5": ["12.50", "1024", "7", "0"],
    }
    mapping = choose(columns, header_row=None)
    assert (mapping.phones, mapping.email, mapping.full_name) == (("column 2",), "column 3", "column 1")


def test_two_phone_columns_that_only_values_tell_are_not_guessed() -> None:
    """It is a question with both of them; unattended it names both and what to type, and holds no cell."""
    columns: dict[str, list[str | None]] = {"column 1": PHONES, "column 2": PHONES[::-1], "column 3": list(WORDS)}
    (doubt,) = choose(columns, header_row=None).doubts()
    assert (doubt.field, [c.column for c in doubt.candidates()]) == ("phone", ["column 1", "column 2"])
    message = undecided(table(columns)[0], doubt)
    assert '--map phone="column 1" or --map phone="column 2"' in message
    assert "555" not in message


def test_no_phone_column_lists_the_columns_and_the_way_out() -> None:
    """Exit 2 where nothing looks like a phone; where the only phones are of a fax, that is a question."""
    with pytest.raises(MappingError) as caught:
        choose({"Name": list(WORDS), "City": ["Leeds"] * 4})
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        "list.csv: no phone column was found. No column holds phone numbers; if one should, add "
        '--map phone="COLUMN". Columns: Name, City.'
    )
    (doubt,) = choose({"Name": list(WORDS), "Fax": PHONES}).doubts()
    assert [(c.column, c.confidence < SURE) for c in doubt.chosen] == [("Fax", True)]


def test_several_phone_columns_are_tried_in_file_order() -> None:
    """File order, spare numbers last and only where there are any; the notes say so."""
    columns: dict[str, list[str | None]] = {
        "Other Phone": PHONES,
        "Home Phone": PHONES,
        "Home Phone 2": [None] * 4,
        "Mobile": [None] * 4,
        "Work Phone 2": PHONES,
    }
    mapping = choose(columns)
    assert mapping.phones == ("Home Phone", "Mobile", "Other Phone", "Work Phone 2")
    assert mapping.metadata == ("Home Phone 2",)
    assert any("in this order" in note for note in mapping.notes)


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (("Name", "Vorname"), ("Vorname", "Name", None)),
        (("Nom", "Prénom"), ("Prénom", "Nom", None)),
        (("Nombre", "Apellidos"), ("Nombre", "Apellidos", None)),
        (("Nome", "Cognome"), ("Nome", "Cognome", None)),
        (("Name", "Surname"), ("Name", "Surname", None)),
        (("Name", "Display Name"), (None, None, "Name")),
        (("Display Name", "First Name", "Last Name"), ("First Name", "Last Name", None)),
        (("Name", "Company"), (None, None, "Name")),
    ],
)
def test_a_word_for_the_whole_name_may_mean_half_of_it(
    columns: tuple[str, ...], names: tuple[str | None, str | None, str | None]
) -> None:
    """The word "Name" is a family name beside "Vorname", a first name beside "Surname", alone a full name."""
    cells: dict[str, list[str | None]] = {column: [None] * 4 for column in columns}
    mapping = choose({"Phone": PHONES, **cells})
    assert (mapping.first_name, mapping.last_name, mapping.full_name) == names


def test_a_name_that_holds_the_first_name_is_a_full_name() -> None:
    """Where the values of "Name" hold those of "First Name", it is the whole name."""
    mapping = choose({"Phone": PHONES, "First Name": list(WORDS), "Name": [f"{word} Lee" for word in WORDS]})
    assert (mapping.first_name, mapping.full_name) == (None, "Name")


def test_overrides_beat_everything() -> None:
    """Columns asked for are taken in any case and however odd; the rest maps itself around them."""
    columns: dict[str, list[str | None]] = {"Phone": PHONES, "Fax": PHONES, "Name": list(WORDS), "Note": EMAILS}
    mapping = choose(columns, phone=("fax", "Note"), last_name=("Name",))
    assert mapping.phones == ("Fax", "Note")
    assert (mapping.first_name, mapping.last_name, mapping.full_name, mapping.email) == (None, "Name", None, None)
    assert mapping.metadata == ("Phone",)


def test_an_override_must_name_a_column() -> None:
    """The message lists the columns."""
    with pytest.raises(MappingError, match=r'--map phone="Mobil" names no column .* Columns: Phone, Name\.'):
        choose({"Phone": PHONES, "Name": list(WORDS)}, phone=("Mobil",))


def test_a_country_column_must_tell_countries() -> None:
    """A column "Land" full of federal states is not a country, "Country" is."""
    assert choose({"Phone": PHONES, "Land": ["Bayern", "Hessen", "Berlin", "Hamburg"]}).country is None
    assert choose({"Phone": PHONES, "Land": ["Deutschland", "Österreich", None, "CH"]}).country == "Land"


COUNTRIES = {
    "DE": "DE; de; DEU; D; GER; Deutschland; Allemagne; Deutschland/Germany; DE - Germany; ドイツ; 德国; +49; 0049; 49",
    "US": "USA; U.S.A.; United States; United States of America; Estados Unidos; +1",
    "GB": "UK; U.K.; XI; London, UK; England; Scotland; Großbritannien; United Kingdom; +44",
    "NL": "Nederland; The Netherlands; Holland",
    "CI": "Côte d’Ivoire; Ivory Coast",
    "ES": "España; espana; Spain",
    "TR": "Türkiye; Turkey",
    "RU": "Россия; Russia; +7",
    "KR": "South Korea; KOR",
    "CZ": "Czechia; Česko",
    "FR": " fr ; FRANCE",
    "AE": "UAE",
    "IE": "+353",
    "KP": "Korea, Democratic People's Republic of; North Korea",
    "VI": "Virgin Islands, U.S.",
    "VC": "St. Vincent & Grenadines; Saint Vincent and the Grenadines",
    "AT": "A; Austria (AT); Wien, Österreich",
    "BE": "B; Belgique/België",
    "GR": "EL; Hellas",
    "NA": "NA; Namibia",
    None: "+800; 380; -; Bavaria; XX; 99; ; n/a; #N/A; Georgia, USA; USA/UK; Q",
}


@pytest.mark.parametrize("region", COUNTRIES)
def test_countries_are_recognised(region: str | None) -> None:
    """Codes, names in many languages, short forms and calling codes."""
    assert {text: found for text in COUNTRIES[region].split(";") if (found := region_of(text)) != region} == {}


def test_a_country_over_two_lines_is_a_country() -> None:
    """A cell may break where it likes; two countries in one are none."""
    assert region_of("United\nStates") == "US"
    assert region_of("Germany\nFrance") is None


def test_a_country_that_is_not_understood_is_told_from_none() -> None:
    """``ZZ`` keeps such a row from the default region; a cell that says that there is none leaves it to the default."""
    cells: list[str | None] = ["Bavaria", "Other", "🇩🇪", "380", None, " ", "n/a", "-", "unknown", "NA", "D"]
    frame = mapped({"Phone": ["1"] * len(cells), "Land": cells}, Mapping(("Phone",), country="Land"))
    assert frame["region"].to_list() == ["ZZ"] * 4 + [None] * 5 + ["NA", "DE"]


def test_no_code_in_use_takes_one_of_iso_3166() -> None:
    """Vehicle, VAT and sports codes stand beside ISO's, never in their place."""
    iso = {code for word in regions._ALPHA_3.split() for code in (word[:2], word[2:])}
    assert iso.isdisjoint(code.split(":")[0] for code in regions._OTHER_CODES.split())


def test_cells_go_to_their_fields() -> None:
    """Fields, phones in order, metadata and the region stand beside the raw cells; no column maps to null."""
    mapping = Mapping(("Tel", "Mobile"), first_name="First", email="Mail", country="Land", metadata=("Land", "Note"))
    columns: dict[str, list[str | None]] = {
        "First": ["Ann", None], "Tel": ["1", None], "Mobile": ["2", "3"], "Mail": ["a", "b"],
        "Land": ["Suisse", "Mars"],
        "Note": ["x", None],
    }  # fmt: skip
    frame = mapped(columns, mapping)
    assert [name for name in frame.columns if name.startswith("phone:")] == ["phone:Tel", "phone:Mobile"]
    assert frame.select("first_name", "last_name", "full_name", "email", "region").rows() == [
        ("Ann", None, None, "a", "CH"),
        (None, None, None, "b", "ZZ"),
    ]
    assert frame.select("meta:Land", "meta:Note", "raw:Note").row(0) == ("Suisse", "x", "x")
    assert frame["reason"].null_count() == 2


def test_blank_and_malformed_rows_are_settled() -> None:
    """White space is blank; a malformed row keeps its problem as the detail, blank or not."""
    columns: dict[str, list[str | None]] = {"Phone": ["1", " \t", None], "Name": ["", None, "Ann"]}
    mapping = Mapping(("Phone",), full_name="Name")
    assert mapped(columns, mapping)["reason"].to_list() == [None, "blank-row", None]
    malformed = mapped(columns, mapping, problem="stray quote")
    assert malformed.select("outcome", "reason", "detail").unique().rows() == [
        ("errored", "malformed-row", "stray quote")
    ]


def test_an_email_consent_never_becomes_the_address() -> None:
    """Not even where it is the only column about e-mail and holds addresses."""
    mapping = choose({"Phone": PHONES, "Email consent": EMAILS})
    assert (mapping.email, mapping.consent, mapping.doubts()) == (None, (), ())


def test_confidence_grows_with_evidence() -> None:
    """Header and values together are surest, then the header alone, then the values; the losers are named with why."""
    both = choose({"Phone": PHONES, "Fax": PHONES}).decisions[0]
    header = choose({"Phone": [None] * 4}).decisions[0]
    values = choose({"Kolom": PHONES}).decisions[0]
    assert both.chosen[0].confidence > header.chosen[0].confidence >= SURE
    assert both.chosen[0].confidence > values.chosen[0].confidence >= SURE
    assert [(candidate.column, candidate.why) for candidate in both.lost] == [
        ("Fax", "its header is not about the person's own, 100% of values look like phone numbers")
    ]


def test_a_field_can_be_left_out() -> None:
    """No column at all for a field beats the evidence."""
    columns: dict[str, list[str | None]] = {"Phone": PHONES, "Email": EMAILS, "Consent": ["no"] * 4, "Name": [*WORDS]}
    mapping = choose(columns, email=(), consent=(), full_name=())
    assert (mapping.email, mapping.consent, mapping.full_name) == (None, (), None)


CONSENTS: list[tuple[dict[str, list[str | None]], list[bool]]] = [
    ({"SMS consent": ["yes", "no", None, " NO. "]}, [False, True, False, True]),
    ({"Do not call": ["yes", "no", None, "x"]}, [True, False, False, True]),
    ({"Einwilligung": ["Ja", "Nein", "offen", "widerrufen"]}, [False, True, False, True]),
    ({"Opted out": ["FALSE", "TRUE", "", "unsubscribed"]}, [False, True, False, True]),
    ({"SMS consent": ["no", "no", "yes", None], "Call consent": ["yes", None, "no", "no"]}, [False, True, False, True]),
    ({"SMS consent": ["yes"] * 4, "Do not contact": ["yes", "no", None, "no"]}, [True, False, False, False]),
    ({"SMS Marketing Consent": ["SUBSCRIBED", "NEVER_SUBSCRIBED", "UNSUBSCRIBED", None]}, [False, True, True, False]),
    ({"Email consent": ["no"] * 4, "Newsletter": ["no"] * 4}, [False] * 4),
    ({"Consent": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]}, [False] * 4),
]


@pytest.mark.parametrize("cell", ["–", ":-)", ", later"])
def test_a_column_may_hold_nothing_but_signs(cell: str) -> None:
    """What begins with a dash or a comma answers nothing: the column is metadata, and the table is mapped."""
    mapping = choose({"Phone": ["+14155550132", "+14155550133"], "Remark": [cell, cell]})
    assert mapping.metadata == ("Remark",)


@pytest.mark.parametrize(("columns", "is_refused"), CONSENTS)
def test_only_a_clear_no_is_no_consent(columns: dict[str, list[str | None]], is_refused: list[bool]) -> None:
    """An empty cell is no no; a yes to one way of contact beats a no to another; other columns are not asked."""
    cells: dict[str, list[str | None]] = {"Phone": ["+1 415 555 0100"] * 4, **columns}
    frame = mapped(cells, choose(cells))
    assert [reason == "no-consent" for reason in frame["reason"]] == is_refused
    assert set(frame.filter(pl.col("reason") == "no-consent")["detail"]) <= {
        f'the column "{column}" says no' for column in columns
    }


@pytest.mark.parametrize("case", list(header_mapping.cases(header_mapping.PRODUCTS)), ids=lambda case: case.product)
def test_exports_of_products_are_mapped_or_asked(case: header_mapping.Case) -> None:
    """Of each product: every column gets its field or is asked about; another party's number or name is never taken."""
    assert header_mapping.misread(case) == []


def test_headers_are_understood_as_measured() -> None:
    """The half that was tuned on is all right; of the other no column is wrong without a question."""
    tuned, held_out = (list(header_mapping.verdicts(half)) for half in header_mapping.HALVES)
    assert all(verdict.is_right for verdict in tuned)
    assert all(verdict.is_right for verdict in held_out)


@pytest.mark.parametrize("name", ["text", "column", "row", "problem", "key", "position", "region"])
def test_a_column_may_be_called_anything(name: str) -> None:
    """Also what the tables inside are called."""
    columns: dict[str, list[str | None]] = {"Phone": PHONES, name: list(WORDS)}
    mapping = choose(columns)
    assert mapping.metadata == (name,)
    assert mapped(columns, mapping)[f"meta:{name}"].to_list() == WORDS


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8, unique=True), st.data())
def test_any_table_is_mapped_or_refused(columns: list[str], data: st.DataObject) -> None:
    """Whatever the headers and cells are, every column is used once or the table is refused by a clear error."""
    cells = {
        column: data.draw(st.lists(st.none() | st.text(max_size=12), min_size=2, max_size=2)) for column in columns
    }
    try:
        mapping = choose(cells)
    except MappingError:
        return
    one = (mapping.first_name, mapping.last_name, mapping.full_name, mapping.email)  # others are metadata as well
    used = [*mapping.phones, *(column for column in one if column is not None)]
    assert sorted([*used, *mapping.metadata]) == sorted(columns)


def test_entities_are_read_as_what_they_stand_for_and_noted() -> None:
    """Once or twice written over; what is no whole reference stays, and so do the cells as they were read."""
    columns: dict[str, list[str | None]] = {
        "Name": ["O&#039;Brien", "Zo&amp;euml;", "R&D; A&notes;", None],
        "Phone": ["&#43;1 415 555 0100", "+1&nbsp;415 555 0101", "+1 415 555 0102", "&#52;15 555 0103"],
        "Email": ["ann&#64;x.example", "b@x.example", "c@x.example", None],
        "Firm": ["A &amp; B", "AT&T", "&#0;&#7;", None],
        "Call me": ["don&#39;t", "yes", "yes", "yes"],
    }
    fields = {"last_name": "Name", "email": "Email", "metadata": ("Firm",), "consent": ("Call me",)}
    frame = mapped(columns, Mapping(("Phone",), **fields))  # type: ignore[arg-type]
    assert frame["last_name"].to_list() == ["O'Brien", "Zoë", "R&D; A&notes;", None]
    assert frame["phone:Phone"].to_list() == [
        "+1 415 555 0100", "+1\u00a0415 555 0101", "+1 415 555 0102", "415 555 0103",
    ]  # fmt: skip
    assert frame["email"].to_list()[0] == "ann@x.example"
    assert frame["meta:Firm"].to_list()[:2] == ["A & B", "AT&T"]
    assert [set(text.split("; ")) if text else set() for text in frame["changes"]] == [
        {f"{field}:entities" for field in ("phone", "last_name", "email", "metadata", "consent")},
        {"phone:entities", "last_name:entities"},
        set(),
        {"phone:entities"},
    ]
    assert frame["raw:Name"].to_list() == columns["Name"]
