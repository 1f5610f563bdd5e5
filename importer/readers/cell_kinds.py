"""Kinds of cells by their form: e-mail, phone number, date, or a word that headers use."""

import re
from collections.abc import Sequence
from functools import lru_cache

Row = Sequence[str | None]

_PHONE_DIGITS = 7
LONGEST_NAME = 60
_LONGEST_VALUE = 400
"""Characters: no address, date or number has more, so longer texts are neither matched nor cached."""
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_DAY = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d{2}\S*)?"
_DATE = re.compile(rf"{_DAY}(?: ?[-–] ?{_DAY})?")
_DIGITS = re.compile(r"""(?>["'=(]*)(?:tel:)?[+(]*\d[\d\s\u00a0().,/+'"%:eE-]*(?:(?:ext|x)\.?\s*\d+)?""")
GENERIC = re.compile(r"[a-z]|(?:col|column|field|var|spalte|champ|campo)[ _-]?\d+", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HEADER_WORDS = frozenset(
    """
    name names firstname lastname fullname surname forename given family middle nickname title prefix suffix
    phone phones telephone tel mobile cell cellphone fax landline home work number email emails mail address street
    city town state province county country region zip zipcode postcode postal company organization organisation
    department job role position birthday birthdate dob gender sex age date created updated notes note comments
    comment tags group groups status source owner website web url id key type value label language currency amount
    total consent contact customer account code description category first last display primary secondary
    vorname nachname anrede telefon telefonnummer handy mobil festnetz rufnummer strasse straße plz ort stadt land
    firma bemerkung geburtsdatum kunde kundennummer
    nom prenom prénom telephone téléphone portable courriel adresse ville pays societe société
    nombre apellido apellidos telefono teléfono movil móvil celular correo direccion dirección ciudad pais país empresa
    cognome telefono cellulare indirizzo citta città azienda
    sobrenome telefone celular endereco endereço cidade empresa
    naam voornaam achternaam telefoon telefoonnummer mobiel straat plaats bedrijf
    imie imię nazwisko telefonu komórka miasto ulica firma jméno příjmení mobilní
    имя фамилия отчество телефон мобильный почта адрес город страна компания
    """.split()  # noqa: SIM905 - two hundred words read better as text
)
_HEADER_SCRIPTS = re.compile(
    "氏名|名前|電話|携帯|住所|メール|姓|名$|姓名|手机|邮箱|地址|电话|이름|전화|휴대|메일|주소|नाम|फोन|الاسم|هاتف|جوال|البريد"
)


def kind_of(text: str) -> str:
    """Return ``email``, ``url``, ``date``, ``phone`` (seven digits or more) or ``number``; "" for words."""
    if len(text) > _LONGEST_VALUE:
        return "url" if _URL.fullmatch(text) else ""
    return _kind_of_short(text)


@lru_cache(4096)
def _kind_of_short(text: str) -> str:
    if _EMAIL.fullmatch(text):
        return "email"
    if _URL.fullmatch(text):
        return "url"
    if _DATE.fullmatch(text):
        return "date"
    if not _DIGITS.fullmatch(text):
        return ""
    return "phone" if sum(map(str.isdigit, text)) >= _PHONE_DIGITS else "number"


def text_of(cell: str | None) -> str:
    """Return the cell without NULs and with white space collapsed; "" for None."""
    return " ".join(cell.replace("\0", "").split()) if cell else ""


def is_header_word(cell: str) -> bool:
    """Return True if a cell could name a column: it holds a word that headers use, or is like ``a`` or ``col 3``."""
    return len(cell) <= LONGEST_NAME and (has_header_word(cell) or bool(GENERIC.fullmatch(cell)))


def has_header_word(cell: str) -> bool:
    """Return True if a cell holds one of the words that headers of contact lists use."""
    return len(cell) <= LONGEST_NAME and _has_header_word(cell)


@lru_cache(4096)
def _has_header_word(cell: str) -> bool:
    words = _WORDS.findall(_CAMEL.sub(" ", cell))
    return any(word.lower() in _HEADER_WORDS for word in words) or bool(_HEADER_SCRIPTS.search(cell))


def telling_columns(rows: Sequence[Row]) -> list[int]:
    """Return the indexes of the columns in which most cells are numbers, dates or addresses, not words."""
    columns: dict[int, list[bool]] = {}
    for row in rows:
        for place, cell in enumerate(row):
            if text := text_of(cell):
                columns.setdefault(place, []).append(bool(kind_of(text)))
    return [place for place, kinds in columns.items() if sum(kinds) * 2 > len(kinds)]
