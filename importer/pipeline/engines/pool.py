"""The pool of worker processes: it gives each the next rows, and notices when one is gone."""

import os
import pickle
import queue
import socket
import subprocess
import threading
from contextlib import suppress

import polars as pl

from importer.errors import StoppedError
from importer.models.frames import RAW, begin, columns_of
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import Rows, RowStages, Spent, Staged
from importer.pipeline.engines.shared import KNOWN, Line, SharedFile
from importer.settings.phones_path import PHONES_VARIABLE
from importer.system import children

_TRIES = 2


class _LostError(Exception):
    """A worker ended without an answer."""


class Pool:
    """Worker processes with a run's plan. ``stage`` may be called by as many threads as there are workers.

    A worker that is killed costs its rows, which another one does again; a new one takes its place. Rows on which two
    are killed end the run. ``close`` ends all of them at once, whatever they do.
    """

    def __init__(self, plan: RowPlan, workers: int, spent: Spent) -> None:
        """Start the workers, without waiting for them."""
        self._plan = plan
        self._spent = spent
        self._pickled = pickle.dumps(plan)
        self._lock = threading.Lock()
        self._free: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        self._groups: list[_Group] = []
        self._is_closed = False
        self._count = workers
        self._start(workers)

    def stage(self, rows: Rows) -> Staged:
        """Return the staged rows, by the next worker that is free.

        Raises:
            StoppedError: two workers were killed over these rows.
        """
        for _ in range(_TRIES):
            worker = self._free.get()
            if worker is None:
                break
            try:
                made = worker.made(rows, self._pickled, self._spent)
            except _LostError:
                self._start(1)
                continue
            self._free.put(worker)
            return self._by_itself(rows) if made is None else self._together(rows, made)
        raise StoppedError(self._lost_words(rows))

    def close(self) -> None:
        """End the workers at once, and wait until they are gone. Threads in ``stage`` get an error."""
        with self._lock:
            self._is_closed = True
            groups = self._groups
        for group in groups:
            group.close()
        for _ in range(self._count):
            self._free.put(None)  # whoever waits for a worker waits no longer

    def _start(self, workers: int) -> None:
        with self._lock:
            if self._is_closed:
                raise StoppedError("The workers were ended.")
            group = _Group(workers)
            self._groups.append(group)
        for worker in group.workers:
            self._free.put(worker)

    def _by_itself(self, rows: Rows) -> Staged:
        """Return the staged rows without a worker, after an error in one: here it ends as it would without workers."""
        return RowStages(self._plan, self._spent)(rows)

    def _together(self, rows: Rows, made: pl.DataFrame) -> Staged:
        """Return the staged rows, of the columns that a worker made and those that it left as they were."""
        before, changed = columns_of(rows.frame, RAW), columns_of(made, RAW)
        begun = begin(rows.frame.drop(before.columns), self._plan.tables[rows.table][0], rows.position)
        frame = begun.select(KNOWN).with_columns(made.drop(changed.columns).get_columns())
        return Staged(rows.table, frame, changed if self._plan.job.correct else before)

    def _lost_words(self, rows: Rows) -> str:
        source, _ = self._plan.tables[rows.table]
        first, last = rows.frame["row"][0], rows.frame["row"][-1]
        return (
            f"Two processes ended while they prepared rows {first:,} to {last:,} of {source.place}: they were killed, "
            "by somebody, or by the system because memory ran out. Let one process do it: add --workers 1."
        )


class _Group:
    """Workers that were forked by one process, and end together."""

    def __init__(self, count: int) -> None:
        self.workers = [_Worker() for _ in range(count)]
        lifeline, self._lifeline = os.pipe()
        theirs = [worker.theirs() for worker in self.workers]
        plain = os.environ.get(PHONES_VARIABLE)
        self._process: subprocess.Popen[bytes] = children.start(
            "importer.pipeline.engines.worker",
            *(":".join(map(str, descriptors)) for descriptors in theirs),
            # One thread each: the workers themselves are what keeps the processors busy.
            variables={"POLARS_MAX_THREADS": "1"} | ({PHONES_VARIABLE: plain} if plain else {}),
            stdin=lifeline,
            pass_fds=[descriptor for descriptors in theirs for descriptor in descriptors],
        )
        os.close(lifeline)
        for worker in self.workers:
            worker.is_started()

    def close(self) -> None:
        os.close(self._lifeline)
        self._process.wait()
        for worker in self.workers:
            worker.close()


class _Worker:
    """This side of a worker process: it gets rows in one shared file and gives staged ones in the other."""

    def __init__(self) -> None:
        ours, self._theirs = socket.socketpair()
        self._line = Line(ours)
        self._to, self._from = SharedFile(), SharedFile()
        self._has_plan = False

    def theirs(self) -> tuple[int, int, int]:
        """Return the descriptors of the process."""
        return self._theirs.fileno(), self._to.fileno(), self._from.fileno()

    def is_started(self) -> None:
        """Close what only the process needs, so that its end is noticed."""
        self._theirs.close()

    def made(self, rows: Rows, plan: bytes, spent: Spent) -> pl.DataFrame | None:
        """Return the columns that the stages made of the rows; None if they cannot, because of an error.

        Raises:
            _LostError: the process is gone.
        """
        try:
            if not self._has_plan:
                self._to.write_bytes(plan)
                self._line.send("plan")
                self._line.receive()
                self._has_plan = True
            self._to.write_frame(rows.frame)
            self._line.send(rows.table, rows.position)
            while (answer := self._line.receive())[0] == "spent":
                spent(*answer[1:])
        except (EOFError, OSError, ValueError):
            raise _LostError from None
        if answer[0] == "failed":
            return None
        return self._from.read_frame()

    def close(self) -> None:
        """Close this side."""
        with suppress(OSError):
            self._line.close()
        self._to.close()
        self._from.close()
