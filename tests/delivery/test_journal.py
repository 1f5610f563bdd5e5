"""A run's own journal: what was about to leave is on the disk before it leaves, and can be read again."""

from pathlib import Path

import pytest

from importer.delivery import Ledger
from importer.delivery.journal import FILE_NAME, Entry, Journal, last_entry, note_written, read_journal
from importer.delivery.ledger.mark import Mark
from importer.delivery.pieces import Piece
from importer.errors import LedgerError, StoppedError
from tests.support.delivery_job import began

MARK = Mark(id="ledger-1", age=7)


@pytest.mark.parametrize("offsets", [range(3), (0, 2), (0, 1, 2)])
def test_a_request_is_noted_with_the_places_of_its_contacts(
    tmp_path: Path, path: Path, offsets: range | tuple[int, ...]
) -> None:
    """Neighbours as one run of places, whatever the piece keeps them as."""
    with Ledger.open(path) as ledger, Journal.open(tmp_path, "ledger-1") as journal:
        journal.sending(began(ledger, Piece(1, offsets)))
    (entry,) = read_journal(tmp_path)
    assert (entry.kind, entry.batch, entry.places()) == ("sent", 1, list(offsets))
    assert len(entry.offsets) == (1 if len(offsets) == 3 else 2)


def test_lines_are_read_in_their_order_and_the_last_one_alone(tmp_path: Path) -> None:
    """Opening it again goes on behind what is there; the file is its owner's alone."""
    for attempt in (1, 2):
        with Journal.open(tmp_path, MARK.id) as journal:
            journal.note(Entry(kind="booked", ledger=MARK, account="api.example.com", attempt=attempt))
    note_written(tmp_path, MARK, 2)
    assert [(entry.kind, entry.attempt) for entry in read_journal(tmp_path)] == [
        ("booked", 1),
        ("booked", 2),
        ("written", 2),
    ]
    assert last_entry(tmp_path) == read_journal(tmp_path)[-1]
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def test_a_run_that_sent_nothing_has_no_journal(tmp_path: Path) -> None:
    """Nor does it get one because its files were written."""
    note_written(tmp_path, MARK, None)
    assert (read_journal(tmp_path), last_entry(tmp_path)) == ([], None)
    assert not (tmp_path / FILE_NAME).exists()


def test_a_line_that_a_power_cut_left_is_no_line_and_is_taken_away(tmp_path: Path) -> None:
    """Its request did not leave; the next line stands whole behind those before."""
    whole = Entry(kind="written", ledger=MARK, attempt=1)
    with Journal.open(tmp_path, MARK.id) as journal:
        journal.note(whole)
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(b'{"kind": "sent", "led')
    assert (read_journal(tmp_path), last_entry(tmp_path)) == ([whole], whole)
    with Journal.open(tmp_path, MARK.id) as journal:
        journal.note(whole)
    assert read_journal(tmp_path) == [whole, whole]


def test_a_damaged_journal_is_told_and_believed_by_nobody(tmp_path: Path) -> None:
    """What the run sent is not known then, and nothing may be sent on a guess."""
    (tmp_path / FILE_NAME).write_bytes(b'{"kind": "perhaps"}\n')
    for read in (read_journal, last_entry):
        with pytest.raises(LedgerError, match="damaged"):
            read(tmp_path)


def test_what_cannot_be_written_ends_the_run_before_it_sends(tmp_path: Path) -> None:
    """A folder in its place is as bad as a full disk."""
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(StoppedError, match=r"cannot be written .*Nothing is sent"), Journal.open(tmp_path, MARK.id):
        pass
