"""Requests within an API's limit, hours of them: ``python -m tests.torture.limits`` prints how the engine keeps to it.

The API allows so many requests in any hour. In the middle of the second hour's requests another client uses up the key
for 25 minutes; when that is over is told in one of many forms, and our clock is right, a day off, or set by a day while
the engine waits.
"""

import argparse
import itertools
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from importer.delivery.clock import Clock
from importer.delivery.ledger.ledger import Ledger
from importer.settings.settings import load_settings
from importer.targets import Exchange
from tests.support.simulation import RUN, START, World, _answer, deliver, frame_of, simulated, store_of_ledger

_DAY_S, _HOUR_S = 86_400.0, 3600.0
_TAKEN_S = 1500
_SET_AFTER_S = 30.0
_HTTP: Callable[[float], str] = lambda moment: format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)  # noqa: E731

TELLING: dict[str, Callable[[float, float], dict[str, str]]] = {
    "Retry-After": lambda reset, now: {"retry-after": f"{reset - int(now):.0f}"},
    "epoch seconds": lambda reset, _: {"x-ratelimit-reset": f"{reset:.0f}"},
    "epoch milliseconds": lambda reset, _: {"x-ratelimit-reset": f"{reset * 1000:.0f}"},
    "seconds": lambda reset, now: {"x-ratelimit-reset": f"{reset - int(now):.0f}"},
    "HTTP date": lambda reset, _: {"x-ratelimit-reset": _HTTP(reset)},
    "ISO date": lambda reset, _: {"x-ratelimit-reset": datetime.fromtimestamp(reset, UTC).isoformat()},
}
UNTELLING: dict[str, Callable[[float, float], dict[str, str]]] = {
    "absent": lambda _, __: {},
    "negative": lambda _, __: {"x-ratelimit-reset": "-5"},
    "in ten years": lambda reset, _: {"x-ratelimit-reset": f"{reset + 3650 * _DAY_S:.0f}"},
}
FORMS = {**TELLING, **UNTELLING}
CLOCKS = {
    "right": (0.0, 0.0),
    "a day ahead": (_DAY_S, _DAY_S),
    "a day behind": (-_DAY_S, -_DAY_S),
    "set a day ahead": (0.0, _DAY_S),
    "set back a day": (0.0, -_DAY_S),
}
"""How far our clock is from the API's, before and after it is set."""


@dataclass
class Limited(World):
    """An API with a limit in any hour; notes when requests came and what became of them."""

    limit: int = 0
    form: str = ""
    offsets: tuple[float, float] = (0.0, 0.0)
    taken_at: int = 0
    reset: float = 0.0
    served: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    self_inflicted: int = 0

    def clock(self) -> Clock:
        return Clock(self._wall, lambda: self.now, self.sleep, self.chance.random, "boot")

    def _wall(self) -> float:
        is_set = bool(self.reset) and self.now > self.reset - _TAKEN_S + _SET_AFTER_S
        return self.now + self.offsets[is_set]

    def send(self, body: bytes, idempotency_key: str) -> Exchange:
        if len(self.served) == self.taken_at and not self.reset:
            self.reset = int(self.now) + _TAKEN_S
        if self.now < self.reset:
            self.refused.append(self.now)
            return self._refuse(self.reset)
        lately = [moment for moment in self.served[-self.limit :] if moment > self.now - _HOUR_S]
        if len(lately) >= self.limit:
            self.self_inflicted += 1
            return self._refuse(lately[0] + _HOUR_S)
        self.served.append(self.now)
        return super().send(body, idempotency_key)

    def _refuse(self, until: float) -> Exchange:
        return _answer(429, b"", {"date": _HTTP(self.now), **FORMS[self.form](until, self.now)})


@dataclass(frozen=True, slots=True)
class Kept:
    """How the limit was kept.

    Requests refused because of ourselves, and before the moment that was told; seconds from that moment to the next
    request; whether all was sent.
    """

    self_inflicted: int
    early: int
    late_s: float
    requests: int
    hours: float
    is_whole: bool


def keep(form: str, clock: str, limit: int) -> Kept:
    """Send for more than three hours with 90 % of the limit as our pace."""
    pace = limit * 9 // 10
    frames = [frame_of((f"+1{2025550000 + number}",)) for number in range(pace * 7 // 2)]
    world = Limited(
        random.Random(f"{form}/{clock}"),  # noqa: S311 - a schedule
        *("second", "good", "refuse", "apart"),
        newest_first=True, has_total=True, fault_share=0, poison=set(),
        limit=limit, form=form, offsets=CLOCKS[clock], taken_at=pace * 3 // 2,
    )  # fmt: skip
    db = store_of_ledger()
    ledger = Ledger(db, Path("simulated"), world.clock())
    account = ledger.account("simulated", "fp")
    ledger.begin_run(RUN, account)
    settings = load_settings({"requests_per_hour": pace, "max_wait": 2 * _HOUR_S})
    end = deliver(world, ledger, account, settings, frames)
    db.close()
    after = next((moment for moment in world.served if moment >= world.reset), float("inf"))
    return Kept(
        world.self_inflicted,
        len(world.refused) - 1,
        after - world.reset,
        len(world.served) + len(world.refused),
        (world.now - START) / _HOUR_S,
        end.reason is None and len(world.contacts) == len(frames),
    )


def wrong(form: str, kept: Kept) -> str:
    """What is not as it should be; empty if nothing.

    Where the API does not tell when to come back, tries after 1, 2, 4 … minutes are what can be done.
    """
    if kept.self_inflicted:
        return f"{kept.self_inflicted} refusals of our own making"
    if not kept.is_whole or kept.hours < 3:
        return f"ended after {kept.hours:.1f} h, all sent: {kept.is_whole}"
    if form in TELLING:
        return "" if kept.early == 0 and kept.late_s <= 60 else f"{kept.early} early, {kept.late_s:.0f} s late"
    return "" if kept.early <= 5 and kept.late_s <= _HOUR_S else f"{kept.early} early, {kept.late_s:.0f} s late"


def report(limit: int = 1000) -> str:
    """All forms and clocks; raises where one is not kept."""
    told: list[Kept] = []
    untold: list[Kept] = []
    with simulated():
        for form, clock in itertools.product(FORMS, CLOCKS):
            kept = keep(form, clock, limit)
            complaint = wrong(form, kept)
            assert not complaint, f"{form}, clock {clock}: {complaint}"
            (told if form in TELLING else untold).append(kept)
    return (
        f"{len(told) + len(untold)} times over 3 h at {limit:,} requests an hour ({len(FORMS)} forms of the reset, "
        f"{len(CLOCKS)} clocks), {sum(kept.requests for kept in told + untold):,} requests: 0 refusals of our own "
        f"making; where the reset is told 0 requests before it, at most {max(kept.late_s for kept in told):.0f} s "
        f"late; where not, at most {max(kept.early for kept in untold)} in 25 min"
    )


def main() -> None:
    """Print the account; an assertion fails where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=1000, help="requests that the API allows an hour (default 1,000)")
    sys.stdout.write(f"{report(parser.parse_args().limit)}\n")


if __name__ == "__main__":
    main()
