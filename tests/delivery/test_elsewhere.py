"""Contacts that another run has sent meanwhile: left to it, told with its name, and never lost."""

import polars as pl

from importer.delivery.elsewhere import LookUp, part
from importer.delivery.ledger.results import PHONE_SCHEMA
from importer.delivery.pieces import Piece, State
from importer.models.outcomes import Reason

PHONES = pl.Series("phone", [f"+1415555010{n}" for n in range(6)])


def knows(**sent: tuple[str, str]) -> LookUp:
    """Of the contacts by their places: the state in which another run has them, and that run."""
    rows = [(PHONES[int(place.removeprefix("at"))], *known) for place, known in sent.items()]
    frame = pl.DataFrame(rows, schema=PHONE_SCHEMA, orient="row")
    return lambda numbers: frame.filter(pl.col("phone").is_in(numbers.implode()))


def test_a_piece_of_which_nobody_else_sent_anything_stays_as_it_is() -> None:
    """What other runs know of numbers outside of it does not matter."""
    assert part(Piece(1, (0, 1)), PHONES, knows(at5=("imported", "run-2"))) is None


def test_what_another_run_imported_is_settled_and_what_it_lost_waits() -> None:
    """Each contact is in one of the three pieces; the run to settle first is named."""
    look_up = knows(at1=("imported", "run-2"), at2=("doubt", "run-3"), at4=("doubt", "run-2"))
    parted = part(Piece(1, range(6), id=9), PHONES, look_up)
    assert parted is not None
    assert (parted.rest, parted.waiting) == (Piece(1, (0, 3, 5)), Piece(1, (2, 4)))
    assert parted.imported is not None
    assert (parted.imported.offsets, parted.imported.state) == ((1,), State.SETTLED)
    assert [(one.offset, one.reason, one.detail) for one in parted.imported.named] == [
        (1, Reason.ALREADY_IMPORTED, "imported by run run-2")
    ]
    assert parted.runs == ("run-2", "run-3")
    assert sorted(place for piece in parted.pieces() for place in piece.offsets) == list(range(6))


def test_a_piece_that_another_run_has_as_a_whole_keeps_its_place_in_the_ledger() -> None:
    """Nothing is left to be sent of it."""
    parted = part(Piece(1, (0,), id=9), PHONES, knows(at0=("imported", "run-2")))
    assert parted is not None
    assert (parted.rest, parted.waiting, parted.imported and parted.imported.id) == (None, None, 9)
