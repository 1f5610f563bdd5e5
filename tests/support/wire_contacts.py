"""Contacts for a target, and the key that they travel with."""

import polars as pl

KEY = "agl_sk_canary_5550100"


FIELDS = ("phone", "first_name", "last_name", "email", "metadata")


def contacts(count: int) -> pl.DataFrame:
    phones = [f"+1415{5550100 + n:07}" for n in range(count)]
    return pl.DataFrame({"phone": phones}).with_columns(pl.lit(None, pl.String).alias(name) for name in FIELDS[1:])
