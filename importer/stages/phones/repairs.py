"""Repairs: what spreadsheets, exports and fingers did to a number, undone before it is read.

A repair never touches a digit that the number needs: what it leaves is read by ``phonenumbers`` as it stands. All of
this looks at texts one by one, because ``spellings`` shows it each shape only once.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from importer.stages.phones.meant.words import PLACEHOLDERS

RULES = (
    "spaces",
    "invisible",
    "unicode",
    "quotes",
    "label",
    "letters",
    "lookalike",
    "exponent",
    "float-tail",
    "extension",
    "00-prefix",
    "011-prefix",
    "trunk-zero",
    "country-code",
    "code-slip",
    "old-form",
    "cut-off",
    "two-numbers",
    "other-column",
    "review-plus",
    "review-zeros",
    "review-country",
)
"""The rules that ``changes`` names as ``phone:<rule>``; the stage's docstring tells what each did."""

PLAIN = re.compile(r"\+?[0-9(](?:[0-9 ()/\-]{5,}[0-9]|(?:[0-9 ()/\-]+\.)+[0-9]*[1-9][0-9]*)")
"""Text that needs no repair: most of most files. Zeros alone after a last dot are the tail of a float."""

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_LINE_ENDS = re.compile(r"\s*[\r\n\t\x0b\x0c\x85\u2028\u2029]+\s*")
_SPACE = re.compile(r"\s")
_FORMULA = re.compile(r"""=?\s*"(.*)\"""")
_QUOTES = "'\"`´‘’“”„ "
_FLOAT = re.compile(r"(\+?[0-9]{5,})(?:\.0+|,0{1,2})")
_SPACED_FLOAT = re.compile(r"(\+?(?:[0-9()/-] ?){8,}[0-9])[.,]0{1,2}")
"""A decimal tail behind a number with its spaces; behind fewer digits a 0 may be one that is dialled."""
_FEWEST_SPACED = 9
_FIGURE = re.compile(r"(?:[$€£¥] ?)?([1-9][0-9]{0,2}(?:([,.'’])[0-9]{3})(?:\2[0-9]{3}){2,4})(?:(?!\2)[.,]0{1,2})?")
"""A number with separators of thousands, as a format of numbers or money shows it; of fewer digits it may be money."""
_EXPONENT = re.compile(r"[+-]?([0-9])(?:[.,]([0-9]*))?[eE]\+?([0-9]{1,2})")
_LABELLED_FIGURE = re.compile(rf"[^\W\d_][^0-9+]{{0,30}}(?P<figure>{_FLOAT.pattern}|{_EXPONENT.pattern})")
_ERROR = re.compile(r"\s*(?:#+|#(?:REF|VALUE|NAME|NUM|DIV/[01]|NULL|WERT|BEZUG|ZAHL)[!?/01]*)\s*")
_SIGNS = re.compile(r"[\s.'\"=()\[\]<>?*!_/\\:–—-]")

_ODD_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("＋﹢⁺", "+"),
        **dict.fromkeys("‐‑‒–—―−－﹣ー", "-"),
        "（": "(",
        "）": ")",
        "．": ".",
        "，": ",",
        "／": "/",
        "＃": "#",
        "：": ":",
    }
)


def bits(*rules: str) -> int:
    """Return rules as one integer, a bit for each."""
    return sum(1 << RULES.index(rule) for rule in rules)


def of_bits(number: int) -> list[str]:
    """Return the rules of such an integer."""
    return [rule for place, rule in enumerate(RULES) if number >> place & 1]


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text whose damage is undone, as far as that needs no knowledge of numbers.

    Attributes:
        text: what is left to be read.
        rules: bits of ``RULES``.
        is_damaged: whether digits were lost for ever; such a text must not be read.
    """

    text: str
    rules: int = 0
    is_damaged: bool = False


def repaired(text: str) -> Repaired:
    """Undo what can be undone without knowing the number."""
    # Most cells of most lists: nothing below would change them.
    if PLAIN.fullmatch(text):
        return Repaired(text)
    rules = 0
    for rule, repair in _STEPS:
        mended = repair(text)
        if mended != text:
            text, rules = mended, rules | bits(rule)
    if found := _EXPONENT.fullmatch(text):
        digits = found[1] + (found[2] or "")
        if len(digits) != int(found[3]) + 1:
            return Repaired(text, rules, is_damaged=True)
        return Repaired(digits, rules | bits("exponent"))
    return Repaired(text, rules)


def is_placeholder(text: str) -> bool:
    """Return True if a cell says in words or signs that there is no number; so does an empty one, and one of digits.

    In a shape digits stand for any: a number of zeros alone is none either.
    """
    word = _SIGNS.sub("", _without_invisible(text.lower()))
    return not word.strip("01") or word in PLACEHOLDERS


def are_placeholders(texts: pl.Series) -> pl.Series:
    """Return True for each text (String) that says that there is no number."""
    may_be = texts.to_frame("text").filter(~pl.col("text").str.contains("[2-9]")).to_series()
    words = [text for text in may_be.unique().to_list() if is_placeholder(text)]
    return texts.is_in(words)


def is_phone_shaped(text: pl.Expr) -> pl.Expr:
    """Return True for cells of another field that hold seven digits or more and nothing but their punctuation."""
    return text.str.contains(r"^\s*\+?[ ()./\-]*(?:[0-9][ ()./\-]*){7,20}$")


def is_spreadsheet_error(text: str) -> bool:
    """Return True if a spreadsheet wrote that it could not show or compute the cell."""
    return _ERROR.fullmatch(text) is not None


def _without_invisible(text: str) -> str:
    text = _CONTROL.sub("", text)
    return text if text.isascii() else "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def _with_plain_spaces(text: str) -> str:
    return _SPACE.sub(" ", _LINE_ENDS.sub(" / ", text.strip())).strip()


def _without_quotes(text: str) -> str:
    formula = _FORMULA.fullmatch(text)
    return (formula[1] if formula else text).strip(_QUOTES) if any(quote in text for quote in _QUOTES[:-1]) else text


def _without_label(text: str) -> str:
    """Return a labelled figure (``Tel 4.15E+9``) without its label, to be repaired; other words are ``meant``'s."""
    found = _LABELLED_FIGURE.fullmatch(text)
    return found["figure"] if found else text


def _without_float_tail(text: str) -> str:
    if found := _FLOAT.fullmatch(text):
        return found[1]
    found = _SPACED_FLOAT.fullmatch(text)
    if found and sum(sign.isdigit() for sign in found[1]) >= _FEWEST_SPACED:
        return found[1]
    found = _FIGURE.fullmatch(text)
    return found[1].replace(found[2], "") if found else text


# In this order, since each step lays bare what the next one looks for: quotation marks behind spaces, decimals behind
# quotation marks.
_STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("invisible", _without_invisible),
    ("spaces", _with_plain_spaces),
    ("unicode", lambda text: text if text.isascii() else text.translate(_ODD_PUNCTUATION)),
    ("quotes", _without_quotes),
    ("label", _without_label),
    ("float-tail", _without_float_tail),
)
