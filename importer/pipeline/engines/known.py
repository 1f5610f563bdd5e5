"""What is known of numbers before a cluster compares them: those not to be sent, and those that were sent before.

The driver writes it piece by piece, and the cluster joins it: neither holds a list of a hundred million whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from importer.delivery.ledger.numbers import SentNumbers
from importer.models.number_set import NumberSet
from importer.pipeline.engines.tasks import PRESENT, SUPPRESSED, written_in_pieces
from importer.stages import Job
from importer.stages.suppress import worded
from importer.system.places import Place

_AT_ONCE = 2_000_000
_PRESENT_RANK = 1 << 62
"""An earlier run's word comes first, as it does among the stages."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the driver has written for the cluster.

    Attributes:
        tables: of each its folder, the column of an open row that is its ``key``, and its pieces. A key may come
            several times: its least ``rank`` counts.
        salts: under which the keys of tables of hashes were hashed: the column ``hash<n>`` is of the n-th.
        meanings: of each rank, as ``ClusterPlan`` has them.
    """

    tables: tuple[tuple[str, str, int], ...]
    salts: tuple[bytes, ...]
    meanings: Mapping[int, tuple[str, str]]


def known_numbers(place: Place, job: Job) -> Known:
    """Write all that is known of numbers."""
    sent = job.known if isinstance(job.known, SentNumbers) else None
    lists = worded(job.suppressed)
    meanings = {rank - len(lists): (SUPPRESSED, words) for rank, words in enumerate(lists)} | {
        _PRESENT_RANK: (PRESENT, "")
    }
    meanings |= sent.meanings() if sent else {}
    hashed: dict[bytes, list[Iterator[pl.DataFrame]]] = {}
    for rank, numbers in enumerate(lists.values()):
        for salt, frames in _hashes(numbers, rank - len(lists)):
            hashed.setdefault(salt, []).append(frames)
    for salt, frame in sent.hashes() if sent else ():
        hashed.setdefault(salt, []).append(iter([frame]))
    tables = [("known", "number", written_in_pieces(place, "known", _by_number(job, sent)))]
    for which, groups in enumerate(hashed.values()):
        every = (frame.select(key="hash", rank="rank") for frames in groups for frame in frames)
        tables.append((f"hashes{which}", f"hash{which}", written_in_pieces(place, f"hashes{which}", every)))
    return Known(tuple(table for table in tables if table[2]), tuple(hashed), meanings)


def _by_number(job: Job, sent: SentNumbers | None) -> Iterator[pl.DataFrame]:
    for frame in sent.numbers() if sent else ():
        yield frame.select(key="number", rank="rank")
    if job.present.len():
        numbers = job.present.str.slice(1).cast(pl.Int64)
        yield pl.DataFrame({"key": numbers}).with_columns(rank=pl.lit(_PRESENT_RANK, pl.Int64))


def _hashes(numbers: NumberSet, rank: int) -> Iterator[tuple[bytes, Iterator[pl.DataFrame]]]:
    for one in numbers.lists:
        if one.count:
            starts = range(0, one.count, _AT_ONCE)
            yield one.salt, (_ranked(one.hashes()[start : start + _AT_ONCE].astype(np.int64), rank) for start in starts)


def _ranked(hashes: "np.ndarray[tuple[int], np.dtype[np.int64]]", rank: int) -> pl.DataFrame:
    return pl.DataFrame({"hash": hashes}).with_columns(rank=pl.lit(rank, pl.Int64))
