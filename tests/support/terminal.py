"""A command at a terminal, as a person sits before it."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, cwd: Path, *arguments: str, **variables: str) -> None:
        self._ours, theirs = pty.openpty()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("IMPORTER_", "VOXPRIA_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "importer", *arguments],
            cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs,
            env=kept | {"COLUMNS": "100", "TERM": "xterm"} | variables,
            start_new_session=True, preexec_fn=_own_terminal,  # noqa: PLW1509 - no threads here
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""

    def until(self, text: str, seconds: float = 30) -> None:
        """Read until this was shown."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if select.select([self._ours], [], [], 0.2)[0]:
                self.shown += os.read(self._ours, 65536).decode("utf-8", "replace")

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def interrupt(self) -> int:
        """Press Ctrl-C and read to the end; the exit code.

        Python misses a signal that comes in the instant before it waits for input: as a person would, it presses again.
        """
        self.type("\x03")
        while not self._is_read_to_the_end(5):
            self.type("\x03")
        return self.end()

    def end(self) -> int:
        """Read to the end; the exit code."""
        assert self._is_read_to_the_end(60), self.shown
        os.close(self._ours)
        return self._process.wait(30)

    def _is_read_to_the_end(self, seconds: float) -> bool:
        """Read for so long; True once the other side is closed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if select.select([self._ours], [], [], 0.2)[0]:
                try:
                    chunk = os.read(self._ours, 65536)
                except OSError:  # the other side is closed
                    return True
                self.shown += chunk.decode("utf-8", "replace")
        return False


def _own_terminal() -> None:
    import fcntl  # noqa: PLC0415 - only in the child
    import termios  # noqa: PLC0415

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
