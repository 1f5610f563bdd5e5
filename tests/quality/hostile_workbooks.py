"""``python -m tests.quality.hostile_workbooks``: files made to do harm: what is said of each, seconds, and memory.

Each is opened as the product opens it; the peak of this process is what an import would have.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

from importer.errors import ReadError
from importer.readers.workbooks.reader import Workbook
from tests.support.workbooks import archive, edited, opendocument, save, xlsx

SHEET = "xl/worksheets/sheet1.xml"
_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FAR = '<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet'
_OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hosts">]><worksheet'


def hostile(folder: Path, people: Path) -> Iterator[tuple[Path, str]]:
    """Files that must end in one line, each with what the line says; ``people`` is a sound workbook."""
    yield from _cut_and_spoilt(folder, people)
    for name, old, new, says in (
        ("far", "<sheetData>", _FAR, "stray cell"),
        ("laughs", "<worksheet", _LAUGHS, "DOCTYPE"),
        ("outside", "<worksheet", _OUTSIDE, "DOCTYPE"),
        ("entity", "<v>", "<v>&x;", "its XML is broken"),
    ):
        yield edited(people, folder / f"{name}.xlsx", SHEET, old, new), says
    yield archive(folder / "small-bomb.xlsx", xl__workbook_dot_xml=b" " * (40 << 20)), "harmful"
    parts = {f"xl__{number}": "" for number in range(1_001)}
    yield archive(folder / "parts.xlsx", **parts), "1001 parts"
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>1</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    yield opendocument(folder / "repeated.ods", f'<table:table table:name="A">{row}</table:table>'), "repeats cells"
    yield from _foreign(folder)


def _cut_and_spoilt(folder: Path, people: Path) -> Iterator[tuple[Path, str]]:
    whole = people.read_bytes()
    for cut in (4, 100, len(whole) // 2, len(whole) - 30):
        (folder / f"cut{cut}.xlsx").write_bytes(whole[:cut])
        yield folder / f"cut{cut}.xlsx", "damaged"
    with zipfile.ZipFile(people) as book:
        entry = book.getinfo(SHEET)
    name_bytes = len(SHEET) + int.from_bytes(whole[entry.header_offset + 28 : entry.header_offset + 30], "little")
    middle = entry.header_offset + 30 + name_bytes + entry.compress_size // 2
    (folder / "checksum.xlsx").write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])
    yield folder / "checksum.xlsx", "damaged"


def _foreign(folder: Path) -> Iterator[tuple[Path, str]]:
    yield archive(folder / "letter.docx", word__document_dot_xml="<w/>"), "Word"
    yield archive(folder / "list.numbers", Index__Document_dot_iwa="x"), "Numbers"
    yield archive(folder / "csv.zip", list_dot_csv="a,b"), "zip archive without a workbook"
    yield opendocument(folder / "text.ods", "", "application/vnd.oasis.opendocument.text"), "not a spreadsheet"
    (folder / "locked.xlsx").write_bytes(_MAGIC + bytes(512) + "EncryptedPackage".encode("utf-16-le") + bytes(512))
    yield folder / "locked.xlsx", "its lock"
    (folder / "old.doc").write_bytes(_MAGIC + bytes(1024))
    yield folder / "old.doc", "not a workbook"
    (folder / "feed.xls").write_text("<rss><channel/></rss>")
    yield folder / "feed.xls", "no workbook"
    space = 'xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
    (folder / "xxe.xls").write_text(f'<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/hosts">]><Workbook {space}>&b;</Workbook>')
    yield folder / "xxe.xls", "DOCTYPE"


def bombs(folder: Path) -> Iterator[Path]:
    """600 MiB of markup in less than one, told as it is, and told to be small."""
    path = folder / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made, made.open("xl/workbook.xml", "w") as part:
        for _ in range(600):
            part.write(b" " * (1 << 20))
    yield path
    (folder / "liar.xlsx").write_bytes(path.read_bytes().replace((600 << 20).to_bytes(4, "little"), b"\0\0\1\0"))
    yield folder / "liar.xlsx"


def harmless(folder: Path) -> Iterator[Path]:
    """Files that look like harm and are read."""
    count = 'uniqueCount="4000000000"'
    cells = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    path = xlsx(folder / "count.xlsx", cells, "<si><t>Phone</t></si>")
    yield edited(path, folder / "counted.xlsx", "xl/sharedStrings.xml", "<sst ", f"<sst {count} ")
    dimension = edited(path, folder / "wide.xlsx", SHEET, "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    yield dimension


def main() -> None:
    """Open each and print."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        rows = [["Ann", f"202-555-01{number:02}"] for number in range(50)]
        people = save(folder / "people.xlsx", [["Name", "Phone"], *rows])
        paths = [*(path for path, _ in hostile(folder, people)), *bombs(folder), *harmless(folder)]
        for path in paths:
            start, cpu = perf_counter(), getrusage(RUSAGE_CHILDREN)
            try:
                said = f"read: {[table.source.columns for table in Workbook().tables(path, path.name, None)]}"
            except ReadError as error:
                said = str(error)
            after = getrusage(RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
            print(f"{perf_counter() - start:6.2f} s, CPU {spent:5.2f} s  {said}")
    print(f"{len(paths)} files; peak of this process {getrusage(RUSAGE_SELF).ru_maxrss >> 10} MiB")


if __name__ == "__main__":
    main()
