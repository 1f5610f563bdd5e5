"""The stages between reading and sending: frame in, frame out, and no line is ever removed or reordered.

A new stage is one file here and one line in ``ROW_STAGES`` or ``RUN_STAGES``. ``Map`` comes before them, because it
differs from table to table, and before that ``Correct`` where rows are a retry's; ``Reconcile`` after the sending.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import polars as pl

from importer.settings.settings import Keep
from importer.stages import earlier
from importer.stages.batch import Batch
from importer.stages.correct import Correct
from importer.stages.deduplicate import Choose, Deduplicate
from importer.stages.emails import Emails
from importer.stages.metadata import Metadata
from importer.stages.names import Names
from importer.stages.phones import Phones
from importer.stages.present import Present
from importer.stages.suppress import Suppress, Suppressed

Stage = Callable[[pl.DataFrame], pl.DataFrame]


@runtime_checkable
class Remembers(Protocol):
    """A stage whose answer depends on the rows before."""

    def restore(self, staged: pl.LazyFrame) -> None:
        """Go on after the rows that an interrupted run had prepared."""


@dataclass(frozen=True, slots=True)
class Job:
    """The facts of a run that its stages need.

    Attributes:
        region: the country of numbers without one, ISO 3166 alpha-2.
        batch_size: contacts in a request.
        suppressed: numbers that must not be sent.
        keep: which row of a number survives.
        known: tells what earlier runs sent to this account.
        present: String, E.164 numbers that the account holds.
        correct: what a retry does to its rows before anything else.
    """

    region: str | None = None
    batch_size: int = 10_000
    suppressed: Suppressed = field(default_factory=Suppressed)
    keep: Keep = "first"
    known: earlier.LookUp = earlier.none_sent
    present: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    correct: Correct | None = None


ROW_STAGES: tuple[Callable[[Job], Stage], ...] = (
    lambda _: Names(),
    lambda job: Phones(job.region),
    lambda _: Emails(),
    lambda _: Metadata(),
    lambda job: Suppress(job.suppressed),
)
"""Stages that need nothing but the row itself."""

RUN_STAGES: tuple[Callable[[Job], Stage], ...] = (
    lambda job: Deduplicate() if job.keep == "first" else Choose(job.keep),
    lambda job: earlier.Earlier(job.known),
    lambda job: Present(job.present),
    lambda job: Batch(job.batch_size),
)
"""Stages that need the rows before, or all of them."""
