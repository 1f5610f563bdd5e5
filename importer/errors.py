"""What can end a run, each with the exit code it leaves.

ImporterError
 ├── UsageError (2)       a command, setting or file that cannot be used as it is
 │    ├── ReadError       a file that cannot be read as a list of contacts
 │    └── MappingError    no phone column, or two that fit alike
 ├── RefusedError (5)     a guard tripped before anything was sent
 ├── StoppedError (4)     the run cannot go on now and can be resumed
 │    └── LedgerError     the ledger cannot be written or read
 └── KeyRefusedError (6)  the API refuses the key

A message says what happened, where (file, sheet, row, batch) and what to do next. It never holds a cell's value, the
key or a response body.
"""


class ImporterError(Exception):
    """The root: everything that the command line turns into one clear line and an exit code."""

    exit_code = 1


class UsageError(ImporterError):
    """A command, setting or file that cannot be used as it is."""

    exit_code = 2


class ReadError(UsageError):
    """A file that cannot be read as a list of contacts."""


class MappingError(UsageError):
    """No phone column, or two that fit alike; the message lists the columns and the ``--map`` that would do."""


class RefusedError(ImporterError):
    """A guard tripped before anything was sent."""

    exit_code = 5


class StoppedError(ImporterError):
    """The run cannot go on now; what was not sent stays resumable."""

    exit_code = 4


class LedgerError(StoppedError):
    """The ledger cannot be written or read; nothing is sent without it."""


class KeyRefusedError(ImporterError):
    """The API refuses the key (401, 402 or 403)."""

    exit_code = 6
