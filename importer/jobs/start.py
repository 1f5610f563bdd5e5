"""A start of a job, as a scheduler makes it: under the job's lock, with its memory, and told of afterwards."""

import time
from contextlib import suppress

from pydantic import SecretStr

from importer.errors import StoppedError
from importer.jobs.lock import held_job
from importer.jobs.metrics import write_metrics
from importer.jobs.notices.telling import deliver, note_state
from importer.jobs.results import StepResult
from importer.jobs.step import Step
from importer.models.watching import Stop, Watch
from importer.settings.job_reading import Job
from importer.storage.job_memory import JobMemory


def start(job: Job, key: SecretStr | None, watch: Watch, stop: Stop) -> StepResult:
    """Start a job once: whoever starts it, at any time, does no harm.

    Raises:
        UnderWayError: another start of it is under way; nothing was done.
        StoppedError: lock or memory cannot be used.
    """
    with held_job(job.home, job.name) as dead, JobMemory.open(job.home) as memory:
        result = StepResult(job.name)
        if dead is not None:
            result.notes.append(f"The start before this one died ({dead}). What it left is gone on with.")
            watch.note(result.notes[0])
        began = time.time()
        number = memory.begin_step(began)
        try:
            Step(job, memory, key, watch, stop, result).run()
        except BaseException:
            result.stopped, result.stop_code = "a bug ended the start", 1
            raise
        finally:
            memory.end_step(number, time.time(), result.exit_code, len(result.files))
            memory.note_fact("stopped", result.stopped or "")
            _tell(job, memory, watch, result, time.time() - began)
        return result


def _tell(job: Job, memory: JobMemory, watch: Watch, result: StepResult, seconds: float) -> None:
    """Tell people and programs how a start ended; whatever fails is noted, and changes nothing of it."""
    note_state(job, memory, result)
    notes = deliver(job, memory)
    with suppress(OSError):
        try:
            write_metrics(job, memory, result, seconds)
        except StoppedError as error:
            notes.append(str(error))
    for note in notes:
        result.notes.append(note)
        watch.note(note)
