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
from typing import Any
from urllib.parse import urlsplit

import httpx

from importer.settings.settings import Settings
from importer.targets.addresses import is_loopback, leads_to_public
from importer.targets.target import Exchange
from importer.targets.trust import proxy_address, trust_of

REPLY_CAP_BYTES = 8 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
_CHUNK_BYTES = 64 * 1024
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
        host = parts.hostname or ""
        is_secure = parts.scheme == "https"
        trust = trust_of(settings.ca_file, settings.client_cert) if is_secure else _NOBODY
        # Only through CONNECT: a proxy that is handed a request without encryption reads the key.
        self._proxy = proxy_address(settings, host) if is_secure else None
        # The other end of the socket is the proxy then, and who looks up the API's name.
        self._may_be_private = settings.private_network or is_loopback(host) or self._proxy is not None
        self._live: set[_Cut] = set()
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
            timeout=httpx.Timeout(settings.deadline, connect=min(CONNECT_TIMEOUT_S, settings.deadline)),
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            # No proxy and no .netrc of the environment: the key goes to the address that was named, and nowhere else.
            trust_env=False,
            verify=trust,
            proxy=self._proxy and _proxy(self._proxy, trust),
        )

    def _cut(self) -> "_Cut":
        return _Cut(may_be_private=self._may_be_private, has_proxy=self._proxy is not None)

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
        upload, cut, seen = _Upload(body), self._cut(), _Seen()
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


def _proxy(address: str, trust: ssl.SSLContext) -> httpx.Proxy:
    """Return a proxy for the client; one that is spoken to with TLS is believed as the API is."""
    return httpx.Proxy(address, ssl_context=trust if address.startswith("https:") else None)


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

    def __init__(self, *, may_be_private: bool, has_proxy: bool = False) -> None:
        self.is_begun = False
        self._is_through = not has_proxy
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
        if event == "proxy.start_tls.complete":
            self._is_through = True
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete", "proxy.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if not (self._may_be_private or leads_to_public(self._socket)):
                self.is_private = True
                self._socket.close()
                raise httpx.ConnectError("a private address")
            # The deadline may have passed while this socket was being made, with none to shut yet.
            if self.has_fired:
                self._shut()
        elif event == "http11.send_request_headers.started":
            self.is_begun = self._is_through  # the request to the proxy, CONNECT, is none to the API

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
    (httpx.ProxyError, "the proxy does not let it through"),
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
