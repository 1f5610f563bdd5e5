"""Ledgers and folders are moved, deleted and put back, keys and addresses changed, processes killed.

``python -m tests.torture.falsified 1000`` prints what came of it. Each episode lives in a folder of its own: real
processes, real ledgers, and a server that makes a second contact of a number that it is sent twice. After every step
the server's contacts and the runs' books are looked through: a contact that is there twice, one that is claimed and not
there, a row that was imported and is told otherwise, a book that does not balance, a traceback, and a contact that was
on the suppression list when it came, is each counted and named.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from tests.support.faultserver import Call, FaultServer, after_applying, documented, reset
from tests.support.forker import POINTS
from tests.torture.kills import Forker, side_by_side

LISTS = {"first.csv": range(12), "second.csv": range(6, 18), "third.csv": range(20, 26)}
STEPS = (3, 9)
CODES = {0, 2, 3, 4, 5, 6, -signal.SIGKILL}


@dataclass
class Tally:
    """What came of it."""

    episodes: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    kills: int = 0
    contacts: int = 0
    broken: list[str] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def __str__(self) -> str:
        return "\n".join([*self.broken, self._figures()])

    def _figures(self) -> str:
        steps = ", ".join(f"{name} {count}" for name, count in self.steps.most_common())
        return (
            f"{self.episodes} episodes ({steps}), {self.kills} kills, {self.refused} refusals, {self.contacts} "
            f"contacts at the servers: {len(self.broken)} broken"
        )


class Episode:
    """A folder of runs to which things happen."""

    def __init__(self, forker: Forker, folder: Path, chance: random.Random, tally: Tally) -> None:
        self._forker, self._folder, self._chance, self._tally = forker, folder, chance, tally
        self._runs, self._ledger = folder / "runs", folder / "runs" / "ledger.sqlite"
        self._copies: list[Path] = []
        self._away: Path | None = None
        self._newest: Path | None = None
        self._is_folder_gone = self._is_mark_gone = False
        self._key = 0
        self._name = self._chance.choice([None, "the account"])
        self._imported: dict[tuple[str, int], str] = {}
        self._suppressed: dict[str, float] = {}
        self._steps: list[str] = []
        folder.mkdir()
        self._runs.mkdir()
        for name, people in LISTS.items():
            lines = [f"Person {n},{_phone(n)}" for n in people]
            (folder / name).write_text("\n".join(["Name,Phone", *lines, ""]), "utf-8")
        self._write_suppressed()

    def live(self) -> None:
        """Let a few things happen, put all right again, and look after each step."""
        losing = self._chance.choice([None, after_applying(0.5, reset), after_applying(1, reset), reset])

        def sometimes(server: FaultServer, call: Call) -> None:
            is_lost = losing is not None and self._chance.random() < 0.1
            (losing if is_lost and losing else documented)(server, call)

        with FaultServer(otherwise=sometimes, page_cap=1000) as server:
            self._server = server
            for _ in range(self._chance.randint(*STEPS)):
                name, step = self._chance.choice(self._possible())
                self._take(name, step)
            for name, step in (("put all back", self._put_back), ("resume all", self._resume_all)):
                self._take(name, step)
            self._tally.contacts += len(server.contacts)

    def _take(self, name: str, step: Any) -> None:
        self._steps.append(name)
        step()
        with self._tally.turn:
            self._tally.steps[name] += 1
        self._look()

    def _possible(self) -> list[tuple[str, Any]]:
        steps: list[tuple[str, Any]] = [("run", self._run)] * 4 + [("rotate the key", self._rotate)]
        steps += [("add to the list", self._suppress)]
        if self._folders():
            steps += [("resume", self._resume), ("verify", self._verify), ("report", self._report)]
            steps += [("rebuild", self._rebuild)] * (not self._is_folder_gone)
            if not self._is_mark_gone:  # with the run's folder all that tells of what was sent would be gone
                steps += [("move a run away", self._move_away)] * (self._away is None)
                steps += [("delete a run", self._delete_run)]
        if self._away is not None:
            steps += [("move a run back", self._move_back), ("run elsewhere", self._run_elsewhere)]
        if self._ledger.exists():
            steps += [("copy the ledger", self._copy), ("delete the ledger", self._delete)]
        if self._copies:
            steps += [("put an old ledger back", self._restore)]
        if self._newest is not None:
            steps += [("put the newest back", self._put_newest_back)]
        return steps

    # What happens -----------------------------------------------------------------------------------------------------

    def _run(self, runs: Path | None = None) -> None:
        name = self._chance.choice(list(LISTS))
        options = ["--batch-size", 4, "--quiet-time", 0.2, "--in-flight", self._chance.choice([1, 2])]
        options += ["--base-url", self._url(), "--runs", runs or "runs", "--suppress", "dnc.csv"]
        self._type("run", name, *options, *self._account(), can_be_killed=True)

    def _run_elsewhere(self) -> None:
        self._run(self._folder / "archive")

    def _resume(self) -> None:
        self._type("resume", self._any_run(), *self._account(), can_be_killed=True)

    def _resume_all(self) -> None:
        for run in self._folders():
            self._type("resume", run.name, *self._account())

    def _verify(self) -> None:
        self._type("verify", self._any_run(), *self._account())

    def _report(self) -> None:
        self._type("report", self._any_run())

    def _rebuild(self) -> None:
        self._type("verify", self._any_run(), "--rebuild-ledger", *self._account(), can_be_killed=True)

    def _rotate(self) -> None:
        self._key += 1

    def _suppress(self) -> None:
        phone = _phone(self._chance.randrange(26))
        self._suppressed.setdefault(phone, len(self._server.contacts))
        self._write_suppressed()

    def _copy(self) -> None:
        self._copies.append(self._folder / f"copy-{len(self._copies)}.sqlite")
        shutil.copy(self._ledger, self._copies[-1])

    def _delete(self) -> None:
        self._keep_newest()
        self._ledger.unlink()
        if not self._is_folder_gone and self._away is None and self._chance.random() < 0.5:
            (self._runs / ".ledger.sqlite.mark").unlink(missing_ok=True)
            self._is_mark_gone = True

    def _restore(self) -> None:
        self._keep_newest()
        shutil.copy(self._chance.choice(self._copies), self._ledger)

    def _keep_newest(self) -> None:
        if self._newest is None and self._ledger.exists():
            self._newest = self._folder / "newest.sqlite"
            shutil.copy(self._ledger, self._newest)

    def _put_newest_back(self) -> None:
        if self._newest is not None:
            shutil.copy(self._newest, self._ledger)
            self._newest = None

    def _move_away(self) -> None:
        (self._folder / "archive").mkdir(exist_ok=True)
        self._away = Path(shutil.move(self._chance.choice(self._folders()), self._folder / "archive"))

    def _move_back(self) -> None:
        if self._away is not None:
            shutil.move(self._away, self._runs)
            self._away = None

    def _delete_run(self) -> None:
        """As the README advises for people's data; a run that has not come to its end stays."""
        summary = self._chance.choice(self._folders()) / "summary.json"
        if summary.exists() and json.loads(summary.read_text("utf-8"))["status"] == "complete":
            shutil.rmtree(summary.parent)
            self._is_folder_gone = True

    def _put_back(self) -> None:
        """Each way out that the messages name."""
        self._move_back()
        if self._is_folder_gone:
            self._put_newest_back()
        else:
            for run in self._folders():
                self._type("verify", run.name, "--rebuild-ledger", *self._account())

    # How it is typed --------------------------------------------------------------------------------------------------

    def _type(self, *arguments: object, can_be_killed: bool = False) -> None:
        point = ""
        if can_be_killed and self._chance.random() < 0.4:
            point = f"{self._chance.choice(POINTS)}:{self._chance.randint(1, 3)}"
        self._forker.start(self._folder, *arguments, kill_at=point, key=f"agl_sk_fictional_{self._key}")
        code = self._forker.wait()
        said = (self._folder / "stderr").read_text("utf-8")
        with self._tally.turn:
            self._tally.kills += code == -signal.SIGKILL
            self._tally.refused += code in (2, 4, 5)
        self._steps.append(f"{' '.join(map(str, arguments))} -> {code}")
        if code not in CODES or "Traceback" in said or "bug" in said:
            self._broken(f"exit code {code}: {said[-300:]}")

    def _account(self) -> list[str]:
        """Sometimes the right answer to whose account it is; without it a new key is refused."""
        if self._name:
            return ["--account", self._name]
        host = f"localhost:{urlsplit(self._server.url).port}"
        return ["--account", host] if self._chance.random() < 0.7 else []

    def _url(self) -> str:
        port = urlsplit(self._server.url).port
        spelled = ["http://127.0.0.1:{}", "http://127.0.0.1:{}/", "HTTP://localhost:{}", "http://LOCALHOST:{}//"]
        return self._chance.choice(spelled).format(port)

    def _folders(self) -> list[Path]:
        return sorted(path.parent for path in self._runs.glob("*/run.json"))

    def _any_run(self) -> str:
        return self._chance.choice(self._folders()).name

    def _write_suppressed(self) -> None:
        (self._folder / "dnc.csv").write_text("\n".join(["Phone", "+12025559999", *self._suppressed, ""]), "utf-8")

    # What is so -------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        held = Counter(contact["phone"] for contact in self._server.contacts)
        if doubled := [phone for phone, copies in held.items() if copies > 1]:
            self._broken(f"doubled: {doubled}")
        for place, contact in enumerate(self._server.contacts):
            if self._suppressed.get(contact["phone"], place + 1) <= place:
                self._broken(f"sent although on the list: {contact['phone']}")
        for run in self._folders():
            if (run / "rows.parquet").exists():
                self._look_at(run, held)

    def _look_at(self, run: Path, held: Counter[str]) -> None:
        summary = json.loads((run / "summary.json").read_text("utf-8")) if (run / "summary.json").exists() else None
        rows = pl.read_parquet(run / "rows.parquet", columns=["row", "phone", "outcome", "reason"])
        if summary is not None and not summary["balanced"]:
            self._broken(f"{run.name} does not balance")
        for row, phone, outcome, reason in rows.iter_rows():
            was = self._imported.get((run.name, row))
            if was and outcome != "imported":
                self._broken(f"{run.name} row {row} was imported, and is {outcome} ({reason}) now")
            if outcome == "imported":
                self._imported[run.name, row] = phone
                if phone not in held:
                    self._broken(f"{run.name} row {row} is claimed, and is not there")

    def _broken(self, what: str) -> None:
        with self._tally.turn:
            self._tally.broken.append(f"BROKEN {self._folder.name}: {what}\n  after: {'; '.join(self._steps)}")
        raise _BrokenError


class _BrokenError(Exception):
    """The episode's end: what follows from what is broken says nothing."""


def _phone(number: int) -> str:
    return f"+1{2025550100 + number}"


def falsify(episodes: int, seed: int, at_once: int = 2) -> Tally:
    """Play so many episodes."""
    tally, numbers, turn = Tally(), iter(range(episodes)), threading.Lock()

    def play(forker: Forker, folder: Path) -> None:
        while True:
            with turn:
                number = next(numbers, None)
            if number is None:
                return
            with suppress(_BrokenError):
                chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a schedule, not a secret
                Episode(forker, folder / str(number), chance, tally).live()
            with tally.turn:
                tally.episodes += 1
            shutil.rmtree(folder / str(number))
            if tally.episodes % 50 == 0:
                sys.stderr.write(f"{tally}\n")

    side_by_side(play, at_once)
    return tally


def main() -> None:
    """Play and print; ends with 1 where anything is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("episodes", type=int, nargs="?", default=100, help="how many (default 100)")
    parser.add_argument("--at-once", type=int, default=2, help="at a time (default 2)")
    parser.add_argument("--seed", type=int, default=0, help="of what happens (default 0)")
    options = parser.parse_args()
    began = time.perf_counter()
    tally = falsify(options.episodes, options.seed, options.at_once)
    print(f"{tally}; {time.perf_counter() - began:.0f} s")
    sys.exit(bool(tally.broken))


if __name__ == "__main__":
    main()
