"""Files that a few signs make endless, of any size and form, some of them damaged: what item by item has a bound.

Each is planned and prepared as a run does it, in a process of its own, which tells the most memory that it and the
process that opens workbooks have held. Small sizes are played often, and the large ones now and then.
"""

import bz2
import gzip
import io
import lzma
import os
import random
import traceback
import zipfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from importer.errors import ImporterError, ReadError
from importer.models.watching import Silence, Stop
from importer.pipeline import memory
from importer.pipeline.mapper import Asking
from importer.pipeline.plan import Plan, make_plan, named
from importer.pipeline.preparation import Preparation
from importer.settings.settings import load_settings
from importer.stages import Job
from importer.stages.suppress import Suppressed
from tests.quality.hostile_files import commas_after_values, many_sheets, wide_list
from tests.support.lines import complaint
from tests.torture.damage import damage
from tests.torture.mutants_workbooks import FORKING

MOST_MB = 1_500
_ALLOWED_MB = 1_000
_MOST_COUNTED = 5_000
"""Rows whose lines and letters are counted one by one, which takes far longer than to read them."""
_PERSON = b"+1 415 555 0100,Ann\n"
_HEAD = b"Phone,Name\n" + _PERSON
_PIECES = (b'"', b"\n", b"\r", b",", b"\0", b"{", b"[", b"<", b"&", b"\xff", b"\x1f\x8b", _PERSON)
_PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    ".csv": bytes,
    ".csv.gz": lambda data: gzip.compress(data, 1),
    ".csv.bz2": lambda data: bz2.compress(data, 1),
    ".csv.xz": lambda data: lzma.compress(data, preset=0),
    ".csv.zip": lambda data: _archive({"list.csv": data}),
}
_SIGNS = (
    b",",
    b'"',
    b"a",
    b" ",
    b"\n",
    b"\r",
    b"\0",
    b";",
    "é".encode(),
    b",\n",
    b'"\n',
    b'x"\n',
    b"x,y\n",
    b"x,",
    b'"x",',
)


class Bounds:
    """What is small on a disk and large to read."""

    name = "bounds"

    def mutant(self, choose: random.Random) -> tuple[str, bytes]:
        """A file of one kind; of those that are not packed, every third with one or two kinds of damage."""
        name, data, pack = choose.choice(_KINDS)(choose)
        spoilt = bytearray(data)
        for _ in range(choose.choice((0, 0, 1, 2))):
            damage(choose, spoilt, _PIECES)
        return name, pack(bytes(spoilt))

    def complaint(self, path: Path) -> str:
        """What is wrong with the numbers of rows, or with the memory that they took."""
        if path.name.startswith("pipe"):
            path.unlink()
            os.mkfifo(path)
        told, telling = FORKING.Pipe(duplex=False)
        process = FORKING.Process(target=_tell, args=(path, telling))
        process.start()
        telling.close()
        try:
            end, words, peak_mb = told.recv()
        except EOFError:  # the guard ends the process itself where it must
            process.join()
            end, words, peak_mb = "refused" if process.exitcode == 2 else "traceback", f"exit {process.exitcode}", 0.0
        finally:
            process.kill()
            process.join()
        if peak_mb > MOST_MB:
            return f"{peak_mb:,.0f} MB"
        if end == "refused":
            raise ReadError(words)
        if end:
            raise RuntimeError(words)
        return str(words)


def _tell(path: Path, telling: Connection) -> None:
    try:
        end, words = "", _account(path)
    except ImporterError as error:
        end, words = "refused", str(error)
    except Exception:  # noqa: BLE001 - any exception at all is what is looked for
        end, words = "traceback", traceback.format_exc()
    telling.send((end, words, memory.peak_mb()))


def _account(path: Path) -> str:
    """Plan and prepare the file; what is wrong with the numbers of rows."""
    with TemporaryDirectory() as runs:
        settings = load_settings({"runs": Path(runs), "max_memory": _ALLOWED_MB, "region": "US"})
        plan = make_plan(named([path]), settings, Silence(), Asking(is_look=True))
        preparation = Preparation(Job("US", 10_000, Suppressed()))
        prepared = [0] * len(plan.tables)
        for number, frame in preparation.rows(plan, settings, Silence(), Stop()):
            prepared[number] += frame.height
        return _unlike(plan, prepared, path)


def _unlike(plan: Plan, prepared: list[int], path: Path) -> str:
    for (table, _), rows in zip(plan.tables, prepared, strict=True):
        frames = list(table.chunks(1_000))
        if sum(map(len, frames)) != rows:
            return f"{rows} rows prepared, {sum(map(len, frames))} read"
        if not rows:
            continue
        frame = pl.concat(frames)
        if frame["row"].n_unique() != rows or not frame["row"].is_sorted():
            return "rows out of order"
        is_plain = table.source.format == "csv" and path.suffix == ".csv" and rows <= _MOST_COUNTED
        if is_plain and (wrong := complaint(path.read_bytes(), table.source, frame)):
            return wrong
    return ""


Kind = tuple[str, bytes, Callable[[bytes], bytes]]


def _size(choose: random.Random, least: int, most: int) -> int:
    """A number between the two; small ones are as likely as large ones of ten times their size."""
    return int(least * (most / least) ** choose.random())


def _endless(choose: random.Random) -> Kind:
    suffix = choose.choice(list(_PACKINGS))
    sign = choose.choice(_SIGNS)
    most = 300_000 if suffix == ".csv" else 40 << 20 if choose.random() < 0.05 else 3 << 20
    body = sign * (_size(choose, 1_000, most) // len(sign))
    return f"endless{suffix}", _HEAD + body + b"\n" + _PERSON, _PACKINGS[suffix]


def _opened(choose: random.Random) -> Kind:
    opened = choose.choice((b'{"a":', b"[", b'[{"b":', b'{"Phone":"', b'"', b"\\u", b"{"))
    data = b'[{"Phone": "+1 415 555 0100"},\n' + opened * _size(choose, 100, 100_000)
    return "opened.json", data, bytes


def _commas(choose: random.Random) -> Kind:
    objects, sound = _size(choose, 100, 12_000), choose.choice((0, 9))
    return "commas.json", _made(lambda path: commas_after_values(path, objects, sound)), bytes


def _wide(choose: random.Random) -> Kind:
    columns = 16_384 if choose.random() < 0.02 else _size(choose, 100, 4_000)
    rows = _size(choose, 2, max(3, 60_000 // columns))
    header, cell = choose.choice((("c", "x"), ("Phone", "+1 415 555 0100"), ("Email", "a@example.com"), ("Note", "")))
    return "wide.csv", _made(lambda path: wide_list(path, header, cell, columns, rows)), bytes


def _sheets(choose: random.Random) -> Kind:
    form = choose.choice(("ods", "xml", "html"))
    with TemporaryDirectory() as folder:
        path = many_sheets(Path(folder), form, _size(choose, 5, 60 if choose.random() < 0.9 else 2_000))
        return path.name, path.read_bytes(), bytes


def _cards(choose: random.Random) -> Kind:
    line = choose.choice((b"TEL:+1 415 555 0101\n", b"NOTE:x\n", b" folded\n", b"BEGIN:VCARD\n"))
    begin, end = b"BEGIN:VCARD\nVERSION:3.0\nFN:Ann\n", b"TEL:+1 415 555 0100\nEND:VCARD\n"
    return "cards.vcf", (begin + line * _size(choose, 10, 20_000) + end) * choose.choice((1, 3)), bytes


def _sheet_bomb(choose: random.Random) -> Kind:
    """A workbook whose sheet is the same markup again and again."""
    row = choose.choice((
        b"<row/>", b"<row><c/></row>", b'<row><c t="inlineStr"><is><t>x</t></is></c></row>', b"<c><v>1</v></c>",
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', b"<row>", b"<is>", b"<!-- -->", b" ", b"<v>9</v>",
    ))  # fmt: skip
    rows = row * (_size(choose, 1_000, 20 << 20 if choose.random() < 0.05 else 2 << 20) // len(row))
    return "bomb.xlsx", rows, _workbook


def _pipe(_: random.Random) -> Kind:
    return "pipe.csv", b"", lambda _: b""


_KINDS = (_endless, _endless, _endless, _opened, _commas, _wide, _sheets, _cards, _sheet_bomb, _pipe)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OF_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OF_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def _workbook(rows: bytes) -> bytes:
    """An xlsx file with the markup as what follows a header and a row."""
    first = '<row r="1"><c r="A1" t="inlineStr"><is><t>Phone</t></is></c></row>'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_OF_PACKAGE}"><Relationship Id="a" Type="{_OF_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OF_OFFICE}"><sheets><sheet name="List" sheetId="1" '
        'r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_OF_PACKAGE}"><Relationship Id="a" '
        f'Type="{_OF_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{first}'.encode() + rows + b"</sheetData></worksheet>"
    return _archive({name: part.encode() for name, part in parts.items()} | {"xl/worksheets/sheet1.xml": sheet})


def _archive(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def _made(write: Callable[[Path], Path]) -> bytes:
    with TemporaryDirectory() as folder:
        return write(Path(folder) / "file").read_bytes()
