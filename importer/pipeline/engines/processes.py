"""The engine of large lists: this process reads, worker processes stage."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from importer.errors import ReadError
from importer.pipeline import memory
from importer.pipeline.ahead import ahead
from importer.pipeline.engines.engine import Account, Chunks, Order
from importer.pipeline.engines.pool import Pool
from importer.pipeline.engines.reading import read_rows
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import Staged
from importer.pipeline.plan import Plan
from importer.settings.settings import Settings
from importer.system import bounds, cores

FEWEST_BYTES = 24 << 20
"""Smaller lists, of some 300,000 rows, are staged before the start of workers has paid."""
_FEWEST_CORES = 3
"""Two are kept as busy by the threads of one process, which takes less memory (``tests.bench.workers``)."""
_AHEAD = 2
"""Chunks that are read and not yet given out, for each worker: it never waits, and memory is bounded."""

_Waiting = deque[tuple[Future[Staged], float]]


class Processes:
    """Reads in a thread of this process, and has the rows staged by worker processes, several chunks at a time."""

    name = "processes"

    @classmethod
    def suits(cls, plan: Plan, settings: Settings) -> bool:
        """Return True for a list that is worth it, where more than one process may work."""
        return plan.size_bytes >= FEWEST_BYTES and _workers(settings) > 1

    def __init__(self, order: Order, account: Account) -> None:
        """Take what is to be staged; the workers are started by ``staged``."""
        self._order, self._account = order, account
        self._workers = _workers(order.settings)

    def staged(self) -> Chunks:
        """Yield the rows as ``Engine.staged`` says."""
        plan = RowPlan.of(self._order.plan, self._order.job)
        with (
            ThreadPoolExecutor(self._workers, thread_name_prefix="worker") as threads,
            # Ended first: threads that wait for a worker are waited for.
            closing(Pool(plan, self._workers, self._spent)) as pool,
        ):
            try:
                yield from self._in_order(pool, threads)
            finally:
                threads.shutdown(wait=False, cancel_futures=True)

    def _in_order(self, pool: Pool, threads: ThreadPoolExecutor) -> Chunks:
        waiting: _Waiting = deque()
        with closing(ahead(read_rows(self._order, self._account, self._workers))) as chunks:
            try:
                for rows, share_read in chunks:
                    waiting.append((threads.submit(pool.stage, rows), share_read))
                    while waiting[0][0].done() or len(waiting) > _AHEAD * self._workers:
                        yield _next(waiting)
                        if not waiting:
                            break
            except ReadError:
                while waiting:  # what was read before it is not lost
                    yield _next(waiting)
                raise
        while waiting:
            yield _next(waiting)

    def _spent(self, stage: str, seconds: float) -> None:
        bounds.beat()
        self._account.spend(stage, seconds)


def _next(waiting: _Waiting) -> tuple[Staged, float]:
    future, share_read = waiting.popleft()
    return future.result(), share_read


def _workers(settings: Settings) -> int:
    wanted = _usual() if settings.workers is None else settings.workers
    return min(wanted, memory.most_workers(settings))


def _usual() -> int:
    usable = cores.usable()
    return usable if usable >= _FEWEST_CORES else 1
