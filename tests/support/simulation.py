"""The engine in a world of its own: simulated clock, transport and store, and a truth that is compared with its books.

An episode is one run against a server with its own rules, faults and lateness, killed at random operations of ledger
and wire and started again. Everything that decides is the product's: sender, channel, resolver, state machine, reader,
ledger. Only threads, files, sockets and time are left out, so that an episode takes milliseconds.
"""

import argparse
import json
import pickle
import random
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from functools import cache
from heapq import heappop
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import polars as pl

from importer.delivery import DeliveryEnd, pacer, samples
from importer.delivery.clock import Clock
from importer.delivery.engine import Delivery
from importer.delivery.ledger import history, records
from importer.delivery.ledger import ledger as ledger_module
from importer.delivery.ledger.commits import Commits
from importer.delivery.ledger.database import _schema
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.results import end_of
from importer.delivery.pieces import FORCED_DETAIL, State
from importer.models.outcomes import Reason
from importer.models.watching import Silence
from importer.settings.settings import Settings, load_settings
from importer.targets import Exchange, Found, Page, Refusal, Reply, answers

RUN = "run"
QUIET_S = 240.0
START = 1_770_638_400.0
_EARLIER = START - 10 * 86_400
Fault = Literal["", "unsent", "cut", "lost", "500", "garbled", "sums", "429", "413"]
FAULTS: tuple[Fault, ...] = ("unsent", "cut", "lost", "lost", "500", "garbled", "sums", "429", "413")


class Killed(BaseException):
    """The process ended here; nothing in the product catches it on purpose."""


@dataclass(slots=True)
class Held:
    """A contact on the server."""

    phone: str
    contact_id: str
    created_at: float
    is_ours: bool


@dataclass
class World:
    """The server, its clock, and what is still to happen.

    Attributes:
        dedupe: a number that is there is skipped, made a second time, or the cause of a refusal.
        lists: the account's list is up to date, behind, not to be had, or shows its first page only.
        invalid: a contact that cannot be stored is skipped, listed, or the cause of a refusal with or without its name.
        counting: listed contacts are counted apart from the skipped ones or among them.
        poison: numbers that the server does not take.
        tells_date: its answers have a Date header, by which older contacts are known from those of a request.
    """

    chance: random.Random
    dedupe: Literal["skip", "second", "refuse"]
    lists: Literal["good", "behind", "none", "first page"]
    invalid: Literal["skip", "list", "refuse", "refuse named"]
    counting: Literal["apart", "inside"]
    newest_first: bool
    has_total: bool
    fault_share: float
    poison: set[str]
    tells_date: bool = False
    now: float = START
    lag_s: float = 0.0
    kill_in: int = -1
    contacts: list[Held] = field(default_factory=list)
    pending: list[tuple[float, list[str]]] = field(default_factory=list)
    requests: int = 0
    kills: int = 0
    base_url: str = "simulated"
    body_cap_bytes: int | None = None
    burst: tuple[int, float] | None = None

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.sleep, self.chance.random, "boot")

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.001)
        self._catch_up()

    def step(self) -> None:
        """One more operation; the process may end here."""
        self.kill_in -= 1
        if self.kill_in == 0:
            self.kills += 1
            raise Killed

    def _catch_up(self) -> None:
        """Apply what is late and due, each at its own moment: the server works while no client lives, too."""
        due = sorted((at, phones) for at, phones in self.pending if at <= self.now)
        self.pending = [(at, phones) for at, phones in self.pending if at > self.now]
        for at, phones in due:
            self._apply(phones, at)

    def _apply(self, phones: list[str], at: float) -> tuple[int, list[str], list[str]]:
        """Create what can be, at that moment; how many were, which were there, which cannot be stored."""
        known = {held.phone for held in self.contacts}
        bad = [phone for phone in phones if phone in self.poison]
        there = [phone for phone in phones if phone in known and phone not in self.poison]
        again = [] if self.dedupe == "second" else there
        fresh = [phone for phone in phones if phone not in self.poison and phone not in again]
        self.contacts += [Held(phone, f"c{len(self.contacts) + n}", at, is_ours=True) for n, phone in enumerate(fresh)]
        return len(fresh), again, bad

    # The five operations of a target, as far as delivery needs them.

    def encode(self, contacts: pl.DataFrame) -> bytes:
        return json.dumps(contacts["phone"].to_list()).encode()

    def send(self, body: bytes, idempotency_key: str) -> Exchange:  # noqa: ARG002 - it is ignored, as is allowed
        self.requests += 1
        self.now += 0.05 + self.chance.random()
        self._catch_up()
        phones: list[str] = json.loads(body)
        self.step()
        fault: Fault = self.chance.choice(FAULTS) if self.chance.random() < self.fault_share else ""
        exchange = self._fail(fault, phones) if fault else self._reply(phones)
        self.step()
        return self._dated(exchange)

    def _dated(self, exchange: Exchange) -> Exchange:
        """An answer as the server's clock dates it, cut to the second."""
        if exchange.status is None or not self.tells_date:
            return exchange
        return replace(exchange, headers={**exchange.headers, "date": formatdate(int(self.now), usegmt=True)})

    def _fail(self, fault: Fault, phones: list[str]) -> Exchange:
        plain = {
            "unsent": Exchange(trouble="refused"),
            "cut": Exchange(is_begun=True, trouble="reset"),
            "429": _answer(429, b"", {"retry-after": "7"}),
            "413": _answer(413, b""),
        }
        return plain[fault] if fault in plain else self._lose(fault, phones)

    def _lose(self, fault: Fault, phones: list[str]) -> Exchange:
        """Apply none, half or all of a request, now or later, and say nothing of it that can be believed."""
        part = phones[: round(len(phones) * self.chance.choice([0.0, 0.5, 1.0]))]
        if self.dedupe == "refuse" and any(held.phone in phones for held in self.contacts):
            part = []
        if fault == "lost" and self.chance.random() < 0.5:
            self.pending.append((self.now + self.chance.random() * (QUIET_S - 5), part))
            part = []
        _, there, _ = self._apply(part, self.now)
        sums = {"imported": len(phones), "skipped": 1 + len(there), "errors": []}
        answers_of: dict[str, Exchange] = {
            "garbled": _answer(200, b'{"success": true, "data": {"impor'),
            "sums": _answer(200, json.dumps({"success": True, "data": sums}).encode()),
            "500": _answer(500, b""),
        }
        return answers_of.get(fault, Exchange(is_begun=True, is_handed_over=True, trouble="lost"))

    def _reply(self, phones: list[str]) -> Exchange:
        bad = [phone for phone in phones if phone in self.poison]
        known = {held.phone for held in self.contacts}
        if self.dedupe == "refuse" and any(phone in known for phone in phones):
            return _answer(400, b'{"success": false, "error": "bad request"}')
        if bad and self.invalid.startswith("refuse"):
            errors = [{"phone": phone, "message": "not valid"} for phone in bad]
            told = {"errors": errors} if self.invalid == "refuse named" else {}
            return _answer(422, json.dumps({"success": False, "error": "not valid"} | told).encode())
        imported, there, bad = self._apply(phones, self.now)
        errors = [{"phone": phone, "message": "not valid"} for phone in bad] if self.invalid == "list" else []
        skipped = len(there) + (0 if self.invalid == "list" and self.counting == "apart" else len(bad))
        data = {"imported": imported, "skipped": skipped, "errors": errors}
        return _answer(200, json.dumps({"success": True, "data": data}).encode())

    def fetch_page(self, page: int, limit: int) -> Exchange:
        self.requests += 1
        self.now += 0.05
        self._catch_up()
        self.step()
        return self._dated(self._page(page, limit))

    def _page(self, page: int, limit: int) -> Exchange:
        if limit == 1:
            return _answer(200, b'{"data": []}')
        if self.lists == "none":
            return _answer(403, b"")
        seen = [held for held in self.contacts if held.created_at <= self.now - self.lag_s]
        ordered = seen[::-1] if self.newest_first else seen
        size = 5
        at = 0 if self.lists == "first page" else (page - 1) * size
        here = ordered[at : at + size]
        if self.chance.random() < self.fault_share / 3:
            return _answer(self.chance.choice([429, 500]), b"", {"retry-after": "3"})
        found = [Found(held.contact_id, held.phone, held.created_at) for held in here]
        return _answer(200, pickle.dumps(Page(tuple(found), len(seen) if self.has_total else None)))

    def read_page(self, body: bytes) -> Page | None:
        page: Page = pickle.loads(body)  # noqa: S301 - our own
        return page

    def read_reply(self, body: bytes) -> Reply | None:
        return answers.read_reply(body)

    def read_refusal(self, body: bytes) -> Refusal:
        return answers.read_refusal(body)

    def create(self, fields: Mapping[str, object]) -> Exchange:
        raise NotImplementedError

    def update(self, contact_id: str, fields: Mapping[str, object]) -> Exchange:
        raise NotImplementedError

    def delete(self, contact_id: str) -> Exchange:
        raise NotImplementedError

    def read_contact(self, body: bytes) -> Found | None:
        raise NotImplementedError

    def says_no(self, body: bytes) -> bool:
        raise NotImplementedError

    def hurry(self, seconds: float) -> None:
        raise NotImplementedError


def _answer(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Exchange:
    return Exchange(
        status=status, headers=headers or {}, body=body, is_whole=True, is_begun=True, is_handed_over=True
    )  # fmt: skip


class Straight(Delivery):
    """Delivery without threads: what is queued is sent one after another, where the product would wait for it."""

    def start(self) -> None:
        """Nothing to start."""

    def _until_idle(self) -> None:
        while self._queue and not self._is_over():
            self._push(self._sender.send(heappop(self._queue)[-1]))


class _Dying(Commits):
    """Commits of a process that may end before or after any of them."""

    world: World

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self.world.step()
        with super().transaction() as db:
            yield db
        self.world.step()


@dataclass
class Books:
    """What an episode's books say in the end, beside the truth."""

    world: World
    phones: list[list[str]]
    reasons: dict[str, Reason | None]
    details: dict[str, str]
    is_stopped: bool
    before: set[str]

    def wrongs(self) -> list[str]:
        """Every difference between books and truth, as ``rule: number``."""
        ours = Counter(held.phone for held in self.world.contacts if held.is_ours)
        wrongs = []
        for phone, reason in self.reasons.items():
            is_marked = self.details[phone].startswith(FORCED_DETAIL)
            there = ours[phone] + (phone in self.before)
            if ours[phone] > 1 and not is_marked:
                wrongs.append("doubled in silence")
            if reason is Reason.CONFIRMED and not ours[phone]:
                wrongs.append("called imported and is not ours")
            if reason is Reason.PRESENT and not there:
                wrongs.append("called present and is not there")
            if reason is Reason.SKIPPED_BY_API and (ours[phone] or (phone not in self.before | self.world.poison)):
                wrongs.append("called skipped and is ours, or was not there")
            if reason is Reason.REJECTED_BY_API and ours[phone]:
                wrongs.append("called errored and is ours")
            if reason is None and ours[phone]:
                wrongs.append("called not sent and is ours")
            if reason is None and not self.is_stopped:
                wrongs.append("without an end")
        return wrongs


def hiccup(seed: int | str) -> Books:
    """A run of one batch: nothing was confirmed that could show how far the list is behind."""
    return episode(seed, is_hiccup=True)


def episode(seed: int | str, most_kills: int = 4, *, is_hiccup: bool = False) -> Books:
    """One run to its end, whatever happens on the way; ``is_hiccup``: of one batch, and most lists are behind."""
    chance = random.Random(seed)  # noqa: S311 - a schedule, not a secret
    phones = [
        [f"+1{2025550000 + 10 * batch + n}" for n in range(chance.randint(1, 4))]
        for batch in range(chance.randint(1, 5))
    ]
    phones = phones[:1] if is_hiccup else phones
    every = [phone for batch in phones for phone in batch]
    before = {phone for phone in every if chance.random() < 0.15} if chance.random() < 0.5 else set()
    world = World(
        chance,
        dedupe=chance.choice(["skip", "second", "second", "refuse"]),
        lists=chance.choice(["good", "good", "behind", "none", "first page"]),
        invalid=chance.choice(["skip", "list", "refuse", "refuse named"]),
        counting=chance.choice(["apart", "inside"]),
        newest_first=chance.random() < 0.5,
        has_total=chance.random() < 0.5,
        fault_share=chance.choice([0.1, 0.3, 0.6]),
        poison={phone for phone in every if chance.random() < 0.1 and phone not in before},
        tells_date=random.Random(f"date {seed}").random() < 0.75,  # noqa: S311 - its own: seeds keep their stories
    )
    if is_hiccup and world.lists in ("good", "none"):
        world.lists, world.has_total = "behind", True
    if world.dedupe == "refuse":
        before = set()
    world.contacts = [Held(phone, f"old{n}", _EARLIER + n, is_ours=False) for n, phone in enumerate(sorted(before))]
    world.contacts += [Held(f"+44{n}", f"other{n}", _EARLIER + n, is_ours=False) for n in range(chance.randint(0, 9))]
    if world.lists == "behind":  # without a total no absence is believed without a control: it may be farther behind
        world.lag_s = chance.random() * (QUIET_S - 5 if world.has_total else 600)
    frames = [frame_of(tuple(batch)) for batch in phones]
    db = store_of_ledger()
    ledger = Ledger(db, Path("simulated"), world.clock())
    account = ledger.account("simulated", "fp")
    ledger.begin_run(RUN, account)
    if world.dedupe == "skip" and chance.random() < 0.5:
        told = {"skip": "skip", "list": "listed by number or place"}.get(world.invalid, "refuse")
        values = [(account, "duplicates", "skip", 0.0), (account, "invalid numbers", told, 0.0)]
        db.executemany("INSERT INTO capabilities VALUES (?, ?, ?, ?)", values)
    settings = _settings(chance.choice(["auto", "auto", "auto", "never", "always"]))
    is_forced = chance.random() < 0.1
    is_stopped = True
    for life in range(most_kills + 3):
        is_last = life >= most_kills
        world.kill_in = chance.randint(1, 40) if not is_last and chance.random() < 0.8 else -1
        if is_last:
            world.fault_share = 0.0
        try:
            is_stopped = _live(world, db, account, settings, frames, is_forced=is_forced and is_last)
        except Killed:
            world.now += chance.choice([0.5, 10.0, 5000.0])
        if is_last and not is_stopped:
            break
    world.sleep(QUIET_S * 4)
    reasons, details = ends_of(Ledger(db, Path("simulated"), world.clock()), phones)
    db.close()
    return Books(world, phones, reasons, details, is_stopped, before)


def _live(
    world: World,
    db: sqlite3.Connection,
    account: int,
    settings: Settings,
    frames: list[pl.DataFrame],
    *,
    is_forced: bool,
) -> bool:
    """One life of the process; whether it stopped before everything had its end."""
    ledger = Ledger(db, Path("simulated"), world.clock())
    commits = _Dying(db, Path("simulated"))
    commits.world = world
    ledger._commits = commits
    return deliver(world, ledger, account, settings, frames, is_forced=is_forced).reason is not None


def deliver(
    world: World,
    ledger: Ledger,
    account: int,
    settings: Settings,
    frames: list[pl.DataFrame],
    *,
    is_forced: bool = False,
) -> DeliveryEnd:
    """Offer every batch and wait for the end."""
    delivery = Straight(
        ledger=ledger,
        run_id=RUN,
        account_id=account,
        target=world,
        settings=settings,
        load=lambda number: frames[number - 1],
        watch=Silence(),
        clock=world.clock(),
    )
    for number, frame in enumerate(frames, 1):
        delivery.offer(number, frame.height)
    delivery.close()
    return delivery.wait(is_forced=is_forced)


def ends_of(ledger: Ledger, phones: list[list[str]]) -> tuple[dict[str, Reason | None], dict[str, str]]:
    """What the ledger says of each number."""
    reasons: dict[str, Reason | None] = {phone: None for batch in phones for phone in batch}
    details = dict.fromkeys(reasons, "")
    for piece in ledger.pieces(RUN):
        assert piece.state is not State.PARTED
        reason, detail = end_of(piece)
        for offset in piece.offsets:
            phone = phones[piece.batch - 1][offset]
            reasons[phone], details[phone] = reason, detail or ""
        for named in piece.named:
            phone = phones[piece.batch - 1][named.offset]
            reasons[phone], details[phone] = named.reason, named.detail
    return reasons, details


@cache
def frame_of(phones: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame({"phone": list(phones)})


@cache
def _settings(verify: str) -> Settings:
    return load_settings({"verify": verify, "quiet_time": QUIET_S, "max_wait": 1e9, "requests_per_hour": 10**6})


def store_of_ledger() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    db.deserialize(_empty())
    return db


@cache
def _empty() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.executescript(_schema())
        return db.serialize()


@contextmanager
def simulated() -> Iterator[None]:
    """No slices of waits, and columns as pickles: of three contacts, Arrow is nine tenths of an episode's time."""

    def unpickled(blob: bytes | None) -> Any:
        return () if blob is None else pickle.loads(blob)  # noqa: S301 - our own

    with (
        patch.object(pacer, "_SLICE_S", 1e12),
        patch.object(records, "pack_named", lambda named: pickle.dumps(named) if named else None),
        patch.object(records, "unpack_named", unpickled),
        patch.object(records, "pack_offsets", pickle.dumps),
        patch.object(records, "unpack_offsets", unpickled),
        patch.object(history, "unpack_offsets", unpickled),
        patch.object(samples, "unpack_offsets", unpickled),
        patch.object(samples, "unpack_named", unpickled),
        patch.object(ledger_module, "pack_phones", lambda series: pickle.dumps(series.to_list())),
        patch.object(ledger_module, "unpack_phones", lambda blob: pl.Series("phone", unpickled(blob))),
    ):
        yield


@dataclass
class Outcome:
    """Many episodes: how often each rule was broken, how much happened, and how many ended with a doubt."""

    episodes: int = 0
    kills: int = 0
    requests: int = 0
    unknown: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    first: dict[str, int | str] = field(default_factory=dict)

    def __str__(self) -> str:
        words = (
            ", ".join(f"{rule} {count} (seed {self.first[rule]})" for rule, count in self.broken.items()) or "0 broken"
        )
        played = f"{self.episodes:,} episodes, {self.kills:,} kills, {self.requests:,} requests"
        return f"{played}, {self.unknown:,} end in doubt: {words}"


def play(
    seeds: Iterable[int | str],
    until: Callable[[Outcome], bool] = lambda _: False,
    one: Callable[[int | str], Books] = episode,
) -> Outcome:
    """Episodes with these seeds, until there were enough; ``one``: of which kind."""
    outcome = Outcome()
    with simulated():
        for seed in seeds:
            books = one(seed)
            outcome.episodes += 1
            outcome.kills += books.world.kills
            outcome.requests += books.world.requests
            outcome.unknown += any(reason is Reason.REPLY_LOST for reason in books.reasons.values())
            for wrong in set(books.wrongs()):
                outcome.broken[wrong] += 1
                outcome.first.setdefault(wrong, seed)
            if until(outcome):
                break
    return outcome


def main() -> None:
    """Play episodes; ends with 1 where one came out wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("episodes", type=int, nargs="?", default=2_000, help="how many (default 2,000)")
    parser.add_argument("--hiccups", action="store_true", help="of one batch each, with lists that are behind")
    parser.add_argument("--seed", type=int, default=0, help="of the first (default 0)")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.episodes)
    outcome = play(seeds, one=hiccup if options.hiccups else episode)
    sys.stdout.write(f"{outcome}\n")
    sys.exit(bool(outcome.broken))


if __name__ == "__main__":
    main()
