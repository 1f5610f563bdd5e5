"""Eight processes at once on one ledger: ``python -m tests.torture.at_once 50`` prints what came of them.

All import the same list, or resume the same run that was killed in its middle, on a server that makes a second contact
of a number that it is sent twice. One works; whoever comes meanwhile is turned away, says so, and imports afterwards.
Then one more process at a time comes during a run, and the longest time is told until it was turned away.
"""

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from os import kill
from pathlib import Path

from tests.support.faultserver import Call, FaultServer, documented
from tests.torture.kills import Forker

PROCESSES = 8
_ROWS, _BATCH = 60, 20
_TURNED_AWAY, _DONE = 4, 0
_SOON_S = 2.0


@dataclass
class Tally:
    """What came of starting many processes at once."""

    times: int = 0
    exits: Counter[int] = field(default_factory=Counter)
    doubled: int = 0
    lost: int = 0
    slowest_refusal_s: float = 0.0
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        exits = ", ".join(f"{count} ended with {code}" for code, count in sorted(self.exits.items()))
        words = (
            f"{self.times} × {PROCESSES} processes at once: {exits}; {self.doubled} contacts doubled, "
            f"{self.lost} lost; the slowest to be turned away took {self.slowest_refusal_s:.1f} s"
        )
        return "\n".join([*self.broken, words])


def start_at_once(times: int) -> Tally:
    """So many times, in turn with a new run and with one that was killed."""
    tally = Tally()
    with Forker() as forker, tempfile.TemporaryDirectory() as folder:
        for number in range(times):
            _once(forker, Path(folder) / f"{number}", tally, is_resumed=number % 2 == 1)
    return tally


def _once(forker: Forker, folder: Path, tally: Tally, *, is_resumed: bool) -> None:
    folder.mkdir()
    phones = [f"+1{2025550000 + n}" for n in range(_ROWS)]
    (folder / "list.csv").write_text("\n".join(["Name,Phone", *(f"Name {p[-3:]},{p}" for p in phones), ""]), "utf-8")
    with FaultServer(otherwise=_slowly, page_cap=1000) as server:
        options = ("--batch-size", _BATCH, "--base-url", server.url, "--quiet-time", 0.3, "--runs", folder / "runs")
        command: tuple[object, ...] = ("run", folder / "list.csv", *options)
        if is_resumed:
            _kill_in_the_middle(forker, folder, command, server)
            command = ("resume", "latest", "--runs", folder / "runs")
        began = time.monotonic()
        for place in range(PROCESSES):
            (folder / f"{place}").mkdir()
            forker.start(folder / f"{place}", *command)
        for _ in range(PROCESSES):
            code = forker.wait()
            tally.exits[code] += 1
            if code == _TURNED_AWAY:
                tally.slowest_refusal_s = max(tally.slowest_refusal_s, time.monotonic() - began)
        forker.start(folder / "0", *command)  # as those do who were turned away
        forker.wait()
        held = Counter(contact["phone"] for contact in server.contacts)
    tally.times += 1
    doubled, lost = held.total() - len(held), len(set(phones) - held.keys())
    tally.doubled += doubled
    tally.lost += lost
    claimed = sum(
        json.loads(path.read_text("utf-8"))["imported"] for path in folder.glob("runs/*/summary.json")
    )  # each number is imported by one run
    said = [(folder / f"{place}" / "stderr").read_text("utf-8") for place in range(1, PROCESSES)]
    traces = [text for text in said if "Traceback" in text]
    if doubled or lost or claimed != _ROWS or traces or set(tally.exits) - {_TURNED_AWAY, _DONE}:
        tally.broken.append(
            f"BROKEN {folder.name}: doubled {doubled}, lost {lost}, claimed {claimed}, "
            f"{dict(tally.exits)}, {traces[:1]}"
        )


def _kill_in_the_middle(forker: Forker, folder: Path, command: tuple[object, ...], server: FaultServer) -> None:
    """Start a run and kill it once its first request came in."""
    (folder / "first").mkdir()
    pid = forker.start(folder / "first", *command)
    while not server.bulk:
        time.sleep(0.002)
    kill(pid, signal.SIGKILL)
    forker.wait()


def turn_away(times: int = 20) -> str:
    """Start the same list, and the same run, while a run is under way: the longest until one was told so and ended.

    Raises:
        AssertionError: one was not turned away, or not within two seconds.
    """
    may_answer, took = threading.Event(), []

    def held(server: FaultServer, call: Call) -> None:
        call.body()
        may_answer.wait(600)
        documented(server, call)

    with Forker() as forker, tempfile.TemporaryDirectory() as name, FaultServer(otherwise=held) as server:
        folder = Path(name)
        (folder / "list.csv").write_text("Name,Phone\nAnn,+12025550100\n", "utf-8")
        runs = ("--runs", folder / "runs")
        commands = (("run", folder / "list.csv", "--base-url", server.url, *runs), ("resume", "latest", *runs))
        forker.start(folder, *commands[0])
        while not server.bulk:
            time.sleep(0.002)
        for number in range(times):
            (folder / f"{number}").mkdir()
            began = time.monotonic()
            forker.start(folder / f"{number}", *commands[number % 2])
            assert forker.wait() == _TURNED_AWAY, (folder / f"{number}" / "stderr").read_text("utf-8")
            took.append(time.monotonic() - began)
        may_answer.set()
        assert forker.wait() == _DONE
        assert server.bulk == 1
    assert max(took) < _SOON_S, took
    return f"{times} times one more process during a run: the longest until it was told so and ended: {max(took):.1f} s"


def _slowly(server: FaultServer, call: Call) -> None:
    call.body()
    time.sleep(0.1)
    documented(server, call)


def main() -> None:
    """Start processes as often as asked for; ends with 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("times", type=int, nargs="?", default=5, help="how often (default 5)")
    tally = start_at_once(parser.parse_args().times)
    sys.stdout.write(f"{tally}\n{turn_away()}\n")
    sys.exit(bool(tally.broken))


if __name__ == "__main__":
    main()
