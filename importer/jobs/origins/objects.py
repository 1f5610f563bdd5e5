"""Objects of S3 and what is like it, Google's and Azure's storage, through obstore (extra ``remote``).

Keys and endpoints come from the environment, as those services name them (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``).
An object appears whole, so none needs to settle.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from importer.errors import StoppedError, UsageError
from importer.jobs.inbox import is_marker, markers
from importer.jobs.origins.origin import Entry
from importer.settings.job import JobSource
from importer.system import places


def opened(source: JobSource) -> "Objects":
    """Return the objects that a source names.

    Raises:
        UsageError: obstore is not installed, or the address is incomplete.
    """
    url = urlsplit(source.url or "")
    if not url.netloc or not PurePosixPath(url.path).name:
        raise UsageError("Write url as s3://bucket/folder/*.csv.")
    # Three tries and half a minute: a start that waits longer holds the job's lock for nothing.
    store, _ = places.opened(f"{url.scheme}://{url.netloc}")
    import obstore  # noqa: PLC0415 - an extra

    return Objects(source, obstore, store)


class Objects:
    """The objects of a bucket whose keys match a pattern in their last part."""

    def __init__(self, source: JobSource, obstore: Any, store: Any) -> None:
        self._source, self._obstore, self._store = source, obstore, store
        url = urlsplit(source.url or "")
        place = PurePosixPath(unquote(url.path).lstrip("/"))
        self._bucket = url.netloc
        self._folder = "" if str(place.parent) == "." else str(place.parent)
        self._pattern = place.name

    def entries(self) -> Iterator[Entry]:
        """Yield the objects of the folder itself, by key."""
        try:
            found = self._obstore.list_with_delimiter(self._store, self._folder or None)["objects"]
        except (OSError, self._obstore.exceptions.BaseError) as error:
            raise StoppedError(
                f"The bucket {self._bucket} cannot be read ({type(error).__name__}). Try later."
            ) from None
        objects = {PurePosixPath(one["path"]).name: one for one in found}
        for name, one in sorted(objects.items()):
            if not fnmatch(name, self._pattern) or is_marker(name, self._source.ready):
                continue
            why = ""
            if self._source.ready is not None:
                expected = markers(name, self._source.ready)
                why = "" if objects.keys() & set(expected) else f"waits for its marker {expected[0]}"
            yield Entry(name, self._identity(one), why)

    def copy(self, entry: Entry, to: IO[bytes]) -> bool:
        """Copy an object; return False if it was changed meanwhile, or is gone."""
        path = f"{self._folder}/{entry.name}".lstrip("/")
        try:
            got = self._obstore.get(self._store, path)
            if self._identity(got.meta) != entry.identity:
                return False
            for block in got:
                to.write(block)
        except (OSError, self._obstore.exceptions.BaseError):
            return False
        return True

    def close(self) -> None:
        """Nothing is held open."""

    def _identity(self, one: Any) -> str:
        # Of one object, Azure's list has the tag without its quotes, and Google's the time with its milliseconds.
        tag = (one["e_tag"] or "").strip('"') or one["last_modified"].replace(microsecond=0)
        return f"{self._bucket}/{one['path']}:{tag}:{one['size']}"
