"""The results of batches, contacts and numbers, from pieces."""

import pytest

from importer.delivery.ledger import results
from importer.delivery.pieces import Counters, History, Named, Piece, State
from importer.models.outcomes import Reason

WHOLE = Piece(1, range(4)).settled(
    Reason.CONFIRMED, None, (Named(2, Reason.REJECTED_BY_API, "invalid"),), Counters(3, 0, 1)
)
DOUBT = Piece(2, range(2), state=State.IN_DOUBT, history=History.DOUBTED, detail="lost")
UNSENT = Piece(2, (2, 3))


def test_a_batch_of_one_piece_has_its_end_and_one_of_several_has_none() -> None:
    """Counters are summed only where each piece has some."""
    batches = results.of_batches([(1, 4), (2, 4)], {1: 1, 2: 2}, [WHOLE, DOUBT, UNSENT])
    columns = ["batch", "state", "reason", "imported", "errors", "attempts"]
    assert batches.select(columns).rows() == [
        (1, "settled", "confirmed", 3, 1, 1),
        (2, "in-doubt", None, None, None, 2),
    ]


def test_contacts_that_differ_from_their_batch_have_lines_of_their_own() -> None:
    """All of them where a batch ended in several pieces; those that were not sent have none."""
    rows = results.of_rows([WHOLE, DOUBT, UNSENT])
    assert rows.select("batch", "offset", "outcome", "reason").rows() == [
        (1, 2, "errored", "rejected-by-api"),
        (2, 0, "unconfirmed", "reply-lost"),
        (2, 1, "unconfirmed", "reply-lost"),
    ]


def test_suppressed_contacts_are_counted_apart() -> None:
    """They were not sent, so the API does not count them either."""
    held = Piece(1, range(3)).settled(Reason.SUPPRESSED, None, (Named(0, Reason.CONFIRMED, ""),), Counters(0, 0, 0))
    assert results.of_batches([(1, 3)], {}, [held])["kept_back"].to_list() == [2]


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        (Piece(1, range(1)), None),
        (Piece(1, range(1), history=History.ABSENT), None),
        (Piece(1, range(1), history=History.DOUBTED), Reason.REPLY_LOST),
        (Piece(1, range(1), history=History.FORCED), Reason.REPLY_LOST),
        (Piece(1, range(1), state=State.IN_FLIGHT), Reason.REPLY_LOST),
        (Piece(1, range(1)).settled(Reason.PRESENT), Reason.PRESENT),
    ],
)
def test_what_may_be_there_is_in_doubt_until_it_is_proven(piece: Piece, reason: Reason | None) -> None:
    """Also while it is ready to be sent again without a proof."""
    assert results.end_of(piece)[0] is reason


def test_the_places_of_numbers_that_were_sent() -> None:
    """For certain, and perhaps; who was refused, or deleted again, is in neither."""
    sent, perhaps = results.places_sent([WHOLE], 4, gone=[3])
    assert (sent.tolist(), perhaps.tolist()) == ([0, 1], [])
    sent, perhaps = results.places_sent([DOUBT, UNSENT], 4)
    assert (sent.tolist(), perhaps.tolist()) == ([], [0, 1])
