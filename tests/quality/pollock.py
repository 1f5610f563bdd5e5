"""``python -m tests.quality.pollock``: the Pollock benchmark's cases, from our own list, and what readers make of it.

Pollock (Vitagliano et al., VLDB 2023) spoils one table in one way at a time and asks whether it can be loaded, and for
precision, recall and F1 of header, records and cells: ten figures from 0 to 1, added up. ``simple`` counts every file
once, ``weighted`` by how often its survey of 3,712 public files met such a file. Its files are not here, so neither are
its figures: these compare readers with each other. A reader must find out everything by itself.
"""

import argparse
import csv
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.models.frames import RAW
from importer.readers.formats import open_tables
from tests.support.pollution import CONTACTS, HEADER, PLAIN, Row, line, written

Loaded = tuple[Sequence[str], list[Row]]
"""Header and records."""

_END = "\r\n"
_PLACES = range(0, 100, 4)
_WEIGHT_LESS, _WEIGHT_MORE, _WEIGHT_QUOTE = 260.0, 260.0, 8.0
"""Of all files with one such row together."""

_DUCKDB = """
import json, sys, duckdb
for path in json.load(sys.stdin):
    try:
        found = duckdb.sql(f"select * from read_csv('{path}', all_varchar=true{sys.argv[1]})")
        rows = [[cell or "" for cell in row] for row in found.fetchall()]
        print(json.dumps([found.columns, rows]))
    except duckdb.Error:
        print("null")
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One spoilt file: its name, weight and bytes, and the header and records that are in it."""

    name: str
    weight: float
    data: bytes
    header: Row = HEADER
    rows: tuple[Row, ...] = CONTACTS


def cases() -> Iterator[Case]:
    """All files."""
    text = written(PLAIN, end=_END)
    body = written(CONTACTS, end=_END)
    table = written((HEADER, *CONTACTS[:50]), end=_END)
    yield Case("source", 1, text.encode())
    yield Case("no payload", 15, b"", (), ())
    yield Case("no trailing newline", 184, text.removesuffix(_END).encode())
    yield Case("double trailing newline", 5, (text + _END).encode())
    yield Case("no header", 470, body.encode(), ())
    two = _END.join(["Name,Name,Phone,Email,City,Notes", "First,Last,,,,", body])
    yield Case("header of 2 rows", 47, two.encode())
    three = _END.join(["Customer,Customer,,,,", "Name,Name,Phone,Email,City,Notes", "First,Last,,,,", body])
    yield Case("header of 3 rows", 47, three.encode())
    yield Case("preamble", 282, f"List of contacts{_END}Made by sales{_END}{_END}{text}".encode())
    for name, second in _second_tables().items():
        rows = (*CONTACTS[:50], *second)
        yield Case(f"second table, {name}", 62.7, (table + _END + written(second, end=_END)).encode(), rows=rows)
    yield Case("header only", 3, (line(HEADER) + _END).encode(), rows=())
    yield Case("one row", 4, written(PLAIN[:2], end=_END).encode(), rows=CONTACTS[:1])
    yield Case("record end CR", 7, written(PLAIN, end="\r").encode())
    yield Case("record end LF", 1691, written(PLAIN, end="\n").encode())
    for delimiter, weight in (("\t", 4), (";", 834), (" ", 4), (", ", 101)):
        yield Case(f"delimiter {delimiter!r}", weight, written(PLAIN, delimiter, end=_END).encode())
    yield Case("quote '", 11, written(PLAIN, quote="'", end=_END).encode())
    yield Case("escape \\", 1, written(PLAIN, escape="\\", end=_END).encode())
    bare = _END.join(",".join(f'"{cell}"' if "," in cell or '"' in cell else cell for cell in row) for row in PLAIN)
    yield Case("no escape", 7, bare.encode())
    yield from _rows()


def _second_tables() -> dict[str, tuple[Row, ...]]:
    return {
        "as many columns": (HEADER, *CONTACTS[50:]),
        "fewer columns": (("Product", "Price", "Stock"), *(("Tea", f"{n}.20", str(n)) for n in range(20))),
        "more columns": (
            (*HEADER, "Colour", "Size"), *((*row, "green", str(n)) for n, row in enumerate(CONTACTS[50:]))
        ),
    }  # fmt: skip


def _rows() -> Iterator[Case]:
    """A delimiter left out, one too many, and a quote that is not escaped, in every fourth row and each column."""
    places = [(row, column) for row in _PLACES for column in range(len(HEADER) - 1)]
    for row, column in places:
        place = f"row {row}, column {column}"
        cells = [line((cell,)) for cell in CONTACTS[row]]
        less = [*cells[:column], cells[column] + cells[column + 1], *cells[column + 2 :]]
        meant = (
            *CONTACTS[row][:column],
            CONTACTS[row][column] + CONTACTS[row][column + 1],
            *CONTACTS[row][column + 2 :],
        )
        yield _with(f"delimiter left out, {place}", _WEIGHT_LESS / len(places), row, less, meant)
        more = [*cells[: column + 1], "", *cells[column + 1 :]]
        meant = (*CONTACTS[row][: column + 1], "", *CONTACTS[row][column + 1 :])
        yield _with(f"delimiter too many, {place}", _WEIGHT_MORE / len(places), row, more, meant)
        spoilt = CONTACTS[row][column][:2] + '"' + CONTACTS[row][column][2:]
        quote = [*cells[:column], f'"{spoilt}"' if "," in spoilt else spoilt, *cells[column + 1 :]]
        meant = (*CONTACTS[row][:column], spoilt, *CONTACTS[row][column + 1 :])
        yield _with(f"quote too many, {place}", _WEIGHT_QUOTE / len(places), row, quote, meant)


def _with(name: str, weight: float, row: int, cells: Sequence[str], meant: Row) -> Case:
    lines = [line(each) for each in PLAIN]
    lines[row + 1] = ",".join(cells)
    rows = (*CONTACTS[:row], meant, *CONTACTS[row + 1 :])
    return Case(name, weight, (_END.join(lines) + _END).encode(), rows=rows)


def ours(path: Path) -> Loaded:
    """This package's reader; cells past the last column are part of their record, blank rows are none."""
    (table,) = open_tables(path, path.name, None)
    rows = []
    for frame in table.chunks(10_000):
        for extra, cells in zip(frame["extra_cells"], frame.select(pl.col(f"^{RAW}.*$")).rows(), strict=True):
            if any(cells):
                rows.append((*(cell or "" for cell in cells), *(json.loads(extra) if extra else ())))
    return () if table.source.header_row is None else table.source.columns, rows


def of_polars(path: Path) -> Loaded:
    """``polars.read_csv`` as lenient as it can be made."""
    frame = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True, ignore_errors=True)
    return frame.columns, [tuple(cell or "" for cell in row) for row in frame.rows()]


def of_sniffer(path: Path) -> Loaded:
    """Python's ``csv`` with the dialect and header that its sniffer finds."""
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    sniffer = csv.Sniffer()
    rows = [tuple(row) for row in csv.reader(text.splitlines(keepends=True), sniffer.sniff(text[:4096])) if row]
    return (rows[0], rows[1:]) if sniffer.has_header(text[:4096]) else ((), rows)


def score(case: Case, loaded: Loaded | None) -> float:
    """The sum of the ten figures."""
    header, rows = loaded or ((), [])
    cells = [cell for row in rows for cell in row]
    figures = [
        _measures(case.header, header),
        _measures(list(map(_trimmed, case.rows)), list(map(_trimmed, rows))),
        _measures([cell for row in case.rows for cell in row if cell], [cell for cell in cells if cell]),
    ]
    return (loaded is not None) + sum(map(sum, figures))


def _measures(meant: Sequence[object], got: Sequence[object]) -> tuple[float, float, float]:
    """Recall, precision and F1."""
    if not meant:
        return (1.0, 1.0, 1.0)
    alike = (Counter(meant) & Counter(got)).total()
    if not alike:
        return (0.0, 0.0, 0.0)
    recall, precision = alike / len(meant), alike / len(got)
    return recall, precision, 2 * recall * precision / (recall + precision)


def _trimmed(row: Row) -> Row:
    cells = list(row)
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _loaded(load: Callable[[Path], Loaded], path: Path) -> Loaded | None:
    try:
        return load(path)
    except Exception:  # noqa: BLE001 - another reader's failure of any kind is what is counted
        return None


_LENIENT = ", null_padding=true, strict_mode=false, ignore_errors=true"


def _of_duckdb(python: str, options: str, paths: Sequence[Path]) -> list[Loaded | None]:
    done = subprocess.run(
        [python, "-c", _DUCKDB, options],
        input=json.dumps(list(map(str, paths))),
        capture_output=True,
        check=True,
        text=True,
    )
    answers = map(json.loads, done.stdout.splitlines())
    return [answer and (answer[0], [tuple(row) for row in answer[1]]) for answer in answers]


def main() -> None:
    """Print both scores of each reader, and the files on which ours is not perfect."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duckdb", metavar="PYTHON", help="an interpreter that has DuckDB, which is measured then too")
    options = parser.parse_args()
    files = list(cases())
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.csv" for number in range(len(files))]
        for path, case in zip(paths, files, strict=True):
            path.write_bytes(case.data)
        readers = {"importer": ours, "polars.read_csv": of_polars, "csv.Sniffer": of_sniffer}
        loads = {name: [_loaded(load, path) for path in paths] for name, load in readers.items()}
        if options.duckdb:
            loads["DuckDB"] = _of_duckdb(options.duckdb, "", paths)
            loads["DuckDB, lenient"] = _of_duckdb(options.duckdb, _LENIENT, paths)
    print(f"{len(files)} files; at most 10")
    for name, loaded in loads.items():
        scores = [score(case, each) for case, each in zip(files, loaded, strict=True)]
        weighted = sum(case.weight * each for case, each in zip(files, scores, strict=True))
        print(
            f"  {name:<16} simple {sum(scores) / len(files):5.2f}   weighted "
            f"{weighted / sum(case.weight for case in files):5.2f}   perfect {sum(each > 9.999 for each in scores)}"
        )
    for case, each in zip(files, loads["importer"], strict=True):
        if (reached := score(case, each)) < 9.999:
            print(f"  {case.name:<40} {reached:5.2f}")


if __name__ == "__main__":
    main()
