"""Folders of this machine and of object storage, in the same words: what is made in one place and needed in another.

An address is ``s3://bucket/folder``, and likewise ``gs://`` and ``az://``, read and written by obstore (extra
``remote``). Keys and endpoints come from the environment, as those services name them (``AWS_ACCESS_KEY_ID``,
``AWS_ENDPOINT_URL``).
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from uuid import uuid4

from importer.errors import StoppedError, UsageError

_ADDRESS = re.compile(r"(s3|gs|az):/+([^/]+)/*(.*)")
"""As it was written, or as a ``Path`` has it, which makes one slash of two."""


class Place(Protocol):
    """A folder somewhere. It travels by value; each name in it may have slashes."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all; another of that name is replaced."""

    def claim(self, name: str, content: bytes) -> bool:
        """Write a file unless there is one of that name; return False then."""

    def read(self, name: str) -> bytes:
        """Return what a file holds.

        Raises:
            FileNotFoundError: there is none.
        """

    def names(self, folder: str = "") -> list[str]:
        """Return the names of the files directly within a folder of it, in order."""

    def clear(self, folder: str = "") -> None:
        """Remove all files of a folder of it, as far as they are there."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine, or of a disk that several share."""

    path: Path

    def write(self, name: str, content: bytes) -> None:
        """Write a file as ``Place`` says; it is on the disk then."""
        to = self.path / name
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = to.with_name(f".{to.name}.{uuid4().hex}")  # two may write it at once
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(to)
        finally:
            unfinished.unlink(missing_ok=True)

    def claim(self, name: str, content: bytes) -> bool:
        """Write a file as ``Place`` says."""
        try:
            with os.fdopen(os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            return False
        return True

    def read(self, name: str) -> bytes:
        """Return what a file holds."""
        return (self.path / name).read_bytes()

    def names(self, folder: str = "") -> list[str]:
        """Return the names of the files of a folder of it; unfinished ones have none yet."""
        within = self.path / folder
        if not within.is_dir():
            return []
        return sorted(path.name for path in within.iterdir() if path.is_file() and not path.name.startswith("."))

    def clear(self, folder: str = "") -> None:
        """Remove a folder of it."""
        shutil.rmtree(self.path / folder, ignore_errors=True)

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A folder of object storage."""

    address: str

    def write(self, name: str, content: bytes) -> None:
        """Write an object."""
        with _told(self.address):
            store, key = opened(f"{self.address}/{name}")
            store.put(key, content)

    def claim(self, name: str, content: bytes) -> bool:
        """Write an object as ``Place`` says: the storage itself sees to it that one alone succeeds."""
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415 - an extra

        with _told(self.address):
            store, key = opened(f"{self.address}/{name}")
            try:
                store.put(key, content, mode="create")
            except AlreadyExistsError:
                return False
        return True

    def read(self, name: str) -> bytes:
        """Return what an object holds."""
        with _told(self.address):
            store, key = opened(f"{self.address}/{name}")
            return bytes(store.get(key).bytes())

    def names(self, folder: str = "") -> list[str]:
        """Return the names of the objects of a folder of it."""
        with _told(self.address):
            store, key = opened(f"{self.address}/{folder}")
            found = store.list_with_delimiter(key.rstrip("/") or None)["objects"]
        return sorted(PurePosixPath(one["path"]).name for one in found)

    def clear(self, folder: str = "") -> None:
        """Remove the objects of a folder of it, and of those within."""
        with _told(self.address):
            store, key = opened(f"{self.address}/{folder}")
            for some in store.list(key.rstrip("/") or None):
                store.delete([one["path"] for one in some])

    def __str__(self) -> str:
        return self.address


def place_of(path: Path) -> Place:
    """Return the place that a person names: an address of object storage, or a folder."""
    address = address_of(path)
    return Folder(path) if address is None else Bucket(address)


def address_of(path: Path) -> str | None:
    """Return the address in object storage that a path stands for; None if it is a file's."""
    found = _ADDRESS.fullmatch(str(path))
    return f"{found[1]}://{found[2]}/{found[3]}".rstrip("/") if found else None


def opened(address: str) -> tuple[Any, str]:
    """Return the storage of an address, and the key within its bucket.

    Raises:
        UsageError: obstore is not installed.
    """
    try:
        from obstore.store import from_url  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError("s3://, gs:// and az:// need obstore: pip install 'contacts-importer[remote]'.") from None
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    # Plain HTTP only where the environment names such an endpoint.
    is_plain = scheme == "s3" and os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
    options: Any = {"timeout": "60s", "connect_timeout": "10s", "allow_http": is_plain}
    retry: Any = {"max_retries": 3}
    return from_url(f"{scheme}://{bucket}", retry_config=retry, client_options=options), key


def matching(path: Path) -> list[Path]:
    """Return the objects that an address with ``*`` in its last part, or of a folder (``/*``), stands for.

    Raises:
        StoppedError: the bucket cannot be read.
    """
    address = address_of(path) or ""
    folder, _, pattern = address.rpartition("/")
    return [Path(f"{folder}/{name}") for name in Bucket(folder).names() if fnmatch(name, pattern)]


@contextmanager
def at_hand(path: Path) -> Iterator[Path]:
    """Yield a file of this machine with what the path stands for; an object is copied, and the copy removed after.

    Raises:
        FileNotFoundError: there is no such object.
        StoppedError: it cannot be read now.
    """
    address = address_of(path)
    if address is None:
        yield path
        return
    with TemporaryDirectory(prefix="importer-") as folder:
        copy = Path(folder) / path.name
        with _told(address), copy.open("wb") as file:
            store, key = opened(address)
            for block in store.get(key):
                file.write(block)
        yield copy


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Turn the storage's errors into words without its own, which may name keys."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its own words may name keys
        if isinstance(error, FileNotFoundError) or type(error).__name__ == "NotFoundError":  # as versions have it
            raise FileNotFoundError(address) from None
        raise StoppedError(f"{address} cannot be used ({type(error).__name__}). Try later.") from None
