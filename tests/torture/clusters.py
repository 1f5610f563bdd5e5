"""``python -m tests.torture.clusters``: runs with ``--engine spark`` are killed at any instant, and resumed.

The engine is the one within the process, so that whoever kills the run kills driver and executor at once. With
``SPARK_REMOTE`` it is that cluster of this machine, and its Python workers are killed as well: the cluster does their
tasks again. The server makes a second contact of a number that it is sent twice. In the end every number is in the
account once, the books balance, and the rows are those of an undisturbed run without a cluster.
"""

import argparse
import os
import random
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from importer.sandbox import Behaviour, EmbeddedSandbox
from tests.torture.everything import KEY, opened, run, start
from tests.torture.workers import Tally

ROWS = 3_000
FILES = ("a.csv", "b.csv", "c.csv", "d.csv")
_RUN, _WORKER = "the run", "a worker of the cluster"
_LONGEST_S = 600
_CHANGED = ("outcome", "reason", "detail", "contact_id")
"""Of a row: what sending makes of it."""


def main() -> None:
    """Play, print, and end with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("episodes", type=int, nargs="?", default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if find_spec("pyspark") is None:
        print("left out, since the extra spark is not installed (make spark): kills of runs with --engine spark")
        return
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.episodes):
            desk = Path(folder) / str(seed)
            desk.mkdir()
            _episode(desk, random.Random(seed), tally)  # noqa: S311 - a schedule, not a secret
            print(f"{seed}: {tally}", flush=True)
    raise SystemExit(1 if tally.broken else 0)


def _episode(desk: Path, chance: random.Random, tally: Tally) -> None:
    numbers = _write_lists(desk, chance)
    os.environ["IMPORTER_CHUNK_ROWS"] = "100"
    run("run", *FILES, "--dry-run", "--runs", "dry", "--batch-size", 200, cwd=desk)
    behaviour = Behaviour(on_duplicate="second", latency_s=0.02)
    with EmbeddedSandbox(desk / "api.sqlite", behaviour, KEY) as sandbox:
        options = ["--base-url", sandbox.url, "--batch-size", 200, "--quiet-time", 1, "--engine", "spark", "--json"]
        process = start("run", *FILES, *options, cwd=desk)
        kills = chance.randint(1, 3)
        while (done := _disturbed(process, chance, kills, tally)) not in (0, 3):
            kills -= 1
            tally.resumed += 1
            began = any(desk.glob("runs/*/run.json"))
            again = ("resume", "latest", "--json") if began else ("run", *FILES, *options)
            process = start(*again, cwd=desk)
        with opened(desk / "api.sqlite") as store:
            held = sorted(contact.phone for contact in store.contacts())
    mine, theirs = (pl.read_parquet(max(desk.glob(f"{runs}/*/rows.parquet"))) for runs in ("runs", "dry"))
    seen = {
        "every number is in the account once": held == numbers,
        "the rows are those of this machine": mine.drop(_CHANGED).equals(theirs.drop(_CHANGED)),
        "it ends well": done in (0, 3),
        "nothing of the cluster is left": not any(desk.glob("runs/*/cluster")),
    }
    tally.broken += [f"{desk.name}: not so: {what}" for what, holds in seen.items() if not holds]


def _write_lists(folder: Path, chance: random.Random) -> list[str]:
    """Write the lists, in which one row in ten repeats a number; return the numbers, each once."""
    phones = [f"+1415{2 + n // 1000}55{n % 1000:04}" for n in (chance.randrange(ROWS * 9 // 10) for _ in range(ROWS))]
    for place, file in enumerate(FILES):
        rows = [f"Person {n},{phone}" for n, phone in enumerate(phones[place :: len(FILES)])]
        (folder / file).write_text("\n".join(["Name,Phone", *rows, ""]), "ascii")
    return sorted({*phones})


def _disturbed(process: "subprocess.Popen[str]", chance: random.Random, kills: int, tally: Tally) -> int:
    """Kill workers of the cluster, or the run at last, as long as kills are left; return its exit code."""
    while kills > 0:
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.random() * 25)
        if process.returncode is not None:
            break
        workers = _workers() if "SPARK_REMOTE" in os.environ else []
        role = chance.choice((_WORKER, _WORKER, _RUN)) if workers else _RUN
        with suppress(ProcessLookupError):
            os.kill(chance.choice(workers) if role == _WORKER else process.pid, signal.SIGKILL)
            tally.kills[role] += 1
        if role == _RUN:
            break
        kills -= 1
        time.sleep(0.1)
    process.communicate(timeout=_LONGEST_S)
    return process.returncode


def _workers() -> list[int]:
    """Return the processes in which a cluster of this machine has Python work: forked by one that is a daemon."""
    found = subprocess.run(["pgrep", "-f", r"pyspark\.daemon"], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


if __name__ == "__main__":
    main()
