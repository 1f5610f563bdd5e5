"""The ledger's record of updates."""

from pathlib import Path

from importer.delivery import Ledger
from importer.delivery.ledger.updates import OPEN, SCHEMA, Update, UpdateState, note_updates, updates
from tests.support.delivery_job import began


def test_updates_stand_as_they_were_noted_last_in_the_order_of_their_rows(path: Path) -> None:
    """Over a restart; those of another run are not among them."""
    with Ledger.open(path) as ledger:
        began(ledger)
        note_updates(ledger, "run-1", [Update(7, "c7", UpdateState.READY), Update(2, None, UpdateState.ABSENT)], 0.0)
        note_updates(ledger, "run-1", [Update(7, "c7", UpdateState.REFUSED, "no")], 1.0)
    with Ledger.open(path) as ledger:
        assert updates(ledger, "run-1").rows() == [(2, None, "absent", None), (7, "c7", "refused", "no")]
        none = updates(ledger, "run-2")
    assert none.is_empty()
    assert dict(none.schema) == SCHEMA


def test_what_was_begun_and_has_no_end_is_still_to_be_made() -> None:
    """A change may be made twice; all else is an end."""
    assert set(OPEN) == {UpdateState.READY, UpdateState.INTENDED}
