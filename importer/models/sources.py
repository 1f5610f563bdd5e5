"""Facts about a file or a sheet, apart from its rows."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Lines of a text file, or rows of a sheet, that do not belong to the list.

    Attributes:
        what: ``blank`` (above the list), ``sep`` (a line such as ``sep=;``), ``remark``, ``title``, ``header``,
            ``rule`` (a line of dashes), ``description`` (ids, types or placeholders of the columns under their names),
            ``other`` (a table above the list that holds no phone numbers) or ``footer``.
        first, last: physical lines, or rows of the sheet, starting at 1.
    """

    what: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that cannot be read, beside others that can: its name to show, and the reason with the fix."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    """The second guess for an encoding that nothing in the file proves.

    Attributes:
        runner_up: the second likeliest encoding.
        words: up to three words of the file, each as read and as the runner-up would decode it.
    """

    runner_up: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A table as the reader understood it: a plain file, or one sheet of a workbook.

    Attributes:
        path: where the file is.
        file: its name as shown in reports; the path as given if two files of a run share a name.
        sha256: of the file's bytes, hex.
        size_bytes: of the file.
        format: ``csv``, ``xlsx``, ``xls``, ``xlsb``, ``ods`` … (``csv`` stands for all delimited text).
        columns: unique, non-empty names in file order; an empty header becomes ``column N`` (N starts at 1), a
            repeated one gets `` (2)``, `` (3)`` ….
        header_row: the header's row as a spreadsheet shows it, starting at 1; None if the file has no header.
        encoding, delimiter: of delimited text; None for workbooks.
        encoding_guess: None if the encoding is proven.
        left_out: lines above and below the rows of delimited text, in order; of a sheet, the rows below.
        sheet: the sheet's name; None for plain files.
        notes: remarks for people on how the file was read, one sentence each, without cell values.
    """

    path: Path
    file: str
    sha256: str
    size_bytes: int
    format: str
    columns: tuple[str, ...]
    header_row: int | None
    encoding: str | None = None
    encoding_guess: EncodingGuess | None = None
    delimiter: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    sheet: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Return file and sheet as a message names them."""
        return self.file if self.sheet is None else f"{self.file}, sheet {self.sheet}"

    @property
    def has_names(self) -> bool:
        """Return True if the columns have names of their own, from a header or from a format such as JSON."""
        return self.header_row is not None or any(not re.fullmatch(r"column \d+", column) for column in self.columns)
