"""The first half of a run: rows are prepared into a folder that can travel, and nothing is sent.

What earlier runs sent is not known here; ``importer send`` keeps such numbers back as it comes to them.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter

from importer.account.whose import Whose
from importer.errors import StoppedError, UsageError
from importer.models.watching import Stop, Watch
from importer.pipeline.beginning import Beginning, begin_run
from importer.pipeline.mapper import Asking
from importer.pipeline.staging import offer_none, prepare
from importer.pipeline.suppression import files_of
from importer.pipeline.work import Work
from importer.settings.settings import Settings
from importer.stages import Job
from importer.storage.parts import Parts
from importer.storage.prepared import FILE_NAME, Prepared, describe
from importer.storage.run_folder import RunFolder, run_id_at
from importer.system.new_file import new_file


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """The folder in which a run is prepared, beside the one that it becomes."""

    out: Path

    def create(self, started_at: datetime) -> tuple[RunFolder, str]:
        """Make the folder; return it with the run's id.

        Raises:
            UsageError: it cannot be made.
        """
        run_id = run_id_at(started_at)
        path = self.out.with_name(f".{self.out.name}.{run_id}")
        try:
            path.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise UsageError(f"{self.out} cannot be written ({error.strerror}). Name another folder.") from None
        return RunFolder(path), run_id


def prepare_run(  # noqa: PLR0913, PLR0917 - as run_import
    files: Sequence[Path], settings: Settings, out: Path, watch: Watch, stop: Stop, asking: Asking | None = None
) -> Prepared:
    """Prepare the files' rows into the folder ``out``, which appears whole or not at all; return what is in it.

    Raises:
        UsageError: ``out`` is there already, or a file cannot be used.
        RefusedError: nobody answered which column fills a field.
        StoppedError: somebody stopped it, or the rows cannot be written.
    """
    if out.exists():
        raise UsageError(f"{out} is there already. Name a folder that is not.")
    begin = perf_counter()
    start = begin_run(files, settings, watch, _Unfinished(out).create, asking=asking)
    try:
        prepared = _prepared(start, settings, watch, stop, begin)
        shutil.rmtree(start.folder.path / "drafts", ignore_errors=True)
        for name in ("run.json", ".lock"):
            (start.folder.path / name).unlink(missing_ok=True)
        start.folder.path.rename(out)
    except OSError as error:
        raise StoppedError(f"{out} cannot be written ({error.strerror}). Make room or give permission.") from None
    finally:
        shutil.rmtree(start.folder.path, ignore_errors=True)
    return prepared


def _prepared(start: Beginning, settings: Settings, watch: Watch, stop: Stop, begin: float) -> Prepared:
    """Prepare the rows and describe them in ``prepared.json``."""
    folder, record = start.folder, start.record
    work = Work(folder, record, settings, None, watch, stop, begin, Whose(), suppressed=start.suppressed)
    job = Job(settings.region, settings.contacts_per_request, start.suppressed, settings.keep)
    parts = Parts(folder.path / "parts", lambda: "Make room or give permission, then prepare it again.")
    with folder.locked():
        prepare(work, start.plan, parts, job, offer_none)
    if stop:
        raise StoppedError("Stopped: the rows are not all prepared, and nothing was kept. Start it again.")
    record.spend("total", perf_counter() - begin)
    prepared = describe(record, parts, settings.contacts_per_request)
    with new_file(folder.path / FILE_NAME, "Make room or give permission.") as part:
        part.write_text(prepared.model_dump_json(indent=1) + "\n", "utf-8")
    return prepared


def travelling(folder: Path) -> list[Path]:
    """Return the files of a prepared run that its sender needs beside the parts."""
    return files_of(folder)
