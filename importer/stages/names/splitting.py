"""A full name as a first and a last name."""

import re
from dataclasses import dataclass

from importer.stages.names.casing import is_company
from importer.stages.names.spellings import COMPANY_FORMS, PARTICLES

_TITLES = frozenset(
    """
    mr mrs ms miss mx master dr doctor prof professor sir dame rev reverend fr father capt captain col gen lt maj sgt
    hon herr frau fräulein hr fr dipl.-ing dipl-ing mag ing m mme mlle monsieur madame mademoiselle me maître sr sra
    srta dra profa lic arq don doña dn dña señor señora señorita sig sig.ra sig.na signor signora signorina dott
    dott.ssa avv dhr mevr mw drs ir pan pani inż mgr mudr judr phdr rndr bc eng msgr rabbi sen gov amb univ.-prof
    prof.ssa
    """.split()  # noqa: SIM905 - sixty words read better as text
)
_BARE_TITLES = _TITLES.difference(
    "m me fr hon don pan ing mag ir sig gen col maj master lic arq mgr bc eng rabbi sen gov amb".split()  # noqa: SIM905
)
"""Those that are a title also without a full stop; the others are names or initials then."""

_GENERATIONS = frozenset(
    "jr sr ii iii iv junior senior júnior 2nd 3rd 4th filho neto sobrinho".split()  # noqa: SIM905
)
_DEGREES = frozenset(
    "phd ph.d md m.d dds esq esquire mba cpa rn jd dphil msc bsc ma ba dvm cfa pe llm dipl.-ing do".split()  # noqa: SIM905
)
_BARE_DEGREES = _DEGREES - {"ma", "ba", "do", "pe"}
_JOINS = frozenset({"y", "e", "i"})
_OPENINGS = (PARTICLES - _JOINS) | {"mac", "mc", "o", "st", "st.", "saint", "santa", "san", "lo", "degli", "dalla"}
"""What a family name begins with, where other words come before it."""
_EASTERN = "[\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
_HAN_OR_HANGUL = re.compile(rf"{_EASTERN}(?:[ ・]{_EASTERN})*\Z")
_KATAKANA = re.compile("[\u30a0-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]{3}\\Z")
_VIETNAMESE = frozenset(
    "nguyễn trần phạm huỳnh hoàng phan vũ võ đặng bùi đỗ hồ ngô dương lê lý".split()  # noqa: SIM905
)
_SPANISH_FAMILIES = frozenset(
    """
    aguilar aguirre alvarado álvarez alvarez barrera benítez benitez blanco bravo caballero cabrera calderón calderon
    campos cano cárdenas cardenas castillo castro contreras cortés cortes delgado díaz diaz domínguez dominguez
    escobar espinosa espinoza estrada fernández fernandez figueroa flores fuentes gallardo gallego gallegos
    garcía garcia garrido giménez gimenez gómez gomez gonzález gonzalez guerra guerrero gutiérrez gutierrez
    guzmán guzman hernández hernandez herrera herrero hidalgo ibáñez ibanez iglesias jiménez jimenez juárez juarez
    lópez lopez lozano maldonado márquez marquez martínez martinez medina mejía mejia méndez mendez mendoza
    molina montero montoya morales moreno moya muñoz munoz navarro núñez nunez ochoa ortega ortiz pacheco padilla
    paredes parra peña pena pérez perez prieto quintero ramírez ramirez ramos reyes ríos rios rivas rivera robles
    rodríguez rodriguez rojas romero rubio ruiz saez sáez salas salazar salinas sánchez sanchez sandoval santana
    santos sanz serrano silva solís solis soto suárez suarez torres valdez valencia valenzuela vargas vásquez vasquez
    vázquez vazquez vega velasco velásquez velasquez vidal villanueva zamora zapata
    """.split()  # noqa: SIM905 - a table of names reads better as text
)
"""The commonest Spanish family names without those that are first names too (Cruz, León, Martín)."""

_TWO_PERSONS = frozenset({"&", "and", "und", "et", "+"})

FIRST_WORDS_WITH_RULES = _BARE_TITLES | _VIETNAMESE
LAST_WORDS_WITH_RULES = _BARE_DEGREES | _GENERATIONS | COMPANY_FORMS
"""What makes two words, or two with an initial between, more than a first and a last name."""


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a full name; ``title`` holds forms of address and degrees, which are no part of the name."""

    first: str | None
    last: str | None
    title: str | None = None


def split(text: str) -> Split:
    """The parts of a tidied full name.

    "Last, First" and a family name in capitals before others are turned round; particles go with the family name,
    generations (Jr., III) too. Else the last word is the family name, or the last two where both are Spanish family
    names and another comes before: so first names of two words (Mary Ann, María José, Jean Pierre) need no table.
    Names in Chinese characters or Hangul begin with the family. One word, a company and what has no two parts is a
    first name only. Commas go; no word is lost.
    """
    if is_company(text):
        return Split(text, None)
    titles, words = _without_titles(text)
    words, degrees = _without_degrees(words)
    words, generation = _without_generation(words)
    title = " ".join(titles + degrees) or None
    first, last = _halves(words)
    if generation and last:
        last = f"{last} {generation}"
    elif generation:
        first = f"{first} {generation}"
    return Split(None, first, title) if titles and last is None else Split(first, last, title)


def _without_titles(text: str) -> tuple[list[str], list[str]]:
    words = text.split(" ")
    titles = []
    while len(words) > 1 and _is_title(words[0]):
        titles.append(words.pop(0))
    if any("," in word for word in words):
        place = next(index for index, word in enumerate(words) if "," in word)
        while place + 2 < len(words) and _is_title(words[place + 1]):
            titles.append(words.pop(place + 1))
    return titles, words


def _is_title(word: str) -> bool:
    low = word.casefold()
    return low in _BARE_TITLES or (low.endswith(".") and low.rstrip(".") in _TITLES)


def _without_degrees(words: list[str]) -> tuple[list[str], list[str]]:
    degrees: list[str] = []
    while len(words) > 1:
        low = words[-1].casefold().rstrip(".,").strip("()")
        after_comma = words[-2].endswith(",")
        if low not in (_DEGREES if after_comma and len(words) > 2 else _BARE_DEGREES) or words[-1].islower():
            break
        degrees.insert(0, words.pop().rstrip(","))
        words[-1] = words[-1].rstrip(",")
    return words, degrees


def _without_generation(words: list[str]) -> tuple[list[str], str | None]:
    """Takes "Jr." from the end, or from before or after the comma of "Smith Jr., John" and "Smith, John, Jr."."""
    for place in range(len(words) - 1, 0, -1):
        low = words[place].casefold().rstrip(".,")
        is_end = place == len(words) - 1 or words[place].endswith(",")
        if low in _GENERATIONS and is_end and len(words) > 2:
            generation = words[place].rstrip(",")
            rest = words[:place] + words[place + 1 :]
            if place == len(words) - 1:
                rest[-1] = rest[-1].rstrip(",")
            elif not rest[place - 1].endswith(","):
                rest[place - 1] += ","
            return rest, generation
    return words, None


def _halves(words: list[str]) -> tuple[str, str | None]:
    text = " ".join(words)
    if "," in text:
        last, _, first = text.partition(",")
        if first.strip() and last.strip():
            return first.strip(" ,"), last.strip()
        words = text.strip(" ,").split(" ")
    if _HAN_OR_HANGUL.match(text):
        return _eastern(text)
    if len(words) == 1:
        return words[0], None
    capitals = _leading_capitals(words)
    if capitals:
        return " ".join(words[capitals:]), " ".join(words[:capitals])
    if len(words) > 2 and words[0].casefold() in _VIETNAMESE:
        return " ".join(words[1:]), words[0]
    start = _family_starts(words)
    return " ".join(words[:start]), " ".join(words[start:])


def _eastern(text: str) -> tuple[str, str | None]:
    apart = re.split("[ ・]", text)
    if len(apart) > 1 and _KATAKANA.search(apart[0]):
        return " ".join(apart[:-1]), apart[-1]
    if len(apart) > 1:
        return " ".join(apart[1:]), apart[0]
    if _HANGUL.match(text):
        return text[1:], text[0]
    return text, None


def _leading_capitals(words: list[str]) -> int:
    """How many words of a family name in capitals come first ("DUPONT Jean"); 0 where it is not written so."""
    count = 0
    for word in words:
        if not word.isupper() or len(word.strip(".'’-")) < 3:
            break
        count += 1
    return count if 0 < count < len(words) and all(word[1:].lower() == word[1:] for word in words[count:]) else 0


def _family_starts(words: list[str]) -> int:
    """The index of the family name's first word: the last word, or the first particle before it."""
    low = [word.casefold() for word in words]
    end = len(words) - 1
    if any(word in _TWO_PERSONS for word in low):
        return end
    lowest = 3 if low[0] in {"maria", "maría"} and low[1] in {"de", "del"} and len(words) > 3 else 1
    if lowest == 3 and low[2] in _OPENINGS and len(words) > 4:
        lowest = 4
    start = next((index for index in range(lowest, end) if low[index] in _OPENINGS), end)
    if end >= 2 and low[end - 1] in _SPANISH_FAMILIES and low[end] in _SPANISH_FAMILIES:
        start = min(start, end - 1)
    joined = next((index for index in range(lowest + 1, end) if low[index] in _JOINS), None)
    return start if joined is None else min(start, joined - 1)
