"""Blocks that are unpacked by a thread while those before are worked on."""

from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Thread

_BLOCKS = 6


class Ahead:
    """An iterable's blocks, begun at once and a few ahead; to be gone through once."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._queue: Queue[bytes | Exception | None] = Queue(_BLOCKS)
        Thread(target=self._fill, args=(blocks,), daemon=True).start()

    def _fill(self, blocks: Iterable[bytes]) -> None:
        try:
            for block in blocks:
                self._queue.put(block)
        except Exception as error:  # noqa: BLE001 - raised again where the block is asked for
            self._queue.put(error)
        else:
            self._queue.put(None)

    def __iter__(self) -> Iterator[bytes]:
        while (block := self._queue.get()) is not None:
            if isinstance(block, Exception):
                raise block
            yield block
