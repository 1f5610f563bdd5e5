"""Blocks that a thread unpacks while the caller works on earlier ones."""

from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Thread

_BLOCKS = 6


class Ahead:
    """An iterable's blocks, produced by a thread of its own from the start, a few ahead; may be iterated once.

    Errors are raised in the caller, at the block where they happened. An unfinished iteration leaves the thread waiting
    on the full queue; it is a daemon, so it does not keep the process alive.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._queue: Queue[bytes | Exception | None] = Queue(_BLOCKS)
        Thread(target=self._fill, args=(blocks,), daemon=True).start()

    def _fill(self, blocks: Iterable[bytes]) -> None:
        try:
            for block in blocks:
                self._queue.put(block)
        except Exception as error:  # noqa: BLE001 - raised again in the caller
            self._queue.put(error)
        else:
            self._queue.put(None)

    def __iter__(self) -> Iterator[bytes]:
        while (block := self._queue.get()) is not None:
            if isinstance(block, Exception):
                raise block
            yield block
