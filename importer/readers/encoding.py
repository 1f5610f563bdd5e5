"""Which encoding a text is in: byte order mark, strict UTF-8 of the whole file, UTF-16/32 by pattern, then a guess.

A guess is made from the words that hold bytes above 0x7F and from nothing else: the ASCII part of a contact list says
nothing of its encoding. It is always reported, together with the runner-up and three words in both readings.
"""

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from importer.models.sources import EncodingGuess

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CANDIDATES = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac_roman", "cp850", "koi8_r",
    "cp932", "cp949", "gb18030", "big5", "euc_jp",
)  # fmt: skip
_FEWEST_NULS = 0.2
ENOUGH_WORDS = 4000
_LONGEST_WORD = 1_000
_ENOUGH_BYTES = 128 << 10
"""Of words that a guess is made from, and of the longest one; each byte is read in every encoding."""
_SAMPLES = 3
_LONGEST_SAMPLE = 30
_WORD = re.compile(rb"(?<![^\s,;|\"<>@])[^\s,;|\"<>@]*[\x80-\xff][^\s,;|\"<>@]*")
_VALID_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_COMMON = frozenset(
    "оеаинтсрвлкмдпуызΑΕΙΟαοιετσνηυρπκμλςωάέίόύήώäöüßÄÖÜéèêëàâçîïôûùñáíóúÉÁÍÓÚÑÇøåæØÅÆãõÀÈ’‘“”–—€«»…°ºª"
)
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúüñ", "áâãàçéêíóôõúü", "àèéìíòóùú", "àçèéíïòóúü", "åäöéü", "åæøéòóâ",
        "áéíóúýþæðö", "ąćęłńóśźż", "áčďéěíňóřšťúůýžäĺľŕô", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "çğıöşüâîû\u0307",
        "ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž", "éëïóöüèêáíúâ",
    )
)  # fmt: skip
"""The letters beyond a to z of German, French, Spanish, Portuguese, Italian, Catalan, Swedish, Danish, Icelandic,
Polish, Czech, Hungarian, Romanian, Croatian, Turkish, Lithuanian, Latvian, Estonian and Dutch."""
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "CJK", "HIRAGANA", "KATAKANA", "HANGUL")
_KANA = frozenset({"HIRAGANA", "KATAKANA"})
_IDEOGRAPHIC = _KANA | {"CJK"}
_EAST_ASIAN = _IDEOGRAPHIC | {"HANGUL"}
_COMMON_LEADS = {
    "cp932": (0x88, 0x97),
    "gb18030": (0xB0, 0xD7),
    "big5": (0xA4, 0xC6),
    "euc_jp": (0xB0, 0xCF),
    "cp949": (0xB0, 0xC8),
}
"""First bytes of the ideographs in daily use, and Hangul syllables, which these codes list before the rare ones."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the file's bytes become text.

    Attributes:
        name: Python's name of the codec; its byte order mark is not part of the text.
        mark_bytes: length of the byte order mark.
        errors: the codec's error handler.
        guess: what stands against it, where that is all there is.
        notes: how it was found, where no mark and not the whole file says it.
    """

    name: str
    mark_bytes: int = 0
    errors: str = "replace"
    guess: EncodingGuess | None = None
    notes: tuple[str, ...] = ()


def marked(head: bytes) -> Encoding | None:
    """The encoding that the first bytes prove: a byte order mark, or the NULs that UTF-16 and UTF-32 leave in text."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    name_by_nuls = _by_nuls(head)
    if name_by_nuls is None:
        return None
    note = f"The encoding was taken for {name_by_nuls.upper()} because of its zero bytes: there is no byte order mark."
    return Encoding(name_by_nuls, notes=(note,))


def _by_nuls(head: bytes) -> str | None:
    quads = len(head) // 4
    if not quads or head.count(0) < len(head) * _FEWEST_NULS:
        return None
    share = [head[offset : quads * 4 : 4].count(0) / quads for offset in range(4)]
    if min(share[1:]) > 0.9 and share[0] < 0.1:
        return "utf-32-le"
    if min(share[:3]) > 0.9 and share[3] < 0.1:
        return "utf-32-be"
    even, odd = (share[0] + share[2]) / 2, (share[1] + share[3]) / 2
    if odd > 2 * _FEWEST_NULS and even < odd / 4:
        return "utf-16-le"
    return "utf-16-be" if even > 2 * _FEWEST_NULS and odd < even / 4 else None


def foreign_words(data: bytes) -> list[bytes]:
    """The words of a block that hold bytes above 0x7F, as many as a guess needs."""
    words = []
    for match in _WORD.finditer(data):
        words.append(match[0][:_LONGEST_WORD])
        if len(words) == ENOUGH_WORDS:
            break
    return words


def guess(words: list[bytes]) -> Encoding:
    """The likeliest encoding of words that are not all valid UTF-8."""
    if _is_damaged_utf8(words):
        note = "The encoding is UTF-8 with some damaged bytes, which were read as Windows-1252."
        return Encoding("utf-8", errors=REPAIR, notes=(note,))
    unique = _enough(dict.fromkeys(words))
    scores = {name: sum(_plausibility(word, name) for word in unique) - _mixture(unique, name) for name in CANDIDATES}
    best, second = sorted(scores, key=lambda name: -scores[name])[:2]
    note = f"The encoding was guessed: {best}; the runner-up was {second}. Look at names with accents."
    return Encoding(best, guess=EncodingGuess(second, _samples(unique, best, second)), notes=(note,))


def _enough(words: Iterable[bytes]) -> list[bytes]:
    """The first of the words, as many as a guess needs."""
    found, size = list[bytes](), 0
    for word in words:
        if size >= _ENOUGH_BYTES:
            break
        found.append(word)
        size += len(word)
    return found


def _samples(words: list[bytes], best: str, second: str) -> tuple[tuple[str, str], ...]:
    """A few words as either encoding has them, those first that differ."""
    pairs = [(word.decode(best, "replace"), word.decode(second, "replace")) for word in words]
    shown = [pair for pair in pairs if pair[0].isprintable() and len(pair[0]) <= _LONGEST_SAMPLE] or pairs[:1]
    return tuple(sorted(shown, key=lambda pair: pair[0] == pair[1])[:_SAMPLES])


def _is_damaged_utf8(words: list[bytes]) -> bool:
    """Whether most of the bytes above 0x7F are in valid UTF-8 sequences, as chance alone never makes them."""
    high = sum(sum(1 for byte in word if byte > 0x7F) for word in words)
    valid = sum(sum(len(found) for found in _VALID_UTF8.findall(word)) for word in words)
    return valid >= high * 0.6


def _plausibility(word: bytes, name: str) -> float:
    """How much a word looks like a word when read in this encoding, per byte above 0x7F."""
    try:
        text = word.decode(name)
    except UnicodeDecodeError:
        return -10.0
    score = 0.0
    for place, char in enumerate(text):
        if char.isascii():
            continue
        before = text[place - 1] if place else ""
        after = text[place + 1] if place + 1 < len(text) else ""
        code = char.encode(name)
        score += _fit(char, before, after, _is_common(char, code, name)) * len(code)
    return score


def _mixture(words: list[bytes], name: str) -> int:
    """How many letters are not in the one alphabet that has most of the words' letters."""
    text = b" ".join(words).decode(name, "replace").lower()
    letters = Counter(char for char in text if not char.isascii() and _script(char) == "LATIN")
    return letters.total() - max(sum(letters[char] for char in alphabet) for alphabet in _ALPHABETS)


def _is_common(char: str, code: bytes, name: str) -> bool:
    """Whether the character is one that people who use this code use daily."""
    script = _script(char)
    if script in _KANA:
        return name in {"cp932", "euc_jp"} and len(code) == 2
    if script in {"CJK", "HANGUL"}:
        first, last = _COMMON_LEADS.get(name, (1, 0))
        return first <= code[0] <= last and (name not in {"gb18030", "cp949"} or code[1] >= 0xA1)
    return char.lower() in _COMMON


def _fit(char: str, before: str, after: str, is_common: bool) -> float:
    """From -3 (control character) to 1 (a common letter among letters of its own script)."""
    category = unicodedata.category(char)
    if category in {"Cc", "Co", "Cn"}:
        return -3.0
    if not category.startswith("L"):
        return 0.5 if is_common else -0.5
    script = _script(char)
    neighbours = {_script(other) for other in (before, after) if other.isalpha()}
    if not script or (neighbours - {script} and not {script, *neighbours} <= _IDEOGRAPHIC):
        return -1.5
    if before.islower() and char.isupper():
        return -1.0
    if is_common:
        return 1.0
    return 0.1 if script in _EAST_ASIAN else 0.7


@cache
def _script(char: str) -> str:
    name = unicodedata.name(char, "") if char else ""
    return next((script for script in _SCRIPTS if script in name), "")


def _repair(error: UnicodeError) -> tuple[str, int]:
    """Read one damaged byte as Windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start : error.start + 1]
    return byte.decode("cp1252", errors="replace"), error.start + 1


REPAIR = "importer.repair"
codecs.register_error(REPAIR, _repair)
