"""``kill -9`` over whole runs: ``python -m tests.torture.kills 1000`` prints what was lost, doubled or falsely claimed.

Every run is a process of its own with a real ledger, against a server that makes a second contact of a number that it
is sent twice and that loses some of its answers. It is killed at a random instant between its start and its end, again
and again, and resumed; then the server's contacts and the run's books are compared. ``--points`` kills at each named
point of the way instead, at every time that a run of 20 batches passes it. ``--no-date`` takes a server whose answers
have no ``Date``, and that has a contact of somebody else for every tenth number.

The last row of a list has a name that a stage fails on: it is settled as ``field-invalid``, and all others are sent.

Starting Python and loading libraries takes longer than the run, so a helper that has loaded them forks each process.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from os import kill
from pathlib import Path
from typing import Any

import polars as pl

from tests.support.faultserver import Act, Call, FaultServer, after_applying, documented, reset, says
from tests.support.forker import POINTS

ROOT = Path(__file__).parents[2]
BATCHES, ROWS = 20, 20
POISON, POISONED = "Poison Lee", "+12025559999"
"""The name of the last row, which a stage fails on, and its number."""
KEY = "agl_sk_kills_fictional"
_MOST_KILLS = 6
_OVER = (0, 3)


def main() -> None:
    """Kill as often as asked for and print the account; ends with 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=100, help="how often to kill (default 100)")
    parser.add_argument("--points", action="store_true", help="at each named point, at each time it is passed")
    parser.add_argument("--no-date", action="store_true", help="a server without Date, and with others' contacts")
    parser.add_argument("--at-once", type=int, default=2, help="runs at a time (default 2)")
    parser.add_argument("--seed", type=int, default=0, help="of the instants and faults (default 0)")
    options = parser.parse_args()
    began = time.perf_counter()
    if options.points:
        tally = kill_at_points(options.at_once)
    else:
        tally = kill_at_random(options.kills, options.at_once, options.seed, tells_date=not options.no_date)
    minutes = (time.perf_counter() - began) / 60
    print(f"{tally}; {tally.kills / minutes:.0f} kills a minute")
    sys.exit(bool(tally.broken))


@dataclass
class Tally:
    """What came of killing."""

    runs: int = 0
    kills: int = 0
    lost: int = 0
    doubled: int = 0
    false_claims: int = 0
    unbalanced: int = 0
    unfinished: int = 0
    unconfirmed: int = 0
    present: int = 0
    seconds_a_run: float = 2.0
    during: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        during = ", ".join(f"{name} {count}" for name, count in self.during.most_common())
        words = (
            f"{self.kills} kills in {self.runs} runs ({during}): {self.lost} contacts lost, {self.doubled} doubled, "
            f"{self.false_claims} falsely claimed, {self.unbalanced} runs out of balance, {self.unfinished} without an "
            f"end, {self.unconfirmed} contacts unconfirmed at the end, {self.present} of them present"
        )
        return "\n".join([*self.broken, words])


def kill_at_random(kills: int, at_once: int, seed: int, *, tells_date: bool = True) -> Tally:
    """Runs that are killed at random instants until there were so many kills."""
    tally, numbers = Tally(), iter(range(10**9))

    def episodes(forker: "Forker", folder: Path) -> None:
        while tally.kills < kills:
            number = next(numbers)
            chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a schedule, not a secret
            episode = Episode(forker, folder / str(number), chance, tally, tells_date=tells_date)
            episode.run(min(_MOST_KILLS, kills - tally.kills))
            if number % 50 == 49:
                sys.stderr.write(f"{tally}\n")

    side_by_side(episodes, at_once)
    return tally


def kill_at_points(at_once: int, points: Sequence[str] = POINTS, times: Sequence[int] | None = None) -> Tally:
    """A run for every time that it passes a named point: it is killed there and resumed."""
    tally, wanted = Tally(), iter(points)
    turn = threading.Lock()

    def episodes(forker: "Forker", folder: Path) -> None:
        while True:
            with turn:
                point = next(wanted, None)
            if point is None:
                return
            for time_passed in times or range(1, 10**6):
                chance = random.Random(point)  # noqa: S311
                episode = Episode(forker, folder / f"{point}-{time_passed}", chance, tally)
                if not episode.run_to(point, time_passed):
                    break

    side_by_side(episodes, at_once)
    return tally


def side_by_side(episodes: Callable[["Forker", Path], None], at_once: int) -> None:
    """Play in several threads, each with a forker and a folder of its own; the first failure of any is raised."""
    failures: list[BaseException] = []

    def work(folder: Path) -> None:
        try:
            folder.mkdir()
            with Forker() as forker:
                episodes(forker, folder)
        except BaseException as failure:  # noqa: BLE001 - raised below
            failures.append(failure)

    with tempfile.TemporaryDirectory() as folder:
        threads = [threading.Thread(target=work, args=[Path(folder) / f"{n}"]) for n in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


class Forker:
    """A process that has everything loaded and forks ``importer`` processes."""

    def __enter__(self) -> "Forker":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(self, folder: Path, *arguments: object, kill_at: str = "", key: str = KEY, poison: str = "") -> int:
        """Fork a process; its id."""
        asked = {"cwd": str(folder), "arguments": [str(a) for a in arguments], "kill_at": kill_at, "key": key}
        return int(self._ask(asked | {"poison": poison}))

    def wait(self) -> int:
        """How the next process ended that does: its exit code, or the negative signal."""
        return int(self._ask({}))

    def kill(self, pid: int) -> None:
        """Kill a process that was forked; nothing if it has ended, and its number may be another's."""
        with suppress(OSError):
            parent = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[1]
            if int(parent) == self._process.pid:
                kill(pid, signal.SIGKILL)

    def _ask(self, what: dict[str, Any]) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


class Episode:
    """One run from its start to its books, however often it is killed on the way."""

    def __init__(
        self, forker: Forker, folder: Path, chance: random.Random, tally: Tally, *, tells_date: bool = True
    ) -> None:
        self._forker, self._folder, self._chance, self._tally = forker, folder, chance, tally
        self._tells_date = tells_date
        folder.mkdir()
        self._phones = [f"+1{2025550000 + n}" for n in range(BATCHES * ROWS)]
        self._others = [] if tells_date else [_of_another(phone) for phone in self._phones[::10]]
        lines = [f"Name {n},{phone}" for n, phone in enumerate(self._phones)]
        (folder / "list.csv").write_text("\n".join(["Name,Phone", *lines, f"{POISON},{POISONED}", ""]), "utf-8")
        tally.runs += 1

    def run(self, most_kills: int) -> None:
        """Kill at random instants, at least once, and compare."""
        with self._server() as server:
            for _ in range(self._chance.randint(1, most_kills)):
                pid = self._go_on(server)
                self._pass_time(server)
                where = self._where(server)
                kill(pid, signal.SIGKILL)
                if self._forker.wait() != -signal.SIGKILL:
                    break
                self._tally.kills += 1
                self._tally.during[where] += 1
            self._finish(server)

    def run_to(self, point: str, time_passed: int) -> bool:
        """Kill at a point, the n-th time that it is passed, and compare; whether it was passed so often."""
        with self._server() as server:
            self._go_on(server, kill_at=f"{point}:{time_passed}")
            was_killed = self._forker.wait() == -signal.SIGKILL
            if was_killed:
                self._tally.kills += 1
                self._tally.during[point] += 1
            self._finish(server)
        return was_killed

    @contextmanager
    def _server(self) -> Iterator[FaultServer]:
        faults: list[Act] = [after_applying(share, reset) for share in (0.0, 0.5, 1.0)] + [says(503)]
        chance = random.Random(self._chance.random())  # noqa: S311

        def sometimes(server: FaultServer, call: Call) -> None:
            act = chance.choice(faults) if chance.random() < 0.04 else documented
            act(server, call)

        with FaultServer(otherwise=sometimes, page_cap=1000, tells_date=self._tells_date) as server:
            server.contacts += self._others
            yield server

    def _go_on(self, server: FaultServer, kill_at: str = "") -> int:
        if any(self._folder.glob("runs/*/run.json")):
            return self._forker.start(self._folder, "resume", "latest", kill_at=kill_at, poison=POISON)
        options = ("--batch-size", ROWS, "--in-flight", self._chance.choice([1, 3]), "--quiet-time", 0.3)
        return self._forker.start(
            self._folder, "run", "list.csv", "--base-url", server.url, *options, kill_at=kill_at, poison=POISON
        )

    def _pass_time(self, server: FaultServer) -> None:
        """Let a random time go by: any instant of the run, or one shortly after some request."""
        longest = self._tally.seconds_a_run * 1.1
        until = time.monotonic() + self._chance.random() * longest
        if self._chance.random() < 0.5:
            goal = len(server.calls) + self._chance.randint(1, BATCHES)
            while len(server.calls) < goal and time.monotonic() < until:
                time.sleep(0.001)
            until = time.monotonic() + self._chance.random() * 0.05
        time.sleep(max(until - time.monotonic(), 0))

    def _where(self, server: FaultServer) -> str:
        if (self._folder / "runs").exists() and any(self._folder.glob("runs/*/summary.json")):
            return "after the reports"
        if server.bulk:
            is_over = len(server.contacts) >= len(self._phones) + len(self._others)
            return "settling and reporting" if is_over else "sending"
        return "preparing" if any(self._folder.glob("runs/*/run.json")) else "starting"

    def _finish(self, server: FaultServer) -> None:
        """Resume until the run has come to its end, and compare."""
        began = time.monotonic()
        for _ in range(6):
            self._go_on(server)
            if (code := self._forker.wait()) in _OVER or self._is_only_present():
                break
        else:
            self._tally.unfinished += 1
            self._note(f"ended with {code}: {(self._folder / 'stderr').read_text('utf-8')[-400:]}")
        self._tally.seconds_a_run += 0.2 * (time.monotonic() - began - self._tally.seconds_a_run)
        self._compare(server)

    def _is_only_present(self) -> bool:
        """Whether the books leave nothing open but contacts whose dates do not show who created them."""
        summaries = [json.loads(path.read_text("utf-8")) for path in self._folder.glob("runs/*/summary.json")]
        return not self._tells_date and any(
            summary["status"] == "complete" and summary["reasons"]["unconfirmed"].keys() == {"present"}
            for summary in summaries
            if "unconfirmed" in summary["reasons"]
        )

    def _compare(self, server: FaultServer) -> None:
        (folder,) = [path.parent for path in self._folder.glob("runs/*/run.json")]
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        rows = pl.read_parquet(folder / "rows.parquet")
        held = Counter(contact["phone"] for contact in server.contacts if contact not in self._others)
        others = {contact["phone"] for contact in self._others}
        present, skipped = (rows.filter(reason=end)["phone"].to_list() for end in ("present", "skipped-by-api"))
        claimed = rows.filter(reason="confirmed")["phone"].to_list()
        errored = rows.filter(outcome="errored").select("raw:Name", "reason", "detail").rows()
        is_settled = [(*row[:2], '"Name"' in row[2]) for row in errored] == [(POISON, "field-invalid", True)]
        lost = len(set(self._phones) - held.keys() - others)
        doubled = sum(copies - 1 for copies in held.values())
        false_claims = (
            (not is_settled or POISONED in held)
            + sum(phone not in held for phone in claimed)
            + sum(phone in held or phone not in others for phone in skipped)
            + sum(phone not in held and phone not in others for phone in present)
        )
        unbalanced = not summary["balanced"] or {summary["rows"], rows.height} != {len(self._phones) + 1}
        self._tally.lost += lost
        self._tally.doubled += doubled
        self._tally.false_claims += false_claims
        self._tally.unbalanced += unbalanced
        self._tally.unconfirmed += summary["unconfirmed"]
        self._tally.present += len(present)
        if lost or doubled or false_claims or unbalanced:
            self._note(f"lost {lost}, doubled {doubled}, claimed {false_claims}, balanced {not unbalanced}")

    def _note(self, what: str) -> None:
        self._tally.broken.append(f"BROKEN {self._folder.name}: {what}")


def _of_another(phone: str) -> dict[str, Any]:
    made_at = datetime.now(UTC) - timedelta(hours=1)
    return {"phone": phone, "name": "Somebody else", "contactId": f"o{phone}", "createdAt": made_at.isoformat()}


if __name__ == "__main__":
    main()
