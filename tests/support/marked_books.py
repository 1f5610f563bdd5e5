"""Workbooks as people keep them, to be marked: with titles, looks, formulas, comments, other sheets."""

from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

HEADER = ["Name", "Phone", "Member since", "Fee", "Fee and tax"]
ROWS: list[list[Any]] = [
    ["Ann Example", "+1 202-555-0101", 45000.123456789, 12.5],
    ["Ben Example", "12345", 60, 1000],
    ["Cid Example", "+1 202-555-0103", 45002, -3],
    ["Dee Example", "+1 202-555-0101", -1, 0.1],
    ["Eve Example", None, 45004, 7],
]
"""One of every kind: good, invalid, good, the number of the first, without any."""
YELLOW = PatternFill("solid", fgColor="FFFFFF00")


def club(path: Path, *, has_table: bool = True) -> Path:
    """A list below a title, with most of what people do to a workbook; formulas have results, as Excel saves them."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Members"
    sheet["B1"] = "Our club"
    sheet["B1"].font = Font(size=20, bold=True)
    sheet.merge_cells("B1:F1")
    for column, name in enumerate(HEADER, 2):
        sheet.cell(4, column, name).font = Font(bold=True)
    for row, cells in enumerate(ROWS, 5):
        for column, value in enumerate(cells, 2):
            sheet.cell(row, column, value)
        sheet.cell(row, 4).number_format = "dd.mm.yyyy"
        sheet.cell(row, 5).number_format = '#,##0.00 "€"'
        sheet.cell(row, 6, f"=E{row}*1.2")
    sheet["B5"].fill = YELLOW
    sheet["C6"].comment = Comment("Ask Ben.", "Ann")
    sheet["B7"].comment = Comment("Pays in cash.", "Ann")
    sheet.freeze_panes = "C5"
    sheet.row_dimensions[7].hidden = True
    sheet.column_dimensions["B"].width = 30
    sheet.column_dimensions.group("G", "XFD", hidden=True)
    sheet.print_area = "A1:F9"
    sheet.print_title_rows = "4:4"
    sheet.oddHeader.center.text = "Confidential"
    offered = DataValidation(type="whole", operator="greaterThan", formula1="-5")
    offered.add("E5:E9")
    sheet.add_data_validation(offered)
    sheet.conditional_formatting.add("E5:E9", CellIsRule(operator="greaterThan", formula=["5"], fill=YELLOW))
    if has_table:
        sheet.add_table(Table(displayName="Members", ref="B4:F9"))
    book.defined_names["Fees"] = DefinedName("Fees", attr_text="Members!$E$5:$E$9")
    other = book.create_sheet("importer")
    other["A1"] = "=SUM(Fees)"
    other["A2"] = "a sheet of this name is here already"
    book.create_sheet("Empty").sheet_state = "hidden"
    book.save(path)
    return path


def cells_of(path: Path, *, results: bool = False) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Each cell of each sheet: what it holds, of which type, in which format; with ``results``, those of formulas."""
    book = openpyxl.load_workbook(path, data_only=results)
    return {
        sheet.title: {
            cell.coordinate: (str(cell.value), cell.data_type, cell.number_format, cell.font.b, cell.font.sz)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
        for sheet in book
    }
