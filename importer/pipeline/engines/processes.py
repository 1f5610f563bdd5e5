"""The engine of large lists: worker processes read and stage, this one puts the rows in order."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import polars as pl

from importer.errors import ReadError
from importer.pipeline import memory
from importer.pipeline.ahead import ahead
from importer.pipeline.engines.engine import Account, Chunks, Order
from importer.pipeline.engines.pool import Pool
from importer.pipeline.engines.ranges import Course, Done, Range, Task, cut, ranges_of
from importer.pipeline.engines.reading import read_table, share_of_all, timed
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import Rows, Staged
from importer.pipeline.plan import Plan
from importer.settings.settings import Settings
from importer.system import bounds, cores

FEWEST_BYTES = 24 << 20
"""Smaller lists, of some 300,000 rows, are staged before the start of workers has paid."""
_FEWEST_CORES = 3
"""Two are kept as busy by the threads of one process, which takes less memory (``tests.bench.workers``)."""
_AHEAD = 2
"""Chunks that are read and not yet given out, for each worker: it never waits, and memory is bounded."""

_Waiting = deque[tuple[Task, Future[Done], float]]


class Processes:
    """Has tables read and staged by worker processes, several pieces at a time.

    Texts and sheets are cut into ranges, which the workers read by themselves. Other tables are read in a thread here.
    """

    name = "processes"

    @classmethod
    def suits(cls, plan: Plan, settings: Settings) -> bool:
        """Return True for a list that is worth it, where more than one process may work."""
        return plan.size_bytes >= FEWEST_BYTES and _workers(settings) > 1

    def __init__(self, order: Order, account: Account) -> None:
        """Take what is to be staged; the workers are started by ``staged``."""
        self._order, self._account = order, account
        self._workers = _workers(order.settings)
        self._ranges = ranges_of(order)
        self._courses = {number: Course(ranges) for number, ranges in self._ranges.items()}
        self._given_up: set[int] = set()
        self._position = sum(order.skip)

    def staged(self) -> Chunks:
        """Yield the rows as ``Engine.staged`` says."""
        plan = RowPlan.of(self._order.plan, self._order.job)
        with (
            ThreadPoolExecutor(self._workers, thread_name_prefix="worker") as threads,
            # Ended first: threads that wait for a worker are waited for.
            closing(Pool(plan, self._ranges, self._workers, self._spent)) as pool,
        ):
            try:
                for staged, share_read in self._in_order(pool, threads):
                    if staged.frame.height:
                        yield self._placed(staged), share_read
            finally:
                threads.shutdown(wait=False, cancel_futures=True)

    def _in_order(self, pool: Pool, threads: ThreadPoolExecutor) -> Chunks:
        waiting: _Waiting = deque()
        with closing(ahead(self._tasks())) as tasks:
            try:
                for task, share_read in tasks:
                    waiting.append((task, threads.submit(pool.stage, task), share_read))
                    while waiting and (waiting[0][1].done() or len(waiting) > _AHEAD * self._workers):
                        yield from self._next(waiting, pool)
            except ReadError:
                while waiting:  # what was read before it is not lost
                    yield from self._next(waiting, pool)
                raise
        while waiting:
            yield from self._next(waiting, pool)

    def _tasks(self) -> Generator[tuple[Task, float], None, None]:
        """Yield what the workers are to do, in the order of the rows."""
        order, account = self._order, self._account
        for number in range(len(order.plan.tables)):
            if (ranges := self._ranges.get(number)) is None:
                for frame, share_read in read_table(order, account, number, self._workers):
                    yield Rows(number, 0, frame), share_read
                continue
            for begin, end in timed(cut(order, ranges, number, self._workers), number, order, account):
                share_read = share_of_all(order, number, ranges.share_read(end))
                yield Range(number, begin, end, self._courses[number].guess), share_read

    def _next(self, waiting: _Waiting, pool: Pool) -> Chunks:
        """Yield the rows of the next task; none if its table was given up before."""
        task, future, share_read = waiting.popleft()
        if task.table in self._given_up:
            return
        try:
            done = future.result()
            staged = self._proven(task, done, pool) if isinstance(task, Range) else done.staged
        except ReadError as error:
            if not self._order.passes_over:
                raise
            self._given_up.add(task.table)
            self._account.unreadable[task.table] = error
            return
        yield staged, share_read

    def _proven(self, some: Range, done: Done, pool: Pool) -> Staged:
        """Return the rows of the next range of its table, staged again if they were read with a wrong guess."""
        course = self._courses[some.table]
        if (mended := course.mended(some)) is not None:
            done = pool.stage(mended)
        return course.numbered(done)

    def _placed(self, staged: Staged) -> Staged:
        """Return the rows with their positions in the run."""
        first, self._position = self._position, self._position + staged.frame.height
        positions = pl.int_range(first, self._position, dtype=pl.UInt32, eager=True).alias("position")
        return replace(staged, frame=staged.frame.with_columns(positions))

    def _spent(self, stage: str, seconds: float) -> None:
        bounds.beat()
        self._account.spend(stage, seconds)


def _workers(settings: Settings) -> int:
    if not cores.can_fork():
        return 1
    wanted = _usual() if settings.workers is None else settings.workers
    return min(wanted, memory.most_workers(settings))


def _usual() -> int:
    usable = cores.usable()
    return usable if usable >= _FEWEST_CORES else 1
