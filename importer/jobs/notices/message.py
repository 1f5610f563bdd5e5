"""What is told of a job: figures, verdict and the next command, and nobody's data."""

import socket
import time
from dataclasses import dataclass
from typing import Any

from importer.jobs.results import FileResult, StepResult
from importer.models.outcomes import Outcome

_MOST_FILES = 20
_MEANINGS = {
    1: "a bug",
    2: "a file, a setting or a list cannot be used",
    3: "some rows are errored",
    4: "stopped, or some rows are unconfirmed",
    5: "held back before anything was sent",
    6: "the API refuses the key",
    7: "a file waits for approval",
}
"""Exit codes in a few words: whoever is woken by a message has no table at hand."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as every channel gets it; ``content`` is JSON, the same for programs as for people."""

    id: str
    content: dict[str, Any]

    @property
    def subject(self) -> str:
        """Return one line: job, state and exit code."""
        told = self.content
        if told["state"] == "test":
            return f"importer: a test of the job {told['job']}"
        meaning = _MEANINGS.get(told["exit_code"])
        code = f"exit code {told['exit_code']}" + (f": {meaning}" if meaning else "")
        return f"importer: the job {told['job']} is {told['state']} ({code})"

    @property
    def text(self) -> str:
        """Return the message for people."""
        told = self.content
        if told["state"] == "test":
            lines = ["This is a test: nothing was started."]
        else:
            lines = [f"It was {told['was']}, and is {told['state']} since {told['at']}."]
        if told["stopped"]:
            lines.append("The start ended before all files were taken.")
        for one in told["files"]:
            lines += ["", f"{one['state']}  {one['file']}" + (f"  (run {one['run_id']})" if one["run_id"] else "")]
            if one["rows"]:
                lines.append("    " + ", ".join(f"{count:,} {name}" for name, count in one["rows"].items()))
            if one["gates"]:
                lines.append(f"    held back by: {', '.join(one['gates'])}")
            if one["approvals_missing"] > 1:
                lines.append(f"    waits for {one['approvals_missing']} people, none of them who started the run")
            if one["next"]:
                lines.append(f"    {one['next']}")
        if told["more_files"]:
            lines += ["", f"and {told['more_files']:,} more"]
        return "\n".join([*lines, "", f"On {told['host']}: {told['next']}", ""])


def content_of(result: StepResult, state: str, was: str, status: str) -> dict[str, Any]:
    """Return what is told of a start.

    Reasons in words are left out: they may quote a header, which may be somebody's data where a list has none.

    Args:
        result: of the start.
        state: of the job from now on: ``ok``, ``failing`` or ``test``.
        was: its state before.
        status: the command that shows all of it.
    """
    # What needs a person first: of a hundred files only some are told by name.
    files = sorted(result.files, key=lambda one: one.exit_code == 0)
    return {
        "job": result.job,
        "state": state,
        "was": was,
        "exit_code": result.exit_code,
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "host": socket.gethostname(),
        "files": [_told(one) for one in files[:_MOST_FILES]],
        "more_files": max(0, len(files) - _MOST_FILES),
        "rows": {o.value: sum(one.rows.get(o.value, 0) for one in files) for o in Outcome},
        "stopped": result.stopped is not None,
        "next": status,
    }


def _told(one: FileResult) -> dict[str, Any]:
    return {
        "file": one.file,
        "state": one.state,
        "exit_code": one.exit_code,
        "run_id": one.run_id,
        "rows": one.rows,
        "gates": list(one.gates),
        "approvals_missing": one.approvals_missing,
        "next": one.next,
    }
