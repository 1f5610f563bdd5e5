"""Cells whose meaning is known: numbers of 63 countries as people write them, and what is no number.

Each is made from a number whose digits are known; ``phonenumbers`` is asked only whether that is valid.
"""

import random
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

REGIONS = (
    *("US", "CA", "GB", "DE", "FR", "IT", "ES", "AT", "CH", "NL", "BE", "LU", "IE", "DK", "NO", "SE", "FI", "IS", "PT"),
    *("PL", "CZ", "SK", "HU", "RO", "BG", "GR", "HR", "RS", "SI", "EE", "LV", "LT", "UA", "RU", "TR", "IL", "AE", "SA"),
    *("EG", "MA", "NG", "KE", "ZA", "IN", "PK", "BD", "ID", "MY", "SG", "TH", "VN", "PH", "CN", "HK", "TW", "JP", "KR"),
    *("AU", "NZ", "BR", "MX", "AR", "CO"),
)
"""63 countries: a third of them have numbers of no fixed length, or had them until lately."""

_KINDS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
_POOL = 30
"""Numbers of each country and kind."""

_UNTOLD = (
    *("unknown", "private", "refused", "unbekannt", "geheim", "keine", "privat", "inconnu", "privado", "nessuno"),
    *("onbekend", "brak", "none", "tbd", "n/a"),
)
_REMARKS = (
    *("work", "(home)", "- wife", "after 6", "after 6pm", "Mo-Fr", "ab 18h", "(ab 18 Uhr)", "Büro", "/ privat"),
    *("App. 2", "Haus 2", "2nd floor", "call first", "bureau", "casa", "Anna", "M-F 9-5", "(2nd choice)"),
)
_LABELS = ("Tel: ", "Mobile ", "Tel2 ", "c: ", "Tel. ", "1) ", "(2) ", "after 6 ", "Ph ", "home: ", "GSM ")
_EXTENSIONS = (" ext. ", " x", "x", " ext ", " #", " poste ", " int. ", " App. ", " Durchwahl ", " opt ")
_ENDINGS = ("/{:02}", " / {:02}", "/-{:02}", " or {:02}", " bis {:02}", "/{:01}")
_BETWEEN = (
    " / ",
    "; ",
    ", ",
    " or ",
    " oder ",
    "\n",
    " & ",
    " | ",
    " ",
    "  ",
    " - ",
    "/",
    " fax ",
    " c ",
    " ~ ",
    " und ",
)
_MASKS = ("x", "X", "*", "•", "?", "_", "#")


class Number(NamedTuple):
    """A number whose digits are known: where it is from, as E.164, and as it is written there and abroad."""

    region: str
    e164: str
    national: str
    abroad: str

    @property
    def code(self) -> str:
        """The calling code."""
        return self.abroad[1:].partition(" ")[0].partition("-")[0]

    @property
    def behind(self) -> str:
        """What follows the calling code, with its punctuation."""
        return self.abroad[1 + len(self.code) :].strip(" -")


class Cell(NamedTuple):
    """A cell, the region that its row is from, and the number that it means; None: it means none."""

    kind: str
    text: str
    region: str | None
    number: str | None


Maker = Callable[[random.Random, Number], str]


@cache
def numbers(pool: int) -> tuple[Number, ...]:
    """Valid numbers of all countries: the example of each kind, with other last digits."""
    chance = random.Random("numbers")  # noqa: S311 - the same numbers every time
    found = []
    for region in REGIONS:
        for kind in _KINDS:
            example = phonenumbers.example_number_for_type(region, kind)
            assert example is not None
            e164 = phonenumbers.format_number(example, PhoneNumberFormat.E164)
            some = {e164} | {e164[:-4] + f"{chance.randrange(10_000):04}" for _ in range(pool - 1)}
            for number in map(phonenumbers.parse, sorted(some)):
                if phonenumbers.is_valid_number_for_region(number, region):
                    styles = (PhoneNumberFormat.E164, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL)
                    found.append(Number(region, *(phonenumbers.format_number(number, style) for style in styles)))
    return tuple(found)


def cells(count: int, seed: int, pool: int = _POOL) -> list[Cell]:
    """Cells of all classes; the same for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable list
    known = numbers(pool)
    kinds = [kind for kind, (share, _, _) in CLASSES.items() for _ in range(share)]
    return [_cell(chance, chance.choice(kinds), chance.choice(known)) for _ in range(count)]


def _cell(chance: random.Random, kind: str, number: Number) -> Cell:
    _, make, is_number = CLASSES[kind]
    text = make(chance, number)
    has_plus = text.lstrip("( ")[:1] == "+" or kind == "00"
    region: str | None = number.region
    if kind == "dialled" and region != "BR":
        region = chance.choice(sorted(set(_ABROAD) - {region}))
        text = text.format(_ABROAD[region])
    if has_plus and chance.random() < 0.5:
        region = chance.choice([None, chance.choice(REGIONS)]) if kind in {"plain", "00"} else None
    return Cell(kind, text, region, number.e164 if is_number else None)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _written(chance: random.Random, number: Number) -> str:
    """The number in one of the ways in which nobody finds fault."""
    text = chance.choice((number.national, number.national, number.abroad, number.e164))
    return text.replace(" ", chance.choice((" ", " ", " ", "-", ".", "\u00a0"))) if chance.random() < 0.5 else text


def _plain(chance: random.Random, number: Number) -> str:
    text = _written(chance, number)
    bare = number.e164
    odd = (f" {text}", f"'{text}", f'="{text}"', f"{bare[1:]}.0", f"tel:{bare}")
    return chance.choice(odd) if chance.random() < 0.5 else text


def _cut(text: str, kept: int) -> str:
    """A text up to so many of its digits."""
    for place, sign in enumerate(text):
        kept -= sign.isdigit()
        if kept < 0:
            return text[:place]
    return text


def _masked(chance: random.Random, number: Number) -> str:
    text, mask = _written(chance, number), chance.choice(_MASKS)
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    hidden = chance.randint(2, 6)
    first = max(0, len(places) - hidden - chance.choice((0, 0, 0, 1, 2)))
    if chance.random() < 0.2:
        return _cut(text, len(places) - hidden) + chance.choice(("…", "...", " xxx", " XXX", "-xx", "nnnn"))
    return "".join(mask if place in places[first : first + hidden] else sign for place, sign in enumerate(text))


def _words(chance: random.Random, number: Number) -> str:
    total = len(_digits(number.national))
    told = _cut(number.national, chance.randint(2, total - 2)).rstrip(" -(")
    return told + chance.choice((" ", " ", "-", "", " / ")) + chance.choice(_UNTOLD)


def _date(chance: random.Random, _: Number) -> str:
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1930, 2030)
    sign = chance.choice("-./")
    first, second = (day, month) if chance.random() < 0.5 else (month, day)
    iso = f"{year}{sign}{month:02}{sign}{day:02}"
    text = chance.choice((iso, f"{first:02}{sign}{second:02}{sign}{year}", f"{first}{sign}{second}{sign}{year}"))
    return text + chance.choice(("", "", "", " 10:00", " 18:30:00", "T09:15:00"))


def _two(chance: random.Random, number: Number) -> str:
    same = [other for other in numbers(_POOL) if other.region == number.region and other.e164 != number.e164]
    other, between = chance.choice(same), chance.choice(_BETWEEN)
    if chance.random() < 0.5 or between in {" fax ", " c "}:
        return f"{number.national}{between}{other.national}"
    if chance.random() < 0.3:
        return f"Fax {other.national}{chance.choice((', ', ' / ', '; '))}Tel {number.national}"
    return f"{number.abroad}{between}{other.abroad}"


def _remark(chance: random.Random, number: Number) -> str:
    return f"{_written(chance, number)} {chance.choice(_REMARKS)}"


def _labelled(chance: random.Random, number: Number) -> str:
    return chance.choice(_LABELS) + chance.choice((number.national, number.abroad))


def _extended(chance: random.Random, number: Number) -> str:
    return f"{_written(chance, number)}{chance.choice(_EXTENSIONS)}{chance.randint(10, 9999)}"


def _ended(chance: random.Random, number: Number) -> str:
    return number.national + chance.choice(_ENDINGS).format(chance.randint(1, 99))


def _double_zero(chance: random.Random, number: Number) -> str:
    gap = chance.choice(("", " ", "-", " "))
    behind = chance.choice((number.behind, _digits(number.behind), number.behind.replace(" ", "-")))
    return f"{chance.choice(('00', '00', '00 '))}{number.code}{gap}{behind}"


def _slipped(chance: random.Random, number: Number) -> str:
    code, behind, national = number.code, number.behind, number.national
    return chance.choice(
        (
            f"+{code} {code} {behind}",
            f"+{code} +{code} {behind}",
            f"+{code} 00{code} {behind}",
            f"00{code} {code} {behind}",
            f"{code}{code} {behind}",
            f"0{code} {behind}",
            f"+{national}" if national[0] == "0" else f"+{code} {code}{_digits(behind)}",
            f"{code}(0){behind}" if national[0] == "0" else f"{code} {behind}",
            f"+{code} {national}",
        )
    )


_ABROAD = {"AU": "0011", "US": "011", "CA": "011", "JP": "010", "RU": "810", "BR": "0021", "KR": "001", "HK": "001"}
"""What is dialled there before the code of another country."""


def _dialled(chance: random.Random, number: Number) -> str:
    """As it is dialled from abroad, where ``_cell`` says, or with a carrier's code."""
    if number.region == "BR":
        return f"0{chance.choice(('15', '21', '31', '41'))} {number.behind}"
    return f"{{}} {number.code} {number.behind}"


def _mistyped(chance: random.Random, number: Number) -> str:
    text = number.national
    return chance.choice(
        (
            text.replace("0", "O", 1),
            text.replace("1", "l", 1),
            text.replace("0", "o"),
            text.replace(" ", "  "),
            text.replace(" ", "", 1),
            f"{text}.",
            f"{text},",
            text.replace(" ", "_"),
            text.replace(" ", "·"),
            f"[{text}]",
        )
    )


CLASSES: dict[str, tuple[int, Maker, bool]] = {
    "plain": (30, _plain, True),
    "masked": (10, _masked, False),
    "words": (10, _words, False),
    "dates": (5, _date, False),
    "two numbers": (9, _two, True),
    "remarks": (5, _remark, True),
    "labels": (4, _labelled, True),
    "extensions": (5, _extended, True),
    "endings": (4, _ended, True),
    "00": (8, _double_zero, True),
    "code slips": (5, _slipped, True),
    "dialled": (2, _dialled, True),
    "typos": (3, _mistyped, True),
}
"""How many of a hundred cells are of each class, how one is made, and whether it means the number or none."""
