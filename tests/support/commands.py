"""The command line as a user has it: a process of its own, and its books."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from importer.models.outcomes import Outcome
from tests.conftest import KEY, Done


def importer(
    *arguments: str | Path, cwd: Path, key: str | None = KEY, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``importer`` with these arguments; the key goes where a user puts it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("IMPORTER_", "VOXPRIA_"))}
    return subprocess.run(
        [sys.executable, "-m", "importer", *map(str, arguments)],
        cwd=cwd,
        env=clean | ({"VOXPRIA_API_KEY": key} if key else {}) | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def books(done: subprocess.CompletedProcess[str] | Done) -> dict[str, Any]:
    """The summary that ``--json`` printed; its identity holds."""
    out, err = (done.out, done.err) if isinstance(done, Done) else (done.stdout, done.stderr)
    assert "Traceback" not in err
    summary: dict[str, Any] = json.loads(out)
    assert summary["balanced"]
    assert sum(summary[outcome.value] for outcome in Outcome) == summary["rows"]
    return summary
