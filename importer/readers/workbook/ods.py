"""What a parser of values does not tell of an ods file: OpenDocument 1.3 part 3, 9.1 (tables, rows, columns)."""

import re
from pathlib import Path
from xml.sax.saxutils import unescape
from zipfile import ZipFile

from importer.readers.workbook.marks import Marks

_TABLE = re.compile(rb"<table:table [^>]*>")
_NAME = re.compile(rb"""\stable:name=(?:"([^"]*)"|'([^']*)')""")
_HIDDEN = re.compile(rb"""<table:table-(row|column)(?=\s)[^>]*?\stable:visibility=["'](?:collapse|filter)["'][^>]*>""")
_REPEATED = re.compile(rb"""\stable:number-(?:rows|columns)-repeated=["'](\d{1,7})["']""")
_ENTITIES = {"&quot;": '"', "&apos;": "'"}


class Content:
    """An ods file's content: where each sheet is in it."""

    def __init__(self, path: Path) -> None:
        """Read the content, which holds all sheets."""
        with ZipFile(path) as archive:
            self._content = archive.read("content.xml")

    def marks(self, sheet: str) -> Marks:
        """The marks of the sheet of this name: hidden rows and columns."""
        found = Marks()
        for table in _TABLE.finditer(self._content):
            name = _NAME.search(table[0])
            if name is None or unescape((name[1] or name[2] or b"").decode("utf-8", "replace"), _ENTITIES) != sheet:
                continue
            end = self._content.find(b"</table:table>", table.end())
            for hidden in _HIDDEN.finditer(self._content, table.end(), max(end, table.end())):
                repeated = _REPEATED.search(hidden[0])
                count = int(repeated[1]) if repeated else 1
                if hidden[1] == b"row":
                    found.hidden_rows += count
                else:
                    found.hidden_columns += count
        return found
