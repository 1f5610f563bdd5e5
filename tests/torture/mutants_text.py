"""Lists of text, damaged: polluted lists, published examples and the samples, with bytes flipped, cut and put in."""

import random
from functools import cached_property
from pathlib import Path

import polars as pl

from importer.readers.formats import open_tables
from tests.support.lines import complaint
from tests.support.pollution import polluted_files
from tests.torture.damage import damage

_ROOT = Path(__file__).parents[2]
_LARGEST = 64 << 10
_PIECES = (
    b'"', b'""', b"'", b"\n", b"\r", b"\r\n", b"\n\n", b"\0", b",", b";", b"\t", b"|", b",,,,,,,,", b"\\", b'\\"',
    b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\x1a", b"#", b"\n# x\n", b"Total", b"\n-----\n", b"+1 415 555 0100", b" ",
    b'"\n"', b'","', b"\x1e", b"\x1f", "é".encode(), "é".encode("cp1252"), "名".encode("cp932"), b"sep=;\n",
)  # fmt: skip

_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK", b"\x28\xb5\x2f\xfd")
"""How packed files begin; their lines cannot be counted from outside."""


class Text:
    """Delimited text, and whatever it turns into."""

    name = "text"

    @cached_property
    def _originals(self) -> list[tuple[str, bytes]]:
        polluted = [(file.kind, file.data) for file in polluted_files()]
        folders = (_ROOT / "sample_data", _ROOT.parent / "shared" / "corpora")
        paths = sorted(path for folder in folders for path in folder.rglob("*.[ct]sv"))
        return [
            (name, data) for name, data in (*polluted, *((path.name, path.read_bytes()) for path in paths))
            if 0 < len(data) <= _LARGEST
        ]  # fmt: skip

    def mutant(self, choose: random.Random) -> tuple[str, bytes]:
        """One of the originals with one to six kinds of damage."""
        name, data = choose.choice(self._originals)
        spoilt = bytearray(data)
        for _ in range(choose.randint(1, 6)):
            damage(choose, spoilt, _PIECES)
        stem = "".join(char if char.isalnum() else "-" for char in name.removesuffix(".csv"))
        return f"{stem}.csv", bytes(spoilt)

    def complaint(self, path: Path) -> str:
        """What is wrong with the account of lines, rows and letters; of other formats, with the numbers of rows."""
        (table,) = open_tables(path, path.name, None)
        frames = list(table.chunks(37))
        again = list(table.chunks(1000, skip=5))
        if sum(map(len, again)) != max(0, sum(map(len, frames)) - 5):
            return "another number of rows when read again"
        if not frames:
            return ""
        frame = pl.concat(frames)
        if table.source.format != "csv" or path.read_bytes().startswith(_PACKED):
            return "" if frame["row"].is_sorted() and frame["row"].n_unique() == frame.height else "rows out of order"
        return complaint(path.read_bytes(), table.source, frame)
