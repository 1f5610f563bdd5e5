"""The first half of a run: rows are prepared into a folder that can travel, and nothing is sent.

What earlier runs sent is not known here; ``importer send`` keeps such numbers back as it comes to them.
"""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from importer.account.whose import Whose
from importer.errors import StoppedError, UsageError
from importer.models.watching import Stop, Watch
from importer.pipeline.beginning import Beginning, begin_run
from importer.pipeline.engines.spark import prepare_on_cluster
from importer.pipeline.mapper import Asking
from importer.pipeline.staging import offer_none, prepare
from importer.pipeline.suppression import is_of_suppression
from importer.pipeline.work import Work
from importer.settings.settings import Settings
from importer.stages import Job
from importer.storage.parts import Parts
from importer.storage.prepared import FILE_NAME, PARTS, Ends, Prepared, PreparedPart, describe, described, ends_of
from importer.storage.run_folder import RunFolder, run_id_at
from importer.system.places import Folder, Place, address_of, place_of


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """The folder in which a run is prepared, before it is where it was wanted."""

    path: Path

    def create(self, started_at: datetime) -> tuple[RunFolder, str]:
        """Make the folder; return it with the run's id.

        Raises:
            UsageError: it cannot be made.
        """
        run_id = run_id_at(started_at)
        path = self.path.with_name(f".{self.path.name}.{run_id}")
        try:
            path.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written ({error.strerror}). Name another folder.") from None
        return RunFolder(path), run_id


def prepare_run(  # noqa: PLR0913, PLR0917 - as run_import
    files: Sequence[Path], settings: Settings, out: Path, watch: Watch, stop: Stop, asking: Asking | None = None
) -> Prepared:
    """Prepare the files' rows into ``out``, which appears whole or not at all; return what is in it.

    ``out`` is a folder, or an address in object storage: its description comes last, and nothing is sent without one.

    Raises:
        UsageError: ``out`` is there already, or a file cannot be used.
        RefusedError: nobody answered which column fills a field.
        StoppedError: somebody stopped it, or the rows cannot be written.
    """
    place, is_here = place_of(out), address_of(out) is None
    if out.exists() if is_here else place.names():
        raise UsageError(f"{place} is there already. Name a folder that is not.")
    begin = perf_counter()
    with ExitStack() as stack:
        near = out if is_here else Path(stack.enter_context(TemporaryDirectory(prefix="importer-"))) / out.name
        start = begin_run(files, settings, watch, _Unfinished(near).create, asking=asking)
        own = start.folder.path
        stack.callback(shutil.rmtree, own, ignore_errors=True)
        try:
            prepared = _prepared(start, Folder(own.resolve()) if is_here else place, settings, watch, stop, begin)
            if is_here:
                own.rename(out)
        except OSError as error:
            raise StoppedError(f"{place} cannot be written ({error.strerror}). Make room or give permission.") from None
    return prepared


def _prepared(  # noqa: PLR0913, PLR0917 - the run's own things
    start: Beginning, place: Place, settings: Settings, watch: Watch, stop: Stop, begin: float
) -> Prepared:
    """Prepare the rows into a place, and describe them in ``prepared.json``."""
    folder, record = start.folder, start.record
    work = Work(folder, record, settings, None, watch, stop, begin, Whose(), suppressed=start.suppressed)
    job = Job(settings.region, settings.contacts_per_request, start.suppressed, settings.keep)
    with folder.locked():
        by_cluster = settings.engine == "spark"
        ends, parts = _by_cluster(work, start, place, job) if by_cluster else _by_this_machine(work, start, job)
    if stop:
        raise StoppedError("Stopped: the rows are not all prepared, and nothing was kept. Start it again.")
    record.spend("total", perf_counter() - begin)
    prepared = describe(record, ends, parts, settings.contacts_per_request)
    near = Folder(folder.path)
    for name in ("run.json", ".lock"):
        (folder.path / name).unlink(missing_ok=True)
    if place != Folder(folder.path.resolve()):
        for name in (*travelling(near), *(f"{PARTS}/{name}" for name in near.names(PARTS))):
            place.write(name, near.read(name))
    place.write(FILE_NAME, f"{prepared.model_dump_json(indent=1)}\n".encode())  # last: without it there is no run
    return prepared


def _by_cluster(work: Work, start: Beginning, place: Place, job: Job) -> tuple[list[Ends], list[PreparedPart]]:
    """Have a cluster write the parts into a place; return what is in them."""
    began = perf_counter()
    place.clear(PARTS)  # of an attempt before, which was killed
    finished = prepare_on_cluster(start.plan, place, work.settings, job, work.watch, work.stop)
    work.record.spend("cluster", perf_counter() - began)
    work.record.rows, work.record.is_prepared = sum(finished.rows.values()), True
    for number, source in enumerate(work.record.sources):
        source.rows = finished.rows.get(number, 0)
    ends = [end for part in finished.parts for end in part.counted]
    return ends, [PreparedPart(name=part.name, rows=part.rows, sha256=part.sha256) for part in finished.parts]


def _by_this_machine(work: Work, start: Beginning, job: Job) -> tuple[list[Ends], list[PreparedPart]]:
    """Write the parts into the run's folder; return what is in them."""
    parts = Parts(work.folder.path / PARTS, lambda: "Make room or give permission, then prepare it again.")
    prepare(work, start.plan, parts, job, offer_none)
    shutil.rmtree(work.folder.path / "drafts", ignore_errors=True)
    return ends_of(parts), described(parts)


def travelling(place: Place) -> list[str]:
    """Return the names of a prepared run's files that its sender needs beside the parts."""
    return [name for name in place.names() if is_of_suppression(name)]
