"""Preparation: from tables to rows that are settled or ready to be sent. Touches the files and nothing else.

An engine reads the rows and stages each by itself (``importer.pipeline.engines``). What must know other rows is here:
who survives of a number, what earlier runs sent, which batch a row is in.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from time import perf_counter

import polars as pl

from importer.errors import ReadError
from importer.models.watching import Stop, Watch
from importer.pipeline.engines import engine_for
from importer.pipeline.engines.engine import Account, Order
from importer.pipeline.plan import Plan
from importer.settings.settings import Settings
from importer.stages import RUN_STAGES, Job, Stage
from importer.stages.deduplicate import Choose
from importer.storage.parts import Parts
from importer.system import bounds


class Preparation:
    """The stages of one run that know its other rows. Used from one thread; the engine works ahead in others.

    Attributes:
        stages: in the order in which they work, after those of the engine.
    """

    def __init__(self, job: Job, *, passes_over: bool = False) -> None:
        """Build the stages; with ``passes_over``, a table that cannot be read to its end just stops there."""
        self._job = job
        self._passes_over = passes_over
        self._account = Account()
        self.stages: tuple[Stage, ...] = tuple(build(job) for build in RUN_STAGES)

    @property
    def seconds(self) -> dict[str, float]:
        """Return the seconds spent in reading and in each stage, as ``Account`` has them."""
        return self._account.seconds

    @property
    def unreadable(self) -> dict[int, ReadError]:
        """Return the error of each table that could not be read to its end, by number; only with ``passes_over``."""
        return self._account.unreadable

    def rows(
        self, plan: Plan, settings: Settings, watch: Watch, stop: Stop, skip: Sequence[int] = ()
    ) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield prepared chunks, each with the number of its table; end early if ``stop`` is set.

        With another ``--keep`` than ``first`` these are drafts, for ``finished``.

        Args:
            plan: what to read.
            settings: max_memory, chunk_rows and what the engine needs.
            watch: gets the count of rows after each chunk.
            stop: checked before each chunk is given out.
            skip: for each table, how many of its rows were prepared before and are left out.
        """
        order = Order(plan, self._job, settings, skip, passes_over=self._passes_over)
        with closing(engine_for(plan, settings)(order, self._account).staged()) as chunks:
            for staged, share_read in chunks:
                rows = replace(staged, frame=self._through(staged.frame)) if self._job.keep == "first" else staged
                if stop:
                    return
                yield rows.table, rows.whole
                watch.prepared(rows.frame.height, share_read)

    def finished(self, drafts: Parts, skip: int, stop: Stop) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield the prepared chunks of all drafts but the first ``skip``; end early if ``stop`` is set."""
        choose = next(stage for stage in self.stages if isinstance(stage, Choose))
        start = perf_counter()
        choose.choose(drafts.scan())
        self._spent("choose", start)
        for number, draft in drafts.frames(after=skip):
            if stop:
                return
            yield number, self._through(draft)

    def _through(self, frame: pl.DataFrame) -> pl.DataFrame:
        for stage in self.stages:
            start = perf_counter()
            frame = stage(frame)
            self._spent(type(stage).__name__.lower(), start)
        return frame

    def _spent(self, name: str, start: float) -> None:
        bounds.beat()
        self._account.spend(name, perf_counter() - start)
