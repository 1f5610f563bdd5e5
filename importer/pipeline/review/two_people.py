"""One number under two clearly different names: one row is skipped as a duplicate, and a person should know it."""

import polars as pl

from importer.models.outcomes import Reason
from importer.pipeline.review.distinct import map_distinct
from importer.pipeline.review.twins import contacts
from importer.stages.deduplicate.kept import number
from importer.stages.deduplicate.persons import are_two_people

_NAMES = ["first_name", "last_name", "other_first_name", "other_last_name"]


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
    unlike = map_distinct(pairs.filter(differ), _NAMES, "answer", lambda a, b, c, d: are_two_people((a, b), (c, d)))
    return unlike.filter(pl.col("answer") == 1).select(pl.exclude("answer"), why=pl.lit("same number; another name"))
