"""``approve``: the approval of a run's plan, and the sending that follows once nobody's approval is missing."""

from typing import Any

from rich.console import Console

from importer.cli.loading import loaded
from importer.cli.run import print_json, resume_run
from importer.cli.text import print_wrapped
from importer.errors import UnapprovedError
from importer.pipeline.approval import approve
from importer.pipeline.approvers import still
from importer.storage.decisions import os_user
from importer.storage.run_folder import RunFolder


def approve_run(name: str, flags: dict[str, Any], who: str | None, *, as_json: bool) -> int:
    """Carry out ``importer approve``; return the exit code of the run, also of one that is complete already.

    7 if the approval is kept and somebody else's is missing; nothing was sent then.
    """
    folder = RunFolder.find(loaded(flags).runs, name)
    summary = folder.summary()
    if summary is None or summary.status != "complete":
        approvals = approve(folder, who or os_user())
        if approvals.missing:
            if as_json and (told := folder.summary()) is not None:
                print_json(told)
            print_wrapped(Console(stderr=True), f"importer: {still(approvals, folder)}", "yellow")
            return UnapprovedError.exit_code
    return resume_run(folder.run_id, flags, is_forced=False, as_json=as_json)
