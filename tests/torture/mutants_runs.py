"""Damaged files as a whole dry run meets them: mapped, staged, reviewed and reported, in a process of its own."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from importer.errors import ReadError

_WAITS_S = 240
_ENDS = (0, 3)
"""Exit codes of a run that was carried out: with no errored row, and with some."""


class Maker(Protocol):
    """What makes damaged files."""

    def mutant(self, choose: random.Random) -> tuple[str, bytes]:
        """A damaged file: its name and what is in it."""


class Runs:
    """Files of the other families, each imported as a person would try it out."""

    name = "runs"

    def __init__(self, makers: Sequence[Maker]) -> None:
        """Take the files from these."""
        self._makers = makers

    def mutant(self, choose: random.Random) -> tuple[str, bytes]:
        """A damaged file of one of the makers; a pipe is none that a run could read twice."""
        while True:
            name, data = choose.choice(self._makers).mutant(choose)
            if not name.startswith("pipe"):
                return name, data

    def complaint(self, path: Path) -> str:
        """What does not add up in the run's books, or is missing of its reports.

        Raises:
            ReadError: the run refuses the file, in words.
        """
        with TemporaryDirectory() as runs:
            command = [sys.executable, "-m", "importer", "run", str(path), "--region", "US", "--dry-run", "--json"]
            done = subprocess.run(
                [*command, "--runs", runs], capture_output=True, stdin=subprocess.DEVNULL, timeout=_WAITS_S, check=False
            )
            words = done.stderr.decode(errors="replace")
            if "Traceback" in words or "bug" in words:
                raise RuntimeError(words)
            if not done.stdout.strip():
                if done.returncode in _ENDS:
                    return f"exit {done.returncode} without figures"
                raise ReadError(" ".join(words.split()))
            return _unbalanced(json.loads(done.stdout), done.returncode, next(Path(runs).glob("2*")))


def _unbalanced(summary: dict[str, object], code: int, folder: Path) -> str:
    ends = [summary["imported"], summary["skipped"], summary["errored"], summary["unconfirmed"], summary["waiting"]]
    if not summary["balanced"]:
        return f"exit {code}: {ends} of {summary['rows']} rows, not balanced"
    missing = [name for name in ("rows.parquet", "summary.json", "report.html") if not (folder / name).is_file()]
    return f"exit {code}: no {missing}" if missing else ""
