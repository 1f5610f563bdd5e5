"""The ledger's file: made whole or not at all, opened with care, never replaced."""

import os
import sqlite3
from importlib.resources import files
from pathlib import Path
from tempfile import mkstemp

from filelock import FileLock

from importer.delivery.ledger import accounts
from importer.errors import LedgerError
from importer.settings.settings import runs_option
from importer.system.opening import open_unlinked

VERSION = 6
_ADDED_IN = {2: ("removals", "capabilities"), 3: ("updates",), 4: ("readings",), 6: ("ledger", "accounts", "accesses")}
"""The tables that came with each version."""
_COLUMNS_ADDED_IN = {
    5: (("attempts", "clock_offset REAL"),),
    6: (("attempts", "ended_monotonic REAL"), ("attempts", "date REAL")),
}

_BORN = "INSERT INTO ledger VALUES (lower(hex(randomblob(16))), 0);"
"""A new ledger draws its id."""

_BUSY_S = 2.0


def _create(path: Path) -> None:
    """Create a new ledger; it appears whole or not at all, so an empty or half-made file is always damage.

    A journal that lies there belongs to a ledger that is gone. It is removed, because SQLite would play its pages back
    into the new one.
    """
    handle, name = mkstemp(prefix=".ledger-", dir=path.parent)  # mkstemp: 0600, O_EXCL, O_NOFOLLOW
    os.close(handle)
    try:
        connection = sqlite3.connect(name, isolation_level=None)
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.executescript(f"BEGIN; {_schema()} PRAGMA user_version = {VERSION}; {_BORN} COMMIT;")
        connection.close()
        with FileLock(path.with_name(f".{path.name}.lock"), mode=0o600):
            if not os.path.lexists(path):  # else another process was faster: its ledger is as good
                Path(f"{path}-journal").unlink(missing_ok=True)
                os.link(name, path)
    finally:
        Path(name).unlink()


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection to the ledger at ``path``, which is created if there is none.

    Raises:
        OSError, sqlite3.Error: it cannot be used; ``unusable`` puts that into words.
    """
    if not os.path.lexists(path):
        _create(path)
    # SQLite would follow a link to another file, and would take an empty file for a new database.
    os.close(open_unlinked(path, os.O_RDWR))
    if path.stat().st_size == 0:
        raise sqlite3.DatabaseError("it is empty")
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA secure_delete = ON")
        _upgrade(connection)
        connection.execute("PRAGMA foreign_keys = ON")  # after: an upgrade replaces a table that others refer to
        _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _schema() -> str:
    return files("importer.delivery.ledger").joinpath("schema.sql").read_text("utf-8")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _upgrade(connection: sqlite3.Connection) -> None:
    """Add to an older ledger the tables and columns that came after it; all or none."""
    if not 0 < _version(connection) < VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = _version(connection)  # another process may have been faster
    if version < 6:
        connection.execute("PRAGMA legacy_alter_table = ON")  # what refers to accounts goes on doing so
        connection.execute("ALTER TABLE accounts RENAME TO accounts_before")
        connection.execute("PRAGMA legacy_alter_table = OFF")
    added = [name for came_with, names in _ADDED_IN.items() if version < came_with for name in names]
    for statement in _schema().split(";\n"):
        if statement.startswith(tuple(f"CREATE TABLE {name} " for name in added)):
            connection.execute(statement)
    for table, column in [
        column for came_with, added in _COLUMNS_ADDED_IN.items() if version < came_with for column in added
    ]:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    if version < 6:
        connection.execute(_BORN)
        accounts.upgrade(connection)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _check(connection: sqlite3.Connection) -> None:
    """Raise if a ledger is damaged or of another version."""
    if (version := _version(connection)) != VERSION:
        raise sqlite3.DatabaseError(f"it has version {version}; this program knows version {VERSION}")
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError("it is damaged")


def unusable(path: Path, error: Exception) -> LedgerError:
    """Return the error that tells a person why a ledger cannot be used, and what to do."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return LedgerError(
        f"The ledger {path} cannot be used ({why}). Nothing is sent without it. Make room or mend its permissions, and "
        f"go on: importer resume RUN{runs_option(path.parent)}. Where it is damaged, put back a copy: a new ledger "
        "would not know what was sent already."
    )


def check_place(path: Path, file: os.stat_result | None) -> None:
    """Raise if a ledger's file is not in its place any more: nothing may be sent that nobody will find booked.

    Args:
        path: of its file.
        file: as it was when the ledger was opened; None for one that was not opened from a file.

    Raises:
        LedgerError: the file was moved, deleted or replaced while it was in use.
    """
    try:
        is_here = file is None or os.path.samestat(path.stat(), file)
    except OSError:
        is_here = False
    if not is_here:
        raise LedgerError(
            f"The ledger {path} was moved, deleted or replaced while it was in use, so nothing more is sent. "
            f"Put it back; where it is lost: importer verify --rebuild-ledger RUN{runs_option(path.parent)}."
        )
