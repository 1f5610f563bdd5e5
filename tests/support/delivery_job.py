"""One run's delivery over real sockets and a real ledger, and what several tests of it share."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

from importer.delivery import Delivery, DeliveryEnd, Ledger
from importer.delivery.channel import Books
from importer.delivery.clock import Clock
from importer.delivery.ledger.capabilities import remember
from importer.delivery.ledger.records import Attempt, Intent
from importer.delivery.pieces import Piece
from importer.delivery.verification import verify
from importer.models.number_set import NumberSet
from importer.models.watching import Silence, Stop, Watch
from importer.settings.settings import load_settings
from importer.system.machine import boot_id
from importer.targets import open_target
from tests.support.faultserver import Act, Call, FaultServer, documented

ROWS = 20
PHONES = pl.Series("phone", ["+14155550100", "+14155550101", "+14155550102"])


def batch(number: int, rows: int = ROWS) -> pl.DataFrame:
    """Batch ``number``'s contacts; the numbers of two batches differ."""
    phones = [f"+1{4155550000 + number * 1000 + n}" for n in range(rows)]
    return pl.DataFrame({"phone": phones, "first_name": [f"N{n}" for n in range(rows)]}).with_columns(
        pl.lit(None, pl.String).alias(name) for name in ("last_name", "email", "metadata")
    )


@dataclass
class Job:
    """Everything that one run's delivery needs; ``deliver`` may be called again, as a resumed process would.

    ``people`` differs for runs that send to others: what one run has sent, another one does not send again.
    """

    server: FaultServer
    ledger_path: Path
    batches: int = 3
    rows: int = ROWS
    run_id: str = "run-1"
    people: int = 0
    watch: Watch = field(default_factory=Silence)
    clock: Clock = field(default_factory=lambda: Clock(sleep=lambda _s: None, chance=lambda: 0.0, boot=boot_id()))
    settings: dict[str, Any] = field(default_factory=dict)
    suppressed: list[str] = field(default_factory=list)

    def deliver(
        self, before_wait: Callable[[Delivery], None] = lambda _: None, *, is_forced: bool = False
    ) -> DeliveryEnd:
        with self.opened() as delivery:
            delivery.start()
            for number in range(1, self.batches + 1):
                delivery.offer(number, self.rows)
            delivery.close()
            before_wait(delivery)
            return delivery.wait(is_forced=is_forced)

    @contextmanager
    def opened(self) -> Iterator[Delivery]:
        """The delivery, not started."""
        given = {"base_url": self.server.url, "deadline": 5.0, "quiet_time": 0.0, **self.settings}
        settings = load_settings(given)
        with (
            Ledger.open(self.ledger_path, self.clock, self.watch) as ledger,
            open_target(settings, SecretStr("agl_sk_fictional")) as target,
        ):
            account = ledger.account("https://api.example.com", "fp")
            ledger.begin_run(self.run_id, account)
            yield Delivery(
                ledger=ledger,
                run_id=self.run_id,
                account_id=account,
                target=target,
                settings=settings,
                load=lambda number: batch(number + self.people, self.rows),
                suppressed=NumberSet.of(self.suppressed),
                watch=self.watch,
                clock=self.clock,
            )

    def reasons(self) -> dict[str, int]:
        """How many contacts have each reason; ``not-sent`` for those of which nothing is known."""
        with Ledger.open(self.ledger_path) as ledger:
            batches, rows = ledger.batch_results(self.run_id), ledger.row_results(self.run_id)
        counts: Counter[str] = Counter(rows["reason"].cast(pl.String).to_list())
        named = dict(rows.group_by("batch").len().iter_rows())
        for number in range(1, self.batches + 1):
            whole = batches.filter(pl.col("batch") == number)
            reason = (whole["reason"].cast(pl.String).to_list() or [None])[0]
            counts[reason or "not-sent"] += self.rows - named.get(number, 0)
        return {reason: count for reason, count in sorted(counts.items()) if count}

    def claimed(self) -> set[str]:
        """The numbers that are said to be in the account."""
        with Ledger.open(self.ledger_path) as ledger:
            batches, rows = ledger.batch_results(self.run_id), ledger.row_results(self.run_id)
        there = ("confirmed", "present", "skipped-by-api")
        claimed = set()
        for number in range(1, self.batches + 1):
            numbers = batch(number + self.people, self.rows)["phone"].to_list()
            own = dict(rows.filter(pl.col("batch") == number).select("offset", pl.col("reason").cast(pl.String)).rows())
            whole = batches.filter(pl.col("batch") == number)["reason"].cast(pl.String).to_list() or [None]
            claimed |= {phone for at, phone in enumerate(numbers) if own.get(at, whole[0]) in there}
        return claimed


class FakeTime:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_770_638_407.125
        self.slept = 0.0

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.sleep, lambda: 0.0, "boot")

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def poisoned(*offsets: int, names: bool) -> Act:
    """Refuse a whole request that holds one of batch 1's contacts at ``offsets``, naming it or not."""
    bad = set(batch(1)["phone"].gather(list(offsets)).to_list())

    def act(server: FaultServer, call: Call) -> None:
        found = [contact["phone"] for contact in call.contacts() if contact["phone"] in bad]
        if found:
            errors = [{"phone": phone, "message": "invalid"} for phone in found] if names else []
            call.answer(422, {"success": False, "error": "a contact is invalid", "errors": errors})
        else:
            documented(server, call)

    return act


@dataclass
class Notes(Silence):
    """Keeps what a run tells."""

    told: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.told.append(text)


def told(job: Job) -> str:
    """What a run has told, as one text."""
    assert isinstance(job.watch, Notes)
    return "\n".join(job.watch.told)


def began(ledger: Ledger, piece: Piece | None = None, per_hour: int = 900) -> Attempt:
    """A request of ``run-1`` whose intent is written."""
    account = ledger.account("https://api.example.com", "fp")
    ledger.begin_run("run-1", account)
    intent = Intent(piece or Piece(1, range(3)), PHONES, b"{}")
    attempt = ledger.begin(account, "run-1", "bulk", per_hour=per_hour, intent=intent)
    assert isinstance(attempt, Attempt)
    return attempt


def verified(
    job: Job,
    *,
    control: str | None = None,
    confirm: Callable[[str], None] = lambda _: None,
    stop: Stop | None = None,
) -> DeliveryEnd:
    """``importer verify`` as far as delivery goes."""
    settings = load_settings({"base_url": job.server.url, "deadline": 5.0, "quiet_time": 0.0, **job.settings})
    key = SecretStr("agl_sk_fictional")
    with Ledger.open(job.ledger_path, job.clock) as ledger, open_target(settings, key) as target:
        books = Books(ledger, job.run_id, ledger.account("https://api.example.com", "fp"))
        return verify(
            books,
            target,
            settings,
            job.watch,
            Stop() if stop is None else stop,
            control=control,
            confirm=confirm,
            clock=job.clock,
        )


def prove(job: Job, **proven: str) -> None:
    """What a write check saw of the account."""
    with Ledger.open(job.ledger_path) as ledger:
        known = {name.replace("_", " "): value for name, value in proven.items()}
        remember(ledger, ledger.account("https://api.example.com", "fp"), known, 0.0)
