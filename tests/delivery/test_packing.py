"""Columns packed into blobs come back as they went in."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from importer.delivery.ledger.packing import (
    pack_named,
    pack_offsets,
    pack_phones,
    unpack_named,
    unpack_offsets,
    unpack_phones,
)
from importer.delivery.pieces import Named
from importer.models.outcomes import Reason


@given(st.lists(st.integers(10**6, 10**15 - 1), unique=True, max_size=9), st.sets(st.integers(0, 9999)), st.text())
def test_packing_gives_back_what_went_in(numbers: list[int], places: set[int], words: str) -> None:
    """Numbers, places and named contacts survive the ledger."""
    phones = pl.Series("phone", [f"+{number}" for number in numbers], dtype=pl.String)
    assert unpack_phones(pack_phones(phones)).to_list() == phones.to_list()
    offsets = tuple(sorted(places))
    assert unpack_offsets(pack_offsets(offsets)) == offsets
    assert unpack_offsets(pack_offsets(range(2, 9))) == range(2, 9)
    named = tuple(Named(place, Reason.PRESENT, words, None) for place in offsets)
    assert unpack_named(pack_named(named)) == named
