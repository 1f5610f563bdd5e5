"""What is known of a file, or of a sheet of one, apart from its rows."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Lines of a text file, or rows of a sheet, that are no rows of the list.

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
    """A file that cannot be read, among others that can: its name to show, and why, with the way out."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    """What stands against an encoding that nothing in the file proves.

    Attributes:
        runner_up: the second likeliest encoding.
        words: up to three words of the file, each as it was read and as the runner-up would have it.
    """

    runner_up: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One table as it was understood: a plain file, or one sheet of a workbook.

    Attributes:
        path: where the file is.
        file: its name as shown in reports; the path as given where two files of a run have one name.
        sha256: of the file's bytes, hex.
        size_bytes: of the file.
        format: ``csv``, ``xlsx``, ``xls``, ``xlsb``, ``ods`` … (``csv`` stands for all delimited text).
        columns: unique, non-empty names in file order; an empty header becomes ``column N`` (N starts at 1), a
            repeated one gets `` (2)``, `` (3)`` ….
        header_row: the header's row as a spreadsheet shows it, starting at 1; None where the file has no header.
        encoding, delimiter: of delimited text; None for workbooks.
        encoding_guess: where the encoding is a guess.
        left_out: of delimited text, the lines above and below the rows, in order; of a sheet, the rows below.
        sheet: the sheet's name; None for plain files.
        notes: what a person should know of how the file was understood, one sentence each, without cell values.
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
        """File and sheet, as a message names them."""
        return self.file if self.sheet is None else f"{self.file}, sheet {self.sheet}"

    @property
    def has_names(self) -> bool:
        """Whether the columns have names of their own: a header, or those that a format such as JSON gives."""
        return self.header_row is not None or any(not re.fullmatch(r"column \d+", column) for column in self.columns)
