"""The numbers that earlier runs sent to an account, beside a dictionary that remembers every one of them."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.delivery import Ledger
from importer.delivery.clock import Clock
from importer.delivery.ledger import numbers
from importer.delivery.ledger.numbers import sent_numbers
from importer.delivery.ledger.removals import Removal, RemovalState, note_removals
from importer.delivery.pieces import Named, Piece, State
from importer.models.outcomes import Reason
from tests.support.delivery_job import Job, batch
from tests.support.faultserver import (
    documented,
    reset,
    says,
)
from tests.support.simulation import store_of_ledger

REASONS = [Reason.CONFIRMED, Reason.REJECTED_BY_API, Reason.SKIPPED_BY_API, Reason.NOT_NAMED, Reason.PRESENT, None]


STATES = {Reason.CONFIRMED: "imported", Reason.NOT_NAMED: "doubt", Reason.PRESENT: "doubt"}


PHONES = [
    f"+{number}" for number in (1202555010, 4420794601, 999_999_999_999_999, 100_000_000, 491701234567, 33123456789)
]
"""The longest and the shortest E.164 numbers among them."""


contacts = st.lists(
    st.tuples(st.sampled_from(PHONES), st.sampled_from(REASONS)), min_size=1, max_size=6, unique_by=lambda c: c[0]
)


def booked(ledger: Ledger, run_id: str, sent: Sequence[tuple[str, Reason | None]], gone: Sequence[int]) -> None:
    """One batch of a run: its first contact is named, the others are pieces of their own; None: in doubt."""
    account = ledger.account("https://api.example.com", "fp")
    ledger.begin_run(run_id, account)
    pieces = []
    for place, (_, reason) in enumerate(sent):
        piece = Piece(1, (place,))
        if reason is None:
            pieces.append(Piece(1, range(place, place + 1), state=State.IN_DOUBT))
        elif place == 0:
            pieces.append(piece.settled(Reason.REJECTED_BY_API, None, (Named(place, reason, "named"),)))
        else:
            pieces.append(piece.settled(reason))
    ledger.part(run_id, Piece(1, range(len(sent))), pieces, pl.Series("phone", [phone for phone, _ in sent]))
    note_removals(ledger, run_id, [Removal(1, place, "c", RemovalState.REMOVED) for place in gone], 0.0)


@pytest.mark.parametrize("runs_at_once", [2, numbers._RUNS_AT_ONCE])
@settings(max_examples=60)
@given(runs=st.lists(st.tuples(contacts, st.booleans()), max_size=5))
def test_every_number_that_was_sent_is_told_with_its_run(
    runs_at_once: int,
    runs: list[tuple[list[tuple[str, Reason | None]], bool]],
) -> None:
    """The first run that certainly imported it, else the first in doubt; refused and deleted ones are free."""
    truth: dict[str, tuple[str, str]] = {}
    with closing(store_of_ledger()) as db, pytest.MonkeyPatch.context() as patch:
        ledger = Ledger(db, Path("in memory"), Clock.of_machine())
        patch.setattr(numbers, "_RUNS_AT_ONCE", runs_at_once)
        for number, (sent, is_first_gone) in enumerate(runs):
            booked(ledger, f"run-{number}", sent, [0] if is_first_gone else [])
            for place, (phone, reason) in enumerate(sent):
                state = "doubt" if reason is None else STATES.get(reason)
                if state is None or (is_first_gone and place == 0):
                    continue
                if phone not in truth or (truth[phone][0], state) == ("doubt", "imported"):
                    truth[phone] = (state, f"run-{number}")
        account = ledger.account("https://api.example.com", "fp")
        told = sent_numbers(ledger, account, other_than="this")(pl.Series([*PHONES, None, PHONES[0]]))
        own = sent_numbers(ledger, account, other_than="run-0")(pl.Series(PHONES))
    assert {phone: (state, run_id) for phone, state, run_id in told.iter_rows()} == truth
    assert told.height == len(truth)
    assert "run-0" not in own["run_id"].to_list()


def test_what_other_runs_sent_is_known(job: Job) -> None:
    """Imported for certain, or in doubt; refused and unsent numbers are free."""
    job.settings = {"verify": "never"}
    job.server.script = [documented, reset, says(401)]
    job.deliver()
    with Ledger.open(job.ledger_path) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        everybody = pl.concat(batch(number)["phone"] for number in (1, 2, 3))
        known = sent_numbers(ledger, account, other_than="run-2")(everybody).sort("phone")
        assert sent_numbers(ledger, account, other_than="run-1")(everybody).is_empty()
    assert known.filter(state="imported")["phone"].to_list() == batch(1)["phone"].to_list()
    assert known.filter(state="doubt")["phone"].to_list() == batch(2)["phone"].to_list()
    assert known.height == 40
    assert known["run_id"].unique().to_list() == ["run-1"]
