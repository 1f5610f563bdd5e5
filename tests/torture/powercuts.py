"""Simulated power cuts: ``python -m tests.torture.powercuts`` prints how many commits of the ledger they lost.

The statements of a real run are carried out once more on a file system that notes every write, sync, truncation and
deletion. For each cut, an instant is drawn, and what the disk would hold: all that was synced; of everything since,
each write whole, not at all, or torn at a sector; a deletion without a synced folder undone half the time. SQLite opens
that disk, and must show all commits that had been acknowledged, whole. The same with weaker settings must fail.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from importer.delivery.clock import Clock
from importer.delivery.ledger.database import connect
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.records import Attempt, Intent
from importer.delivery.pieces import Piece
from importer.models.outcomes import Reason
from importer.targets import Exchange
from tests.bench.delivery import contacts

SECTOR = 512
SETTINGS = {
    "TRUNCATE + EXTRA": ("TRUNCATE", "EXTRA"),
    "WAL + NORMAL": ("WAL", "NORMAL"),
    "DELETE + FULL": ("DELETE", "FULL"),
}
"""The ledger's own, and two that must lose commits."""


class Event(NamedTuple):
    """Something that happened to a file; ``commit`` is acknowledged where the kind is so."""

    kind: str
    file: str = ""
    offset: int = 0
    data: bytes = b""


@dataclass
class Log:
    """All that happened, in order, and the state after each commit."""

    events: list[Event] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


class _Vfs(apsw.VFS):
    def __init__(self, log: Log) -> None:
        self.log = log
        super().__init__("powercut", "")

    def xOpen(self, name: Any, flags: list[int]) -> "_File":  # noqa: N802 - SQLite's name
        return _File(self.log, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.log.events.append(Event("delete" if syncdir else "unlink", Path(filename).name))
        super().xDelete(filename, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, log: Log, name: Any, flags: list[int]) -> None:
        self._log = log
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._name = Path(path).name
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        self._log.events.append(Event("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._log.events.append(Event("truncate", self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._log.events.append(Event("sync", self._name))
        super().xSync(flags)


def statements(batches: int = 6) -> list[str]:
    """What a real ledger says to SQLite while batches are sent: intents, outcomes, a batch in two halves."""
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        connection = connect(path)
        connection.set_trace_callback(said.append)
        ledger = Ledger(connection, path, Clock())
        account = ledger.account("https://api.example.com", "fp")
        ledger.begin_run("run", account)
        for number in range(1, batches + 1):
            phones = contacts(number, 40)["phone"]
            intent = Intent(Piece(number, range(40)), phones, b"x")
            attempt = ledger.begin(account, "run", "bulk", per_hour=900, intent=intent)
            assert isinstance(attempt, Attempt)
            assert attempt.piece is not None
            pieces = attempt.piece.halves() if number % 3 == 0 else [attempt.piece.settled(Reason.CONFIRMED)]
            ledger.finish(attempt, Exchange(status=200, body=b"y" * 2000), "answered", pieces)
        connection.close()
    return [statement for statement in said if not statement.startswith("--")]


def record(said: Sequence[str], journal: str, synchronous: str) -> Log:
    """Carry the statements out, with these settings, on a file system that notes everything."""
    log = Log()
    vfs = _Vfs(log)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "ledger.sqlite")
        schema = connect(Path(folder) / "empty.sqlite")
        script = "\n".join(line for line in schema.iterdump() if "TRANSACTION" not in line and line != "COMMIT;")
        schema.close()
        db = apsw.Connection(path, vfs="powercut")
        db.execute(f"PRAGMA journal_mode = {journal}")
        db.execute(f"PRAGMA synchronous = {synchronous}")
        db.execute("BEGIN")
        db.execute(script)
        db.execute("COMMIT")
        _acknowledge(log, db)
        for statement in said:
            for _ in db.execute(statement):
                pass
            if statement == "COMMIT":
                _acknowledge(log, db)
        db.close()
    vfs.unregister()
    return log


def _acknowledge(log: Log, db: Any) -> None:
    log.states.append(_state(db))
    log.events.append(Event("commit"))


def _state(db: Any) -> str:
    rows = [list(db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")) for table in ("accounts", "batches", "pieces")]  # noqa: S608
    return repr((rows, list(db.execute("SELECT id, verdict, length(reply) FROM attempts ORDER BY 1"))))


def cut(log: Log, chance: random.Random) -> str:
    """What a power cut at a random instant does: nothing, ``lost`` (an acknowledged commit) or ``corrupt``."""
    first = next(number for number, event in enumerate(log.events) if event.kind == "commit")
    at = chance.randint(first + 1, len(log.events))
    acknowledged = sum(event.kind == "commit" for event in log.events[:at])
    with tempfile.TemporaryDirectory() as folder:
        for name, content in _disk(log.events[:at], chance).items():
            (Path(folder) / name).write_bytes(content)
        db = sqlite3.connect(Path(folder) / "ledger.sqlite", isolation_level=None)
        try:
            if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return "corrupt"
            seen = _state(db)
        except sqlite3.OperationalError:
            return "lost"  # a table that is not there: its commit is not either
        except sqlite3.DatabaseError:
            return "corrupt"
        finally:
            db.close()
    return "" if seen in log.states[acknowledged - 1 : acknowledged + 1] else "lost"


def _disk(events: Sequence[Event], chance: random.Random) -> dict[str, bytes]:  # noqa: C901 - one branch a kind
    """What the disk holds after the cut, file by file."""
    durable: dict[str, bytearray] = {}
    unsynced: dict[str, list[Event]] = {}
    for event in events:
        match event.kind:
            case "sync":
                content = durable.setdefault(event.file, bytearray())
                for pending in unsynced.pop(event.file, []):
                    _apply(content, pending, len(pending.data))
            case "delete":
                durable.pop(event.file, None)
                unsynced.pop(event.file, None)
            case "unlink":
                if chance.random() < 0.5:
                    durable.pop(event.file, None)
                unsynced.pop(event.file, None)
            case "write" | "truncate":
                unsynced.setdefault(event.file, []).append(event)
    for name, pendings in unsynced.items():
        for pending in pendings:
            fate = chance.choice(["whole", "none", "torn"])
            if fate != "none":
                sectors = len(pending.data) // SECTOR
                kept = SECTOR * chance.randint(0, sectors) if fate == "torn" else len(pending.data)
                _apply(durable.setdefault(name, bytearray()), pending, kept)
    return {name: bytes(content) for name, content in durable.items() if not name.endswith("-shm")}


def _apply(content: bytearray, event: Event, kept: int) -> None:
    if event.kind == "truncate":
        del content[event.offset :]
        content.extend(bytes(max(event.offset - len(content), 0)))
        return
    if kept:
        content.extend(bytes(max(event.offset - len(content), 0)))
        content[event.offset : event.offset + kept] = event.data[:kept]


def cuts(name: str, count: int, seed: int = 0) -> Counter[str]:
    """What so many cuts did under these settings; empty where nothing was lost."""
    log = record(statements(), *SETTINGS[name])
    chance = random.Random(seed)  # noqa: S311
    return Counter(what for _ in range(count) if (what := cut(log, chance)))


def report(count: int) -> str:
    """A line for each setting, and whether it is as it must be."""
    lines = [f"{name}: {count:,} cuts, {dict(cuts(name, count)) or 'nothing lost or corrupt'}" for name in SETTINGS]
    return "\n".join(lines)


def main() -> None:
    """Cut as often as asked for; ends with 1 where the ledger's settings lose anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cuts", type=int, nargs="?", default=1_000, help="for each setting (default 1,000)")
    told = report(parser.parse_args().cuts)
    print(told)
    sys.exit("nothing lost" not in told.splitlines()[0])


if __name__ == "__main__":
    main()
