"""Each gate holds a list back by its name, says what was seen and what is usual, and lets the usual through."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer.pipeline.gates import Figures, Past, gates_of, words
from importer.settings.settings import load_settings
from importer.storage.summary import Summary
from tests.support.faultserver import FaultServer
from tests.support.jobs import JobHouse, people

_USUAL = Figures(100, 2, 5, ["Name", "Phone"], {"US": 1.0})


def _past(*rows: int, unconfirmed: float = 0) -> list[Past]:
    return [Past(f"run-{n}", 0.0, replace(_USUAL, rows=count), b"", unconfirmed) for n, count in enumerate(rows)]


@pytest.mark.parametrize(
    ("gate", "figures", "past", "shut"),
    [
        ({"min_rows": 3}, {"rows": 2}, [], "min_rows: 2 rows; at least 3"),
        ({"max_rows": 3}, {"rows": 4}, [], "max_rows: 4 rows; at most 3"),
        (
            {"max_error_rate": 0.01},
            {},
            [],
            "max_error_rate: 2 of 100 rows (2.0%) cannot be imported; at most 1.0%",
        ),
        (
            {"max_duplicate_rate": 0.04},
            {},
            [],
            "max_duplicate_rate: 5 of 100 rows (5.0%) have a number that came before; at most 4.0%",
        ),
        (
            {"same_columns": True},
            {"columns": ["Name", "Telephone"]},
            _past(100),
            "same_columns: missing: 'Phone'; new: 'Telephone'; the columns of run run-0, 1970-01-01",
        ),
        (
            {"max_unconfirmed_rate": 0.1},
            {},
            _past(100, unconfirmed=0.3),
            (
                "max_unconfirmed_rate: 30.0% of the rows of the last run are unconfirmed: importer verify run-0; at "
                "most 10.0%"
            ),
        ),
        (
            {"max_region_shift": 0.2},
            {"regions": {"US": 0.6, "GB": 0.4}},
            _past(100),
            (
                "max_region_shift: 40.0% of the numbers are of other countries than usual: GB 40% (usually 0%), "
                "US 60% (usually 100%); at most 20.0%"
            ),
        ),
        (
            {"band": 5},
            {"rows": 20, "errored": 0, "duplicates": 0},
            _past(100, 104, 98, 101),
            "band.rows: 20 rows; 93 to 108 (median 100.5 ± 5 MAD of 4 runs)",
        ),
        (
            {"band": 5},
            {"errored": 30},
            _past(100, 104, 98),
            "band.errors: 30.0% of the rows cannot be imported; at most 7.0%",
        ),
        (
            {"band": 5},
            {"duplicates": 30},
            _past(100, 104, 98),
            "band.duplicates: 30.0% of the rows have a number that came before; at most 10.0%",
        ),
    ],
)
def test_a_gate_says_what_was_seen_and_what_is_usual(
    gate: dict[str, Any], figures: dict[str, Any], past: list[Past], shut: str
) -> None:
    """A gate that compares with earlier runs lets everything through while there are none."""
    settings = load_settings({"gates": gate})
    found = [one for one in gates_of(settings, replace(_USUAL, **figures), None, past) if not one.is_open]
    assert [f"{one.rule}: {one.seen}; {one.usual}" for one in found] == [shut]
    if past:
        assert list(gates_of(settings, replace(_USUAL, **figures), None, [])) == []


def test_a_band_needs_three_runs() -> None:
    """Of fewer, nobody can say what is usual."""
    settings = load_settings({"gates": {"band": 5}})
    assert list(gates_of(settings, replace(_USUAL, rows=1), None, _past(100, 100))) == []
    # Runs that were all alike let a hundredth through.
    rows, *_ = gates_of(settings, replace(_USUAL, rows=104), None, _past(100, 100, 100))
    assert rows.is_open


@pytest.fixture
def house(tmp_path: Path) -> Iterator[JobHouse]:
    """A job that sends to a server on loopback."""
    with FaultServer() as server:
        yield JobHouse(tmp_path, server.url)


def test_a_list_that_is_held_back_is_in_quarantine_and_teaches_no_gate(house: JobHouse) -> None:
    """None of it was sent; the rule is in the summary and on the page, with the command that sends it all the same."""
    house.write(gates="same_columns = true\nmin_rows = 5\nmax_similar = 0.85")
    house.drop("a.csv", people(10))
    assert house.start().exit_code == 0
    house.drop("b.csv", "Name,Telephone\nA Person,+12025559999\n")
    house.drop("c.csv", people(9) + "New Person,+12025558888\n")
    held, similar = house.start().files
    assert (held.state, held.exit_code, held.gates) == ("quarantine", 5, ("min_rows", "same_columns"))
    assert similar.gates == ("max_similar",), "not the columns: b taught nothing"
    summary = Summary.read(house.folder / "runs" / (similar.run_id or ""))
    (shut,) = [gate for gate in summary.gates if not gate.is_open]
    assert shut.seen.startswith("90% of its contacts were in run")
    assert words([shut]) in similar.why
    assert f"importer approve {similar.run_id}" in similar.why
    assert (summary.status, summary.imported, summary.job) == ("refused", 0, "nightly")
    page = (house.folder / "inbox" / "quarantine" / "c.csv.report.html").read_text("utf-8")
    assert 'id="gates"' in page
    assert shut.rule in page
    assert f"<code>importer approve {similar.run_id}</code>" in page


def test_a_stale_suppression_list_stops_the_job_before_a_file_is_taken(house: JobHouse) -> None:
    """It is no fault of the files: they stay in the inbox."""
    house.write(suppress='files = ["no.csv"]\nmax_age_days = 31')
    no = house.folder / "no.csv"
    no.write_text("Phone\n+12025550000\n", "utf-8")
    os.utime(no, (time.time() - 40 * 86_400,) * 2)
    file = house.drop("a.csv", people(2))
    stale = house.start()
    assert (stale.exit_code, file.is_file(), stale.files) == (5, True, [])
    assert "suppress_max_age_days" in (stale.stopped or "")
    os.utime(no)
    (fresh,) = house.start().files
    assert fresh.rows == {"rows": 2, "imported": 1, "skipped": 1}


def test_a_list_that_is_missing_or_shrank_stops_the_job_before_a_file_is_taken(house: JobHouse) -> None:
    """It names the rule, what was seen and what is usual; a list that grew, or is as it was, lets the files through."""
    house.write(suppress='files = ["no.csv"]\nmax_shrink = 0.2')
    no = house.folder / "no.csv"
    numbers = [f"+1202555{number:04}" for number in range(9_000, 9_010)]

    def listed(count: int) -> None:
        no.write_text("\n".join(["Phone", *numbers[:count], ""]), "utf-8")

    file = house.drop("a.csv", people(2))
    missing = house.start()
    assert (missing.exit_code, file.is_file(), missing.files) == (5, True, [])
    assert "The gate suppress holds it back: there is no suppression list" in (missing.stopped or "")
    listed(10)
    assert [one.state for one in house.start().files] == ["done"]
    house.drop("b.csv", people(2, first=10))
    listed(7)
    shrunk = house.start()
    assert (shrunk.exit_code, shrunk.files) == (5, [])
    assert "has 7 numbers, 30.0% fewer than the 10 of before; allowed is: at most 20.0% fewer" in (shrunk.stopped or "")
    listed(9)
    assert [one.state for one in house.start().files] == ["done"]
    listed(7)
    house.write(suppress='files = ["no.csv"]')
    house.drop("c.csv", people(2, first=20))
    assert [one.state for one in house.start().files] == ["done"], "somebody said that it is right"
    house.write(suppress='files = ["no.csv"]\nmax_shrink = 0.2')
    house.drop("d.csv", people(2, first=30))
    assert [one.state for one in house.start().files] == ["done"]
