"""Contact lists with a truth known by construction, for tests and benchmarks.

For each row its end is drawn first (import it, damage it, repeat an earlier number …), then an E.164 number from a
block of numbers that ``phonenumbers``' metadata calls valid, and only then the way it is written. So the truth never
comes from the importer, nor from parsing what was written. No default region is meant: a national number is imported
where the Country column tells its region, and is ambiguous where that is empty.
"""

import csv
import io
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from openpyxl import Workbook
from phonenumbers import PhoneMetadata

T = TypeVar("T")

HEADER = ("First Name", "Last Name", "Phone", "E-mail", "Country", "City", "Customer No", "Note")
_PHONE = HEADER.index("Phone")


@dataclass(frozen=True, slots=True)
class Region:
    """What is needed to make numbers of a country and to write them as people there do.

    Attributes:
        idd: what is dialled before a country's code from there.
        trunk: what is dialled before a national number at home.
        groups: sizes of the groups of digits; the last takes what is left.
        blocks: the first digits of national numbers, and how many follow.
    """

    code: str
    names: tuple[str, ...]
    calling_code: str
    idd: str
    trunk: str
    groups: tuple[int, ...]
    blocks: tuple[tuple[str, int], ...]


@cache
def _valid_pattern(region: str) -> re.Pattern[str]:
    """What ``phonenumbers`` takes for the national digits of a fixed or mobile number."""
    metadata: Any = PhoneMetadata.metadata_for_region(region)
    return re.compile(f"{metadata.fixed_line.national_number_pattern}|{metadata.mobile.national_number_pattern}")


_US_AREAS = [area for area in range(201, 990) if _valid_pattern("US").fullmatch(f"{area}5550100")]

REGIONS = (
    Region("US", ("United States", "USA"), "1", "011", "", (3, 3), tuple((f"{area}555", 4) for area in _US_AREAS)),
    Region("GB", ("United Kingdom",), "44", "00", "0", (4, 3), (("7400", 6), ("7911", 6), ("1212", 6), ("2079460", 3))),
    Region("DE", ("Germany", "Deutschland"), "49", "00", "0", (3, 4), (("1512", 7), ("30231", 5), ("4066", 6))),
    Region("FR", ("France",), "33", "00", "0", (1, 2, 2, 2), (("612", 6), ("1990", 5), ("1234", 5))),
    Region("AU", ("Australia",), "61", "0011", "0", (3, 3), (("412", 6), ("2123", 5))),
    Region("IT", ("Italy",), "39", "00", "", (3, 3), (("312", 7), ("021234", 4), ("06698", 5))),
    Region("ES", ("Spain",), "34", "00", "", (3, 3), (("612", 6), ("9101", 5))),
    Region("IN", ("India",), "91", "00", "0", (5,), (("81234", 5), ("98765", 5))),
)
_WEIGHTED_REGIONS = [region for region in REGIONS for _ in range(20 if region.code == "US" else 4)]


@dataclass(frozen=True, slots=True)
class Number:
    """A valid number: its country and its national significant digits."""

    region: Region
    digits: str

    @property
    def e164(self) -> str:
        return f"+{self.region.calling_code}{self.digits}"

    def grouped(self, mark: str = " ") -> str:
        """The national digits in groups, with ``mark`` between them."""
        parts, rest = [], self.digits
        for size in self.region.groups:
            parts.append(rest[:size])
            rest = rest[size:]
        return mark.join([*parts, rest])

    def national(self, mark: str = " ") -> str:
        """As dialled at home."""
        return self.region.trunk + self.grouped(mark)

    def international(self, mark: str = " ") -> str:
        """With plus and country code."""
        return f"+{self.region.calling_code}{mark}{self.grouped(mark)}"


@dataclass(frozen=True, slots=True)
class Truth:
    """What must become of one row.

    Attributes:
        row: as a spreadsheet shows it; the header is 1.
        phone: E.164 of rows that have a valid number, those settled as duplicates included.
        kept_row: for a duplicate, the row that survives.
        spelling: how the phone was written, to find what fails.
    """

    row: int
    outcome: str
    reason: str
    phone: str | None
    kept_row: int | None
    spelling: str


_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

INTERNATIONAL: dict[str, Callable[[Number], str]] = {
    "e164": lambda number: number.e164,
    "spaces": lambda number: number.international(),
    "hyphens": lambda number: number.international("-"),
    "no-break-spaces": lambda number: number.international("\u00a0"),
    "narrow-spaces": lambda number: number.international("\u202f"),
    "typographic-hyphens": lambda number: number.international("‑"),
    "full-width": lambda number: number.e164.translate(_FULL_WIDTH).replace("+", "＋"),
    "directional-marks": lambda number: f"\u202a{number.international()}\u202c",
    "formula-text": lambda number: f'="{number.e164}"',
    "apostrophe": lambda number: f"'{number.e164}",
    "tel": lambda number: f"tel:{number.international('-')}",
    "lead-form": lambda number: f"p:{number.e164}",
    "extension": lambda number: f"{number.international()} ext. 123",
    "short-extension": lambda number: f"{number.international()} x45",
    "outer-spaces": lambda number: f"  {number.e164} ",
    "brackets": lambda number: f"(+{number.region.calling_code}) {number.grouped()}",
    "optional-trunk": lambda number: (
        f"+{number.region.calling_code} ({number.region.trunk}){number.grouped()}"
        if number.region.trunk
        else number.international(".")
    ),
}
"""Ways of writing that need no country."""

NATIONAL: dict[str, Callable[[Number], str]] = {
    "national": lambda number: number.national(),
    "national-dots": lambda number: number.national("."),
    "national-hyphens": lambda number: number.national("-"),
    "national-digits": lambda number: number.national(""),
    "national-slash": lambda number: number.national("").replace(
        number.digits, f"{number.digits[:3]}/{number.digits[3:]}"
    ),
    "national-brackets": lambda number: f"({number.region.trunk}{number.digits[:3]}) {number.digits[3:]}",
    "national-full-width": lambda number: number.national(" ").translate(_FULL_WIDTH),
    "national-extension": lambda number: f"{number.national()} ext 7",
    "dialled-abroad": lambda number: f"{number.region.idd} {number.region.calling_code} {number.grouped()}",
    "float": lambda number: f"{number.national('')}.0" if number.digits.startswith("0") else f"{number.digits}.0",
}
"""Ways of writing that need the Country column."""

_INTERNATIONAL_NAMES, _NATIONAL_NAMES = tuple(INTERNATIONAL), tuple(NATIONAL)

_MISSING = ("", "n/a", "-", "none", "N/A", "0000000000")
_IMPOSSIBLE: dict[str, Callable[[Number], str]] = {
    "too-short": lambda number: number.digits[:4],
    "too-long": lambda number: f"{number.e164}1234567",
    "no-such-country": lambda number: f"+999{number.digits}",
}
_FIRST = ("Ann", "Bob", "Chloé", "DEJA", "emma", "Jean-Luc", "Müzeyyen", "O'Neal", "Sofía", "李", "Zoë", " Liam ")
_LAST = ("Smith", "McDONALD", "o'brien", "van der Berg", "de la Cruz", "Müller", "King III", "García", "SMITH-JONES")
_CITIES = ("Springfield", "São Paulo", "Köln", "Portland, OR", "")
_NOTES = ("", "", "", 'said "call me"', "prefers mail", "two\nlines", "a;b|c")


@dataclass(frozen=True, slots=True)
class Mix:
    """How many rows of some thousand are of which kind; the last two in text only."""

    fresh: int = 780
    repeated: int = 100
    missing: int = 25
    impossible: int = 25
    damaged: int = 15
    ambiguous: int = 15
    blank: int = 10
    too_many_cells: int = 5
    stray_quote: int = 1


class Maker:
    """Draws rows and keeps the book of what must become of them."""

    def __init__(self, seed: int, mix: Mix) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._kept: dict[str, int] = {}
        self._numbers: list[Number] = []
        makes: dict[Callable[[int], tuple[list[str], Truth]], int] = {
            getattr(self, f"_{kind}"): count for kind, count in asdict(mix).items()
        }
        self._kinds = [make for make, count in makes.items() for _ in range(count)]

    def row(self, row: int, *, is_last: bool) -> tuple[list[str], Truth]:
        """The cells of a row and its truth; the last row is never blank, since a workbook does not keep such rows."""
        return self._fresh(row) if is_last else self._pick(self._kinds)(row)

    def _pick(self, items: Sequence[T]) -> T:
        return items[int(self._random.random() * len(items))]

    def _number(self) -> Number:
        region = self._pick(_WEIGHTED_REGIONS)
        while True:
            digits = self._digits(*self._pick(region.blocks))
            if _valid_pattern(region.code).fullmatch(digits):
                return Number(region, digits)

    def _digits(self, start: str, free: int) -> str:
        return f"{start}{int(self._random.random() * 10**free):0{free}}"

    def _cells(self, phone: str, country: str, row: int) -> list[str]:
        pick = self._pick
        first, last = pick(_FIRST), pick(_LAST)
        email = pick((f"person{row}@example.com", f" Person{row}@EXAMPLE.ORG", "", f"person{row} at example.net"))
        return [first, last, phone, email, country, pick(_CITIES), f"{row:07}", pick(_NOTES)]

    def _written(self, number: Number, row: int) -> tuple[list[str], str]:
        """A row that has this number in some spelling, and the spelling's name."""
        pick = self._pick
        home = pick((number.region.code, number.region.code, *number.region.names))
        if self._random.random() < 0.5:
            spelling = pick(_NATIONAL_NAMES)
            return self._cells(NATIONAL[spelling](number), home, row), spelling
        spelling = pick(_INTERNATIONAL_NAMES)
        return self._cells(INTERNATIONAL[spelling](number), pick((home, "")), row), spelling

    def _fresh(self, row: int) -> tuple[list[str], Truth]:
        return self._known(self._number(), row)

    def _repeated(self, row: int) -> tuple[list[str], Truth]:
        return self._known(self._pick(self._numbers) if self._numbers else self._number(), row)

    def _known(self, number: Number, row: int) -> tuple[list[str], Truth]:
        cells, spelling = self._written(number, row)
        kept = self._kept.setdefault(number.e164, row)
        if kept != row:
            return cells, Truth(row, "skipped", "duplicate-in-file", number.e164, kept, spelling)
        self._numbers.append(number)
        return cells, Truth(row, "imported", "confirmed", number.e164, None, spelling)

    def _missing(self, row: int) -> tuple[list[str], Truth]:
        cells = self._cells(self._pick(_MISSING), "US", row)
        return cells, Truth(row, "errored", "phone-missing", None, None, "placeholder")

    def _impossible(self, row: int) -> tuple[list[str], Truth]:
        number, spelling = self._number(), self._pick(tuple(_IMPOSSIBLE))
        cells = self._cells(_IMPOSSIBLE[spelling](number), number.region.code, row)
        return cells, Truth(row, "errored", "phone-invalid", None, None, spelling)

    def _damaged(self, row: int) -> tuple[list[str], Truth]:
        number = self._number()
        cells = self._cells(f"{float(number.e164):.5E}", number.region.code, row)
        return cells, Truth(row, "errored", "phone-damaged", None, None, "scientific")

    def _ambiguous(self, row: int) -> tuple[list[str], Truth]:
        cells = self._cells(self._number().national(), "", row)
        return cells, Truth(row, "errored", "phone-ambiguous", None, None, "national-without-country")

    def _blank(self, row: int) -> tuple[list[str], Truth]:
        return [""] * len(HEADER), Truth(row, "skipped", "blank-row", None, None, "blank")

    def _too_many_cells(self, row: int) -> tuple[list[str], Truth]:
        cells = [cell.replace("\n", " ") for cell in self._written(self._number(), row)[0]]
        return [*cells, "extra"], Truth(row, "errored", "malformed-row", None, None, "too-many-cells")

    def _stray_quote(self, row: int) -> tuple[list[str], Truth]:
        number = self._number()
        cells = ["Ann", '"Lee', number.e164, "", number.region.code, "Springfield", f"{row:07}", ""]
        return cells, Truth(row, "errored", "malformed-row", None, None, "stray-quote")


def make_list(rows: int, seed: int, *, is_text: bool = True) -> tuple[list[list[str]], list[Truth]]:
    """Rows of cells, the header not among them, and the truth of each; the same for the same arguments."""
    maker = Maker(seed, Mix() if is_text else Mix(too_many_cells=0, stray_quote=0))
    made = [maker.row(row, is_last=row == rows + 1) for row in range(2, rows + 2)]
    return [cells for cells, _ in made], [truth for _, truth in made]


def write_csv(path: Path, rows: int, seed: int) -> list[Truth]:
    """A list as UTF-8 CSV, malformed rows among the others."""
    lists, truths = make_list(rows, seed)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for cells, truth in zip(lists, truths, strict=True):
        if truth.spelling == "stray-quote":
            text.write(",".join(cells) + "\n")
        else:
            writer.writerow(cells)
    path.write_text(text.getvalue(), "utf-8", newline="\n")
    return truths


def write_xlsx(path: Path, rows: int, seed: int) -> list[Truth]:
    """A list as a workbook of text cells, but for phones that a spreadsheet made numbers of; no malformed rows."""
    lists, truths = make_list(rows, seed, is_text=False)
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Contacts")
    sheet.append(HEADER)
    for cells, truth in zip(lists, truths, strict=True):
        line: list[str | float | None] = [f"'{cell}" if cell.startswith("=") else cell or None for cell in cells]
        if truth.spelling == "float" and not cells[_PHONE].startswith("0"):
            line[_PHONE] = float(cells[_PHONE])
        sheet.append(line)
    workbook.save(path)
    return truths
