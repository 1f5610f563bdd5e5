"""What the machines of a cluster do for a run: functions of a plan by value, over files in a place that all reach.

``stage_table`` reads and stages a table, writes its rows as drafts, and of each open row the little that must meet
other rows: its id, its number, and what that is hashed to. When the cluster has compared these, ``decide_table`` writes
what it found for the numbers of a table, and ``finish_table`` settles the table's rows by it, numbers its batches, and
writes the parts from which a run is sent.

Each writes the same files with the same bytes however often it is carried out, each file whole or not at all: a task
that is repeated elsewhere changes nothing.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
import polars as pl

from importer.errors import ImporterError
from importer.models.frames import RAW, RUN_COLUMNS, is_open, settle, with_prefix
from importer.models.number_set import siphash
from importer.models.outcomes import Reason
from importer.pipeline.engines.pieces import staged_table
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import RowStages
from importer.stages.batch import Batch
from importer.stages.deduplicate.kept import number, settle_duplicates
from importer.stages.earlier import Earlier
from importer.stages.present import Present
from importer.storage.parts import part_name
from importer.storage.prepared import PARTS, Ends
from importer.system.places import Place, at_hand

TABLE_BITS = 40
"""An id is the table's number above these bits, and the row's place in the table in them."""
_PLACE = (1 << TABLE_BITS) - 1
PRESENT, SUPPRESSED = "present", "suppressed"
"""What a rank may mean beside the states of ``importer.stages.earlier``: the account's list showed the number; it is on
a list of numbers that must not be sent."""
NARROW = {"table": pl.Int32, "id": pl.Int64, "number": pl.Int64, "row": pl.Int64}
"""An open row as it meets the others; a column ``hash<n>`` for each of the plan's salts follows."""
DECISIONS = {"number": pl.Int64, "kept_id": pl.Int64, "kept_row": pl.Int64, "rank": pl.Int64}
"""What is known of a number of a table: the first row that has it, and the least rank; null if there is none."""


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """The plan of a run on a cluster, by value.

    Attributes:
        rows: the tables and the job, which knows of no number: those are in files of the place.
        place: of the run, reached under the same name from every machine.
        chunk_rows: rows worked on at a time.
        salts: under which numbers that must not be sent are hashed.
        meanings: of each rank: its state, and the run that sent the number, or why it is suppressed.
        first_position: of each table, the position in the run of its first row; empty until all rows are counted.
        first_place: of each table, how many rows are sent before its first one; empty until all are counted.
    """

    rows: RowPlan
    place: Place
    chunk_rows: int
    salts: tuple[bytes, ...] = ()
    meanings: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    first_position: tuple[int, ...] = ()
    first_place: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StagedTable:
    """The staging of a table: its rows, those of them that are open, and why it cannot be read (None if it can)."""

    table: int
    rows: int
    opened: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """A part that is written: its name, its rows, those to send, the SHA-256 of its bytes, and its ends as JSON."""

    table: int
    name: str
    rows: int
    to_send: int
    sha256: str
    ends: str

    @property
    def counted(self) -> list[Ends]:
        """Return how many of its rows end as what."""
        return [(outcome, reason, rows) for outcome, reason, rows in json.loads(self.ends)]


def stage_table(plan: ClusterPlan, table: int) -> StagedTable:
    """Read and stage a table; its drafts and its open rows are written then."""
    stages = RowStages(plan.rows, lambda *_: None)
    rows = opened = 0
    narrow = [pl.DataFrame(schema=narrow_schema(plan))]
    source, _ = plan.rows.tables[table]
    try:
        with at_hand(source.path) as path:
            for chunk, staged in enumerate(staged_table(plan.rows, table, stages, plan.chunk_rows, path)):
                frame = staged.whole
                narrow.append(_narrow(plan, frame, table))
                plan.place.write(f"{WORK}/drafts/{table:04}/{chunk:06}.parquet", _parquet(frame))
                rows, opened = rows + frame.height, opened + narrow[-1].height
    except FileNotFoundError:
        return StagedTable(table, rows, opened, f"{source.file} is gone. Put it back, and import it again.")
    except ImporterError as error:
        return StagedTable(table, rows, opened, str(error))
    plan.place.write(f"{WORK}/numbers/{table:04}.parquet", _parquet(pl.concat(narrow)))
    return StagedTable(table, rows, opened)


WORK = "cluster"
"""The folder of what is not needed any more once the parts are there."""


def narrow_schema(plan: ClusterPlan) -> dict[str, Any]:
    """Return the columns of a plan's open rows."""
    return NARROW | {f"hash{which}": pl.Int64 for which in range(len(plan.salts))}


def _narrow(plan: ClusterPlan, frame: pl.DataFrame, table: int) -> pl.DataFrame:
    rows = frame.lazy().filter(is_open()).with_columns(number=number())
    place = pl.col("position").cast(pl.Int64) + (table << TABLE_BITS)
    narrow = rows.select(
        pl.lit(table, pl.Int32).alias("table"), place.alias("id"), pl.col("number", "row").cast(pl.Int64)
    ).collect()
    numbers = narrow["number"].to_numpy().astype(np.uint64)
    hashes = [siphash(numbers, salt).astype(np.int64) for salt in plan.salts]
    return narrow.with_columns(pl.Series(f"hash{which}", hashed) for which, hashed in enumerate(hashes))


def decide_table(plan: ClusterPlan, table: int, found: pl.DataFrame, share: int) -> int:
    """Write what was found for the numbers of a table; return how many open rows are not sent because of it.

    Args:
        plan: of the run.
        table: its number.
        found: ``DECISIONS`` and ``id``, a line for each open row of whose number there is anything to know.
        share: which share of all numbers they are of.
    """
    decisions = found.select(*DECISIONS).unique("number").sort("number")
    plan.place.write(f"{WORK}/decisions/{table:04}/{share:04}.parquet", _parquet(decisions))
    return int(found.select(((pl.col("id") != pl.col("kept_id")) | pl.col("rank").is_not_null()).sum()).item())


def finish_table(plan: ClusterPlan, table: int) -> Iterator[FinishedPart]:
    """Settle and number the rows of a staged table, and write its parts; the plan has first positions and places."""
    own = f"{WORK}/decisions/{table:04}"
    shares = [read_parquet(plan.place, f"{own}/{name}") for name in plan.place.names(own)]
    kept, ranked = _as_stages_have_it(plan, pl.concat([pl.DataFrame(schema=DECISIONS), *shares]))
    listed, earlier, present = (_of_state(ranked, *states) for states in ((SUPPRESSED,), _EARLIER, (PRESENT,)))
    words = listed.select("phone", words="run_id")
    after = (Earlier(lambda _: earlier), Present(present["phone"]))
    batch = Batch(plan.rows.job.batch_size, plan.first_place[table])
    drafts = f"{WORK}/drafts/{table:04}"
    for chunk, name in enumerate(plan.place.names(drafts)):
        frame = read_parquet(plan.place, f"{drafts}/{name}")
        frame = frame.with_columns((pl.col("position") + plan.first_position[table]).cast(pl.UInt32))
        frame = frame.join(words, on="phone", how="left", maintain_order="left")
        frame = settle(frame, Reason.SUPPRESSED, pl.col("words").is_not_null(), pl.col("words")).drop("words")
        frame = settle_duplicates(frame.with_columns(number=number()), kept)
        for stage in after:
            frame = stage(frame)
        frame = batch(frame)
        columns = [name for name in RUN_COLUMNS if name in frame.columns] + with_prefix(frame, RAW)
        content = _parquet(frame.select(columns))
        part = part_name(table, chunk, frame)
        plan.place.write(f"{PARTS}/{part}", content)
        to_send = int(frame["batch"].count())
        yield FinishedPart(table, part, frame.height, to_send, sha256(content).hexdigest(), _ends(frame))


_EARLIER = ("imported", "doubt")


def _as_stages_have_it(plan: ClusterPlan, decisions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the decisions on one table's numbers as ``settle_duplicates`` has them, and what their ranks mean."""
    tables = pl.DataFrame(
        [(place, source.file, source.sheet) for place, (source, _) in enumerate(plan.rows.tables)],
        schema={"of": pl.Int64, "kept_source": pl.String, "kept_sheet": pl.String},
        orient="row",
    ).with_columns(first=pl.Series(plan.first_position, dtype=pl.Int64))
    firsts = decisions.with_columns(of=pl.col("kept_id") // (1 << TABLE_BITS))
    kept = firsts.join(tables, on="of").select(
        pl.col("number").cast(pl.UInt64),
        ((pl.col("kept_id") & _PLACE) + pl.col("first")).cast(pl.UInt32).alias("kept_position"),
        "kept_source",
        "kept_sheet",
        pl.col("kept_row").cast(pl.UInt32),
    )
    meanings = pl.DataFrame(
        [(rank, *meaning) for rank, meaning in plan.meanings.items()],
        schema={"rank": pl.Int64, "state": pl.String, "run_id": pl.String},
        orient="row",
    )
    ranked = decisions.join(meanings, on="rank").with_columns(phone="+" + pl.col("number").cast(pl.String))
    return kept, ranked


def _of_state(ranked: pl.DataFrame, *states: str) -> pl.DataFrame:
    return ranked.filter(pl.col("state").is_in(states)).select("phone", "state", "run_id")


def _ends(frame: pl.DataFrame) -> str:
    """Return the rows by outcome and reason, as a prepared run tells them."""
    ended = frame.select(pl.col("outcome", "reason").cast(pl.String))
    counted = ended.group_by("outcome", "reason").len().sort("outcome", "reason")
    return json.dumps(counted.rows())


def written_in_pieces(place: Place, folder: str, frames: Iterator[pl.DataFrame]) -> int:
    """Write frames one by one, as ``folder/<n>.parquet`` among what the cluster works on; return how many."""
    count = 0
    for count, frame in enumerate(frames, 1):
        place.write(f"{WORK}/{folder}/{count - 1:06}.parquet", _parquet(frame))
    return count


def read_parquet(place: Place, name: str) -> pl.DataFrame:
    """Return the rows of a file that a task has written."""
    return pl.read_parquet(io.BytesIO(place.read(name)))


def _parquet(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.write_parquet(content, compression="lz4", statistics=False)
    return content.getvalue()


def totals(parts: Sequence[FinishedPart]) -> tuple[int, int]:
    """Return the rows of parts, and those to send."""
    return sum(part.rows for part in parts), sum(part.to_send for part in parts)
