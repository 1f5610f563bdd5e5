"""The Dockerfile's promises, where no builder is: what it starts runs without rights, on a root that is read-only."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import importer

TEXT = (Path(importer.__file__).parent / "Dockerfile").read_text("utf-8")
SETTINGS = dict(re.findall(r"^(USER|WORKDIR|VOLUME|ENTRYPOINT|CMD) (.*)$", TEXT, re.MULTILINE))
VARIABLES = dict(re.findall(r"(\w+)=(\S+)", re.findall(r"^ENV (.*)$", TEXT, re.MULTILINE)[0]))
_WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
_READ_ONLY = """
mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro / || exit 99
mount -o remount,bind,ro "$(stat -c %m "$1/..")" || exit 99
touch "$1/../written" 2>/dev/null && exit 98
cd "$1" && shift && exec "$@"
"""


def can_mount() -> bool:
    """Whether this process may make a root of its own read-only, and give its rights away."""
    trial = ["unshare", "-m", "sh", "-c", "mount --make-rprivate / && mount -o remount,bind,ro /"]
    try:
        done = [subprocess.run(one, capture_output=True, check=False) for one in (trial, [*_WITHOUT_RIGHTS, "true"])]
    except FileNotFoundError:
        return False
    return not any(one.returncode for one in done)


def test_it_runs_as_nobody_in_particular_on_a_volume() -> None:
    """Not as root, and whatever is written goes to the volume: lists, runs and temporary files."""
    assert SETTINGS["USER"] == "10001:10001"
    assert SETTINGS["WORKDIR"] == SETTINGS["VOLUME"] == VARIABLES["TMPDIR"] == "/data"
    assert json.loads(SETTINGS["ENTRYPOINT"]) == ["importer"]


@pytest.mark.skipif(not can_mount(), reason="this process may not make its root read-only")
def test_what_it_starts_needs_nothing_but_the_volume(tmp_path: Path) -> None:
    """A workbook is imported by a process without any capability, on a read-only root, with one folder to write in."""
    data = tmp_path / "data"
    data.mkdir()
    sample = Path(__file__).parents[2] / "sample_data" / "open-house-attendees.xlsx"
    (data / sample.name).write_bytes(sample.read_bytes())
    variables = {"PATH": os.environ["PATH"]} | VARIABLES | {"TMPDIR": str(data)}
    command = [sys.executable, "-m", "importer", "run", sample.name, "--region", "US", "--sandbox"]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", _READ_ONLY, "sh", data, *_WITHOUT_RIGHTS, *command],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 3}, done.stderr
    assert "balanced" in done.stdout
    assert {path.name for path in data.iterdir()} == {sample.name, "runs"}
