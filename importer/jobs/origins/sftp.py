"""A folder of an SFTP server, through paramiko (extra ``remote``). A server whose key is not known is not trusted."""

import logging
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from importer.errors import StoppedError, UsageError
from importer.jobs.inbox import is_marker, markers
from importer.jobs.origins.origin import Entry
from importer.settings.job import JobSource
from importer.settings.key import read_secret

_TIMEOUT_S = 30


def opened(source: JobSource) -> "SftpFolder":
    """Return the folder that a source names.

    Raises:
        UsageError: paramiko is not installed, or the address is incomplete.
        StoppedError: the server cannot be reached, or refuses the login.
    """
    try:
        import paramiko  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError("sftp:// needs paramiko: pip install 'contacts-importer[remote]'.") from None
    url = urlsplit(source.url or "")
    if not url.hostname or not url.username or url.password or not PurePosixPath(url.path).name:
        raise UsageError("Write url as sftp://user@host/folder/*.csv; a password belongs into password_file.")
    # What goes wrong is told below; paramiko's own lines would come on standard error, hosts and users in them.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    client = paramiko.SSHClient()
    client.load_system_host_keys()
    if source.known_hosts is not None:
        client.load_host_keys(str(source.known_hosts))
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    password = None
    if source.password_file is not None:
        password = read_secret(source.password_file, f"password_file, {source.password_file}")
    try:
        client.connect(
            url.hostname,
            url.port or 22,
            url.username,
            password,
            timeout=_TIMEOUT_S,
            banner_timeout=_TIMEOUT_S,
            auth_timeout=_TIMEOUT_S,
            allow_agent=password is None,
            look_for_keys=password is None,
        )
        return SftpFolder(source, client, client.open_sftp())
    except (OSError, paramiko.SSHException) as error:
        client.close()
        why = "its key is not in known_hosts" if "not found in known_hosts" in str(error) else type(error).__name__
        raise StoppedError(f"{url.hostname} cannot be used by SFTP ({why}). Correct [source], or try later.") from None


class SftpFolder:
    """The files of a folder whose names match a pattern."""

    def __init__(self, source: JobSource, client: Any, sftp: Any) -> None:
        self._source, self._client, self._sftp = source, client, sftp
        url = urlsplit(source.url or "")
        place = PurePosixPath(unquote(url.path))
        self._host, self._folder, self._pattern = url.hostname, str(place.parent), place.name

    def entries(self) -> Iterator[Entry]:
        """Yield the files; links and folders are passed over."""
        try:
            found = sorted(self._sftp.listdir_attr(self._folder), key=lambda one: one.filename)
        except OSError as error:
            raise StoppedError(f"{self._folder} on {self._host} cannot be read ({error}). Correct [source].") from None
        names = {one.filename for one in found}
        for one in found:
            name = one.filename
            if not stat.S_ISREG(one.st_mode or 0) or not fnmatch(name, self._pattern):
                continue
            if "/" in name or is_marker(name, self._source.ready):
                continue
            yield Entry(name, self._identity(name, one), self._why(name, one, names))

    def _why(self, name: str, status: Any, names: set[str]) -> str:
        """Return why a file is not whole yet; empty if it is."""
        if self._source.ready is not None:
            expected = markers(name, self._source.ready)
            return "" if names.intersection(expected) else f"waits for its marker {expected[0]}"
        age = time.time() - (status.st_mtime or 0)
        return f"changed {max(age, 0):.0f} s ago" if age < self._source.settle_s else ""

    def copy(self, entry: Entry, to: IO[bytes]) -> bool:
        """Copy a file; return False if it was changed meanwhile, or is gone."""
        path = f"{self._folder}/{entry.name}"
        with suppress(OSError, EOFError):
            self._sftp.getfo(path, to)
            return self._identity(entry.name, self._sftp.stat(path)) == entry.identity
        return False

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def _identity(self, name: str, status: Any) -> str:
        return f"sftp://{self._host}{self._folder}/{name}:{status.st_size}:{status.st_mtime}"
