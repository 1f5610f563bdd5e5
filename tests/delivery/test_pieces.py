"""A piece: split without losing a contact, and settled with the mark that a person's wish leaves on it."""

import pytest

from importer.delivery.pieces import FORCED_DETAIL, History, Named, Piece, State
from importer.models.outcomes import Reason


@pytest.mark.parametrize("offsets", [range(5), range(2), (1, 4, 9), (3, 7)])
def test_halves_are_all_of_it_in_order(offsets: range | tuple[int, ...]) -> None:
    """The first is the larger one; both are new, ready, and have the history that was asked for, or the whole's."""
    piece = Piece(2, offsets, id=8, tries=3, history=History.DOUBTED)
    first, second = piece.halves()
    assert [*first.offsets, *second.offsets] == list(offsets)
    assert 0 <= first.rows - second.rows <= 1
    assert {(half.batch, half.id, half.tries, half.state, half.history) for half in (first, second)} == {
        (2, None, 0, State.READY, History.DOUBTED)
    }
    assert {half.history for half in piece.halves(History.REFUSED)} == {History.REFUSED}


@pytest.mark.parametrize("history", list(History))
def test_an_answer_is_about_this_request_alone_only_where_no_earlier_one_may_have_arrived(history: History) -> None:
    """Proof of absence does not change that: a list that is behind may have given it."""
    is_first = history in (History.FIRST, History.REFUSED)
    assert Piece(1, range(1), history=history).may_be_applied is not is_first


@pytest.mark.parametrize("detail", [None, "no", f"{FORCED_DETAIL}; no"])
def test_what_was_sent_again_without_proof_says_so_once(detail: str | None) -> None:
    """In the piece's words and in those of every contact that differs from it; others have the words alone."""
    named = (Named(0, Reason.REJECTED_BY_API, "invalid"),)
    forced = Piece(1, range(2), history=History.FORCED).settled(Reason.CONFIRMED, detail, named)
    assert (forced.state, forced.reason) == (State.SETTLED, Reason.CONFIRMED)
    assert [words.count(FORCED_DETAIL) for words in (forced.detail or "", forced.named[0].detail)] == [1, 1]
    assert forced.named[0].detail.endswith("invalid")
    plain = Piece(1, range(2)).settled(Reason.CONFIRMED, detail, named)
    assert (plain.detail, plain.named) == (detail, named)
