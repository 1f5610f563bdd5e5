"""Pairs of rows that share something rare, and so may be one person's.

Rows with equal keys form a block. Keys are 64-bit hashes, one column of them at a time in memory; time and pairs grow
with the rows, because what too many rows share is left aside.
"""

import polars as pl

PAIRS = {"position": pl.UInt32, "other": pl.UInt32}


def pairs(keyed: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return every two rows of a block, ``other`` before ``position``, with the columns of ``PAIRS``.

    Args:
        keyed: ``position`` (ascending) and ``key`` (null if a row has none).
        most: rows of a block; what more rows share is no sign of anything.
    """
    found = [pl.DataFrame(schema=PAIRS)]
    blocks = _blocks(keyed["key"], most)
    if blocks.is_empty():
        return found[0]
    rows = keyed.filter(pl.col("key").is_not_null()).join(blocks, on="key", how="semi").sort("key", "position")
    for distance in range(1, most):
        other = pl.when(pl.col("key") == pl.col("key").shift(distance)).then(pl.col("position").shift(distance))
        some = rows.select("position", other=other).drop_nulls()
        if some.is_empty():
            break
        found.append(some)
    return pl.concat(found)


def counts(keys: pl.Series) -> pl.DataFrame:
    """Return ``key`` and ``rows`` (UInt32) of each key that more than one row has.

    By sorting, which takes less memory than hashing.
    """
    runs = keys.drop_nulls().sort().rle().struct.unnest()
    return runs.filter(pl.col("len") > 1).select(key="value", rows=pl.col("len").cast(pl.UInt32))


def _blocks(keys: pl.Series, most: int) -> pl.DataFrame:
    return counts(keys).filter(pl.col("rows") <= most).select("key")
