"""The files that jobs have filed in ``done/``, ``failed/`` and ``quarantine/``, without a person's rows.

Of a plain text the rows' lines are taken out, and every other byte stays. A file of another kind is replaced by a CSV
file with the rows of the others, as they were read: a workbook cannot be changed without changing more of it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.errors import StoppedError
from importer.models.frames import RAW
from importer.pipeline.forget.proof import terms_in
from importer.pipeline.forget.terms import Search
from importer.reports.page import NAME as PAGE
from importer.storage.job_memory import JobMemory
from importer.storage.run_folder import RunFolder
from importer.storage.summary import FILE_NAME
from importer.system.new_file import new_file

_BESIDE = ((PAGE, ".report.html"), (FILE_NAME, ".summary.json"))
"""The reports beside a filed file: their names in the run's folder, and the endings that they have there."""
_WIDE = ("utf-16", "utf-32")
_WAY_OUT = "Make room or give permission, and run the same command again."


@dataclass(frozen=True, slots=True)
class Filed:
    """A file that a job has filed: where it lies, the run that imported it, and the job's memory that knows of it."""

    path: Path
    run_id: str | None
    home: Path
    number: int


def filed_files(runs: Path) -> list[Filed]:
    """Return the files that the jobs of a folder of runs have filed, as far as they are there.

    Raises:
        StoppedError: a job's memory cannot be used.
    """
    found = []
    for home in sorted(path.parent for path in (runs / "jobs").glob("*/memory.sqlite")):
        with JobMemory.open(home) as memory:
            found += [
                Filed(taken.place, taken.run_id, home, taken.id)
                for state in ("done", "failed", "quarantine")
                for taken in memory.files_in(state)
                if taken.place is not None and taken.place.is_file()
            ]
    return found


def erase_from_file(filed: Filed, run: RunFolder, positions: Sequence[int], search: Search) -> str | None:
    """Take a person's rows out of a filed file, and bring its reports up to date; return what was done, for people.

    None if the file had nothing of the person, or was dealt with before.

    Raises:
        StoppedError: it cannot be written.
    """
    for name, ending in _BESIDE:
        beside = filed.path.with_name(filed.path.name + ending)
        if beside.is_file() and (run.path / name).is_file():
            with new_file(beside, _WAY_OUT) as part:
                part.write_bytes((run.path / name).read_bytes())
    if not terms_in(filed.path, search):
        return None
    if (text := _without_lines(filed.path, run, positions, search)) is not None:
        with new_file(filed.path, _WAY_OUT) as part:
            part.write_bytes(text)
        return f"{filed.path}: its lines were taken out"
    place = filed.path.with_name(f"{filed.path.name}.{run.run_id}.csv")
    _write_others(place, run, positions)
    with JobMemory.open(filed.home) as memory:
        memory.update(memory.file(filed.number), place=str(place))
    for _, ending in _BESIDE:
        with suppress(FileNotFoundError):
            filed.path.with_name(filed.path.name + ending).rename(place.with_name(place.name + ending))
    try:
        filed.path.unlink()
    except OSError as error:
        raise StoppedError(f"{filed.path} cannot be deleted ({error.strerror}). {_WAY_OUT}") from None
    return f"{filed.path}: replaced by {place.name}, the rows of the others as they were read"


def _without_lines(path: Path, run: RunFolder, positions: Sequence[int], search: Search) -> bytes | None:
    """Return a plain text without the lines of these rows; None if it is none, or the lines are not theirs."""
    sources = run.record().sources
    encoding = (sources[0].encoding or "").lower() if len(sources) == 1 else ""
    if not encoding or sources[0].delimiter is None or encoding.startswith(_WIDE):
        return None
    data = path.read_bytes()
    if b"\r" in data.replace(b"\r\n", b"") or data.startswith(b"\x1f\x8b"):
        return None
    lines = data.splitlines(keepends=True)
    rows = run.settled_rows().select("position", "line").sort("line").collect()
    ends = rows["line"].shift(-1).fill_null(len(lines) + 1)
    gone: set[int] = set()
    for position, first, end in zip(rows["position"], rows["line"], ends, strict=True):
        if position in set(positions):
            gone |= set(range(first - 1, end - 1))
    taken_out = b"".join(line for number, line in enumerate(lines) if number in gone)
    left = b"".join(line for number, line in enumerate(lines) if number not in gone)
    return left if search.found(taken_out) and not search.found(left) else None


def _write_others(place: Path, run: RunFolder, positions: Sequence[int]) -> None:
    """Write the cells, as they were read, of all rows of a run but these."""
    rows = run.settled_rows().filter(~pl.col("position").is_in(list(positions)))
    raw = [name for name in rows.collect_schema() if name.startswith(RAW)]
    with new_file(place, _WAY_OUT) as part:
        rows.select(pl.col(name).alias(name.removeprefix(RAW)) for name in raw).collect().write_csv(part)
