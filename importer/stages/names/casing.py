"""Names written in capitals or small letters only, as their bearers write them."""

import re
import unicodedata
from typing import Literal

Part = Literal["first_name", "last_name"]

_PARTICLES = frozenset(
    """
    van von vom vander vd v.d. zu zum zur der den het ten ter te 't op de del della dello delle degli dei di da das do
    dos du des la las los y e i af av bin ibn bint binti al el ul ben
    """.split()  # noqa: SIM905 - sixty words read better as text
)
_UPPER_AT_START = frozenset("di la le los las e i y al el ben do te op ul das".split())  # noqa: SIM905
"""Particles that open a family name with a capital where no other particle follows: Di Caprio, La Rue, Al Rashid."""

_AFTER_CAPITAL_DE = frozenset(
    "niro luca rossi santis palma sica vito angelis laurentiis marco rosa simone filippo bruyne smet boeck".split()  # noqa: SIM905
)
"""Italian and Flemish names in which De has its capital; French, Spanish, Portuguese and Dutch ones write it small."""

_LOWER_BEFORE = frozenset({"la", "las", "los", "le", "l'"})
_VIETNAMESE = frozenset(
    "nguyen nguyễn tran trần pham phạm huynh huỳnh hoang hoàng phan dang đặng bui bùi ngo ngô duong dương".split()  # noqa: SIM905
)
_SUFFIXES = {
    "jr": "Jr",
    "sr": "Sr",
    "phd": "PhD",
    "ph.d": "Ph.D",
    "md": "MD",
    "m.d": "M.D",
    "dds": "DDS",
    "mba": "MBA",
    "esq": "Esq",
}
_ROMAN = re.compile(r"(?:i{2,3}|iv|vi{0,3}|ix)\Z")
_MAC = frozenset(
    """
    macalister macallister macarthur maccarthy maccormack macdonald macdonnell macdougal macdougall macdowell
    macduff macfadden macfarlane macfarland macgillivray macgowan macgrath macgregor macguire macinnes macinnis
    macintosh macintyre maciver macisaac macivor mackinnon maclachlan maclaine maclaren maclaughlin maclean
    macleish macleod macmahon macmanus macmaster macmullen macnab macnally macnamara macneil macneill macnicol
    macphail macphee macqueen macrae mactaggart mactavish macvicar macwilliams
    """.split()  # noqa: SIM905
)
"""Names with a capital after Mac. Not here, because most who bear them write it small: Macaulay, Macbeth, Mackay,
Mackenzie, Mackintosh, Macmillan, Macpherson, Macquarie; nor what only looks alike: Macron, Machado, Mackey."""
_INNER_CAPITALS = """
    DeAndre DeAngelo DeJuan DeMarcus DeShawn DeWayne LaDonna LaShawn LaToya LeBron LeAnn LeRoy JoAnn MaryAnn RuPaul
    DiCaprio DiMaggio DiPietro DeGeneres DeLuca DeMarco DeRosa DeSantis DeVito DeVries DeWitt DeYoung LaBelle LaBeouf
    LaFleur LaGuardia LaMotta LaPierre LaRusso LeBlanc LeClair VanDyke VanHorn VonTrapp FitzGibbon ElBaradei
    """
_KNOWN_SPELLINGS = {name.casefold(): name for name in (*_INNER_CAPITALS.split(), "De La Hoya")}
"""Names with capitals that no rule finds."""

_SMALL_IN_COMPOUNDS = frozenset("sur sous de du der la le les en".split())  # noqa: SIM905
_ELIDED = frozenset("o d l n m t s dell dall nell sant all degl de la le".split())  # noqa: SIM905
_TURKISH = re.compile("[İıĞğŞş]")
_ROMANIAN = re.compile("[ţŢăĂâÂșȘțȚ]")
_DOTTED_I = "i\u0307"
"""What Python makes of İ in small letters."""
_PIECE = re.compile(r"[^\s\-‐‑–/.,()\"“”&]+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]?\.?\Z")
_APOSTROPHE = re.compile("['’ʼ`´]")
_VOWEL = re.compile("[AEIOUYÆØŒІАЕИОУЫЭЮЯЁЄЇΑΕΗΙΟΥΩ]")
COMPANY_FORMS = frozenset(
    """
    inc inc. llc llp ltd ltd. limited gmbh mbh ag corp corp. corporation company co. plc bv b.v. nv n.v. kg ohg sarl srl
    s.r.l. spa s.p.a. sa s.a. oy oyj pty ug e.v. o.o.
    """.split()  # noqa: SIM905 - forty words read better as text
)
WORDS_WITH_RULES = frozenset({"iii", "vii", "viii"}).union(
    _PARTICLES, _SUFFIXES, _KNOWN_SPELLINGS, _SMALL_IN_COMPOUNDS, COMPANY_FORMS
)
"""The words of one and of more than two letters that may need more, or less, than a capital at the start."""
STARTS_WITH_RULES = ("mc", "mac", "ij")
"""How other such words start."""

_NO_NAME = re.compile(r"[\d@_#<>=|*]|://|www\.")


def is_company(text: str) -> bool:
    """Whether ``text`` ends as the names of companies do: with Inc., GmbH, Ltd and the like."""
    before, _, last = text.rpartition(" ")
    return before != "" and last.casefold() in COMPANY_FORMS


def recase(text: str, part: Part) -> str:
    """``text`` with capitals where the name has them, if it has capitals only or none; else as it is.

    Companies, anything with digits or signs that no name has, and scripts without capitals stay as they are.
    """
    if (not text.isupper() and not text.islower()) or is_company(text) or _NO_NAME.search(text):
        return text
    if known := _KNOWN_SPELLINGS.get(text.lower()):
        return known
    words = text.split(" ")
    lowered = [_lower(word) for word in words]
    return " ".join(_word(word, index, lowered, part) for index, word in enumerate(words)).replace(_DOTTED_I, "i")


def _word(word: str, index: int, lowered: list[str], part: Part) -> str:
    low = lowered[index]
    is_last = index == len(lowered) - 1
    bare = low.rstrip(".,")
    if index and bare in _SUFFIXES:
        return _SUFFIXES[bare] + low[len(bare) :]
    if index and is_last and _ROMAN.match(bare):
        return low.upper()
    if low in _PARTICLES and not is_last and _is_small(low, index, lowered, part):
        return low
    if _is_initials(word, part):
        return word
    return _pieces(low, index, part)


def _is_small(low: str, index: int, lowered: list[str], part: Part) -> bool:
    """Whether a particle keeps its small letter here."""
    if lowered[0] in _VIETNAMESE:
        return False
    if index:
        return True
    if part == "first_name":
        return False
    following = lowered[1]
    if low == "de":
        return following not in _AFTER_CAPITAL_DE
    return low not in _UPPER_AT_START or following in _LOWER_BEFORE or following in _PARTICLES


def _is_initials(word: str, part: Part) -> bool:
    """Whether a first name is two capitals that no name is made of: JD, TJ, AJ."""
    if part == "last_name" or len(word) != 2 or not word.isupper():
        return False
    return word[1] == "J" or _VOWEL.search(unicodedata.normalize("NFD", word)) is None


def _pieces(low: str, index: int, part: Part) -> str:
    """A word with its hyphenated and dotted pieces in capitals."""
    if low.isalpha():
        return _piece(low, index, part)
    if _INITIALS.match(low):
        return low.upper()
    if low[:3] in {"al-", "as-", "ar-", "an-", "ad-"} and part == "last_name":
        return low[:3] + _PIECE.sub(lambda piece: _piece(piece[0], 0, part), low[3:])
    parts = _PIECE.findall(low)
    is_compound = "-" in low and len(parts) > 2
    place = iter(range(len(parts)))

    def cased(piece: re.Match[str]) -> str:
        inside = next(place)
        if is_compound and 0 < inside < len(parts) - 1 and piece[0] in _SMALL_IN_COMPOUNDS:
            return piece[0]
        return _piece(piece[0], index, part)

    return _PIECE.sub(cased, low)


def _piece(low: str, index: int, part: Part) -> str:
    if low in _KNOWN_SPELLINGS:
        return _KNOWN_SPELLINGS[low]
    if apostrophe := _APOSTROPHE.search(low):
        return _around_apostrophe(low, apostrophe.start(), index, part)
    if low.startswith("mc") and len(low) > 3:
        return "Mc" + _capital(low[2:])
    if part == "last_name" and low in _MAC:
        return "Mac" + _capital(low[3:])
    return _capital(low)


def _around_apostrophe(low: str, place: int, index: int, part: Part) -> str:
    before, sign, after = low[:place], low[place], low[place + 1 :]
    if not before:
        return low if after in {"t", "s", "n"} else sign + _piece(after, index, part)
    if len(after) < 2 or before not in _ELIDED:
        return _capital(before) + sign + after
    head = before if before == "d" and index else _capital(before)
    return head + sign + _piece(after, index, part)


def _capital(low: str) -> str:
    if low.startswith("ij") and len(low) > 2 and low[2] not in "aeiouy":
        return "IJ" + low[2:]
    if low.startswith(_DOTTED_I):
        return "İ" + low[2:]
    if low.startswith("i") and _is_turkish(low):
        return "İ" + low[1:]
    return low[:1].title() + low[1:]


def _lower(word: str) -> str:
    """Small letters; a word that is Turkish by its other letters keeps its two kinds of i apart."""
    if word.isascii():
        return word.lower()
    if word.isupper() and _is_turkish(word):
        word = word.replace("I", "ı")
    return word.lower()


def _is_turkish(word: str) -> bool:
    return _TURKISH.search(word) is not None and _ROMANIAN.search(word) is None
