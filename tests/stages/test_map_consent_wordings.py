"""Who said no, as people and products write it: headers, remarks, cells of numbers, names of lists."""

import polars as pl
import pytest

from importer.stages.map.consent_headers import Way, asks, names_refusal
from importer.stages.map.refusals import says_no
from tests.support.mapping import PHONES, choose, mapped

REFUSE = """
    I don't want to be contacted by phone; Please tick if you do not wish to be contacted; Opt me out of texts
    I do not want to receive text messages; Remove from call list; CTPS; Is Blocked; Uncontactable; No marketing calls
    Not opted in; Not subscribed to SMS; Telefonsperre; Werbewiderspruch; Möchte nicht kontaktiert werden
    Abmeldung SMS; Ne souhaite pas être appelé; Dado de baja; Não deseja contato; Non desidera essere contattato
    Iscritto RPO; Wil niet gebeld worden; Nej till samtal; Må ikke kontaktes; Reservert mot telefonsalg
    Markkinointikielto; Nem hívható; Dezabonat; Чёрный список; 電話NG; 不接受电话; לא להתקשר; Μην καλείτε
    Jangan hubungi; Không gọi; SMS Opt Out Date; Do Not Call Date; Unsubscribed at
"""
AGREE = """
    WhatsApp opted in; Can be called; Callable; Anrufe erwünscht; Må kontaktes; Kan kontaktes per SMS; Acord SMS
    電話可否; אישור התקשרות; Συγκατάθεση SMS
"""
UNSURE = "No objection to calls; Does not object to being called; Do not call until; Fecha de baja; DNC Scrub Date"
NEITHER = """
    Can Edit; Wants to buy; Would like to volunteer; Is Active; Not attending; No. Calls; Called; Last Call
    Contact Date; Opt-in date; Consent Date; Removed; Object; Preferred store; Has children
"""


def listed(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]


@pytest.mark.parametrize(("text", "way"), [(REFUSE, Way.REFUSES), (AGREE, Way.AGREES), (UNSURE, Way.UNSURE)])
def test_a_header_tells_which_way_yes_points(text: str, way: Way) -> None:
    """A wish beside a negation, a place on a list and a date of refusal refuse; a negated refusal is open."""
    assert [h for h in listed(text) if (found := asks(h)) is None or found.way is not way] == []


def test_what_only_sounds_like_consent_is_none() -> None:
    """Wishes for something else, counts, and days on which something else happened."""
    assert [h for h in listed(NEITHER) if asks(h) is not None] == []


VALUES: list[tuple[str, dict[str | None, bool | None]]] = [
    ("SMS Status", {"Subscribed": False, "Not subscribed": True, "NEVER_SUBSCRIBED": True, "Unsubscribed": True}),
    ("SMS Marketing Consent State", {"subscribed": False, "not_subscribed": True, "pending": False, "redacted": False}),
    ("DNC Status", {"DNC": True, "Clean": False}),
    ("Opt In/Out", {"In": False, "Out": True}),
    ("Einwilligung Telefon", {"erteilt": False, "widerrufen": True, "liegt nicht vor": True}),
    ("Arama izni", {"Var": False, "Yok": True}),
    ("No Text Messages", {"x": True, None: False}),
    ("SMS Opt Out Date", {"2024-03-01": True, "01.03.2024 10:00": True, None: False}),
    ("Opt-in date", {"2024-03-01": False, None: False}),
    ("Contact Preference", {"Phone": False, "Do not contact": True}),
    ("Tags", {"vip": False, "DO_NOT_TEXT": True, "DoNotCall": True, "blocked drain": False}),
    ("Subscribed", {"Yes": None, "No": None}),
    ("Fecha de baja", {"2024-03-01": None, None: None}),
]


@pytest.mark.parametrize(("header", "values"), VALUES)
def test_values_are_obeyed_or_asked_about(header: str, values: dict[str | None, bool | None]) -> None:
    """True: the person said no; False: not; None: nobody can tell what the column speaks of, so that is a question."""
    columns: dict[str, list[str | None]] = {"Phone": PHONES[:1] * len(values), header: list(values)}
    mapping = choose(columns)
    if None in values.values():
        assert [doubt.field for doubt in mapping.doubts()] == ["consent"]
        return
    assert mapping.doubts() == ()
    reasons = mapped(columns, mapping)["reason"].cast(pl.String)
    assert (reasons == "no-consent").fill_null(value=False).to_list() == list(values.values())


REMARKS = """
    doesn't want to be called; asked us not to call; ne veut plus être appelé; demande à ne plus être contacté
    no quiere que le llamen; pidió no ser contactado; não quer contato; pediu para não ligar; falleció; faleceu
    non vuole essere contattato; wil niet meer gebeld worden; wünscht keinen Anruf; hat widersprochen
    nie chce być kontaktowany; vill inte bli uppringd; aranmak istemiyor; nepřeje si volat; просил не звонить
"""
HARMLESS = """
    wants a call back; wants to be called before 9; did not want the blue one; does not want emails; not yet called
    asked why we did not deliver; will zurückgerufen werden; noch nicht angerufen; will keine Rechnung per Post
    ne veut pas de livraison; pas encore appelé; no quiere factura; quiere que le llamen; Not contacted; No answer
"""


def test_a_wish_not_to_be_contacted_refuses_in_any_language() -> None:
    """And no other wish, nor one for a time of day or about mail."""
    assert [text for text in listed(REMARKS) if not says_no(text)] == []
    assert [text for text in listed(HARMLESS) if says_no(text)] == []


BESIDE_A_NUMBER = """
    invalid; belongs to someone else; Nr. falsch; existiert nicht mehr; n'est plus attribué; mauvais num; (equivocado)
    no existe; não é dele; sbagliato; bestaat niet meer; zły nr; fel nr; чужой номер; 空号; 결번; 番号間違い; téves szám
"""


def test_beside_a_number_words_say_that_it_is_nobody_s_or_another_s() -> None:
    """There only: in a remark the same words may speak of anything."""
    assert [text for text in listed(BESIDE_A_NUMBER) if not says_no(f"0171 3920058 {text}", is_phone=True)] == []
    assert not any(says_no(text, is_phone=True) for text in ["0171 3920058 ab 18h", "0171 3920058 nicht vor 9 anrufen"])
    assert not says_no("invalid invoice")


def test_lists_named_after_people_who_said_no() -> None:
    """Unless the name says that they were taken out."""
    named = "Opt Outs March; Lista negra; Abmeldungen; Черный список; Deceased; Stop list; Robinson list; Ikke ring"
    others = "Robinson family; TPS Report; DNC scrubbed; Optouts excluded; Not on DNC; Not yet called; Bus Stops"
    assert [name for name in listed(named) if not names_refusal(name)] == []
    assert [name for name in listed(others) if names_refusal(name)] == []
