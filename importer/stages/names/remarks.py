"""Remarks that lists write into names: marks, words in brackets, what somebody does, maiden names."""

import re
import unicodedata

from importer.stages.names.firms import FIRM_WORDS, is_firm, is_form
from importer.stages.names.words import (
    AFTER_TITLE,
    BEHIND,
    DEGREES,
    GENERATIONS_AFTER_COMMA,
    JOBS,
    LABELS,
    MAIDEN,
    REMARKS_BEHIND,
    TITLES,
)

_BRACKETED = re.compile(r"[(\[{<]([^()\[\]{}<>]*)[)\]}>]?")
_CUT = re.compile(r"\s*\|+\s*|\s+(?:[-–—/@]+|::?)\s+|\s*;\s+")
_SIGN = re.compile(r"[(\[{<|;:]|\s[-–—/@]")
_HONOURS = frozenset({"hons", "ret", "retd"})
"""Words in brackets behind a degree or a rank that belong to it."""
_NUMBER = re.compile(r"[#+(]?\d[\d()./-]*\Z|\S+@\S+\Z")
_QUOTED = re.compile(r"""\s(["'“‘„][^"'“”‘’„]+["'”’“])\Z""")
_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "«": "»"}
_OPENING_SIGNS, _CLOSING_SIGNS = "\"'’‘“„«(`´", ".\"'’”»)"
_JOINERS = "\ufe0f\u200d"


def without_remarks(text: str) -> tuple[str, list[str]]:
    """Return a tidied full name without its remarks, and these in order; the text as it is if it is all remarks.

    A remark is what stands in brackets, behind a bar or a spaced dash, or behind a comma where it is an occupation or
    a firm; words such as VIP and small figures behind two names; and the maiden name. Signs around the name just go.
    """
    bare, remarks = text, list[str]()
    if not _is_plain(text):
        labelled, remarks = _without_label(_unquoted(text))
        kept, found = _without_brackets(labelled)
        remarks += found
        bare = _without_signs(kept)
        head, *rest = _CUT.split(bare, maxsplit=1)
        if rest and _has_two_words(head):
            bare, remarks = _without_signs(head), [*remarks, *rest]
        if (quoted := _QUOTED.search(bare)) and _has_two_words(bare[: quoted.start()]):
            bare, remarks = bare[: quoted.start()], [*remarks, quoted[1]]
    elif text.split(" ", 1)[0].casefold() in LABELS and "/" in text:
        bare, remarks = _without_label(text)
    if "," in bare or bare.count(" ") > 1:
        for take in (_without_maiden_name, _without_other_name, _without_occupation, _without_words_behind):
            bare, found = take(bare)
            remarks += found
    # A cell that would be all remarks stays as it is: its words are all that is known of the name.
    return (bare, remarks) if bare else (text, [])


def _is_plain(text: str) -> bool:
    """Return True if a text has no sign around it nor one that a remark can stand behind."""
    return text[:1].isalnum() and text[-1:].isalnum() and not _SIGN.search(text)


def is_person_with_remark(core: str) -> bool:
    """Return True if what is left of a text that names a firm is a person's name: "Ann Lee (Acme Corp)"."""
    words = core.casefold().split()
    return len(words) > 1 and FIRM_WORDS.isdisjoint(words) and core.replace(" ", "").isalpha() and not is_firm(core)


def _unquoted(text: str) -> str:
    """Return the text without quotes around the whole of it, as mail programs write them."""
    inner = text[1:-1]
    is_quoted = len(text) > 2 and text[-1] == _QUOTES.get(text[0]) and text[0] not in inner and text[-1] not in inner
    return inner.strip() if is_quoted and " " in inner else text


def _without_label(text: str) -> tuple[str, list[str]]:
    """Return the text without its label, and the label's remark: "Name: Ann Lee", "c/o Ann Lee"."""
    word, _, rest = text.partition(" ")
    is_label = word.endswith(":") or (word.casefold().rstrip(".") in LABELS and not word.isalpha())
    return (rest, [word]) if is_label and _has_two_words(rest) else (text, [])


def _without_other_name(text: str) -> tuple[str, list[str]]:
    """Return the text without what follows "c/o" or "aka" behind two words, and that."""
    words = text.split(" ")
    place = next((index for index, word in enumerate(words) if index > 1 and word.casefold() in REMARKS_BEHIND), 0)
    return (" ".join(words[:place]).rstrip(" ,"), [" ".join(words[place:])]) if place else (text, [])


def _without_brackets(text: str) -> tuple[str, list[str]]:
    if not any(sign in text for sign in "([{<"):
        return text, []
    found: list[str] = []

    def taken(match: re.Match[str]) -> str:
        inside = match[1].strip()
        if inside.casefold().strip(".") in _HONOURS:
            return " "
        if inside.casefold().strip(".") in AFTER_TITLE | DEGREES | GENERATIONS_AFTER_COMMA:
            return f" {inside} "
        found.append(inside)
        return " "

    kept = " ".join(_BRACKETED.sub(taken, text).split()).replace(" ,", ",")
    return (kept, [inside for inside in found if inside]) if any(map(str.isalpha, kept)) else (text, [])


def _without_signs(text: str) -> str:
    """Return the text without emoji, bullets and the like around it."""
    words = text.split(" ")
    while words and not any(map(str.isalnum, words[-1])):
        words.pop()
    while words and not any(map(str.isalnum, words[0])):
        words.pop(0)
    text = " ".join(words)
    start, end = 0, len(text)
    while start < end and not (text[start].isalnum() or text[start] in _OPENING_SIGNS):
        start += 1
    while end > start and not _may_end(text[end - 1]):
        end -= 1
    bare = text[start:end]
    return bare.rstrip(".") if bare.endswith("..") or _ends_a_sentence(bare) else bare


def _ends_a_sentence(text: str) -> bool:
    """Return True for the full stop behind a whole word of some length: "Ann Marlow."."""
    word = text.rpartition(" ")[2]
    low = word[:-1].casefold()
    return word.endswith(".") and low.isalpha() and len(low) > 4 and low not in TITLES | DEGREES | AFTER_TITLE


def _may_end(sign: str) -> bool:
    is_mark = unicodedata.category(sign).startswith("M") and sign not in _JOINERS
    return sign.isalnum() or sign in _CLOSING_SIGNS or is_mark


def _has_two_words(text: str) -> bool:
    return " " in text.strip()


def _without_maiden_name(text: str) -> tuple[str, list[str]]:
    words = text.split(" ")
    if MAIDEN.isdisjoint(word.strip(".,") for word in words):
        return text, []
    for place in range(1, len(words) - 1):
        word = words[place].strip(".,")
        if word in MAIDEN and (place > 1 or words[place - 1].endswith(",") or word != "born"):
            return " ".join(words[:place]).rstrip(" ,"), [" ".join(words[place:])]
    return text, []


def _without_occupation(text: str) -> tuple[str, list[str]]:
    """Return the name without "Manager" of "John Smith, Manager", or "Acme Corp" behind two words, and that."""
    *before, last = text.split(",")
    if not last.strip() or not _has_two_words(",".join(before)):
        return text, []
    words = [word.strip(".&") for word in last.casefold().split()]
    is_job = all(word in JOBS or not word for word in words)
    is_firms = len(before) == 1 and is_person_with_remark(before[0]) and is_firm(last.strip()) and not is_form(last)
    return (",".join(before), [last.strip()]) if is_job or is_firms else (text, [])


def _without_words_behind(text: str) -> tuple[str, list[str]]:
    words, found = text.split(" "), list[str]()
    while len(words) > 2 and (words[-1].casefold() in BEHIND or _NUMBER.match(words[-1])):
        found.insert(0, words.pop())
    return " ".join(words).rstrip(" ,"), found
