"""Every combination of what an API may do: ``python -m tests.torture.combinations``.

Error shape × index base × what ``skipped`` counts × duplicate rule × invalid rule × fault of the sandbox. Each is one
run of three batches through the product's delivery and the sandbox's own operations, in one process and with a clock of
their own, stopped and resumed where the run asks for it. Four invariants must hold each time: every contact has one
end; the account has no second copy that the run made; nothing called imported or present is missing there, and nothing
called errored was made; the run ends with a documented exit code.
"""

import argparse
import itertools
import random
import sys
import tempfile
import typing
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from pathlib import Path

import polars as pl

from importer.delivery.clock import Clock
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.results import end_of
from importer.models.outcomes import Reason
from importer.models.watching import Silence
from importer.sandbox import operations
from importer.sandbox.answers import Answer, html_answer, refusal
from importer.sandbox.behaviour import Behaviour, Fault, FaultKind
from importer.sandbox.store import Fields, Store
from importer.settings.settings import load_settings
from importer.targets import Exchange
from importer.targets.voxpria import Voxpria
from tests.support.simulation import RUN, START, Straight, simulated, store_of_ledger

_HINTS = typing.get_type_hints(Behaviour)
SWITCHES = ("error_shape", "index_base", "skipped_counts", "on_duplicate", "on_invalid")
FAULTS: tuple[FaultKind | None, ...] = (None, *typing.get_args(FaultKind))
Combination = tuple[str, ...]
BATCHES, ROWS = 3, 6
_EXIT_CODES = (0, 4, 6)


def combinations() -> Iterator[tuple[Behaviour, FaultKind | None]]:
    """All of them."""
    values = [typing.get_args(_HINTS[switch]) for switch in SWITCHES]
    for chosen in itertools.product(*values, FAULTS):
        *switches, fault = chosen
        faults = (Fault(2, 2, fault),) if fault else ()
        given = dict(zip(SWITCHES, switches, strict=True))
        yield Behaviour(metadata="texts-only", page_cap=5, faults=faults, **given), fault


@dataclass
class Line:
    """A wire that ends in the sandbox's operations, with a clock that moves when somebody waits."""

    store: Store
    behaviour: Behaviour
    now: float = START
    bulk: int = 0
    late: list[tuple[float, bytes]] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.sleep, lambda: 0.5, "boot")

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.001)
        for at, body in self.late:
            if at <= self.now:
                operations.create_many(self.store, self.behaviour, body)
        self.late = [(at, body) for at, body in self.late if at > self.now]

    def exchange(
        self,
        method: str,
        path: str,  # noqa: ARG002 - a wire's signature
        *,
        params: Mapping[str, int] | None = None,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
        body: bytes = b"",
    ) -> Exchange:
        """One request and its answer, at the sandbox's word."""
        self.sleep(0.1)
        if method == "GET":
            query = {name: str(value) for name, value in (params or {}).items()}
            return self._told(operations.list_contacts(self.store, self.behaviour, query))
        self.bulk += 1
        fault = self.behaviour.fault_at(self.bulk)
        return self._fail(fault, body) if fault else self._told(self._carry_out(body))

    def _carry_out(self, body: bytes, *, is_cut_short: bool = False) -> Answer:
        return operations.create_many(self.store, self.behaviour, body, is_cut_short=is_cut_short)

    def _fail(self, fault: FaultKind, body: bytes) -> Exchange:  # noqa: C901 - one branch a fault
        """As ``importer.sandbox.application`` does it."""
        answer = refusal(self.behaviour, 500, "internal_error", "internal error")
        match fault:
            case "429":
                answer = Answer(429, b"", headers={"Retry-After": "2"})
            case "401":
                answer = refusal(self.behaviour, 401, "unauthorized", "the API key was revoked")
            case "502-html":
                answer = html_answer(502, "502 Bad Gateway")
            case "503":
                answer = Answer(503, b"", headers={"Retry-After": "2"})
            case "504-after-commit":
                self._carry_out(body)
                answer = html_answer(504, "504 Gateway Time-out")
            case "504-late-commit":
                self.late.append((self.now + 60, body))
                answer = html_answer(504, "504 Gateway Time-out")
            case "half-committed":
                self._carry_out(body, is_cut_short=True)
            case "reset-before-commit" | "reset-after-commit":
                if fault == "reset-after-commit":
                    self._carry_out(body)
                return Exchange(is_begun=True, is_handed_over=True, trouble="reset")
            case "truncated-json":
                whole = self._carry_out(body)
                answer = Answer(whole.status, whole.body[: len(whole.body) // 2])
        return self._told(answer)

    def _told(self, answer: Answer) -> Exchange:
        headers = {name.lower(): value for name, value in answer.headers.items()} | {"date": formatdate(self.now)}
        return Exchange(answer.status, headers, answer.body, is_whole=True, is_begun=True, is_handed_over=True)

    def hurry(self, seconds: float) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing to close."""


@cache
def frame(batch: int) -> pl.DataFrame:
    """A batch: in the first two, one contact has metadata that the API does not take."""
    phones = [f"+1{2025550000 + 100 * batch + n}" for n in range(ROWS)]
    metadata = ['{"size":7}' if batch < BATCHES and n == 2 else "" for n in range(ROWS)]
    names = [f"Name {n}" for n in range(ROWS)]
    return pl.DataFrame(
        {"phone": phones, "first_name": names, "last_name": names, "email": [""] * ROWS, "metadata": metadata}
    )


def wrongs(behaviour: Behaviour, store: Store) -> list[str]:
    """Which invariants a run under this behaviour breaks."""
    store._db.execute("DELETE FROM contacts")
    line = Line(store, behaviour)
    store._clock = lambda: line.now - 10 * 86_400
    before = {frame(batch)["phone"][4] for batch in (1, 2)}
    with store.transaction():
        store.add([Fields(phone) for phone in sorted(before)])
    store._clock = lambda: line.now
    db = store_of_ledger()
    ledger = Ledger(db, Path("simulated"), line.clock())
    account = ledger.account("simulated", "fp")
    ledger.begin_run(RUN, account)
    settings = load_settings({"quiet_time": 100, "max_wait": 1e9})
    broken = []
    for _ in range(3):
        delivery = Straight(
            ledger=ledger,
            run_id=RUN,
            account_id=account,
            target=Voxpria("simulated", line),  # type: ignore[arg-type]  # a wire of another kind
            settings=settings,
            load=frame,
            watch=Silence(),
            clock=line.clock(),
        )
        for number in range(1, BATCHES + 1):
            delivery.offer(number, ROWS)
        delivery.close()
        end = delivery.wait()
        if end.exit_code not in _EXIT_CODES:
            broken.append("I4: an exit code that is not documented")
    line.sleep(1000)
    broken += _compare(ledger, store, before)
    db.close()
    return broken


def _compare(ledger: Ledger, store: Store, before: set[str]) -> list[str]:
    held = Counter(contact.phone for contact in store.contacts())
    ends: dict[str, list[Reason | None]] = {phone: [] for batch in (1, 2, 3) for phone in frame(batch)["phone"]}
    for piece in ledger.pieces(RUN):
        named = {contact.offset: contact.reason for contact in piece.named}
        for offset in piece.offsets:
            ends[frame(piece.batch)["phone"][offset]].append(named.get(offset, end_of(piece)[0]))
    broken = []
    for phone, reasons in ends.items():
        ours = held[phone] - (phone in before)
        reason = reasons[0] if reasons else None
        if len(reasons) != 1 or reason is None:
            broken.append("I1: not one end")
        if ours > 1:
            broken.append("I2: a second copy")
        if reason in (Reason.CONFIRMED, Reason.PRESENT) and not held[phone]:
            broken.append("I3: called imported or present and is not there")
        if reason is Reason.REJECTED_BY_API and ours > 0:
            broken.append("I3: called errored and was made")
    return broken


@dataclass
class Outcome:
    """What came of many combinations."""

    number: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        words = ", ".join(f"{rule} {count} ({self.first[rule]})" for rule, count in self.broken.items())
        return f"{self.number:,} combinations: {words or '0 broken'}"


def play(chosen: Sequence[tuple[Behaviour, FaultKind | None]]) -> Outcome:
    """Run these combinations."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder, simulated():
        store = Store(Path(folder) / "api.sqlite")
        for behaviour, fault in chosen:
            outcome.number += 1
            for wrong in set(wrongs(behaviour, store)):
                outcome.broken[wrong] += 1
                told = " ".join(f"{switch}={getattr(behaviour, switch)}" for switch in SWITCHES)
                outcome.first.setdefault(wrong, f"{told} fault={fault}")
        store.close()
    return outcome


def sample(count: int, seed: int) -> Outcome:
    """Some of them, by chance."""
    return play(random.Random(seed).sample(list(combinations()), count))  # noqa: S311


def main() -> None:
    """Run all, or a sample; ends with 1 where an invariant is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="only so many, by chance")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default 0)")
    options = parser.parse_args()
    outcome = sample(options.sample, options.seed) if options.sample else play(list(combinations()))
    print(outcome)
    sys.exit(bool(outcome.broken))


if __name__ == "__main__":
    main()
