"""``python -m tests.torture.workers``: workers, the process that forks them, and the run itself are killed at random.

The workers read two texts by ranges, in which cells over two lines make some ranges begin in the midst of a row.
A run that died is resumed, with workers or without. The server makes a second contact of a number that it is sent
twice. In the end every number is in the account once, the books balance, the rows are those of an undisturbed run, and
no process is left.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from importer.pipeline.engines.processes import FEWEST_BYTES
from importer.sandbox import Behaviour, EmbeddedSandbox
from importer.system import process_tree
from tests.torture.everything import KEY, opened, start

ROWS = 1_200
FILES = ("list.csv", "more.csv")
_OF_FIRST = ROWS * 2 // 3
_PAD = " " * (FEWEST_BYTES // ROWS)
"""Blanks in a column of their own: few rows make a list that is large enough for workers."""
_MOST_KILLS = 4
_RUN, _FORKING, _WORKER = "the run", "the forking process", "a worker"
_ROLES = (_RUN, _FORKING, _WORKER, _WORKER)
_LONGEST_S = 120


@dataclass(slots=True)
class Tally:
    """What came of all episodes."""

    kills: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        killed = ", ".join(f"{count} × {what}" for what, count in sorted(self.kills.items())) or "nothing"
        return f"killed {killed}; {self.resumed} resumptions; broken: {len(self.broken)} {self.broken[:3]}"


def main() -> None:
    """Play, print, and end with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("episodes", type=int, nargs="?", default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    tally = play(range(options.seed, options.seed + options.episodes))
    print(tally)
    raise SystemExit(1 if tally.broken else 0)


def play(seeds: range) -> Tally:
    """Play an episode for each seed."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            desk = Path(folder) / str(seed)
            desk.mkdir()
            _episode(desk, random.Random(seed), tally)  # noqa: S311 - a schedule, not a secret
    return tally


def write_padded(folder: Path, chance: random.Random) -> list[str]:
    """Write the lists, in which one row in ten repeats a number; return the numbers, each once."""
    phones = [f"+1415555{chance.randrange(ROWS * 9 // 10) + 1000:04}" for _ in range(ROWS)]
    rows = [f"Person {place},{phone},{_note(chance)}" for place, phone in enumerate(phones)]
    for file, some in zip(FILES, (rows[:_OF_FIRST], rows[_OF_FIRST:]), strict=True):
        (folder / file).write_text("\n".join(["Name,Phone,Notes", *some, ""]), "ascii")
    return sorted({*phones})


def _note(chance: random.Random) -> str:
    """Return a padded cell: of one line, of two, or with a quote that is none, after which all others stand oddly."""
    kind = chance.random()
    if kind < 0.1:
        return f'"{_PAD}\nand more"'
    return f"5'10\" tall{_PAD}" if kind < 0.13 else _PAD


def _episode(desk: Path, chance: random.Random, tally: Tally) -> None:
    numbers = write_padded(desk, chance)
    os.environ["IMPORTER_CHUNK_ROWS"] = "25"
    behaviour = Behaviour(on_duplicate="second", latency_s=0.02)
    with EmbeddedSandbox(desk / "api.sqlite", behaviour, KEY) as sandbox:
        options = ["--base-url", sandbox.url, "--batch-size", 40, "--in-flight", 2, "--quiet-time", 1, "--json"]
        run = start("run", *FILES, "--workers", 2, *options, cwd=desk)
        kills = chance.randint(1, _MOST_KILLS)
        while (done := _disturbed(run, chance, kills, tally)) not in (0, 3):
            tally.resumed += 1
            kills = chance.randint(0, 1)
            if tally.resumed > 100 * _MOST_KILLS or not any(desk.glob("runs/*/run.json")):
                run = start("run", *FILES, "--workers", 2, *options, cwd=desk)
            else:
                run = start("resume", "latest", "--workers", chance.randint(1, 2), "--json", cwd=desk)
        with opened(desk / "api.sqlite") as store:
            held = sorted(contact.phone for contact in store.contacts())
    _check(desk, numbers, held, done, tally)


def _disturbed(run: "subprocess.Popen[str]", chance: random.Random, kills: int, tally: Tally) -> int:
    """Kill processes of a run, then wait for its end; return its exit code."""
    for _ in range(kills):
        role = chance.choice(_ROLES)
        while not _of_role(role, run.pid) and run.poll() is None:
            time.sleep(0.005)
        with suppress(subprocess.TimeoutExpired):
            run.wait(chance.random() * 0.5)
        if run.returncode is not None or not (there := _of_role(role, run.pid)):
            break
        below = list(process_tree._children(run.pid))
        with suppress(ProcessLookupError):
            os.kill(chance.choice(there), signal.SIGKILL)
            tally.kills[role] += 1
        if role == _RUN:
            _see_end(below, tally)
            break
    run.communicate(timeout=_LONGEST_S)
    return run.returncode


def _of_role(role: str, run: int) -> list[int]:
    """Return the processes of a run that have this role now: the run itself, those that fork workers, or workers."""
    if role == _RUN:
        return [run]
    below = list(process_tree._children(run))
    forking = [pid for pid in below if any(process_tree._children(pid))]
    return forking if role == _FORKING else [pid for pid in below if pid not in forking]


def _see_end(below: list[int], tally: Tally) -> None:
    """Note it if processes of a run that was killed are still there after half a minute."""
    deadline = time.monotonic() + 30
    while (left := [pid for pid in below if process_tree._held_kb(pid)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    if left:
        tally.broken.append(f"processes left: {len(left)}")


def _check(desk: Path, numbers: list[str], held: list[str], exit_code: int, tally: Tally) -> None:
    summary_path = max(desk.glob("runs/*/summary.json"))
    summary = json.loads(summary_path.read_text("utf-8"))
    rows = pl.read_parquet(summary_path.with_name("rows.parquet"))
    seen: dict[str, bool] = {
        "every number is in the account once": held == numbers,
        "the books balance": summary["balanced"] and summary["rows"] == ROWS,
        "the rows are in order": rows["row"].to_list() == [*range(2, _OF_FIRST + 2), *range(2, ROWS - _OF_FIRST + 2)],
        "each row has its number": sorted(rows["phone"].drop_nulls().unique()) == numbers,
        "it ends well": exit_code in (0, 3),
    }
    tally.broken += [f"{desk.name}: not so: {what}" for what, holds in seen.items() if not holds]


if __name__ == "__main__":
    main()
