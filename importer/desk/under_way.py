"""A run that the desk has begun: in a thread of its own, one at a time, with its progress for the screen."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from importer.errors import ImporterError, UsageError
from importer.models.watching import Silence, Stop, Watch
from importer.storage.summary import Summary

_LAST_NOTES = 20


@dataclass(slots=True)
class Progress(Silence):
    """A ``Watch`` that counts for the screen; whatever thread writes, each field is whole when it is read.

    Attributes:
        run_id: the run under way; empty until it has begun.
        rows: rows prepared.
        batches: by batch, rows that wait to be sent, or were.
        answers: by batch, rows whose answer came.
        phase: what is done now, in a few words; empty if there is nothing to say.
        notes: what a person should know, the last ones.
        problem: why it could not be done; empty if nothing is wrong.
        ended: the run's summary; None while it is under way, and if it never began.
    """

    run_id: str = ""
    rows: int = 0
    batches: dict[int, int] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)
    phase: str = ""
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    ended: Summary | None = None

    def begun(self, run_id: str) -> None:
        """Keep the run's name."""
        self.run_id = run_id

    def prepared(self, rows: int, share_read: float) -> None:  # noqa: ARG002 - as in Watch
        """Count rows."""
        self.rows += rows

    def queued_rows(self) -> int:
        """Return how many rows are to be sent, as far as it is known."""
        return sum(self.batches.values())

    def answered_rows(self) -> int:
        """Return how many rows the API has answered."""
        return sum(self.answers.values())

    def queued(self, batch: int, rows: int) -> None:
        """Count a batch as one that is to be sent."""
        self.batches = {**self.batches, batch: rows}

    def sent(self, batch: int, rows: int) -> None:
        """Count a batch whose request has started, if it was not queued: a resumed run may queue none."""
        self.queued(batch, rows)

    def settled(self, batch: int, rows: int, state: str) -> None:  # noqa: ARG002 - as in Watch
        """Count a batch as answered."""
        self.answers = {**self.answers, batch: rows}

    def waiting(self, why: str, seconds: float) -> None:
        """Show for what is waited."""
        self.phase = f"waiting {seconds:.0f} s: {why}"

    def doing(self, what: str) -> None:
        """Show what is done now."""
        self.phase = what

    def note(self, text: str) -> None:
        """Keep a note."""
        self.notes = [*self.notes, text][-_LAST_NOTES:]


Work = Callable[[Watch, Stop], Summary | None]
"""Sends; returns the summary, None if no run began."""


class UnderWay:
    """Owns the thread; any thread may call any method. ``end`` ends it as Ctrl-C ends a command."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = Stop()
        self.progress: Progress | None = None

    @property
    def is_busy(self) -> bool:
        """Return True while a run is under way."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def begin(self, work: Work) -> None:
        """Carry out the work in a thread.

        Raises:
            UsageError: another run is under way.
        """
        with self._turn:
            if self.is_busy:
                raise UsageError("The desk is sending already. Wait until that run has ended.")
            self.progress, self._stop = Progress(), Stop()
            self._thread = threading.Thread(target=self._carry_out, args=[work, self.progress, self._stop])
            self._thread.start()

    def end(self) -> None:
        """Stop the run under way, if there is one, and wait until its books are closed."""
        self._stop.wish()
        if self._thread is not None:
            self._thread.join()

    @staticmethod
    def _carry_out(work: Work, progress: Progress, stop: Stop) -> None:
        try:
            progress.ended = work(progress, stop)
        except ImporterError as error:
            progress.problem = str(error)
        except Exception as error:  # noqa: BLE001 - a thread's traceback would reach the terminal, and the page nothing
            run = f" Run: importer resume {progress.run_id}" if progress.run_id else ""
            progress.problem = f"The program failed ({type(error).__name__}); what was sent is in the ledger.{run}"
