"""``runs`` and each command that is told of one, where a run's record is damaged."""

import json
import random
from pathlib import Path

from importer.errors import UsageError
from importer.storage.run_folder import RunFolder
from tests.conftest import Typed


def test_a_damaged_record_is_told(contacts: Path, typed: Typed) -> None:
    """500 damaged run.json: each command says so in a line, and the list of runs is shown all the same."""
    runs = ("--runs", contacts.parent / "runs")
    summary = json.loads(typed("run", contacts, "--region", "US", "--dry-run", "--json", *runs).out)
    folder = RunFolder(contacts.parent / "runs" / summary["run_id"])
    whole = (folder.path / "run.json").read_bytes()
    chance = random.Random(4)  # noqa: S311 - repeatable damage, no secret
    refused = 0
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            data[place : place + chance.randint(0, 40)] = chance.choice([b"", b"{", b'"', b"null", b"\xff", b"9"])
        (folder.path / "run.json").write_bytes(data)
        try:
            folder.record()
        except UsageError:
            refused += 1
    assert refused > 300
    (folder.path / "run.json").write_bytes(b"{}")
    assert "damaged" in typed("runs", *runs).out
    for command in ("resume", "verify", "undo", "report"):
        done = typed(command, "latest", *runs)
        assert (done.code, "run.json is damaged" in done.err) == (2, True), done.err
