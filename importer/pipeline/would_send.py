"""What a retry would send for rows as they are edited now: by the very stages of the run, and without sending anything.

``WouldSend`` is built once for a run and asked for one row, on each key that a person presses, or for all decided rows.
"""

from collections.abc import Mapping

import polars as pl

from importer.delivery.ledger.numbers import sent_numbers
from importer.models.decisions import Place
from importer.models.frames import RAW
from importer.models.outcomes import Outcome, Reason
from importer.pipeline.decided import Cells, edited
from importer.pipeline.engines.row_plan import RowPlan
from importer.pipeline.engines.row_stages import Rows, RowStages
from importer.pipeline.retry_plan import correction_of, mappings, source_of
from importer.pipeline.suppression import forgotten, kept
from importer.pipeline.trace import ledger_of
from importer.stages import Job
from importer.stages.correct import PLACE
from importer.stages.deduplicate import Deduplicate
from importer.stages.earlier import Earlier, LookUp, none_sent
from importer.stages.suppress import Suppressed
from importer.storage.run_folder import RunFolder

SHOWN = (*PLACE, "outcome", "reason", "detail", "phone", "first_name", "last_name", "email", "metadata", "changes",
         "kept_source", "kept_sheet", "kept_row")  # fmt: skip
"""The columns of an answer; as in ``rows.parquet``."""


class WouldSend:
    """Stages edited rows of one run; used from one thread at a time.

    Args:
        before: the run whose rows are edited.
        known: tells what runs sent to the account; ``known_numbers`` gives it.

    Raises:
        StoppedError: the run's rows cannot be read.
        RefusedError: whom the run must not contact cannot be read.
    """

    def __init__(self, before: RunFolder, known: LookUp = none_sent) -> None:
        record, settings = before.record(), before.settings()
        self._before, self._known = before, known
        columns = mappings(before)
        self._tables = {(source.file, source.sheet): number for number, source in enumerate(record.sources)}
        self._columns = [tuple(source.columns) for source in record.sources]
        job = Job(
            settings.region,
            settings.contacts_per_request,
            kept(before, record) or Suppressed(forgotten=forgotten(before.path.parent)),
            correct=correction_of(before),
        )
        tables = tuple((source_of(source), columns[source.file, source.sheet]) for source in record.sources)
        self._stages = RowStages(RowPlan(tables, job), lambda _stage, _seconds: None)

    def of(self, cells: Mapping[Place, Cells]) -> pl.DataFrame:
        """Return what a retry that sends just these rows would make of them, with the columns ``SHOWN``, in run order.

        ``planned`` is what would be sent. Rows that the run does not have, or that no correction lets through, are left
        out.

        Args:
            cells: by row, its cells by column, as edited; those that are not among them are as the run read them.
        """
        rows = edited(self._before, cells)
        deduplicate, earlier = Deduplicate(), Earlier(self._known)
        found = [pl.DataFrame(schema=dict.fromkeys(SHOWN, pl.String))]
        for place, own in rows.group_by("source", "sheet", maintain_order=True):
            table = self._tables[str(place[0]), None if place[1] is None else str(place[1])]
            staged = self._stages(Rows(table, 0, _as_read(own, self._columns[table]))).frame
            ended = earlier(deduplicate(staged))
            ready = pl.col("reason").is_null()
            ended = ended.with_columns(
                outcome=pl.when(ready).then(pl.lit(Outcome.PLANNED.value)).otherwise(pl.col("outcome").cast(pl.String)),
                reason=pl.when(ready).then(pl.lit(Reason.READY.value)).otherwise(pl.col("reason").cast(pl.String)),
            )
            found.append(ended.select(pl.col(SHOWN).cast(pl.String)))
        return pl.concat(found).cast({"row": pl.UInt32, "kept_row": pl.UInt32})


def known_numbers(before: RunFolder) -> LookUp:
    """Return what tells the numbers that were sent to the account of a run; nothing is known if it sent none.

    Raises:
        LedgerError: the ledger cannot be used, or is gone.
    """
    with ledger_of(before.path.parent) as ledger:
        account = None if ledger is None else ledger.account_of_run(before.run_id)
        return none_sent if ledger is None or account is None else sent_numbers(ledger, account.id, other_than="")


def _as_read(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    none = pl.lit(None, pl.String)
    cells = [pl.col(RAW + column).replace("", None) for column in columns]
    return rows.select("row", pl.col("row").alias("line"), none.alias("problem"), none.alias("extra_cells"), *cells)
