"""Phones beside a plain ``phonenumbers`` loop on the same messy rows; the loop runs in a process of its own.

The loop parses, validates and formats each cell with the row's region, and keeps the patterns as ``phonenumbers`` does
by itself. Both sides are given regions, so that reading country names counts for neither.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import phonenumbers
import polars as pl

from tests.truth import HEADER, make_list

ROOT = Path(__file__).parents[1]
PLAIN_SHARE = 5
"""The loop is timed on one in so many rows."""

Rows = list[tuple[str | None, str | None]]


def main(rows: int = 300_000, repeat: int = 3) -> None:
    """Measure and print."""
    from importer.stages.map.regions import region_of  # noqa: PLC0415 - the loop's process must not load the importer

    phone, country = HEADER.index("Phone"), HEADER.index("Country")
    lists, _ = make_list(rows, seed=7)
    cells: Rows = [(cells[phone] or None, region_of(cells[country]) if cells[country] else None) for cells in lists]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cells.json"
        file.write_text(json.dumps(cells[::PLAIN_SHARE]), "utf-8")
        command = [sys.executable, "-m", "tests.bench_phones", str(file)]
        done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    plain_wall, plain_cpu = (seconds * PLAIN_SHARE for seconds in json.loads(done.stdout))
    print(f"phones on {rows:,} messy rows; a plain phonenumbers loop needs {plain_wall:.1f} s")
    for chunk_rows in (rows, 50_000):
        walls, cpus = zip(*(_ours(cells, chunk_rows) for _ in range(repeat)), strict=True)
        wall, cpu = statistics.median(walls), statistics.median(cpus)
        print(
            f"  chunks of {chunk_rows:>9,}: {wall:6.2f} s {rows / wall:10,.0f} rows/s, "
            f"{plain_wall / wall:5.1f} × by the clock, {plain_cpu / cpu:5.1f} × by CPU time"
        )


def _ours(cells: Rows, chunk_rows: int) -> tuple[float, float]:
    """Wall and CPU seconds of the stage, which starts knowing nothing."""
    from importer.frames import OUTCOME, REASON  # noqa: PLC0415 - as above
    from importer.stages.phones import Phones  # noqa: PLC0415

    frame = pl.DataFrame(cells, schema={"phone:A": pl.String, "region": pl.String}, orient="row").with_columns(
        outcome=pl.lit(None, OUTCOME),
        reason=pl.lit(None, REASON),
        detail=pl.lit(None, pl.String),
        changes=pl.lit(None, pl.String),
    )

    def run() -> None:
        stage = Phones(None)
        for chunk in frame.iter_slices(chunk_rows):
            stage(chunk)

    return timed(run)


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = perf_counter(), process_time()
    run()
    return perf_counter() - wall, process_time() - cpu


def plain(cells: Rows) -> None:
    """What everybody writes."""
    for text, region in cells:
        try:
            number = phonenumbers.parse(text or "", region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        listed = json.loads(Path(sys.argv[1]).read_text("utf-8"))
        print(json.dumps(timed(lambda: plain(listed))))
    else:
        main()
