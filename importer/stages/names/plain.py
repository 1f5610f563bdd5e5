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
from importer.stages.names.splitting import ALL_WORDS_WITH_RULES, FIRST_WORDS_WITH_RULES, LAST_WORDS_WITH_RULES


def _one_of(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words)))


_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_LETTER = f"[{_UPPER}{_LOWER}]"
_INITIAL = "[A-Z][.]?"

_SMALL = f"(?:[{_LOWER}]+|[а-я]+)"
_MIXED = f"(?:[{_UPPER}]{_LETTER}*[{_LOWER}]|[А-Я][А-Яа-я]*[а-я])"
_RIGHT = f"^(?:(?:{_SMALL}|{_INITIAL}) )*{_MIXED}(?:[ '-](?:{_MIXED}|{_SMALL}|{_INITIAL}))*$"
"""Words in mixed case, which stay as they are."""
_WORD = f"^{_MIXED}(?:['-](?:{_MIXED}|{_SMALL}|{_INITIAL}))*$"
"""One of them alone: what most cells are, so that all else is asked of the others only."""

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
_PAIR = f"^(?:{_NAME}|{_LETTER}) {_NAME}$"
"""First and last name: what most are, so that it is found without the cost of groups."""
_TITLE = "(?:M(?:rs?|s|iss)|Dr)[.]?"
_CAPITALISED = f"[{_UPPER}][{_LOWER}]{{2,}}"
_LONG = f"^(?:({_TITLE}) )?({_CAPITALISED}(?: {_CAPITALISED}){{0,2}}) ({_CAPITALISED})$"
"""Several first names, or one of the commonest titles before them."""
_OF_A_FIRM = f"(?:{_one_of(ENDINGS)})$"
_SPLIT = dict.fromkeys(("first", "last", "title", "remark"), pl.String) | {"rules": pl.UInt8}
_LAST_LETTERS = pl.Series(sorted({ending[-3:] for ending in ENDINGS}))
_ALL_WORDS = pl.Series(sorted(ALL_WORDS_WITH_RULES | FIRM_WORDS))
_FIRM = pl.Series(sorted(FIRM_WORDS))
_FIRST_WORDS = pl.Series(sorted(FIRST_WORDS_WITH_RULES | FIRM_WORDS))
_LAST_WORDS = pl.Series(sorted(LAST_WORDS_WITH_RULES | FIRM_WORDS))
_FAMILY_IN_CAPITALS = f"^[{_UPPER}'-]{{2,}} [^,]*[{_LOWER}]"


def is_word(cells: pl.Series) -> pl.Series:
    """Return True for cells of one word in mixed case; not null."""
    return cells.str.contains(_WORD).fill_null(value=False)


def is_right(cells: pl.Series, words: pl.Series) -> pl.Series:
    """Return True for cells with a name that stays as it is; null if the cell is null.

    Args:
        cells: one half of the names.
        words: what is known to be one by ``is_word``.
    """
    others = (~words).arg_true()
    if others.len() == cells.len():
        looks_right = cells.str.contains(_RIGHT)
    else:
        looks_right = words.clone().scatter(others, cells.gather(others).str.contains(_RIGHT))
    return looks_right & ~cells.str.contains(_NOTHING) if looks_right.any() else looks_right


def cleaned(cells: pl.Series) -> pl.DataFrame:
    """Return ``name`` (String?) and ``rules`` (UInt8?) as ``clean`` gives them; null rules if the cell is not plain."""
    text, name, is_nothing = pl.col("text"), pl.col("name"), pl.col("is_nothing")
    frame = _tidied(cells)
    cased = pl.when(_is_one_case(frame["text"])).then(text.str.to_titlecase()).when(text.str.contains(_RIGHT))
    frame = frame.with_columns(is_nothing=text.str.contains(_NOTHING))
    frame = frame.with_columns(name=pl.when(~is_nothing).then(cased.then(text)))
    rules = pl.col("tidied") + pl.when(name != text).then(Rule.CASE.value).otherwise(0).cast(pl.UInt8)
    nothing = pl.when(text == "").then(0).otherwise(Rule.PLACEHOLDER.value).cast(pl.UInt8)
    return frame.select("name", rules=pl.when(is_nothing).then(nothing).when(name.is_not_null()).then(rules))


def _is_one_case(text: pl.Series) -> pl.Series:
    """Return True for texts of which each word needs a capital and nothing else."""
    is_so = text.str.contains(_ONE_CASE).fill_null(value=False)
    places = is_so.arg_true()
    is_odd = _have_rules(text.gather(places))
    return is_so.scatter(places.filter(is_odd), False)


def _have_rules(texts: pl.Series) -> pl.Series:
    """Return True if one of the words has capitals of its own, or may be a firm's."""
    is_odd = texts.str.contains(_WITH_RULES)
    places = texts.str.contains(" ", literal=True).arg_true()
    if places.is_empty():
        return is_odd
    lists = texts.gather(places).str.to_lowercase().str.split(" ")
    words = pl.DataFrame({"place": places, "word": lists}).explode("word")
    may_be = _is_one_of(words["word"], _FIRM) | _ends_like_a_firm(words["word"])
    return is_odd.scatter(words["place"].filter(may_be), True)


def split(cells: pl.Series) -> pl.DataFrame:
    """Return ``first``, ``last``, ``title``, ``remark`` (String?), ``rules`` (UInt8?) as ``cleaned``; no cell is null.

    The remark is always null.
    """
    is_pair = cells.str.contains(_PAIR)
    is_long = ~is_pair & cells.str.contains(_LONG)
    kinds = ((_pairs, is_pair), (_long_ones, is_long), (_others, ~(is_pair | is_long)))
    some = [(table, places) for table, of_kind in kinds if (places := of_kind.arg_true()).len()]
    if not some:
        return pl.DataFrame(schema=_SPLIT)
    parts = pl.concat([table(cells.gather(places)) for table, places in some])
    if len(some) > 1:
        parts = parts[pl.concat([places for _, places in some]).arg_sort()]
    return parts.select(
        "first",
        "last",
        "title",
        remark=pl.lit(None, pl.String),
        rules=pl.when(pl.col("first").is_not_null()).then(pl.col("tidied") + Rule.SPLIT.value).cast(pl.UInt8),
    )


def _pairs(cells: pl.Series) -> pl.DataFrame:
    """Return ``first``, ``last``, ``title`` (String?) and ``tidied`` of what fits ``_PAIR``; groups would cost more."""
    words = pl.DataFrame({"words": cells.str.splitn(" ", 2)}).unnest("words")
    parts = _plain_parts(cells, words["field_0"], words["field_1"])
    return parts.with_columns(title=pl.lit(None, pl.String), tidied=pl.lit(0, pl.UInt8))


def _long_ones(cells: pl.Series) -> pl.DataFrame:
    """Return these columns of what fits ``_LONG``; null if one of its words has rules."""
    groups = pl.DataFrame({"parts": cells.str.extract_groups(_LONG)}).unnest("parts")
    names = pl.concat_str(pl.col("2").str.to_lowercase(), pl.col("3").str.to_lowercase(), separator=" ")
    words = groups.select(word=names.str.split(" ")).with_row_index("place").explode("word")
    has_rules = _is_one_of(words["word"], _ALL_WORDS) | _ends_like_a_firm(words["word"])
    is_nothing = cells.str.contains(_NOTHING).arg_true().cast(pl.UInt32)
    places = pl.concat([words["place"].filter(has_rules), is_nothing])
    kept = {
        name: groups[group].scatter(places, None) for name, group in (("first", "2"), ("last", "3"), ("title", "1"))
    }
    return pl.DataFrame(kept).with_columns(tidied=pl.lit(0, pl.UInt8))


def _others(cells: pl.Series) -> pl.DataFrame:
    """Return these columns of any text; null if it is more than a first and a last name."""
    tidied = _tidied(cells)
    text = tidied["text"]
    groups = pl.DataFrame({"parts": text.str.extract_groups(_FULL)}).unnest("parts")
    first, last = (groups.select(pl.coalesce(*names)).to_series() for names in (("1", "4"), ("2", "3")))
    parts = _plain_parts(text, first, last, groups["3"].is_not_null())
    return parts.with_columns(tidied["tidied"], title=pl.lit(None, pl.String)).select(
        "first", "last", "title", "tidied"
    )


def _plain_parts(
    text: pl.Series, first: pl.Series, last: pl.Series, is_turned: pl.Series | None = None
) -> pl.DataFrame:
    """Return ``first`` and ``last``, null if the text or a word of it has rules of its own.

    Args:
        text: what the two are the parts of.
        first: a name, with an initial behind it or none.
        last: a name.
        is_turned: whether the last name is written first; None where that and initials are out of the question.
    """
    has_rules = text.str.contains(_FAMILY_IN_CAPITALS) | text.str.contains(_NOTHING)
    head, tail = (part.str.to_lowercase() for part in (first, last))
    if is_turned is not None:
        several = head.str.contains(" ", literal=True).fill_null(value=False).arg_true()
        head = head.scatter(several, head.gather(several).str.split(" ").list.first())
    has_rules |= _is_one_of(head, _FIRST_WORDS) | _is_one_of(tail, _LAST_WORDS)
    has_rules |= _ends_like_a_firm(head) | _ends_like_a_firm(tail)
    if is_turned is not None and is_turned.any():
        has_rules |= is_turned & (_is_one_of(tail, _FIRST_WORDS) | _is_one_of(head, _LAST_WORDS))
    places = has_rules.arg_true()
    return pl.DataFrame({"first": first.scatter(places, None), "last": last.scatter(places, None)})


def _is_one_of(words: pl.Series, known: pl.Series) -> pl.Series:
    return words.is_in(known.implode()).fill_null(value=False)


def _ends_like_a_firm(words: pl.Series) -> pl.Series:
    """Return True for words with one of ``ENDINGS``; only the few that end on three letters of one are examined."""
    ends = words.str.tail(3)
    places = _is_one_of(ends, _LAST_LETTERS).arg_true()
    has = pl.Series([False]).new_from_index(0, words.len())
    return has.scatter(places, words.gather(places).str.contains(_OF_A_FIRM))


def _tidied(cells: pl.Series) -> pl.DataFrame:
    """Return ``text`` with single spaces and none around, and ``tidied``, the rule's bit if that changed it."""
    text = cells.str.strip_chars(" ")
    places = text.str.contains("  ", literal=True).arg_true()
    if places.len():
        text = text.scatter(places, text.gather(places).str.replace_all(" {2,}", " "))
    return pl.DataFrame({"text": text}).with_columns(
        tidied=pl.when(text != cells).then(Rule.TIDIED.value).otherwise(0).cast(pl.UInt8)
    )
