"""One stream out of an OLE2 file, the container of xls: MS-CFB 2.2 (header), 2.3 to 2.6 (FAT, mini FAT, directory)."""

import struct

_FREE = 0xFFFFFFFA
_ENTRY_BYTES = 128
_MINI_CUTOFF = 4096


def stream(content: bytes, names: frozenset[str]) -> bytes:
    """The first stream that has one of these names (compared in lower case).

    Raises:
        ValueError, struct.error: there is none, or the file is damaged.
    """
    sector = 1 << struct.unpack_from("<H", content, 0x1E)[0]
    if sector not in (512, 4096):
        raise ValueError("sector size")
    fat = _fat(content, sector)
    directory = _read(content, fat, struct.unpack_from("<I", content, 0x30)[0], sector, sector)
    entries = [directory[at : at + _ENTRY_BYTES] for at in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES)]
    for entry in entries:
        name_bytes = min(64, struct.unpack_from("<H", entry, 64)[0])
        if entry[: max(0, name_bytes - 2)].decode("utf-16-le", "replace").lower() not in names:
            continue
        start, size = struct.unpack_from("<II", entry, 116)
        if size >= _MINI_CUTOFF:
            return _read(content, fat, start, sector, sector)[:size]
        root = struct.unpack_from("<I", entries[0], 116)[0]
        minis = _read(content, fat, root, sector, sector)
        mini_fat = _read(content, fat, struct.unpack_from("<I", content, 0x3C)[0], sector, sector)
        return _read(minis, struct.unpack(f"<{len(mini_fat) // 4}I", mini_fat), start, 64, 0)[:size]
    raise ValueError("no such stream")


def _fat(content: bytes, sector: int) -> tuple[int, ...]:
    """The whole table of next sectors, from the 109 places in the header and the chain of further ones."""
    places = list(struct.unpack_from("<109I", content, 0x4C))
    following, limit = struct.unpack_from("<II", content, 0x44)
    for _ in range(min(limit, len(content) // sector)):
        if following >= _FREE:
            break
        block = struct.unpack_from(f"<{sector // 4}I", content, (following + 1) * sector)
        places += block[:-1]
        following = block[-1]
    table = b"".join(content[(place + 1) * sector : (place + 2) * sector] for place in places if place < _FREE)
    return struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])


def _read(content: bytes, fat: tuple[int, ...], start: int, size: int, offset: int) -> bytes:
    """The sectors of one chain, at most as many as the table has."""
    found: list[bytes] = []
    while start < len(fat) and len(found) < len(fat):
        found.append(content[offset + start * size : offset + (start + 1) * size])
        start = fat[start]
    return b"".join(found)
