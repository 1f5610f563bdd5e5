"""The same list again, however it is called and ordered: nothing is sent again, and all is accounted for."""

import csv
import json
import random
from pathlib import Path

from tests.conftest import Sandbox, Typed

ROWS = [
    ["Ann", "+1 202-555-0100"],
    ["Bob", "(202) 555-0101"],
    ["", ""],
    ["Ann", "12025550100"],
    ["Cid", "12"],
    ["Dot", ""],
]


def test_the_same_list_five_times_is_sent_once(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Renamed and in any order: no request after the first run, and every row is in exactly one file."""
    chance = random.Random(1)  # noqa: S311 - an order, no secret
    posts = []
    for number in range(5):
        rows = ROWS[:] if number < 2 else chance.sample(ROWS, len(ROWS))
        path = tmp_path / ("list.csv" if number < 2 else f"renamed-{number}.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["Name", "Phone"], *rows])
        done = typed("run", path, "--region", "US", "--base-url", sandbox.url, "--runs", tmp_path / "runs", "--json")
        summary = json.loads(done.out)
        assert summary["balanced"]
        posts.append(sum(request.method == "POST" for request in sandbox.store.requests()))
        folder = tmp_path / "runs" / summary["run_id"]
        listed = 0
        for name in ("imported", "skipped", "errored", "unconfirmed"):
            if (folder / f"{name}.csv").is_file():
                with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                    in_file = sum(1 for _ in csv.DictReader(file))
                assert in_file == summary[name]
                listed += in_file
        assert listed == summary["rows"] == len(ROWS)
    assert posts == [1] * 5
    assert sandbox.store.count() == 2
