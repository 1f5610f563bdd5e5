"""What a person should know of a sheet beside its cells."""

from dataclasses import dataclass, field

import polars as pl


@dataclass(slots=True)
class Facts:
    """Counts over one sheet, added up as it is read.

    Attributes:
        is_hidden: whether the workbook hides the sheet.
        errors: cells that hold an error such as ``#N/A``.
        unstored_formulas: formula cells without a stored result.
        hidden_rows, hidden_columns: how many.
    """

    is_hidden: bool = False
    errors: int = 0
    unstored_formulas: int = 0
    hidden_rows: int = 0
    hidden_columns: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a sheet as a person sees them.

    Attributes:
        first: the place of the first on the sheet, from 0.
        frame: String columns, named by their places on the sheet, from 0.
        facts: of these rows.
    """

    first: int
    frame: pl.DataFrame
    facts: Facts = field(default_factory=Facts)
