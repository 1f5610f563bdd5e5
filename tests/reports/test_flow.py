"""The rows as a flow: every row is in one bar of each column, and none is too thin to be seen."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from importer.models.outcomes import REASONS, Reason
from importer.reports.conclusions import ReasonCount
from importer.reports.flow import Bar, Flow, draw


def flow(*counts: tuple[Reason, int], before: int = 0) -> Flow:
    reasons = [ReasonCount(REASONS[reason].outcome, reason.value, rows, "", "", False) for reason, rows in counts]
    return draw(reasons, before, 640.0)


def column(bars: Sequence[Bar], place: int) -> list[tuple[str, int]]:
    """The bars of the n-th column from the left: their kind and rows."""
    at = sorted({bar.x for bar in bars})[place]
    return [(bar.kind, bar.rows) for bar in bars if bar.x == at]


def test_rows_are_read_then_sent_or_settled_then_at_their_end() -> None:
    """Each column has all rows; a contact that the account's list had is not sent although the API skips it."""
    drawn = flow((Reason.CONFIRMED, 900), (Reason.SKIPPED_BY_API, 60), (Reason.PHONE_INVALID, 40), before=50)
    assert column(drawn.bars, 0) == [("read", 1000)]
    assert column(drawn.bars, 1) == [("sent", 910), ("settled", 90)]
    assert column(drawn.bars, 2) == [("imported", 900), ("skipped", 10), ("skipped", 50), ("errored", 40)]
    assert len(drawn.bands) == 6


def test_one_row_of_a_million_is_seen_and_within_the_picture() -> None:
    """No bar lies over another one of its column."""
    drawn = flow((Reason.CONFIRMED, 999_999), (Reason.PHONE_INVALID, 1), (Reason.BLANK_ROW, 0))
    for at in {bar.x for bar in drawn.bars}:
        bars = sorted((bar for bar in drawn.bars if bar.x == at), key=lambda bar: bar.y)
        assert all(upper.y + upper.height <= lower.y for upper, lower in pairwise(bars))
        assert all(bar.height >= 2 and bar.y + bar.height <= drawn.height for bar in bars)
        assert all(bar.y < bar.text_y <= drawn.height for bar in bars)


@pytest.mark.parametrize(
    ("reasons", "label"),
    [([(Reason.READY, 5)], "to be sent"), ([(Reason.READY, 5), (Reason.BLANK_ROW, 1)], "not sent")],
)
def test_what_was_not_sent_is_called_what_it_is(reasons: list[tuple[Reason, int]], label: str) -> None:
    """Of a dry run everything would be, unless something else is among it."""
    assert [bar.label for bar in flow(*reasons).bars if bar.kind == "settled"] == [label]
