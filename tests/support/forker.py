"""Forks ``importer`` processes that need not load anything first; speaks JSON lines on stdin and stdout.

``{"cwd", "arguments", "kill_at", "key", "poison"}`` forks one and gives its id; ``{}`` waits for the next to end and
gives its exit code or the negative signal. ``kill_at`` is ``POINT:N``: the process kills itself when it passes the
point for the n-th time. With ``poison`` it works on few rows at a time, and has a stage that fails on this name.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpcore
import polars as pl

from importer.cli import main as importer_main
from importer.cli import run as running
from importer.cli.commands import report as of_report
from importer.cli.commands import resume as of_resume
from importer.cli.commands import run as of_run
from importer.cli.commands import verify as of_verify
from importer.delivery import sending
from importer.delivery.channel import Channel
from importer.delivery.doubts import Resolver
from importer.delivery.engine import Delivery
from importer.delivery.journal import Journal
from importer.delivery.ledger.commits import Commits
from importer.delivery.ledger.ledger import Ledger
from importer.pipeline import run as pipeline
from importer.pipeline.engines import row_stages
from importer.reports import write_reports
from importer.stages import ROW_STAGES
from importer.storage.parts import Parts
from importer.storage.run_folder import RunFolder
from importer.targets.wire import Wire

CHUNK_ROWS = 100
"""Rows at a time, where a name is poison."""
_PLACES: dict[str, tuple[Any, str]] = {
    "the folder's record": (RunFolder, "save"),
    "a part of rows": (Parts, "add"),
    "a batch offered": (Delivery, "offer"),
    "an intent": (Ledger, "begin"),
    "a note": (Journal, "note"),
    "a request": (Channel, "send"),
    "a decision": (sending, "decide"),
    "an outcome": (Ledger, "finish"),
    "a commit": (Commits, "_carry_out"),
    "a settling": (Resolver, "settle"),
    "a page": (Channel, "fetch_page"),
    "parted": (Ledger, "part"),
    "a doubt": (Ledger, "doubt_interrupted"),
    "the books": (pipeline, "close_books"),
    "the end": (running, "finish"),
}
POINTS = tuple(f"{when} {place}" for place in _PLACES for when in ("before", "after"))
"""Where a process can be made to kill itself."""


def main() -> None:
    """Serve until stdin ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        if asked:
            child = os.fork()
            if not child:
                _become(asked)
            answer = child
        else:
            _, status = os.wait()
            answer = os.waitstatus_to_exitcode(status)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _become(asked: dict[str, Any]) -> None:
    """Be an ``importer`` process until the end."""
    os.chdir(asked["cwd"])
    for name, number in (("stdout", 1), ("stderr", 2)):
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ["VOXPRIA_API_KEY"] = asked["key"]
    if asked["poison"]:
        _poison(asked["poison"])
    if asked["kill_at"]:
        _arm(*asked["kill_at"].rsplit(":", 1))
    sys.argv = ["importer", *asked["arguments"]]
    code: object = 1
    try:
        importer_main()
    except SystemExit as end:
        code = end.code
    finally:
        os._exit(code if isinstance(code, int) else 0)


def _poison(name: str) -> None:
    """Have a stage that fails on a name, as a bug in it would."""

    def fails(frame: pl.DataFrame) -> pl.DataFrame:
        if (frame["full_name"] == name).any():
            raise RecursionError
        return frame

    os.environ["IMPORTER_CHUNK_ROWS"] = f"{CHUNK_ROWS}"
    vars(row_stages)["ROW_STAGES"] = (lambda _: fails, *ROW_STAGES)


def _arm(point: str, times: str) -> None:
    """Make this process kill itself when it passes a point for the n-th time."""
    when, _, place = point.partition(" ")
    owner, name = _PLACES[place]
    passed: Callable[..., Any] = getattr(owner, name)
    left = int(times)

    def passing(*arguments: Any, **options: Any) -> Any:
        nonlocal left
        left -= 1
        is_last = left == 0
        if is_last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = passed(*arguments, **options)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, passing)


_LOADED = (write_reports, Wire, Path, httpcore, of_report, of_resume, of_run, of_verify)

if __name__ == "__main__":
    main()
