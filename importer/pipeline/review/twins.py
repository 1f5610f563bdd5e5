"""Twins: rows under different numbers that look like one person's. They are listed for a person to judge, never merged.

Two rows are compared where they share a fact: the e-mail address; the name, and an e-mail address that begins or ends
alike; the name, and a value of another column; or values that hardly any other row has. What is shared must be too
rare for chance, by how often it comes in these very rows: so nothing need be known of what a column means.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import polars as pl

from importer.models.outcomes import Reason
from importer.pipeline.review import addresses
from importer.pipeline.review.blocks import PAIRS, counts, pairs
from importer.pipeline.review.distinct import map_distinct
from importer.stages.deduplicate.persons import Likeness, likeness

TWINS = {**PAIRS, "why": pl.String}
MOST_ROWS = 16
"""Most rows that may share a fact; what more rows share is a family's, a company's or a list's."""
RARE_ROWS = 4
"""Most rows that may share a value which counts without the name."""
_CHANCE = 0.001
"""Most rows expected to agree in name and value by chance, if the agreement is to mean anything."""
_LARGE = 10_000
"""Fewest rows by which a name's frequency is reckoned: in a short list every name would look frequent."""
_COMMON = 0.05
"""Share of the rows from which on a value tells nothing."""
_SAMPLE_ROWS = 10_000
_MOST_COLUMNS = 12
_SHORTEST_VALUE = 3
_EMAIL, _LIKE_EMAIL = "e-mail", "like e-mail"
_FACTS = {**PAIRS, "fact": pl.String, "is_named": pl.Boolean}


def contacts(staged: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows that are a contact of their own: to be sent, or sent by an earlier run."""
    reason = pl.col("reason").cast(pl.String)
    sent_before = reason.is_in([Reason.ALREADY_IMPORTED.value, Reason.REPLY_LOST.value])
    return staged.filter(pl.col("phone").is_not_null() & (reason.is_null() | sent_before))


def twins(staged: pl.LazyFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return ``TWINS`` by position: each row that looks like an earlier row, with the first such row and why.

    At least one of the two is to be sent by this run. The same whatever parts the rows are staged in. In memory are a
    name's key for each row and one column of keys at a time: 30 bytes a row.

    Args:
        staged: the rows of a run with ``position``, ``reason``, ``phone``, the names, ``email`` and the columns.
        columns: the ``raw:`` columns that fill no field of a contact.
    """
    rows = contacts(staged)
    names = _names(rows)
    found = [*_by_email(rows, names), *_by_columns(rows, names, _distinguishing(rows, names.len(), columns))]
    return _judged(_with_cells(rows, _worth_a_look(pl.concat([pl.DataFrame(schema=_FACTS), *found]))))


def _worth_a_look(facts: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs that share a mailbox, a name and something else, or two rare values, with all they share."""
    pair = list(PAIRS)
    is_rare = ~pl.col("is_named") & (pl.col("fact") != _EMAIL)
    twice = facts.filter(is_rare).group_by(pair).len().filter(pl.col("len") > 1)
    chosen = pl.concat([facts.filter(~is_rare).select(pair), twice.select(pair)]).unique()
    shared = facts.join(chosen, on=pair, how="semi").group_by(pair)
    return shared.agg(pl.col("fact").unique().sort(), pl.col("is_named").any(), rare=(~pl.col("is_named")).sum())


def _by_email(rows: pl.LazyFrame, names: pl.Series) -> Iterator[pl.DataFrame]:
    """Yield the pairs that share an e-mail address, or a name and half an address."""
    keyed = addresses.keyed(rows).collect()
    yield _facts(pairs(keyed.select("position", key="same"), MOST_ROWS), _EMAIL)
    for part in ("local", "start", "end"):
        found = pairs(keyed.select("position", key=pl.col(part) + names), MOST_ROWS)
        yield _facts(found, _LIKE_EMAIL, is_named=True)


def _by_columns(rows: pl.LazyFrame, names: pl.Series, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield the pairs that share a rare value of another column, or a name and a value."""
    of_name = counts(names).rename({"key": "name", "rows": "of_name"})
    most = max(2.0, names.len() * _COMMON)
    for column in columns:
        keyed = rows.select("position", key=_value(column)).collect().with_columns(name=names)
        shared = keyed.join(counts(keyed["key"]).filter(pl.col("rows") <= max(MOST_ROWS, most)), on="key")
        yield _facts(pairs(shared.filter(pl.col("rows") <= min(RARE_ROWS, most)), RARE_ROWS), column)
        named = shared.join(of_name, on="name").with_columns(key=pl.col("key") + pl.col("name"))
        named = named.join(counts(named["key"]).rename({"rows": "of_both"}), on="key")
        # However many rows one person has, they are as rare as two: only other people's agree by chance.
        others, namesakes = (pl.col(name) - pl.col("of_both") + 2 for name in ("rows", "of_name"))
        is_rare = (others <= most) & (others * namesakes / max(names.len(), _LARGE) < _CHANCE)
        keyed = named.filter(is_rare).select("position", "key").sort("position")
        yield _facts(pairs(keyed, MOST_ROWS), column, is_named=True)


def _facts(found: pl.DataFrame, fact: str, *, is_named: bool = False) -> pl.DataFrame:
    """Return ``_FACTS``: these pairs share ``fact``, and their name if ``is_named``."""
    return found.with_columns(fact=pl.lit(fact), is_named=pl.lit(is_named))


def _names(rows: pl.LazyFrame) -> pl.Series:
    """Return the key of each row's name, first and last in either order; null if one of them is missing."""
    first, last = (_letters(rows, part) for part in ("first_name", "last_name"))
    return first + last


def _letters(rows: pl.LazyFrame, part: str) -> pl.Series:
    """Return the key of a name's letters, lower case without accents; null if it has none."""
    cells = rows.select(part).collect().to_series()
    spellings = cells.unique().drop_nulls()
    letters = spellings.str.to_lowercase().str.normalize("NFKD").str.replace_all(r"[^\p{L}]", "")
    keys = pl.select(pl.when(letters != "").then(letters.hash())).to_series()
    return cells.replace_strict(spellings, keys, default=None, return_dtype=pl.UInt64)


def _value(column: str) -> pl.Expr:
    """Return the key of a column's value; null if it is empty or too short to tell anything."""
    text = pl.col(column).str.strip_chars().str.to_lowercase()
    return pl.when(text.str.len_bytes() >= _SHORTEST_VALUE).then(text.hash())


def _distinguishing(rows: pl.LazyFrame, height: int, columns: Sequence[str]) -> list[str]:
    """Return the columns whose values tell rows apart, judged by a sample over all rows."""
    if not columns or not height:
        return []
    some = rows.filter(pl.col("position") % max(1, height // _SAMPLE_ROWS) == 0)
    if some.select(pl.len()).collect().item() <= MOST_ROWS:
        return list(columns[:_MOST_COLUMNS])
    sample = some.select(_value(column).alias(column) for column in columns).collect()
    distinguishing = (
        column for column in columns if _distinguishes(sample[column].drop_nulls().n_unique(), sample.height)
    )
    return list(islice(distinguishing, _MOST_COLUMNS))


def _distinguishes(distinct: int, height: int) -> bool:
    return distinct * _COMMON > 1 or distinct > height / 4


def _with_cells(rows: pl.LazyFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of which at least one row is to be sent, with the names and addresses of both."""
    positions = pl.concat([shared["position"], shared["other"]]).unique()
    own = rows.filter(pl.col("position").is_in(positions.implode())).select(
        "position", "first_name", "last_name", "email", is_new=pl.col("reason").is_null()
    )
    cells = own.collect()
    others = cells.rename(lambda name: "other" if name == "position" else f"other_{name}")
    both = shared.join(cells, on="position").join(others, on="other")
    return both.filter(pl.col("is_new") | pl.col("other_is_new"))


def _judged(both: pl.DataFrame) -> pl.DataFrame:
    names = ["first_name", "last_name", "other_first_name", "other_last_name"]
    is_same = pl.col("is_named")
    both = pl.concat(
        [
            both.filter(is_same).with_columns(likeness=pl.lit(Likeness.SAME.value, pl.UInt8)),
            map_distinct(both.filter(~is_same), names, "likeness", lambda a, b, c, d: likeness((a, b), (c, d)).value),
        ]
    )
    is_like = pl.col("fact").list.contains(_LIKE_EMAIL)
    near = addresses.is_nearly_same_address
    both = pl.concat(
        [
            map_distinct(both.filter(is_like), ["email", "other_email"], "is_near", lambda a, b: int(near(a, b))),
            both.filter(~is_like).with_columns(is_near=pl.lit(0, pl.UInt8)),
        ]
    )
    name, rare = pl.col("likeness"), pl.col("rare")
    has_email = pl.col("fact").list.contains(_EMAIL)
    is_near = pl.col("is_near") == 1
    others = pl.col("fact").list.set_difference([_EMAIL, _LIKE_EMAIL]).list.sort()
    is_twin = (
        (has_email & (name >= Likeness.PART))
        | (is_near & (name == Likeness.SAME))
        | ((name == Likeness.SAME) & (others.list.len() > 0))
        | ((name >= Likeness.PART) & (rare > 1))
        | ((name == Likeness.HALF) & (rare > 2))
    )
    address = pl.when(has_email).then(pl.lit("same e-mail")).when(is_near).then(pl.lit("nearly the same e-mail"))
    same = pl.when(others.list.len() > 0).then(
        pl.lit("same ") + others.list.eval(pl.element().str.strip_prefix("raw:")).list.join(", ")
    )
    why = pl.concat_str(
        name.replace_strict(_NAMES, return_dtype=pl.String), address, same, separator="; ", ignore_nulls=True
    )
    found = both.filter(is_twin).select("position", "other", why=why).sort("position", "other")
    return found.unique("position", keep="first", maintain_order=True)


_NAMES = {
    Likeness.OTHER.value: "another name",
    Likeness.HALF.value: "same first name, another family name",
    Likeness.PART.value: "same name as far as there is one",
    Likeness.NEAR.value: "nearly the same name",
    Likeness.SAME.value: "same name",
}
