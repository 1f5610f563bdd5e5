"""Preparation: from tables to rows that are settled or ready to be sent. Touches the files and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import polars as pl

from importer.errors import ReadError
from importer.models import mappings
from importer.models.frames import RAW, begin, columns_of
from importer.models.watching import Stop, Watch
from importer.pipeline import memory
from importer.pipeline.ahead import ahead
from importer.pipeline.plan import Plan
from importer.settings.settings import Settings
from importer.stages import ROW_STAGES, RUN_STAGES, Job, Stage
from importer.stages.deduplicate import Choose
from importer.stages.emails import Emails
from importer.stages.isolation import isolated
from importer.stages.map import Map
from importer.stages.phones import Phones
from importer.storage.parts import Parts
from importer.system import bounds

_BEGIN_A_PART = (Phones, Emails)
"""Stages with which another thread takes over, so that the parts take about as long as each other."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows on their way through the stages.

    Attributes:
        table: the number of their table.
        columns: for each field the column of the file that fills it.
        frame: the rows.
        share_read: share of all input bytes that had been read when these rows were, 0 to 1.
    """

    table: int
    columns: Mapping[str, str]
    frame: pl.DataFrame
    share_read: float


class Preparation:
    """The stages of one run with what they remember. Used from one thread; parts of it work ahead in others.

    Attributes:
        stages: in the order in which they work.
        seconds: spent in reading and in each stage. Several work at once, so the sum exceeds the time that passed.
        unreadable: the error of each table that could not be read to its end, by number; only with ``passes_over``.
    """

    def __init__(self, job: Job, *, passes_over: bool = False) -> None:
        """Build the stages; with ``passes_over``, a table that cannot be read to its end just stops there."""
        self._passes_over = passes_over
        self.unreadable: dict[int, ReadError] = {}
        of_rows: tuple[Stage, ...] = tuple(build(job) for build in ROW_STAGES)
        self._of_run: tuple[Stage, ...] = tuple(build(job) for build in RUN_STAGES)
        self.stages = of_rows + self._of_run
        self._in_one_go = self.stages if job.keep == "first" else of_rows
        self._correct = job.correct
        self.seconds: dict[str, float] = {}

    def rows(
        self, plan: Plan, settings: Settings, watch: Watch, stop: Stop, skip: Sequence[int] = ()
    ) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield prepared chunks, each with the number of its table; end early if ``stop`` is set.

        With another ``--keep`` than ``first`` these are drafts, for ``finished``.

        Args:
            plan: what to read.
            settings: max_memory and chunk_rows.
            watch: gets the count of rows after each chunk.
            stop: checked before each chunk is given out.
            skip: for each table, how many of its rows were prepared before and are left out.
        """
        *before, last = _cut(self._in_one_go)
        chunks = self._mapped(plan, settings, skip)
        for stages in before:
            chunks = ahead(self._through(stages, chunks))
        # What remembers rows is in the last part and does not work ahead: all that it knows of has been given out.
        for chunk in self._through(last, chunks):
            if stop:
                return
            yield chunk.table, chunk.frame
            watch.prepared(chunk.frame.height, chunk.share_read)

    def _mapped(self, plan: Plan, settings: Settings, skip: Sequence[int]) -> Iterator[Chunk]:
        chunk_rows, chunk_bytes = memory.chunk_rows(settings, plan.row_bytes), memory.chunk_bytes(settings)
        position = sum(skip)
        bytes_done = 0.0
        for number, (table, mapping) in enumerate(plan.tables):
            stage, columns = Map(mapping), _columns(mapping)
            chunks = _small(table.chunks(chunk_rows, skip[number] if number < len(skip) else 0), chunk_bytes)
            bounds.beat(table.source.file)
            while (chunk := self._read(chunks, number)) is not None:
                frame = begin(chunk, table.source, position)
                position += frame.height
                if self._correct is not None:
                    start = perf_counter()
                    frame = self._correct(frame)  # not by itself, as stages are: it changes ``raw:`` columns
                    self._spent("correct", start)
                share = (bytes_done + table.share_read * table.source.size_bytes) / max(plan.size_bytes, 1)
                yield Chunk(number, columns, self._timed(stage, frame, columns), share)
            bytes_done += table.source.size_bytes

    def _through(self, stages: Sequence[Stage], chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            raw = columns_of(chunk.frame, RAW)  # no stage needs them, and there may be thousands
            frame = chunk.frame.drop(raw.columns)
            for stage in stages:
                frame = self._timed(stage, frame, chunk.columns)
            yield replace(chunk, frame=frame.hstack(raw))

    def finished(self, drafts: Parts, skip: int, stop: Stop) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield the prepared chunks of all drafts but the first ``skip``; end early if ``stop`` is set."""
        choose = next(stage for stage in self._of_run if isinstance(stage, Choose))
        start = perf_counter()
        choose.choose(drafts.scan())
        self._spent("choose", start)
        for number, draft in drafts.frames(after=skip):
            if stop:
                return
            frame = draft
            for stage in self._of_run:
                frame = self._timed(stage, frame, {})
            yield number, frame

    def _read(self, chunks: Iterator[pl.DataFrame], table: int) -> pl.DataFrame | None:
        start = perf_counter()
        try:
            return next(chunks, None)
        except ReadError as error:
            if not self._passes_over:
                raise
            self.unreadable[table] = error
            return None
        finally:
            self._spent("read", start)

    def _timed(self, stage: Stage, frame: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
        """Return what the stage makes of the frame; a row on which a row stage fails does not end the run."""
        start = perf_counter()
        frame = stage(frame) if stage in self._of_run else isolated(stage, frame, columns)
        self._spent(type(stage).__name__.lower(), start)
        return frame

    def _spent(self, name: str, start: float) -> None:
        bounds.beat()
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start


def _small(chunks: Iterator[pl.DataFrame], most_bytes: int) -> Iterator[pl.DataFrame]:
    """Yield the rows in slices of at most ``most_bytes``, but never less than one row."""
    for chunk in chunks:
        pieces = int(chunk.estimated_size() / most_bytes) + 1
        yield from chunk.iter_slices(max(1, chunk.height // pieces)) if pieces > 1 else (chunk,)


def _columns(mapping: mappings.Mapping) -> dict[str, str]:
    """Return the file's column for each field, by the field's name in a frame; for phones all columns, joined."""
    fields = {field: ", ".join(columns) for field, columns in mapping.fields().items()}
    return fields | ({"region": fields["country"]} if "country" in fields else {})


def _cut(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Split the stages into parts of about the same duration; all but the last work ahead in a thread."""
    parts: list[list[Stage]] = [[]]
    for stage in stages:
        if isinstance(stage, _BEGIN_A_PART):
            parts.append([])
        parts[-1].append(stage)
    return parts
