"""One HTTP exchange at a time, and the evidence of it: what left, what came back, and nothing followed or repeated.

Each request has a connection of its own: an API that closes an idle connection just as a request is written to it would
leave that request in doubt, and a handshake costs nothing beside 10,000 contacts.
"""

import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
import httpx

from importer.errors import UsageError
from importer.settings.settings import Settings
from importer.system.opening import read_named
from importer.targets.addresses import is_loopback, leads_to_public
from importer.targets.target import Exchange

REPLY_CAP_BYTES = 8 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
_CHUNK_BYTES = 64 * 1024
_MOST_CERTIFICATE_BYTES = 16 * 1024 * 1024
_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trust for connections without encryption, which need none; to read the list of authorities takes 30 ms."""


class Wire:
    """An HTTP client that gives evidence instead of exceptions.

    Args:
        base_url: scheme, host, port and path prefix.
        headers: sent with every request; the key is among them and appears nowhere else.
        settings: the deadline is the total time of one request, from connecting to the answer's last byte.

    Raises:
        UsageError: the file of certificates holds none.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str], settings: Settings) -> None:
        self._deadline_s = settings.deadline
        parts = urlsplit(base_url)
        self._may_be_private = settings.private_network or is_loopback(parts.hostname or "")
        self._live: set[_Cut] = set()
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
            timeout=httpx.Timeout(settings.deadline, connect=min(CONNECT_TIMEOUT_S, settings.deadline)),
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            # No proxy and no .netrc of the environment: the key goes to the address that was named, and nowhere else.
            trust_env=False,
            verify=_trust(settings.ca_file) if parts.scheme == "https" else _NOBODY,
        )

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def hurry(self, seconds: float) -> None:
        """End the requests under way in at most ``seconds``."""
        for cut in list(self._live):
            cut.arm(seconds)

    def exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, int] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Exchange:
        """Send one request and read its answer, whatever happens."""
        started = time.monotonic()
        upload, cut, seen = _Upload(body), _Cut(may_be_private=self._may_be_private), _Seen()
        extra = {"Content-Length": str(len(body)), **(headers or {})} if body else {}
        request = self._client.build_request(
            method,
            path,
            params=params,
            headers=extra,
            content=upload if body else None,
            extensions={"trace": cut.trace},
        )
        self._live.add(cut)
        cut.arm(self._deadline_s)
        trouble, is_untrusted = "", False
        try:
            response = self._client.send(request, stream=True)
            try:
                seen.read(response)
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, zlib.error) as error:
            trouble = _in_words(error, _origin(error))
            is_untrusted = isinstance(_origin(error), ssl.SSLCertVerificationError)
        finally:
            cut.disarm()
            upload.drop()
            self._live.discard(cut)
        # First: closing the socket for this reason shows as a broken connection as well.
        if cut.is_private:
            trouble = "the host name leads into a private network, and --private-network is not given"
        elif cut.has_fired and not seen.is_whole:
            trouble = "no complete answer in time"
        return Exchange(
            status=seen.status,
            headers=seen.headers,
            body=bytes(seen.body),
            is_whole=seen.is_whole,
            is_begun=cut.is_begun,
            is_handed_over=upload.is_handed_over if body else cut.is_begun,
            is_untrusted=is_untrusted or cut.is_private,
            trouble=trouble or seen.trouble,
            seconds=time.monotonic() - started,
        )


@cache
def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return the certificates that are trusted, whatever the environment says; costly to make, so made once."""
    return _believing(cafile=certifi.where()) if ca_file is None else authority(ca_file)


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


class _Upload:
    """A request's body in chunks; notes that the last one is about to leave before it can."""

    def __init__(self, body: bytes) -> None:
        self._body = memoryview(body)
        self.is_handed_over = False

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), _CHUNK_BYTES):
            self.is_handed_over = start + _CHUNK_BYTES >= len(self._body)
            yield bytes(self._body[start : start + _CHUNK_BYTES])

    def drop(self) -> None:
        """Let the body go: the client's request lives on in a ring with its response until the collector comes."""
        self._body = memoryview(b"")


class _Seen:
    """The part of an answer that has been read so far; stays readable when reading breaks off."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.body = bytearray()
        self.is_whole = False
        self.trouble = ""

    def read(self, response: httpx.Response) -> None:
        """Read the answer; decodes as it goes, so that the cap holds for what a small bomb would unpack to."""
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        coding = self.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "", "gzip", "deflate"):
            self.trouble = "the answer has an encoding that was not asked for"
            return
        # 47: zlib or gzip, whichever the body turns out to be.
        unpack = zlib.decompressobj(wbits=47) if coding in ("gzip", "deflate") else None
        for chunk in response.iter_raw():
            # One byte beyond the cap shows that there is more.
            room = REPLY_CAP_BYTES + 1 - len(self.body)
            self.body += unpack.decompress(chunk, room) if unpack else chunk[:room]
            if len(self.body) > REPLY_CAP_BYTES:
                del self.body[REPLY_CAP_BYTES:]
                self.trouble = "the answer is larger than 8 MiB"
                return
        if unpack and not unpack.eof:
            self.trouble = "the answer's compressed body is cut off"
            return
        self.is_whole = True


class _Cut:
    """Ends a request at its deadline by shutting its socket down.

    The client's own timeouts are per read, so an answer that drips would outlast any of them. The socket is told by the
    client's trace events, and is shut as well where it leads to a private address that was not asked for: what a name
    resolves to is known for certain only once it is connected.
    """

    def __init__(self, *, may_be_private: bool) -> None:
        self.is_begun = False
        self.has_fired = False
        self.is_private = False
        self._may_be_private = may_be_private
        self._socket: socket.socket | None = None
        self._timers: list[threading.Timer] = []

    def arm(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self._fire)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def disarm(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if not (self._may_be_private or leads_to_public(self._socket)):
                self.is_private = True
                self._socket.close()
                raise httpx.ConnectError("a private address")
            # The deadline may have passed while this socket was being made, with none to shut yet.
            if self.has_fired:
                self._shut()
        elif event == "http11.send_request_headers.started":
            self.is_begun = True

    def _fire(self) -> None:
        self.has_fired = True
        self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown: that one drops the encryption first, and a writer could go on in clear text.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _origin(error: BaseException) -> BaseException:
    """Return the system's error at the root of the client's."""
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return error


_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "the API's certificate does not hold"),
    (ssl.SSLError, "no secure connection could be made"),
    (socket.gaierror, "the host name is not known"),
    (ConnectionRefusedError, "the connection was refused"),
    (httpx.ConnectTimeout, "no connection in time"),
    (httpx.ConnectError, "no connection could be made"),
    (httpx.TimeoutException, "no answer in time"),
    (ConnectionError, "the connection broke"),
    (httpx.RemoteProtocolError, "the connection ended early or the answer is not HTTP"),
    (zlib.error, "the answer's compressed body is damaged"),
)


def _in_words(error: BaseException, origin: BaseException) -> str:
    """Return an error in our own words: a library's may hold a header."""
    return next(
        (words for kind, words in _WORDS if isinstance(origin, kind) or isinstance(error, kind)), "it broke off"
    )
