"""The guard over reading and preparing: no file takes memory without end, or keeps the program busy without progress.

A thread looks ten times a second, for as long as a file is read or rows are prepared, and no longer:

* at the memory of this process and its children, beside what may be taken (``memory.allowed_mb``) and ``ABOVE_MB``;
* at the processor time that was spent since the last progress (``beat``, or growth of a file that is followed). After
  ``IDLE_S`` of it, and as many seconds by the clock, the work is given up. Waiting for a disk, a network, a person or
  the API costs no processor time, so none of them is ever taken for a file without end.

What it does then depends on what was done before. While a file is read, nothing was sent: the main thread is
interrupted by a signal and gets a ``ReadError``. While rows are prepared, batches may be under way: the run is stopped
as Ctrl-C stops it, and can be resumed.

What holds. Python code and waiting are interrupted at once. A long call into a library that lets other threads run
(polars, unpacking) is not: where it does not return within ``GRACE_S`` (``STOP_GRACE_S`` of a run), or memory doubles
meanwhile, the watching thread itself says the same words, takes away what is half-written, ends the children, and ends
the process with the same exit code. A call that lets no other thread run (``re``, ``json``) is out of reach until it
returns: readers give those only pieces of bounded size. Between two looks memory can grow by what a machine can fill in
some tenths of a second. Under a caller that does not use the main thread nothing is guarded.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from importer.errors import ReadError, StoppedError
from importer.models.watching import Stop
from importer.system import process_tree

IDLE_S = 60.0
ABOVE_MB = 256
"""More than is allowed before the guard steps in: the allowance is what an import plans with, not what it hits."""
GRACE_S = 5.0
STOP_GRACE_S = 40.0
"""Longer than the answer under way is awaited."""
_EVERY_S = 0.1
_LOOKS = 3
"""One after the other that must find too much: a child that was just forked seems to hold all that its parent does."""
_SIGNAL = signal.SIGURG
"""One that nobody sends and that does nothing by itself."""


class _Pulse:
    """What tells the watching thread that reading goes on. Written by any thread, read by that one."""

    def __init__(self) -> None:
        self.beats = 0
        self.file = ""
        self.followed: set[int] = set()
        self.unfinished: set[Path] = set()
        self.trusted = 0


_PULSE = _Pulse()


class _BreachError(BaseException):
    """Raised in the main thread by the signal; no handler of errors takes it for a fault of a row or a library."""


def beat(file: str = "") -> None:
    """Note progress; with ``file``, that this is the file which is read from now on."""
    _PULSE.beats += 1
    if file:
        _PULSE.file = file


@contextmanager
def following(descriptor: int) -> Iterator[None]:
    """Count it as progress when the open file grows: a child writes to it."""
    _PULSE.followed.add(descriptor)
    try:
        yield
    finally:
        _PULSE.followed.discard(descriptor)


@contextmanager
def trusting() -> Iterator[None]:
    """Look at memory alone: what is waited for is bounded in time by itself."""
    _PULSE.trusted += 1
    try:
        yield
    finally:
        _PULSE.trusted -= 1


@contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """Remove the file where the process is ended while it is written."""
    _PULSE.unfinished.add(path)
    try:
        yield
    finally:
        _PULSE.unfinished.discard(path)


@contextmanager
def reading(file: str, allowed_mb: int, *, has_option: bool = True) -> Iterator[None]:
    """Bound what is done within; nothing of it was sent.

    Args:
        file: the name to show, until ``beat`` says another.
        allowed_mb: how much memory may be taken.
        has_option: False where the command has no ``--max-memory``.

    Raises:
        ReadError: a bound was passed.
    """
    offer = "Split the file" + (f", or give it more: --max-memory {2 * allowed_mb}." if has_option else ".")
    guard = _Guard(file, allowed_mb, offer, _interrupt, GRACE_S, ReadError.exit_code)
    before = signal.signal(_SIGNAL, lambda *_: guard.strike()) if guard.is_main else None
    try:
        with guard:
            yield
    except BaseException:
        guard.close()  # the signal may come while the guard is closed
        if guard.breach is None:
            raise
    finally:
        if guard.is_main:
            signal.signal(_SIGNAL, before)
    if guard.breach is not None:
        raise ReadError(guard.breach) from None


@contextmanager
def preparing(file: str, allowed_mb: int, stop: Stop, then: str) -> Iterator[None]:
    """Bound what is done within while rows may be under way; ``then`` is what to say of going on.

    Raises:
        StoppedError: a bound was passed, and the work within has ended in good order.
    """
    guard = _Guard(file, allowed_mb, then, stop.wish, STOP_GRACE_S, StoppedError.exit_code)
    with guard:
        yield
    if guard.breach is not None:
        raise StoppedError(guard.breach)


class _Guard:
    """Owns the watching thread, from ``__enter__`` to ``__exit__``; ``breach`` says which bound was passed."""

    def __init__(  # noqa: PLR0913, PLR0917 - what differs between its two users
        self, file: str, allowed_mb: int, offer: str, act: Callable[[], None], grace_s: float, exit_code: int
    ) -> None:
        self._allowed_mb, self._offer = allowed_mb, offer
        self._act, self._grace_s, self._exit_code = act, grace_s, exit_code
        self._file = file
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="bounds", daemon=True)
        self.breach: str | None = None
        self.is_main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> None:
        _PULSE.file = self._file
        if self.is_main:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the watching; may be called again."""
        with self._lock:  # no signal is sent later
            self._over.set()
        if self.is_main:
            self._thread.join()

    def strike(self) -> None:
        """Interrupt the main thread, if it is still within the guarded work."""
        if not self._over.is_set():
            raise _BreachError

    def _watch(self) -> None:
        breach = None
        looks, beats, spent, since = 0, _state(), process_tree.spent_s(), time.monotonic()
        most_mb = max(self._allowed_mb, process_tree.held_mb()) + ABOVE_MB  # a file before may not be given back yet
        while breach is None:
            if self._over.wait(_EVERY_S):
                return
            held = process_tree.held_mb()
            looks = looks + 1 if held > most_mb else 0
            if (now := _state()) != beats or _PULSE.trusted:
                beats, spent, since = now, process_tree.spent_s(), time.monotonic()
            if looks >= _LOOKS:
                breach = (
                    f"{_PULSE.file} takes more memory than it may: {held:,.0f} MB are held, {self._allowed_mb:,} MB "
                    f"are allowed. {self._offer}"
                )
            elif time.monotonic() - since > IDLE_S and process_tree.spent_s() - spent > IDLE_S:
                breach = (
                    f"{_PULSE.file} is not read on: nothing came of {IDLE_S:.0f} s of work on one piece of it. Look "
                    f"whether it is a list of contacts, and save it anew as .csv. {self._offer}"
                )
        with self._lock:
            if self._over.is_set():
                return
            self.breach = breach
            self._act()
        until = time.monotonic() + self._grace_s
        while time.monotonic() < until and process_tree.held_mb() < 2 * most_mb:
            if self._over.wait(_EVERY_S):
                return
        _end_at_once(breach, self._exit_code)


def _state() -> tuple[int, ...]:
    """Return what changes as the work goes on."""
    sizes = []
    for descriptor in tuple(_PULSE.followed):
        with suppress(OSError):
            sizes.append(os.fstat(descriptor).st_size)
    return (_PULSE.beats, *sizes)


def _interrupt() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, _SIGNAL)


def _end_at_once(words: str, exit_code: int) -> NoReturn:
    """End the process from any thread: what was printed arrives, nothing half-written stays, no child goes on."""
    for path in tuple(_PULSE.unfinished):
        with suppress(OSError):
            path.unlink()
    for pid in process_tree.child_ids():
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError):
        os.write(2, f"importer: {''.join(sign for sign in words if sign.isprintable())}\n".encode())
    os._exit(exit_code)
