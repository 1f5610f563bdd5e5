"""``approve``: the approval of a run's plan, and the sending that follows."""

from typing import Any

from importer.cli.loading import loaded
from importer.cli.run import resume_run
from importer.pipeline.approval import approve
from importer.storage.decisions import os_user
from importer.storage.run_folder import RunFolder


def approve_run(name: str, flags: dict[str, Any], who: str | None, *, as_json: bool) -> int:
    """Carry out ``importer approve``; return the exit code of the run, also of one that is complete already."""
    folder = RunFolder.find(loaded(flags).runs, name)
    summary = folder.summary()
    if summary is None or summary.status != "complete":
        approve(folder, who or os_user())
    return resume_run(folder.run_id, flags, is_forced=False, as_json=as_json)
