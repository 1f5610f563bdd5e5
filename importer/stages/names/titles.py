"""Forms of address, degrees and generations, which stand around a name."""

import re

from importer.stages.names.spellings import PARTICLES
from importer.stages.names.words import (
    AFTER_TITLE,
    BEFORE_TWO,
    DEGREES,
    FRENCH_MEN,
    GENERATIONS,
    GENERATIONS_AFTER_COMMA,
    PLAIN_DEGREES,
    PLAIN_TITLES,
    SPANISH_FAMILIES,
    TITLES,
)

_JOINS = frozenset("& and und et y e en u. + / og och".split())  # noqa: SIM905
_PIECES = re.compile(r"[.\-/]+")
_AT_THE_END = frozenset("mr mrs ms miss dr prof herr frau".split())  # noqa: SIM905
_BEFORE_OFFICES = frozenset({"the", "his", "her"})
_LESSER, _RANKS = frozenset({"lt", "maj", "brig", "sgt"}), frozenset({"col", "gen", "cmdr", "maj"})
"""The halves of a rank: Lt Col."""
_MIDDLE = frozenset("mr mrs ms miss mstr dr".split())  # noqa: SIM905
_LONGEST_CREDENTIAL = 8
_IN_SMALL_LETTERS_TOO = frozenset({"phd", "esq", "esquire", "md", "dphil", "jd"})


def without_titles(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the titles before a name, behind its comma and at its end, and the other words."""
    if len(words) > 2 and words[0].casefold() in _BEFORE_OFFICES and _is_title(words, 1):
        words = words[1:]
    if len(words) == 3 and words[1].casefold().rstrip(".") in _MIDDLE and not _is_title(words, 0):  # "LOWE MR ROLF"
        return [words[1]], [f"{words[0].rstrip(',')},", words[2]]
    titles, words = _leading(words)
    behind, rest = list[str](), list[str]()
    place = next((index for index, word in enumerate(words) if "," in word), len(words))
    if place < len(words):
        behind, rest = _leading(words[place + 1 :])
        words = words[: place + 1] + rest
    if behind and len(rest) == 1 and place and _goes_on(rest[0]):  # "Ann Lee, Dr. phil."
        behind, words = behind + rest, [*words[:place], words[place].rstrip(",")]
    ending: list[str] = []
    while len(words) > 2 and words[-1].casefold().rstrip(".") in _AT_THE_END:
        ending.insert(0, words.pop())
        words[-1] = words[-1].rstrip(",")
    return titles + behind + ending, words


def _leading(words: list[str]) -> tuple[list[str], list[str]]:
    count = 0
    if len(words) < 2 or not _is_title(words, 0):
        return [], words
    while count < len(words) - 1:
        is_rank = count and words[count].casefold() in _RANKS and words[count - 1].casefold().rstrip(".") in _LESSER
        if _is_title(words, count) or (count and _goes_on(words[count])) or (is_rank and len(words) > count + 2):
            count += 1
        elif count and words[count].casefold() in _JOINS and _is_title(words, count + 1):
            count += 2
        else:
            break
    count = min(count, len(words) - 1)
    return words[: max(count, 0)], words[max(count, 0) :]


def _is_title(words: list[str], place: int) -> bool:
    """Return True if a word is a title here: "Dr.", "Dipl.-Ing.", "Mr/Mrs"; "M." before a French or lone name."""
    low = words[place].casefold()
    if low == "m.":
        following = words[place + 1 :]
        name = following[0].casefold().partition("-")[0] if following else ""
        return name in _JOINS or name in FRENCH_MEN or len(following) == 1
    if low in PLAIN_TITLES or low.rstrip(".") in (TITLES if low.endswith(".") else PLAIN_TITLES):
        return True
    if low in BEFORE_TWO and _stands_before_two(words[place + 1 :]):
        return True
    second = words[place + 1].casefold() if words[place + 1 :] else ""
    if low in TITLES and second.rstrip(".") in (TITLES if second.endswith(".") else PLAIN_TITLES):
        return len(second.rstrip(".")) > 1
    pieces = [piece for piece in _PIECES.split(low) if piece] if _PIECES.search(low) else []
    if len(pieces) < 2 or not (pieces[0] in PLAIN_TITLES or (pieces[0] in TITLES and "." in low)):
        return False
    return all(piece in TITLES or piece in AFTER_TITLE for piece in pieces)


def _stands_before_two(following: list[str]) -> bool:
    """Return True if two names or more follow, none of them an initial or a particle: "Judge Ann Lee"."""
    names = [word for word in following if word.casefold().rstrip(".,") not in GENERATIONS]
    return len(names) > 1 and len(names[0].rstrip(".")) > 1 and names[0].casefold() not in PARTICLES


def _goes_on(word: str) -> bool:
    """Return True if a word belongs to the title before it, as the "med." of "Dr. med." does."""
    bare = word.strip("()").rstrip(".")
    is_written_so = word.islower() or word.endswith(".") or bare.isupper()
    pieces = [piece for piece in _PIECES.split(bare.casefold()) if piece]
    is_known = bare.casefold() in AFTER_TITLE or (bool(pieces) and all(piece in AFTER_TITLE for piece in pieces))
    return is_written_so and is_known and (len(bare) > 2 or not bare.isupper() or bare == "FH")


def without_degrees(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the name's words, and the degrees, licences and offices behind them."""
    degrees: list[str] = []
    if (place := _credentials(words)) < len(words):
        degrees = [word.rstrip(",") for word in words[place:]]
        words = [*words[: place - 1], words[place - 1].rstrip(",")]
    while len(words) > 1 and _is_degree(words[-1], words[-2].endswith(",") and len(words) > 2):
        degrees.insert(0, words.pop().rstrip(","))
        words[-1] = words[-1].rstrip(",")
    return words, degrees


def _credentials(words: list[str]) -> int:
    """Return the index of capitals behind the comma of a name of two words: "Ann Lee, CISSP"; else the end."""
    place = next((index + 1 for index, word in enumerate(words) if word.endswith(",")), len(words))
    name, behind = words[:place], words[place:]
    is_mixed = place > 1 and not any(word.isupper() and len(word) > 2 for word in name) and name[0].istitle()
    is_family = any(word.casefold().rstrip(",") in PARTICLES | SPANISH_FAMILIES for word in name)
    fits = all(2 < len(word.strip(",.")) <= _LONGEST_CREDENTIAL and word.isupper() for word in behind)
    return place if behind and fits and is_mixed and not is_family else len(words)


def _is_degree(word: str, is_after_comma: bool) -> bool:
    low = word.casefold().strip("().,")
    plain = low.replace(".", "")
    if word.islower() or (word.istitle() and plain not in _IN_SMALL_LETTERS_TOO and "." not in low and len(low) < 5):
        return is_after_comma and plain in DEGREES and not word.islower()
    start = re.split("[/-]", plain)[0]
    is_inner = not (word.isupper() or word.istitle())  # "BSc"
    known = DEGREES if is_after_comma or is_inner or ("." in low and len(plain) > 1) else PLAIN_DEGREES
    return plain in known or (start != plain and start in PLAIN_DEGREES)


def without_generation(words: list[str]) -> tuple[list[str], str | None]:
    """Return the words without the "Jr." at the end or beside a comma ("Smith Jr., John"), and it or None."""
    for place in range(len(words) - 1, 0, -1):
        low = words[place].casefold().rstrip(".,")
        is_last = place == len(words) - 1
        is_end = is_last or words[place].endswith(",")
        is_fifth = low == "v" and is_last and words[place] == "V"
        known = GENERATIONS_AFTER_COMMA if words[place - 1].endswith(",") else GENERATIONS
        if (low in known or is_fifth) and is_end and len(words) > 2:
            generation = words[place].rstrip(",")
            rest = words[:place] + words[place + 1 :]
            if is_last:
                rest[-1] = rest[-1].rstrip(",")
            elif not rest[place - 1].endswith(","):
                rest[place - 1] += ","
            return rest, generation
    return words, None
