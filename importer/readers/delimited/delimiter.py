"""The delimiter of a text: the character, or the few characters, between its cells."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from importer.readers.cell_kinds import kind_of

NO_DELIMITER = "\x1f"
"""Stands in for the delimiter of a list with one column; no list uses it."""

_FOREIGN = ("¦", "،", "，", "；")
"""Commas and semicolons of other scripts, and the broken bar; they occur within cells, too."""
_CANDIDATES = (",", ";", "\t", "|", "^", "~", ":", "\x01", *_FOREIGN)
_LONG = (
    " | ", "~|~", "|~|", "|;|", "^|^", "|+|", "[|]", "<|>", "||", "::", "\t\t", "^^", "~~", "##", "$$", "@@", ";;",
    "\\t",
)  # fmt: skip
_PAIRING = (" - ", " – ", " — ", ": ", " : ")
"""Separators of a name and a number alone on a line. Tried last: beside any other delimiter they are cell text."""
_REMARK = re.compile(r"\([^()]*\)")
_ODD = re.compile(r"[|~^;#$@&*=<>%!§¦¬]{2,5}|<\w{1,6}>")
_DIGIT = re.compile(r"\d")
_UNSURE = frozenset(("^", "~", ":", *_FOREIGN))
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_MOMENT = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b"  # a time, or a zone's offset
    rf"|\b{_MONTH}\.? \d{{1,2}}, (?=\d{{4}}\b)"
    r"|\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}, (?=[a-z0-9])"
    r"|\b(?:https?|mailto|tel):",
    re.IGNORECASE,
)
"""Times, dates and addresses that hold a colon or a comma: removed before counting, or a list splits at its times."""
_STRAYNESS = {"\t": 1.0, "|": 1.0, ";": 0.6, "^": 0.6, "~": 0.4, ",": 0.15, ":": 0.0}


@dataclass(frozen=True, slots=True)
class _Verdict:
    delimiter: str
    score: float


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the likeliest delimiter of a sample of lines; ``NO_DELIMITER`` if nothing splits the lines alike."""
    bare = [_MOMENT.sub("0", line) for line in without_quoted(lines) if line.strip()]
    odd = {match[0] for line in bare[:1] for match in _ODD.finditer(line)}
    # Not what only emptied cells bring together: `"a";"b";"c"`.
    long = [mark for mark in (*sorted(odd, key=lambda mark: (-len(mark), mark)), *_LONG) if _stands_in(lines, mark)]
    # Long ones first: "||" would also count as "|", with empty cells between.
    if found := next((mark for mark in long if _is_all_of(bare, mark)), None):
        return found
    verdicts = [verdict for delimiter in _CANDIDATES if (verdict := _judge(bare, delimiter)) is not None]
    if not verdicts:
        if _is_blanks_between_quotes(lines) or _is_blanks_between_values(bare):
            return " "
        return next((mark for mark in _PAIRING if _is_between_name_and_number(bare, mark)), NO_DELIMITER)
    return max(verdicts, key=lambda verdict: verdict.score).delimiter


def without_quoted(lines: Sequence[str]) -> list[str]:
    """Return the lines with their quoted cells emptied; cells of several lines only if all quotes pair up."""
    whole = _QUOTED.sub("", "\n".join(lines))
    if '"' not in whole:
        return whole.split("\n")
    return [_QUOTED.sub("", line) for line in lines]


def _stands_in(lines: Sequence[str], mark: str) -> bool:
    return any(mark in line for line in lines)


def _is_all_of(lines: Sequence[str], mark: str) -> bool:
    """Return True if a long delimiter splits nine in ten lines alike and is not a short one repeated by empty cells."""
    counts = Counter(line.count(mark) for line in lines if mark in line)
    if len(lines) < 2 or not counts or max(counts.values()) < len(lines) * 0.9:
        return False
    odd = mark.strip(" ")[0]
    if odd not in _CANDIDATES or set(mark) != {odd, *mark[:1]}:
        return True
    return sum(odd in line.replace(mark, "") for line in lines) <= len(lines) * 0.02


def _is_blanks_between_quotes(lines: Sequence[str]) -> bool:
    """Return True if all cells are quoted with a blank between them: elsewhere blanks belong to names and numbers."""
    widths = Counter(line for line in without_quoted(lines) if line.strip(" ") == "" and len(line) >= 2)
    return max(widths.values(), default=0) >= len(lines) * 0.9


def _is_blanks_between_values(lines: Sequence[str]) -> bool:
    """Return True if blanks split all lines into equally many cells, most lines with an address or phone number."""
    rows = [line.split(" ") for line in lines]
    if len(rows) <= 2 or len(set(map(len, rows))) != 1 or len(rows[0]) < 2:
        return False
    kinds = [[kind_of(cell) for cell in row] for row in rows]
    contacts = sum(kind in {"email", "phone"} for row in kinds for kind in row)
    if len(rows[0]) > 2:
        return contacts * 2 > len(rows)
    # A number may be written with one blank, too: each row needs a cell without digits.
    return contacts >= len(rows) - 1 and all(any(not _DIGIT.search(cell) for cell in row) for row in rows)


def _is_between_name_and_number(lines: Sequence[str], mark: str) -> bool:
    """Return True if a separator stands once in nearly all lines, between words and a phone number or address."""
    pairs = [list(map(_kind, line.split(mark))) for line in lines]
    contacts = sum(sorted(pair) in (["", "email"], ["", "phone"]) for pair in pairs)
    return len(lines) > 1 and contacts >= len(lines) * 0.9


def _kind(part: str) -> str:
    """Return the kind of a part of a line (see ``kind_of``), without a remark in brackets beside a number."""
    return kind_of(part.strip()) or kind_of(_REMARK.sub("", part).strip())


def _judge(lines: Sequence[str], delimiter: str) -> _Verdict | None:
    """Return the score of a delimiter: equal numbers of cells raise it, other delimiters left in cells lower it.

    None if it splits too few lines; an unusual one must split nine in ten.
    """
    counts = Counter(cells for line in lines if (cells := line.count(delimiter) + 1) > 1)
    if not counts:
        return None
    cells, alike = max(counts.items(), key=lambda item: (item[1], item[0]))
    share = alike / len(lines)
    parted = sum(counts.values()) / len(lines)
    if delimiter in _UNSURE and (share < 0.9 or len(lines) < 2 or (delimiter == ":" and cells < 3)):
        return None
    others = [(other, stray) for other, stray in _STRAYNESS.items() if other != delimiter]
    left = sum(stray * min(1.0, line.count(other) / cells) for line in lines for other, stray in others) / len(lines)
    score = (0.7 * share + 0.3 * parted) * (2 - 1 / cells) - left
    return _Verdict(delimiter, score) if share > 0.1 else None
