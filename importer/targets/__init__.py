"""The APIs that contacts can be sent to. Another API is one more file here and one line in ``TARGETS``."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from pydantic import SecretStr

from importer.settings.settings import Settings
from importer.targets import described, voxpria
from importer.targets.addresses import checked_base_url
from importer.targets.target import Complaint, Exchange, Found, Page, Refusal, Reply, Target
from importer.targets.trust import trust_of

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
    "open_target",
    "trust_of",
]

Opener = Callable[[str, SecretStr, Settings], AbstractContextManager[Target]]
"""Opens a target: its checked base URL, the key, and how requests are made."""

TARGETS: tuple[tuple[str, Opener], ...] = (
    ("voxpria", voxpria.connect),
    ("described", described.connect),
)
"""Every API by its name: the default, and whatever ``--target`` describes."""


@contextmanager
def open_target(settings: Settings, key: SecretStr) -> Iterator[Target]:
    """Yield the API that the settings name or describe, connected; the connections are closed on the way out.

    Raises:
        UsageError: the base URL is not one that a key may be sent to.
    """
    connect = dict(TARGETS)[settings.api]
    with connect(checked_base_url(settings.base_url, may_be_private=settings.private_network), key, settings) as target:
        yield target
