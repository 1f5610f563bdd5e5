"""The engine for lists that one machine does not hold: Apache Spark, or its like, over Spark Connect.

A table is a task (``importer.pipeline.engines.tasks``): the rows themselves never travel. What must meet other rows
does, 8 bytes for an id and 8 for a number: the least id of a number is its first row, a number that was
sent before is found by a join, and the batches of a table begin where the counts of those before it end. So the
rows are those of every other engine, whichever machine fails and however often a task is repeated.
"""

import os
import shutil
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from importer.delivery.ledger.numbers import SENT_SCHEMA, SentNumbers
from importer.errors import ImporterError, ReadError, StoppedError, UsageError
from importer.models.watching import Stop, Watch
from importer.pipeline import memory
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.tasks import (
    DECISIONS,
    PRESENT,
    ClusterPlan,
    FinishedPart,
    StagedTable,
    finish_table,
    stage_table,
)
from importer.pipeline.plan import Plan
from importer.settings.settings import Settings
from importer.stages import Job
from importer.storage.parts import Parts

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_MOST_TABLES = 10_000
"""Of a run: the names of its parts have four digits for the table."""
_MOST_ROWS = (1 << 32) - 1
"""Of a run: a row's position has 32 bits."""
_STAGED = "table int, rows long, opened long, error string"
_FINISHED = "table int, name string, rows long, to_send long, sha256 string"
_EXTRA = "pip install 'contacts-importer[spark]'"


def check_spark(settings: Settings) -> None:
    """Raise if a cluster cannot do what the settings ask, or its client is not installed; before a file is read.

    Raises:
        UsageError: says what to change.
    """
    if settings.keep != "first":
        raise UsageError(
            f"--engine spark keeps the first row of a number; --keep {settings.keep} needs all rows of a number in one "
            "place. Leave one of the two out."
        )
    try:
        with _quiet():
            import pyspark.sql.connect.session  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise UsageError(f"--engine spark needs the client of Spark: {_EXTRA}") from None


def prepare_on_cluster(  # noqa: PLR0913, PLR0917 - the run's own things
    plan: Plan, parts: Parts, folder: Path, settings: Settings, job: Job, watch: Watch, stop: Stop
) -> dict[int, int]:
    """Prepare all rows of a run into its parts; return the rows of each table. Nothing is prepared if ``stop`` is set.

    Raises:
        ReadError: a file cannot be read to its end.
        UsageError: the cluster cannot be reached, or the lists are too large for a run.
        StoppedError: the cluster failed; started again, it begins anew.
    """
    if len(plan.tables) >= _MOST_TABLES:
        raise UsageError(
            f"A run holds {_MOST_TABLES:,} tables at most. Join small files, or import them in several runs."
        )
    rows = RowPlan.of(plan, job)
    # Whole: the machines of the cluster work in other folders.
    cluster = ClusterPlan(rows, folder.resolve(), memory.chunk_rows(settings, plan.row_bytes))
    shutil.rmtree(cluster.work, ignore_errors=True)
    try:
        with _session(settings) as (session, is_here):
            stop.on_wish(partial(_interrupt, session))
            # Here a task is a thread with its rows in memory; on a cluster each table may run by itself.
            tasks = min(len(plan.tables), os.cpu_count() or 1) if is_here else len(plan.tables)
            staged = _Run(session, cluster, watch, tasks).prepared(job)
    except ImporterError:
        raise
    except Exception as error:
        if stop:
            return {}
        # Its words may hold cells: only its name is told.
        raise StoppedError(
            f"The cluster could not prepare the rows ({type(error).__name__}). Nothing was sent."
        ) from error
    finally:
        shutil.rmtree(cluster.work, ignore_errors=True)
    parts.look_again()
    return staged


class _Run:
    """One preparation on a cluster, from the driver's side."""

    def __init__(self, session: "SparkSession", plan: ClusterPlan, watch: Watch, tasks: int) -> None:
        self._session, self._plan, self._watch, self._tasks = session, plan, watch, tasks
        self._tables = len(plan.rows.tables)

    def prepared(self, job: Job) -> dict[int, int]:
        """Carry it out; return the rows of each table."""
        self._watch.doing(f"{self._tables:,} tables are staged by the cluster")
        staged = self._staged()
        rows = [table.rows for table in staged]
        if sum(rows) > _MOST_ROWS:
            raise UsageError(
                f"A run holds {_MOST_ROWS:,} rows at most, and these are {sum(rows):,}. Make it several runs."
            )
        self._watch.doing("the cluster compares their numbers")
        decisions, removed = self._compared(job)
        to_send = [table.opened - removed.get(table.table, 0) for table in staged]
        plan = replace(self._plan, first_position=_before(rows), first_place=_before(to_send))
        self._watch.doing("the cluster writes the parts")
        self._finished(plan, decisions, rows, to_send)
        self._watch.prepared(sum(rows), 1.0)
        return {table.table: table.rows for table in staged}

    def _staged(self) -> list[StagedTable]:
        numbers = self._session.range(0, self._tables, 1, self._tasks).selectExpr("cast(id as int) as table")
        told = _collected(numbers.mapInArrow(partial(_stage, self._plan), _STAGED))
        staged = sorted((StagedTable(**row) for row in told), key=lambda table: table.table)
        if failed := next((table for table in staged if table.error), None):
            raise ReadError(failed.error)
        if [table.table for table in staged] != list(range(self._tables)):
            raise StoppedError("The cluster did not stage every table. Nothing was sent.")
        return staged

    def _compared(self, job: Job) -> tuple["DataFrame", dict[int, int]]:
        """Return what is known of the numbers of each table, and how many open rows of each are not to be sent."""
        from pyspark.sql import functions as f  # noqa: PLC0415 - an extra

        work = self._plan.work
        narrow = self._session.read.parquet(str(work / "numbers"))
        known = (
            self._read(_known(job), work / "known")
            .groupBy("number")
            .agg(f.min(f.struct("rank", "state", "run_id")).alias("sent"))
        )
        known = known.select("number", "sent.state", "sent.run_id")
        firsts = narrow.groupBy("number").agg(f.min(f.struct("id", "row")).alias("kept"), f.count("*").alias("rows"))
        told = firsts.join(known, "number", "left")
        is_told = (f.col("rows") > 1) | f.col("state").isNotNull()
        told = told.filter(is_told).select(
            "number",
            f.col("kept.id").alias("kept_id"),
            f.col("kept.row").alias("kept_row"),
            "state",
            "run_id",
        )
        told.write.mode("overwrite").parquet(str(work / "told"))
        here = narrow.join(self._session.read.parquet(str(work / "told")), "number")
        is_out = (f.col("id") != f.col("kept_id")) | f.col("state").isNotNull()
        removed = {
            row["table"]: row["rows"]
            for row in _collected(here.filter(is_out).groupBy("table").agg(f.count("*").alias("rows")))
        }
        return here.select("table", *DECISIONS).distinct(), removed

    def _read(self, frames: Iterable[pl.DataFrame], folder: Path) -> "DataFrame":
        """Return a table of the driver's as the cluster sees it; it is written piece by piece."""
        folder.mkdir(mode=0o700, parents=True)
        for number, frame in enumerate(frames):
            frame.write_parquet(folder / f"{number:06}.parquet")
        return self._session.read.parquet(str(folder))

    def _finished(self, plan: ClusterPlan, decisions: "DataFrame", rows: Sequence[int], to_send: Sequence[int]) -> None:
        """Write the parts, and compare them with what was counted.

        Raises:
            StoppedError: they are others; nothing is sent then.
        """
        every = self._session.range(0, self._tables, 1, 1).selectExpr("cast(id as int) as table")
        by_table = every.join(decisions, "table", "left").repartition(self._tasks, "table")
        parts = [FinishedPart(**row) for row in _collected(by_table.mapInArrow(partial(_finish, plan), _FINISHED))]
        for table in range(self._tables):
            own = {part.name: part for part in parts if part.table == table}.values()
            if (sum(part.rows for part in own), sum(part.to_send for part in own)) != (rows[table], to_send[table]):
                raise StoppedError("The cluster's parts do not hold the rows that it counted. Nothing was sent.")


def _stage(plan: ClusterPlan, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """Stage the tables of a partition, on a machine of the cluster."""
    for batch in batches:
        for table in batch.column(0).to_pylist():
            yield _arrow([asdict(stage_table(plan, table))], _SCHEMAS[0])


def _finish(plan: ClusterPlan, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """Finish the tables of a partition, on a machine of the cluster."""
    schema = {"table": pl.Int32, **DECISIONS}
    pieces = [pl.DataFrame(pl.from_arrow(batch), schema_overrides=schema) for batch in batches]
    decisions = pl.concat([pl.DataFrame(schema=schema), *(piece.select(*schema) for piece in pieces)])
    for (table,), own in decisions.partition_by("table", as_dict=True, include_key=False).items():
        # A table of which nothing is known comes with one line that holds no number.
        told = own.filter(pl.col("number").is_not_null())
        yield _arrow([asdict(part) for part in finish_table(plan, int(str(table)), told)], _SCHEMAS[1])


_SCHEMAS = (
    {"table": pl.Int32, "rows": pl.Int64, "opened": pl.Int64, "error": pl.String},
    {"table": pl.Int32, "name": pl.String, "rows": pl.Int64, "to_send": pl.Int64, "sha256": pl.String},
)


def _arrow(rows: list[dict[str, Any]], schema: dict[str, Any]) -> "pa.RecordBatch":
    """Return the rows as Arrow, with texts as Spark has them."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    kinds = {pl.Int32: pa.int32(), pl.Int64: pa.int64(), pl.String: pa.string()}
    fields = pa.schema([(name, kinds[kind]) for name, kind in schema.items()])
    return pa.RecordBatch.from_pylist(rows, schema=fields)


def _collected(frame: "DataFrame") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.toArrow().to_pylist()
    return rows


def _before(counts: Sequence[int]) -> tuple[int, ...]:
    """Return for each table the sum of those before it."""
    return tuple(accumulate(counts, initial=0))[:-1]


def _known(job: Job) -> Iterator[pl.DataFrame]:
    """Yield what is in the account, or may be: a number may come several times, and the least ``rank`` counts."""
    yield pl.DataFrame(schema=SENT_SCHEMA)
    if isinstance(job.known, SentNumbers):
        yield from job.known.frames()
    numbers = job.present.str.slice(1).cast(pl.Int64)
    rank = pl.lit((1 << 62), pl.Int64)  # an earlier run's word comes first, as it does among the stages
    yield pl.DataFrame({"number": numbers}).select(
        "number", rank=rank, state=pl.lit(PRESENT), run_id=pl.lit(None, pl.String)
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client's warnings from people: they are about versions of pandas, and no frame of pandas is made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _interrupt(session: "SparkSession") -> None:
    with suppress(Exception):  # called where a signal came in: a cluster that does not understand it goes on
        session.interruptAll()


@contextmanager
def _session(settings: Settings) -> Iterator[tuple["SparkSession", bool]]:
    """Yield a session of the cluster that is named (``--spark``, ``SPARK_REMOTE``) and False, or one here and True.

    Raises:
        UsageError: the cluster cannot be reached, or there is no engine on this machine.
    """
    address = settings.spark or os.environ.get("SPARK_REMOTE")
    with _quiet():
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

        if address is not None:
            with _closed(_opened(SparkSession, address)) as session:
                yield session, False
            return
        os.environ.setdefault("RUST_LOG", "error")
        try:
            from pysail.spark import SparkConnectServer  # noqa: PLC0415 - an extra
        except ImportError:
            raise UsageError(
                f"Name a cluster (--spark sc://HOST), or install an engine for this machine: {_EXTRA}"
            ) from None
        server = SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        try:
            with _closed(_opened(SparkSession, f"sc://127.0.0.1:{server.listening_address[1]}")) as session:
                yield session, True
        finally:
            server.stop()


@contextmanager
def _closed(session: "SparkSession") -> Iterator["SparkSession"]:
    try:
        yield session
    finally:
        with suppress(Exception):  # what was written is on the disk: a session that cannot be closed changes nothing
            session.stop()


def _opened(builder: Any, address: str) -> "SparkSession":
    """Return a session of the cluster at an address.

    Raises:
        UsageError: it cannot be reached.
    """
    try:
        session: SparkSession = builder.builder.remote(address).create()
        session.range(1).collect()  # the client connects only when there is something to do
    except Exception as error:
        raise UsageError(f"The cluster {address} cannot be used ({type(error).__name__}). Check --spark.") from error
    return session
