"""A text file as UTF-8 that can be read repeatedly: the file itself if it is UTF-8, else a copy."""

import codecs
import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO

from importer.errors import ReadError
from importer.readers.archive import DAMAGES, packing_of, unpacked
from importer.readers.encoding import ENOUGH_WORDS, Encoding, foreign_words, guess, marked, shifted
from importer.system import bounds
from importer.system.opening import open_regular, read_at

_BLOCK_BYTES = 4 << 20
_HEAD_BYTES = 8192
_LARGEST_UNPACKED_BYTES = 8 << 30
_MOST_CONTROLS = 0.05
_ESCAPE = 0x1B
_CONTROLS = bytes(code for code in range(1, 0x20) if code not in b"\x01\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f")


@dataclass(frozen=True, slots=True)
class _Scan:
    """Facts about all bytes of a file: SHA-256 (hex), valid UTF-8 to the last byte or not, with an ESC or not."""

    sha256: str
    is_utf8: bool
    has_escapes: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A text file as UTF-8, by value: read by this process, and by those that inherit its open file.

    Attributes:
        path, file: the file, and its name in messages.
        size_bytes, modified_ns: of the file as it is on disk, packed or not.
        start, end: offsets of the UTF-8 bytes at which the text begins (after byte order marks) and ends.
        descriptor: of the open file of these bytes.
    """

    path: Path
    file: str
    size_bytes: int
    modified_ns: int
    start: int
    end: int
    descriptor: int

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Return up to ``size_bytes`` of the text from an offset on; empty at its end.

        Raises:
            ReadError: the file cannot be read, or changed since it was taken in.
        """
        bounds.beat()
        try:
            # A positional read: processes that inherit a file share its position.
            data = read_at(self.descriptor, size_bytes, offset)
            # After the read: a change that comes before it, or during it, is seen.
            now = self.path.lstat()
        except OSError as error:
            raise ReadError(f"{self.file} cannot be read on: {error.strerror}. Import it again.") from None
        if (now.st_size, now.st_mtime_ns) != (self.size_bytes, self.modified_ns):
            raise ReadError(f"{self.file} changed while it was read. Import it again when nothing writes to it.")
        return data


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Intake(Text):
    """A text file that was taken in; owns the open file or its copy, and closes it when it is garbage collected.

    Attributes:
        sha256: of the file as it is on disk, packed or not.
        encoding: the encoding of the unpacked file.
        notes: remarks for people, one sentence each.
    """

    sha256: str
    encoding: Encoding
    notes: tuple[str, ...]

    @property
    def by_value(self) -> Text:
        """Return what other processes need to read the text; this one must keep the intake as long."""
        return Text(*(getattr(self, field.name) for field in fields(Text)))


def take_in(path: Path, file: str) -> Intake:
    """Return the text of a file; reads all of it once for its hash and encoding, and copies it if it is not UTF-8.

    Raises:
        ReadError: the file cannot be read, cannot be unpacked, or is not text.
    """
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(open_regular(path))
            status = os.fstat(raw.fileno())
            packing = packing_of(raw.read(_HEAD_BYTES))
            scan = _scan(raw)
            sha256 = scan.sha256
            plain: IO[bytes] = raw
            if packing is not None:
                plain = _copy(stack, unpacked(raw, packing, file, _LARGEST_UNPACKED_BYTES))
                scan = _scan(plain)
            encoding = _encoding_of(plain, file, scan)
            text = plain if encoding.errors == "strict" else _copy(stack, _decoded(plain, encoding))
            start = _after_marks(text, encoding.mark_bytes if text is plain else 0)
            end = text.seek(0, os.SEEK_END)
        except DAMAGES:
            raise ReadError(f"{file} is compressed and damaged. Unpack it, and import what is in it.") from None
        except OSError as error:
            raise ReadError(f"{file} cannot be read: {error.strerror or 'it is damaged'}.") from None
        notes = (f"The file was unpacked ({packing}).",) if packing else ()
        intake = Intake(
            path,
            file,
            status.st_size,
            status.st_mtime_ns,
            start,
            end,
            text.fileno(),
            sha256=sha256,
            encoding=encoding,
            notes=notes + encoding.notes,
        )
        # Raises if the file changed while it was scanned and copied: hash and text would not be of one state.
        intake.read(0, 0)
        weakref.finalize(intake, stack.pop_all().close)
        return intake


def _blocks(file: IO[bytes], start: int = 0) -> Iterator[bytes]:
    file.seek(start)
    while block := file.read(_BLOCK_BYTES):
        bounds.beat()
        yield block


def _copy(stack: ExitStack, blocks: Iterator[bytes]) -> IO[bytes]:
    copy: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    for block in blocks:
        bounds.beat()
        copy.write(block)
    return copy


def _encoding_of(plain: IO[bytes], file: str, scan: _Scan) -> Encoding:
    plain.seek(0)
    head = plain.read(_HEAD_BYTES)
    encoding = marked(head)
    if encoding is not None and encoding.name != "utf-8":
        return encoding
    if len(head.translate(None, _CONTROLS)) < len(head) * (1 - _MOST_CONTROLS):
        raise ReadError(f"{file} is not text. Import a CSV file or a workbook.")
    mark_bytes = encoding.mark_bytes if encoding else 0
    if scan.has_escapes and all(block.isascii() for block in _blocks(plain)):
        found = next(filter(None, map(shifted, _blocks(plain))), None)
        if found is not None:
            return found
    if scan.is_utf8:
        return Encoding("utf-8", mark_bytes, errors="strict")
    words: list[bytes] = []
    for block in _blocks(plain, mark_bytes):
        words += foreign_words(block)
        if len(words) >= ENOUGH_WORDS:
            break
    return guess(words)


def _after_marks(text: IO[bytes], start: int) -> int:
    """Return the offset of the text; a file joined from others may begin with several byte order marks."""
    text.seek(start)
    while text.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
        start += len(codecs.BOM_UTF8)
    return start


def _scan(raw: IO[bytes]) -> _Scan:
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, has_escapes = True, False
    buffers = [bytearray(_BLOCK_BYTES), bytearray(_BLOCK_BYTES)]
    raw.seek(0)
    with ThreadPoolExecutor(1) as hashing:
        hashed: Future[None] | None = None
        while size := raw.readinto(buffers[0]):  # type: ignore[attr-defined]  # binary files have it, IO[bytes] lacks it
            bounds.beat()
            block = memoryview(buffers[0])[:size]
            before, hashed = hashed, hashing.submit(digest.update, block)
            # Two buffers take turns: a thread hashes one while the next block is decoded in the other.
            is_utf8 = is_utf8 and _goes_on(decoder, buffers[0] if size == _BLOCK_BYTES else bytes(block))
            has_escapes = has_escapes or _ESCAPE in buffers[0]
            if before is not None:
                before.result()
            buffers.reverse()
    return _Scan(digest.hexdigest(), is_utf8 and _goes_on(decoder, b"", final=True), has_escapes)


def _goes_on(decoder: codecs.IncrementalDecoder, block: bytes | bytearray, *, final: bool = False) -> bool:
    """Return True if a block continues valid UTF-8."""
    # Most blocks are ASCII, and `isascii` is far faster than decoding; a character cut by the block before forbids it.
    if block.isascii() and not decoder.getstate()[0]:
        return True
    try:
        decoder.decode(block, final=final)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(plain: IO[bytes], encoding: Encoding) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding.name)(encoding.errors)
    for block in _blocks(plain, encoding.mark_bytes):
        yield decoder.decode(block).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
