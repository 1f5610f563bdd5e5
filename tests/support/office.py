"""A real spreadsheet program for the workbooks: LibreOffice, driven through UNO; tests skip by name without it.

The file runs twice: as a module of the tests, and by the system's Python, which alone has ``uno``, as the process that
starts LibreOffice and does what the tests ask, a line of JSON each.
"""

import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_START_S = 60
_SYSTEM_PYTHON = "/usr/bin/python3"


class Office:
    """A LibreOffice that runs; ``edit`` opens a workbook there, works on its first sheet, and saves it as xlsx."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def edit(self, book: Path, saved: Path, *steps: tuple[Any, ...]) -> Path:
        """Open, do the steps (the functions below, without their sheet), save; the new file."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(book), str(saved), steps]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer == "done\n", answer
        return saved


def running_office() -> Iterator[Office]:
    """Start LibreOffice for the tests of a module, and end it with them."""
    import pytest  # noqa: PLC0415 - the system's Python has none

    if shutil.which("soffice") is None:
        pytest.skip("libreoffice-calc is not installed")
    if subprocess.run([_SYSTEM_PYTHON, "-c", "import uno"], capture_output=True, check=False).returncode:
        pytest.skip("python3-uno is not installed")
    with subprocess.Popen(
        [_SYSTEM_PYTHON, "-I", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Office(process)
        assert process.stdin is not None
        process.stdin.close()


@dataclass(frozen=True)
class _OpenBook:
    """A workbook that is open: its first sheet, its window, and what types there."""

    sheet: Any
    window: Any
    keyboard: Any


def put(open_book: "_OpenBook", row: int, column: str, text: str) -> None:
    """Type into a cell, as at the keyboard: row from 1, column by its header."""
    place = open_book.sheet.getCellByPosition(_place(open_book.sheet, column), row - 1).AbsoluteName
    for command, name, value in ((".uno:GoToCell", "ToPoint", place), (".uno:EnterString", "StringName", text)):
        open_book.keyboard.executeDispatch(open_book.window, command, "", 0, (_property(name, value),))


def delete(open_book: "_OpenBook", row: int) -> None:
    """Delete a whole row."""
    open_book.sheet.Rows.removeByIndex(row - 1, 1)


def sort(open_book: "_OpenBook", column: str, is_ascending: bool) -> None:
    """Sort the whole table below its header."""
    _sort(_table(open_book.sheet), _place(open_book.sheet, column), is_ascending)


def sort_range(open_book: "_OpenBook", area: str, column: str, is_ascending: bool) -> None:
    """Sort an area, such as ``B4:J9``, below its header."""
    cells = open_book.sheet.getCellRangeByName(area)
    _sort(cells, _place(open_book.sheet, column) - cells.RangeAddress.StartColumn, is_ascending)


def _sort(area: Any, place: int, is_ascending: bool) -> None:
    field = _struct("com.sun.star.table.TableSortField")
    field.Field, field.IsAscending = place, is_ascending
    fields = _uno().Any("[]com.sun.star.table.TableSortField", (field,))
    area.sort((_property("SortFields", fields), _property("ContainsHeader", True)))


def show_only(open_book: "_OpenBook", column: str, text: str) -> None:
    """Filter the table: rows with another text in the column are hidden."""
    table = _table(open_book.sheet)
    wanted = table.createFilterDescriptor(True)
    wanted.ContainsHeader = True
    field = _struct("com.sun.star.sheet.TableFilterField")
    field.Field, field.StringValue, field.IsNumeric = _place(open_book.sheet, column), text, False
    field.Operator = _uno().Enum("com.sun.star.sheet.FilterOperator", "EQUAL")
    wanted.setFilterFields((field,))
    table.filter(wanted)


def fill_down(open_book: "_OpenBook", column: str, first: int, last: int) -> None:
    """Copy the first of some cells into the others, as Ctrl+D does."""
    place = _place(open_book.sheet, column)
    cells = open_book.sheet.getCellRangeByPosition(place, first - 1, place, last - 1)
    down = _uno().Enum("com.sun.star.sheet.FillDirection", "TO_BOTTOM")
    simple = _uno().Enum("com.sun.star.sheet.FillMode", "SIMPLE")
    days = _uno().Enum("com.sun.star.sheet.FillDateMode", "FILL_DATE_DAY")
    cells.fillSeries(down, simple, days, 1, 0)


STEPS = {step.__name__: step for step in (put, delete, sort, sort_range, show_only, fill_down)}


def _uno() -> Any:
    return importlib.import_module("uno")  # the system's Python alone has it


def _struct(name: str) -> Any:
    return _uno().createUnoStruct(name)


def _property(name: str, value: Any) -> Any:
    made = _struct("com.sun.star.beans.PropertyValue")
    made.Name, made.Value = name, value
    return made


def _table(sheet: Any) -> Any:
    """Return the filled cells of a sheet."""
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    end = cursor.RangeAddress
    return sheet.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow)


def _place(sheet: Any, column: str) -> int:
    """Return the number, from 0, of the column with this header in any of the first rows."""
    table = _table(sheet)
    for row in range(min(20, table.Rows.Count)):
        for place in range(table.Columns.Count):
            if table.getCellByPosition(place, row).String == column:
                return place
    raise KeyError(column)


def _serve() -> None:
    """Start LibreOffice, and do what each line on standard input says."""
    uno = _uno()
    with tempfile.TemporaryDirectory() as home:
        pipe = f"importer-tests-{Path(home).name}"
        flags = ["--headless", "--norestore", "--nodefault", "--nolockcheck", "--nologo"]
        where = [f"-env:UserInstallation={Path(home).as_uri()}", f"--accept=pipe,name={pipe};urp;"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(["soffice", *flags, *where], **quiet) as office:  # type: ignore[call-overload]
            services = _services(uno, f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            desktop = services.createInstance("com.sun.star.frame.Desktop")
            for line in sys.stdin:
                try:
                    _edit(services, *json.loads(line))
                except Exception as error:  # noqa: BLE001 - whatever it is, the test that waits must hear of it
                    sys.stdout.write(f"{error!r}\n".replace("\n", " ") + "\n")
                else:
                    sys.stdout.write("done\n")
                sys.stdout.flush()
            try:
                desktop.terminate()
            except Exception:  # noqa: BLE001 - it ends without an answer
                office.wait(_START_S)


def _edit(services: Any, book: str, saved: str, steps: list[list[Any]]) -> None:
    """Open a workbook, do the steps on its first sheet, save it under another name."""
    desktop = services.createInstance("com.sun.star.frame.Desktop")
    keyboard = services.createInstance("com.sun.star.frame.DispatchHelper")
    document = desktop.loadComponentFromURL(_uno().systemPathToFileUrl(book), "_blank", 0, (_property("Hidden", True),))
    try:
        opened = _OpenBook(document.Sheets.getByIndex(0), document.CurrentController.Frame, keyboard)
        for name, *arguments in steps:
            STEPS[name](opened, *arguments)
        form = _property("FilterName", "Calc MS Excel 2007 XML")
        document.storeToURL(_uno().systemPathToFileUrl(saved), (form,))
    finally:
        document.close(True)


def _services(uno: Any, address: str) -> Any:
    here = uno.getComponentContext()
    resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
    until = time.monotonic() + _START_S
    while True:
        try:
            there = resolver.resolve(address)
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return there.ServiceManager


if __name__ == "__main__":
    _serve()
