"""The sandbox as a child of this process."""

import secrets
import subprocess
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

from importer.errors import StoppedError
from importer.sandbox.behaviour import Behaviour
from importer.system import children

KEY_VARIABLE = "VOXPRIA_API_KEY"
_START_S = 30
_STOP_S = 10


class EmbeddedSandbox:
    """Starts a sandbox on entering and ends it on leaving; the child also ends when this process does, however it does.

    The contacts stay in the file: a second start on it has them again, under another URL and key.

    Args:
        db: the sandbox's SQLite file; made if it does not exist.
        key: a new, random one if None.
    """

    def __init__(self, db: Path, behaviour: Behaviour | None = None, key: str | None = None) -> None:
        self.url = ""
        self.key = key or f"agl_sk_sandbox_{secrets.token_hex(16)}"
        self._db = db
        self._behaviour = behaviour or Behaviour()
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            StoppedError: it did not start; the message says why.
        """
        # A session of its own keeps Ctrl-C away from the child: the run that uses it still waits for its last answers.
        self._child = children.start(
            "importer.sandbox",
            str(self._db.absolute()),
            self._behaviour.to_json(),
            variables={KEY_VARIABLE: self.key},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            has_own_session=True,
        )
        line = self._first_line(self._child)
        if not line.startswith("http://"):
            self._stop(self._child)
            raise StoppedError(f"The embedded sandbox did not start: {line or 'it gave no reason'}")
        self.url = line
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            self._stop(self._child)

    @staticmethod
    def _first_line(child: "subprocess.Popen[bytes]") -> str:
        lines: SimpleQueue[bytes] = SimpleQueue()
        if child.stdout is not None:  # a thread reads: no system but POSIX waits for a pipe
            Thread(target=lambda out: lines.put(out.readline()), args=[child.stdout], daemon=True).start()
        try:
            return lines.get(timeout=_START_S).decode(errors="replace").strip()
        except Empty:
            return ""

    @staticmethod
    def _stop(child: "subprocess.Popen[bytes]") -> None:
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
