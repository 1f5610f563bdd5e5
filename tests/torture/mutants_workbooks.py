"""Workbooks of every format, damaged: bytes of the file, and the markup and records of the parts within."""

import io
import multiprocessing
import os
import random
import subprocess
import sys
import zipfile
from functools import cached_property
from multiprocessing.reduction import DupFd
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any
from unittest import mock

import polars as pl

from importer.errors import ReadError
from importer.readers.workbooks import child, xlsx
from importer.readers.workbooks.pages import Pages
from importer.readers.workbooks.reader import Workbook
from tests.support.workbooks import binary_workbook, save
from tests.torture.damage import damage

_ROOT = Path(__file__).parents[2]
_LARGEST = 64 << 10
_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_OWN_PROCESS = 0.02
"""The share of files for which a process is started as the product starts it; the others get one that is forked."""

_PIECES = (
    b"<", b">", b"/>", b'"', b"&", b"&#0;", b"&x;", b"<c>", b"</c>", b'<c r="A1"/>', b"<row>", b"</row>", b"<v>1</v>",
    b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', b"<!-- ", b"-->", b"<![CDATA[", b"]]>", b"\0", b"\1",
    b"\xff", b' r="B7"', b' t="s"', b' t="e"', b' s="99999"', b"4294967295", b"-1", b"1E999", b"</sheetData>", b"xmlns",
    b' table:number-rows-repeated="1048576"', b' table:number-columns-repeated="16384"', b"_xD800_", b"\r\n",
)  # fmt: skip
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload([__name__, "tests.torture.mutants_bounds"])


class Workbooks:
    """xlsx, xlsm, xls, xlsb and ods; web pages and XML that are named so are text's."""

    name = "workbooks"

    @cached_property
    def _originals(self) -> list[tuple[str, bytes]]:
        with TemporaryDirectory() as made:
            folder = Path(made)
            rows: list[list[Any]] = [
                ["Name", "Phone", "Since", "Member"],
                *([f"Person {n}", 2025550100 + n, n, True] for n in range(60)),
            ]
            save(folder / "made.xlsx", rows, **{f"B{row}": "0000000000" for row in range(2, 60)})
            binary_workbook(folder / "made.xlsb")
            folders = (folder, _ROOT / "sample_data", _ROOT.parent / "shared" / "corpora")
            paths = sorted(path for place in folders for path in place.rglob("*.*") if path.suffix in _SUFFIXES)
            return [(path.name, path.read_bytes()) for path in paths if 0 < path.stat().st_size <= _LARGEST]

    def mutant(self, choose: random.Random) -> tuple[str, bytes]:
        """One of the originals, each format as often, with one to six kinds of damage in the file or in one part."""
        suffix = choose.choice(sorted({Path(name).suffix for name, _ in self._originals}))
        name, data = choose.choice([original for original in self._originals if original[0].endswith(suffix)])
        is_archive = data.startswith(b"PK") and choose.random() < 0.8
        spoilt = _in_a_part(choose, data) if is_archive else _damaged(choose, data)
        return name, spoilt

    def complaint(self, path: Path) -> str:
        """What is wrong with the numbers of rows, with what is read again, and beside a reading as XML."""
        starts = subprocess.Popen if random.random() < _OWN_PROCESS else _Forked  # noqa: S311 - a share, no secret
        with mock.patch("subprocess.Popen", starts):
            tables = Workbook().tables(path, path.name, None)
        for table in tables:
            frames = list(table.chunks(37))
            again = list(table.chunks(1000, skip=5))
            if sum(map(len, again)) != max(0, sum(map(len, frames)) - 5):
                return "another number of rows when read again"
            if not frames:
                continue
            numbers = pl.concat(frame.select("row") for frame in frames)["row"]
            first = table.source.header_row or 0
            if numbers[0] <= first or not (numbers.diff().drop_nulls() == 1).all():
                return "rows left out"
        return _unlike_xml(path) if tables[0].source.format == "xlsx" else ""


def _unlike_xml(path: Path) -> str:
    """Where the sheets' cells are others when all their markup goes through an XML parser."""
    try:
        with mock.patch.object(xlsx, "is_plain", return_value=False):
            careful = _cells(path)
    except ReadError:
        return ""  # only fast: it looks at cells, not at what stands around them
    return "" if careful == _cells(path) else "other cells than by an XML parser"


def _cells(path: Path) -> list[tuple[str, list[tuple[str | None, ...]]]]:
    with TemporaryFile() as cells:
        sheets = child.read(path, cells, None).sheets
        cells.flush()
        return [(sheet.name, Pages(cells, sheet.extent).slice(0, 10_000).rows()) for sheet in sheets]


def _in_a_part(choose: random.Random, data: bytes) -> bytes:
    """The archive with damage within one or two of its parts, and checksums that fit."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after:
        names = before.namelist()
        sheets = [name for name in names if "sheet" in name.lower() or "content" in name.lower()]
        spoilt = {choose.choice(sheets or names), choose.choice(names)}
        for name in names:
            content = before.read(name)
            after.writestr(name, _damaged(choose, content) if name in spoilt else content)
    return file.getvalue()


def _damaged(choose: random.Random, data: bytes) -> bytes:
    """The bytes with one to six kinds of damage."""
    spoilt = bytearray(data)
    for _ in range(choose.choice((1, 1, 1, 2, 6))):
        damage(choose, spoilt, _PIECES)
    return bytes(spoilt)


class _Forked:
    """A ``Popen`` of the child whose imports are done: forked from a process that has not used them yet."""

    def __init__(self, command: list[str], *, pass_fds: tuple[int, ...], **_: Any) -> None:
        told, telling = os.pipe()
        arguments = command[command.index(child.__name__) + 1 :]
        files = [DupFd(number) for number in (*pass_fds, telling)]
        self._process = FORKING.Process(target=_be_the_child, args=(arguments[len(pass_fds) :], *files))
        self._process.start()
        os.close(telling)
        self._told = os.fdopen(told, "rb")
        self._text = b""

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        if not self._told.closed:
            with self._told:
                self._text = self._told.read()
        self._process.join(timeout)
        if self._process.is_alive():
            raise subprocess.TimeoutExpired("child", timeout or 0)
        return self._text, b""

    def kill(self) -> None:
        self._process.kill()

    @property
    def returncode(self) -> int:
        return self._process.exitcode or 0


def _be_the_child(sheet: list[str], book: Any, cells: Any, telling: Any) -> None:
    os.dup2(telling.detach(), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.argv = ["child", str(book.detach()), str(cells.detach()), *sheet]
    child.main()
