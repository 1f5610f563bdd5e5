"""Outages and refused batches in simulated time: ``python -m tests.torture.outages`` prints what they take.

An outage begins in the middle of a run and ends after an hour or a day: nobody is there, uploads break off, requests
are answered with 503, lost after some of their contacts were created, or hang until the deadline. A refused batch has
10,000 contacts of which the API takes none while it holds one of ``k`` that are never named.
"""

import random
import statistics
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import polars as pl

from importer.delivery import DeliveryEnd, sending
from importer.delivery import decisions as machine
from importer.delivery.ledger.ledger import Ledger
from importer.models.outcomes import Reason
from importer.settings.settings import load_settings
from importer.targets import Exchange
from tests.support.simulation import RUN, World, _answer, deliver, ends_of, frame_of, simulated, store_of_ledger

HOUR_S, DAY_S = 3600.0, 86_400.0
MOST_REQUESTS = {HOUR_S: 20, DAY_S: 110}
RESUMES_WITHIN_S = 900.0
MOST_LOAD = 1.10
KINDS = ("nobody there", "upload cut", "503", "lost", "hangs")
MOST_FOR_CULPRITS = {1: 29, 5: 125}
_DEADLINE_S = 120.0
_CAP = 150


@dataclass
class Troubled(World):
    """An API with one outage after so many bulk requests; for ever where ``lasts_s`` is 0 and bulk requests alone."""

    kind: str = ""
    lasts_s: float = 0.0
    after: int = 0
    began: float = 0.0
    bulk: int = 0
    during: int = 0
    doubts: int = 0
    resumed_at: float = 0.0

    @property
    def is_out(self) -> bool:
        """Whether the outage is on; the first request that meets it begins it."""
        if self.bulk >= self.after and not self.began:
            self.began = self.now
        return bool(self.began) and (not self.lasts_s or self.now < self.began + self.lasts_s)

    def send(self, body: bytes, idempotency_key: str) -> Exchange:
        if self.kind and self.is_out:
            self.during += 1
            exchange = self._break(body)
            self.doubts += exchange.is_handed_over
            return exchange
        self.bulk += 1
        self._note_success()
        return super().send(body, idempotency_key)

    def fetch_page(self, page: int, limit: int) -> Exchange:
        if self.kind and self.lasts_s and self.is_out:
            self.during += 1
            return self._break(b"[]")
        self._note_success()
        return super().fetch_page(page, limit)

    def _note_success(self) -> None:
        if self.began and not self.resumed_at:
            self.resumed_at = self.now

    def _break(self, body: bytes) -> Exchange:
        match self.kind:
            case "nobody there":
                return Exchange(trouble="refused")
            case "upload cut":
                return Exchange(is_begun=True, trouble="reset")
            case "503":
                return _answer(503, b"", {"retry-after": "1"})
            case "lost":
                return self._lose("lost", frame_phones(body))
        self.now += _DEADLINE_S
        return Exchange(is_begun=True, is_handed_over=True, trouble="no complete answer in time", seconds=_DEADLINE_S)


def frame_phones(body: bytes) -> list[str]:
    """The numbers that a body holds."""
    return [text.strip('"[] ') for text in body.decode().split(",") if text.strip('"[] ')]


@dataclass
class Ridden:
    """A run through an outage, and what was wrong with it.

    Attributes:
        load: requests during the outage and batches sent again, beside what the run's pace allows in that time; 1 is a
            run without an outage. Pages of read-back are not in it.
    """

    during: int
    requests: int
    resumed_after_s: float
    doubts: int
    unconfirmed: int
    load: float
    wrongs: list[str] = field(default_factory=list)


def ride_out(kind: str, lasts_s: float, seed: int = 0, batches: int = 200) -> Ridden:
    """A run with an outage in its middle; with ``lasts_s`` 0, bulk requests fail for ever while the list works."""
    frames = [frame_of((f"+1{2025550000 + number}",)) for number in range(batches)]
    world = a_world(seed, set(), kind=kind, lasts_s=lasts_s, after=batches // 2)
    end, reasons = _run(world, frames, {"max_wait": 2 * DAY_S, "quiet_time": 240.0, "verify_requests": 10**4})
    pace = load_settings({}).requests_per_hour * lasts_s / HOUR_S
    ridden = Ridden(
        world.during,
        world.requests + world.during,
        world.resumed_at - world.began - lasts_s,
        world.doubts,
        sum(reason is Reason.REPLY_LOST for reason in reasons.values()),
        1 + (world.during + world.bulk - batches) / pace if pace else 1.0,
    )
    if lasts_s:
        ridden.wrongs = _wrongs(world, ridden, end, batches)
    elif world.doubts > 3 or end.reason != "unavailable":
        ridden.wrongs = [f"{world.doubts} doubts, ended with {end}"]
    return ridden


def _wrongs(world: Troubled, ridden: Ridden, end: DeliveryEnd, batches: int) -> list[str]:
    phones = [held.phone for held in world.contacts]
    return [
        words
        for words, is_wrong in [
            (f"ended with {end}", end.reason is not None),
            (f"{ridden.during} requests", ridden.during > MOST_REQUESTS[world.lasts_s]),
            (f"resumed after {ridden.resumed_after_s:.0f} s", ridden.resumed_after_s > RESUMES_WITHIN_S),
            (f"{ridden.doubts} in doubt", ridden.doubts > 1),
            (f"{ridden.load:.2f} times the load", ridden.load > MOST_LOAD),
            (f"{ridden.unconfirmed} unconfirmed", ridden.unconfirmed > 0),
            (f"{len(phones)} contacts, {len(set(phones))} numbers", not len(phones) == len(set(phones)) == batches),
        ]
        if is_wrong
    ]


@dataclass(frozen=True, slots=True)
class Search:
    """What a refused batch took: requests, contacts called errored, and whether the run said that it had to stop."""

    requests: int
    errored: int
    is_ended: bool


def look_for(culprits: int, seed: int, rows: int = 10_000) -> Search:
    """Send one batch with so many contacts that the API refuses without naming them."""
    frame = frame_of(tuple(f"+1{2025550000 + n}" for n in range(rows)))
    chance = random.Random(f"{culprits}/{seed}")  # noqa: S311 - a schedule
    poison = set(chance.sample(frame["phone"].to_list(), culprits))
    world = a_world(seed, poison, kind="")
    notes: list[int] = []
    said = sending.Sender._note_search

    def note(self: sending.Sender, batch: int, decision: machine.Decision) -> None:
        notes.append(batch)
        said(self, batch, decision)

    with patch.object(sending.Sender, "_note_search", note):
        end, reasons = _run(world, [frame], {"requests_per_hour": 10**6})
    errored = {phone for phone, reason in reasons.items() if reason is Reason.REJECTED_BY_API}
    there = {phone for phone, reason in reasons.items() if reason is Reason.CONFIRMED}
    assert end.reason is None, end
    assert poison <= errored
    assert there == {held.phone for held in world.contacts}
    assert len(errored) + len(there) == rows
    return Search(world.bulk, len(errored), bool(notes))


def a_world(seed: int, poison: set[str], *, kind: str, lasts_s: float = 0.0, after: int = 10**9) -> Troubled:
    """An API that keeps second copies and shows its whole list."""
    return Troubled(
        random.Random(seed),  # noqa: S311 - a schedule
        *("second", "good", "refuse", "apart"),
        newest_first=True, has_total=True, fault_share=0, poison=poison, tells_date=True,
        kind=kind, lasts_s=lasts_s, after=after,
    )  # fmt: skip


def _run(
    world: Troubled, frames: list[pl.DataFrame], settings: Mapping[str, float]
) -> tuple[DeliveryEnd, dict[str, Reason | None]]:
    db = store_of_ledger()
    with simulated():
        ledger = Ledger(db, Path("simulated"), world.clock())
        account = ledger.account("simulated", "fp")
        ledger.begin_run(RUN, account)
        end = deliver(world, ledger, account, load_settings(dict(settings)), frames)
        reasons, _ = ends_of(ledger, [frame["phone"].to_list() for frame in frames])
    db.close()
    return end, reasons


def report_outages(seeds: Iterable[int] = range(20)) -> str:
    """Every kind and length; raises where one is not ridden out as it should be."""
    told = []
    for lasts_s in (HOUR_S, DAY_S):
        ridden = [ride_out(kind, lasts_s, seed) for kind in KINDS for seed in seeds]
        wrongs = [wrong for each in ridden for wrong in each.wrongs]
        assert not wrongs, wrongs[:5]
        told.append(
            f"{lasts_s / HOUR_S:.0f} h: at most {max(each.during for each in ridden)} requests, "
            f"{max(each.load for each in ridden):.3f} times the load, goes on after at most "
            f"{max(each.resumed_after_s for each in ridden):.0f} s, at most {max(each.doubts for each in ridden)} "
            f"batch in doubt, {sum(each.unconfirmed for each in ridden)} contacts unconfirmed"
        )
    sick = [ride_out(kind, 0.0, seed) for kind in ("503", "lost", "hangs") for seed in seeds]
    assert not any(each.wrongs for each in sick)
    return f"{'; '.join(told)}; where bulk requests alone fail: at most {max(each.doubts for each in sick)} in doubt"


def report_searches(tries: int = 10) -> str:
    """Refused batches with 1 to 50 culprits; raises where one takes too many requests."""
    told = []
    for culprits in (1, 2, 5, 10, 50):
        done = [look_for(culprits, seed) for seed in range(tries)]
        most = max(search.requests for search in done)
        assert most <= MOST_FOR_CULPRITS.get(culprits, _CAP), f"{culprits} culprits: {most} requests"
        assert all(search.is_ended or search.errored == culprits for search in done)
        cut = sum(search.is_ended for search in done)
        told.append(
            f"{culprits}: {statistics.median(search.requests for search in done):.0f} requests, at most {most}"
            + (f", {cut} of {tries} ended and said so" if cut else "")
        )
    return f"10,000 contacts, so many refused: {'; '.join(told)}"


def main() -> None:
    """Print both accounts; an assertion fails where a figure is missed."""
    sys.stdout.write(f"{report_outages()}\n{report_searches()}\n")


if __name__ == "__main__":
    main()
