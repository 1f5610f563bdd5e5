"""A job in figures for Prometheus: a file for the node exporter's textfile collector, whole or not at all."""

import time
from collections.abc import Iterator

from importer.jobs.results import StepResult
from importer.models.outcomes import Outcome
from importer.settings.job_reading import Job
from importer.storage.job_memory import JobMemory
from importer.system.new_file import new_file

_FILES = ("done", "failed", "quarantine", "open")


def write_metrics(job: Job, memory: JobMemory, result: StepResult, seconds: float) -> None:
    """Write the job's figures after a start, if the job names a file for them.

    Raises:
        StoppedError: the file cannot be written.
    """
    if (file := job.tables.metrics.textfile) is None:
        return
    lines: list[str] = []
    for name, what, values in _metrics(memory, result, seconds):
        lines += [f"# HELP importer_job_{name} {what}", f"# TYPE importer_job_{name} gauge"]
        lines += [f'importer_job_{name}{{job="{job.name}"{labels}}} {value:g}' for labels, value in values.items()]
    with new_file(file, "Make room or give permission.") as part:
        part.write_text("\n".join([*lines, ""]), "utf-8")
        part.chmod(0o644)  # figures alone, for a collector that runs as somebody else


def _metrics(memory: JobMemory, result: StepResult, seconds: float) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Yield each metric: name, help, and values by their labels."""
    yield "last_end_timestamp_seconds", "When a start last ended.", {"": round(time.time(), 3)}
    good = memory.last_good_end()
    yield (
        "last_good_end_timestamp_seconds",
        "When a start last ended with 0 or 3; 0 if none did.",
        {"": round(good or 0, 3)},
    )
    yield "exit_code", "The exit code of the last start.", {"": result.exit_code}
    yield "failing", "1 while the job is failing.", {"": memory.fact("state", "ok") == "failing"}
    yield "duration_seconds", "How long the last start took.", {"": round(seconds, 3)}
    counts = {f',state="{state}"': sum(one.state == state for one in result.files) for state in _FILES}
    yield "files", "Files of the last start, by where they lie now.", dict(counts)
    yield "waiting_files", "Files of the inbox that the last start did not take.", {"": len(result.waits)}
    yield "quarantined_files", "Files in quarantine.", {"": len(memory.files_in("quarantine"))}
    rows = {f',outcome="{o.value}"': sum(one.rows.get(o.value, 0) for one in result.files) for o in Outcome}
    yield "rows", "Rows of the last start, by outcome.", dict(rows)
