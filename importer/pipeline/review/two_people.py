"""One number under two clearly different names: one row is skipped as a duplicate, and a person should know it."""

import polars as pl

from importer.models.outcomes import Reason
from importer.pipeline.review.distinct import map_distinct
from importer.pipeline.review.twins import contacts
from importer.stages.deduplicate.kept import number
from importer.stages.deduplicate.persons import are_two_people

_NAMES = ["first_name", "last_name", "other_first_name", "other_last_name"]
_LETTER = "[a-zæðøþđłœ]"
"""Letters that neither casefolding nor Unicode's decomposition changes."""
_PLAIN = f"^(?:{_LETTER}|[ .-])*$"
_ONE = rf"\b{_LETTER}\b"


def duplicates_of_others(staged: pl.LazyFrame) -> pl.DataFrame:
    """Return ``TWINS`` by position: each duplicate and its survivor if their names are clearly two people's.

    Args:
        staged: the rows of a run with ``position``, ``reason``, ``phone`` and the names.
    """
    numbered = staged.with_columns(number=number())
    is_duplicate = pl.col("reason").cast(pl.String) == Reason.DUPLICATE_IN_FILE.value
    duplicates = numbered.filter(is_duplicate).select("position", "number", "first_name", "last_name").collect()
    survivors = (
        contacts(numbered)
        .select("number", other="position", other_first_name="first_name", other_last_name="last_name")
        .join(duplicates.lazy(), on="number", how="semi")
        .collect()
    )
    return other_people(duplicates.join(survivors, on="number")).select("position", "other", "why").sort("position")


def other_people(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs whose names are clearly two people's, with ``why``."""
    differ = pl.any_horizontal(
        pl.col(name).str.to_lowercase() != pl.col(f"other_{name}").str.to_lowercase() for name in _NAMES[:2]
    )
    asked = pairs.filter(differ).with_row_index("asked")
    is_plain = _share_no_word(asked)
    judged = map_distinct(asked.filter(~is_plain), _NAMES, "answer", lambda a, b, c, d: are_two_people((a, b), (c, d)))
    two = pl.concat([asked.filter(is_plain), judged.filter(pl.col("answer") == 1).drop("answer")])
    return two.sort("asked").select(pl.exclude("asked"), why=pl.lit("same number; another name"))


def _share_no_word(pairs: pl.DataFrame) -> pl.Series:
    """Return True for pairs of full names in plain letters if the shorter has a word that the other has not.

    ``are_two_people`` says the same of each of them, in a hundred times the time. False says nothing.
    """
    columns = [pl.concat_str(names, separator=" ") for names in (_NAMES[:2], _NAMES[2:])]
    texts = [_without_accents(names).alias(side) for names, side in zip(columns, ("a", "b"), strict=True)]
    # A word of one letter may be short for another, and signs other than these may be letters to Python.
    is_plain = pl.all_horizontal(pl.col(side).str.contains(_PLAIN) & ~pl.col(side).str.contains(_ONE) for side in "ab")
    words = (
        pairs.lazy()
        .select(texts)
        .with_columns(is_plain=is_plain)
        .with_columns(pl.col("a", "b").str.extract_all(f"{_LETTER}+"))
    )
    ours, theirs = pl.col("a").list, pl.col("b").list
    left = pl.when(ours.len() <= theirs.len()).then(ours.set_difference("b")).otherwise(theirs.set_difference("a"))
    return words.select((pl.col("is_plain") & (left.list.len() > 0)).fill_null(value=False)).collect().to_series()


def _without_accents(names: pl.Expr) -> pl.Expr:
    """Return text in small letters without apostrophes and accents; null if a name is missing."""
    bare = names.str.replace_all("['’ʼ`´]", "").str.normalize("NFKD").str.replace_all("[\u0300-\u0341]", "")
    return bare.str.to_lowercase()
