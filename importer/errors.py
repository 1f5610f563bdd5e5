"""What can end a run, each with the exit code it leaves.

ImporterError
 ├── UsageError (2)       a command, setting or file that cannot be used as it is
 │    ├── ReadError       a file that cannot be read as a list of contacts
 │    ├── MappingError    no phone column, or one asked for that is not there
 │    └── MisdirectedError  the address does not take contacts
 ├── ContactError (3)     the API does not do what was asked of one contact; nothing was changed
 │    ├── NoSuchContactError    it has no contact with this id or number
 │    ├── ContactExistsError    it has a contact with this number
 │    └── ContactRejectedError  it refuses what the contact holds
 ├── RefusedError (5)     a guard tripped before anything was sent
 │    └── UndecidedError  nobody answered which column fills a field
 ├── StoppedError (4)     the run cannot go on now and can be resumed
 │    ├── LedgerError     the ledger cannot be written or read
 │    ├── UnreadableListError  the API gives no list of contacts that can be used
 │    ├── UnavailableError  the API cannot be used now; nothing was changed
 │    └── AnswerLostError   a request was sent and its answer lost; it may have been carried out
 ├── KeyRefusedError (6)  the API refuses the key
 ├── UnapprovedError (7)  the run waits for a person's approval
 └── UnderWayError (8)    another start of the job is under way

A message says what happened, where (file, sheet, row, batch) and what to do next. It never holds a cell's value, the
key or a response body; of a refused contact it has the API's words, cleaned.
"""


class ImporterError(Exception):
    """The root: the command line turns each of these into one clear line and an exit code."""

    exit_code = 1


class UsageError(ImporterError):
    """A command, setting or file that cannot be used as it is."""

    exit_code = 2


class ReadError(UsageError):
    """A file that cannot be read as a list of contacts."""


class MappingError(UsageError):
    """No phone column, or one asked for that is not there; the message lists the columns."""


class MisdirectedError(UsageError):
    """The address does not take contacts: a redirect, another site, a certificate that does not hold."""


class ContactError(ImporterError):
    """The API does not do what was asked of one contact; nothing was changed."""

    exit_code = 3


class NoSuchContactError(ContactError):
    """The account has no contact with this id or number."""


class ContactExistsError(ContactError):
    """The account has a contact with this number. Find it and update it."""


class ContactRejectedError(ContactError):
    """The API refuses what the contact holds; the message has its words."""


class RefusedError(ImporterError):
    """A guard tripped before anything was sent."""

    exit_code = 5


class UndecidedError(RefusedError):
    """Nobody answered which column fills a field; the message has the candidates and the ``--map`` to type."""


class StoppedError(ImporterError):
    """The run cannot go on now; what was not sent stays resumable."""

    exit_code = 4


class LedgerError(StoppedError):
    """The ledger cannot be written or read; nothing is sent without it."""


class UnreadableListError(StoppedError):
    """The API gives no list of contacts, or none that can be understood; nothing was changed."""


class UnavailableError(StoppedError):
    """The API cannot be used now and nothing was changed; try again later.

    Attributes:
        wait_s: seconds after which it may be used; None if that is not known.
    """

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class AnswerLostError(StoppedError):
    """A request was sent and its answer lost: it may have been carried out. Look before repeating it."""


class KeyRefusedError(ImporterError):
    """The API refuses the key (401, 402 or 403)."""

    exit_code = 6


class UnapprovedError(ImporterError):
    """The run waits for a person's approval; nothing was sent."""

    exit_code = 7


class UnderWayError(ImporterError):
    """Another start of the job is under way; this one did nothing."""

    exit_code = 8


def of_system(error: Exception) -> StoppedError | None:
    """Return the error to report if the system refuses a file or folder; None for anything else, which is a bug."""
    if not (isinstance(error, OSError) and error.filename and error.strerror):
        return None
    return StoppedError(f"{error.filename} cannot be used ({error.strerror}). Mend that and try again.")
