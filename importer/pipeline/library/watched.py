"""A piece of work done beside the caller's thread, which hears how far it is and can stop it in good order."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

from importer.models.watching import Stop, Watch

_LOOK_EVERY_S = 0.5
"""A wait without a limit cannot be interrupted by Ctrl-C on Windows."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a call, as ``on_progress`` gets it.

    Attributes:
        prepared: rows read and put through the stages so far.
        share_read: share of the input's bytes that was read, 0 to 1.
        queued: rows in batches that were made so far, sent or not.
        answered: rows of these whose batch has its answer.
        doing: the phase, if it has no row count ("writing the reports"); else "".
        waits_s: seconds for which nothing can be sent, as the call began to wait; 0 if it does not wait.
        note: one line that a person should know, without anybody's data; None if the event is no note.
    """

    prepared: int = 0
    share_read: float = 0.0
    queued: int = 0
    answered: int = 0
    doing: str = ""
    waits_s: float = 0.0
    note: str | None = None


def watched(
    work: Callable[[Watch, Stop], Result], on_progress: Callable[[Progress], None] | None, stop: Stop | None
) -> Result:
    """Do the work in a thread of its own and return its result; call ``on_progress`` in this thread meanwhile.

    So the work never touches this thread's signal handlers, event loop or context, and whatever interrupts this thread
    (Ctrl-C, a scheduler's time limit, an error of ``on_progress``) stops the work as Ctrl-C stops a command: the answer
    under way is awaited and the books are closed; then the interruption goes on. A second one does not wait.
    """
    stop = Stop() if stop is None else stop
    events: SimpleQueue[Progress | None] = SimpleQueue()
    outcome: Future[Result] = Future()

    def carry_out() -> None:
        try:
            outcome.set_result(work(_Teller(events.put), stop))
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            outcome.set_exception(error)
        finally:
            events.put(None)

    thread = Thread(target=carry_out, name="importer")
    thread.start()
    try:
        while (event := _next(events)) is not None:
            if on_progress is not None:
                on_progress(event)
    except BaseException:
        stop.wish()
        while thread.is_alive():
            thread.join(_LOOK_EVERY_S)
        raise
    thread.join()
    return outcome.result()


def _next(events: "SimpleQueue[Progress | None]") -> Progress | None:
    """Return the next event, once there is one; None for the end."""
    while True:
        try:
            return events.get(timeout=_LOOK_EVERY_S)
        except Empty:
            continue


class _Teller:
    """A ``Watch`` that makes an event of each call; called by any thread of the work."""

    def __init__(self, put: Callable[[Progress], None]) -> None:
        self._put = put
        self._lock = Lock()
        self._now = Progress()
        self._queued: dict[int, int] = {}
        self._answered: dict[int, int] = {}

    def begun(self, run_id: str) -> None:
        """Tell nothing: the call gives the run."""

    def prepared(self, rows: int, share_read: float) -> None:
        """Count prepared rows."""
        with self._lock:
            self._now = replace(self._now, prepared=self._now.prepared + rows, share_read=share_read)
            self._put(self._now)

    def queued(self, batch: int, rows: int) -> None:
        """Count a batch that waits to be sent."""
        with self._lock:
            self._queued[batch] = rows
            self._now = replace(self._now, queued=sum(self._queued.values()))
            self._put(self._now)

    def sent(self, batch: int, rows: int) -> None:  # noqa: ARG002 - as in Watch
        """End a wait: a batch is under way."""
        with self._lock:
            self._now = replace(self._now, waits_s=0.0)
            self._put(self._now)

    def settled(self, batch: int, rows: int, state: str) -> None:  # noqa: ARG002 - as in Watch
        """Count a batch, or a piece of it, that has its answer."""
        with self._lock:
            # A piece in doubt comes again once it is settled, so a batch never counts for more than its rows.
            self._answered[batch] = min(self._answered.get(batch, 0) + rows, self._queued.get(batch, rows))
            self._now = replace(self._now, answered=sum(self._answered.values()))
            self._put(self._now)

    def waiting(self, why: str, seconds: float) -> None:
        """Tell of a wait; why is a note."""
        with self._lock:
            self._now = replace(self._now, waits_s=seconds)
            self._put(replace(self._now, note=f"Waiting {seconds:,.0f} s: {why}"))

    def doing(self, what: str) -> None:
        """Tell the phase; "" ends it."""
        with self._lock:
            self._now = replace(self._now, doing=what)
            self._put(self._now)

    def note(self, text: str) -> None:
        """Tell a line for people."""
        with self._lock:
            self._put(replace(self._now, note=text))
