"""The stage: what is plainly right is found by column, each other spelling is worked on once."""

from collections.abc import Iterable
from functools import lru_cache

import polars as pl

from importer.frames import META, noted
from importer.stages.names.casing import KNOWN_SPELLINGS, Part
from importer.stages.names.cleaning import PLACEHOLDERS, PLACEHOLDERS_BY_CASE, clean, is_placeholder, repair, tidy
from importer.stages.names.splitting import WORDS_APART, split

_PARTS: tuple[Part, ...] = ("first_name", "last_name")
_RULES = ("mojibake", "tidied", "placeholder", "case")
_FULL_RULES = ("mojibake", "tidied", "split")
_TITLE = META + "title"

_SMALL = "(?:[a-zß-öø-ÿ]+|[а-я]+)"
_WORD = "(?:[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þa-zß-öø-ÿ]*[a-zß-öø-ÿ]|[А-Я][А-Яа-я]*[а-я])"
_PLAIN = rf"^(?:{_SMALL} )*{_WORD}(?:[ '-](?:{_WORD}|{_SMALL}))*$"
"""Words in mixed case, of letters that neither mojibake nor NFC can touch."""
_ONE_CASE = r"^(?:[A-Z]{3,}|[a-z]{3,})$"
"""One word in which only the first letter's case is in question, but for those in ``_SPECIAL``."""
_SPECIAL = r"(?i)^(?:mc|mac|ij)"
_PLAIN_FULL = r"^[A-Z][a-z]+ [A-Z][a-z]+$"
"""First and last name, unless one of the words is a title, a degree or a company's form."""
_APART = rf"(?i)(?:^(?:{WORDS_APART}) )|(?: (?:{WORDS_APART})$)"
_LOWERED_PLACEHOLDERS = sorted({text.lower() for text in PLACEHOLDERS})
_SPECIAL_WORDS = sorted({text.casefold() for text in PLACEHOLDERS | PLACEHOLDERS_BY_CASE} | KNOWN_SPELLINGS.keys())


class Names:
    """Splits full names and cleans first and last names.

    Needs ``first_name``, ``last_name``, ``full_name`` (String?), ``changes`` and replaces the first two by what they
    should be: null where there is none, else NFC, single spaces, nothing invisible, capitals as the name has them.
    ``full_name`` counts only in rows without the two, and is dropped; forms of address found in it go to ``meta:title``
    where no column of that name is filled. Notes ``full_name:split`` and, for each part, ``:mojibake``, ``:tidied``,
    ``:placeholder`` and ``:case``. Settles nothing.
    """

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        frame = _with_split_names(frame)
        cleaned = {part: _cleaned(frame.get_column(part), part) for part in _PARTS}
        frame = frame.with_columns(table.get_column("name").alias(part) for part, table in cleaned.items())
        return _noted(frame, [(part, _RULES, table.get_column("rules")) for part, table in cleaned.items()])


def _cleaned(cells: pl.Series, part: Part) -> pl.DataFrame:
    """``name`` (String?) and ``rules`` (UInt8?, a bit for each of ``_RULES``) for each cell."""
    is_plain = cells.str.contains(_PLAIN) & ~cells.str.to_lowercase().is_in(_LOWERED_PLACEHOLDERS)
    spellings = cells.filter(~is_plain).unique()
    is_simple = (
        spellings.str.contains(_ONE_CASE)
        & ~spellings.str.contains(_SPECIAL)
        & ~spellings.str.to_lowercase().is_in(_SPECIAL_WORDS)
    )
    simple = spellings.filter(is_simple)
    capitalised = simple.str.slice(0, 1).str.to_uppercase() + simple.str.slice(1).str.to_lowercase()
    others = spellings.filter(~is_simple)
    results = [clean(text, part) for text in others]
    table = pl.concat(
        [
            pl.DataFrame(
                {
                    "cell": simple,
                    "name": capitalised,
                    "rules": pl.Series([_bit(_RULES, "case")], dtype=pl.UInt8).new_from_index(0, simple.len()),
                }
            ),
            pl.DataFrame(
                {
                    "cell": others,
                    "name": pl.Series([name for name, _ in results], dtype=pl.String),
                    "rules": pl.Series([_mask(_RULES, rules) for _, rules in results], dtype=pl.UInt8),
                }
            ),
        ]
    )
    found = pl.DataFrame({"cell": cells}).join(table, on="cell", how="left", maintain_order="left")
    return found.select(name=pl.when(pl.col("rules").is_null()).then("cell").otherwise("name"), rules="rules")


def _with_split_names(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame without ``full_name``, whose parts stand in the two name columns where those were empty."""
    whole = pl.when(pl.col("first_name").is_null() & pl.col("last_name").is_null()).then("full_name")
    cells = frame.select(whole.alias("full_name")).to_series()
    frame = frame.drop("full_name")
    if cells.null_count() == cells.len():
        return frame
    is_plain = cells.str.contains(_PLAIN_FULL) & ~cells.str.contains(_APART)
    halves = pl.DataFrame({"cell": cells}).select(
        first=pl.when(is_plain).then(pl.col("cell").str.extract(r"^(\S+) ")),
        last=pl.when(is_plain).then(pl.col("cell").str.extract(r" (\S+)$")),
        rules=pl.when(is_plain).then(pl.lit(_bit(_FULL_RULES, "split"), pl.UInt8)),
    )
    table = _split_table(cells.filter(~is_plain).unique())
    found = pl.DataFrame({"cell": cells}).join(table, on="cell", how="left", maintain_order="left")
    frame = frame.with_columns(
        first_name=pl.coalesce("first_name", halves["first"], found["first"]),
        last_name=pl.coalesce("last_name", halves["last"], found["last"]),
    )
    if found["title"].null_count() < found.height:
        own = [pl.col(_TITLE)] if _TITLE in frame.columns else []
        frame = frame.with_columns(pl.coalesce(*own, found["title"]).alias(_TITLE))
    rules = halves["rules"].fill_null(0) | found["rules"].fill_null(0)
    return _noted(frame, [("full_name", _FULL_RULES, rules)])


def _split_table(spellings: pl.Series) -> pl.DataFrame:
    """``cell``, ``first``, ``last``, ``title`` (String?) and ``rules`` (UInt8) for each spelling of a full name."""
    rows = [(text, *_split(text)) for text in spellings]
    schema = {"cell": pl.String, "first": pl.String, "last": pl.String, "title": pl.String, "rules": pl.UInt8}
    return pl.DataFrame(rows, schema=schema, orient="row")


@lru_cache(maxsize=1 << 14)
def _split(text: str) -> tuple[str | None, str | None, str | None, int]:
    repaired = repair(text)
    tidied = tidy(repaired)
    rules = [
        rule for rule, before, after in (("mojibake", text, repaired), ("tidied", repaired, tidied)) if before != after
    ]
    if is_placeholder(tidied):
        return text, None, None, 0
    parts = split(tidied)
    if parts.last is not None:
        rules.append("split")
    return parts.first, parts.last, parts.title, _mask(_FULL_RULES, rules)


def _noted(frame: pl.DataFrame, masks: Iterable[tuple[str, tuple[str, ...], pl.Series]]) -> pl.DataFrame:
    """``frame`` with a note for each rule whose bit is set in a field's mask."""
    notes = []
    for field, rules, mask in masks:
        for rule in rules:
            hit = (mask & _bit(rules, rule)) != 0
            if hit.any():
                notes.append((f"{field}:{rule}", pl.lit(hit)))
    return frame.with_columns(noted(notes)) if notes else frame


def _mask(rules: tuple[str, ...], applied: Iterable[str]) -> int:
    return sum(_bit(rules, rule) for rule in applied)


def _bit(rules: tuple[str, ...], rule: str) -> int:
    return 1 << rules.index(rule)
