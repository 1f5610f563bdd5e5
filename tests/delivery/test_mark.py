"""The mark beside a ledger: it shows one that is gone, another one or an older copy, and says what to do."""

from pathlib import Path

import pytest

from importer.delivery.ledger.mark import Mark, check_mark, read_mark, write_mark
from importer.errors import LedgerError

MARK = Mark(id="a", age=5)


def test_a_mark_is_read_as_it_was_written(path: Path) -> None:
    """Beside the ledger, hidden; before the first use there is none, and everything is believed."""
    assert read_mark(path) is None
    check_mark(path, None)
    write_mark(path, MARK)
    assert read_mark(path) == MARK
    assert [file.name for file in path.parent.iterdir()] == [".ledger.sqlite.mark"]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (None, "is gone, and it knew what was sent"),
        (Mark(id="b", age=9), "is not the one that was used here last"),
        (Mark(id="a", age=4), "is an older copy"),
    ],
)
def test_a_ledger_that_lacks_what_was_sent_is_refused(path: Path, now: Mark | None, words: str) -> None:
    """With both ways out: the newest put back, or the run's files and the account's list."""
    write_mark(path, MARK)
    with pytest.raises(LedgerError, match=words) as refused:
        check_mark(path, now)
    assert "importer verify --rebuild-ledger RUN" in str(refused.value)


@pytest.mark.parametrize("age", [5, 6])
def test_the_same_ledger_that_has_come_further_is_taken(path: Path, age: int) -> None:
    """The mark may be behind: it says less then, and nothing wrong."""
    write_mark(path, MARK)
    check_mark(path, Mark(id="a", age=age))


def test_a_damaged_mark_is_no_mark_that_is_missing(path: Path) -> None:
    """Nobody knows then whether the ledger is the newest."""
    path.with_name(".ledger.sqlite.mark").write_text("{", "utf-8")
    with pytest.raises(LedgerError, match="damaged"):
        check_mark(path, MARK)
