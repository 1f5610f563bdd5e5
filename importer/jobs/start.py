"""A start of a job, as a scheduler makes it: under the job's lock, with its memory, and told of afterwards."""

import time

from pydantic import SecretStr

from importer.errors import ImporterError
from importer.jobs.lock import held_job
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
        number, exit_code = memory.begin_step(time.time()), 1  # 1 stands if a bug ends it
        try:
            Step(job, memory, key, watch, stop, result).run()
            exit_code = result.exit_code
        except ImporterError as error:
            exit_code = error.exit_code
            raise
        finally:
            memory.end_step(number, time.time(), exit_code, len(result.files))
        return result
