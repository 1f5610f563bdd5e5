"""The language of the search field: words, and facts such as ``reason:phone-invalid`` or ``-is:done``.

``reason:`` ``outcome:`` ``source:`` ``rule:`` ``batch:`` ``is:todo`` ``row:10-20`` ``shape:"999 9999"``
``col:"Lead source"=broker``. A minus turns a term round; all terms must hold. ``finding:`` ``why:`` and ``look:todo``
are of rows worth a look.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b

from importer.errors import UsageError
from importer.models.findings import Verdict

OF_FINDINGS = ("finding", "why", "look")
"""Keys of what is worth a look: its code, its group, and the verdict on it (``todo`` if there is none)."""

KEYS = ("reason", "outcome", "source", "rule", "batch", "is", "row", "shape", "col", *OF_FINDINGS)
STATES = ("fixable", "todo", "done", "corrected", "as-is", "dropped", "asked", "sent", "noted")
"""Values of ``is:``; ``fixable`` is what a correction lets through, ``todo`` what of it is undecided, ``done`` all
that is decided, ``sent`` what a later run imported, ``noted`` what has a note, or a repair that is called wrong."""

LOOKS = ("todo", *(verdict.value for verdict in Verdict))
"""Values of ``look:``."""

_TERM = re.compile(
    r"""(?P<minus>-)?(?:(?P<key>[a-z]+):)?
        (?P<value>(?:"[^"]*"|[^\s"=]+|=)+)""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"(?<![^\s])[+(]?\d[\d\s().+/-]{5,}\d(?![^\s])")
_LEAST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on a row.

    Attributes:
        key: one of ``KEYS``; ``word`` for text that some cell must hold; ``number`` for the digits of a phone number.
        value: what is looked for, without quotes.
        column: of ``col:``; empty for all others.
        is_not: True if rows must not match.
    """

    key: str
    value: str
    column: str = ""
    is_not: bool = False


def parse(text: str) -> tuple[Term, ...]:
    """Return the terms of a query; () for an empty one, which every row matches.

    Raises:
        UsageError: a key has a value that it cannot have; the message names both.
    """
    terms: list[Term] = []
    rest = _NUMBER.sub(lambda found: _number(found, terms), text)
    for found in _TERM.finditer(rest):
        key, value, is_not = found["key"] or "", found["value"], bool(found["minus"])
        if key == "col" and "=" in value:
            column, _, wanted = value.partition("=") if '"' not in value else _split_quoted(value)
            terms.append(Term("col", _plain(wanted), _plain(column), is_not))
        elif key in KEYS and key != "col":
            terms.append(_checked(Term(key, _plain(value), is_not=is_not)))
        else:
            terms.append(Term("word", _plain(f"{key}:{value}" if key else value).lower(), is_not=is_not))
    return tuple(terms)


def quoted(value: str) -> str:
    """Return a value as the language writes it: in quotes if it is not one plain word."""
    return value if re.fullmatch(r"[^\s\"=]+", value) else '"' + value.replace('"', "") + '"'


def named(value: str) -> str:
    """Return the value of ``shape:`` or ``why:`` that stands for a text without showing it."""
    return f"#{blake2b(value.encode(), digest_size=6).hexdigest()}"


def without(text: str, key: str) -> str:
    """Return a query without its terms of one key; the others stay as they were written."""
    kept = [found[0] for found in _TERM.finditer(text) if found["key"] != key]
    return " ".join(kept)


def _number(found: re.Match[str], terms: list[Term]) -> str:
    """Take what looks like a phone number out of the text, whatever its spaces and signs."""
    digits = re.sub(r"\D", "", found[0])
    if len(digits) < _LEAST_DIGITS:
        return found[0]
    terms.append(Term("number", digits))
    return " "


def _split_quoted(value: str) -> tuple[str, str, str]:
    """Split ``"a column"=value`` at the first equals sign outside quotes."""
    head = re.match(r'(?:"[^"]*"|[^"=])*', value)
    end = head.end() if head else len(value)
    return value[:end], value[end : end + 1], value[end + 1 :]


def _plain(value: str) -> str:
    return value.replace('"', "")


def _checked(term: Term) -> Term:
    if term.key == "row" and not re.fullmatch(r"\d{1,9}(?:-\d{1,9})?", term.value):
        raise UsageError("row: takes a number or a range, such as row:20 or row:10-20.")
    if term.key == "batch" and not re.fullmatch(r"\d{1,9}", term.value):
        raise UsageError("batch: takes a number, such as batch:3.")
    if term.key == "is" and term.value not in STATES:
        raise UsageError(f"is: takes one of {', '.join(STATES)}.")
    if term.key == "look" and term.value not in LOOKS:
        raise UsageError(f"look: takes one of {', '.join(LOOKS)}.")
    return term
