"""The stage: what is plain is done by column, each other spelling is worked on once."""

from collections.abc import Callable
from functools import lru_cache, partial

import polars as pl

from importer.models.frames import META, noted
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
_Words = dict[Part, pl.Series]
"""For the two parts, the cells that are known to be one word in mixed case; the others are examined further."""


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
        words = {part: plain.is_word(frame[part]) for part in _PARTS}
        frame, words = _with_whole_names(frame, words)
        frame = _with_split_names(frame)
        cleaned = _cleaned_together(frame.select(_PARTS), words)
        frame = frame.with_columns(table.get_column("name").alias(part) for part, table in cleaned.items())
        return _noted(frame, {part: table.get_column("rules") for part, table in cleaned.items()})


def _cleaned_together(names: pl.DataFrame, words: _Words) -> dict[Part, pl.DataFrame]:
    """Return ``name`` (String?) and ``rules`` (UInt8) for each part's cells; some are read by the other half."""
    is_odd = {part: ~plain.is_right(names[part], words[part]).fill_null(value=True) for part in _PARTS}
    cleaned = {part: _cleaned(names[part], is_odd[part], part) for part in _PARTS}
    odd = (is_odd["first_name"] | is_odd["last_name"]).arg_true()
    places = pl.concat([_telling(names[part], cleaned[part]["rules"], odd) for part in _PARTS])
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


def _telling(cells: pl.Series, rules: pl.Series, odd: pl.Series) -> pl.Series:
    """Return the cells among ``odd`` (indexes) that are read by the name's other half, or by which that is."""
    is_foreign = pl.col("cell").str.len_bytes() != pl.col("cell").str.len_chars()
    is_other = ((pl.col("rules") & Rule.PLACEHOLDER.value) != 0) | is_foreign
    some = pl.DataFrame({"cell": cells, "rules": rules})[odd].with_columns(place=odd).filter(is_other)
    return some.filter(pl.col("cell").str.contains(_READ_TOGETHER))["place"] if some.height else some["place"]


def _cleaned(cells: pl.Series, is_odd: pl.Series, part: Part) -> pl.DataFrame:
    """Return ``name`` (String?) and ``rules`` (UInt8) for each cell."""
    table = pl.DataFrame({"name": cells, "rules": pl.repeat(0, cells.len(), dtype=pl.UInt8, eager=True)})
    if not is_odd.any():
        return table
    odd = cells.filter(is_odd)
    spellings = odd.unique()
    if spellings.len() > odd.len() // 2:
        return _replaced(table, is_odd, _with_others(plain.cleaned(odd), odd, _CLEAN[part]))
    # Names come again and again: most lists have some hundred first names in a hundred thousand rows.
    answers = _with_others(plain.cleaned(spellings), spellings, _CLEAN[part])
    return _replaced(table, is_odd, answers[_places(odd, spellings)])


def _with_split_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame without ``full_name``, whose parts fill the two name columns where those were empty."""
    cells = frame.get_column("full_name")
    frame = frame.drop("full_name")
    places = cells.is_not_null().arg_true()
    if places.is_empty():
        return frame
    cells = cells.gather(places)
    parts = _with_others(plain.split(cells), cells, _split)
    halves = ((part, parts[name]) for part, name in zip(_PARTS, ("first", "last"), strict=True))
    frame = frame.with_columns(frame[part].scatter(places, half) for part, half in halves)
    for name, column in (("title", _TITLE), ("remark", _REMARK)):
        if parts[name].null_count() < parts.height:
            own = [pl.col(column)] if column in frame.columns else []
            frame = frame.with_columns(pl.coalesce(*own, _spread(parts[name], places, frame.height)).alias(column))
    return _noted(frame, {"full_name": _spread(parts["rules"], places, frame.height)})


def _spread(values: pl.Series, places: pl.Series, height: int) -> pl.Series:
    """Return values of some rows as a column of all, null elsewhere."""
    return pl.repeat(None, height, dtype=values.dtype, eager=True).scatter(places, values)


def _with_whole_names(frame: pl.DataFrame, words: _Words) -> tuple[pl.DataFrame, _Words]:
    """Return the frame with ``full_name`` only where it counts, and with whole names that stood in one half.

    Returns:
        The frame, and ``words`` without those of the halves that moved.
    """
    first, last = pl.col("first_name"), pl.col("last_name")
    if frame["full_name"].null_count() < frame.height:
        frame = frame.with_columns(full_name=pl.when(first.is_null() & last.is_null()).then("full_name"))
    places = (~(words["first_name"] & words["last_name"])).arg_true()
    halves = frame.select(_PARTS)[places].with_columns(place=places)
    rows = _whole_names(halves.filter(pl.any_horizontal(pl.col(_PARTS).str.contains(" ", literal=True))))
    if rows.is_empty():
        return frame, words
    moved = {part: frame[part].scatter(rows["place"], None) for part in _PARTS}
    frame = frame.with_columns(full_name=frame["full_name"].scatter(rows["place"], rows["whole"]), **moved)
    return frame, {part: is_word.clone().scatter(rows["place"], False) for part, is_word in words.items()}


def _whole_names(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of which one half is the whole name, with ``whole`` and their other columns.

    That is "Lowe, Rolf" alone, both halves alike, or one of them within the other.
    """
    if rows.is_empty():
        return rows
    first, last = pl.col("first"), pl.col("last")
    halves = rows.select(pl.col(part).str.strip_chars().str.to_lowercase().alias(part[:-5]) for part in _PARTS)
    is_alone = last.fill_null("") == ""
    is_turned = first.str.contains(", *[^ ]") & is_alone
    is_twice = (first == last) & first.str.contains(" ", literal=True)
    is_within = first.str.ends_with(pl.lit(" ") + last) | last.str.starts_with(first + pl.lit(" "))
    is_whole = halves.select((is_turned | ((is_twice | is_within) & ~is_alone)).fill_null(value=False)).to_series()
    is_longer = pl.col("last_name").str.len_chars() > pl.col("first_name").str.len_chars()
    return rows.filter(is_whole).with_columns(whole=pl.when(is_longer).then("last_name").otherwise("first_name"))


def _with_others(table: pl.DataFrame, cells: pl.Series, answer: Callable[[str], Answer]) -> pl.DataFrame:
    """Return ``table`` with ``answer``'s result for cells whose ``rules`` are null; each spelling is answered once."""
    is_other = table["rules"].is_null() & cells.is_not_null()
    others = cells.filter(is_other)
    if others.is_empty():
        return table
    spellings = others.unique()
    answers = pl.DataFrame([answer(text) for text in spellings], schema=table.schema, orient="row")
    return _replaced(table, is_other, answers[_places(others, spellings)])


def _places(cells: pl.Series, spellings: pl.Series) -> pl.Series:
    """Return the index of each cell among the spellings."""
    return cells.replace_strict(spellings, pl.int_range(spellings.len(), eager=True), return_dtype=pl.UInt32)


def _replaced(table: pl.DataFrame, where: pl.Series, rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``table`` with ``rows`` in place of those for which the condition holds."""
    places = where.arg_true()
    # A clone: scatter writes into the series that it is called on.
    return pl.DataFrame([column.clone().scatter(places, rows[column.name]) for column in table])


def _remembered(answer: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Return ``answer`` with a cache of the answers to short texts."""
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
    bits = rules.value if parts.last is None else rules.value | Rule.SPLIT.value
    return parts.first, parts.last, parts.title, parts.remark, bits


def _noted(frame: pl.DataFrame, rules: dict[str, pl.Series]) -> pl.DataFrame:
    """Return ``frame`` with a note for each rule whose bit is set in a field's rules."""
    notes = []
    for field, bits in rules.items():
        if not bits.max():
            continue
        for name, rule in Rule.__members__.items():
            hit = (bits & rule.value) != 0
            if hit.any():
                notes.append((f"{field}:{name.lower()}", pl.lit(hit)))
    return frame.with_columns(noted(notes)) if notes else frame
