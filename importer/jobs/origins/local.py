"""Files and patterns of this machine."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from glob import glob, has_magic
from pathlib import Path
from typing import IO

from importer.jobs import inbox
from importer.jobs.origins.origin import Entry
from importer.settings.job import JobSource
from importer.system.opening import open_regular

_BLOCK_BYTES = 1 << 20


class LocalFiles:
    """Files and patterns of this machine, relative to the job's folder. A link is followed where it was named."""

    def __init__(self, source: JobSource, folder: Path) -> None:
        self._source, self._folder = source, folder
        self._paths: dict[str, tuple[Path, tuple[int, ...]]] = {}

    def entries(self) -> Iterator[Entry]:
        """Yield the files; one that is named without a pattern is missed where it is not there."""
        for pattern in self._source.files:
            path = self._folder / Path(pattern).expanduser()
            if has_magic(str(path)):
                places = sorted(map(Path, glob(str(path))))  # noqa: PTH207 - a pattern may be absolute
                yield from (self._entry(place, place) for place in places)
            elif path.exists():
                yield self._entry(path, Path(os.path.realpath(path)))
            else:
                yield Entry(path.name, str(path), "not there yet")

    def _entry(self, named: Path, path: Path) -> Entry:
        names = {one.name for one in path.parent.iterdir()} if self._source.ready else set()
        found = inbox.judged(path, path.lstat(), self._source, self._source.settle_s, time.time(), names)
        identity = f"{path}:{':'.join(map(str, found.mark))}"
        self._paths[identity] = path, found.mark
        return Entry(named.name, identity, "" if found.state == "ready" else found.why)

    def copy(self, entry: Entry, to: IO[bytes]) -> bool:
        """Copy a file; return False if it was changed meanwhile, or is gone."""
        path, mark = self._paths[entry.identity]
        with suppress(FileNotFoundError), open_regular(path) as opened:
            while block := opened.read(_BLOCK_BYTES):
                to.write(block)
            return inbox.mark_of(os.fstat(opened.fileno())) == mark
        return False

    def close(self) -> None:
        """Nothing is open."""
