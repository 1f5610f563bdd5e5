"""The guard over reading, preparing and reports: no file may exhaust memory or burn processor time without progress.

While a file is read, rows are prepared or reports are written, and no longer, a thread checks twenty times a second:

* the memory of this process and its children, against the allowance (``memory.allowed_mb``) and a twentieth more;
* the processor time spent since the last progress (``beat``, or growth of a followed file). The work is given up after
  ``IDLE_S`` of it and as many seconds by the clock. Waiting for a disk, a network, a person or the API costs no
  processor time, so none of them is ever taken for an endless file.

The reaction depends on the phase. While a file is read, nothing has been sent, and while reports are written all that
was sent is booked: a signal interrupts the main thread, which gets a ``ReadError`` or ``StoppedError``. While rows are
prepared, batches may be in flight: the run stops as with Ctrl-C and can be resumed.

Limits. Python code and waits are interrupted at once. A long library call that releases the GIL (polars, unpacking) is
not. If it does not return within ``GRACE_S`` (``STOP_GRACE_S`` of a run), or memory comes near ``END_SHARE`` of the
allowance, the watching thread prints the same message, removes half-written files, kills the children, and exits with
the same code: a run is then as after any kill, and can be resumed. A call that holds the GIL (``re``, ``json``) cannot
be interrupted: readers pass it bounded pieces only. Between two checks memory can grow by what the machine fills in a
twentieth of a second. Nothing is guarded if the caller is not on the main thread.
"""

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from importer.errors import ImporterError, ReadError, StoppedError
from importer.models.watching import Stop
from importer.system import process_tree

IDLE_S = 60.0
STOP_SHARE, END_SHARE = 1.05, 1.12
"""Shares of the allowance at which the work is stopped in good order, and at which the process is ended at once."""
_LEAST_ABOVE_MB = 64
"""Least room between the allowance and that end, for the block of a file under way."""
GRACE_S = 5.0
STOP_GRACE_S = 40.0
"""Longer than a run waits for the answers in flight: they must reach the ledger before the process is ended."""
_EVERY_S = 0.05
_CHECKS = 3
"""Consecutive checks over the limit before acting: a child that was just forked seems to hold its parent's memory."""
_SIGNAL = getattr(signal, "SIGURG", signal.SIGFPE)
"""A signal that nobody else sends. The first one's default action is to ignore it; Windows lacks it."""


class _Pulse:
    """Progress of the guarded work; one for the whole process. Written by any thread, read by the watching thread."""

    def __init__(self) -> None:
        self.beats = 0
        self.file = ""
        self.followed: set[int] = set()
        self.unfinished: set[Path] = set()
        self.trusted = 0
        self.most_held_mb = 0.0


_PULSE = _Pulse()


class _BreachError(BaseException):
    """Raised in the main thread by the signal. A ``BaseException``, so that no ``except Exception`` swallows it."""


def most_held_mb() -> float:
    """Return the most memory in MB that the process and its children held at any check so far."""
    return _PULSE.most_held_mb


def beat(file: str = "") -> None:
    """Note progress; ``file``, if given, is the name to show from now on."""
    _PULSE.beats += 1
    if file:
        _PULSE.file = file


@contextmanager
def following(descriptor: int) -> Iterator[None]:
    """Count growth of the open file as progress while a child writes to it."""
    _PULSE.followed.add(descriptor)
    try:
        yield
    finally:
        _PULSE.followed.discard(descriptor)


@contextmanager
def trusting() -> Iterator[None]:
    """Suspend the check of processor time, but not of memory: the work within has its own time limit."""
    _PULSE.trusted += 1
    try:
        yield
    finally:
        _PULSE.trusted -= 1


@contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """Register a file that is removed if the guard ends the process while it is written."""
    _PULSE.unfinished.add(path)
    try:
        yield
    finally:
        _PULSE.unfinished.discard(path)


@contextmanager
def reading(file: str, allowed_mb: int, *, has_option: bool = True) -> Iterator[None]:
    """Bound the memory and time of the work within, which sends nothing.

    Args:
        file: the name to show until ``beat`` gives another.
        allowed_mb: the memory that may be used.
        has_option: False if the command has no ``--max-memory`` to offer.

    Raises:
        ReadError: a bound was passed.
    """
    offer = "Split the file" + (f", or give it more: --max-memory {2 * allowed_mb}." if has_option else ".")
    with _interrupted(_Guard(file, allowed_mb, offer, _interrupt, GRACE_S, ReadError.exit_code), ReadError):
        yield


@contextmanager
def writing(what: str, allowed_mb: int, then: str) -> Iterator[None]:
    """Bound the memory of the work within, which sends nothing and takes as long as there are rows.

    Args:
        what: the name to show.
        allowed_mb: the memory that may be used.
        then: how to go on.

    Raises:
        StoppedError: the bound was passed.
    """
    guard = _Guard(what, allowed_mb, then, _interrupt, GRACE_S, StoppedError.exit_code)
    with _interrupted(guard, StoppedError), trusting():
        yield


@contextmanager
def _interrupted(guard: "_Guard", error: type[ImporterError]) -> Iterator[None]:
    """Guard the work within, which a signal interrupts if a bound is passed; then raise the error."""
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
        raise error(guard.breach) from None


@contextmanager
def preparing(file: str, allowed_mb: int, stop: Stop, then: str) -> Iterator[None]:
    """Bound the memory and time of the work within, which may have batches in flight; ``then`` tells how to go on.

    Raises:
        StoppedError: a bound was passed, and the work within has ended in good order.
    """
    guard = _Guard(file, allowed_mb, then, stop.wish, STOP_GRACE_S, StoppedError.exit_code)
    with guard:
        yield
    if guard.breach is not None:
        raise StoppedError(guard.breach)


class _Guard:
    """Owns the watching thread, from ``__enter__`` to ``close``; ``breach`` names the bound that was passed, if any."""

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
        """End the watching thread; may be called again."""
        with self._lock:  # the thread acts under this lock too: it can send no signal once the guarded work is over
            self._over.set()
        if self.is_main:
            self._thread.join()

    def strike(self) -> None:
        """Raise ``_BreachError`` if the guarded work still runs. Called by the signal handler, in the main thread."""
        if not self._over.is_set():
            raise _BreachError

    def _watch(self) -> None:
        breach = None
        too_many, beats, spent, since = 0, _state(), process_tree.spent_s(), time.monotonic()
        least_mb = process_tree.held_mb()
        while breach is None:
            if self._over.wait(_EVERY_S):
                return
            held = process_tree.held_mb()
            _PULSE.most_held_mb = max(_PULSE.most_held_mb, held)
            # Memory of a file read before may not be released yet: do not blame this file for it.
            least_mb = max(self._allowed_mb, min(held, least_mb))
            end_mb = max(END_SHARE * least_mb, least_mb + _LEAST_ABOVE_MB)
            too_many = too_many + 1 if held > STOP_SHARE * least_mb else 0
            if (now := _state()) != beats or _PULSE.trusted:
                beats, spent, since = now, process_tree.spent_s(), time.monotonic()
            if too_many >= _CHECKS or process_tree.own_mb() > end_mb:
                breach = (
                    f"{_PULSE.file} takes more memory than it may: {held:,.0f} MB are held, {self._allowed_mb:,} MB "
                    f"are allowed. {self._offer}"
                )
            # Both clocks: two busy threads spend 60 s of processor time in 30 s, and waiting spends none.
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
        while time.monotonic() < until and process_tree.held_mb() < end_mb:
            if self._over.wait(_EVERY_S):
                return
        _end_at_once(breach, self._exit_code)


def _state() -> tuple[int, ...]:
    """Return a value that differs from the last one if there was progress: beats and sizes of followed files."""
    sizes = []
    for descriptor in tuple(_PULSE.followed):
        with suppress(OSError):
            sizes.append(os.fstat(descriptor).st_size)
    return (_PULSE.beats, *sizes)


def _interrupt() -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, _SIGNAL)
    else:
        _thread.interrupt_main(_SIGNAL)  # it does not end a wait; the handler comes after it


def _end_at_once(words: str, exit_code: int) -> NoReturn:
    """End the process from any thread: flush the output, remove half-written files, kill the children."""
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
    # `sys.exit` would end this thread only, and the main thread is stuck in a call that cannot be interrupted.
    os._exit(exit_code)
