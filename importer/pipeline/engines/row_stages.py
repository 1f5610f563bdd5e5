"""From rows as read to staged rows, with nothing but the row itself: the function that every engine calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import polars as pl

from importer.models.frames import RAW, begin, columns_of
from importer.pipeline.engines.row_plan import RowPlan
from importer.stages import ROW_STAGES, Stage
from importer.stages.isolation import isolated
from importer.stages.map import Map

Spent = Callable[[str, float], None]
"""Takes the name of a stage and the seconds that it has just spent."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a table, as read.

    Attributes:
        table: the table's number in the run.
        position: the position in the run of the first row.
        frame: as a reader gives them.
    """

    table: int
    position: int
    frame: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Staged:
    """Some rows of a table on their way through the stages.

    Attributes:
        table: the table's number in the run.
        frame: the rows, without their ``raw:`` columns.
        raw: the ``raw:`` columns: no stage after ``Map`` needs them, and there may be thousands.
    """

    table: int
    frame: pl.DataFrame
    raw: pl.DataFrame

    @property
    def whole(self) -> pl.DataFrame:
        """Return the rows with all their columns."""
        return self.frame.hstack(self.raw)


class RowStages:
    """Stages rows of any table of a run. What its stages remember of earlier rows saves work and changes no answer.

    Attributes:
        stages: those that follow ``Map``.
    """

    def __init__(self, plan: RowPlan, spent: Spent) -> None:
        """Build the stages; ``spent`` is told the seconds of each."""
        self._plan = plan
        self._spent = spent
        self._columns = [plan.columns(number) for number in range(len(plan.tables))]
        self._maps = [Map(mapping) for _, mapping in plan.tables]
        self.stages: tuple[Stage, ...] = tuple(build(plan.job) for build in ROW_STAGES)

    def __call__(self, rows: Rows) -> Staged:
        """Return the rows after all stages."""
        return self.through(self.stages, self.mapped(rows))

    def mapped(self, rows: Rows) -> Staged:
        """Return the rows with their cells under the names of the fields; those of a retry are corrected before."""
        frame = begin(rows.frame, self._plan.tables[rows.table][0], rows.position)
        if (correct := self._plan.job.correct) is not None:
            start = perf_counter()
            frame = correct(frame)  # not isolated, as stages are: it changes ``raw:`` columns
            self._spent("correct", perf_counter() - start)
        frame = self._timed(self._maps[rows.table], frame, rows.table)
        raw = columns_of(frame, RAW)
        return Staged(rows.table, frame.drop(raw.columns), raw)

    def through(self, stages: Sequence[Stage], rows: Staged) -> Staged:
        """Return the rows after these stages; a row on which one fails is settled, and ends nothing."""
        frame = rows.frame
        for stage in stages:
            frame = self._timed(stage, frame, rows.table)
        return replace(rows, frame=frame)

    def _timed(self, stage: Stage, frame: pl.DataFrame, table: int) -> pl.DataFrame:
        start = perf_counter()
        frame = isolated(stage, frame, self._columns[table])
        self._spent(type(stage).__name__.lower(), perf_counter() - start)
        return frame
