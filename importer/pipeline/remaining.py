"""What a stopped run has left to send, and the numbers that it must not send to by now."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from importer.account.existing import to_update
from importer.account.standing import ledger_of
from importer.delivery.pieces import State
from importer.errors import RefusedError
from importer.models.watching import Watch
from importer.pipeline.reconciliation import reconciled
from importer.pipeline.suppression import renewed
from importer.settings.settings import Settings
from importer.stages.suppress import Suppressed
from importer.storage.run_folder import Record, RunFolder


def suppressed_by_now(folder: RunFolder, record: Record, more: Sequence[Path], watch: Watch) -> Suppressed:
    """Return what a run must not send, as ``renewed``; a list that is gone is no error if nothing is left to send.

    Raises:
        ReadError, RefusedError, StoppedError: as ``renewed``.
    """
    try:
        return renewed(folder, record, more, watch)
    except RefusedError:
        if has_something_to_send(folder, record):
            raise
        return Suppressed()


def has_something_to_send(folder: RunFolder, record: Record) -> bool:
    """Return True if a row of the run is not prepared, a contact not settled, or one still to be updated."""
    if not record.is_prepared:
        return True
    settings = Settings(**record.settings)
    with ledger_of(folder) as ledger:
        settled = sum(piece.rows for piece in ledger.pieces(record.run_id) if piece.state is State.SETTLED)
        if settled < folder.parts().scan().select(pl.col("batch").count()).collect().item():
            return True
        if settings.on_existing != "update":
            return False
        rows = reconciled(folder, record, settings, ledger, ledger.batch_results(record.run_id))
        return not to_update(ledger, record.run_id, rows).is_empty()
