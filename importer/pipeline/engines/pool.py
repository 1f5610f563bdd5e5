"""The pool of worker processes: it gives each the next rows, and notices when one is gone."""

import os
import pickle
import queue
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import polars as pl

from importer.errors import StoppedError
from importer.models.frames import RAW, begin, columns_of
from importer.pipeline.engines.ranges import Done, Range, Task, stage_range
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import Rows, RowStages, Spent, Staged
from importer.pipeline.engines.shared import KNOWN, PLACED, Line, SharedFile, packed, unpacked
from importer.readers.divisible import Ranges
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

    def __init__(self, plan: RowPlan, ranges: Mapping[int, Ranges], workers: int, spent: Spent) -> None:
        """Start the workers, without waiting for them; ``ranges`` are the tables that they read by themselves."""
        self._plan, self._ranges = plan, ranges
        self._spent = spent
        self._pickled = pickle.dumps((plan, ranges))
        self._descriptors = [number for some in ranges.values() for number in some.descriptors]
        self._lock = threading.Lock()
        self._free: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        self._groups: list[_Group] = []
        self._is_closed = False
        self._count = workers
        self._start(workers)

    def stage(self, task: Task) -> Done:
        """Return the staged rows, by the next worker that is free.

        Raises:
            ReadError: the rows of a range cannot be read.
            StoppedError: two workers were killed over these rows.
        """
        for _ in range(_TRIES):
            worker = self._free.get()
            if worker is None:
                break
            try:
                made = worker.made(task, self._pickled, self._spent)
            except _LostError:
                self._start(1)
                continue
            self._free.put(worker)
            return self._by_itself(task) if made is None else self._together(task, *made)
        raise StoppedError(self._lost_words(task))

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
            group = _Group(workers, self._descriptors)
            self._groups.append(group)
        for worker in group.workers:
            self._free.put(worker)

    def _by_itself(self, task: Task) -> Done:
        """Return the staged rows without a worker, after an error in one: here it ends as it would without workers."""
        stages = RowStages(self._plan, self._spent)
        if isinstance(task, Range):
            return stage_range(task, self._ranges, stages, self._spent)
        return Done(stages(task))

    def _together(self, task: Task, made: pl.DataFrame, told: list[Any]) -> Done:
        """Return the staged rows, of the columns that a worker made and those that it left as they were."""
        source, _ = self._plan.tables[task.table]
        changed = columns_of(made, RAW)
        made = made.drop(changed.columns)
        if isinstance(task, Range):
            placed = begin(made.select("row"), source, 0).select(PLACED)
            frame = placed.hstack(made).select(*KNOWN, *(name for name in made.columns if name not in KNOWN))
            lines, carried = told
            return Done(Staged(task.table, frame, changed), lines, unpacked(carried))
        before = columns_of(task.frame, RAW)
        begun = begin(task.frame.drop(before.columns), source, task.position)
        frame = begun.select(KNOWN).with_columns(made.get_columns())
        return Done(Staged(task.table, frame, changed if self._plan.job.correct else before))

    def _lost_words(self, task: Task) -> str:
        source, _ = self._plan.tables[task.table]
        which = f"the rows from byte {task.begin:,} on" if isinstance(task, Range) else _numbers(task.frame)
        return (
            f"Two processes ended while they prepared {which} of {source.place}: they were killed, "
            "by somebody, or by the system because memory ran out. Let one process do it: add --workers 1."
        )


def _numbers(frame: pl.DataFrame) -> str:
    return f"rows {frame['row'][0]:,} to {frame['row'][-1]:,}"


class _Group:
    """Workers that were forked by one process, and end together."""

    def __init__(self, count: int, shared: Sequence[int]) -> None:
        """Start them; ``shared`` are open files that all of them inherit."""
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
            hands=[*shared, *(descriptor for descriptors in theirs for descriptor in descriptors)],
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

    def made(self, task: Task, plan: bytes, spent: Spent) -> tuple[pl.DataFrame, list[Any]] | None:
        """Return what the worker made of the rows, and what it told besides; None if it cannot, because of an error.

        Raises:
            _LostError: the process is gone.
        """
        try:
            if not self._has_plan:
                self._to.write_bytes(plan)
                self._line.send("plan")
                self._line.receive()
                self._has_plan = True
            if isinstance(task, Rows):
                self._to.write_frame(task.frame)
                self._line.send("rows", task.table)
            else:
                self._line.send("range", task.table, task.begin, task.end, packed(task.carried))
            while (answer := self._line.receive())[0] == "spent":
                spent(*answer[1:])
        except (EOFError, OSError, ValueError):
            raise _LostError from None
        if answer[0] == "failed":
            return None
        return self._from.read_frame(), answer[1:]

    def close(self) -> None:
        """Close this side."""
        with suppress(OSError):
            self._line.close()
        self._to.close()
        self._from.close()
