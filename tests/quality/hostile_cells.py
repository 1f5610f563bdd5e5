"""``python -m tests.quality.hostile_cells``: 100 KB of each of 40 signs, and of each pair, in each column of a list.

Prints a column a line: how many cells it was given, 40 in a list, and the processor time of the slowest dry run with
40 such cells, and of the slowest with one of them (each cell of a list that takes longer than 3 s is tried alone). No
one cell may take longer than that. Takes half an hour; ``--signs`` leaves the pairs out,
names of columns leave out the other columns.
"""

import csv
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

from importer.errors import ImporterError
from importer.models.watching import Silence, Stop
from importer.pipeline.run import run_import
from importer.settings.settings import Settings

SIGNS = "aoiA109 .,;:'\"()[]{}<>+-_=/\\|&#@*?~\n\té’“"
SIZE = 100_000
"""Characters."""
MOST_S = 3.0
_TOGETHER = 40
HEADER = ["Phone", "First name", "Last name", "Full name", "Email", "Country", "SMS consent", "Notes"]
NAMES = HEADER[1:4]
COLUMNS = (*HEADER, "(a header cell)", "(a line of its own)")
_PERSON = ["+1 415 555 0100", "Ann", "Lee", "", "ann@mail.example", "US", "yes", "likes tea"]


def pairs() -> list[str]:
    """Each sign beside each other one."""
    return [one + other for one in SIGNS for other in SIGNS if one != other]


def hostile_list(path: Path, column: str, signs: Sequence[str]) -> Path:
    """A list of three people and a cell of ``SIZE`` for each of the signs in one column."""
    cells = [(sign * SIZE)[:SIZE] for sign in signs]
    if column == "(a line of its own)":
        lines = [",".join(HEADER), *[",".join(_PERSON)] * 3]
        path.write_text("\n".join([*lines, *cells, lines[-1], ""]), "utf-8")
        return path
    header, rows = HEADER, [_PERSON] * 3
    if column == "(a header cell)":
        header, rows = [*HEADER, *cells], [[*_PERSON, *["x"] * len(cells)]] * 3
    else:
        emptied = [
            "" if name in NAMES and column in NAMES else cell for name, cell in zip(HEADER, _PERSON, strict=True)
        ]
        place = HEADER.index(column)
        rows = [*rows, *([*emptied[:place], cell, *emptied[place + 1 :]] for cell in cells)]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def dry_run_s(path: Path) -> float:
    """Processor time of a dry run in seconds; a list may be refused, and says why."""
    given = {"region": "US", "dry_run": True, "runs": path.parent / "runs", "map": {"phone": "Phone"}}
    settings = Settings.model_validate(given)
    start = process_time()
    try:
        folder, summary = run_import([path], settings, None, Silence(), Stop())
    except ImporterError:
        return process_time() - start
    spent_s = process_time() - start
    if summary.stopped_because is not None:
        raise AssertionError(f"{path}: {summary.stopped_because}")
    folder.rows().collect()
    return spent_s


def _column(folder: Path, column: str, signs: Sequence[str]) -> Iterator[tuple[float, float]]:
    """The seconds of each list of 40 cells, and of the slowest cell of it, where one had to be tried alone."""
    path = folder / "list.csv"
    for start in range(0, len(signs), _TOGETHER):
        some = signs[start : start + _TOGETHER]
        together_s = dry_run_s(hostile_list(path, column, some))
        alone_s = 0.0
        if together_s > MOST_S:
            alone_s = max(dry_run_s(hostile_list(path, column, [sign])) for sign in some)
        yield together_s, alone_s


def main() -> None:
    """Try all and print; the exit code tells whether a cell took too long."""
    signs = [*SIGNS] if "--signs" in sys.argv else [*SIGNS, *pairs()]
    slowest_s = 0.0
    print(f"{'column':22}{'cells':>7}{'40 of them':>13}{'one':>11}")
    for column in [column for column in COLUMNS if column in sys.argv] or COLUMNS:
        with tempfile.TemporaryDirectory() as folder:
            found = list(_column(Path(folder), column, signs))
        together_s, alone_s = (max(seconds) for seconds in zip(*found, strict=True))
        slowest_s = max(slowest_s, alone_s)
        one = f"{alone_s:7.1f} s" if alone_s else f"< {together_s:5.1f} s"
        print(f"{column:22}{len(signs):7,}{together_s:11.1f} s{one:>11}", flush=True)
    sys.exit(slowest_s > MOST_S)


if __name__ == "__main__":
    main()
