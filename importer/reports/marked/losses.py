"""What a workbook holds that openpyxl would not keep. A copy that loses something is not made.

Every part and every element that openpyxl is known to keep is listed; whatever else a book holds counts as lost.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET
from zipfile import ZipFile

_KEPT_PARTS = re.compile(
    r"spreadsheetml\.(?:sheet|template)\.main|ms-excel\.(?:sheet|template)\.macroEnabled\.main"
    r"|spreadsheetml\.(?:worksheet|sharedStrings|styles|comments|table)\+xml|officedocument\.theme\+xml"
    r"|package\.core-properties|officedocument\.(?:extended|custom)-properties"
    # What follows is left out and not missed: Excel makes it anew, or it holds nothing without what is refused.
    r"|spreadsheetml\.(?:calcChain|printerSettings)|ms-excel\.person\+xml"
)
_LEFT_OUT_PATHS = re.compile(r"docProps/thumbnail\.|xl/metadata$")
"""A preview, and what Google Sheets writes for itself."""
_PARTS = (
    ("macros", r"vbaProject|vbaData|macrosheet"),
    ("a digital signature", r"digital-signature|_xmlsignatures"),
    ("a pivot table", r"pivot"),
    ("a slicer", r"slicer"),
    ("a timeline", r"timeline"),
    ("a chart", r"chart"),
    ("a picture", r"^image/|\bimage/"),
    ("a link to another workbook", r"externalLink"),
    ("a data connection", r"connections|queryTable"),
    ("a data model", r"model\+data|model/item|powerpivot"),
    ("threaded comments", r"threadedcomment"),
    ("a form control", r"controlproperties|activeX"),
    ("an embedded object", r"oleObject|embeddings/|\.package$"),
    ("a diagram", r"diagram"),
    ("custom XML", r"customXml|xmlMaps|tableSingleCells"),
    ("a formula that spills, or a linked data type", r"sheetMetadata|rich(?:data|value)|xl/richData"),
    ("the history of a shared workbook", r"revision|userNames"),
    ("a dialog sheet", r"dialogsheet"),
    ("properties of a sheet", r"customProperty"),
    ("a label of how secret it is", r"docMetadata|LabelInfo"),
)
_KEPT_ELEMENTS = frozenset(
    {
        *("sheetPr", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetProtection", "autoFilter", "mergeCells"),
        *("conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup"),
        *("headerFooter", "rowBreaks", "colBreaks", "scenarios", "tableParts", "sortState"),
        # Of parts that are looked at themselves; and what nobody misses.
        *("drawing", "legacyDrawing", "dimension", "phoneticPr", "sheetCalcPr", "ignoredErrors"),
    }
)
_ELEMENTS = {
    "protectedRanges": "ranges that some may change in a protected sheet",
    "customSheetViews": "custom views",
    "customWorkbookViews": "custom views",
    "fileSharing": "that it is to be opened read-only",
    "AlternateContent": "a form control or an embedded object",
    "controls": "a form control",
    "oleObjects": "an embedded object",
    "legacyDrawingHF": "a picture in a header or footer",
    "picture": "a picture behind the cells",
    "dataConsolidate": "a consolidation",
    "conditionalFormattings": "data bars or icons (conditional formats of Excel 2010 and later)",
    "dataValidations": "a drop-down list whose entries stand on another sheet",
    "sparklineGroups": "sparklines",
    "slicerList": "a slicer",
}
_DATA = re.compile(rb"<(?:\w+:)?sheetData[\s>/]")
_DATA_END = re.compile(rb"</(?:\w+:)?sheetData\s*>")


def losses(book: ZipFile) -> list[str]:
    """Return what a copy would lose, each with its sheet if it is of one: ``a chart (sheet Totals)``; empty if nothing.

    Raises:
        KeyError, ParseError: it is no workbook of this kind, or damaged.
    """
    titles, sheets = _sheets(book), _owners(book)
    found: dict[str, None] = {}
    for name, what in (*_lost_parts(book), *_lost_elements(book, sheets)):
        title = titles.get(sheets.get(name, name))
        found[f"{what} (sheet {title})" if title else what] = None
    return list(found)


def has_readings(book: ZipFile) -> bool:
    """Return True if cells have readings (furigana) beside their text, which a copy does not have."""
    return any(name.endswith("sharedStrings.xml") and b"<rPh" in book.read(name) for name in book.namelist())


def _lost_parts(book: ZipFile) -> Iterator[tuple[str, str]]:
    """Yield each part that is lost and what it is."""
    types = ET.fromstring(book.read("[Content_Types].xml"))  # noqa: S314 - read before, in a child as this one
    of_part = {item.get("PartName", "").lstrip("/"): item.get("ContentType", "") for item in types}
    of_suffix = {item.get("Extension", "").lower(): item.get("ContentType", "") for item in types}
    for name in book.namelist():
        kind = of_part.get(name) or of_suffix.get(PurePosixPath(name).suffix.lstrip(".").lower(), "")
        if name.endswith(("/", ".rels", "[Content_Types].xml")) or _LEFT_OUT_PATHS.match(name):
            continue
        if "vmlDrawing" in kind or name.endswith(".vml"):
            objects = re.findall(rb'ObjectType="(\w+)"', book.read(name))
            if any(each != b"Note" for each in objects):
                yield name, "a form control"
        elif "drawing+xml" in kind:
            # What it shows is in other parts, but for shapes; Google Sheets writes empty ones.
            if len(ET.fromstring(book.read(name))) and not _related(book, name):  # noqa: S314
                yield name, "a shape or text box"
        elif not _KEPT_PARTS.search(kind):
            known = (what for what, pattern in _PARTS if re.search(pattern, kind) or re.search(pattern, name))
            yield name, next(known, f"a part that is not known here ({name})")


def _lost_elements(book: ZipFile, sheets: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each sheet, or the workbook, with an element that is lost and what it is."""
    main = _main_part(book)
    for child in ET.fromstring(book.read(main)):  # noqa: S314
        if _local(child) in ("fileSharing", "customWorkbookViews"):
            yield main, _ELEMENTS[_local(child)]
    for name in dict.fromkeys(sheets.values()):
        for child in ET.fromstring(_without_rows(book.read(name))):  # noqa: S314
            kind = _local(child)
            if kind == "extLst":
                inner = [_local(each) for extension in child for each in extension]
                yield from ((name, _ELEMENTS.get(each, f"an extension ({each})")) for each in inner)
            elif kind not in _KEPT_ELEMENTS:
                yield name, _ELEMENTS.get(kind, f"an element that is not known here ({kind})")


def _without_rows(sheet: bytes) -> bytes:
    """Return a sheet's markup without its rows, which hold nothing that is lost and may be long."""
    begin, ends = _DATA.search(sheet), list(_DATA_END.finditer(sheet))
    return sheet[: begin.start()] + sheet[ends[-1].end() :] if begin and ends else sheet


def _local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _main_part(book: ZipFile) -> str:
    """Return the name of the part that is the workbook itself."""
    (name,) = [target for target, kind in _related(book, "") if kind.endswith("/officeDocument")]
    return name


def _sheets(book: ZipFile) -> dict[str, str]:
    """Return the title of each sheet by the name of its part."""
    main = _main_part(book)
    targets = _targets(book, main)
    titles = {}
    for element in ET.fromstring(book.read(main)).iter():  # noqa: S314
        if _local(element) == "sheet":
            relation = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            titles[targets.get(relation, "")] = element.get("name", "")
    return titles


def _owners(book: ZipFile) -> dict[str, str]:
    """Return the sheet of every part that belongs to one; a sheet belongs to itself."""
    owners: dict[str, str] = {}
    for sheet in _sheets(book):
        waiting = [sheet]
        while waiting:
            part = waiting.pop()
            if part not in owners:
                owners[part] = sheet
                waiting += [target for target, _ in _related(book, part)]
    return {part: sheet for part, sheet in owners.items() if part in book.NameToInfo}


def _related(book: ZipFile, part: str) -> list[tuple[str, str]]:
    """Return the parts that one refers to, each with the kind of the relation; those outside the file are left out."""
    return [(target, kind) for _, target, kind in _relations(book, part)]


def _targets(book: ZipFile, part: str) -> dict[str, str]:
    return {name: target for name, target, _ in _relations(book, part)}


def _relations(book: ZipFile, part: str) -> Iterator[tuple[str, str, str]]:
    path = PurePosixPath(part)
    name = str(path.parent / "_rels" / f"{path.name}.rels") if part else "_rels/.rels"
    if name not in book.NameToInfo:
        return
    for each in ET.fromstring(book.read(name)):  # noqa: S314
        if each.get("TargetMode") != "External":
            target = each.get("Target", "")
            full = target.lstrip("/") if target.startswith("/") else _joined(path.parent, target)
            yield each.get("Id", ""), full, each.get("Type", "")


def _joined(folder: PurePosixPath, target: str) -> str:
    """Return a target relative to a folder as a name within the file."""
    names: list[str] = []
    for name in (folder / target).parts:
        if name == "..":
            names = names[:-1]
        elif name != ".":
            names.append(name)
    return "/".join(names)
