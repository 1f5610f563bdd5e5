"""The requests that carried a piece, and when they were answered."""

from pathlib import Path

import pytest

from importer.delivery import Ledger
from importer.delivery.clock import Clock
from importer.delivery.ledger.history import answered
from importer.models.outcomes import Reason
from importer.targets import Exchange
from tests.support.delivery_job import PHONES, began


@pytest.mark.parametrize(
    ("boot", "wall", "offset_now", "ago"),
    [("boot", 99_999.0, 5.0, 98.0), ("other", 13_700.0, -3595.0, 98.0), ("other", 10_100.0, None, 98.0)],
)
def test_how_long_ago_an_answer_came_does_not_hang_on_our_clock(
    path: Path, boot: str, wall: float, offset_now: float | None, ago: float
) -> None:
    """Within one boot monotonic time tells it, after another the API's clock; where that is not known, ours."""
    with Ledger.open(path, Clock(lambda: 10_000.0, lambda: 50.0, boot="boot")) as ledger:
        attempt = began(ledger)
        assert attempt.piece is not None
        settled = attempt.piece.settled(Reason.CONFIRMED, None, ())
        ledger.finish(attempt, Exchange(status=200, seconds=2.0), "answered", [settled], clock_offset=5.0)
    with Ledger.open(path, Clock(lambda: wall, lambda: 150.0, boot=boot)) as ledger:
        (piece,) = ledger.pieces("run-1")
        assert answered(ledger, piece, offset_now) == (10_005.0, ago)
        (first, _) = ledger.part("run-1", piece, piece.halves(), PHONES)
        assert answered(ledger, first, offset_now) is None
