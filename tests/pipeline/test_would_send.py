"""What the live check says of an edited row is what a retry sends for it (A5)."""

import random
from pathlib import Path

import polars as pl

from importer.models.decisions import Change, Place
from importer.pipeline.would_send import SHOWN, WouldSend, known_numbers
from importer.storage.decisions import Decisions
from importer.storage.run_folder import RunFolder
from tests.conftest import Sandbox, Typed
from tests.support.retrying import imported_list, retried

_PHONES = [
    "(202) 555-{n:04}", "202555{n:04}", "+1 202 555 {n:04}", "+44 20 7946 {n:04}", "12{n}", "1.2E+10",
    "fax 202 555 {n:04}", "202-555-{n:04} or 202-555-0199", "tel: 202.555.{n:04} x12", "", "n/a", "12000000000",
    "202-555-0101",
]  # fmt: skip
_NAMES = ["ann {n} example", "EXAMPLE, BEN", "Dr. Cid Example", "", "Dee & Eve Example", "do not call"]


def edits(seed: int, rows: range) -> dict[Place, dict[str, str | None]]:
    """Random corrections of these rows: a number, and sometimes a name."""
    chance = random.Random(seed)  # noqa: S311 - examples
    found: dict[Place, dict[str, str | None]] = {}
    for row in rows:
        cells: dict[str, str | None] = {"Phone": chance.choice(_PHONES).format(n=chance.randrange(200))}
        if chance.random() < 0.5:
            cells["Name"] = chance.choice(_NAMES).format(n=row) or None
        found["list.csv", None, row] = cells
    return found


def test_it_equals_what_a_retry_sends(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Outcome, reason, number, names, metadata, for random edits, duplicates and numbers sent before among them."""
    bad = "".join(f"Person {n},1.2E+10,Town {n},\n" for n in range(300))
    run = imported_list(typed, tmp_path, f"Ann,202-555-0101,Oslo,\n{bad}", "--base-url", sandbox.url)
    asked = edits(1, range(3, 303))
    before = RunFolder(run)
    check = WouldSend(before, known_numbers(before))
    said = check.of(asked)
    assert said.height == len(asked)
    assert {"planned", "errored", "skipped"} <= set(said["outcome"])
    # One by one, as a person types, it is the same but for what other edited rows have.
    for place, cells in list(asked.items())[:20]:
        alone, among = check.of({place: cells}), said.filter(pl.col("row") == place[2])
        if among["reason"].item() != "duplicate-in-file":
            assert alone.equals(among)
    changes = [
        Change(place, "set", cell, column, "1.2E+10" if column == "Phone" else f"Person {place[2] - 3}")
        for place, cells in asked.items()
        for column, cell in cells.items()
    ]
    Decisions(run).append("anna", changes)
    _, rows = retried(typed, run, None)
    sent = rows.select(SHOWN).with_columns(
        outcome=pl.col("outcome").replace("imported", "planned"), reason=pl.col("reason").replace("confirmed", "ready")
    )
    assert sent.drop("detail").equals(said.drop("detail").filter(pl.col("row").is_in(sent["row"].implode())))
    # A cell that is only written out is no correction; all others of the edited rows were sent.
    assert sent.height == sum(Decisions(run).rows()[place].choice == "set" for place in asked)
