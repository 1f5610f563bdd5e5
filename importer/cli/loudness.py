"""How much a command says on standard error: its notes and progress, errors alone (-q), or every event (-v)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from importer.cli.log import Sink, telling
from importer.errors import UsageError

_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)


def is_quiet() -> bool:
    """Return True if nothing but errors and the way on is wanted on standard error."""
    return _QUIET.get()


@contextmanager
def speaking(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Carry out a command that says less, or logs each event to standard error.

    Raises:
        UsageError: both are asked for.
    """
    if quiet and verbose:
        raise UsageError("Give -q or -v, not both.")
    token = _QUIET.set(quiet)
    try:
        with telling(*([Sink(sys.stderr, "text")] if verbose else [])):
            yield
    finally:
        _QUIET.reset(token)
