"""Facts about cells that a library's values omit: formats that matter, errors, booleans, hidden rows and columns."""

from collections import defaultdict
from dataclasses import dataclass, field

from importer.readers.workbooks.merges import Merges

ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
"""The error codes of binary files: MS-XLS 2.5.10."""


@dataclass(slots=True)
class Marks:
    """Cells of one sheet for which the value is not enough; rows and columns count from 0.

    Attributes:
        masked: rows of numbers, by column and by the code of a number format that shows more than the value.
        booleans: rows of booleans, by column; None if the file's format does not mark them.
        undated: row and number of cells with a date's format but a number outside the calendar, by column.
        errors: row and the error's text such as ``#N/A``, by column.
        hidden_rows, hidden_columns: their numbers.
        unstored_formulas: formula cells without a stored result.
        merges: merged cells.
    """

    masked: dict[tuple[int, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    booleans: dict[int, list[int]] | None = None
    undated: dict[int, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    errors: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    hidden_rows: int = 0
    hidden_columns: int = 0
    unstored_formulas: int = 0
    merges: Merges = field(default_factory=Merges)
