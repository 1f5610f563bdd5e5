"""Whom a connection believes, what it shows of this machine, and which proxy it goes through."""

import ssl
from functools import cache
from pathlib import Path

import certifi

from importer.errors import UsageError
from importer.settings.key import read_secret
from importer.settings.proxy import proxy_of
from importer.settings.settings import Settings
from importer.system.opening import read_named

_MOST_CERTIFICATE_BYTES = 16 * 1024 * 1024


@cache
def trust_of(ca_file: Path | None, client_cert: Path | None = None) -> ssl.SSLContext:
    """Return the certificates that are trusted and the one that is shown; costly to make, so made once.

    Raises:
        UsageError: a file of certificates cannot be used.
    """
    context = _believing(cafile=certifi.where()) if ca_file is None else authority(ca_file)
    if client_cert is not None:
        _show(context, client_cert)
    return context


def authority(ca_file: Path) -> ssl.SSLContext:
    """Return trust in the certificates of a file (PEM) and in nothing else; a pipe or device is not waited for.

    Raises:
        UsageError: it is no file, cannot be read, or holds no certificate.
    """
    try:
        text = read_named(ca_file, _MOST_CERTIFICATE_BYTES).decode("ascii", "ignore")  # remarks may be in any language
        return _believing(cadata=text.strip() or "none")  # of nothing at all it takes the system's
    except (OSError, ValueError):
        raise UsageError(f"--ca-file {ca_file} cannot be read or holds no certificate in PEM form.") from None


def _show(context: ssl.SSLContext, client_cert: Path) -> None:
    """Let connections show a certificate of this machine.

    Raises:
        UsageError: the file cannot be read, others can read the key in it, or it holds no certificate with its key.
    """
    # Read first: a pipe or device is not waited for, and the key within is as secret as the API's.
    read_secret(client_cert, f"--client-cert {client_cert}", "The certificate")
    try:
        context.load_cert_chain(client_cert, password=lambda: "")  # else a key with a password asks at the terminal
    except (OSError, ValueError):
        raise UsageError(
            f"--client-cert {client_cert} does not hold a certificate and its key, without a password, in PEM form."
        ) from None


def proxy_address(settings: Settings, host: str) -> str | None:
    """Return the proxy for requests to the API's host; None if they go there directly.

    Raises:
        UsageError: the environment names one that cannot be used.
    """
    try:
        return proxy_of(settings.proxy, host)
    except ValueError as error:
        raise UsageError(f"--proxy env: HTTPS_PROXY {error}.") from None


def _believing(*, cafile: str | None = None, cadata: str | None = None) -> ssl.SSLContext:
    """Make a context that believes these authorities alone, and hosts by the names that a certificate is issued for.

    Not ``ssl.create_default_context``: it writes the secrets of each connection where ``SSLKEYLOGFILE`` says, with
    which whoever recorded the traffic reads key and people. Nor is a host believed by the subject's common name where
    there is no subjectAltName (RFC 9525, section 2): no browser does so any more.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False
    context.load_verify_locations(cafile=cafile, cadata=cadata)
    return context
