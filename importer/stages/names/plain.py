"""The plain majority of names, by column: spaces taken out, capitals given, two words parted.

Everything here says what ``cleaning``, ``casing`` and ``splitting`` say of the same cell, or nothing. The letters are
those of English and western Europe, which neither mojibake nor NFC can touch.
"""

import re
from collections.abc import Iterable

import polars as pl

from importer.stages.names.casing import STARTS_WITH_RULES, WORDS_WITH_RULES
from importer.stages.names.cleaning import PLACEHOLDERS, PLACEHOLDERS_BY_CASE, Rule
from importer.stages.names.firms import ENDINGS, FIRM_WORDS
from importer.stages.names.spellings import EAST_ASIAN_SYLLABLES
from importer.stages.names.splitting import FIRST_WORDS_WITH_RULES, LAST_WORDS_WITH_RULES


def _one_of(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words)))


_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_LETTER = f"[{_UPPER}{_LOWER}]"
_INITIAL = "[A-Z][.]?"

_SMALL = f"(?:[{_LOWER}]+|[а-я]+)"
_MIXED = f"(?:[{_UPPER}]{_LETTER}*[{_LOWER}]|[А-Я][А-Яа-я]*[а-я])"
_RIGHT = f"^(?:(?:{_SMALL}|{_INITIAL}) )*{_MIXED}(?:[ '-](?:{_MIXED}|{_SMALL}|{_INITIAL}))*$"
"""Words in mixed case, which stay as they are."""

_SIGNS = r"!-/:-@\[-`{-~"
_NOTHING = f"^(?:(?i:{_one_of(PLACEHOLDERS)})|{_one_of(PLACEHOLDERS_BY_CASE)}|[{_SIGNS} ]*)$"


def _words(letters: str, o: str) -> str:
    word = f"(?:[{letters}]|(?:{o}')?[{letters}]{{3,}})"
    return f"{word}(?:[ -]{word})*"


_ONE_CASE = f"^(?:{_words(_UPPER, 'O')}|{_words(_LOWER, 'o')})$"
"""Words without one of two letters, which may be initials (JD) or a number (IV)."""
_SYLLABLE = f"(?:{_one_of(EAST_ASIAN_SYLLABLES)})"
_WITH_RULES = (
    f"(?i)(?:^|[ '-])(?:{_one_of(STARTS_WITH_RULES)}|(?:{_one_of(WORDS_WITH_RULES)})(?:[ -]|$))"
    f"|(?:^| )(?:ó h|{_SYLLABLE}-{_SYLLABLE}(?: |$))"
)

_NAME = f"(?:[Oo]')?{_LETTER}{{2,}}(?:-{_LETTER}+)*"
_FIRST = f"(?:{_NAME}|{_LETTER})(?: [A-NP-Za-np-z][.]?)?"
_FULL = f"^(?:({_FIRST}) ({_NAME})|({_NAME}), ({_FIRST}))$"
"""First and last name or the reverse with a comma; an initial may follow the first name, but O is O' (O Brien)."""
_OF_A_FIRM = f"(?:{_one_of(ENDINGS)})$"
_LAST_LETTERS = pl.Series(sorted({ending[-3:] for ending in ENDINGS}))
_FIRM = pl.Series(sorted(FIRM_WORDS))
_FIRST_WORDS = pl.Series(sorted(FIRST_WORDS_WITH_RULES | FIRM_WORDS))
_LAST_WORDS = pl.Series(sorted(LAST_WORDS_WITH_RULES | FIRM_WORDS))
_FAMILY_IN_CAPITALS = f"^[{_UPPER}'-]{{2,}} [^,]*[{_LOWER}]"


def is_right(cells: pl.Series) -> pl.Series:
    """Whether a cell is a name that stays as it is; null where the cell is."""
    return cells.str.contains(_RIGHT) & ~cells.str.contains(_NOTHING)


def cleaned(cells: pl.Series) -> pl.DataFrame:
    """``name`` (String?) and ``rules`` (UInt8?) as ``clean`` gives them; null rules where the cell is not plain."""
    text, name, is_nothing = pl.col("text"), pl.col("name"), pl.col("is_nothing")
    is_one_case = text.str.contains(_ONE_CASE) & ~text.str.contains(_WITH_RULES) & ~_may_be_firm(text)
    cased = pl.when(is_one_case).then(text.str.to_titlecase()).when(text.str.contains(_RIGHT)).then(text)
    frame = _tidied(cells).with_columns(is_nothing=text.str.contains(_NOTHING))
    frame = frame.with_columns(name=pl.when(~is_nothing).then(cased))
    rules = pl.col("tidied") + pl.when(name != text).then(Rule.CASE.value).otherwise(0).cast(pl.UInt8)
    nothing = pl.when(text == "").then(0).otherwise(Rule.PLACEHOLDER.value).cast(pl.UInt8)
    return frame.select("name", rules=pl.when(is_nothing).then(nothing).when(name.is_not_null()).then(rules))


def split(cells: pl.Series) -> pl.DataFrame:
    """``first``, ``last``, ``title`` (String?) and ``rules`` (UInt8?), as ``cleaned``; the title is always null."""
    text = pl.col("text")
    is_plain = ~(text.str.contains(_FAMILY_IN_CAPITALS) | text.str.contains(_NOTHING))
    parts = _tidied(cells).with_columns(pl.when(is_plain).then(text).str.extract_groups(_FULL).alias("parts"))
    parts = parts.unnest("parts")
    parts = parts.with_columns(pl.when(~_has_rules(parts)).then(pl.col("1", "2", "3", "4")))
    return parts.select(
        first=pl.coalesce("1", "4"),
        last=pl.coalesce("2", "3"),
        title=pl.lit(None, pl.String),
        remark=pl.lit(None, pl.String),
        rules=pl.when(pl.coalesce("1", "4").is_not_null()).then(pl.col("tidied") + Rule.SPLIT.value).cast(pl.UInt8),
    )


def _has_rules(parts: pl.DataFrame) -> pl.Series:
    """Whether a word of a full name's ``parts`` makes it more than a first and a last name."""
    first, last = (
        parts.select(pl.coalesce(*names).str.to_lowercase()).to_series() for names in (("1", "4"), ("2", "3"))
    )
    several = first.str.contains(" ", literal=True).fill_null(value=False).arg_true()
    head = first.scatter(several, first.gather(several).str.split(" ").list.first()) if several.len() else first
    is_turned = parts["3"].is_not_null()
    is_known = _is_one_of(head, _FIRST_WORDS) | _is_one_of(last, _LAST_WORDS)
    if is_turned.any():
        is_known |= is_turned & (_is_one_of(last, _FIRST_WORDS) | _is_one_of(head, _LAST_WORDS))
    return is_known | _ends_like_a_firm(head) | _ends_like_a_firm(last)


def _is_one_of(words: pl.Series, known: pl.Series) -> pl.Series:
    return words.is_in(known.implode()).fill_null(value=False)


def _ends_like_a_firm(words: pl.Series) -> pl.Series:
    """Whether a word has one of ``ENDINGS``; few words end on three letters of one, and only they are looked at."""
    ends = words.str.tail(3)
    places = _is_one_of(ends, _LAST_LETTERS).arg_true()
    has = pl.Series([False]).new_from_index(0, words.len())
    return has.scatter(places, words.gather(places).str.contains(_OF_A_FIRM))


def _may_be_firm(text: pl.Expr) -> pl.Expr:
    words = pl.when(text.str.contains(" ", literal=True)).then(text).str.to_lowercase().str.split(" ")
    is_one = pl.element().is_in(_FIRM.implode()) | pl.element().str.contains(_OF_A_FIRM)
    return words.list.eval(is_one).list.any().fill_null(value=False)


def _tidied(cells: pl.Series) -> pl.DataFrame:
    """``text`` with single spaces and none around, and ``tidied``, the rule's bit where that changed it."""
    text = cells.str.strip_chars(" ").str.replace_all(" {2,}", " ")
    return pl.DataFrame({"text": text}).with_columns(
        tidied=pl.when(text != cells).then(Rule.TIDIED.value).otherwise(0).cast(pl.UInt8)
    )
