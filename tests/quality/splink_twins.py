"""What Splink makes of a list of twins: the comparisons and blocks that its manual would have one choose for it."""

from typing import Any

import polars as pl
import splink.comparison_library as compare  # type: ignore[import-not-found, unused-ignore]
from splink import (  # type: ignore[import-not-found, unused-ignore]
    DuckDBAPI,
    Linker,
    SettingsCreator,
    block_on,
)

_LEAST = 0.95
_LISTED = ["position", "other"]
_CERTAIN = ("soc_sec_id", "email", "born", "date_of_birth")
"""Fields that tell with a name, or alone, that two rows are one person's."""


def found(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """The pairs that it thinks are one person's by 95 %, each row with the likeliest earlier one."""
    filled = [name for name in ("email", *columns) if rows[name].null_count() < rows.height]
    blocks = [("first_name", "last_name"), *((name,) for name in filled if name in _CERTAIN or name == "address_1")]
    for place in {"postcode", "zip", "street", "city"} & set(filled):
        blocks += [("last_name", place), ("first_name", place)]
    if not columns:
        blocks += [(f"substr(phone, {start}, {length})", part) for start, length in ((1, 8), (8, 5)) for part in _NAMES]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="row",
        comparisons=[_comparison(name) for name in (*_NAMES, *(filled or ["phone"]))],
        blocking_rules_to_generate_predictions=[block_on(*block) for block in blocks],
    )
    linker = Linker(DuckDBAPI().register(rows.with_row_index("row").to_pandas()), settings, log_level=40)
    sure = [block_on(name) for name in ("soc_sec_id", "email") if name in filled] or [block_on(*_NAMES)]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for block in blocks[:3]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*block))
    pairs = pl.from_pandas(linker.inference.predict(threshold_match_probability=_LEAST).as_pandas_dataframe())
    ends = ("row_l", "row_r")
    likeliest = pairs.select(
        position=pl.max_horizontal(ends).cast(pl.UInt32),
        other=pl.min_horizontal(ends).cast(pl.UInt32),
        weight="match_weight",
    ).sort("weight", descending=True)
    return likeliest.unique("position", keep="first").select(_LISTED)


_NAMES = ("first_name", "last_name")


def _comparison(name: str) -> Any:
    if name in _NAMES:
        return compare.NameComparison(name).configure(term_frequency_adjustments=True)
    if name == "email":
        return compare.EmailComparison(name)
    if name in {"phone", "born", "date_of_birth", "soc_sec_id"}:
        return compare.DamerauLevenshteinAtThresholds(name, [1, 2])
    if name in {"street", "address_1"}:
        return compare.JaroWinklerAtThresholds(name)
    return compare.ExactMatch(name).configure(term_frequency_adjustments=True)
