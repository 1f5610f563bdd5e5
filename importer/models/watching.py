"""What a run tells whoever watches it, and how it is told to stop."""

from collections.abc import Callable
from typing import Protocol


class Watch(Protocol):
    """What a run tells whoever watches it. Every method may be called from any thread and must return at once."""

    def prepared(self, rows: int, share_read: float) -> None:
        """``rows`` more were prepared; ``share_read`` (0 to 1) of all input bytes has been read."""

    def queued(self, batch: int, rows: int) -> None:
        """A batch is durable and waits to be sent."""

    def sent(self, batch: int, rows: int) -> None:
        """A batch's request is under way."""

    def settled(self, batch: int, rows: int, state: str) -> None:
        """A batch has its answer; ``state`` is the ledger's word for it."""

    def waiting(self, why: str, seconds: float) -> None:
        """Nothing can be sent for ``seconds``; ``why`` in a few words."""

    def doing(self, what: str) -> None:
        """The run has come to something without rows to count, in a few words; empty where it is over."""

    def note(self, text: str) -> None:
        """Something a person should know, in one line, without anybody's data."""


class Stop:
    """A wish to stop, from a signal or another thread; whoever can stop something asks or registers."""

    def __init__(self) -> None:
        self._is_wished = False
        self._callbacks: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return self._is_wished

    def wish(self) -> None:
        """Ask everybody to stop."""
        self._is_wished = True
        for callback in self._callbacks:
            callback()

    def on_wish(self, callback: Callable[[], None]) -> None:
        """Call this when stopping is wished; at once where it already is."""
        self._callbacks.append(callback)
        if self._is_wished:
            callback()


class Silence:
    """A watch that tells nobody."""

    def prepared(self, rows: int, share_read: float) -> None: ...  # noqa: D102 - as in Watch
    def queued(self, batch: int, rows: int) -> None: ...  # noqa: D102
    def sent(self, batch: int, rows: int) -> None: ...  # noqa: D102
    def settled(self, batch: int, rows: int, state: str) -> None: ...  # noqa: D102
    def waiting(self, why: str, seconds: float) -> None: ...  # noqa: D102
    def doing(self, what: str) -> None: ...  # noqa: D102
    def note(self, text: str) -> None: ...  # noqa: D102
