"""The ledger's record of an undo."""

from pathlib import Path

from importer.delivery import Ledger
from importer.delivery.ledger.removals import IS_OVER, Removal, RemovalState, note_removals, removals
from tests.support.delivery_job import began


def test_a_removal_stands_as_it_was_noted_last(path: Path) -> None:
    """By its place in the run, over a restart; those of another run are not among them."""
    first, second = Removal(1, 0, "c0"), Removal(1, 2, "c2")
    with Ledger.open(path) as ledger:
        began(ledger)
        note_removals(ledger, "run-1", [first, second], 0.0)
        note_removals(ledger, "run-1", [Removal(1, 2, "c2", RemovalState.FAILED, "status 500")], 1.0)
    with Ledger.open(path) as ledger:
        assert removals(ledger, "run-1") == {
            (1, 0): first,
            (1, 2): Removal(1, 2, "c2", RemovalState.FAILED, "status 500"),
        }
        assert removals(ledger, "run-2") == {}


def test_only_a_contact_that_is_gone_frees_its_number() -> None:
    """What was merely decided on, or failed, may still be there."""
    assert {state: state in IS_OVER for state in RemovalState} == {
        RemovalState.INTENDED: False,
        RemovalState.REMOVED: True,
        RemovalState.GONE: True,
        RemovalState.FAILED: False,
    }
