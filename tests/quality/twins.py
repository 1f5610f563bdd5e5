"""``python -m tests.quality.twins``: what the list of twins finds among 500 people and their 500 damaged duplicates.

The people (``corpora/duplicates/febrl1.csv``) have no phones and no e-mail addresses, so each row gets a number of its
own, and what it has stands for what a contact list has: given name and surname are the names; the security number, of
one person and sometimes mistyped, stands for the e-mail address or is a column like a customer's number; the address
and the date of birth are columns. With ``--rows N`` also how time and memory grow from N / 4 to N made-up rows.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import polars as pl

from importer.pipeline.review.twins import twins

FEBRL = Path(__file__).parents[3] / "shared" / "corpora" / "duplicates" / "febrl1.csv"
ADDRESS = ("street_number", "address_1", "address_2", "suburb", "postcode", "state")
NUMBER = "soc_sec_id"
DESIGNS = {
    "names and the number as e-mail": (True, ()),
    "names, the number as e-mail, birth and address": (True, ("date_of_birth", *ADDRESS)),
    "names, number, birth and address as columns": (False, (NUMBER, "date_of_birth", *ADDRESS)),
    "names, birth and address": (False, ("date_of_birth", *ADDRESS)),
    "names and address": (False, ADDRESS),
    "names and birth": (False, ("date_of_birth",)),
}
"""Whether the number stands for the e-mail address, and which columns there are."""


def people() -> pl.DataFrame:
    """The rows with ``person``, the number of the person whom each is."""
    rows = pl.read_csv(FEBRL, infer_schema=False)
    rows = rows.rename({name: name.strip() for name in rows.columns}).with_columns(pl.all().str.strip_chars())
    cells = rows.with_columns(pl.when(pl.all() != "").then(pl.all()))
    return cells.with_columns(person=pl.col("rec_id").str.extract(r"rec-(\d+)-"))


def found(rows: pl.DataFrame, *, has_email: bool, columns: tuple[str, ...]) -> tuple[int, int]:
    """How many pairs are listed, and how many of them are one person's."""
    staged = rows.lazy().select(
        position=pl.int_range(pl.len(), dtype=pl.UInt32),
        reason=pl.lit(None, pl.String),
        phone=pl.lit("+1") + pl.int_range(2_025_550_000, 2_025_550_000 + pl.len()).cast(pl.String),
        first_name="given_name",
        last_name="surname",
        email=pl.col(NUMBER) + "@example.com" if has_email else pl.lit(None, pl.String),
        **{f"raw:{name}": name for name in columns},
    )
    listed = twins(staged, [f"raw:{name}" for name in columns])
    person = rows["person"]
    return listed.height, int((person.gather(listed["position"]) == person.gather(listed["other"])).sum())


def main() -> None:
    """Print precision and recall of each design; and seconds and memory, where rows are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help="also measure so many made-up rows, and a quarter of them")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(options.one)
        return
    rows = people()
    true = rows.height - rows["person"].n_unique()
    for design, (has_email, columns) in DESIGNS.items():
        listed, right = found(rows, has_email=has_email, columns=columns)
        figures = f"{listed:3} listed, {right:3} right: precision {right / listed:.3f}, recall {right / true:.3f}"
        print(f"{design:<48} {figures}")
    if options.rows:
        for count in (options.rows // 4, options.rows):
            subprocess.run([sys.executable, "-m", "tests.quality.twins", "--one", str(count)], check=True)


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
