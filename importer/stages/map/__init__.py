"""Map: from a file's columns to a contact's fields.

``choose_mapping`` decides once for each table, from the header's words (``headers``, ``vocabulary.toml``) and the shape
of the values (``shapes``), weighed in ``evidence``; ``Map`` applies the decision to every chunk of rows.
"""

import polars as pl

from importer.frames import META, PHONE, RAW, settle, with_prefix
from importer.models.mappings import Mapping
from importer.models.outcomes import Reason
from importer.stages.map.choose import choose_mapping, unfit_columns
from importer.stages.map.consent import settle_refusals
from importer.stages.map.evidence import WORTH_ASKING
from importer.stages.map.regions import UNKNOWN, region_of, tells_none

__all__ = ["WORTH_ASKING", "Map", "choose_mapping", "unfit_columns"]


class Map:
    """Puts each column's cells under the name of the field that they fill.

    Needs ``raw:<column>`` (String?) for each column of the mapping, ``problem`` (String?) and the columns that a row
    is settled with. Adds ``first_name``, ``last_name``, ``full_name``, ``email`` (String?, the cells as read, null
    where no column is mapped), ``region`` (String?, ISO 3166 alpha-2; ``ZZ`` where the country's cell is filled and not
    understood, null where it is blank or says ``n/a``), ``phone:<column>`` and ``meta:<column>`` (String?). Keeps the
    ``raw:`` columns. Settles rows as ``malformed-row`` (the detail is the problem), ``blank-row`` and ``no-consent``
    (the detail names the column; ``consent`` has the rule).
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        mapping = self._mapping
        single = {
            "first_name": mapping.first_name,
            "last_name": mapping.last_name,
            "full_name": mapping.full_name,
            "email": mapping.email,
        }
        is_blank = ~_is_filled(frame)
        cells = frame.select(with_prefix(frame, RAW))
        metadata = cells.select(RAW + column for column in mapping.metadata)
        metadata.columns = [META + column for column in mapping.metadata]
        frame = frame.drop(cells.columns).with_columns(
            *(cells.get_column(RAW + c).alias(f) if c else pl.lit(None, pl.String).alias(f) for f, c in single.items()),
            *(cells.get_column(RAW + column).alias(PHONE + column) for column in mapping.phones),
            _regions(cells, mapping.country),
        )
        frame = settle(frame, Reason.MALFORMED_ROW, pl.col("problem").is_not_null(), pl.col("problem"))
        frame = settle(frame, Reason.BLANK_ROW, pl.lit(is_blank), pl.lit(None, pl.String))
        frame = settle_refusals(frame, cells, mapping.consent)
        return pl.concat([frame, metadata, cells], how="horizontal")


def _is_filled(frame: pl.DataFrame) -> pl.Series:
    """Which rows hold anything; a cell is looked at only where all before it in its row are empty."""
    is_filled = pl.repeat(value=True, n=frame.height, eager=True)
    blank = is_filled.arg_true()
    for name in with_prefix(frame, RAW):
        cells = frame.get_column(name).gather(blank)
        blank = blank.filter((cells.str.strip_chars() == "").fill_null(value=True))
        if blank.is_empty():
            break
    return is_filled.scatter(blank, values=False)


def _regions(frame: pl.DataFrame, column: str | None) -> pl.Series:
    """The region of each row; each spelling of a country is looked up once."""
    if column is None:
        return pl.Series("region", [None], pl.String).new_from_index(0, frame.height)
    cells = frame.get_column(RAW + column)
    spellings = cells.drop_nulls().unique()
    regions = pl.Series([_region(text) for text in spellings], dtype=pl.String)
    return cells.replace_strict(spellings, regions, default=None, return_dtype=pl.String).alias("region")


def _region(text: str) -> str | None:
    return region_of(text) or (None if tells_none(text) else UNKNOWN)
