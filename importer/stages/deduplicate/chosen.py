"""Another row than the first of a number survives, or the first with what the others have: known after the last row."""

import polars as pl

from importer.models.frames import is_open
from importer.settings.settings import Keep
from importer.stages.deduplicate import merging
from importer.stages.deduplicate.kept import KEPT, as_kept, number, settle_duplicates


class Choose:
    """``Deduplicate`` for the other values of ``--keep``; call ``choose`` before the first frame.

    ``last`` keeps the last row of a number; ``most-complete`` the one with the most filled fields and metadata, the
    first of equals; ``merge`` the first, and fills its empty ``first_name``, ``last_name``, ``email`` and ``metadata``
    from the others in their order, noted as ``<field>:merged``. A duplicate's ``detail`` then names the fields in which
    it differs. In memory stay 30 bytes for each number that comes again, and what is merged.
    """

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._kept = pl.DataFrame(schema=KEPT)
        self._merged = pl.DataFrame(schema=merging.SCHEMA)

    def choose(self, drafts: pl.LazyFrame) -> None:
        """Look at all rows, open and settled, before any of them is settled here."""
        numbered = drafts.filter(is_open()).with_columns(number=number()).filter(pl.col("number").is_not_null())
        again = numbered.join(_repeated(numbered).lazy(), on="number", how="semi")
        rows = again.select("number", "position", "source", "sheet", "row", filled=_filled()).collect()
        rows = rows.sort("number", *_ORDER[self._keep][0], descending=[False, *_ORDER[self._keep][1]])
        self._kept = rows.unique("number", keep="first", maintain_order=True).select(as_kept())
        if self._keep == "merge":
            counted = rows.group_by("number").len().sort("number")
            self._merged = merging.merged(again, counted)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        settled = settle_duplicates(frame.with_columns(number=number()), self._kept)
        return settled if self._merged.is_empty() else self._with_merged(settled)

    def _with_merged(self, frame: pl.DataFrame) -> pl.DataFrame:
        positions = frame["position"]
        here = self._merged.filter(pl.col("position").is_between(positions.min(), positions.max()))
        joined = frame.join(here, on="position", how="left", maintain_order="left")
        detail = pl.concat_str("detail", pl.lit("; other values here: "), "conflicts")
        changes = pl.concat_str("changes", "merged_changes", separator="; ", ignore_nulls=True)
        return joined.with_columns(
            *(pl.coalesce(f"merged_{field}", field).alias(field) for field in merging.FIELDS),
            changes=pl.when(pl.col("merged_changes").is_not_null()).then(changes).otherwise("changes"),
            detail=pl.coalesce(detail, "detail"),
        ).drop(name for name in merging.SCHEMA if name != "position")


_ORDER: dict[Keep, tuple[list[str], list[bool]]] = {
    "first": (["position"], [False]),
    "last": (["position"], [True]),
    "most-complete": (["filled", "position"], [True, False]),
    "merge": (["position"], [False]),
}
"""The columns by which the rows of a number are sorted, and whether downwards; the first row then survives."""


def _repeated(numbered: pl.LazyFrame) -> pl.DataFrame:
    """Return the numbers that come again; sorted eight bytes take less memory than any hash table."""
    numbers = numbered.select("number").collect().to_series().sort()
    return numbers.filter(numbers == numbers.shift(1)).unique().to_frame()


def _filled() -> pl.Expr:
    """Return how many fields of a contact have a value, each key of the metadata counted."""
    keys = pl.col("metadata").str.count_matches('":"', literal=True).fill_null(0)
    return pl.sum_horizontal(pl.col(name).is_not_null() for name in ("first_name", "last_name", "email")) + keys
