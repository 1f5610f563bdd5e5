"""A wish to stop that comes in the middle."""

from importer.models.watching import Silence, Stop


class Interruption(Silence):
    """Wishes the run to stop after some rows."""

    def __init__(self, stop: Stop, after: int) -> None:
        self._stop, self._left = stop, after

    def prepared(self, rows: int, share_read: float) -> None:  # noqa: ARG002 - as in Watch
        self._left -= rows
        if self._left <= 0:
            self._stop.wish()
