"""The stage: what is plain is done by column, each other spelling is worked on once."""

from collections.abc import Callable
from functools import lru_cache, partial

import polars as pl

from importer.frames import META, noted
from importer.stages.names import plain
from importer.stages.names.casing import LONGEST, Part
from importer.stages.names.cleaning import Rule, clean, is_placeholder, repaired
from importer.stages.names.splitting import Split, split

_PARTS: tuple[Part, ...] = ("first_name", "last_name")
_TITLE = META + "title"
_MOST_REMEMBERED_CHARACTERS = 64
"""Longer cells are no names that come again; so what is remembered between frames stays small."""

Answer = tuple[str | int | None, ...]


class Names:
    """Splits full names and cleans first and last names.

    Needs ``first_name``, ``last_name``, ``full_name`` (String?), ``changes`` and replaces the first two by what they
    should be: null where there is none, else NFC, single spaces, nothing invisible, capitals as the name has them.
    ``full_name`` counts only in rows without the two, and is dropped; forms of address found in it go to ``meta:title``
    where no column of that name is filled. Notes for each of the three what applied of ``:mojibake``, ``:tidied`` and
    ``:placeholder``, then ``full_name:split`` and, for each part, ``:case``. Settles nothing.
    """

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        frame = _with_split_names(frame)
        cleaned = {part: _cleaned(frame.get_column(part), part) for part in _PARTS}
        frame = frame.with_columns(table.get_column("name").alias(part) for part, table in cleaned.items())
        return _noted(frame, {part: table.get_column("rules") for part, table in cleaned.items()})


def _cleaned(cells: pl.Series, part: Part) -> pl.DataFrame:
    """``name`` (String?) and ``rules`` (UInt8) for each cell."""
    is_odd = ~plain.is_right(cells).fill_null(value=True)
    odd = cells.filter(is_odd)
    answers = _with_others(plain.cleaned(odd), odd, _CLEAN[part])
    rules = pl.Series([0], dtype=pl.UInt8).new_from_index(0, cells.len())
    return _replaced(pl.DataFrame({"name": cells, "rules": rules}), is_odd, answers)


def _with_split_names(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame without ``full_name``, whose parts stand in the two name columns where those were empty."""
    whole = pl.when(pl.col("first_name").is_null() & pl.col("last_name").is_null()).then("full_name")
    cells = frame.select(whole.alias("full_name")).to_series()
    frame = frame.drop("full_name")
    if cells.null_count() == cells.len():
        return frame
    parts = _with_others(plain.split(cells), cells, _split)
    frame = frame.with_columns(
        first_name=pl.coalesce("first_name", parts["first"]), last_name=pl.coalesce("last_name", parts["last"])
    )
    if parts["title"].null_count() < parts.height:
        own = [pl.col(_TITLE)] if _TITLE in frame.columns else []
        frame = frame.with_columns(pl.coalesce(*own, parts["title"]).alias(_TITLE))
    return _noted(frame, {"full_name": parts["rules"]})


def _with_others(table: pl.DataFrame, cells: pl.Series, answer: Callable[[str], Answer]) -> pl.DataFrame:
    """``table`` with what ``answer`` says of the cells whose ``rules`` are null there; each spelling is asked once."""
    is_other = table["rules"].is_null() & cells.is_not_null()
    others = cells.filter(is_other)
    if others.is_empty():
        return table
    spellings = others.unique()
    answers = pl.DataFrame([answer(text) for text in spellings], schema=table.schema, orient="row")
    places = others.replace_strict(spellings, pl.int_range(spellings.len(), eager=True), return_dtype=pl.UInt32)
    return _replaced(table, is_other, answers[places])


def _replaced(table: pl.DataFrame, where: pl.Series, rows: pl.DataFrame) -> pl.DataFrame:
    """``table`` with ``rows`` in the places where the condition holds."""
    places = where.arg_true()
    return pl.DataFrame([column.clone().scatter(places, rows[column.name]) for column in table])


def _remembered(answer: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """``answer``, which remembers the answers to short texts."""
    short = lru_cache(maxsize=1 << 14)(answer)
    return lambda text: (short if len(text) <= _MOST_REMEMBERED_CHARACTERS else answer)(text)


def _clean(text: str, part: Part) -> Answer:
    name, rules = clean(text, part)
    return name, rules.value


_CLEAN = {part: _remembered(partial(_clean, part=part)) for part in _PARTS}


@_remembered
def _split(text: str) -> Answer:
    tidied, rules = repaired(text)
    if is_placeholder(tidied):
        return None, None, None, (Rule.PLACEHOLDER if tidied else Rule(0)).value
    parts = split(tidied) if len(tidied) <= LONGEST else Split(tidied, None)
    return parts.first, parts.last, parts.title, (rules if parts.last is None else rules | Rule.SPLIT).value


def _noted(frame: pl.DataFrame, rules: dict[str, pl.Series]) -> pl.DataFrame:
    """``frame`` with a note for each rule whose bit is set in a field's rules."""
    notes = []
    for field, bits in rules.items():
        for name, rule in Rule.__members__.items():
            hit = (bits & rule.value) != 0
            if hit.any():
                notes.append((f"{field}:{name.lower()}", pl.lit(hit)))
    return frame.with_columns(noted(notes)) if notes else frame
