"""``make torture``: the promises on large lists and under ``kill -9``, against a real sandbox in another process.

``tests/test_end_to_end.py`` runs the same checks on small lists with every change.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from importer.sandbox import Behaviour, EmbeddedSandbox, Store
from tests.support.simulation import hiccup, play
from tests.support.truth import Truth, write_csv
from tests.torture import (
    at_once,
    combinations,
    dates,
    falsified,
    limits,
    mutants,
    mutants_dates,
    mutants_engine,
    nights,
    outages,
    powercuts,
    suppressed,
    swaps,
    wire_faults,
)
from tests.torture.kills import kill_at_points, kill_at_random

KEY = "agl_sk_torture_fictional"
ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run every check at the size asked for; the first broken promise ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the list with a known truth")
    parser.add_argument("--kills", type=int, default=10, help="runs that are killed and resumed")
    parser.add_argument("--kill-rows", type=int, default=20_000, help="rows of each of them")
    parser.add_argument("--engine-kills", type=int, default=1_000, help="kills of forked runs, at any instant")
    parser.add_argument("--episodes", type=int, default=100_000, help="simulated runs, compared with the truth")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        ends = check_truth(Path(folder) / "truth", options.rows, seed=1)
        print(f"truth: {options.rows:,} rows as they should be in {time.perf_counter() - start:.1f} s: {dict(ends)}")
        for number in range(options.kills):
            print(f"kill -9, try {number + 1}: {check_kill(Path(folder) / f'kill{number}', options.kill_rows, number)}")
    for name, check in engine_checks(options.engine_kills, options.episodes):
        start = time.perf_counter()
        print(f"{name}: {check()} ({time.perf_counter() - start:,.0f} s)")


def engine_checks(kills: int, episodes: int) -> list[tuple[str, Callable[[], object]]]:
    """The engine's promises and the readers', each by its command; what they print is the figure."""
    return [
        ("python -m tests.torture.kills", lambda: kill_at_random(kills, at_once=2, seed=0)),
        (
            "python -m tests.torture.kills --no-date",
            lambda: kill_at_random(kills, at_once=2, seed=1, tells_date=False),
        ),
        ("python -m tests.torture.kills --points", lambda: kill_at_points(at_once=2)),
        ("python -m tests.torture.falsified", lambda: falsified.falsify(1_000, seed=0)),
        ("python -m tests.torture.suppressed", lambda: suppressed.play(1_000)),
        ("python -m tests.support.simulation", lambda: play(range(episodes))),
        ("python -m tests.support.simulation --hiccups", lambda: play(range(episodes), one=hiccup)),
        ("python -m tests.torture.dates", lambda: dates.play(range(episodes))),
        ("python -m tests.torture.mutants_engine", mutants_engine.report),
        ("python -m tests.torture.mutants_dates", mutants_dates.report),
        ("python -m tests.torture.powercuts", lambda: powercuts.report(10_000)),
        ("python -m tests.torture.at_once", lambda: at_once.start_at_once(50)),
        ("python -m tests.torture.at_once", at_once.turn_away),
        ("python -m tests.torture.wire_faults", wire_faults.report),
        ("python -m tests.torture.workers", lambda: alone("tests.torture.workers", 50)),
        ("python -m tests.torture.engines", lambda: alone("tests.torture.engines", 1_000_000)),
        ("python -m tests.torture.limits", limits.report),
        ("python -m tests.torture.outages", outages.report_outages),
        ("python -m tests.torture.outages", outages.report_searches),
        ("python -m tests.torture.mutants", lambda: mutants.check(1_000)),
        ("python -m tests.torture.mutants --family runs", lambda: mutants.check_runs(200)),
        ("python -m tests.torture.swaps", lambda: swaps.report(10_000)),
        ("python -m tests.torture.nights", nights.report),
        ("python -m tests.torture.soak", lambda: alone("tests.torture.soak")),
        ("python -m tests.torture.mutation", lambda: alone("tests.torture.mutation", "--sample", 200)),
        ("python -m tests.torture.combinations", lambda: combinations.play(list(combinations.combinations()))),
    ]


def alone(module: str, *options: object) -> str:
    """The last line that a command prints which needs a process of its own, for its memory or its forks."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, options)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def check_truth(folder: Path, rows: int, seed: int) -> Counter[str]:
    """Import a list whose truth is known: every row's end, phone and survivor and the server's contacts must be so."""
    folder.mkdir()
    truths = write_csv(folder / "list.csv", rows, seed)
    with EmbeddedSandbox(folder / "api.sqlite", key=KEY) as sandbox:
        done = run("run", folder / "list.csv", "--base-url", sandbox.url, "--json", cwd=folder)
    summary = json.loads(done.stdout)
    got = pl.read_parquet(folder / "runs" / summary["run_id"] / "rows.parquet")
    columns = ["row", "outcome", "reason", "phone", "kept_row"]
    wrong = [
        (truth, dict(zip(columns, row, strict=True)))
        for truth, row in zip(truths, got.select(columns).iter_rows(), strict=True)
        if row != (truth.row, truth.outcome, truth.reason, truth.phone, truth.kept_row)
    ]
    assert not wrong, f"{len(wrong)} of {rows} rows, the first: {wrong[:3]}"
    assert summary["balanced"]
    assert summary["rows"] == rows
    check_server(folder / "api.sqlite", truths)
    return Counter(f"{truth.outcome}/{truth.reason}" for truth in truths)


def check_kill(folder: Path, rows: int, seed: int) -> str:
    """Kill a run in the middle, as often as chance says, then resume it: nothing lost, nothing doubled.

    The server makes a second contact of a number that it is sent twice, so that doubling shows.
    """
    folder.mkdir()
    chance = random.Random(seed)  # noqa: S311 - a schedule, not a secret
    truths = write_csv(folder / "list.csv", rows, seed)
    expected = sum(truth.outcome == "imported" for truth in truths)
    behaviour = Behaviour(on_duplicate="second", latency_s=0.05)
    size = max(1, expected // 20)
    command = ["run", folder / "list.csv", "--batch-size", size, "--quiet-time", 1, "--in-flight", 2]
    kills = 0
    with EmbeddedSandbox(folder / "api.sqlite", behaviour, KEY) as sandbox, opened(folder / "api.sqlite") as store:
        process = start(*command, "--base-url", sandbox.url, "--json", cwd=folder)
        for _ in range(chance.randint(1, 3)):
            goal = min(store.count() + chance.randint(1, expected // 3), expected)
            while store.count() < goal and process.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.1)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.communicate()
            process = start("resume", "latest", "--json", cwd=folder)
        out, err = process.communicate(timeout=300)
        assert process.returncode in (0, 3), err
        summary = json.loads(out)
        assert summary["balanced"]
        assert (summary["rows"], summary["imported"]) == (rows, expected), summary["reasons"]
        check_server(folder / "api.sqlite", truths)
    return f"{kills} kills, {summary['imported']:,} of {rows:,} rows imported once, {summary['requests']} requests"


def check_server(db: Path, truths: list[Truth]) -> None:
    """The server holds exactly the numbers that should have been imported, each once."""
    with opened(db) as store:
        held = Counter(contact.phone for contact in store.contacts())
    expected = {truth.phone for truth in truths if truth.outcome == "imported"}
    assert held.keys() == expected, f"lost {len(expected - held.keys())}, too many {len(held.keys() - expected)}"
    assert max(held.values(), default=1) == 1, f"doubled {sum(count > 1 for count in held.values())}"


@contextmanager
def opened(db: Path) -> Iterator[Store]:
    """The sandbox's contacts, read beside it."""
    store = Store(db)
    try:
        yield store
    finally:
        store.close()


def start(*arguments: object, cwd: Path) -> "subprocess.Popen[str]":
    """An ``importer`` process with the key in its environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "importer", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"VOXPRIA_API_KEY": KEY, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: object, cwd: Path) -> "subprocess.CompletedProcess[Any]":
    """An ``importer`` process that must end with every row settled."""
    process = start(*arguments, cwd=cwd)
    out, err = process.communicate(timeout=600)
    assert process.returncode in (0, 3), err
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


if __name__ == "__main__":
    main()
