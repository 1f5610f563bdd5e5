"""The child's result: what it found in a workbook, passed to its parent as JSON."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from importer.readers.workbooks.merges import Merge, Merges


@dataclass(slots=True)
class Facts:
    """Counts over one sheet, added up while it is read.

    Attributes:
        is_hidden: True if the workbook hides the sheet.
        errors: cells that hold an error such as ``#N/A``.
        unstored_formulas: formula cells without a stored result.
        hidden_rows, hidden_columns: their numbers.
        merges: merged cells.
    """

    is_hidden: bool = False
    errors: int = 0
    unstored_formulas: int = 0
    hidden_rows: int = 0
    hidden_columns: int = 0
    merges: Merges = field(default_factory=Merges)

    def __iadd__(self, other: "Facts") -> "Facts":
        self.is_hidden |= other.is_hidden
        self.errors += other.errors
        self.unstored_formulas += other.unstored_formulas
        self.hidden_rows += other.hidden_rows
        self.hidden_columns += other.hidden_columns
        self.merges += other.merges
        return self


@dataclass(frozen=True, slots=True)
class Extent:
    """The range of a sheet's cells; rows and columns count from 0.

    Attributes:
        pages: offset of each page in the file, in bytes, and of the end of the last one.
        rows: number of rows, from the sheet's first to the last filled one.
        first_filled: the first row with a filled cell.
        first_column: the first column with a filled cell.
        last_filled: for each column from there on, the last row with a filled cell; -1 if there is none.
        long_numbers: number of cells of more than 15 digits and nothing else.
    """

    pages: tuple[int, ...]
    rows: int
    first_filled: int
    first_column: int
    last_filled: tuple[int, ...]
    long_numbers: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filled sheet.

    Attributes:
        name: of the sheet.
        extent: the range of its cells.
        facts: counts for the remarks to people.
    """

    name: str
    extent: Extent
    facts: Facts


@dataclass(frozen=True, slots=True)
class Result:
    """The child's result.

    Attributes:
        problem: why nothing can be read, to follow the file's name; None if it could be read.
        format: ``xlsx``, ``xlsb``, ``xls`` or ``ods``.
        sheets: the filled ones, in the workbook's order.
        empty: names of the sheets without any cell.
    """

    problem: str | None = None
    format: str = ""
    sheets: tuple[Sheet, ...] = ()
    empty: tuple[str, ...] = ()

    def dump(self) -> str:
        """Return the result as text."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: bytes) -> "Result | None":
        """Return the result in a text; None if it is incomplete, because the child was stopped."""
        try:
            data = json.loads(text)
        except ValueError:
            return None
        sheets = tuple(
            Sheet(sheet["name"], Extent(**sheet["extent"]), _facts(**sheet["facts"])) for sheet in data["sheets"]
        )
        return cls(data["problem"], data["format"], sheets, tuple(data["empty"]))


def _facts(merges: dict[str, Any], **counts: Any) -> Facts:
    top = [Merge(**merge) for merge in merges["top"]]
    return Facts(**counts, merges=Merges(top, merges["down"], merges["across"]))
