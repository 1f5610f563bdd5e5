"""Lists prepared by an engine for clusters, beside this machine's own: ``python -m tests.bench.clusters``.

Five million rows and twenty over as many files as ``--files``: seconds of CPU, the peak of the tree, growth. Then a
sample of them prepared by both engines, whose rows and batches must be equal; a number on a third of all rows; numbers
that must not be sent, twenty million of them. Without the extra ``spark`` it says what it leaves out.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.models.number_set import hashed
from importer.storage.number_files import FORGOTTEN, salt_of, write_numbers
from importer.storage.prepared import Prepared
from importer.system.places import Folder
from tests.bench.whole import Cost, taken

_AREAS = (212, 213, 214, 215, 303, 305, 312, 313, 314, 404, 407, 408, 412, 415, 504, 505, 512, 602, 617, 702)
_SPELLINGS = ("+1 {} {} {}", "({}) {}-{}", "{}-{}-{}", "1{}{}{}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000_000, 20_000_000])
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--sample", type=int, default=2_000_000, help="rows that this machine prepares, too")
    parser.add_argument("--listed", type=int, default=20_000_000, help="numbers that must not be sent")
    parser.add_argument("--only", nargs="+", choices=["growth", "sample", "skew", "listed"])
    options = parser.parse_args()
    if find_spec("pysail") is None or find_spec("pyspark") is None:
        print(
            "left out, since the extra spark is not installed (make spark): growth of --engine spark, its rows beside"
        )
        print("those of this machine, one number on a third of all rows, and numbers not to be sent as a join")
        return
    wanted = options.only or ["growth", "sample", "skew", "listed"]
    if "growth" in wanted:
        growth(options.rows, options.files)
    if "sample" in wanted:
        compare("sample", options.sample, 4)
    if "skew" in wanted:
        compare("one number on a third of all rows", options.sample, 4, is_skewed=True)
    if "listed" in wanted:
        compare(f"{options.listed:,} numbers not to be sent", options.sample, 4, listed=options.listed)


def growth(counts: Sequence[int], files: int) -> None:
    """Print what each number of rows takes."""
    costs: list[Cost] = []
    for rows in counts:
        with tempfile.TemporaryDirectory() as folder:
            lists = write_lists(Path(folder), rows, files)
            costs.append(prepare(lists, Path(folder), "spark"))
            _line(f"--engine spark, {rows:,} rows in {files} files", costs[-1])
    if len(costs) > 1:
        ratio, more = costs[-1].cpu_s / costs[0].cpu_s, counts[-1] / counts[0]
        print(f"  {more:.1f} times the rows: {ratio:.2f} × the CPU, {ratio / more:.2f} × a row", flush=True)


def compare(name: str, rows: int, files: int, *, is_skewed: bool = False, listed: int = 0) -> None:
    """Print what both engines take, and raise unless their rows and batches are equal."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lists = write_lists(folder, rows, files, is_skewed=is_skewed)
        if listed:
            write_forgotten(folder / "runs", listed)
        for engine in ("auto", "spark"):
            _line(f"{name}, {rows:,} rows, --engine {engine}", prepare(lists, folder, engine))
        mine, theirs = (Prepared.read(Folder(folder / engine)) for engine in ("spark", "auto"))
        if (mine.rows, mine.to_send, mine.reasons) != (theirs.rows, theirs.to_send, theirs.reasons):
            raise SystemExit(f"{name}: the engines count differently: {mine.reasons} and {theirs.reasons}")
        for number in range(files):
            if not _table(folder / "spark", number).equals(_table(folder / "auto", number)):
                raise SystemExit(f"{name}: the rows of file {number} differ")
        print(f"  rows and batches of both are equal; {mine.reasons}", flush=True)


def prepare(lists: Sequence[Path], folder: Path, engine: str) -> Cost:
    """``importer prepare`` in a process of its own."""
    command = [sys.executable, "-m", "importer", "prepare", *map(str, lists), "--engine", engine]
    command += ["--region", "US", "--map", "phone=Phone"]  # one number on many rows: it would be asked which is meant
    return taken([*command, "--out", str(folder / engine)], IMPORTER_RUNS=str(folder / "runs"))


def write_lists(folder: Path, rows: int, files: int, *, is_skewed: bool = False) -> list[Path]:
    """Write so many rows over the files: a twentieth without a number, a tenth with one that came before."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(5)
    lists = [folder / f"list-{number:02}.csv" for number in range(files)]
    for number, path in enumerate(lists):
        own = rows // files
        ids = np.arange(number * own, (number + 1) * own)
        repeats = random.random(own) < 0.1
        ids[repeats] = random.integers(0, max(1, number * own) + own, repeats.sum())
        if is_skewed:
            ids[random.random(own) < 1 / 3] = 7
        _frame(ids, random.random(own) < 0.05, number * own).write_csv(path)
    return lists


Ids = npt.NDArray[np.int64]


def _frame(ids: Ids, is_missing: npt.NDArray[np.bool_], first: int) -> pl.DataFrame:
    rows = pl.DataFrame({"id": ids, "is_missing": is_missing}).with_row_index("row", first)
    area, rest = pl.col("id") % len(_AREAS), pl.col("id") // len(_AREAS)
    parts = (
        area.replace_strict(dict(enumerate(_AREAS)), return_dtype=pl.Int64).cast(pl.String),
        (200 + rest // 10_000 % 700).cast(pl.String),
        (rest % 10_000).cast(pl.String).str.zfill(4),
    )
    spelling = pl.col("row") % len(_SPELLINGS)
    phone = pl.coalesce(
        pl.when(spelling == place).then(pl.format(text, *parts)) for place, text in enumerate(_SPELLINGS)
    )
    return rows.select(
        Name=pl.format("anna LEE{}", pl.col("row") % 9_973),
        Phone=pl.when(~pl.col("is_missing")).then(phone),
        Email=pl.format("anna{}@Example.com", "row"),
        Company=pl.format("Firm {}", pl.col("row") % 997),
        Note=pl.when(pl.col("row") % 3 == 0).then(pl.lit("met at the fair, asked for a call in spring")),
    )


def write_forgotten(runs: Path, count: int) -> None:
    """Numbers that must not be sent: a hundred thousand of the lists, and others."""
    runs.mkdir()
    ids = np.arange(0, 1_000_000, 10)
    numbers = [f"+1{_AREAS[n % 20]}{200 + n // 20 // 10_000}{n // 20 % 10_000:04}" for n in ids]
    salt = salt_of(runs)
    own = hashed(pl.Series(numbers), salt)
    others = np.random.default_rng(6).integers(1, 1 << 63, count - len(own), dtype=np.uint64)
    write_numbers(runs / FORGOTTEN, salt, np.unique(np.concatenate([own, others])), "Make room.")


def _table(out: Path, number: int) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in sorted((out / "parts").glob(f"{number:04}-*.parquet"))])


def _line(name: str, cost: Cost) -> None:
    print(
        f"{name}: {cost.wall_s:.0f} s, {cost.cpu_s:.1f} s CPU, peak of the tree {cost.peak_mb or 0:,.0f} MB", flush=True
    )


if __name__ == "__main__":
    main()
