"""The engine of small lists and of ``--workers 1``: threads of this process, each with some of the stages."""

from collections.abc import Sequence

from importer.pipeline.ahead import ahead
from importer.pipeline.engines.engine import Account, Chunks, Order
from importer.pipeline.engines.reading import read_rows
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import RowStages
from importer.pipeline.plan import Plan
from importer.settings.settings import Settings
from importer.stages import Stage
from importer.stages.emails import Emails
from importer.stages.phones import Phones
from importer.system import bounds

_BEGIN_A_PART = (Phones, Emails)
"""Stages with which another thread takes over, so that the parts take about as long as each other."""


class Inline:
    """Reads and stages in this process: a thread reads and maps, another goes on, and the caller's does the rest."""

    name = "inline"

    @classmethod
    def suits(cls, plan: Plan, settings: Settings) -> bool:  # noqa: ARG003 - the protocol's signature
        """Return True always."""
        return True

    def __init__(self, order: Order, account: Account) -> None:
        """Build the stages."""
        self._order, self._account = order, account
        self._stages = RowStages(RowPlan.of(order.plan, order.job), self._spent)

    def staged(self) -> Chunks:
        """Yield the rows as ``Engine.staged`` says."""
        first, *others = _cut(self._stages.stages)
        chunks = self._through(first, self._mapped())
        for part in others:
            # The last part is the caller's. Stages that remember rows follow: they must not run ahead of what is used.
            chunks = self._through(part, ahead(chunks))
        return chunks

    def _mapped(self) -> Chunks:
        for rows, share_read in read_rows(self._order, self._account):
            yield self._stages.mapped(rows), share_read

    def _through(self, part: Sequence[Stage], chunks: Chunks) -> Chunks:
        for rows, share_read in chunks:
            yield self._stages.through(part, rows), share_read

    def _spent(self, stage: str, seconds: float) -> None:
        bounds.beat()
        self._account.spend(stage, seconds)


def _cut(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Split the stages into parts of about the same duration."""
    parts: list[list[Stage]] = [[]]
    for stage in stages:
        if isinstance(stage, _BEGIN_A_PART):
            parts.append([])
        parts[-1].append(stage)
    return parts
