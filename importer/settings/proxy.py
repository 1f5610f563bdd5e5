"""The proxy that requests go through: named, taken from the environment where that is asked for, or none."""

import os
from urllib.parse import SplitResult, urlsplit

FROM_ENVIRONMENT = "env"
_VARIABLES = ("HTTPS_PROXY", "https_proxy")
_EXCEPTIONS = ("NO_PROXY", "no_proxy")


def checked_proxy(value: str) -> str:
    """Return ``--proxy`` as it was given, if it can be used and holds no secret: a run records its settings.

    Raises:
        ValueError: it is no address of a proxy, or holds a password.
    """
    if value == FROM_ENVIRONMENT:
        return value
    parts = _parts(value)
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user name or password; put the address into HTTPS_PROXY and give --proxy env")
    return value


def proxy_of(value: str | None, host: str) -> str | None:
    """Return the address of the proxy for requests to an https host; None if they go there directly.

    Raises:
        ValueError: HTTPS_PROXY holds no address of a proxy.
    """
    if value != FROM_ENVIRONMENT:
        return value
    named = next(filter(None, map(os.environ.get, _VARIABLES)), None)
    excepted = next(filter(None, map(os.environ.get, _EXCEPTIONS)), "")
    if named is None or any(_is_meant(one.strip().lower(), host.lower()) for one in excepted.split(",")):
        return None
    _parts(named)
    return named


def _is_meant(exception: str, host: str) -> bool:
    """Return True if an entry of NO_PROXY means a host: ``*``, the host itself, or a domain that it lies in."""
    domain = exception.removeprefix("*").lstrip(".")
    return exception == "*" or (bool(domain) and (host == domain or host.endswith(f".{domain}")))


def _parts(value: str) -> SplitResult:
    parts = urlsplit(value)
    _ = parts.port  # raises if it is none
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("is not the address of a proxy, such as http://proxy.example.com:3128, nor env")
    return parts
