"""A sketch tells how much of one list was in another."""

import polars as pl

from importer.pipeline.sketch import contained, sketch


def _contacts(first: int, last: int) -> list[pl.DataFrame]:
    frame = pl.DataFrame({"phone": [f"+1202{number:07}" for number in range(first, last)]})
    return [frame.with_columns(pl.lit("Person").alias(name) for name in ("first_name", "last_name", "email"))]


def test_of_short_lists_the_share_is_exact_and_of_long_ones_an_estimate() -> None:
    """Whatever the order and the sizes; under another key nothing is alike."""
    salt = b"k" * 16
    small, more = sketch(_contacts(0, 100), salt), sketch(_contacts(6, 300), salt)
    assert (contained(small, more), contained(more, small)) == (0.94, 94 / 294)
    long, longer = sketch(_contacts(0, 20_000), salt), sketch(_contacts(1_200, 40_000), salt)
    assert abs(contained(long, longer) - 0.94) < 0.02
    assert len(longer) == 8 * 4096
    assert contained(long, sketch(_contacts(0, 20_000), b"other")) == 0
    assert contained(sketch([], salt), small) == 0
