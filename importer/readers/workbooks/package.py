"""The parts of an xlsx file: ECMA-376 part 2 (relations) and part 1, 18.2 (workbook) and 18.8 (styles)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from xml.etree.ElementTree import Element, fromstring
from zipfile import ZipFile

from importer.readers.workbooks.ahead import Ahead
from importer.readers.workbooks.faults import within
from importer.readers.workbooks.number_formats import Format, meaning_of

BYTES = 8 << 20
"""Size of a block of markup."""

_WORKBOOK = "xl/workbook.xml"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet's path in the archive, and True if the workbook hides it."""

    path: str
    is_hidden: bool


class Package:
    """The parts of a workbook; holds the archive open as long as the process lives.

    Attributes:
        archive: the file.
        sheets: by name, in the workbook's order, without sheets of charts and macros.
        formats: number formats that change how values are read, by the cell style's index; all others are left out.
        is_1904: True if days count from 1904.
        texts: the markup of the texts that cells share, in blocks; a thread unpacks it.
    """

    def __init__(self, path: Path) -> None:
        """Read the parts that are not sheets, and begin to unpack the shared texts.

        Raises:
            ParseError, KeyError, ValueError: the file is damaged.
        """
        self.archive = ZipFile(path)
        names = _names(self.archive)
        book = book_of(self.archive)
        parts = relations(self.archive, book)
        root = _root(self.archive, book)
        self.sheets: dict[str, SheetPart] = {}
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
            kind, target = parts.get(key, ("worksheet", ""))
            if kind == "worksheet":
                is_hidden = sheet.get("state", "visible") != "visible"
                self.sheets[sheet.get("name", "")] = SheetPart(target, is_hidden)
        settings = root.find("{*}workbookPr")
        self.is_1904 = settings is not None and settings.get("date1904") in ("1", "true")
        others = {kind: target for kind, target in parts.values() if target in names.values()}
        self.texts = Ahead(self._blocks(others.get("sharedStrings")))
        self._ahead: dict[str, Ahead] = {}
        self.formats = _formats(_root(self.archive, others["styles"])) if "styles" in others else {}

    def read_ahead(self, sheet: str | None) -> None:
        """Begin to unpack the sheet of this name, or the first one if it is None."""
        for name in list(self.sheets)[:1] if sheet is None else [sheet] if sheet in self.sheets else []:
            self._ahead[name] = Ahead(self._blocks(self.sheets[name].path))

    def markup(self, sheet: str) -> Iterator[bytes]:
        """Return the markup of a sheet in blocks; an error of the archive is raised at the faulty block."""
        begun = self._ahead.pop(sheet) if sheet in self._ahead else Ahead(self._blocks(self.sheets[sheet].path))
        return iter(begun)

    def _blocks(self, path: str | None) -> Iterator[bytes]:
        if path is not None:
            with self.archive.open(path) as part:
                while block := part.read(BYTES):
                    yield block


def book_of(archive: ZipFile) -> str:
    """Return the path of the part that lists the sheets: as the package's relations say, else the usual one.

    Raises:
        ParseError, KeyError: the file is damaged.
    """
    names = _names(archive)
    book = dict(relations(archive, "").values()).get("officeDocument", "")
    return book if book in names.values() else names.get("xl/workbook.bin") or names[_WORKBOOK]


def relations(archive: ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return a part's relations by id: the last word of the type, and the target; ``part`` "" is the package itself.

    Raises:
        ParseError: the file is damaged.
    """
    folder, _, name = part.replace("\\", "/").rpartition("/")
    names = _names(archive)
    path = names.get(join(folder, "_rels", f"{name}.rels").casefold())
    if path is None:
        return {}
    found = {}
    for relation in _root(archive, path):
        target = normpath(join("/", folder, relation.get("Target", "").replace("\\", "/"))).lstrip("/")
        kind = relation.get("Type", "").rpartition("/")[2]
        found[relation.get("Id", "")] = (kind, names.get(target.casefold(), target))
    return found


def _names(archive: ZipFile) -> dict[str, str]:
    return {name.casefold().replace("\\", "/"): name for name in archive.namelist()}


def _root(archive: ZipFile, path: str) -> Element:
    with within(f"its part {path}"):
        return fromstring(archive.read(path))  # noqa: S314 - container refuses every DOCTYPE


def _formats(styles: Element) -> dict[int, Format]:
    codes = {fmt.get("numFmtId", ""): fmt.get("formatCode", "") for fmt in styles.iterfind("{*}numFmts/{*}numFmt")}
    found = {}
    for index, style in enumerate(styles.iterfind("{*}cellXfs/{*}xf")):
        number = style.get("numFmtId", "0")
        if number.isdecimal() and (meaning := meaning_of(int(number), codes.get(number))) is not None:
            found[index] = meaning
    return found
