"""Some episodes of ``python -m tests.torture.falsified``; ``make torture`` plays a thousand."""

from tests.torture.falsified import falsify


def test_no_book_is_falsified_whatever_happens_to_ledgers_folders_and_keys() -> None:
    """Moved, deleted, put back, rebuilt, rotated, killed: nothing is doubled, falsely told or sent against a list."""
    tally = falsify(2, seed=11, at_once=1)
    assert tally.episodes == 2
    assert not tally.broken, tally
