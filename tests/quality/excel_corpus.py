"""``python -m tests.quality.excel_corpus``: our cells beside the CSV that Excel wrote of 110 sheets.

Excel writes the picture of a value. Text cells must be equal; numbers by value within the places written; moments in
the parts written. Prints counts, what calamine (through fastexcel and by itself), openpyxl and xlrd have right of the
same cells, and for each sheet with differences how many, the first ones, and the reason.
"""

import argparse
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from itertools import groupby, zip_longest
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import fastexcel

from importer.readers.workbooks import child
from importer.readers.workbooks.pages import Pages
from tests.quality.excel_readers import OTHER_READERS, Cells, OtherReader

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpora" / "excel"

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
    counts: Counter[tuple[str, str, bool]] = Counter()
    found = []
    for pair in _pairs():
        ours = _ours(CORPUS / pair["book"]).get(pair["sheet"], [])
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


@dataclass(frozen=True, slots=True)
class Beside:
    """What another reader makes of one sheet, beside ours.

    Attributes:
        book, csv: the workbook, and what Excel wrote of the sheet.
        cells: filled ones that Excel wrote.
        ours, theirs: how many are right; ``theirs`` is None where the reader does not take such books, or fails.
        only_ours, only_theirs: how many one of the two alone has right.
    """

    book: str
    csv: str
    cells: int
    ours: int
    theirs: int | None
    only_ours: int = 0
    only_theirs: int = 0


def beside(reader: OtherReader) -> Iterator[Beside]:
    """Compare each sheet with what another reader has of it."""
    for pair in _pairs():
        book, sheet = CORPUS / pair["book"], int(pair["sheet"])
        written = _from_first_cell(_written(CORPUS / pair["csv"]))
        ours = list(_right(written, _ours(book).get(sheet, [])))
        cells = reader.cells(book, sheet)
        theirs = [] if cells is None else list(_right(written, _from_first_cell(cells)))
        yield Beside(
            pair["book"],
            pair["csv"],
            len(ours),
            sum(ours),
            None if cells is None else sum(theirs),
            sum(mine and not other for mine, other in zip(ours, theirs, strict=False)),
            sum(other and not mine for mine, other in zip(ours, theirs, strict=False)),
        )


def _right(written: Cells, own: Cells) -> Iterator[bool]:
    """For each filled cell that Excel wrote, whether a reader has it so."""
    nothing: list[str] = []
    for row, cells in zip_longest(written, own[: len(written)], fillvalue=nothing):
        for cell, mine in zip_longest(row, cells[: len(row)], fillvalue=""):
            if cell:
                yield _is_same(cell, mine)


def _pairs() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / "pairs.jsonl").read_text("utf-8").splitlines()]


def totals(counts: Counter[tuple[str, str, bool]]) -> Counter[tuple[str, bool]]:
    """Cells by kind and whether they are the same."""
    found: Counter[tuple[str, bool]] = Counter()
    for (_, kind, is_same), number in counts.items():
        found[kind, is_same] += number
    return found


def _written(path: Path) -> Cells:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    return list(csv.reader(io.StringIO(text, newline="")))


@cache
def _ours(book: Path) -> dict[int, Cells]:
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


def _from_first_cell(cells: Cells) -> Cells:
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
    parser.add_argument("--all", action="store_true", help="every difference, not two of each sheet")
    options = parser.parse_args()
    counts, differences = compared()
    for kind in ("text", "digits"):
        same, other = (totals(counts)[kind, is_same] for is_same in (True, False))
        print(f"{kind:<7}{same:,} of {same + other:,} cells equal")
    _print_readers()
    for name, those in groupby(differences, key=lambda cell: cell.csv):
        cells = list(those)
        print(f"\n{name}: {len(cells)} of {sum(n for (sheet, _, _), n in counts.items() if sheet == name)} differ")
        for why, number in Counter(cell.reason for cell in cells).most_common():
            print(f"  {number:>5}  {why or 'not explained'}")
        for cell in cells if options.all else cells[:2]:
            print(f"         {cell.row + 1},{cell.column + 1}: Excel {cell.written!r}, ours {cell.ours!r}")


def _print_readers() -> None:
    """Print, for each other reader, who is right where it and we differ; then each book on which readers differ."""
    books: dict[str, dict[str, list[Beside]]] = {}
    print(f"\n{'reader':<11}{'sheets read':>16}{'its cells right':>20}{'ours':>10}{'only it':>9}{'only ours':>11}")
    for reader in OTHER_READERS:
        if not reader.is_installed:
            print(f"{reader.name:<11}is not installed and not compared (pip install {reader.package})")
            continue
        sheets = [sheet for sheet in beside(reader) if Path(sheet.book).suffix.lower() in reader.endings]
        read = [sheet for sheet in sheets if sheet.theirs is not None]
        right = f"{sum(sheet.theirs or 0 for sheet in read):,} of {sum(sheet.cells for sheet in read):,}"
        print(
            f"{reader.name:<11}{f'{len(read)} of {len(sheets)}':>16}{right:>20}{sum(sheet.ours for sheet in read):>10,}"
            f"{sum(sheet.only_theirs for sheet in read):>9,}{sum(sheet.only_ours for sheet in read):>11,}"
        )
        for sheet in sheets:
            books.setdefault(sheet.book, {}).setdefault(reader.name, []).append(sheet)
    names = [reader.name for reader in OTHER_READERS if reader.is_installed]
    print(f"\n{'cells right, where readers differ':<55}{'of':>7}{'ours':>7}" + "".join(f"{n:>11}" for n in names))
    for book, found in sorted(books.items()):
        ours = next(iter(found.values()))
        if all(sheet.theirs == sheet.ours for sheets in found.values() for sheet in sheets):
            continue
        shown = "".join(f"{_of_book(found.get(name)):>11}" for name in names)
        print(f"{book:<55}{sum(sheet.cells for sheet in ours):>7,}{sum(sheet.ours for sheet in ours):>7,}{shown}")


def _of_book(sheets: list[Beside] | None) -> str:
    """How many cells of a book a reader has right; a dash where it takes no such books."""
    if sheets is None:
        return "-"
    failed = sum(sheet.theirs is None for sheet in sheets)
    right = f"{sum(sheet.theirs or 0 for sheet in sheets):,}"
    return "fails" if failed == len(sheets) else f"{right} ({failed} fail)" if failed else right


if __name__ == "__main__":
    main()
