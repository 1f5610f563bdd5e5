"""A night in fast motion: ``python -m tests.torture.nights`` plays 200 files over 30 jobs under ``kill -9``.

Jobs share folders of runs, and some an inbox. Two starts of a job are made at once, and one of all is killed now and
then. The files are good, broken, there twice under two names, written slowly, copied from another folder, or fetched
from a web server. Whatever is killed when: every contact is in the account once, every file lies in one place, every
row has an outcome, and every change of a job's state was told once.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.faultserver import FaultServer
from tests.support.jobs import people
from tests.support.receivers import Hook
from tests.torture.kills import Forker

_ROWS = 12
_SETTLE_S = 0.4
_KINDS = ("good", "good", "good", "broken", "twice", "slow", "copied", "remote")
_REMOTE = "remote.csv"
_OVER = ("done", "failed", "quarantine")


def main() -> None:
    """Play a night and print its account; ends with 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=30)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two kills (default 1)")
    parser.add_argument("--at-once", type=int, default=4, help="starts at a time (default 4)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        night = play(Path(folder), options.files, options.jobs, options.every, options.at_once, options.seed)
    print(night)
    sys.exit(bool(night.broken))


def report() -> "Night":
    """Play the night of the manual; raises where anything is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        night = play(Path(folder), files=200, jobs=30, every_s=1.0, at_once=4, seed=0)
    assert night.broken == [], str(night)
    return night


@dataclass
class Night:
    """What came of a night."""

    files: Counter[str] = field(default_factory=Counter)
    starts: Counter[int] = field(default_factory=Counter)
    kills: int = 0
    contacts: int = 0
    doubled: int = 0
    lost: int = 0
    rows: int = 0
    unconfirmed: int = 0
    messages: int = 0
    repeated: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.files.items())
        codes = ", ".join(f"{count} with {code}" for code, count in sorted(self.starts.items()))
        return "\n".join(
            [
                *self.broken,
                f"{self.files.total()} files ({kinds}) in {self.seconds:.0f} s; {self.kills} kills; starts: {codes}",
                f"{self.contacts} contacts: {self.doubled} doubled, {self.lost} lost; {self.rows} rows accounted for",
                f"{self.unconfirmed} of them unconfirmed; {self.messages} messages, {self.repeated} twice under one id",
            ]
        )


@dataclass
class House:
    """A job of the night: its folder, and what was given to it."""

    folder: Path
    name: str
    inbox: Path
    drop: Path
    runs: Path
    site: Path
    given: list[tuple[str, str, str]] = field(default_factory=list)

    def write(self, hook: str, site: str) -> None:
        """Write the job, one for what comes from another folder, and one for what comes from the web."""
        self.folder.mkdir()
        for folder in (self.inbox, self.drop, self.site):
            folder.mkdir(exist_ok=True)
        (self.folder / "secret").write_text("of-tests\n", "utf-8")
        (self.folder / "secret").chmod(0o600)
        text = f'name = "{self.name}"\nregion = "US"\nruns = "{self.runs}"\nquiet_time = 0.3\n'
        notify = f'[notify]\nwebhook = "{hook}"\nsecret_file = "secret"\n'
        for file, name, source in (
            ("job.toml", self.name, f'inbox = "{self.inbox}"'),
            ("copy.toml", f"{self.name}-copy", f'files = ["{self.drop}/*.csv"]'),
            ("remote.toml", f"{self.name}-remote", f'url = "{site}/{self.site.name}/{_REMOTE}"'),
        ):
            table = f"[source]\n{source}\nsettle_s = {_SETTLE_S}\n"
            (self.folder / file).write_text(text.replace(self.name, name, 1) + table + notify, "utf-8")

    def inbox_of(self, kind: str) -> Path:
        """Where a kind of file comes in."""
        ways = {"copied": "copy", "remote": "remote"}
        return self.folder / f"{self.name}-{ways[kind]}-inbox" if kind in ways else self.inbox


def play(folder: Path, files: int, jobs: int, every_s: float, at_once: int, seed: int) -> Night:  # noqa: PLR0917
    """Play a night in a folder."""
    chance, night, began = random.Random(seed), Night(), time.monotonic()  # noqa: S311 - a schedule, not a secret
    with FaultServer(page_cap=1000) as server, Hook(status=200) as hook, _serving(folder) as site:
        houses = _houses(folder, jobs, hook.url, site)
        writers = _give(houses, files, chance, night)
        _work(houses, server, chance, night, every_s, at_once)
        for writer in writers:
            writer.join()
        _work(houses, server, chance, night, None, at_once)
        _account(houses, server, hook, night)
    night.seconds = time.monotonic() - began
    return night


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Serve a folder; gives its address."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _houses(folder: Path, jobs: int, hook: str, site: str) -> list[House]:
    """Ten folders of runs, each with a tenth of the jobs; every fifth job shares the inbox of the one before."""
    houses: list[House] = []
    for number in range(jobs):
        home = folder / f"job-{number}"
        inbox = houses[-1].inbox if number % 5 == 4 else folder / f"inbox-{number}"
        runs, drop, web = (folder / what for what in (f"runs-{number % 10}", f"drop-{number}", f"site-{number}"))
        house = House(home, f"job-{number}", inbox, drop, runs, web)
        house.write(hook, site)
        houses.append(house)
    return houses


def _give(houses: list[House], files: int, chance: random.Random, night: Night) -> list[threading.Thread]:
    """Put the files where they belong, some of them slowly; return who still writes."""
    writers = []
    for number in range(files):
        house, kind = chance.choice(houses), chance.choice(_KINDS)
        if kind == "remote" and any(before == "remote" for before, _, _ in house.given):
            kind = "good"  # an address names one file
        text = people(_ROWS, first=number * _ROWS)
        name = _REMOTE if kind == "remote" else f"{number:03}-{kind}.csv"
        night.files[kind] += 1
        if kind == "broken":
            name, text = f"{number:03}-broken.xlsx", "PK\x03\x04 nothing more"
        house.given.append((kind, name, text))
        if kind in ("copied", "remote"):
            ((house.drop if kind == "copied" else house.site) / name).write_text(text, "utf-8")
            continue
        if kind == "slow":
            writer = threading.Thread(target=_write_slowly, args=[house.inbox / name, text, chance.random()])
            writer.start()
            writers.append(writer)
            continue
        (house.inbox / name).write_text(text, "utf-8")
        if kind == "twice":
            (house.inbox / f"{number:03}-again.csv").write_text(text, "utf-8")
    return writers


def _write_slowly(path: Path, text: str, share: float) -> None:
    """Write a file in pieces: now with a pause while it is open, now with one while nobody has it open."""
    cut = int(len(text) * share)
    with path.open("w") as file:
        file.write(text[:cut])
        file.flush()
        time.sleep(3 * _SETTLE_S)
    time.sleep(_SETTLE_S / 4)
    with suppress(FileNotFoundError), path.open("r+") as file:
        file.seek(0, 2)
        file.write(text[cut:])


def _work(  # noqa: PLR0917 - a night and how it is played
    houses: list[House], server: FaultServer, chance: random.Random, night: Night, every_s: float | None, at_once: int
) -> None:
    """Start jobs, two starts of each at once, and kill one now and then, until every file lies where it stays."""
    until, next_kill = time.monotonic() + 3600, time.monotonic()
    with Forker() as forker:
        running: list[int] = []
        while True:
            left = [(house, file) for house in houses for file in _left(house)]
            if not left or time.monotonic() > until:
                break
            for _ in range(at_once // 2):
                house, file = chance.choice(left)
                running += [_start(forker, house, file, server) for _ in range(2)]
            while running:
                if every_s is not None and time.monotonic() >= next_kill:
                    forker.kill(chance.choice(running))
                    next_kill = time.monotonic() + every_s * chance.uniform(0.5, 1.5)
                    time.sleep(chance.random() * 0.3)
                code = forker.wait()
                night.starts[code] += 1
                night.kills += code == -signal.SIGKILL
                running.pop()
            if every_s is not None and not any(_left(house) for house in houses):
                break
    if time.monotonic() > until:
        night.broken.append("the night did not end")


def _start(forker: Forker, house: House, file: str, server: FaultServer) -> int:
    return forker.start(house.folder, "job", "run", file, "--base-url", server.url, "--json")


def _left(house: House) -> list[str]:
    """The job files of a house that have something to do."""
    left = []
    if any(path.is_file() for path in house.inbox.iterdir()) or any(house.inbox.glob("working/*/*/*")):
        left.append("job.toml")
    for way, file in (("copied", "copy.toml"), ("remote", "remote.toml")):
        given = {name for kind, name, _ in house.given if kind == way}
        if given - {path.name for over in _OVER for path in (house.inbox_of(way) / over).glob("*")}:
            left.append(file)
    return left


def _account(houses: list[House], server: FaultServer, hook: Hook, night: Night) -> None:
    """Compare what is there with what was given."""
    numbers = Counter(contact["phone"] for contact in server.contacts)
    night.contacts, night.doubled = len(numbers), server.doubled
    for house in houses:
        for kind, name, text in house.given:
            _account_file(house, kind, name, text, numbers, night)
    if night.doubled or night.lost:
        night.broken.append(f"{night.doubled} contacts doubled, {night.lost} lost")
    told: dict[str, list[str]] = {}
    seen = set()
    for _, body in hook.posts:
        message = json.loads(body)
        night.repeated += message["id"] in seen
        if message["id"] not in seen:
            told.setdefault(message["job"], []).append(message["state"])
        seen.add(message["id"])
    night.messages = len(seen)
    for job, states in told.items():
        if any(before == after for before, after in zip(["ok", *states], states, strict=False)):
            night.broken.append(f"{job} told {states}")


def _account_file(  # noqa: PLR0917 - a file and what is compared
    house: House, kind: str, name: str, text: str, numbers: Counter[str], night: Night
) -> None:
    phones = [line.split(",")[1] for line in text.splitlines()[1:]] if kind != "broken" else []
    night.lost += sum(numbers[phone] == 0 for phone in phones)
    inbox = house.inbox_of(kind)
    names = [name, name.replace("twice", "again")] if kind == "twice" else [name]
    whole: list[dict[str, Any]] = []
    for one in names:
        places = [over for over in _OVER if (inbox / over / one).is_file()]
        wanted = ["failed"] if kind == "broken" else ["done"]
        if places != wanted or not (inbox / wanted[0] / f"{one}.report.html").is_file():
            night.broken.append(f"{one} lies in {places or 'no folder'}, with{'' if places else 'out'} its report")
            continue
        summary = json.loads((inbox / wanted[0] / f"{one}.summary.json").read_bytes())
        if kind == "twice" and "another job" in (summary.get("stopped_because") or ""):
            continue  # two jobs share the inbox: the other one has the rows, under the other name
        if kind != "broken" and (summary["rows"] < len(phones) * (kind != "slow") or not summary["balanced"]):
            night.broken.append(f"{one}: {summary['rows']} of {len(phones)} rows")
        whole.append(summary)
    if not whole and kind != "broken":
        night.broken.append(f"{name}: no report tells its rows")
    night.rows += whole[0]["rows"] if whole else 0
    night.unconfirmed += whole[0].get("unconfirmed", 0) if whole else 0


if __name__ == "__main__":
    main()
