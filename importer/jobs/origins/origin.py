"""What every place of files offers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """A file elsewhere.

    Attributes:
        name: the file's own.
        identity: where it lies, and what changes with its content; what was fetched under it is not fetched again.
        why: why it is not fetched yet; empty if it is whole.
    """

    name: str
    identity: str
    why: str = ""


class Origin(Protocol):
    """A place that files are copied from."""

    def entries(self) -> Iterator[Entry]:
        """Yield the files that are there, by name.

        Raises:
            UsageError: the place is wrongly described, or needs what is not installed.
            StoppedError: it cannot be reached now.
        """

    def copy(self, entry: Entry, to: IO[bytes]) -> bool:
        """Copy a file; return False if it was changed meanwhile, or is gone."""

    def close(self) -> None:
        """End the connection, if there is one."""
