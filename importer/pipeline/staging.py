"""Staging: rows are read, settled and written, and each batch is offered as soon as its rows are on the disk."""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

import polars as pl

from importer.pipeline import memory
from importer.pipeline.engines.spark import prepare_on_cluster
from importer.pipeline.plan import Plan
from importer.pipeline.preparation import Preparation
from importer.pipeline.work import Work
from importer.stages import Job, Remembers
from importer.stages.batch import Batch
from importer.storage.parts import Parts
from importer.system import bounds
from importer.system.places import Folder


def prepare(work: Work, plan: Plan, parts: Parts, job: Job, offer: Callable[[int, int], None]) -> None:
    """Stage the rows that are not staged yet, and offer each batch: its number from 1 on, and its count of rows.

    Raises:
        ReadError: a file cannot be read any more.
        StoppedError: the rows cannot be written, or take more memory or time than any list does.
    """
    settings, record = work.settings, work.record
    if settings.engine == "spark" and not _is_prepared_elsewhere(work, plan, parts, job):
        return
    allowed_mb = memory.allowed_mb(settings)
    more = f"--max-memory {2 * allowed_mb}"
    way_out = f"What was sent is booked. Give it more: importer resume {record.run_id} {more}"
    if settings.dry_run:
        way_out = f"Split the file, or give it more: {more}."
    preparation = Preparation(job)
    for stage in preparation.stages:
        # Where nothing is left to prepare, no number is compared any more: only the sizes of the batches are asked for.
        if isinstance(stage, Remembers) and (isinstance(stage, Batch) or not record.is_prepared):
            stage.restore(parts.scan())
    batching = next(stage for stage in preparation.stages if isinstance(stage, Batch))
    # Only full batches: the last one may still grow, and a batch never changes once it was offered.
    offered = _offer(offer, batching.sizes[: batching.full], 0)
    chunks = _read_on if settings.keep == "first" else _finished_drafts
    try:
        with bounds.preparing("The list", allowed_mb, work.stop, way_out):
            for number, frame in () if record.is_prepared else chunks(work, plan, parts, preparation):
                start = perf_counter()
                parts.add(number, frame)
                record.spend("stage", perf_counter() - start)
                offered = _offer(offer, batching.sizes[: batching.full], offered)
        if not work.stop:
            record.is_prepared = True
            _offer(offer, batching.sizes, offered)
    finally:
        for stage_name, seconds in preparation.seconds.items():
            record.spend(stage_name, seconds)
        rows = parts.rows_by_table()
        for number, source in enumerate(record.sources):
            source.rows = rows.get(number, 0) if record.is_prepared else None
        work.folder.save(record)
    if record.is_prepared:
        work.folder.drop_drafts()


def _is_prepared_elsewhere(work: Work, plan: Plan, parts: Parts, job: Job) -> bool:
    """Have a cluster prepare all rows into the run's parts, unless they are; return False if it is stopped meanwhile.

    Raises:
        ReadError, StoppedError, UsageError: as ``prepare_on_cluster``.
    """
    if work.record.is_prepared:
        return True
    parts.clear()  # of an attempt before: none of its batches was offered, see below
    start = perf_counter()
    place = Folder(work.folder.path.resolve())  # whole: the machines of the cluster work in other folders
    finished = prepare_on_cluster(plan, place, work.settings, job, work.watch, work.stop)
    parts.look_again()
    work.record.spend("cluster", perf_counter() - start)
    if not work.stop:
        work.record.rows, work.record.is_prepared = sum(finished.rows.values()), True
        # Before any batch is offered: a run that is killed then goes on with these parts and does not make them anew.
        work.folder.save(work.record)
    return work.record.is_prepared


def _finished_drafts(
    work: Work, plan: Plan, parts: Parts, preparation: Preparation
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield chunks as ``_read_on``, after drafts of all rows: with this ``--keep`` the last row may be a survivor."""
    drafts = work.folder.drafts()
    for number, frame in _read_on(work, plan, drafts, preparation):
        drafts.add(number, frame)
    if not work.stop:
        work.watch.doing("choosing which rows survive")
        yield from preparation.finished(drafts, len(parts), work.stop)


def _read_on(work: Work, plan: Plan, done: Parts, preparation: Preparation) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield chunks of the rows after those that are ``done``; ``record.rows`` counts both."""
    rows = done.rows_by_table()
    work.record.rows = sum(rows.values())
    skip = [rows.get(number, 0) for number in range(len(plan.tables))]
    for number, frame in preparation.rows(plan, work.settings, work.watch, work.stop, skip):
        yield number, frame
        work.record.rows += frame.height


def offer_none(_batch: int, _rows: int) -> None:
    """Send nothing: for dry runs and refused ones."""


def _offer(offer: Callable[[int, int], None], sizes: Sequence[int], offered: int) -> int:
    """Offer the batches after the first ``offered``; return how many are offered now."""
    for number, rows in enumerate(sizes[offered:], offered + 1):
        offer(number, rows)
    return len(sizes)
