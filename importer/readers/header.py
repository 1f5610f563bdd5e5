"""Where a table's header is, judged by what the cells hold.

A header is a row of words above a list of values. Titles and preambles above it have few cells; data rows hold e-mail
addresses, phone numbers, dates. Every candidate row gets a score and the best one wins; where even the best speaks
against a header, the first row is data and the columns are numbered.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

Row = Sequence[str | None]

_PHONE_DIGITS = 7
_LONGEST_NAME = 60
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d{2}\S*)?")
_DIGITS = re.compile(r"""["'=(]*(?:tel:)?[+(]*\d[\d\s\u00a0().,/+'"%:eE-]*(?:(?:ext|x)\.?\s*\d+)?""")
_GENERIC = re.compile(r"[a-z]|(?:col|column|field|var|spalte|champ|campo)[ _-]?\d+", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class Header:
    """How a table begins.

    Attributes:
        index: place (from 0) of the header's last line in the rows given; None where the table has no header.
        first_data: place (from 0) of the first data row.
        columns: unique, non-empty names as ``Source.columns`` has them.
        notes: what a person should know, one sentence each, without cell values.
    """

    index: int | None
    first_data: int
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def find_header(rows: Sequence[Row]) -> Header:
    """The header of a table, from its first rows (up to about 100, blank rows included, each cell text or None)."""
    filled = [sum(1 for cell in row if _text(cell)) for row in rows]
    if not any(filled):
        return Header(None, 0, (), ())
    typical = _typical_fill(filled)
    best, best_score = None, 0.0
    for index in _candidates(rows, filled, typical):
        score = _score(rows, index, typical)
        if score > best_score or (typical == 1 and best is not None and score == best_score):
            best, best_score = index, score
    if best is None:
        width = _reached_width(rows, share=0.1)
        names = tuple(f"column {number}" for number in range(1, width + 1))
        return Header(None, 0, names, ("There is no header row; the columns are numbered.",))
    return _header_at(rows, best, filled)


def _typical_fill(filled: list[int]) -> float:
    """How many cells a row of the list itself has; rows with one cell are titles unless most rows are like that."""
    wide = [count for count in filled if count > 1]
    some = [count for count in filled if count]
    return median(wide if len(wide) * 3 >= len(some) else some)


def unique_names(cells: Row) -> tuple[str, ...]:
    """Column names from header cells: white space collapsed, empty ones numbered by place, repeated ones counted."""
    names: list[str] = []
    taken = {name for cell in cells if (name := _text(cell))}
    seen: set[str] = set()
    for place, cell in enumerate(cells, 1):
        stem = _text(cell) or f"column {place}"
        name, copy = stem, 1
        while name in seen or (copy > 1 and name in taken) or (not _text(cell) and name in taken):
            copy += 1
            name = f"{stem} ({copy})"
        seen.add(name)
        names.append(name)
    return tuple(names)


def _header_at(rows: Sequence[Row], index: int, filled: list[int]) -> Header:
    notes = []
    titles = sum(1 for count in filled[:index] if count)
    if titles:
        notes.append(f"{titles} title {'row' if titles == 1 else 'rows'} above the header {_were(titles)} left out.")
    cells = list(rows[index])
    missing = max(0, _reached_width(rows[index + 1 :], share=0.5) - len(cells))
    if missing:
        notes.append(f"{missing} {'column has' if missing == 1 else 'columns have'} no place in the header row.")
        cells += [None] * missing
    nameless = sum(1 for cell in cells if not _text(cell)) - missing
    if nameless:
        notes.append(f"{nameless} {'column has' if nameless == 1 else 'columns have'} an empty header.")
    repeated = sum(count - 1 for count in Counter(filter(None, map(_text, cells))).values())
    if repeated:
        notes.append(f"{repeated} column {'name is' if repeated == 1 else 'names are'} a repetition and got a number.")
    return Header(index, index + 1, unique_names(cells), tuple(notes))


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _candidates(rows: Sequence[Row], filled: list[int], typical: float) -> list[int]:
    """Rows that could be the header: everything above them looks like a title, a preamble or a blank line."""
    found = []
    for index, row in enumerate(rows):
        if not filled[index]:
            continue
        found.append(index)
        if not _is_above_header(row, filled[index], typical):
            break
    if typical == 1 and not _is_list_of_contacts(rows[found[-1] :]):
        return found[:1]
    return found


def _is_list_of_contacts(rows: Sequence[Row]) -> bool:
    kinds = [_kind(text) for row in rows for cell in row if (text := _text(cell))]
    return sum(1 for kind in kinds if kind in {"phone", "email"}) * 2 > len(kinds)


def _is_above_header(row: Row, filled: int, typical: float) -> bool:
    if typical == 1:
        return not any(_kind(text) for cell in row if (text := _text(cell)))
    if filled == 1:
        only = next(text for cell in row if (text := _text(cell)))
        return _kind(only) not in {"email", "phone"}
    first = _text(row[0])
    is_pair = filled == 2 and typical > 2 and not _kind(first)
    return (filled <= typical / 2 and not _has_contact(row)) or (is_pair and first.endswith(":"))


def _has_contact(row: Row) -> bool:
    return any(_kind(_text(cell)) in {"email", "phone"} for cell in row)


def _score(rows: Sequence[Row], index: int, typical: float) -> float:
    """How much speaks for this row as the header; 0 or less: nothing does."""
    below = [row for row in rows[index + 1 :] if any(map(_text, row))]
    cells = [_text(cell) for cell in rows[index]]
    score = min(1.0, sum(map(bool, cells)) / typical) if typical > 1 else 1.0
    if typical > 1 and sum(map(bool, cells)) == 1:
        score -= 2
    for place, cell in enumerate(cells):
        if not cell:
            continue
        column = [text for row in below if place < len(row) and (text := _text(row[place]))]
        score += _cell_score(cell, column)
    return score


def _cell_score(cell: str, column: list[str]) -> float:
    kind = _kind(cell)
    if kind:
        return -2.0 if kind == "number" else -3.0
    score = 1.0 if is_header_word(cell) else 0.0
    if len(cell) > _LONGEST_NAME:
        score -= 1
    if column and sum(1 for text in column if _kind(text)) * 2 > len(column):
        score += 1
    if cell in column and not _GENERIC.fullmatch(cell):
        score -= 0.5
    return score


def is_header_word(cell: str) -> bool:
    """Whether a cell is made of the words that headers of contact lists use."""
    if len(cell) > _LONGEST_NAME:
        return False
    words = _WORDS.findall(_CAMEL.sub(" ", cell))
    known = any(word.lower() in _HEADER_WORDS for word in words)
    return known or bool(_GENERIC.fullmatch(cell) or _HEADER_SCRIPTS.search(cell))


def _reached_width(rows: Sequence[Row], *, share: float) -> int:
    """The largest number of cells, trailing empty ones aside, that more than a share of the filled rows reach."""
    widths = sorted((_trimmed(row) for row in rows if any(map(_text, row))), reverse=True)
    return widths[int(len(widths) * share)] if widths else 0


def _trimmed(row: Row) -> int:
    return max((place for place, cell in enumerate(row, 1) if _text(cell)), default=0)


def _kind(text: str) -> str:
    """``email``, ``url``, ``date``, ``phone`` (seven digits or more), ``number``, or empty for words."""
    if _EMAIL.fullmatch(text):
        return "email"
    if _URL.fullmatch(text):
        return "url"
    if _DATE.fullmatch(text):
        return "date"
    if not _DIGITS.fullmatch(text):
        return ""
    return "phone" if sum(map(str.isdigit, text)) >= _PHONE_DIGITS else "number"


def _text(cell: str | None) -> str:
    """The cell without NULs and with white space collapsed; empty for None."""
    return " ".join(cell.replace("\0", "").split()) if cell else ""
