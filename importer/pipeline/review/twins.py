"""Twins: rows under different numbers that look like one person's. They are listed for a person to judge, never merged.

Pairs that share something rare (``candidates``) are compared field by field (``agreement``) and weighed by what the
list itself teaches about its columns (``evidence``): so nothing need be known of what a column means.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

import polars as pl

from importer.models.outcomes import Reason
from importer.pipeline.review import addresses
from importer.pipeline.review.agreement import RARE, Level, compared, is_mistyped, is_short_form, typos_by_chance
from importer.pipeline.review.blocks import PAIRS
from importer.pipeline.review.candidates import candidates, sharing_mailbox
from importer.pipeline.review.distinct import map_distinct
from importer.pipeline.review.evidence import TYPOS, may_be_one, weighed
from importer.pipeline.review.fields import EMAIL, FIRST, LAST, NAMES, NUMBER, Field, Fields, taken
from importer.stages.deduplicate.persons import Likeness, likeness

TWINS = {**PAIRS, "why": pl.String}
_LEAST_BITS = 3.2
"""Nine to one that two rows are one person's."""
_LEAST_BESIDE = 2.0
"""Bits beside the names: many people have one name."""
_LARGE = 10_000
"""Fewest people by which the frequency of names and mailboxes is reckoned: in a short list all would look frequent."""
_COMMON = 0.05
"""Share of the rows from which on a value tells nothing."""
_SAMPLE_ROWS = 10_000
_SAMPLED = 1_000
_SMALL = 16
"""Rows of a list in which no column can be judged by its values."""
_MOST_COLUMNS = 12
_SHORTEST_VALUE = 2
_LAST_DIGITS = 2
"""Numbers that differ in no more than these are neighbours, as in a company's range."""


def contacts(staged: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows that are a contact of their own: to be sent, or sent by an earlier run."""
    # By the reason alone: these rows have numbers, and to look at every number costs more than all the rest.
    reason = pl.col("reason").cast(pl.String)
    return staged.filter(reason.is_null() | reason.is_in([Reason.ALREADY_IMPORTED.value, Reason.REPLY_LOST.value]))


def twins(staged: pl.LazyFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return ``TWINS`` by position: each row that looks like an earlier row, with the likeliest such row and why.

    At least one of the two is to be sent by this run. The same whatever parts the rows are staged in. In memory are the
    keys of each row's names and mailbox and one column of keys at a time: 48 bytes a row, and 200 bytes for each pair
    compared.

    Args:
        staged: the rows of a run with ``position``, ``reason``, ``phone``, the names, ``email`` and the columns.
        columns: the ``raw:`` columns that fill no field of a contact.
    """
    rows = contacts(staged)
    own = rows.select("position", is_new=pl.col("reason").is_null()).collect()
    first, last = (_keys_of_names(rows, part) for part in ("first_name", "last_name"))
    others = {column: _value(column) for column in _distinguishing(rows, own.height, columns)}
    mailbox, mailboxes = sharing_mailbox(rows, first + last)
    found = candidates(rows, mailbox, first, last, (_keys_of_values(rows, column) for column in others))
    found = found.filter(own["is_new"].gather(found["position"]) | own["is_new"].gather(found["other"]))
    if found.is_empty():
        return pl.DataFrame(schema=TWINS)
    everyone = _fields(rows, found, first, last, mailboxes, others)
    worth = may_be_one(everyone, own.height)
    found = found.filter(worth)
    if found.is_empty():
        return pl.DataFrame(schema=TWINS)
    fields = _with_near(rows, found, taken(everyone, worth), others)
    weights = weighed(everyone, fields, worth, own.height)
    is_twin = (weights["bits"] >= _LEAST_BITS) & (weights["beside"] >= _LEAST_BESIDE)
    pairs = found.with_columns(bits=weights["bits"], why=_why(fields)).filter(is_twin)
    pairs = pairs.sort(["position", "bits", "other"], descending=[False, True, False])
    likeliest = pairs.unique("position", keep="first", maintain_order=True)
    return _described(rows, own, likeliest)


def _fields(  # noqa: PLR0913, PLR0917 - the keys of all fields
    rows: pl.LazyFrame,
    pairs: pl.DataFrame,
    first: pl.Series,
    last: pl.Series,
    mailboxes: pl.Series,
    columns: Iterable[str],
) -> Fields:
    """Return the fields of the pairs; those but the names NEAR nowhere yet."""
    names = first + last
    neighbours = _keys(rows, pl.col("phone").str.head(-_LAST_DIGITS))
    fields = {
        FIRST: _name(rows, "first_name", compared(pairs, first, names, _LARGE), pairs),
        LAST: _name(rows, "last_name", compared(pairs, last, names, _LARGE), pairs),
        EMAIL: compared(pairs, mailboxes, names, _LARGE),
    }
    ours, theirs = pairs["position"], pairs["other"]
    is_swapped = (first.gather(ours) == last.gather(theirs)) & (last.gather(ours) == first.gather(theirs))
    for part in NAMES:
        swapped = pl.when(is_swapped.fill_null(value=False)).then(pl.lit(Level.SAME.value, pl.UInt8)).otherwise("level")
        fields[part] = fields[part].with_columns(level=swapped)
    # Two contacts' numbers always differ: that tells nothing, but that they hardly do if the names agree.
    is_named = (fields[FIRST]["level"] != Level.DIFFERS) & (fields[LAST]["level"] != Level.DIFFERS)
    asked = pl.when(is_named).then(pl.lit(Level.DIFFERS.value)).otherwise(Level.UNKNOWN.value).cast(pl.UInt8)
    fields[NUMBER] = compared(pairs, neighbours, names).with_columns(level=asked)
    for column in columns:
        fields[column] = compared(pairs, _keys_of_values(rows, column), names)
    return {name: Field(it["level"], it["share"], it["rows"] <= RARE) for name, it in fields.items()}


def _name(rows: pl.LazyFrame, part: str, field: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the field of a part of the names, NEAR where one is a typo of the other or short for it."""
    return field.with_columns(
        level=_near(rows, _letters(part), field["level"], pairs, lambda a, b: is_mistyped(a, b) | is_short_form(a, b))
    )


def _with_near(rows: pl.LazyFrame, pairs: pl.DataFrame, fields: Fields, columns: Mapping[str, pl.Expr]) -> Fields:
    """Return the fields of the pairs, NEAR where addresses, numbers or values nearly agree."""
    texts = {EMAIL: pl.col("email").str.to_lowercase(), NUMBER: pl.col("phone"), **columns}
    near = {EMAIL: addresses.are_nearly_same, NUMBER: _is_next_number}
    found = dict(fields)
    for name, text in texts.items():
        level = fields[name].level
        level = _near(rows, text, level, pairs, near.get(name, is_mistyped))
        if name == NUMBER:
            level = pl.select(pl.when(level == Level.NEAR).then(level).otherwise(Level.UNKNOWN.value)).to_series()
        share = fields[name].share
        if name in columns and (level == Level.NEAR).any():
            chance = typos_by_chance(_sampled(rows, text))
            share = pl.select(
                pl.when(level == Level.NEAR).then(share.clip(chance / TYPOS)).otherwise(share)
            ).to_series()
        found[name] = Field(level.cast(pl.UInt8), share, fields[name].is_rare)
    return found


def _sampled(rows: pl.LazyFrame, text: pl.Expr) -> pl.Series:
    """Return some hundred texts from all over the rows."""
    every = max(1, rows.select(pl.len()).collect().item() // _SAMPLED)
    return _texts(rows, text, pl.col("index") % every == 0)


def _is_next_number(ours: pl.Series, theirs: pl.Series) -> pl.Series:
    """Return True where two numbers have as many digits and are one typo apart."""
    return is_mistyped(ours, theirs) & (ours.str.len_bytes() == theirs.str.len_bytes())


def _near(
    rows: pl.LazyFrame,
    text: pl.Expr,
    level: pl.Series,
    pairs: pl.DataFrame,
    are_near: Callable[[pl.Series, pl.Series], pl.Series],
) -> pl.Series:
    """Return the levels, NEAR instead of DIFFERS where the texts are near."""
    asked = pairs.with_row_index("pair").filter(level == Level.DIFFERS)
    if asked.is_empty():
        return level
    wanted = pl.concat([asked["position"], asked["other"]]).unique().sort()
    texts = _texts(rows, text, pl.col("index").is_in(wanted.implode()))
    ours, theirs = (texts.gather(wanted.search_sorted(asked[name])) for name in ("position", "other"))
    near = asked["pair"].filter(are_near(ours, theirs))
    return level.scatter(near, Level.NEAR.value) if near.len() else level


def _texts(rows: pl.LazyFrame, text: pl.Expr, is_wanted: pl.Expr) -> pl.Series:
    """Return the text of those rows for which ``is_wanted``, of their ``index``, is True."""
    # First the rows, then their texts: polars makes those of all rows if they stand before the filter.
    return rows.with_row_index().filter(is_wanted).select(text).collect().to_series()


def _keys(rows: pl.LazyFrame, text: pl.Expr) -> pl.Series:
    """Return the key of each row's text (UInt64); null where there is none."""
    # One after the other: polars makes a text anew wherever an expression names it.
    return rows.select(text=text).select(_key(pl.col("text"))).collect().to_series()


def _keys_of_values(rows: pl.LazyFrame, column: str) -> pl.Series:
    """Return the key of each row's ``_value`` of a column, as ``_keys``."""
    text = pl.col("text")
    key = pl.when(text.str.len_bytes() >= _SHORTEST_VALUE).then(text.hash())
    return rows.select(text=_plain(column)).select(key).collect().to_series()


def _keys_of_names(rows: pl.LazyFrame, part: str) -> pl.Series:
    """Return the key of each row's part of the name, as ``_keys``; each spelling is looked at once."""
    names = rows.select(part)
    spellings = names.unique().select(part, key=_key(_letters(part))).collect().lazy()
    return names.join(spellings, on=part, how="left", maintain_order="left").select("key").collect().to_series()


def _key(text: pl.Expr) -> pl.Expr:
    # Polars has a hash for null, too.
    return pl.when(text.is_not_null()).then(text.hash())


def _letters(part: str) -> pl.Expr:
    """Return a name's letters, lower case without accents; null if it has none."""
    letters = pl.col(part).str.to_lowercase().str.normalize("NFKD").str.replace_all(r"[^\p{L}]", "")
    return pl.when(letters != "").then(letters)


def _value(column: str) -> pl.Expr:
    """Return a column's value; null if it is empty or too short to tell anything."""
    text = _plain(column)
    return pl.when(text.str.len_bytes() >= _SHORTEST_VALUE).then(text)


def _plain(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase()


def _distinguishing(rows: pl.LazyFrame, height: int, columns: Sequence[str]) -> list[str]:
    """Return the columns whose values tell rows apart, judged by a sample over all rows."""
    if not columns or not height:
        return []
    some = rows.filter(pl.col("position") % max(1, height // _SAMPLE_ROWS) == 0)
    if some.select(pl.len()).collect().item() <= _SMALL:
        return list(columns[:_MOST_COLUMNS])
    sample = some.select(_key(_value(column)).alias(column) for column in columns).collect()
    distinguishing = (
        column for column in columns if _distinguishes(sample[column].drop_nulls().n_unique(), sample.height)
    )
    return list(islice(distinguishing, _MOST_COLUMNS))


def _distinguishes(distinct: int, height: int) -> bool:
    return distinct * _COMMON > 1 or distinct > height / 4


def _why(fields: Fields) -> pl.Series:
    """Return what the rows of each pair have in common beside their names."""
    words = {EMAIL: ("same e-mail", "nearly the same e-mail"), NUMBER: (None, "nearly the same number")}
    frame = pl.DataFrame({name: field.level for name, field in fields.items()})
    said = [
        pl.when(pl.col(name) == level).then(pl.lit(text))
        for name, texts in words.items()
        for level, text in zip((Level.SAME, Level.NEAR), texts, strict=True)
    ]
    columns = sorted(name for name in fields if name not in {*NAMES, *words})
    for level, word in ((Level.SAME, "same "), (Level.NEAR, "nearly the same ")):
        if columns:
            listed = pl.concat_str(
                [pl.when(pl.col(name) == level).then(pl.lit(name.removeprefix("raw:"))) for name in columns],
                separator=", ",
                ignore_nulls=True,
            )
            said.append(pl.when(listed != "").then(pl.lit(word) + listed))
    return frame.select(pl.concat_str(said, separator="; ", ignore_nulls=True)).to_series()


def _described(rows: pl.LazyFrame, own: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return ``TWINS``: the pairs by the rows' positions, with how far their names agree before ``why``."""
    wanted = pl.concat([pairs["position"], pairs["other"]]).unique().sort()
    names = rows.select("first_name", "last_name").with_row_index().filter(pl.col("index").is_in(wanted.implode()))
    cells = names.collect()
    both = pairs.with_columns(
        cells[part].gather(wanted.search_sorted(pairs[side])).alias(f"{side}_{part}")
        for side in ("position", "other")
        for part in ("first_name", "last_name")
    )
    asked = [f"{side}_{part}" for side in ("position", "other") for part in ("first_name", "last_name")]
    both = map_distinct(both, asked, "likeness", lambda a, b, c, d: likeness((a, b), (c, d)).value)
    name = pl.col("likeness").replace_strict(_NAMES, return_dtype=pl.String)
    return both.select(
        own["position"].gather(pairs["position"]).alias("position"),
        own["position"].gather(pairs["other"]).alias("other"),
        why=pl.concat_str(name, "why", separator="; "),
    )


_NAMES = {
    Likeness.OTHER.value: "another name",
    Likeness.HALF.value: "same first name, another family name",
    Likeness.PART.value: "same name as far as there is one",
    Likeness.NEAR.value: "nearly the same name",
    Likeness.SAME.value: "same name",
}
