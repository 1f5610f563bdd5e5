"""What a ledger holds, as a run's own journal asks for it."""

from pathlib import Path

from importer.delivery import Ledger, booked
from importer.delivery.ledger.mark import Mark
from tests.support.delivery_job import began


def test_a_run_s_last_request_with_contacts_is_known(path: Path) -> None:
    """A request for a page carries none; of a run that sent nothing there is none."""
    with Ledger.open(path) as ledger:
        attempt = began(ledger)
        account = ledger.account("https://api.example.com", "fp")
        ledger.begin(account, "run-1", "list", per_hour=900)
        ledger.begin_run("run-2", account)
        assert booked.run_ids(ledger) == {"run-1", "run-2"}
        assert [booked.last_sending(ledger, run) for run in ("run-1", "run-2")] == [attempt.id, None]
        assert booked.has_sending(ledger, "run-1", attempt.id)
        assert not booked.has_sending(ledger, "run-2", attempt.id)
        assert not booked.has_sending(ledger, "run-1", attempt.id + 1)


def test_the_entry_of_a_journal_names_ledger_account_and_request(path: Path) -> None:
    """So that an older copy, and another account, are known as such later."""
    with Ledger.open(path) as ledger:
        attempt = began(ledger)
        account = ledger.account("https://api.example.com", "fp")
        entry = booked.booking(ledger, "run-1", account)
        assert (entry.kind, entry.account, entry.attempt) == ("booked", "api.example.com", attempt.id)
        assert entry.ledger == ledger.mark()


def test_a_ledger_that_takes_over_is_as_old_as_the_newest_was(path: Path) -> None:
    """It is not taken for an older copy from then on."""
    with Ledger.open(path) as ledger:
        newest = Mark(id=ledger.mark().id, age=ledger.mark().age + 100)
        assert not newest.is_reached_by(ledger.mark())
        booked.take_over(ledger, newest)
        assert newest.is_reached_by(ledger.mark())
