"""The memory that an import may take, and how many rows are worked on at a time because of it. MB are 2^20 bytes.

Part of it is taken whatever is imported (the program, the readers' blocks, the request bodies), some 30 bytes stay for
each different number, and the rest is for the rows that are in the stages.
"""

from importer.settings.settings import LEAST_MEMORY_MB, Settings
from importer.system import bounds, machine, process_tree

_ALWAYS_MB = 350
_WORKER_MB = 150
"""What a worker process takes beside its rows."""
_COPIES = 40
"""Bytes in memory for a byte as read: several chunks at once, each with raw, finished and unfinished columns."""
_MOST_BYTES = 64 << 20
"""Of a chunk as read; larger ones save no time."""
_LEAST_ROWS = 50
_REVIEWED_BYTES = 400
"""What the review of a row takes at its peak."""


def allowed_mb(settings: Settings) -> int:
    """Return ``--max-memory``, or a quarter of the machine's memory (of the container's, if it has a limit)."""
    return settings.max_memory or usual_mb()


def usual_mb() -> int:
    """Return the default of ``--max-memory``."""
    return max(LEAST_MEMORY_MB, machine.memory_mb() // 4)


def chunk_rows(settings: Settings, row_bytes: float, workers: int = 1) -> int:
    """Return how many rows to work on at a time if a row as read takes ``row_bytes``."""
    return min(settings.chunk_rows, max(_LEAST_ROWS, int(chunk_bytes(settings, workers) / max(row_bytes, 1))))


def chunk_bytes(settings: Settings, workers: int = 1) -> int:
    """Return how many bytes a chunk of rows as read may take, however small the first rows of its table were.

    ``workers`` is the number of processes that stage rows; 1 stands for this one alone.
    """
    taken_mb = _ALWAYS_MB + (workers * _WORKER_MB if workers > 1 else 0)
    return min(_MOST_BYTES, (allowed_mb(settings) - taken_mb) * 2**20 // (_COPIES * workers))


def most_workers(settings: Settings) -> int:
    """Return how many processes may stage rows within the memory; 1 stands for this one alone."""
    return max(1, (allowed_mb(settings) - _ALWAYS_MB) // (2 * _WORKER_MB))


def is_enough_for_all(settings: Settings, rows: int) -> bool:
    """Return True if so many rows may be reviewed while they are settled and written; False if one after the other."""
    return allowed_mb(settings) >= 2 * _ALWAYS_MB + rows * _REVIEWED_BYTES / 2**20


def peak_mb() -> float:
    """Return the peak of this process plus that of its largest child, or of all together while rows were prepared."""
    return round(max(process_tree.own_peak_mb() + process_tree.largest_child_peak_mb(), bounds.most_held_mb()), 1)
