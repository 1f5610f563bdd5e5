"""Who said no: which columns are asked, which way yes points, and what words in other cells count."""

from pathlib import Path

import polars as pl
import pytest

from importer.errors import UndecidedError
from importer.models.watching import Silence
from importer.pipeline.mapper import Asking, undecided
from importer.pipeline.plan import make_plan, named
from importer.pipeline.suppression_lists import read_lists
from importer.stages.map.consent_headers import Way, asks
from importer.stages.map.refusals import _WORDED, _hints, refuses, says_no, says_no_beside_name
from tests.support.asking import settings_of
from tests.support.mapping import PHONES, choose, mapped, table

REFUSE = """
    Do not allow Phone Calls; Consent withdrawn; Keine Einwilligung; No autoriza contacto
    Geen toestemming; Brak zgody; No SMS; Don't text; SMS_BLOCKLISTED; Consent not given
    Einwilligung widerrufen; Zustimmung verweigert; Anruf nicht erlaubt; Pas de SMS
    Consentement retiré; No desea ser contactado; Não autoriza; Consenso revocato
    Toestemming ingetrokken; Zgoda wycofana; Samtycke återkallat; Ei lupaa; Bez souhlasu
    Onay iptal; Нет согласия; Согласие отозвано; Немає згоди; 同意なし; 不同意联系; 동의 안함; لا تتصل
    सहमति नहीं; Tidak setuju dihubungi; Không đồng ý; Not to be called; Declined SMS
    Contact forbidden; OptOut Phone; Phone Is Opted Out; doNotContact; Anrufverbot
    Consent (withdrawn)
"""
AGREE = """
    SMS consent; Allow SMS; Subscribed to Promotional Texts
    ¿Aceptas que te contactemos por WhatsApp?; May we call you?
    Are you okay with getting texts from us?; Telefonische Kontaktaufnahme erlaubt
    Accepte d'être appelé; Aceita receber SMS; Mag gebeld worden; Zgoda na telefon
    Согласие на звонки; Would you like to receive text messages?; Wants to be called
    I agree to receive texts. Reply STOP to opt out.
    Do you agree that we call you? (You can change your mind.)
"""
NEITHER = """
    Email Opt Out; Newsletter; Privacy policy accepted; Consent date; Contact No; WhatsApp No
    Payment declined; Bus stop; Card blocked; Access granted; Allowed budget; Last call
    No-Show; Do Not Email
"""


def headers(text: str) -> list[str]:
    return [header.strip() for header in text.replace("\n", ";").split(";") if header.strip()]


@pytest.mark.parametrize(("text", "way"), [(REFUSE, Way.REFUSES), (AGREE, Way.AGREES)])
def test_a_header_tells_which_way_yes_points(text: str, way: Way) -> None:
    """A negation or a withdrawal beside a word for consent turns it, and so does one before what is done."""
    assert [h for h in headers(text) if (found := asks(h)) is None or found.way is not way] == []


def test_other_headers_do_not_ask() -> None:
    """What is about mail, a payment or a day, and short forms of number, is no consent to calls."""
    assert [h for h in headers(NEITHER) if (found := asks(h)) is not None and not found.is_weak] == []


@pytest.mark.parametrize("header", ["Not opted out", "SMS opt in/out"])
def test_two_ways_at_once_are_a_question(header: str) -> None:
    """Unless the values tell by themselves."""
    (doubt,) = choose({"Phone": PHONES, header: ["yes", "no", "yes", None]}).doubts()
    message = undecided(table({"Phone": PHONES, header: [None] * 4})[0], doubt)
    assert f'"{header}" (which way yes points is not sure)' in message
    assert "--map consent=" in message
    assert choose({"Phone": PHONES, header: ["Opted in", "Opted out", None, "opted out"]}).doubts() == ()


NO = ["no", "No, thanks", "Not Checked", "Do Not Allow", "Unsubscribed", "Never subscribed", "do not text me please"]
YES = ["yes", "Yes, by phone", "Checked", "Allow", "Subscribed", "opted in", "✓"]


@pytest.mark.parametrize("header", ["SMS consent", "May we call?"])
def test_values_of_products_are_understood(header: str) -> None:
    """In a column of consent, with what stands behind a comma left aside."""
    columns: dict[str, list[str | None]] = {"Phone": PHONES[:1] * 14, header: [*NO, *YES]}
    frame = mapped(columns, choose(columns))
    assert frame["reason"].cast(pl.String).to_list() == ["no-consent"] * 7 + [None] * 7


def test_labels_tell_by_themselves_under_a_header_that_refuses() -> None:
    """There, no is no refusal, ``Allow`` is none, and ``Do Not Allow`` is one."""
    cells = ["Do Not Allow", "Allow", "Yes", "No", None]
    columns: dict[str, list[str | None]] = {"Phone": PHONES[:1] * 5, "Do not allow Phone Calls": cells}
    frame = mapped(columns, choose(columns))
    assert [reason is not None for reason in frame["reason"]] == [True, False, True, False, False]


SCOPES: list[tuple[dict[str, str], bool]] = [
    ({"SMS consent": "no", "Marketing consent": "yes"}, True),
    ({"SMS consent": "no", "Consent": "yes"}, True),
    ({"SMS consent": "no", "Email consent": "yes"}, True),
    ({"SMS consent": "no", "Call consent": "yes"}, False),
    ({"Marketing consent": "no", "SMS consent": "yes"}, False),
    ({"SMS consent": "yes", "Do not market": "yes"}, True),
]


@pytest.mark.parametrize(("answers", "is_refused"), SCOPES)
def test_a_yes_counts_for_what_it_is_for(answers: dict[str, str], is_refused: bool) -> None:
    """A yes to marketing, to mail or in general is no yes to calls and messages where another column says no."""
    columns: dict[str, list[str | None]] = {"Phone": PHONES[:1], **{name: [cell] for name, cell in answers.items()}}
    assert (mapped(columns, choose(columns))["reason"][0] == "no-consent") is is_refused


def test_a_status_or_a_note_may_say_no() -> None:
    """A word for it counts anywhere in a remark, but not one for a time of day; other statuses say nothing."""
    columns: dict[str, list[str | None]] = {
        "Phone": PHONES[:1] * 6,
        "Status": ["Active", "Do Not Call", "Opted Out", "Customer", None, "New"],
        "Notes": ["called 3x", None, None, "Please do not call again!", "do not call before 9", "DNC"],
    }
    frame = mapped(columns, choose(columns))
    assert [reason is not None for reason in frame["reason"]] == [False, True, True, True, False, True]
    assert frame["detail"][1] == 'the column "Status" says no in words'
    left_out = choose(columns, consent=())
    assert mapped(columns, left_out)["reason"].null_count() == 6


@pytest.mark.parametrize("header", ["Section/Column", "Pipeline", "Board", "Gruppe"])
def test_where_a_card_lies_may_say_no(header: str) -> None:
    """A board has a lane for those who are not to be called."""
    columns: dict[str, list[str | None]] = {"Phone": PHONES[:1] * 3, header: ["Active", "Do not call", "Won"]}
    frame = mapped(columns, choose(columns))
    assert [reason is not None for reason in frame["reason"]] == [False, True, False]


@pytest.mark.parametrize(
    "cell",
    [
        "415-555-0134 STOP", "DO NOT CALL 415-555-0134", "415-555-0134 (wrong number)", "0171 3920058 verstorben",
        "415-555-0134 not in service", "0171 3920058 (kein Anschluss)",
        "06 12 34 03 62 (ne plus appeler)", "347 1234568 non chiamare", "512 345 374 nie dzwonić", "98765 40377 DND",
    ],
)  # fmt: skip
def test_words_beside_a_number_may_say_no(cell: str) -> None:
    """The row is ``no-consent``, its cells are kept as they were."""
    columns: dict[str, list[str | None]] = {"Phone": [cell, "+1 415 555 0101", "+1 415 555 0102"]}
    frame = mapped(columns, choose(columns, phone=("Phone",)))
    assert frame["reason"].cast(pl.String).to_list() == ["no-consent", None, None]
    assert frame["raw:Phone"][0] == cell


def test_words_in_a_suppression_list_do_not_spare_a_number(tmp_path: Path) -> None:
    """There, ``STOP`` beside a number is why it stands in the list."""
    listed = tmp_path / "gone.csv"
    listed.write_text("Phone,Reason\n+14155550100 STOP,DNC\n+14155550101 (do not call),DNC\n", "utf-8")
    lists = read_lists([listed], settings_of(listed), Silence())
    assert lists.numbers.has(pl.Series(["+14155550100", "+14155550101", "+14155550102"])).to_list() == [
        True,
        True,
        False,
    ]


def test_what_refuses_is_told_from_what_does_not() -> None:
    """Whole words only; short ones only as a part of their own."""
    assert all(says_no(text) for text in ["DNC", "vip, dnc", "Opted-out 3/4", "bitte nicht anrufen", "连续请勿联系"])
    assert not any(says_no(text) for text in ["bus stop", "stopped by", "do not call after 8 pm", "unstoppable", ""])


def test_cells_without_a_letter_need_no_look_for_words() -> None:
    """Each word that refuses has a letter, or is a dagger; a cell that comes again is judged like the first."""
    cells = pl.Series(["415 555", "†", None, "do not call", "bus stop", "do not call", "", "请勿联系"])
    assert refuses(cells).to_list() == [False, True, False, True, False, True, False, True]
    assert refuses(cells.head(1)).to_list() == [False]
    assert pl.Series(_hints()).str.contains(_WORDED).all()


def test_words_refuse_in_the_column_and_row_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many columns are read as one; the first one that refuses is named."""
    columns: dict[str, list[str | None]] = {"Phone": PHONES, "Name": ["Ann", "Bob (do not call)", "Cy", "Di"]}
    columns |= {f"Note {number}": [None, "later", None, None] for number in range(1, 8)}
    columns["Note 3"], columns["Note 6"] = [None, None, None, "do not call"], ["STOP", None, None, "opted out"]
    details = ['column "Note 6" says no', 'column "Name" says no', None, 'column "Note 3" says no']
    for cells_at_once in (1, 9, 1 << 20):
        monkeypatch.setattr("importer.stages.map.consent._CELLS_AT_ONCE", cells_at_once)
        found = mapped(columns, choose(columns)).select("reason", pl.col("detail").str.extract("(column .* no)"))
        assert found["detail"].to_list() == details
        assert [reason == "no-consent" for reason in found["reason"]] == [True, True, False, True]


@pytest.mark.parametrize("values", [["blue", "green", "red", "blue"], ["yes", "no", "yes", "no"]])
def test_a_column_named_for_consent_must_tell_it(tmp_path: Path, values: list[str]) -> None:
    """Exit code 5 where its values are not understood, or its header does not say which way yes points."""
    file = tmp_path / "list.csv"
    rows = [f"Ann,+1415555010{row},{value}" for row, value in enumerate(values)]
    file.write_text("\n".join(["Name,Phone,Flag", *rows]), "utf-8")
    settings = settings_of(file, map={"consent": ("Flag",)})
    with pytest.raises(UndecidedError, match=r'"Flag" \(.*--map consent= to leave consent out') as caught:
        make_plan(named([file]), settings, Silence(), Asking(is_typed=True))
    assert caught.value.exit_code == 5


def test_values_that_are_not_understood_are_a_question() -> None:
    """Dates are not: they tell when somebody was asked."""
    cells: list[str | None] = ["maybe later", "Rep One", "by phone", "see file"]
    assert [doubt.field for doubt in choose({"Phone": PHONES, "SMS consent": cells}).doubts()] == ["consent"]
    dates: list[str | None] = ["2024-01-01"] * 4
    mapping = choose({"Phone": PHONES, "SMS consent": dates})
    assert (mapping.consent, mapping.doubts()) == ((), ())
    assert any('"SMS consent"' in remark for remark in mapping.remarks)


def test_what_is_not_obeyed_is_said() -> None:
    """Consent to mail, and yes or no under the name of a way of contact."""
    columns: dict[str, list[str | None]] = {
        "Phone": PHONES, "Email opt-out": ["no", "yes", "no", None], "WhatsApp": ["yes", "no", "yes", "no"],
    }  # fmt: skip
    remarks = choose(columns).remarks
    assert any('"Email opt-out"' in remark for remark in remarks)
    assert any('"WhatsApp"' in remark for remark in remarks)


FORMS = {
    "typeform": (
        '#,"Hi! What\'s your *first name*?","And your *last name*, {{field:a}}?",What number can we text you at?,'
        "Are you okay with getting texts from us?\nx1,Ann,Lee,'+14155550100,1\nx2,Bob,Fox,'+14155550101,0\n"
    ),
    "questions": (
        'Timestamp,"Your name (first and last, as our volunteers would like to call you)","What is the best telephone '
        'number, with area code, at which we may reach you during the day?",Do you agree that we call or text you? '
        "(You can change your mind at any time.)\n3/1/2026 10:00:00,Ann Lee,+14155550100,Yes\n"
        "3/1/2026 10:01:00,Bob Fox,+14155550101,No\n"
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_questions_of_a_form_are_its_headings(tmp_path: Path, form: str) -> None:
    """However long; also behind a first heading ``#``. Who answered no is not called."""
    file = tmp_path / "list.csv"
    file.write_text(FORMS[form], "utf-8")
    ((read, mapping),) = make_plan(named([file]), settings_of(file), Silence(), Asking()).tables
    assert (read.source.header_row, len(mapping.phones), len(mapping.consent), mapping.doubts()) == (1, 1, 1, ())
    assert {"first_name", "full_name"} & mapping.fields().keys()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Jane Doe (do not call)",
            "DO NOT CALL - Jane Doe",
            "Jane Doe - deceased",
            "Jane Doe [DNC]",
            "Jane Doe | opted out",
        ),
        *("Jane Doe DO NOT CALL", "do not contact Jane Doe", "Jane Doe, deceased", "Jane Doe deceased", "(deceased)"),
        *(
            "Jane Doe (STOP)",
            "Jane Doe (please do not call)",
            "Jane Doe (dnc)",
            "Jane Doe (opt_out)",
            "Jane Doe (wrong number!)",
        ),
        *(
            "Anna Müller (verstorben)",
            "Anna Müller - bitte nicht anrufen",
            "Ana Ruiz (fallecida 2021)",
            "Иванова Анна (умерла)",
        ),
        *("山田花子（連絡不可）", "Zoé Martin – décédée", "JANE DOE (DO NOT CALL)"),
    ],
)
def test_words_beside_a_name_that_refuse(name: str) -> None:
    """As a remark of its own, or at the start or end of the name."""
    assert says_no_beside_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Robinson, Jane",
            "Jane Robinson",
            "Jane Doe (Robinson)",
            "JANE DOE (ROBINSON)",
            "Jan Stop",
            "Stop, Jan",
            "Jan Stop (Baja)",
        ),
        *(
            "Anna Jansen - Stop",
            "Maria Baja",
            "Jane Doe (call after 5)",
            "Jane Doe (do not call before 9)",
            "Jane Doe (VIP)",
        ),
        *(
            "Jane Doe (husband deceased)",
            "Jane Doe - Dead",
            "Rip Torn",
            "Jane Doe (née Blocked)",
            "No, Jane",
            "Nina Deceasedo",
        ),
        *("Lee Never", "Jane Stopp - Robinson", "Jane Doe (Smith)", "Void, Jane", "Ann-Marie Wrong"),
    ],
)
def test_no_family_name_refuses(name: str) -> None:
    """What may be somebody's name, tells of somebody else or only says when, stops no row."""
    assert not says_no_beside_name(name)


def test_a_name_with_words_that_refuse_stops_the_row() -> None:
    """Wherever the name stands; the words stay in the cell as read, and ``--map consent=`` switches that off."""
    columns: dict[str, list[str | None]] = {
        "First": ["Jane (do not call)", "Jane", "Jane", None],
        "Last": ["Doe", "Doe (STOP)", "Robinson", None],
        "Name": [None, None, None, "Jane Doe - deceased"],
        "Phone": [f"+1415555010{digit}" for digit in range(4)],
    }
    frame = mapped(columns, choose(columns))
    assert frame["reason"].cast(pl.String).to_list() == ["no-consent", "no-consent", None, "no-consent"]
    assert frame["detail"][0] == 'the column "First" says no in words'
    assert frame["raw:First"][0] == "Jane (do not call)"
    assert mapped(columns, choose(columns, consent=()))["reason"].null_count() == 4
