"""Numbers that come to suppression lists while runs are stopped: ``python -m tests.torture.suppressed 1000``.

In each episode a run is stopped or killed in the middle, gone on with, corrected, and corrected again, by commands that
chance chooses; between them numbers come to its lists and leave them. The server reads every request whole, whatever it
answers, and notes each number: none may be on a list of the run when the command begins, or have been on one when an
earlier command of the run read it. A row that a run keeps back must not tell of a contact that the run itself made.

Each command is a process of its own, forked by a helper that has everything loaded.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from importer.stages.suppress import ON_LIST
from tests.support.faultserver import Act, Call, FaultServer, after_applying, documented, reset, says
from tests.torture.kills import Forker, side_by_side

ROWS = 24
_LISTS = ("dnc.csv", "more.csv")
_LATE = 8
"""Rows whose number is wrong at first."""
_POINTS = (
    "before an intent",
    "after an intent",
    "after a request",
    "before an outcome",
    "after parted",
    "before the books",
)
_NOTHING_TO_DO = "is complete: there was nothing to do"
_LONG_AGO = "2025-02-09T12:00:00.000+00:00"


@dataclass
class Tally:
    """What came of the episodes."""

    episodes: int = 0
    sent: int = 0
    false_claims: int = 0
    doubled: int = 0
    unbalanced: int = 0
    kept_back: int = 0
    added: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        commands = ", ".join(f"{count} {name}" for name, count in self.commands.most_common())
        ends = ", ".join(f"{count} {name}" for name, count in self.ends.most_common())
        words = (
            f"{self.episodes} episodes, {self.commands.total()} commands ({commands}; {ends}), {self.added:,} numbers "
            f"added to lists: {self.sent} of them sent, {self.kept_back:,} rows kept back by them; "
            f"{self.false_claims} kept back though they were there, {self.doubled} contacts doubled, "
            f"{self.unbalanced} runs out of balance"
        )
        return "\n".join([*self.broken, words])


@dataclass
class NotingServer(FaultServer):
    """Notes the numbers that reach it, and can end the process that sends them.

    Attributes:
        received: numbers in requests that create or change a contact.
        process: whose requests come in; ``ends_by`` is sent to it when the ``ends_at``-th of them does.
    """

    received: set[str] = field(default_factory=set)
    process: int = 0
    ends_by: signal.Signals = signal.SIGKILL
    ends_at: int = 0

    def _act(self, call: Call) -> Act:
        act = super()._act(call) if call.method != "PUT" else updated

        def noting(server: FaultServer, call: Call) -> None:
            if call.method == "POST":
                self.received |= {contact["phone"] for contact in call.contacts()}
            elif call.method == "PUT":
                self.received |= {c["phone"] for c in self.contacts if call.path.endswith(c["contactId"])}
            if call.method != "GET":
                self._end_sender()
            act(server, call)

        return noting

    def _end_sender(self) -> None:
        self.ends_at -= 1
        if self.ends_at == 0:
            while not self.process:
                time.sleep(0.001)
            os.kill(self.process, self.ends_by)


def updated(server: FaultServer, call: Call) -> None:
    """A contact has the fields that the request names."""
    fields = json.loads(call.body())
    for contact in server.contacts:
        if call.path.endswith(contact["contactId"]):
            contact.update(fields)
    call.answer(200, {"success": True}, Date=server.date())


@dataclass
class Run:
    """What the truth knows of a run: its lists, the numbers that it read in them, and the contacts that it made."""

    lists: set[str]
    forbidden: set[str]
    made: set[str] = field(default_factory=set)


class Episode:
    """One list's fate, from its run to the corrections of its corrections."""

    def __init__(self, forker: Forker, folder: Path, chance: random.Random, tally: Tally) -> None:
        self._forker, self._folder, self._chance, self._tally = forker, folder, chance, tally
        folder.mkdir()
        self._phones = [f"+1{2025550100 + n}" for n in range(ROWS)]
        self._runs: dict[str, Run] = {}
        self._latest, self._known = Run(set(), set()), 0
        self._is_forced = False
        self._on_list: dict[str, set[str]] = {name: set() for name in _LISTS}
        lines = [f"Name {n},{phone},City {n}" for n, phone in enumerate(self._phones)] + ["Name x,12345,City"]
        lines += [f"Late {n},1234{n},City" for n in range(_LATE)]
        (folder / "list.csv").write_text("\n".join(["Name,Phone,City", *lines, ""]), "utf-8")
        for name in _LISTS:
            self._change(name)
        updates, exact, snapshot = (chance.random() < share for share in (0.4, 0.2, 0.2))
        self._options = ["--suppress", "dnc.csv", "--quiet-time", 0, "--batch-size", chance.choice([1, 4, 9, 24])]
        self._options += ["--in-flight", chance.choice([1, 3]), "--keep", chance.choice(["first", "last"])]
        self._options += ["--on-existing", "update"] if updates else []
        self._options += ["--exact"] * exact + ["--snapshot"] * snapshot

    def play(self) -> None:
        """Run, and then whatever chance says."""
        existing = self._chance.sample(self._phones, self._chance.choice([0, 0, 8]))
        server = NotingServer(otherwise=self._faults(), page_cap=1000, skips_existing=self._chance.random() < 0.5)
        server.contacts = [
            {"phone": phone, "firstName": "Old", "contactId": f"old{n}", "createdAt": _LONG_AGO}
            for n, phone in enumerate(existing)
        ]
        self._known = len(server.contacts)
        with server:
            for _ in range(self._chance.randint(2, 5)):
                self._command(server)
                for name in _LISTS:
                    self._change(name)
                if server.skips_existing and self._chance.random() < 0.5:
                    self._prove_skips()
            self._attribute(server)
            self._compare(server)
        self._tally.episodes += 1

    def _faults(self) -> Act:
        chance, poison = random.Random(self._chance.random()), self._chance.choice(self._phones)  # noqa: S311
        lost: list[Act] = [after_applying(share, reset) for share in (0.0, 0.5, 1.0)]

        def sometimes(server: FaultServer, call: Call) -> None:
            contacts = call.contacts()
            if len(contacts) > 3 and chance.random() < 0.2:
                act = says(413)
            elif poison in {contact["phone"] for contact in contacts} and chance.random() < 0.5:
                act = says(400, {"success": False, "error": "a contact is invalid"})
            else:
                act = chance.choice(lost) if chance.random() < 0.2 else documented
            act(server, call)

        return sometimes

    def _command(self, server: NotingServer) -> None:
        """Type one command, and look whether the server got a number that it should not have."""
        self._attribute(server)
        name = self._chance.choice(list(self._runs)) if self._runs else None
        run = self._runs[name] if name else Run({"dnc.csv"}, set())
        kind = self._chance.choice(["resume", "resume", "resume", "repost", "retry"]) if name else "run"
        lists = run.lists | ({"more.csv"} if name and self._chance.random() < 0.3 else set())
        more = ["--suppress", "more.csv"] if lists != run.lists else []
        forbidden = run.forbidden.union(*(self._on_list[one] for one in lists))
        self._is_forced |= kind == "repost"
        kill_at = ""
        server.process, server.ends_at, server.received = 0, 0, set()
        if self._chance.random() < (0.5 if name else 0.9):
            server.ends_by = self._chance.choice([signal.SIGKILL, signal.SIGINT])
            server.ends_at = self._chance.randint(1, 8)
        elif self._chance.random() < 0.3 and not more:
            kill_at = f"{self._chance.choice(_POINTS)}:{self._chance.randint(1, 4)}"
        before = self._folders()
        server.process = self._forker.start(self._folder, *self._arguments(kind, name, server, more), kill_at=kill_at)
        code = self._forker.wait()
        for new in self._folders() - before:
            self._runs[new] = run = Run(lists, forbidden)
        if name and kind != "retry" and (more or _NOTHING_TO_DO not in self._stderr()):
            run.lists, run.forbidden = lists, forbidden
        self._latest = run
        self._tally.commands[kind] += 1
        self._tally.ends["killed" if code < 0 else f"ended with {code}"] += 1
        if wrongly := server.received & forbidden:
            self._tally.sent += len(wrongly)
            self._note(f"{kind}: {len(wrongly)} suppressed numbers were sent")
        if code == 1:
            self._note(self._stderr()[-400:])

    def _attribute(self, server: NotingServer) -> None:
        """Note who made the contacts that are new; a request may be applied after its sender was killed."""
        self._latest.made |= {contact["phone"] for contact in server.contacts[self._known :]}
        self._known = len(server.contacts)

    def _stderr(self) -> str:
        return (self._folder / "stderr").read_text("utf-8")

    def _arguments(self, kind: str, name: str | None, server: NotingServer, more: list[str]) -> list[object]:
        if name is None:
            return ["run", "list.csv", *self._options, "--base-url", server.url]
        if kind == "retry":
            some = self._chance.sample(self._phones, _LATE)
            lines = [f"Late {n},{phone},City,list.csv,{ROWS + 3 + n}" for n, phone in enumerate(some)]
            head = "Name,Phone,City,importer: source,importer: row"
            (self._folder / "fixed.csv").write_text("\n".join([head, *lines, ""]), "utf-8")
            return ["retry", name, "fixed.csv", *more]
        return ["resume", name, *more, *(["--repost-anyway"] if kind == "repost" else [])]

    def _folders(self) -> set[str]:
        return {path.parent.name for path in self._folder.glob("runs/*/run.json")}

    def _change(self, name: str) -> None:
        """Numbers come to a list, in any spelling, and some leave it."""
        added = set(self._chance.sample(self._phones, self._chance.randint(0, 8)))
        gone = {phone for phone in self._on_list[name] if self._chance.random() < 0.2}
        self._tally.added += len(added - self._on_list[name])
        self._on_list[name] = (self._on_list[name] - gone) | added
        spelled = [self._chance.choice([phone, f"001 ({phone[2:5]}) {phone[5:8]}-{phone[8:]}"]) for phone in added]
        kept = sorted(self._on_list[name] - added)
        (self._folder / name).write_text("\n".join(["Phone", "+12025550999", *kept, *spelled, ""]), "utf-8")

    def _prove_skips(self) -> None:
        """As ``doctor --write-check`` does: the same contacts may be sent again after a lost answer."""
        ledger = self._folder / "runs" / "ledger.sqlite"
        if ledger.exists():
            with sqlite3.connect(ledger) as db:
                db.execute("INSERT OR REPLACE INTO capabilities SELECT id, 'duplicates', 'skip', 0.0 FROM accounts")
            db.close()

    def _compare(self, server: NotingServer) -> None:
        made = Counter(one["phone"] for one in server.contacts if not one["contactId"].startswith("old"))
        for name, run in self._runs.items():
            folder = self._folder / "runs" / name
            with suppress(FileNotFoundError):  # killed before its books
                summary = json.loads((folder / "summary.json").read_text("utf-8"))
                rows = pl.read_parquet(folder / "rows.parquet").filter(pl.col("reason") == "suppressed")
                late = rows.filter(pl.col("detail") != ON_LIST)
                self._tally.kept_back += late.height
                own = list(run.made)
                false_claims = late.filter(pl.col("batch").is_not_null() & pl.col("phone").is_in(own)).height
                counted = summary["suppression"]["rows_since"] != late.height
                self._tally.false_claims += false_claims
                self._tally.unbalanced += not summary["balanced"] or counted
                if false_claims or counted or not summary["balanced"]:
                    self._note(
                        f"{name}: {false_claims} kept back though they are there, balanced {summary['balanced']}"
                    )
        if not self._is_forced and (doubled := made.total() - len(made)):
            self._tally.doubled += doubled
            self._note(f"{doubled} contacts doubled")

    def _note(self, what: str) -> None:
        self._tally.broken.append(f"BROKEN {self._folder.name}: {what}")


def play(episodes: int, seed: int = 0, at_once: int = 2) -> Tally:
    """So many episodes, several at a time."""
    tally, numbers, turn = Tally(), iter(range(episodes)), threading.Lock()

    def play_some(forker: Forker, folder: Path) -> None:
        while True:
            with turn:
                number = next(numbers, None)
            if number is None:
                return
            chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a schedule, not a secret
            Episode(forker, folder / str(number), chance, tally).play()

    side_by_side(play_some, at_once)
    assert tally.episodes == episodes, tally
    return tally


def main() -> None:
    """Play as many episodes as asked for and print the account; ends with 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("episodes", type=int, nargs="?", default=100, help="how many (default 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the commands, faults and lists (default 0)")
    options = parser.parse_args()
    began = time.perf_counter()
    tally = play(options.episodes, options.seed)
    sys.stdout.write(f"{tally}\n{time.perf_counter() - began:,.0f} s\n")
    sys.exit(bool(tally.broken))


if __name__ == "__main__":
    main()
