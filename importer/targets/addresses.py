"""Addresses that a key may be sent to: https to a public one, or this machine."""

import ipaddress
import socket
from urllib.parse import urlsplit

from importer.errors import UsageError


def checked_base_url(url: str, *, may_be_private: bool = False) -> str:
    """Return the URL without a slash at its end, if a key may be sent there: https, or http on this machine.

    Args:
        url: as the user gives it.
        may_be_private: whether the address may be one inside a private network.

    Raises:
        UsageError: naming what is wrong with it; the URL itself is not repeated, it may hold a password.
    """
    import httpx  # noqa: PLC0415 - only what is going to send needs it

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        httpx.URL(url).host  # noqa: B018 - it decodes names of other scripts (xn--…), which may be none
    except (ValueError, httpx.InvalidURL):
        host, port = None, None
    if not host or port == 0 or any(ch.isspace() or not ch.isprintable() or ch == "\\" for ch in url):
        raise UsageError("--base-url is not an address such as https://app.voxpria.com.")
    if parts.username is not None or parts.password is not None:
        raise UsageError("--base-url holds a user name or password. Give the address alone; the key goes elsewhere.")
    if "?" in url or "#" in url:
        raise UsageError("--base-url holds a ? or #. Give the address alone, such as https://app.voxpria.com.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise UsageError(
            "--base-url must begin with https:// (http:// only for this machine), so that the key stays secret."
        )
    if parts.scheme == "https" and _is_private(host) and not may_be_private:
        raise UsageError(
            "--base-url is an address inside a private or link-local network; the key is not sent there "
            "unless --private-network is given."
        )
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Return True if a host is this machine by its name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_private(host: str) -> bool:
    """Return True if a host written as an address is one that no public API has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # 2130706433, 127.1 and 0x7f000001 are addresses to the system, though not to ipaddress.
        return host.replace(".", "").isdigit() or host.lower().startswith("0x")
    return not address.is_global and not address.is_loopback


def leads_to_public(connection: socket.socket) -> bool:
    """Return True if the other end has an address that the whole internet knows."""
    address = ipaddress.ip_address(connection.getpeername()[0].partition("%")[0])
    # ::ffff:10.0.0.1 is 10.0.0.1.
    return (getattr(address, "ipv4_mapped", None) or address).is_global
