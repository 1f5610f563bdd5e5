"""The journal that SQLite leaves beside a ledger when a program is killed."""

import sqlite3
from pathlib import Path

from importer.delivery import Ledger
from tests.support.delivery_job import began


def test_a_new_ledger_takes_nothing_from_the_journal_of_one_that_is_gone(path: Path) -> None:
    """A process was killed in a transaction, and its ledger deleted: SQLite would put old pages into the new one."""
    with Ledger.open(path) as ledger:
        began(ledger)
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        db.execute("DELETE FROM pieces")
        db.execute("INSERT INTO accounts (name) SELECT hex(randomblob(900)) FROM pragma_compile_options")
        hot = Path(f"{path}-journal").read_bytes()
        db.execute("ROLLBACK")
    db.close()
    assert any(hot)
    path.unlink()
    path.with_name(f".{path.name}.mark").unlink()
    Path(f"{path}-journal").write_bytes(hot)
    with Ledger.open(path) as ledger, ledger.transaction() as db:
        assert db.execute("SELECT (SELECT count(*) FROM pieces) + (SELECT count(*) FROM attempts)").fetchone() == (0,)
