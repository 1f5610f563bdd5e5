"""A disk that fails at any operation of the ledger: nothing is sent without a durable intent, and nothing is lost."""

import hashlib
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from importer.delivery.ledger.commits import Commits
from importer.delivery.ledger.ledger import Ledger
from importer.errors import LedgerError
from importer.settings.settings import load_settings
from importer.targets import Exchange
from tests.support.simulation import RUN, Books, World, deliver, ends_of, frame_of, simulated, store_of_ledger
from tests.torture.combinations import sample
from tests.torture.powercuts import cuts

ERRORS = ["database or disk is full", "disk I/O error", "database is locked", "attempt to write a readonly database"]
PHONES = [[f"+1{2025550000 + 10 * batch + n}" for n in range(3)] for batch in range(3)]


class Failing(Commits):
    """Commits of which the n-th fails, before its work or at its end."""

    left: int
    error: str
    is_late: bool

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self.left -= 1
        with super().transaction() as db:
            if self.left == 0 and not self.is_late:
                raise sqlite3.OperationalError(self.error)
            yield db
            if self.left == 0:
                raise sqlite3.OperationalError(self.error)


class Watched(World):
    """A server that looks into the ledger whenever contacts arrive."""

    db: sqlite3.Connection
    undurable = 0

    def send(self, body: bytes, idempotency_key: str) -> Exchange:
        asked = "SELECT count(*) FROM attempts WHERE body_sha256 = ? AND verdict IS NULL"
        (intents,) = self.db.execute(asked, (hashlib.sha256(body).hexdigest(),)).fetchone()
        self.undurable += self.db.in_transaction or not intents
        assert json.loads(body)
        return super().send(body, idempotency_key)


def a_world(seed: int) -> Watched:
    chance = random.Random(seed)  # noqa: S311 - a schedule, not a secret
    rules = {"newest_first": False, "has_total": True, "fault_share": 0.3, "poison": set()}
    return Watched(chance, "second", "good", "list", "apart", **rules)  # type: ignore[arg-type]


def life(world: Watched, frames: list[pl.DataFrame], commits: Commits | None) -> None:
    ledger = Ledger(world.db, Path("simulated"), world.clock())
    account = ledger.account("simulated", "fp")
    ledger.begin_run(RUN, account)
    if commits is not None:
        ledger._commits = commits
    deliver(world, ledger, account, load_settings({"quiet_time": 240, "max_wait": 1e9}), frames)


@pytest.mark.parametrize("error", ERRORS)
def test_no_request_without_a_durable_intent_whichever_operation_fails(error: str) -> None:
    """Every operation of a run fails once, before its work and at its commit; another run finishes what it left."""
    frames = [frame_of(tuple(batch)) for batch in PHONES]
    failures = 0
    with simulated():
        for left in range(1, 1000):
            for is_late in (False, True):
                world = a_world(left)
                world.db = store_of_ledger()
                commits = Failing(world.db, Path("simulated"))
                commits.left, commits.error, commits.is_late = left, error, is_late
                try:
                    life(world, frames, commits)
                except LedgerError as failure:
                    failures += error in str(failure)
                world.fault_share = 0.0
                for _ in range(3):
                    life(world, frames, None)
                assert world.undurable == 0
                reasons, details = ends_of(Ledger(world.db, Path("simulated"), world.clock()), PHONES)
                assert not Books(world, PHONES, reasons, details, is_stopped=False, before=set()).wrongs()
                world.db.close()
            if commits.left > 0:
                break
    assert failures > 20


def test_any_combination_of_an_apis_habits_and_faults_keeps_the_invariants() -> None:
    """A sample of ``python -m tests.torture.combinations``."""
    outcome = sample(60, seed=3)
    assert not outcome.broken, outcome


def test_a_power_cut_loses_no_commit_of_the_ledger() -> None:
    """Unsynced writes lost or torn at any instant: with the ledger's settings everything acknowledged is there."""
    assert not cuts("TRUNCATE + EXTRA", 300)


@pytest.mark.parametrize("weaker", ["WAL + NORMAL", "DELETE + FULL"])
def test_weaker_settings_lose_commits(weaker: str) -> None:
    """The cuts are hard enough to tell the settings apart."""
    assert cuts(weaker, 150)
