"""The APIs that contacts can be sent to. Another API is one more file here and one line in ``TARGETS``."""

import ipaddress
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

from pydantic import SecretStr

from importer.errors import UsageError
from importer.settings import Settings
from importer.targets import voxpria
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
    "open_target",
]

Opener = Callable[[str, SecretStr, float], AbstractContextManager[Target]]
"""Opens a target: base URL, key, and the seconds that one request may take in all."""

TARGETS: tuple[tuple[str, Opener], ...] = (("voxpria", voxpria.connect),)
"""Every API by its name; the first one is the default."""


@contextmanager
def open_target(settings: Settings, key: SecretStr) -> Iterator[Target]:
    """The API that the settings name, ready to be sent to.

    Raises:
        UsageError: the base URL is not one that a key may be sent to.
    """
    _, connect = TARGETS[0]
    with connect(checked_base_url(settings.base_url), key, settings.deadline) as target:
        yield target


def checked_base_url(url: str) -> str:
    """The URL without a slash at its end, if a key may be sent there: https, or http on this machine.

    Raises:
        UsageError: naming what is wrong with it; the URL itself is not repeated, it may hold a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0 or any(ch.isspace() or not ch.isprintable() or ch == "\\" for ch in url):
        raise UsageError("--base-url is not an address such as https://app.voxpria.com.")
    if parts.username is not None or parts.password is not None:
        raise UsageError("--base-url holds a user name or password. Give the address alone; the key goes elsewhere.")
    if "?" in url or "#" in url:
        raise UsageError("--base-url holds a ? or #. Give the address alone, such as https://app.voxpria.com.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise UsageError(
            "--base-url must begin with https:// (http:// only for this machine), so that the key stays secret."
        )
    if parts.scheme == "https" and _is_private(host):
        raise UsageError("--base-url is an address inside a private or link-local network; the key is not sent there.")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_private(host: str) -> bool:
    """Whether a host written as an address is one that no public API has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit() or host.lower().startswith("0x")
    return not address.is_global and not address.is_loopback
