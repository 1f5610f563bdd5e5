"""Reading one stream of an OLE2 file, the container of xls, and writing one.

MS-CFB 2.2 (header), 2.3 to 2.6 (FAT, mini FAT, directory).
"""

import struct

_FREE = 0xFFFFFFFA
_ENTRY_BYTES = 128
_MINI_CUTOFF = 4096


def stream(content: bytes, names: frozenset[str]) -> bytes:
    """Return the first stream that has one of these names (compared in lower case).

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
    """Return the whole FAT (next sector of each sector), listed by 109 entries in the header and a chain of blocks."""
    places = list(struct.unpack_from("<109I", content, 0x4C))
    following, limit = struct.unpack_from("<II", content, 0x44)
    # Never more blocks than the file has sectors: a crafted chain may be a circle.
    for _ in range(min(limit, len(content) // sector)):
        if following >= _FREE:
            break
        block = struct.unpack_from(f"<{sector // 4}I", content, (following + 1) * sector)
        places += block[:-1]
        following = block[-1]
    table = b"".join(content[(place + 1) * sector : (place + 2) * sector] for place in places if place < _FREE)
    return struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])


def _read(content: bytes, fat: tuple[int, ...], start: int, size: int, offset: int) -> bytes:
    """Return the sectors of one chain; at most as many as the FAT has, because a crafted chain may be a circle."""
    found: list[bytes] = []
    while start < len(fat) and len(found) < len(fat):
        found.append(content[offset + start * size : offset + (start + 1) * size])
        start = fat[start]
    return b"".join(found)


_SECTOR_BYTES = 512
_END, _FAT_SECTOR, _DIFAT_SECTOR = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
_HEADER = struct.Struct("<8s16x5H6x9I109I")


def written(content: bytes) -> bytes:
    """Return an OLE2 file (version 3) with one stream named ``Workbook``.

    Its sectors: the stream, one for the directory, the FAT, and, if the FAT has more sectors than the header can list,
    a chain of sectors that list them (DIFAT).
    """
    content += bytes(max(-len(content) % _SECTOR_BYTES, _MINI_CUTOFF - len(content)))
    count = len(content) // _SECTOR_BYTES
    fats = difats = 0
    while fats * 128 < count + 1 + fats + difats:
        fats += 1
        difats = max(0, -(-(fats - 109) // 127))
    first_fat, first_difat = count + 1, count + 1 + fats
    table = [*range(1, count), _END, _END, *[_FAT_SECTOR] * fats, *[_DIFAT_SECTOR] * difats]
    table += [0xFFFFFFFF] * (fats * 128 - len(table))
    places = [*range(first_fat, first_difat), *[0xFFFFFFFF] * (109 + 127 * difats - fats)]
    header = _HEADER.pack(
        bytes.fromhex("d0cf11e0a1b11ae1"), 0x3E, 3, 0xFFFE, 9, 6, 0, fats, count, 0, _MINI_CUTOFF, _END, 0,
        first_difat if difats else _END, difats, *places[:109],
    )  # fmt: skip
    chain = [
        [*places[109 + 127 * at : 236 + 127 * at], first_difat + at + 1 if at + 1 < difats else _END]
        for at in range(difats)
    ]
    directory = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, 0xFFFFFFFF, 0, len(content)) + bytes(256)
    tables = [number for block in (table, *chain) for number in block]
    return header + content + directory + struct.pack(f"<{len(tables)}I", *tables)


def _entry(name: str, kind: int, child: int, start: int, size_bytes: int) -> bytes:
    """Return an entry of the directory; it has no sibling."""
    coded = name.encode("utf-16-le") + b"\0\0"
    links = (len(coded), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return struct.pack("<64sHBBIII36xIQ", coded, *links, start, size_bytes)
