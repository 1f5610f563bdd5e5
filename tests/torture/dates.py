"""Whose a contact is, against the truth: ``python -m tests.torture.dates 100000``, the engine with all kinds of clocks.

An episode is a run whose answers are lost now and then, on an account where other people have, and make, contacts with
the same numbers. The list's dates, the ``Date`` header and our own clocks are each set, drift, and are stepped as
chance says; dates are cut, rounded, or lack their zone; headers and dates are missing; the program is killed, and the
machine started anew. Sender, resolver, read-back, ledger and judgement are the product's.

Two claims are compared with the truth: that a contact found by reading back is ours (``imported``), and that the API
skipped it (``skipped-by-api``). What others make while a lost request may arrive, or less than ``BOUND_S`` away from
that, looks like ours by any date; it is counted apart. Two things are left out, because no evidence can show them: one
of two clocks that agreed, as far as the dates are fine, is stepped alone; and two changes undo each other.
"""

import argparse
import json
import math
import pickle
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path
from typing import Literal

from importer.delivery.clock import Clock
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.pieces import State
from importer.models.outcomes import Reason
from importer.targets import Exchange, Found, Page
from tests.support.simulation import (
    QUIET_S,
    RUN,
    START,
    Held,
    Killed,
    World,
    _answer,
    _live,
    _settings,
    ends_of,
    frame_of,
    simulated,
    store_of_ledger,
)

BOUND_S = 10.0
_ZONE_S = 900.0
_ROUNDINGS: dict[str, Callable[[float], float]] = {"down": math.floor, "up": math.ceil, "near": round}
_STEPS = (0.3, 1.5, 3.0, 8.0, 30.0, 600.0, 3600.0)


@dataclass
class Hand:
    """One clock: what it shows at a true moment."""

    offset: float = 0.0
    rate: float = 0.0

    def at(self, now: float) -> float:
        return now + self.offset + (now - START) * self.rate


@dataclass
class Kind:
    """What an account's dates are like.

    Attributes:
        clocks: the list and the header go by one clock or by two.
        header: how often there is a ``Date``.
        grain, rounding: how the list's dates are cut.
        has_zone: they tell their zone.
        step: which clock is stepped in the run, and by how much.
    """

    clocks: Literal["one", "two"]
    header: float
    grain: float
    rounding: str
    has_zone: bool
    step: tuple[str, float]
    dateless: float

    @classmethod
    def by(cls, chance: random.Random) -> "Kind":
        clocks: Literal["one", "two"] = "one" if chance.random() < 0.5 else "two"
        stepped = ["", "", "", "list", "header", "both", "ours"] if clocks == "two" else ["", "", "", "both", "ours"]
        return cls(
            clocks,
            chance.choice([1.0, 1.0, 1.0, 0.5, 0.0, 0.0]),
            chance.choice([0.001, 0.001, 1.0, 1.0, 60.0]),
            chance.choice(list(_ROUNDINGS)),
            chance.random() < 0.8,
            (chance.choice(stepped), chance.choice(_STEPS) * chance.choice([-1, 1])),
            chance.choice([0.0, 0.0, 0.0, 0.1]),
        )

    @property
    def name(self) -> str:
        """As the table tells it."""
        if self.step[0] or self.dateless:
            return "a clock is stepped, or some dates lack"
        if self.grain > 1:
            return "dates in whole minutes"
        if not self.header:
            return "no Date header" + (", one clock" if self.clocks == "one" else ", other clock or zone")
        if self.clocks == "two":
            return "Date by another clock than the list's"
        return "Date and list by one clock" if self.has_zone else "one clock, no zone"


@dataclass(slots=True)
class Dated(Held):
    """A contact with the date that the list shows."""

    date: float | None = None


@dataclass
class Account(World):
    """The server with its clocks, and the other people who use it.

    Attributes:
        updates: a number that is there is changed, and counted as imported; its date stays.
        others: numbers that others will make a contact with, and when.
        asked, doubted: when a number was first sent, and the last moment at which a doubt can have begun.
        slowness_s: of an answer, at most.
    """

    kind: Kind = field(default_factory=lambda: Kind.by(random.Random(0)))  # noqa: S311
    listed: Hand = field(default_factory=Hand)
    header: Hand = field(default_factory=Hand)
    wall: Hand = field(default_factory=Hand)
    monotonic: Hand = field(default_factory=Hand)
    boot: str = "boot 0"
    updates: bool = False
    others: list[tuple[float, str]] = field(default_factory=list)
    asked: dict[str, float] = field(default_factory=dict)
    doubted: float = 0.0
    slowness_s: float = 0.3
    step_at: int = -1
    exchanges: int = 0

    def clock(self) -> Clock:
        return Clock(
            lambda: self.wall.at(self.now),
            lambda: self.monotonic.at(self.now),
            self.sleep,
            self.chance.random,
            self.boot,
        )

    def _catch_up(self) -> None:
        for at, phone in sorted(event for event in self.others if event[0] <= self.now):
            self.hold(phone, at, is_ours=False)
        self.others = [event for event in self.others if event[0] > self.now]
        super()._catch_up()

    def hold(self, phone: str, at: float, *, is_ours: bool) -> None:
        """One more contact, dated as the account dates."""
        shown = self.listed.at(at) / self.kind.grain
        date = _ROUNDINGS[self.kind.rounding](shown) * self.kind.grain
        is_dated = self.chance.random() >= self.kind.dateless
        self.contacts.append(Dated(phone, f"c{len(self.contacts)}", at, is_ours, date if is_dated else None))

    def _apply(self, phones: list[str], at: float) -> tuple[int, list[str], list[str]]:
        known = {held.phone for held in self.contacts}
        there = [phone for phone in phones if phone in known and (self.dedupe == "skip" or self.updates)]
        for phone in phones:
            if phone not in there:
                self.hold(phone, at, is_ours=True)
        return len(phones) - (0 if self.updates else len(there)), [] if self.updates else there, []

    def send(self, body: bytes, idempotency_key: str) -> Exchange:
        for phone in json.loads(body):
            self.asked.setdefault(phone, self.now)
        self.now += self.chance.random() * self.slowness_s
        exchange = super().send(body, idempotency_key)
        self.now += self.chance.random() * self.slowness_s
        self.doubted = self.now
        self._step_clocks()
        return replace(exchange, seconds=self.slowness_s)

    def fetch_page(self, page: int, limit: int) -> Exchange:
        exchange = super().fetch_page(page, limit)
        self._step_clocks()
        return exchange

    def _step_clocks(self) -> None:
        """The clock of this episode is set, after so many requests."""
        self.exchanges += 1
        if self.exchanges == self.step_at:
            which, by = self.kind.step
            for hand in {"list": [self.listed], "header": [self.header], "both": [self.listed, self.header]}.get(
                which, [self.wall]
            ):
                hand.offset += by
            self.step_at = -1

    def _dated(self, exchange: Exchange) -> Exchange:
        if exchange.status is None or self.chance.random() >= self.kind.header:
            return exchange
        date = formatdate(math.floor(self.header.at(self.now)), usegmt=True)
        return replace(exchange, headers={**exchange.headers, "date": date})

    def _page(self, page: int, limit: int) -> Exchange:
        if limit == 1:
            return _answer(200, b'{"data": []}')
        ordered = self.contacts[::-1] if self.newest_first else self.contacts
        here = [held for held in ordered[(page - 1) * 5 : page * 5] if isinstance(held, Dated)]
        found = [Found(held.contact_id, held.phone, held.date, has_zone=self.kind.has_zone) for held in here]
        return _answer(200, pickle.dumps(Page(tuple(found), len(self.contacts) if self.has_total else None)))


def account(chance: random.Random) -> Account:
    """An account with its clocks; 1 of 2 is right."""
    kind = Kind.by(chance)
    updates = chance.random() < 0.2
    made = Account(
        chance,
        dedupe=chance.choice(["skip", "second"]),
        lists="good",
        invalid="skip",
        counting="apart",
        newest_first=chance.random() < 0.5,
        has_total=chance.random() < 0.5,
        fault_share=chance.choice([0.1, 0.3]),
        poison=set(),
        kind=kind,
        updates=updates,
        slowness_s=chance.choice([0.02, 0.3, 0.3, 3.0]),
        step_at=chance.randint(1, 12) if kind.step[0] else -1,
    )
    zone = _ZONE_S * chance.randint(-56, 56)
    drift = [chance.choice([0.0, chance.uniform(-2e-4, 2e-4)]) for _ in range(4)]
    wrong = [0.0, 0.0, chance.uniform(-2, 2), 600.0, -600.0, zone]
    made.header = Hand(chance.choice(wrong[:1] * 3 + wrong), drift[0])
    made.listed = replace(made.header)
    if not kind.has_zone and kind.clocks == "one" and kind.step[0] == "both":
        kind.step = ("list", math.copysign(3600.0, kind.step[1]))  # daylight saving begins or ends
    if kind.clocks == "two":
        far = chance.choice([2.0, -2.0, 8.0, -8.0, 600.0, -600.0, zone, zone])
        made.listed = Hand(made.header.offset + far, drift[1] if abs(far) > max(5.0, kind.grain) else drift[0])
        if abs(far) <= max(5.0, kind.grain) and kind.step[0] in ("list", "header"):
            kind.step = ("both", kind.step[1])
    made.wall = Hand(chance.choice(wrong[:1] * 4 + wrong), drift[2])
    made.monotonic = Hand(-START, drift[3])
    return made


@dataclass
class Books:
    """What an episode's books claim by dates, beside the truth."""

    world: Account
    reasons: dict[str, Reason | None]
    details: dict[str, str]

    def tally(self) -> tuple[Counter[str], Counter[str]]:
        """What became of the contacts that a read-back found, and every wrong claim."""
        ends: Counter[str] = Counter()
        wrongs: Counter[str] = Counter()
        for phone, reason in self.reasons.items():
            if not self.details[phone].startswith("read-back"):
                continue
            held = [one for one in self.world.contacts if one.phone == phone]
            is_ours = any(one.is_ours for one in held)
            if reason is Reason.CONFIRMED and not is_ours:
                first, last = self.world.asked[phone] - BOUND_S, self.world.doubted + QUIET_S + BOUND_S
                if any(first <= one.created_at <= last for one in held):
                    ends["of others in the window"] += 1
                else:
                    wrongs["called imported and is not ours"] += 1
            elif reason is Reason.SKIPPED_BY_API and (is_ours or not held):
                wrongs["called skipped and is ours"] += 1
            else:
                ends["present" if reason is Reason.PRESENT else "certain"] += 1
        return ends, wrongs


def episode(seed: int | str) -> Books:
    """One run to its end."""
    chance = random.Random(seed)  # noqa: S311 - a schedule, not a secret
    world = account(chance)
    phones = [
        [f"+1{2025550000 + 10 * batch + n}" for n in range(chance.randint(1, 3))]
        for batch in range(chance.randint(2, 6))
    ]
    _populate(world, phones)
    db = store_of_ledger()
    ledger = Ledger(db, Path("simulated"), world.clock())
    number = ledger.account("simulated", "fp")
    ledger.begin_run(RUN, number)
    if world.dedupe == "skip" and not world.updates and chance.random() < 0.5:
        db.execute("INSERT INTO capabilities VALUES (?, 'duplicates', 'skip', 0.0)", (number,))
    frames = [frame_of(tuple(batch)) for batch in phones]
    for life in range(4):
        world.kill_in = chance.randint(5, 60) if life < 2 and chance.random() < 0.4 else -1
        world.fault_share = world.fault_share if life < 2 else 0.0
        try:
            if not _live(world, db, number, _settings("auto"), frames, is_forced=False):
                break
        except Killed:
            for piece in ledger.pieces(RUN):
                if piece.state is State.IN_FLIGHT:  # perhaps killed before it was sent
                    for offset in piece.offsets:
                        world.asked.setdefault(phones[piece.batch - 1][offset], world.now)
            _restart(world, chance)
    reasons, details = ends_of(Ledger(db, Path("simulated"), world.clock()), phones)
    db.close()
    return Books(world, reasons, details)


def _populate(world: Account, phones: list[list[str]]) -> None:
    """Other people's contacts, those that are there and those that are to come."""
    chance = world.chance
    share = chance.choice([0.0, 0.3, 0.6])
    if world.updates and chance.random() < 0.4:  # all of it was imported before
        share, at = 0.0, START - 10 ** chance.uniform(2, 6)
        world.others += [(at, phone) for batch in phones for phone in batch]
    for phone in (phone for batch in phones for phone in batch):
        if chance.random() < share:
            before = START - BOUND_S - 10 ** chance.uniform(-1, 6)
            world.others.append((chance.choice([before, before, START + chance.uniform(0, 600)]), phone))
    world.others += [(START - 10 ** chance.uniform(0, 6), f"+44{n}") for n in range(chance.randint(0, 6))]
    world._catch_up()


def _restart(world: Account, chance: random.Random) -> None:
    """The process is started anew; the machine, too, or it slept, and its clock was set."""
    world.now += (gap := chance.choice([0.5, 10.0, 617.0, 5000.0]))
    world.doubted = world.now
    if chance.random() < 0.4:
        world.boot += "+"
        world.monotonic.offset = -world.now
        world.wall.offset += chance.choice([0.0, 0.0, 0.5, -2.0, 4.0, 3600.0, -3600.0])
    elif chance.random() < 0.1:
        world.monotonic.offset -= gap


@dataclass
class Outcome:
    """Many episodes: what was claimed, by the kind of account, and what was wrong."""

    episodes: int = 0
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    broken: Counter[str] = field(default_factory=Counter)
    first: dict[str, int | str] = field(default_factory=dict)

    def table(self) -> str:
        """For each kind of account, how many contacts that were found are certain, and how many are present."""
        lines = []
        for name, ends in sorted(self.kinds.items()):
            share = ends["certain"] / max(ends["certain"] + ends["present"], 1)
            lines.append(f"{name:42} {ends['certain']:8,} certain {ends['present']:8,} present {share:6.1%}")
        return "\n".join(lines)

    def __str__(self) -> str:
        wrong = ", ".join(f"{rule} {count} (seed {self.first[rule]})" for rule, count in self.broken.items())
        total: Counter[str] = sum(self.kinds.values(), Counter())
        return (
            f"{self.episodes:,} episodes, {total['certain']:,} contacts certain, {total['present']:,} present, "
            f"{total['of others in the window']:,} of others in the window: {wrong or '0 false'}"
        )


def play(seeds: Iterable[int | str], until: Callable[[Outcome], bool] = lambda _: False) -> Outcome:
    """Episodes with these seeds, until there were enough."""
    outcome = Outcome()
    with simulated():
        for seed in seeds:
            books = episode(seed)
            ends, wrongs = books.tally()
            outcome.episodes += 1
            outcome.kinds.setdefault(books.world.kind.name, Counter()).update(ends)
            for wrong in wrongs:
                outcome.broken[wrong] += 1
                outcome.first.setdefault(wrong, seed)
            if until(outcome):
                break
    return outcome


def main() -> None:
    """Play episodes; ends with 1 where a claim was false."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("episodes", type=int, nargs="?", default=2_000, help="how many (default 2,000)")
    parser.add_argument("--seed", type=int, default=0, help="of the first (default 0)")
    options = parser.parse_args()
    outcome = play(range(options.seed, options.seed + options.episodes))
    sys.stdout.write(f"{outcome.table()}\n{outcome}\n")
    sys.exit(bool(outcome.broken))


if __name__ == "__main__":
    main()
