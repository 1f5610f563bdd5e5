"""An xlsx file's parts beside its sheets: ECMA-376 part 2 (relations) and part 1, 18.2 (workbook) and 18.8 (styles)."""

from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname, join, normpath
from xml.etree.ElementTree import Element, fromstring
from zipfile import ZipFile

from importer.readers.workbook.number_formats import Format, meaning_of

_WORKBOOK = "xl/workbook.xml"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """Where a sheet is in the archive, and whether the workbook hides it."""

    path: str
    is_hidden: bool


class Package:
    """The parts of a workbook.

    Attributes:
        archive: the file.
        sheets: by name, in the workbook's order; sheets of charts and macros are no sheets here.
        formats: what the number format of a cell style makes of values, by the style's index; others change nothing.
        is_1904: whether days count from 1904.
    """

    def __init__(self, path: Path) -> None:
        """Read the parts that are not sheets.

        Raises:
            ParseError, KeyError, ValueError: the file is damaged.
        """
        self.archive = ZipFile(path)
        self._names = {name.casefold().replace("\\", "/"): name for name in self.archive.namelist()}
        book = self._book_path()
        parts = self._relations(book)
        root = self._root(book)
        self.sheets: dict[str, SheetPart] = {}
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
            kind, target = parts.get(key, ("worksheet", ""))
            if kind == "worksheet":
                self.sheets[sheet.get("name", "")] = SheetPart(self._names[target.casefold()], _is_hidden(sheet))
        settings = root.find("{*}workbookPr")
        self.is_1904 = settings is not None and settings.get("date1904") in ("1", "true")
        others = {kind: self._names.get(target.casefold()) for kind, target in parts.values()}
        self._texts = others.get("sharedStrings")
        styles = others.get("styles")
        self.formats = _formats(self._root(styles)) if styles else {}

    def texts(self) -> bytes:
        """The markup of the texts that cells share; empty where there are none."""
        return self.archive.read(self._texts) if self._texts else b""

    def _book_path(self) -> str:
        parts = self._relations("").values()
        told = next((target for kind, target in parts if kind == "officeDocument"), _WORKBOOK)
        return self._names.get(told.casefold()) or self._names[_WORKBOOK]

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """The last word of the type, and the target, of a part's relations, by their ids."""
        folder, _, name = part.rpartition("/")
        path = self._names.get(join(folder, "_rels", f"{name}.rels").casefold())
        if path is None:
            return {}
        return {
            relation.get("Id", ""): (
                relation.get("Type", "").rpartition("/")[2],
                normpath(join("/", dirname(part), relation.get("Target", "").replace("\\", "/"))).lstrip("/"),
            )
            for relation in self._root(path)
        }

    def _root(self, path: str) -> Element:
        return fromstring(self.archive.read(path))  # noqa: S314 - container refuses every DOCTYPE


def _is_hidden(sheet: Element) -> bool:
    return sheet.get("state", "visible") != "visible"


def _formats(styles: Element) -> dict[int, Format]:
    codes = {fmt.get("numFmtId", ""): fmt.get("formatCode", "") for fmt in styles.iterfind("{*}numFmts/{*}numFmt")}
    found = {}
    for index, style in enumerate(styles.iterfind("{*}cellXfs/{*}xf")):
        number = style.get("numFmtId", "0")
        if (meaning := meaning_of(int(number), codes.get(number))) is not None:
            found[index] = meaning
    return found
