"""The guess: the likeliest encoding of the words that hold bytes above 0x7F."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import inf

from importer.models.sources import EncodingGuess
from importer.readers.encoding import alphabets, context, east_asian, signs
from importer.readers.encoding.known import REPAIR, Encoding

REPAIRED = "utf-8"
PRIORS: Mapping[str, float] = {
    "cp1252": 0.0, REPAIRED: -4.0, "cp1250": -3.5,
    "cp1251": -2.0, "cp1253": -3.0, "cp1254": -3.0, "cp1255": -3.0, "cp1256": -3.0,
    "cp1257": -6.0, "cp874": -3.0, "cp932": -2.0, "gb18030": -2.0, "big5": -3.0, "cp949": -2.0, "euc_jp": -4.0,
    "iso8859_15": -5.0, "iso8859_2": -4.5, "iso8859_5": -7.0, "iso8859_7": -5.0, "koi8_r": -5.0, "koi8_u": -6.0,
    "mac_roman": -7.0, "cp850": -8.0, "cp437": -8.5, "cp852": -8.0, "cp866": -6.0,
}  # fmt: skip
"""Log frequency of the encodings among lists that are not UTF-8."""
ENOUGH_WORDS = 4000
_LONGEST_WORD = 1_000
_ENOUGH_BYTES, _FIRST_BYTES = 16 << 10, 1 << 10
"""Sample sizes: all words of the guess, and the first words, which rule most encodings out cheaply."""
_REPAIR = -1.5
_HOPELESS = 40.0
_FEWEST_LEFT = 4
_CLOSE = 4.0
_SAMPLES = 3
_LONGEST_SAMPLE = 30
_WORD = re.compile(rb"(?<![^\s,;\"<>])[^\s,;\"<>]*[\x80-\xff][^\s,;\"<>]*")
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_FOREIGN = re.compile(r"[^\x00-\x7f]")


def foreign_words(data: bytes) -> list[bytes]:
    """Return the words of a block that hold bytes above 0x7F, at most ``ENOUGH_WORDS``."""
    words = []
    for match in _WORD.finditer(data):
        words.append(match[0][:_LONGEST_WORD])
        if len(words) == ENOUGH_WORDS:
            break
    return words


def guess(words: list[bytes]) -> Encoding:
    """Return the likeliest encoding of words that are not all valid UTF-8; it may be UTF-8 with damaged bytes."""
    # Words that differ only in digits count once: a city or street in every row must not outvote all other words.
    unique = list({word.translate(_DIGITS): word for word in reversed(words)}.values())[::-1]
    scores = _scores(_spread(unique, _FIRST_BYTES), PRIORS)
    best = max(scores.values())
    ranked = sorted(scores, key=lambda name: -scores[name])
    left = [name for place, name in enumerate(ranked) if place < _FEWEST_LEFT or scores[name] > best - _HOPELESS]
    sample = _spread(unique, _ENOUGH_BYTES)
    return _ranked(dict.fromkeys(ranked, -inf) | _scores(sample, left), sample)


def _ranked(scores: Mapping[str, float], words: list[bytes]) -> Encoding:
    """Return the encoding with the best score; its runner-up is the best one that decodes the words differently."""
    best, *others = sorted(scores, key=lambda name: -scores[name])
    if best == REPAIRED:
        note = "The encoding is UTF-8 with some damaged bytes, which were read as Windows-1252."
        return Encoding(best, errors=REPAIR, notes=(note,))
    others = [name for name in others if name != REPAIRED]
    text = b" ".join(words)
    read = text.decode(best, "replace")
    second = next((name for name in others if text.decode(name, "replace") != read), others[0])
    how = ", but not by much" if scores[best] - scores[second] < _CLOSE else ""
    note = f"The encoding was guessed: {best}; the runner-up was {second}{how}. Look at names with accents."
    return Encoding(best, guess=EncodingGuess(second, _samples(words, best, second)), notes=(note,))


def _spread(words: list[bytes], size_bytes: int) -> list[bytes]:
    """Return words from all over the list, up to a total size."""
    step = max(1, sum(map(len, words)) // size_bytes)
    found, size = list[bytes](), 0
    for word in words[::step]:
        found.append(word)
        size += len(word)
        if size >= size_bytes:
            break
    return found


def _samples(words: list[bytes], best: str, second: str) -> tuple[tuple[str, str], ...]:
    """Return a few words decoded by either encoding, those that differ first."""
    pairs = [(word.decode(best, "replace"), word.decode(second, "replace")) for word in words]
    shown = [pair for pair in pairs if pair[0].isprintable() and len(pair[0]) <= _LONGEST_SAMPLE] or pairs[:1]
    return tuple(sorted(shown, key=lambda pair: pair[0] == pair[1])[:_SAMPLES])


def _read(word: bytes, codec: str) -> str:
    return word.decode(codec, REPAIR if codec == REPAIRED else "replace")


def _scores(words: list[bytes], names: Iterable[str]) -> dict[str, float]:
    return {name: PRIORS[name] + _likelihood(words, name) for name in names}


def _likelihood(words: list[bytes], codec: str) -> float:
    """Return the log likelihood of the words in this encoding."""
    total = 0.0
    letters: dict[str, Counter[str]] = defaultdict(Counter)
    for word in words:
        text = _read(word, codec)
        if codec == REPAIRED:
            total += _REPAIR * word.decode(codec, "replace").count("\ufffd")
        for match in _FOREIGN.finditer(text):
            char, place = match[0], match.start()
            before, after = text[place - 1 : place], text[place + 1 : place + 2]
            if context.is_control(char):
                total += context.CONTROL
            elif codec in east_asian.CODES:
                total += east_asian.likelihood(char, before, after, codec)
            elif (script := context.script_of(char)) in alphabets.SCRIPTS:
                total += context.likelihood(char, before, after)
                letters[script][char] += 1
            else:
                total += signs.likelihood(char, text[max(0, place - 3) : place], text[place + 1 : place + 4])
    return total + sum(alphabets.likelihood(counted, script) for script, counted in letters.items())
