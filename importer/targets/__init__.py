"""The APIs that contacts can be sent to. Another API is one more file here and its name in ``TARGETS``."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module

from pydantic import SecretStr

from importer.settings.settings import Settings
from importer.targets.addresses import checked_base_url
from importer.targets.target import Complaint, Exchange, Found, Page, Refusal, Reply, Target

__all__ = [
    "TARGETS",
    "Complaint",
    "Exchange",
    "Found",
    "Page",
    "Refusal",
    "Reply",
    "Target",
    "checked_base_url",
    "connector",
    "open_target",
]

Opener = Callable[[str, SecretStr, Settings], AbstractContextManager[Target]]
"""Opens a target: its checked base URL, the key, and how requests are made."""

TARGETS = ("voxpria", "described")
"""Every API by its name, which is that of its file: the default, and whatever ``--target`` describes."""


def connector(api: str) -> Opener:
    """Return what opens an API of ``TARGETS``; only now is it loaded, and HTTP with it: a dry run needs none."""
    connect: Opener = import_module(f"{__name__}.{api}").connect
    return connect


@contextmanager
def open_target(settings: Settings, key: SecretStr) -> Iterator[Target]:
    """Yield the API that the settings name or describe, connected; the connections are closed on the way out.

    Raises:
        UsageError: the base URL is not one that a key may be sent to.
    """
    connect = connector(settings.api)
    with connect(checked_base_url(settings.base_url, may_be_private=settings.private_network), key, settings) as target:
        yield target
