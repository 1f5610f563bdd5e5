"""The engine for lists that one machine does not hold: Apache Spark, or its like, over Spark Connect.

A table is a task (``importer.pipeline.engines.tasks``): the rows themselves never travel. What must meet other rows
does, 8 bytes for an id and 8 for a number: the least id of a number is its first row, a number that was sent before or
must not be sent is found by a join, and the batches of a table begin where the counts of those before it end. So the
rows are those of every other engine, whichever machine fails and however often a task is repeated.

No engine reads a file itself: the tasks do, so that it does not matter where the files lie or who the engine is.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import polars as pl

from importer.errors import ImporterError, ReadError, StoppedError, UsageError
from importer.models.watching import Stop, Watch
from importer.pipeline import memory
from importer.pipeline.engines.known import Known, known_numbers
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.spark_session import EXTRA, quiet, session_of
from importer.pipeline.engines.tasks import (
    DECISIONS,
    WORK,
    ClusterPlan,
    FinishedPart,
    StagedTable,
    decide_table,
    finish_table,
    narrow_schema,
    read_parquet,
    stage_table,
    totals,
)
from importer.pipeline.plan import Plan
from importer.settings.settings import Settings
from importer.stages import Job
from importer.stages.suppress import Suppressed
from importer.system.places import Place

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_MOST_TABLES = 10_000
"""Of a run: the names of its parts have four digits for the table."""
_MOST_ROWS = (1 << 32) - 1
"""Of a run: a row's position has 32 bits."""
_ROWS_AT_ONCE = 4_000_000
"""Compared together where the engine is this machine: it holds some 150 bytes for each, where a cluster has disks."""
_DECIDED = {"table": pl.Int32, "rows": pl.Int64}
_STAGED = _DECIDED | {"opened": pl.Int64, "error": pl.String}
_FINISHED = _DECIDED | {"name": pl.String, "to_send": pl.Int64, "sha256": pl.String, "ends": pl.String}
_FOUND = {"table": pl.Int32, "id": pl.Int64, **DECISIONS}
_NAMES: dict[Any, str] = {pl.Int32: "int", pl.Int64: "long", pl.String: "string"}


@dataclass(frozen=True, slots=True)
class Finished:
    """What a cluster has written: the rows of each table, and the parts, in the order of the rows."""

    rows: dict[int, int]
    parts: Sequence[FinishedPart]


def check_spark(settings: Settings) -> None:
    """Raise if a cluster is named and not used, cannot do what the settings ask, or its client is not installed.

    Before a file is read.

    Raises:
        UsageError: says what to change.
    """
    if settings.engine != "spark":
        if settings.spark is not None:
            raise UsageError("--spark names the cluster of --engine spark. Add that, or leave --spark out.")
        return
    if settings.keep != "first":
        raise UsageError(
            f"--engine spark keeps the first row of a number; --keep {settings.keep} needs all rows of a number in one "
            "place. Leave one of the two out."
        )
    try:
        with quiet():
            import pyspark.sql.connect.session  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise UsageError(f"--engine spark needs the client of Spark: {EXTRA}") from None


def prepare_on_cluster(  # noqa: PLR0913, PLR0917 - the run's own things
    plan: Plan, place: Place, settings: Settings, job: Job, watch: Watch, stop: Stop
) -> Finished:
    """Prepare all rows of a run into the parts of a place; what comes back is nothing if ``stop`` was set.

    Raises:
        ReadError: a file cannot be read to its end.
        UsageError: the cluster cannot be reached, or the lists are too large for a run.
        StoppedError: the cluster failed; started again, it begins anew.
    """
    if len(plan.tables) >= _MOST_TABLES:
        raise UsageError(
            f"A run holds {_MOST_TABLES:,} tables at most. Join small files, or import them in several runs."
        )
    place.clear(WORK)
    try:
        with session_of(settings) as (session, is_here):
            stop.on_wish(partial(_interrupt, session))
            # Here a task is a thread with its rows in memory; on a cluster each table may run by itself.
            tasks = min(len(plan.tables), os.cpu_count() or 1) if is_here else len(plan.tables)
            known = known_numbers(place, job)
            rows = RowPlan.of(plan, replace(job, suppressed=Suppressed()))
            chunk_rows = memory.chunk_rows(settings, plan.row_bytes, tasks if is_here else 1)
            cluster = ClusterPlan(rows, place, chunk_rows, known.salts, known.meanings)
            return _Run(session, cluster, known, watch, tasks, _ROWS_AT_ONCE if is_here else None).finished()
    except ImporterError:
        raise
    except Exception as error:
        if stop:
            return Finished({}, ())
        # Its words may hold cells: only its name is told.
        raise StoppedError(
            f"The cluster could not prepare the rows ({type(error).__name__}). Nothing was sent."
        ) from error
    finally:
        place.clear(WORK)


class _Run:
    """One preparation on a cluster, from the driver's side."""

    def __init__(  # noqa: PLR0913, PLR0917 - the run's own things
        self, session: "SparkSession", plan: ClusterPlan, known: Known, watch: Watch, tasks: int, at_once: int | None
    ) -> None:
        self._session, self._plan, self._known, self._watch = session, plan, known, watch
        self._tasks, self._at_once = tasks, at_once
        self._tables = len(plan.rows.tables)

    def finished(self) -> Finished:
        """Carry it out."""
        self._watch.doing(f"{self._tables:,} tables are staged by the cluster")
        staged = self._staged()
        rows = [table.rows for table in staged]
        if sum(rows) > _MOST_ROWS:
            raise UsageError(
                f"A run holds {_MOST_ROWS:,} rows at most, and these are {sum(rows):,}. Make it several runs."
            )
        self._watch.doing("the cluster compares their numbers")
        opened = [table.opened for table in staged]
        removed = self._compared(sum(opened))
        to_send = [own - removed.get(table, 0) for table, own in enumerate(opened)]
        plan = replace(self._plan, first_position=_before(rows), first_place=_before(to_send))
        self._watch.doing("the cluster writes the parts")
        parts = self._written(plan, rows, to_send)
        self._watch.prepared(sum(rows), 1.0)
        return Finished(dict(enumerate(rows)), parts)

    def _staged(self) -> list[StagedTable]:
        told = _collected(self._each_table().mapInArrow(partial(_stage, self._plan), _schema(_STAGED)))
        staged = sorted((StagedTable(**row) for row in told), key=lambda table: table.table)
        if failed := next((table for table in staged if table.error), None):
            raise ReadError(failed.error)
        if [table.table for table in staged] != list(range(self._tables)):
            raise StoppedError("The cluster did not stage every table. Nothing was sent.")
        return staged

    def _compared(self, opened: int) -> dict[int, int]:
        """Have what is known of each number written beside its tables; return the open rows of each that are not sent.

        Numbers are compared in shares where the engine has no more than this machine's memory.
        """
        shares = 1 if self._at_once is None else opened // self._at_once + 1
        removed: dict[int, int] = {}
        for share in range(shares):
            found = self._found(share, shares).repartition(self._tasks, "table")
            decided = found.mapInArrow(partial(_decide, self._plan, share), _schema(_DECIDED))
            for row in _collected(decided):
                removed[row["table"]] = removed.get(row["table"], 0) + row["rows"]
        return removed

    def _found(self, share: int, shares: int) -> "DataFrame":
        """Return each open row of whose number there is anything to know, with that (``_FOUND``)."""
        from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

        columns = narrow_schema(self._plan)
        numbers = partial(_numbers, self._plan, share, shares)
        narrow = self._each_table().mapInArrow(numbers, _schema(columns))
        # Of plain numbers: the least of a structure takes an engine a thousand bytes a number.
        firsts = narrow.groupBy("number").agg(f.min("id").alias("kept_id"), f.count("*").alias("rows"))
        hits = [
            narrow.select("number", f.col(by).alias("key")).join(self._pieces(folder, count), "key")
            for folder, by, count in self._known.tables
        ]
        ranked = firsts.withColumn("rank", f.lit(None).cast("long"))
        if hits:
            every = hits[0]
            for more in hits[1:]:
                every = every.union(more)
            ranked = firsts.join(every.groupBy("number").agg(f.min("rank").alias("rank")), "number", "left")
        is_told = (f.col("rows") > 1) | f.col("rank").isNotNull()
        kept = narrow.select(f.col("id").alias("kept_id"), f.col("row").alias("kept_row"))
        told = ranked.filter(is_told).join(kept, "kept_id").select("number", "kept_id", "kept_row", "rank")
        return narrow.select("table", "id", "number").join(told, "number").select(*_FOUND)

    def _each_table(self) -> "DataFrame":
        return self._session.range(0, self._tables, 1, self._tasks).selectExpr("cast(id as int) as table")

    def _pieces(self, folder: str, count: int) -> "DataFrame":
        """Return what the driver has written in pieces: ``key`` and ``rank``."""
        pieces = self._session.range(0, count, 1, min(count, self._tasks))
        return pieces.mapInArrow(partial(_pieces, self._plan, folder), "key long, rank long")

    def _written(self, plan: ClusterPlan, rows: Sequence[int], to_send: Sequence[int]) -> list[FinishedPart]:
        """Have the parts written, and compare them with what was counted.

        Raises:
            StoppedError: they are others; nothing is sent then.
        """
        told = _collected(self._each_table().mapInArrow(partial(_finish, plan), _schema(_FINISHED)))
        parts = {row["name"]: FinishedPart(**row) for row in told}
        of_tables: list[list[FinishedPart]] = [[] for _ in range(self._tables)]
        for _, part in sorted(parts.items()):
            of_tables[part.table].append(part)
        if [totals(own) for own in of_tables] != list(zip(rows, to_send, strict=True)):
            raise StoppedError("The cluster's parts do not hold the rows that it counted. Nothing was sent.")
        return [part for own in of_tables for part in own]


def _stage(plan: ClusterPlan, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """Stage the tables of a partition, on a machine of the cluster."""
    for batch in batches:
        for table in batch.column(0).to_pylist():
            yield from _arrow(pl.DataFrame([asdict(stage_table(plan, table))], _STAGED))


def _numbers(
    plan: ClusterPlan, share: int, shares: int, batches: "Iterator[pa.RecordBatch]"
) -> "Iterator[pa.RecordBatch]":
    """Yield the open rows of a partition's tables, of a share of all numbers."""
    for batch in batches:
        for table in batch.column(0).to_pylist():
            rows = read_parquet(plan.place, f"{WORK}/numbers/{table:04}.parquet")
            yield from _arrow(rows.filter(pl.col("number") % shares == share))


def _pieces(plan: ClusterPlan, folder: str, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """Yield what the driver knows of numbers."""
    for batch in batches:
        for piece in batch.column(0).to_pylist():
            yield from _arrow(read_parquet(plan.place, f"{WORK}/{folder}/{piece:06}.parquet"))


def _decide(plan: ClusterPlan, share: int, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """Write what was found for the numbers of a partition's tables."""
    frames = [pl.DataFrame(pl.from_arrow(batch)).select(*_FOUND) for batch in batches]
    found = pl.concat([pl.DataFrame(schema=_FOUND), *frames])
    frames.clear()
    for (number,), own in found.partition_by("table", as_dict=True, include_key=False).items():
        table = int(str(number))
        yield from _arrow(pl.DataFrame([(table, decide_table(plan, table, own, share))], _DECIDED, orient="row"))


def _finish(plan: ClusterPlan, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """Finish the tables of a partition, on a machine of the cluster."""
    for batch in batches:
        for table in batch.column(0).to_pylist():
            yield from _arrow(pl.DataFrame([asdict(part) for part in finish_table(plan, table)], _FINISHED))


def _arrow(frame: pl.DataFrame) -> "Iterator[pa.RecordBatch]":
    """Yield the rows as Arrow, with texts as Spark has them."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    kinds = {pl.Int32: pa.int32(), pl.Int64: pa.int64(), pl.String: pa.string()}
    schema = pa.schema([(name, kinds[dtype.base_type()]) for name, dtype in frame.schema.items()])
    yield from frame.to_arrow().cast(schema).to_batches(100_000)


def _schema(columns: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_NAMES[dtype]}" for name, dtype in columns.items())


def _collected(frame: "DataFrame") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.toArrow().to_pylist()
    return rows


def _before(counts: Sequence[int]) -> tuple[int, ...]:
    """Return for each table the sum of those before it."""
    return tuple(accumulate(counts, initial=0))[:-1]


def _interrupt(session: "SparkSession") -> None:
    with suppress(Exception):  # called where a signal came in: a cluster that does not understand it goes on
        session.interruptAll()
