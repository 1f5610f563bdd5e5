"""The stage: what is plain is done by column, each other spelling is worked on once."""

from collections.abc import Callable
from functools import lru_cache, partial

import polars as pl

from importer.frames import META, noted
from importer.stages.names import plain
from importer.stages.names.casing import LONGEST, Part
from importer.stages.names.cleaning import NAMES_TOO, Rule, clean, is_placeholder, repaired
from importer.stages.names.splitting import Split, split

_PARTS: tuple[Part, ...] = ("first_name", "last_name")
_TITLE, _REMARK = META + "title", META + "name remark"
_READ_TOGETHER = rf"(?i)^\s*(?:{'|'.join(sorted(NAMES_TOO))})\s*$|[İĞŞğşı]"
"""Words that may be names or not, and Turkish letters, which tell how the other half's I is meant."""
_MOST_REMEMBERED_CHARACTERS = 64
"""Longer cells are no names that come again; so what is remembered between frames stays small."""

Answer = tuple[str | int | None, ...]


class Names:
    """Splits full names and cleans first and last names.

    Needs ``first_name``, ``last_name``, ``full_name`` (String?), ``changes`` and replaces the first two by what they
    should be: null where there is none, else NFC, single spaces, nothing invisible, capitals as the name has them.
    ``full_name`` counts only in rows without the two, and is dropped; a first name that is a whole name is split like
    it. Forms of address found in whole names go to ``meta:title``, remarks to ``meta:name remark``, where no column of
    that name is filled. Notes for each of the three what applied of ``:mojibake``, ``:tidied`` and ``:placeholder``,
    then ``full_name:split`` and, for each part, ``:case``. Settles nothing.
    """

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        frame = _with_split_names(frame)
        cleaned = _cleaned_together(frame.select(_PARTS))
        frame = frame.with_columns(table.get_column("name").alias(part) for part, table in cleaned.items())
        return _noted(frame, {part: table.get_column("rules") for part, table in cleaned.items()})


def _cleaned_together(names: pl.DataFrame) -> dict[Part, pl.DataFrame]:
    """``name`` (String?) and ``rules`` (UInt8) for each part's cells; the other half is asked where it may tell."""
    is_odd = {part: ~plain.is_right(names[part]).fill_null(value=True) for part in _PARTS}
    cleaned = {part: _cleaned(names[part], is_odd[part], part) for part in _PARTS}
    places = pl.concat([_telling(names[part], cleaned[part]["rules"]) for part in _PARTS])
    if places.is_empty():
        return cleaned
    places = places.unique().sort()
    rows = names[places]
    for part, other in zip(_PARTS, reversed(_PARTS), strict=True):
        answers = [
            (None, 0) if text is None else _clean(text, part, beside)
            for text, beside in rows.select(part, other).iter_rows()
        ]
        table = cleaned[part]
        answered = pl.DataFrame(answers, schema=table.schema, orient="row")
        cleaned[part] = pl.DataFrame([column.scatter(places, answered[column.name]) for column in table])
    return cleaned


def _telling(cells: pl.Series, rules: pl.Series) -> pl.Series:
    """The places of cells that are read by the other half of the name, or by which that half is."""
    is_other = ((rules & Rule.PLACEHOLDER.value) != 0) | (cells.str.len_bytes() != cells.str.len_chars())
    places = is_other.fill_null(value=False).arg_true()
    return places.filter(cells.gather(places).str.contains(_READ_TOGETHER).fill_null(value=False))


def _cleaned(cells: pl.Series, is_odd: pl.Series, part: Part) -> pl.DataFrame:
    """``name`` (String?) and ``rules`` (UInt8) for each cell."""
    odd = cells.filter(is_odd)
    answers = _with_others(plain.cleaned(odd), odd, _CLEAN[part])
    rules = pl.Series([0], dtype=pl.UInt8).new_from_index(0, cells.len())
    return _replaced(pl.DataFrame({"name": cells, "rules": rules}), is_odd, answers)


def _with_split_names(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame without ``full_name``, whose parts stand in the two name columns where those were empty."""
    frame = _with_whole_names(frame)
    cells = frame.get_column("full_name")
    frame = frame.drop("full_name")
    if cells.null_count() == cells.len():
        return frame
    parts = _with_others(plain.split(cells), cells, _split)
    frame = frame.with_columns(
        first_name=pl.coalesce("first_name", parts["first"]), last_name=pl.coalesce("last_name", parts["last"])
    )
    for name in ("title", "remark"):
        if parts[name].null_count() < parts.height:
            column = _TITLE if name == "title" else _REMARK
            own = [pl.col(column)] if column in frame.columns else []
            frame = frame.with_columns(pl.coalesce(*own, parts[name]).alias(column))
    return _noted(frame, {"full_name": parts["rules"]})


def _with_whole_names(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with ``full_name`` only where it counts, and with what one half holds of a whole name there."""
    first, last = pl.col("first_name"), pl.col("last_name")
    if frame["full_name"].null_count() < frame.height:
        frame = frame.with_columns(full_name=pl.when(first.is_null() & last.is_null()).then("full_name"))
    has_words = [frame[part].str.contains(" ", literal=True).fill_null(value=False) for part in _PARTS]
    places = (has_words[0] | has_words[1]).arg_true()
    if places.is_empty():
        return frame
    rows = frame[places].select(is_whole=_holds_whole_name(), whole=_longer(first, last))
    rows = rows.with_columns(place=places).filter("is_whole")
    if rows.is_empty():
        return frame
    halves = {part: frame[part].scatter(rows["place"], None) for part in _PARTS}
    return frame.with_columns(full_name=frame["full_name"].scatter(rows["place"], rows["whole"]), **halves)


def _holds_whole_name() -> pl.Expr:
    """Whether one half is the whole name: "Lowe, Rolf" alone, or both halves alike, or one of them within the other."""
    first, last = (pl.col(part).str.strip_chars().str.to_lowercase() for part in _PARTS)
    is_alone = last.fill_null("") == ""
    is_turned = first.str.contains(", *[^ ]") & is_alone
    is_twice = (first == last) & first.str.contains(" ")
    is_within = first.str.ends_with(pl.lit(" ") + last) | last.str.starts_with(first + pl.lit(" "))
    return (is_turned | ((is_twice | is_within) & ~is_alone)).fill_null(value=False)


def _longer(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    return pl.when(last.str.len_chars() > first.str.len_chars()).then(last).otherwise(first)


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


def _clean(text: str, part: Part, other: str | None = None) -> tuple[str | None, int]:
    name, rules = clean(text, part, other)
    return name, rules.value


_CLEAN = {part: _remembered(partial(_clean, part=part)) for part in _PARTS}


@_remembered
def _split(text: str) -> Answer:
    tidied, rules = repaired(text)
    if is_placeholder(tidied):
        return None, None, None, None, (Rule.PLACEHOLDER if tidied else Rule(0)).value
    parts = split(tidied) if len(tidied) <= LONGEST else Split(tidied, None)
    rules |= Rule(0) if parts.last is None else Rule.SPLIT
    return parts.first, parts.last, parts.title, parts.remark, rules.value


def _noted(frame: pl.DataFrame, rules: dict[str, pl.Series]) -> pl.DataFrame:
    """``frame`` with a note for each rule whose bit is set in a field's rules."""
    notes = []
    for field, bits in rules.items():
        for name, rule in Rule.__members__.items():
            hit = (bits & rule.value) != 0
            if hit.any():
                notes.append((f"{field}:{name.lower()}", pl.lit(hit)))
    return frame.with_columns(noted(notes)) if notes else frame
