"""One start of a job at a time: a live owner keeps it, a dead one does not."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from importer.errors import UnderWayError
from importer.jobs.lock import Owner, held_job, owner_of


def _written(home: Path, owner: Owner, age_s: float = 0) -> None:
    home.mkdir(exist_ok=True)
    (home / "owner.json").write_text(json.dumps(asdict(owner)), "utf-8")
    os.utime(home / "owner.json", (time.time() - age_s,) * 2)


def test_a_second_start_is_told_who_has_the_job(tmp_path: Path) -> None:
    """At once, with exit code 8, and the first is not disturbed."""
    program = "import sys, time\nfrom pathlib import Path\nfrom importer.jobs.lock import held_job\n"
    program += f"with held_job(Path({str(tmp_path / 'home')!r}), 'nightly'):\n    print('held', flush=True)\n"
    program += "    time.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        began = time.monotonic()
        with (
            pytest.raises(UnderWayError, match=f"process {holder.pid}, since") as told,
            held_job(tmp_path / "home", "nightly"),
        ):
            pass
        assert (told.value.exit_code, time.monotonic() - began < 1) == (8, True)
        assert owner_of(tmp_path / "home") is not None
        holder.kill()
        holder.wait()
    with held_job(tmp_path / "home", "nightly") as dead:
        assert dead is not None
        assert dead.pid == holder.pid
    with held_job(tmp_path / "home", "nightly") as dead:
        assert dead is None


def test_an_owner_lives_while_its_process_or_its_heartbeat_does(tmp_path: Path) -> None:
    """Where the system's lock says nothing: the process of this machine, by number and start; else the heartbeat."""
    parent = replace(Owner.this_process(), pid=os.getppid(), started=None)
    another = replace(parent, host=f"not-{socket.gethostname()}")
    for owner, age_s, lives in (
        (parent, 0, True),
        (replace(parent, started=1), 0, False),  # its number was given to another process
        (replace(parent, pid=2**22 + 1), 0, False),
        (another, 60, True),
        (another, 3600, False),
    ):
        _written(tmp_path, owner, age_s)
        assert (owner_of(tmp_path) is not None) == lives, owner
        if lives:
            with pytest.raises(UnderWayError), held_job(tmp_path, "nightly"):
                pass
        else:
            with held_job(tmp_path, "nightly") as dead:
                assert dead == owner
