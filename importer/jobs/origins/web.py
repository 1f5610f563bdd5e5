"""One file of a web server: fetched again whenever its ETag, date or size changes. No redirect is followed."""

import ssl
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import PurePosixPath
from typing import IO
from urllib.parse import unquote, urlsplit

from importer.errors import StoppedError, UsageError
from importer.jobs.origins.origin import Entry
from importer.settings.job import JobSource

_TIMEOUT_S = 60
_BLOCK_BYTES = 1 << 20
_VALIDATORS = ("ETag", "Last-Modified", "Content-Length")


def opened(source: JobSource) -> "WebFile":
    """Return the file that a source names.

    Raises:
        UsageError: the address names no file.
    """
    return WebFile(source.url or "")


class WebFile:
    """A file by its address."""

    def __init__(self, address: str) -> None:
        self._url = urlsplit(address)
        self._name = PurePosixPath(unquote(self._url.path)).name
        if not self._name or "*" in self._name or not self._url.hostname:
            raise UsageError("An https:// url of [source] names one file, such as https://example.com/lists/march.csv.")

    def entries(self) -> Iterator[Entry]:
        """Yield the file as it is now."""
        connection, answer = self._ask("HEAD")
        connection.close()
        known = ":".join(answer.headers.get(name, "") for name in _VALIDATORS)
        yield Entry(self._name, f"{self._url.geturl()}:{known}")

    def copy(self, entry: Entry, to: IO[bytes]) -> bool:
        """Copy the file; return False if it was changed since the look, or came in part."""
        connection, answer = self._ask("GET")
        try:
            known = ":".join(answer.headers.get(name, "") for name in _VALIDATORS)
            if f"{self._url.geturl()}:{known}" != entry.identity:
                return False
            size = 0
            while block := answer.read(_BLOCK_BYTES):
                size += to.write(block)
            told = answer.headers.get("Content-Length")
            return told is None or size == int(told)
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def close(self) -> None:
        """Nothing is open between two requests."""

    def _ask(self, method: str) -> tuple[HTTPConnection, HTTPResponse]:
        host, port = self._url.hostname or "", self._url.port
        connection: HTTPConnection
        if self._url.scheme == "https":
            connection = HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=ssl.create_default_context())
        else:
            connection = HTTPConnection(host, port, timeout=_TIMEOUT_S)
        path = f"{self._url.path}{f'?{self._url.query}' if self._url.query else ''}"
        try:
            # As it lies there: a body that is packed on the way would not have the length that the server tells.
            connection.request(method, path, headers={"Accept-Encoding": "identity"})
            answer = connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise StoppedError(f"{host} cannot be reached ({type(error).__name__}). Try again later.") from None
        if answer.status != 200:
            connection.close()
            raise StoppedError(f"{host} answered {answer.status} for the file of [source]. Correct it, or try later.")
        return connection, answer
