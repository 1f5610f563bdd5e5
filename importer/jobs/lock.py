"""One start of a job at a time: a lock with an owner, whose death sets it free and whose life never does.

The system's lock on a file ends with the process that holds it. Where a network's disk knows no such locks, or not
those of another machine, the owner's own word counts: on this machine, whether the process still runs; of another
machine, a heartbeat.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from importer.errors import StoppedError, UnderWayError
from importer.system import machine
from importer.system.new_file import new_file

_BEAT_S = 15.0
_SILENT_S = 20 * _BEAT_S
"""An owner on another machine that gave no sign for so long is taken for dead."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a job: ``started`` is the process's own start in ticks of its machine, None if that is not known."""

    user: str
    host: str
    pid: int
    started: int | None
    since: float

    @classmethod
    def this_process(cls) -> "Owner":
        """Return this process, as an owner from now on."""
        user = machine.user_name() or machine.user_number()  # a container's user need not have a name
        return cls(user, socket.gethostname(), os.getpid(), machine.started_ticks(os.getpid()), time.time())

    def __str__(self) -> str:
        began = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.since))
        return f"{self.user}@{self.host}, process {self.pid}, since {began} ({_age(time.time() - self.since)})"

    def lives(self, beat: float) -> bool:
        """Return True if the owner still runs, as far as this machine can tell; ``beat`` is its last sign of life."""
        if self.host != socket.gethostname():
            return time.time() - beat < _SILENT_S
        if self.pid == os.getpid():
            return False
        is_running = machine.is_running(self.pid)
        if is_running is None:
            return time.time() - beat < _SILENT_S
        return is_running and (self.started is None or machine.started_ticks(self.pid) == self.started)


def owner_of(home: Path) -> Owner | None:
    """Return who holds a job now; None if nobody does."""
    owner, beat = _read(home)
    return owner if owner is not None and owner.lives(beat) else None


@contextmanager
def held_job(home: Path, name: str) -> Iterator[Owner | None]:
    """Hold a job until the context ends; gives the owner that died holding it, None if the last one let it go.

    Raises:
        UnderWayError: another start holds it; the message says which.
        StoppedError: the lock cannot be written.
    """
    lock = FileLock(home / "lock", timeout=0, mode=0o600)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise _under_way(name, _read(home)[0]) from None
    except OSError as error:
        raise StoppedError(f"{home} cannot be written ({error.strerror}). Give permission and try again.") from None
    try:
        dead, beat = _read(home)
        if dead is not None and dead.lives(beat):
            raise _under_way(name, dead)
        with new_file(home / "owner.json", "Make room or give permission, and start the job again.") as part:
            part.write_text(json.dumps(asdict(Owner.this_process())) + "\n", "utf-8")
        try:
            with _beating(home / "owner.json"):
                yield dead
        finally:
            (home / "owner.json").unlink(missing_ok=True)
    finally:
        lock.release()


@contextmanager
def _beating(file: Path) -> Iterator[None]:
    """Give signs of life, by the time of a file."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(_BEAT_S):
            with suppress(OSError):
                os.utime(file)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _read(home: Path) -> tuple[Owner | None, float]:
    """Return the owner that is written down and its last sign of life; None if there is none."""
    try:
        text, beat = (home / "owner.json").read_text("utf-8"), (home / "owner.json").stat().st_mtime
        return Owner(**json.loads(text)), beat
    except (OSError, ValueError, TypeError):
        return None, 0.0


def _under_way(name: str, owner: Owner | None) -> UnderWayError:
    who = "another process, which just began" if owner is None else str(owner)
    return UnderWayError(f"The job {name} is under way: {who}. Nothing was done.")


def _age(seconds: float) -> str:
    minutes = max(0, round(seconds / 60))
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
