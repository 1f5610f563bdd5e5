"""A run's files, written again from its rows and the ledger."""

from time import perf_counter

from importer.account.standing import ledger_of
from importer.errors import KeyRefusedError, RefusedError, UnapprovedError
from importer.pipeline.reconciliation import Ending, close_books
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary

_FINAL = (RefusedError.exit_code, KeyRefusedError.exit_code, UnapprovedError.exit_code)
"""Exit codes that stay a run's when its books are written again."""


def write_books(folder: RunFolder, *, full: bool = False, max_memory: int | None = None) -> Summary:
    """Write a run's files again from its rows and the ledger; send nothing. ``full``: every row into the workbooks.

    ``max_memory`` as for ``resume_import``.

    Raises:
        LedgerError: the ledger does not know what the run has sent; nothing was written.
    """
    began = perf_counter()
    with folder.locked(), ledger_of(folder) as ledger:
        record, ending = folder.remembered(), Ending()
        record.allow(max_memory)
        if (before := folder.summary()) is not None:
            ending = Ending(before.exit_code if before.exit_code in _FINAL else 0, before.stopped_because)
        return close_books(folder, record, ledger, ending, began, full=full)
