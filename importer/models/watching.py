"""The watch that shows a run's progress, and the stop signal that ends it."""

from collections.abc import Callable
from typing import Protocol


class Watch(Protocol):
    """Receives a run's progress. Any thread may call any method at any time; each must return at once."""

    def begun(self, run_id: str) -> None:
        """Note that work on a run begins: all that follows is about it."""

    def prepared(self, rows: int, share_read: float) -> None:
        """Count ``rows`` more as prepared; ``share_read`` (0 to 1) of all input bytes has been read."""

    def queued(self, batch: int, rows: int) -> None:
        """Count a batch that is on disk and waits to be sent."""

    def sent(self, batch: int, rows: int) -> None:
        """Mark a batch as in flight: its request has started."""

    def settled(self, batch: int, rows: int, state: str) -> None:
        """Mark a batch as answered; ``state`` is its state in the ledger."""

    def waiting(self, why: str, seconds: float) -> None:
        """Show that nothing can be sent for ``seconds``; ``why`` in a few words."""

    def doing(self, what: str) -> None:
        """Show a phase that has no row count ("writing the reports"); "" clears it."""

    def note(self, text: str) -> None:
        """Show one line that a person should know, without anybody's data."""


class Stop:
    """The request to stop, set by a signal handler or another thread.

    Loops test it as a boolean; code that blocks registers a callback. Once set, it stays set.
    """

    def __init__(self) -> None:
        self._is_wished = False
        self._callbacks: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return self._is_wished

    def wish(self) -> None:
        """Set the flag and run the callbacks, in the thread or signal handler that calls."""
        # The flag comes before the callbacks: `on_wish` registers first and then tests it, so none is missed between.
        self._is_wished = True
        for callback in self._callbacks:
            callback()

    def on_wish(self, callback: Callable[[], None]) -> None:
        """Register a callback for the stop; call it at once if the stop was requested already."""
        self._callbacks.append(callback)
        if self._is_wished:
            callback()


class Silence:
    """A watch that shows nothing."""

    def begun(self, run_id: str) -> None: ...  # noqa: D102 - as in Watch
    def prepared(self, rows: int, share_read: float) -> None: ...  # noqa: D102
    def queued(self, batch: int, rows: int) -> None: ...  # noqa: D102
    def sent(self, batch: int, rows: int) -> None: ...  # noqa: D102
    def settled(self, batch: int, rows: int, state: str) -> None: ...  # noqa: D102
    def waiting(self, why: str, seconds: float) -> None: ...  # noqa: D102
    def doing(self, what: str) -> None: ...  # noqa: D102
    def note(self, text: str) -> None: ...  # noqa: D102
