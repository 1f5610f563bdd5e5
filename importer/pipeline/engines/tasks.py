"""What the machines of a cluster do for a run: functions of a plan by value, over files in a folder that all share.

``stage_table`` reads and stages a table, writes its rows as drafts, and of each open row the little that must meet
other rows: its id, its number. When the cluster has compared these, ``finish_table`` settles the table's duplicates and
numbers that were sent before, numbers its batches, and writes the parts from which a run is sent.

Both write the same files with the same bytes however often they are carried out, each file whole or not at all: a task
that is repeated elsewhere changes nothing.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import polars as pl

from importer.errors import ReadError
from importer.models.frames import RAW, RUN_COLUMNS, is_open, with_prefix
from importer.pipeline.engines.pieces import staged_table
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import RowStages
from importer.stages.batch import Batch
from importer.stages.deduplicate.kept import number, settle_duplicates
from importer.stages.earlier import Earlier
from importer.stages.present import Present
from importer.storage.parts import part_name
from importer.storage.prepared import digest

TABLE_BITS = 40
"""An id is the table's number above these bits, and the row's place in the table in them."""
_PLACE = (1 << TABLE_BITS) - 1
PRESENT = "present"
"""The ``state`` of numbers that the account's list showed; the others are those of ``importer.stages.earlier``."""
DECISIONS = {
    "number": pl.Int64,
    "kept_id": pl.Int64,
    "kept_row": pl.Int64,
    "state": pl.String,
    "run_id": pl.String,
}
"""What is known of a number of a table: the first row that has it, and what earlier runs made of it; null where there
is nothing to know."""


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """The plan of a run on a cluster, by value.

    Attributes:
        rows: the tables and the job; numbers that must not be sent are in files of the folder.
        folder: of the run, under the same path on every machine.
        chunk_rows: rows worked on at a time.
        first_position: of each table, the position in the run of its first row; empty until all rows are counted.
        first_place: of each table, how many rows are sent before its first one; empty until all are counted.
    """

    rows: RowPlan
    folder: Path
    chunk_rows: int
    first_position: tuple[int, ...] = ()
    first_place: tuple[int, ...] = ()

    @property
    def work(self) -> Path:
        """Return the folder of what is not needed any more once the parts are there."""
        return self.folder / "cluster"

    @property
    def parts(self) -> Path:
        """Return the folder of the parts."""
        return self.folder / "parts"


@dataclass(frozen=True, slots=True)
class StagedTable:
    """The staging of a table: its rows, those of them that are open, and why it cannot be read (None if it can)."""

    table: int
    rows: int
    opened: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """A part that is on the disk: its name, its rows, those to send, and the SHA-256 of its bytes."""

    table: int
    name: str
    rows: int
    to_send: int
    sha256: str


def stage_table(plan: ClusterPlan, table: int) -> StagedTable:
    """Read and stage a table; its drafts and its open rows are on the disk then."""
    stages = RowStages(plan.rows, lambda *_: None)
    rows = opened = 0
    narrow = [pl.DataFrame(schema={"table": pl.Int32, "id": pl.Int64, "number": pl.Int64, "row": pl.Int64})]
    try:
        for chunk, staged in enumerate(staged_table(plan.rows, table, stages, plan.chunk_rows)):
            frame = staged.whole
            narrow.append(_narrow(frame, table))
            _write(frame, plan.work / "drafts" / f"{table:04}-{chunk:06}.parquet")
            rows, opened = rows + frame.height, opened + narrow[-1].height
    except ReadError as error:
        return StagedTable(table, rows, opened, str(error))
    _write(pl.concat(narrow), plan.work / "numbers" / f"{table:04}.parquet")
    return StagedTable(table, rows, opened)


def _narrow(frame: pl.DataFrame, table: int) -> pl.DataFrame:
    rows = frame.lazy().filter(is_open()).with_columns(number=number())
    place = pl.col("position").cast(pl.Int64) + (table << TABLE_BITS)
    return rows.select(
        pl.lit(table, pl.Int32).alias("table"), place.alias("id"), pl.col("number", "row").cast(pl.Int64)
    ).collect()


def finish_table(plan: ClusterPlan, table: int, decisions: pl.DataFrame) -> Iterator[FinishedPart]:
    """Settle and number the rows of a staged table, and write its parts.

    Args:
        plan: with the first positions and places.
        table: its number.
        decisions: ``DECISIONS``, one line for each number of the table of which there is anything to know.
    """
    kept, earlier, present = _stages(plan, decisions)
    batch = Batch(plan.rows.job.batch_size, plan.first_place[table])
    for chunk, draft in enumerate(sorted((plan.work / "drafts").glob(f"{table:04}-*.parquet"))):
        frame = pl.read_parquet(draft, glob=False)
        frame = frame.with_columns((pl.col("position") + plan.first_position[table]).cast(pl.UInt32))
        frame = settle_duplicates(frame.with_columns(number=number()), kept)
        frame = batch(present(earlier(frame)))
        columns = [name for name in RUN_COLUMNS if name in frame.columns] + with_prefix(frame, RAW)
        path = plan.parts / part_name(table, chunk, frame)
        _write(frame.select(columns), path)
        yield FinishedPart(table, path.name, frame.height, frame["batch"].count(), digest(path))


def _stages(plan: ClusterPlan, decisions: pl.DataFrame) -> tuple[pl.DataFrame, Earlier, Present]:
    """Return the stages that know other rows, as the decisions on the numbers of one table make them."""
    known = decisions.with_columns(phone="+" + pl.col("number").cast(pl.String))
    sent = known.filter(pl.col("state") != PRESENT).select("phone", "state", "run_id")
    tables = pl.DataFrame(
        [(place, source.file, source.sheet) for place, (source, _) in enumerate(plan.rows.tables)],
        schema={"of": pl.Int64, "kept_source": pl.String, "kept_sheet": pl.String},
        orient="row",
    ).with_columns(first=pl.Series(plan.first_position, dtype=pl.Int64))
    firsts = decisions.filter(pl.col("kept_id").is_not_null()).with_columns(of=pl.col("kept_id") // (1 << TABLE_BITS))
    kept = firsts.join(tables, on="of").select(
        pl.col("number").cast(pl.UInt64),
        ((pl.col("kept_id") & _PLACE) + pl.col("first")).cast(pl.UInt32).alias("kept_position"),
        "kept_source",
        "kept_sheet",
        pl.col("kept_row").cast(pl.UInt32),
    )
    here = known.filter(pl.col("state") == PRESENT)["phone"]
    return kept, Earlier(lambda _: sent), Present(here)


def _write(frame: pl.DataFrame, path: Path) -> None:
    """Write a file, whole or not at all, and force it to the disk; two tasks may do so at once."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with unfinished.open("wb") as file:
            frame.write_parquet(file, compression="lz4", statistics=False)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
