"""One cell of a name: repaired, tidied, re-cased, or found to be no name at all."""

import re
import unicodedata
from enum import IntFlag, auto

from importer.stages.names.casing import Part, is_turkish, recase


class Rule(IntFlag):
    """The repairs of a cell; several bits may be set."""

    MOJIBAKE = auto()
    """UTF-8 that was read as something else is read again."""
    TIDIED = auto()
    """White space, invisible characters, NFC."""
    PLACEHOLDER = auto()
    """It said that there is no name."""
    CASE = auto()
    """Capitals as the name has them."""
    SPLIT = auto()
    """A full name became a first and a last name."""


_NO_RULE = Rule(0)
_MOJIBAKE = re.compile("[\u00c2-\u00f4\u0420\u0421][\u0080-\u00bf\u0100-\uffff]")
_SPACES = re.compile(r"[\s\u2800\u3164\uffa0\u115f\u1160]+")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_JOINERS = re.compile("[\u200c\u200d]")
_JOINING_SCRIPTS = re.compile("[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff]")
_HAS_WORD = re.compile(r"[^\W_]")
PLACEHOLDERS = frozenset(
    text.strip()
    for text in """
    none; unknown; n/a; n.a.; n.a; n/d; s/n; not available; not provided; not applicable; no name; noname
    no first name; no last name; (none); (blank); (empty); blank; empty; undefined; unnamed; unbekannt; k.a.; k. a.
    keine angabe; ohne; inconnu; inconnue; desconocido; desconocida; sin nombre; sconosciuto; sconosciuta; sem nome
    onbekend; nieznany; brak; #n/a; #ref!; #value!; #name?; #null!; #num!; #div/0!; xxx; xxxx; tbd; tba; first name
    last name; fnu; lnu; leer; void
    """.replace("\n", ";").split(";")
    if text.strip()
)
PLACEHOLDERS_BY_CASE = frozenset({"null", "NULL", "na", "NA", "nan", "NaN", "nil", "NIL"})
"""Placeholders that are also somebody's name when written as one: Null, Na, Nan."""
NAMES_TOO = frozenset("null na nan nil blank brak empty leer ohne void".split())  # noqa: SIM905
"""Placeholders that are a name where the other half of the name is written alike."""


def tidy(text: str) -> str:
    """Put ``text`` in NFC, single spaces, nothing invisible; zero-width joiners stay in the scripts that need them."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = _SPACES.sub(" ", _INVISIBLE.sub("", _SPACES.sub(" ", text))).strip(" ")
    if not _JOINING_SCRIPTS.search(text):
        text = _SPACES.sub(" ", _JOINERS.sub("", text)).strip(" ")
    return unicodedata.normalize("NFC", text)


def repair(text: str) -> str:
    """Read ``text`` again as UTF-8 where it is UTF-8 that was read as cp1252 or cp1251, once or twice over.

    The round trip is the proof: a text that was never damaged does not turn into well-formed UTF-8.
    """
    if text.isascii():
        return text
    for _ in range(2):
        if not _MOJIBAKE.search(text):
            return text
        text = next((again for codec in ("cp1252", "cp1251") if (again := _reread(text, codec))), text)
    return text


def _reread(text: str, codec: str) -> str | None:
    """Return ``text`` from ``codec`` to UTF-8, None if it is none; bytes that the codec leaves undefined stay."""
    try:
        data = b"".join(sign.encode("latin-1" if 0x80 <= ord(sign) <= 0x9F else codec) for sign in text)
        again = data.decode("utf-8")
    except UnicodeError:
        return None
    return again if all(sign.isprintable() for sign in again) else None


def is_placeholder(text: str) -> bool:
    """Return True if a tidied cell says that there is no name, such as "n/a", "-" and "none"."""
    return text in PLACEHOLDERS_BY_CASE or text.casefold() in PLACEHOLDERS or not _HAS_WORD.search(text)


def is_name_beside(text: str, other: str) -> bool:
    """Return True if a placeholder is a name after all, because it is written as the other half of the name is.

    "Rosa" and "Blank", "NIL" and "SERRA" are names; beside "Rosa", "NULL" and "blank" say that there is none.
    """
    is_word = text.casefold() in NAMES_TOO and not is_placeholder(other)
    return is_word and (text.istitle() or (text.isupper() and other.isupper()) or (text.islower() and other.islower()))


def repaired(text: str) -> tuple[str, Rule]:
    """Return ``text`` without what encodings and copying did to it, and the rules that changed it."""
    again = repair(text)
    tidied = tidy(again)
    if tidied == text:
        return text, _NO_RULE
    return tidied, (Rule.MOJIBAKE if again != text else Rule(0)) | (Rule.TIDIED if tidied != again else Rule(0))


def clean(text: str, part: Part, other: str | None = None) -> tuple[str | None, Rule]:
    """Return a name's cell as it should be, None if it holds no name, and the rules that changed it.

    Args:
        text: the cell.
        part: which half of the name it is.
        other: the other half, which may tell what a word is and how its letters go.
    """
    tidied, rules = repaired(text)
    beside = "" if other is None else repaired(other)[0]
    if is_placeholder(tidied) and not is_name_beside(tidied, beside):
        return None, Rule.PLACEHOLDER if tidied else Rule(0)
    cased = recase(tidied, part, is_turkish=is_turkish(beside))
    return cased, rules | Rule.CASE if cased != tidied else rules
