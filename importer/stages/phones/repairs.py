"""Repairs: what spreadsheets, exports and fingers did to a number, undone before it is read.

A repair never touches a digit that the number needs: what it leaves is read by ``phonenumbers`` as it stands.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import polars as pl

RULES = (
    "spaces",
    "invisible",
    "unicode",
    "quotes",
    "label",
    "exponent",
    "float-tail",
    "extension",
    "00-prefix",
    "011-prefix",
    "trunk-zero",
    "country-code",
    "two-numbers",
    "other-column",
)
"""The rules that ``changes`` names as ``phone:<rule>``; the stage's docstring tells what each did."""

RULES_DTYPE = pl.UInt16

PLAIN = r"^\+?[0-9(](?:[0-9 ()/\-]{5,}[0-9]|(?:[0-9 ()/\-]+\.)+[0-9]*[1-9][0-9]*)$"
"""Text that needs no repair: most of most files. Zeros alone after a last dot are the tail of a float."""

_EXPONENT = r"^[+-]?([0-9])(?:[.,]([0-9]*))?[eE]\+?([0-9]{1,2})$"
_UNREADABLE = r"[^+0-9 ()./\-]"
"""What is in no number that is written out."""

_INVISIBLE = r"[\p{Cf}\x00-\x08\x0e-\x1f\x7f]"
_LABEL_BEFORE = r"^\p{L}[^+0-9(]*([+(]*[0-9].*)$"
_LABEL_AFTER = r"^(.*[0-9]) *\(\p{L}[\p{L} .]*\)$"
_WORDS_AFTER = r"^(.*(?:[0-9][^0-9]*){7}[0-9]) +\p{L}[\p{L} .]*$"
"""Words after eight digits or more: a vanity number such as 1 415 555 HELP has fewer before its letters."""

_ODD_PUNCTUATION = {
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


def bit(rule: str) -> pl.Expr:
    """The rule's bit in a ``rules`` column."""
    return pl.lit(1 << RULES.index(rule), RULES_DTYPE)


def repaired(cells: pl.DataFrame) -> pl.DataFrame:
    """Undo what can be undone without knowing the number.

    Args:
        cells: with ``text`` (String).

    Returns:
        The same lines in another order, ``text`` repaired, with ``extension`` (String?), ``rules`` (UInt16, a bit a
        rule) and ``is_damaged`` (Boolean: digits were lost for ever; such a text must not be read).
    """
    unrepaired = {
        "extension": pl.lit(None, pl.String),
        "rules": pl.lit(0, RULES_DTYPE),
        "is_damaged": pl.lit(value=False),
    }
    cells = cells.with_columns(**unrepaired, plain=pl.col("text").str.contains(PLAIN))
    odd = cells.filter(~pl.col("plain"))
    for step in _STEPS:
        odd = step.done(odd)
    has_words = pl.col("text").str.contains(_UNREADABLE)
    words = _without_extension(_without_exponent(odd.filter(has_words)))
    return pl.concat([cells.filter("plain"), odd.filter(~has_words), words]).drop("plain")


def is_placeholder(text: pl.Expr) -> pl.Expr:
    """Whether a cell says in words or signs that there is no number; so does an empty one."""
    word = text.str.to_lowercase().str.replace_all(r"[\s\p{Z}\p{Cf}.'\"=()\[\]<>?*!_/\\:–—-]", "")
    return word.str.contains("^[0０]*$") | word.is_in(_PLACEHOLDERS)


def is_spreadsheet_error(text: pl.Expr) -> pl.Expr:
    """Whether a spreadsheet wrote that it could not show or compute the cell."""
    return text.str.contains(r"^\s*(?:#+|#(?:REF|VALUE|NAME|NUM|DIV/0|NULL|WERT|BEZUG|ZAHL)[!?/0]*)\s*$")


def is_rounded(text: pl.Expr) -> pl.Expr:
    """Whether a number has more than the fifteen digits that a spreadsheet keeps, and zeros from there on."""
    return text.str.contains("^[1-9][0-9]{14}0+$")


@dataclass(frozen=True, slots=True)
class _Step:
    """One repair, done where its cheap ``test`` (a pattern) says that it may be needed."""

    rule: str
    test: str
    repair: Callable[[pl.Expr], pl.Expr]

    def done(self, cells: pl.DataFrame) -> pl.DataFrame:
        """The cells with the repair done and noted, in another order."""
        may_need = cells["text"].str.contains(self.test)
        if not may_need.any():
            return cells
        mended = cells.filter(may_need).with_columns(after=self.repair(pl.col("text")))
        rules = pl.when(pl.col("after") != pl.col("text")).then(pl.col("rules") | bit(self.rule)).otherwise("rules")
        mended = mended.with_columns(text="after", rules=rules).drop("after")
        return pl.concat([cells.filter(~may_need), mended], rechunk=True)


def _in_ascii(text: pl.Expr) -> pl.Expr:
    characters = _ascii_characters()
    return text.str.replace_many(list(characters), list(characters.values()))


@cache
def _ascii_characters() -> dict[str, str]:
    """Every digit of every script, and the signs around them, with what they are in ASCII."""
    digits = {chr(code): unicodedata.decimal(chr(code), None) for code in range(0x80, 0x20000)}
    return {sign: str(value) for sign, value in digits.items() if value is not None} | _ODD_PUNCTUATION


_STEPS = (
    _Step(
        "invisible",
        _INVISIBLE,
        lambda text: text.str.replace_all(f"{_INVISIBLE}+", ""),
    ),
    _Step(
        "spaces",
        r"^ | $|[[\s\p{Z}]--[ ]]",
        lambda text: (
            text.str.strip_chars()
            .str.replace_all(r"\s*[\r\n\t\x0b\x0c\x{85}\x{2028}\x{2029}]+\s*", " / ")
            .str.replace_all(r"[\s\p{Z}]", " ")
            .str.strip_chars()
        ),
    ),
    _Step("unicode", r"[^\x00-\x7f]", _in_ascii),
    _Step(
        "quotes",
        "['\"`´‘’“”„]",
        lambda text: text.str.replace(r"""^=?\s*"(.*)"$""", "$1").str.strip_chars("'\"`´‘’“”„ "),
    ),
    _Step(
        "label",
        r"\p{L}",
        lambda text: (
            pl.when(text.str.contains_any([";phone-context="]))
            .then(text)
            .otherwise(
                text.str.replace(_LABEL_BEFORE, "$1").str.replace(_LABEL_AFTER, "$1").str.replace(_WORDS_AFTER, "$1")
            )
        ),
    ),
    _Step("float-tail", "[.,]0+$", lambda text: text.str.replace(r"^(\+?[0-9]{5,})(?:\.0+|,0{1,2})$", "$1")),
)

_EXTENSION = (
    r"(?i)^([+(]*[0-9][0-9 ()./\-]{5,}?)"
    r"[ ,;]*(?:;ext=|e?xt(?:ension|n)?|x|#|durchwahl|dw|poste|anexo|ramal|int)[.:]?[ ]*([0-9]{1,7})#?$"
)


def _without_extension(cells: pl.DataFrame) -> pl.DataFrame:
    has_extension = pl.col("text").str.contains(_EXTENSION)
    number = pl.col("text").str.extract(_EXTENSION, 1).str.strip_chars(" -./")
    found = cells.filter(has_extension).with_columns(
        text=number, extension=pl.col("text").str.extract(_EXTENSION, 2), rules=pl.col("rules") | bit("extension")
    )
    return pl.concat([cells.filter(~has_extension), found])


def _without_exponent(cells: pl.DataFrame) -> pl.DataFrame:
    """``1.4155550123E+10`` holds all its digits; ``1.41556E+10`` does not."""
    is_scientific = pl.col("text").str.contains(_EXPONENT)
    lead, more, power = (pl.col("text").str.extract(_EXPONENT, group) for group in (1, 2, 3))
    digits = pl.concat_str(lead, more.fill_null(""))
    is_whole = digits.str.len_bytes() == power.cast(pl.UInt32) + 1
    found = cells.filter(is_scientific).with_columns(
        text=pl.when(is_whole).then(digits).otherwise("text"),
        is_damaged=~is_whole,
        rules=pl.when(is_whole).then(pl.col("rules") | bit("exponent")).otherwise("rules"),
    )
    return pl.concat([cells.filter(~is_scientific), found])


_PLACEHOLDERS = (
    # no word at all is a placeholder, too: see the pattern above
    *(
        "na",
        "#na",
        "#n/a",
        "none",
        "null",
        "nil",
        "nan",
        "nat",
        "unknown",
        "unkn",
        "x",
        "xx",
        "xxx",
        "xxxx",
        "tbd",
        "tba",
    ),
    *(
        "tbc",
        "nophone",
        "nonumber",
        "notavailable",
        "notprovided",
        "notgiven",
        "notapplicable",
        "missing",
        "empty",
        "no",
    ),
    *("keine", "kein", "keinenummer", "keintelefon", "ka", "unbekannt", "fehlt", "entfällt", "nichtvorhanden", "leer"),
    *("aucun", "aucune", "inconnu", "inconnue", "néant", "nonrenseigné", "nc", "nd"),
    *("ninguno", "ninguna", "desconocido", "sintelefono", "sinteléfono", "notiene", "sinnumero", "sinnúmero"),
    *("nessuno", "nessuna", "sconosciuto", "mancante", "nenhum", "desconhecido", "semtelefone", "nãotem"),
    *("geen", "onbekend", "brak", "ingen", "ukendt", "okänd", "ukjent", "eitietoa", "yok", "bilinmiyor"),
    *("нет", "неизвестно", "なし", "不明", "无", "無", "没有", "未知", "없음"),
)
