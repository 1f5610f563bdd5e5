"""Encodings that the bytes prove: byte order marks, the NULs of UTF-16 and UTF-32, escape sequences."""

import codecs
import re
import unicodedata
from dataclasses import dataclass

from importer.models.sources import EncodingGuess

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16: the mark of UTF-32-LE begins with that of UTF-16-LE.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FEWEST_NULS, _MANY_NULS = 0.04, 0.4
_SHIFTS = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b\$[@B]|\x1b\$\(D"), "iso2022_jp_ext"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """The way from a file's bytes to text.

    Attributes:
        name: Python's name of the codec; its byte order mark is not part of the text.
        mark_bytes: length of the byte order mark.
        errors: the codec's error handler.
        guess: the runner-up if the encoding is a guess; None if it is proven.
        notes: the evidence, one sentence each; empty if a byte order mark or the whole file proves it.
    """

    name: str
    mark_bytes: int = 0
    errors: str = "replace"
    guess: EncodingGuess | None = None
    notes: tuple[str, ...] = ()


def marked(head: bytes) -> Encoding | None:
    """Return the encoding that the first bytes prove, by a byte order mark or by NULs; None if they prove nothing."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    name_by_nuls = _by_nuls(head)
    if name_by_nuls is None:
        return None
    note = f"The encoding was taken for {name_by_nuls.upper()} because of its zero bytes: there is no byte order mark."
    return Encoding(name_by_nuls, notes=(note,))


def shifted(data: bytes) -> Encoding | None:
    """Return the encoding of a text that leaves ASCII by escape sequences (ISO-2022, JIS X 0202); None if none does."""
    name = next((name for pattern, name in _SHIFTS if pattern.search(data)), None)
    if name is None:
        return None
    return Encoding(name, notes=(f"The encoding was taken for {name} because of its escape sequences.",))


def _by_nuls(head: bytes) -> str | None:
    quads = len(head) // 4
    if not quads or head.count(0) < len(head) * _FEWEST_NULS:
        return None
    share = [head[offset : quads * 4 : 4].count(0) / quads for offset in range(4)]
    if min(share[2:]) > 0.9 and share[0] < 0.1:
        return "utf-32-le"
    if min(share[:2]) > 0.9 and share[3] < 0.1:
        return "utf-32-be"
    even, odd = (share[0] + share[2]) / 2, (share[1] + share[3]) / 2
    if min(even, odd) * 4 > max(even, odd):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    return name if max(even, odd) > _MANY_NULS or _is_text(head[: quads * 4], name) else None


def _is_text(head: bytes, name: str) -> bool:
    """Return True if the bytes decode to lines without odd characters: Asian UTF-16 has few NULs to go by."""
    text = head.decode(name, "replace").rstrip("\ufffd")
    odd = sum(unicodedata.category(char) in {"Cc", "Co", "Cn", "Cs"} and char not in "\r\n\t" for char in text)
    return "\n" in text.replace("\r", "\n") and not odd and "\ufffd" not in text


def _repair(error: UnicodeError) -> tuple[str, int]:
    """Return the character of one damaged byte in Windows-1252, and where decoding goes on: an error handler."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    # One byte only, not the whole faulty sequence: the bytes after it may be valid again.
    byte = error.object[error.start : error.start + 1]
    return byte.decode("cp1252", errors="replace"), error.start + 1


REPAIR = "importer.repair"
codecs.register_error(REPAIR, _repair)
