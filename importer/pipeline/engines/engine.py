"""What an engine is: from a run's tables to its staged rows, in order."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from importer.errors import ReadError
from importer.pipeline.engines.row_stages import Staged
from importer.pipeline.plan import Plan
from importer.settings.settings import Settings
from importer.stages import Job


@dataclass(frozen=True, slots=True)
class Order:
    """The work of an engine.

    Attributes:
        plan: the tables, opened.
        job: the facts of the run.
        settings: memory, rows at a time, workers.
        skip: for each table, how many of its rows were staged before and are left out.
        passes_over: True if a table that cannot be read to its end just stops there.
    """

    plan: Plan
    job: Job
    settings: Settings
    skip: Sequence[int] = ()
    passes_over: bool = False


@dataclass(slots=True)
class Account:
    """An engine's account of its work, beside the rows. Written by its threads, read when they are done.

    Attributes:
        seconds: spent in reading and in each stage. Several work at once, so the sum exceeds the time that passed.
        unreadable: the error of each table that could not be read to its end, by number.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    unreadable: dict[int, ReadError] = field(default_factory=dict)

    def spend(self, stage: str, seconds: float) -> None:
        """Add the seconds that a stage took."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds


Chunks = Generator[tuple[Staged, float], None, None]
"""Staged rows in order, with the share of all input bytes that had been read, 0 to 1. Closed, it ends its work."""


class Engine(Protocol):
    """Stages the rows of one run. Made anew for each."""

    name: str

    @classmethod
    def suits(cls, plan: Plan, settings: Settings) -> bool:
        """Return True if this engine is the one for such a run."""

    def __init__(self, order: Order, account: Account) -> None:
        """Take what is to be staged, and where to tell how it went."""

    def staged(self) -> Chunks:
        """Yield the rows in order.

        Raises:
            ReadError: a table cannot be read to its end, unless the order passes over it.
        """
