"""Faults of workbooks: the part that cannot be read and the reason, or "damaged" if a second reader fails as well."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import error as StructError  # noqa: N812 - its own name says nothing
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from importer.errors import ReadError
from importer.readers.workbooks.container import damaged

_SECOND = frozenset({"xlsx", "xlsb", "xls", "ods"})
"""The formats that the library reads too."""


class FaultError(Exception):
    """A part of a workbook cannot be read.

    Attributes:
        part: its name, such as ``sheet 'List'``.
        reason: the end of a sentence.
    """

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(part, reason)
        self.part = part
        self.reason = reason


@contextmanager
def within(part: str) -> Iterator[None]:
    """Turn any error within into a ``FaultError`` of this part; a fault of an inner part keeps its own name."""
    try:
        yield
    except (ReadError, FaultError, MemoryError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a parser may panic, which is no Exception
        raise FaultError(part, _reason(error)) from None


def _reason(error: BaseException) -> str:
    match error:
        case ExpatError() | ParseError():
            return "its XML is broken"
        case BadZipFile() | zlib.error() | EOFError() | NotImplementedError():
            return "its bytes cannot be unpacked"
        case KeyError():
            return "the file does not hold it"
        case StructError() | IndexError():
            return "it ends within a record"
    return "it holds what no such part has"


def verdict(form: str, path: Path, fault: FaultError) -> ReadError:
    """Return the refusal "damaged" if a second reader fails as well; else one with part, reason and fix."""
    return damaged() if form in _SECOND and not _is_readable(path) else refused(fault)


def refused(fault: FaultError) -> ReadError:
    """Return the refusal of a workbook because of one of its parts."""
    return ReadError(
        f"cannot be read: {fault.part}: {fault.reason}. Open it in a spreadsheet program, save it again, and import "
        "that file."
    )


def _is_readable(path: Path) -> bool:
    """Return True if the library can read all sheets."""
    import fastexcel  # noqa: PLC0415 - few files are in question

    try:
        book = fastexcel.read_excel(path.read_bytes())
        for place in range(len(book.sheet_names)):
            book.load_sheet(place, header_row=None, dtypes="string")
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException:  # noqa: BLE001 - a parser may panic, which is no Exception
        return False
    return True
