"""The sheet of a marked copy that explains it: what each colour means, how many rows have it, where to look first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, PatternFill, Side
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from importer.models.outcomes import REASONS, Outcome, Reason
from importer.reports.marked.books import put_text
from importer.reports.marked.sheets import COLOURS, DIM, HEAD, ON_HEAD, WRONG, Marked, new_title, usual_font
from importer.reports.wording import shown_time
from importer.storage.summary import Summary

_TITLE = "importer"
_MEANINGS = {
    Outcome.IMPORTED: "The contact is in the account.",
    Outcome.SKIPPED: "Left out on purpose: nothing to do.",
    Outcome.ERRORED: "Not in the account. Correct the row.",
    Outcome.UNCONFIRMED: "Sent, but the answer leaves open whether it was imported.",
    Outcome.WAITING: "Not sent yet: the run stopped before.",
    Outcome.PLANNED: "Would be sent; nothing was, on purpose.",
}
_WIDTHS = (20, 20, 10, 62, 62)
_LINK = "1155CC"


def add_legend(  # noqa: PLR0913, PLR0917 - what is told there
    book: Workbook, summary: Summary, file: str, name: str, marked: Sequence[Marked], notes: Sequence[str]
) -> None:
    """Add the sheet behind the others; ``name`` is that of the copy."""
    page = _Page(book.create_sheet(new_title(book, _TITLE)))
    page.line([f"What became of {file}"], {"bold": True, "sz": 16})
    page.line([f"Run {summary.run_id}, {shown_time(summary.started_at)}"], {"color": DIM})
    page.line([])
    page.head(["Colour", "Sheet", "Rows", "Meaning"])
    for outcome in Outcome:
        for sheet in marked:
            if rows := sheet.outcomes[outcome.value]:
                page.line([outcome.value, sheet.title, rows, _MEANINGS[outcome]], colour=COLOURS[outcome.value])
    if any(sheet.comments + sheet.uncommented for sheet in marked):
        page.line(["the cell to correct", None, None, "Its comment says what is wrong with it."], colour=WRONG)
    page.line([])
    page.head(["Why", "First such row", "Rows", "Meaning", "What to do"])
    for why in _reasons(marked):
        info = REASONS[Reason(why.code)]
        fix, meaning = info.fix.replace(" RUN", f" {summary.run_id}"), info.meaning.replace(" (kept_row)", "")
        cells: list[str | int | None] = [
            why.code,
            f"{why.title}, {why.place}",
            why.rows,
            meaning,
            fix or None,
        ]
        page.line(cells, colour=COLOURS[why.outcome])
        page.link(2, why.title, why.place)
    page.line([])
    page.head(["How to correct rows here"])
    for text in (
        "Correct cells of the list itself. Sort whole rows only. A row to correct that you delete counts as dropped.",
        'Leave the columns "importer: …", which tie rows to the run. What is skipped or imported is not sent again.',
        "Save this workbook, and type:",
    ):
        page.line([text])
    page.line([f"importer retry {summary.run_id} {name}"], {"bold": True})
    later = sum(sheet.later for sheet in marked)
    uncommented = sum(sheet.uncommented for sheet in marked)
    told = [*notes, "Cells that had a colour of their own keep it."]
    if later:
        told.append(
            f"{later:,} rows were errored in this run and imported since, corrected: they are shown as imported."
        )
    if uncommented:
        told.append(f"{uncommented:,} more cells to correct are coloured and have no comment.")
    page.line([])
    page.head(["About this copy"])
    for text in told:
        page.line([text])


@dataclass(frozen=True, slots=True)
class _Why:
    """A reason of a sheet's rows, and the cell to look at in the first of them."""

    title: str
    outcome: str
    code: str
    rows: int
    place: str


def _reasons(marked: Sequence[Marked]) -> list[_Why]:
    """Return the reasons of all sheets, what is to be corrected first."""
    found = [
        _Why(sheet.title, *key, rows=rows, place=sheet.first[key])
        for sheet in marked
        for key, rows in sheet.reasons.items()
    ]
    order = [Outcome.ERRORED, Outcome.UNCONFIRMED, Outcome.WAITING, Outcome.SKIPPED, Outcome.IMPORTED, Outcome.PLANNED]
    return sorted(found, key=lambda each: (order.index(Outcome(each.outcome)), -each.rows))


class _Page:
    """The sheet, written from the top down."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet, self._row = sheet, 0
        sheet.sheet_view.showGridLines = False
        sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        for letter, width in zip("ABCDE", _WIDTHS, strict=True):
            sheet.column_dimensions[letter].width = width

    def line(
        self, cells: Sequence[str | int | None], font: dict[str, Any] | None = None, colour: str | None = None
    ) -> None:
        """Write a row; in one with a colour, the first cell has it, and long texts are wrapped."""
        self._row += 1
        for place, content in enumerate(cells, 1):
            cell = self._sheet.cell(self._row, place)
            if isinstance(content, int):
                cell.value, cell.number_format = content, "#,##0"
            else:
                put_text(cell, content)
            if font is not None:
                cell.font = usual_font(cell, **font)
            if colour is not None:
                cell.alignment = Alignment(vertical="top", wrap_text=True, horizontal="left")
                cell.border = Border(bottom=Side("thin", color="DDDDDD"))
                if place == 1:
                    cell.fill = PatternFill("solid", fgColor=colour)
        if colour is not None:
            wrapped = [len(str(text or "")) / width for text, width in zip(cells, _WIDTHS, strict=False)]
            self._sheet.row_dimensions[self._row].height = 16 * max(1, *(int(lines) + 1 for lines in wrapped))

    def head(self, cells: Sequence[str]) -> None:
        """Write a row of headings over the whole width."""
        self.line([*cells, *[None] * (len(_WIDTHS) - len(cells))], {"bold": True, "color": ON_HEAD})
        for place in range(1, len(_WIDTHS) + 1):
            self._sheet.cell(self._row, place).fill = PatternFill("solid", fgColor=HEAD)

    def link(self, place: int, title: str, to: str) -> None:
        """Let a cell of the last row lead to a cell of another sheet."""
        cell = self._sheet.cell(self._row, place)
        quoted = title.replace("'", "''")
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!{to}")
        cell.font = usual_font(cell, underline="single", color=_LINK)
