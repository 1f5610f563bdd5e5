"""``python -m tests.excel_corpus``: our cells beside the CSV that Excel wrote of 110 sheets, and why where they differ.

Excel writes the picture of a value. Text cells must be equal; numbers by value within the places written; moments in
the parts written. Prints counts, and for each sheet with differences how many, the first ones, and the reason.
"""

import argparse
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby, zip_longest
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import fastexcel
import openpyxl

from importer.workbooks import child
from importer.workbooks.numbers import decimal
from importer.workbooks.pages import Pages

CORPUS = Path(__file__).parents[1].parent / "shared" / "corpora" / "excel"

_WRITTEN = ("%m/%d/%y", "%m/%d/%Y", "%B %d, %Y", "%m/%d/%y %H:%M", "%m/%d/%Y %H:%M", "%I:%M %p", "%H:%M", "%H:%M:%S",
            "%d-%b-%y", "%d-%b", "%b-%y", "%A, %B %d, %Y", "%Y-%m-%d", "%d/%m/%Y", "%M:%S")  # fmt: skip
_OURS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%H:%M:%S")


_CALCULATED_ANEW = ("LookupFunctionsTestCaseData", "MatchFunctionTestCaseData")


class Reason(StrEnum):
    """Why a cell differs."""

    BLANK = "a lone space is no content"
    PADDING = "the number format shows spaces beside the text"
    DASH = "the number format shows zero as a dash"
    UNQUOTED = "the CSV has commas in cells without quotes; the whole row is the same text"
    ANEW = "the CSV has what Excel calculated anew, without some rows; the book stores another program's results"


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that Excel wrote otherwise.

    Attributes:
        csv: what Excel wrote.
        row, column: from the first filled ones, from 0.
        written, ours: the cell.
        is_same_row: whether the rows are the same when ours is parted at every comma.
    """

    csv: str
    row: int
    column: int
    written: str
    ours: str
    is_same_row: bool

    @property
    def kind(self) -> str:
        """What its cell holds: ``text``, or ``digits`` among others."""
        return _kind(self.written)

    @property
    def reason(self) -> Reason | None:
        """Why it is none of ours to mend; None where that is not known."""
        shown = self.written.strip()
        if shown == self.ours:
            return Reason.PADDING if shown else Reason.BLANK
        if (shown, self.ours) == ("-", "0"):
            return Reason.DASH
        if self.is_same_row:
            return Reason.UNQUOTED
        return Reason.ANEW if any(name in self.csv for name in _CALCULATED_ANEW) else None


def _kind(written: str) -> str:
    return "digits" if any(map(str.isdigit, written)) else "text"


def compared() -> tuple[Counter[tuple[str, str, bool]], list[Difference]]:
    """Filled cells by CSV, kind (``text`` or ``digits``) and whether they are the same; and those that are not."""
    read: dict[str, dict[int, list[list[str]]]] = {}
    counts: Counter[tuple[str, str, bool]] = Counter()
    found = []
    for line in (CORPUS / "pairs.jsonl").read_text("utf-8").splitlines():
        pair = json.loads(line)
        if pair["book"] not in read:
            read[pair["book"]] = _cells(CORPUS / pair["book"])
        ours = read[pair["book"]].get(pair["sheet"], [])
        for place, row in enumerate(_from_first_cell(_written(CORPUS / pair["csv"]))):
            own = ours[place] if place < len(ours) else []
            parts = [part for cell in own for part in cell.split(",")]
            is_same_row = all(_is_same(*both) for both in zip_longest(row, parts, fillvalue=""))
            for column, (written, cell) in enumerate(zip_longest(row, own[: len(row)], fillvalue="")):
                if written:
                    is_equal = _is_same(written, cell)
                    counts[pair["csv"], _kind(written), is_equal] += 1
                    if not is_equal:
                        found.append(Difference(pair["csv"], place, column, written, cell, is_same_row))
    return counts, found


def others() -> dict[str, Counter[tuple[str, bool]]]:
    """For each other reader, cells by kind and whether it has them as Excel wrote them; of books that it reads."""
    found: dict[str, Counter[tuple[str, bool]]] = {}
    for line in (CORPUS / "pairs.jsonl").read_text("utf-8").splitlines():
        pair = json.loads(line)
        rows = _from_first_cell(_written(CORPUS / pair["csv"]))
        for name, read in _OTHERS.items():
            if name != "calamine" and (name == "xlrd") != pair["book"].endswith(".xls"):
                continue
            try:
                theirs = _from_first_cell(read(CORPUS / pair["book"], pair["sheet"]))
            except Exception:  # noqa: BLE001 - whatever another reader makes of a book that it cannot read
                theirs = []
            counts = found.setdefault(name, Counter())
            nothing: list[str] = []
            for row, own in zip_longest(rows, theirs[: len(rows)], fillvalue=nothing):
                for written, cell in zip_longest(row, own[: len(row)], fillvalue=""):
                    if written:
                        counts[_kind(written), _is_same(written, cell)] += 1
    return found


def _of_calamine(book: Path, sheet: int) -> list[list[str]]:
    frame = fastexcel.read_excel(book.read_bytes()).load_sheet(sheet, header_row=None, dtypes="string").to_polars()
    return [[cell or "" for cell in row] for row in frame.rows()]


def _of_openpyxl(book: Path, sheet: int) -> list[list[str]]:
    rows = openpyxl.load_workbook(book, data_only=True).worksheets[sheet].iter_rows(values_only=True)
    return [[_plain(cell) for cell in row] for row in rows]


def _of_xlrd(book: Path, sheet: int) -> list[list[str]]:
    xlrd = import_module("xlrd")
    opened = xlrd.open_workbook(book)
    found = opened.sheet_by_index(sheet)

    def text(cell: Any) -> str:
        if cell.ctype == xlrd.XL_CELL_DATE:
            return _plain(xlrd.xldate_as_datetime(cell.value, opened.datemode))
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, ""))
        return _plain(bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value)

    return [[text(cell) for cell in found.row(place)] for place in range(found.nrows)]


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return "" if value is None else decimal(repr(value)) if isinstance(value, float) else str(value)


_OTHERS: dict[str, Callable[[Path, int], list[list[str]]]] = {
    "calamine": _of_calamine,
    "openpyxl": _of_openpyxl,
    **({"xlrd": _of_xlrd} if find_spec("xlrd") else {}),
}
"""xlrd is no dependency: it is compared where somebody has installed it."""


def totals(counts: Counter[tuple[str, str, bool]]) -> Counter[tuple[str, bool]]:
    """Cells by kind and whether they are the same."""
    found: Counter[tuple[str, bool]] = Counter()
    for (_, kind, is_same), number in counts.items():
        found[kind, is_same] += number
    return found


def _written(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    return list(csv.reader(io.StringIO(text, newline="")))


def _cells(book: Path) -> dict[int, list[list[str]]]:
    """Each sheet's cells by its place, read without the cost of a process for each of a hundred books."""
    with TemporaryFile() as cells:
        result = child.read(book, cells, None)
        cells.flush()
        names = fastexcel.read_excel(book.read_bytes()).sheet_names
        return {
            names.index(sheet.name): _from_first_cell(
                [[cell or "" for cell in row] for row in Pages(cells, sheet.extent).slice(0, sheet.extent.rows).rows()]
            )
            for sheet in result.sheets
        }


def _from_first_cell(cells: list[list[str]]) -> list[list[str]]:
    """Without the empty rows above and the empty columns left of what is filled."""
    filled = [row for row in cells if any(row)]
    top = cells.index(filled[0]) if filled else len(cells)
    left = min((next(place for place, cell in enumerate(row) if cell) for row in filled), default=0)
    return [row[left:] for row in cells[top:]]


def _is_same(written: str, ours: str) -> bool:
    """Text exactly; numbers within the places written; moments in the parts written."""
    if written.replace("\r", "\n") == ours.replace("\r", "\n"):
        return True
    if not any(map(str.isdigit, written)):
        return False
    theirs, mine = _number(written), _number(ours)
    if theirs and mine:
        return abs(theirs[0] - mine[0]) <= theirs[1] * Decimal("1.000001")
    mine_at = [moment for _, moment in _parsed(ours, _OURS)]
    return any(
        own.strftime(code) == moment.strftime(code) for code, moment in _parsed(written, _WRITTEN) for own in mine_at
    )


def _parsed(text: str, formats: tuple[str, ...]) -> Iterator[tuple[str, datetime]]:
    for code in formats:
        year = ("", "") if "%y" in code.lower() else (" 1900", " %Y")  # from Python 3.13 on a day needs one
        try:
            yield code, datetime.strptime(text.strip() + year[0], code + year[1])  # noqa: DTZ007 - cells have no zone
        except ValueError:
            continue


def _number(text: str) -> tuple[Decimal, Decimal] | None:
    """A written number and half of its last place."""
    bare = re.sub(r"[$€£,\s_]", "", text)
    sign = -1 if bare.startswith("(") else 1
    share = Decimal("0.01") if bare.endswith("%") else Decimal(1)
    try:
        value = Decimal(bare.strip("()").removesuffix("%"))
    except InvalidOperation:
        return None
    exponent = value.as_tuple().exponent
    return (sign * value * share, share * Decimal(1).scaleb(exponent) / 2) if isinstance(exponent, int) else None


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every difference, not three of each sheet")
    options = parser.parse_args()
    counts, differences = compared()
    for kind in ("text", "digits"):
        same, other = (totals(counts)[kind, is_same] for is_same in (True, False))
        print(f"{kind:<7}{same:,} of {same + other:,} cells equal")
    for name, theirs in others().items():
        for kind in ("text", "digits"):
            same, other = (theirs[kind, is_same] for is_same in (True, False))
            print(f"{name:<10}{kind:<7}{same:,} of {same + other:,} cells equal")
    for name, those in groupby(differences, key=lambda cell: cell.csv):
        cells = list(those)
        print(f"\n{name}: {len(cells)} of {sum(n for (sheet, _, _), n in counts.items() if sheet == name)} differ")
        for why, number in Counter(cell.reason for cell in cells).most_common():
            print(f"  {number:>5}  {why or 'not explained'}")
        for cell in cells if options.all else cells[:2]:
            print(f"         {cell.row + 1},{cell.column + 1}: Excel {cell.written!r}, ours {cell.ours!r}")


if __name__ == "__main__":
    main()
