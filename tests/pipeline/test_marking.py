"""A marked copy: the user's own workbook with the outcome of each row, and the way back of what is corrected there."""

import io
import shutil
import sys
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import polars as pl
import pytest
from xlsxwriter import Workbook

from importer.pipeline import marking
from importer.reports.marked import child
from importer.reports.marked.sheets import COLOURS, WRONG
from importer.storage.decisions import Decisions
from importer.storage.run_folder import RunFolder
from importer.system import children
from tests.conftest import Sandbox, Typed
from tests.support.commands import books
from tests.support.marked_books import YELLOW, cells_of, club
from tests.support.retrying import HEADER


class Here:
    """What makes a marked copy, at work in this process: to start one for each copy takes longer than to make it."""

    returncode = 0

    def __init__(self, module: str, order: str, **_: object) -> None:
        assert module == child.__name__
        self._order = order

    def communicate(self) -> tuple[bytes, None]:
        answer = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(answer):
            patch.setattr(sys, "argv", [child.__name__, self._order])
            patch.setattr(child, "signal", SimpleNamespace(signal=lambda *_: None, SIGINT=None, SIG_DFL=None))
            patch.setattr(child, "os", SimpleNamespace(_exit=lambda _: None))
            child.main()
        return answer.getvalue().encode(), None

    def kill(self) -> None:
        """It has ended."""

    wait = kill


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "children", SimpleNamespace(start=Here, was_stopped=children.was_stopped))


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where somebody works."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def imported(typed: Typed, sandbox: Sandbox, *files: str) -> Path:
    """Import lists, and make their marked copies; the run's folder."""
    summary = books(typed("run", *files, "--region", "US", "--base-url", sandbox.url, "--json"))
    return Path("runs") / str(summary["run_id"])


def test_the_copy_is_the_users_workbook_with_colours_and_reasons(at: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Every cell, format, sheet and rule is as it was; the colours are as many as the summary says."""
    club(at / "club.xlsx")
    run = imported(typed, sandbox, "club.xlsx")
    done = typed("report", "latest", "--marked")
    copy = run / "marked-club.xlsx"
    assert (done.code, f"marked: {copy}" in done.err, copy.stat().st_mode & 0o777) == (0, True, 0o600)

    before, after = cells_of(at / "club.xlsx"), cells_of(copy)
    for title, cells in before.items():
        assert {place: after[title][place] for place in cells} == cells
    book = openpyxl.load_workbook(copy)
    assert book.sheetnames == ["Members", "importer", "Empty", "importer 2"]
    sheet = book["Members"]
    assert [sheet.cell(4, column).value for column in range(7, 11)] == [
        "importer: outcome", "importer: why", "importer: sent as", "importer: tie",
    ]  # fmt: skip
    outcomes = Counter(sheet.cell(row, 7).value for row in range(5, 10))
    summary = RunFolder(run).summary()
    assert summary is not None
    assert outcomes == {"imported": summary.imported, "skipped": summary.skipped, "errored": summary.errored}
    colours = Counter(sheet.cell(row, 4).fill.fgColor.rgb for row in range(5, 10))
    assert colours == {f"00{COLOURS[outcome]}": count for outcome, count in outcomes.items()}
    assert sheet["B5"].fill.fgColor.rgb == YELLOW.fgColor.rgb  # of the user's own
    assert [sheet[place].fill.fgColor.rgb for place in ("C6", "C9")] == [f"00{WRONG}"] * 2
    assert sheet["C6"].comment.text.startswith("Ask Ben.\n\nimporter: ")
    assert sheet["C9"].comment.text == "importer: no number in Phone; fill one in\n\nFill in a phone number."
    assert sheet["B7"].comment.text == "Pays in cash."
    assert (sheet["G5"].value, sheet["H5"].value, sheet["I5"].value) == ("imported", None, "+12025550101, Ann Example")
    assert sheet["H8"].value == "same number as row 5 of club.xlsx, sheet Members; there under another name"

    assert (sheet.tables["Members"].ref, sheet.tables["Members"].autoFilter.ref) == ("B4:J9", "B4:J9")
    assert sheet.tables["Members"].column_names[-1] == "importer: tie"
    assert (sheet.freeze_panes, sheet.print_area, sheet.print_title_rows) == ("C5", "'Members'!$A$1:$F$9", "$4:$4")
    assert (sheet.row_dimensions[7].hidden, sheet.column_dimensions["B"].width) == (True, 30)
    assert [sheet.column_dimensions[letter].hidden for letter in ("G", "J", "K")] == [False, False, True]
    assert (sheet.merged_cells.ranges.pop().coord, sheet.oddHeader.center.text) == ("B1:F1", "Confidential")
    assert (len(sheet.data_validations.dataValidation), len(list(sheet.conditional_formatting))) == (1, 1)
    assert (book.defined_names["Fees"].attr_text, book["Empty"].sheet_state) == ("Members!$E$5:$E$9", "hidden")
    told = {tuple(cell.value for cell in row[:3]) for row in book["importer 2"].iter_rows()}
    assert {("errored", "Members", 2), ("phone-invalid", "Members, C6", 1)} <= told


@pytest.mark.usefixtures("here")
def test_what_is_corrected_in_a_copy_is_sent_and_nothing_else(at: Path, sandbox: Sandbox, typed: Typed) -> None:
    """An unedited copy sends nothing; a corrected one that row; a new copy shows it as imported."""
    club(at / "club.xlsx", has_table=False)
    run = imported(typed, sandbox, "club.xlsx")
    typed("report", "latest", "--marked")
    copy = run / "marked-club.xlsx"
    assert typed("retry", run.name, copy).code == 2
    book = openpyxl.load_workbook(copy)
    sheet = book["Members"]
    assert sheet.auto_filter.ref == "B4:J9"
    sheet["C6"] = "(202) 555-0102"
    sheet["B7"] = "Sid Example"  # imported: no correction sends it again
    sheet.move_range("B6:J6", rows=6)  # a whole row, moved
    sheet.delete_rows(9)  # Eve's
    book.save(copy)
    done = typed("retry", run.name, copy, "--as", "anna")
    assert "1 rows corrected (1 cells), 0 to be sent as they are, 0 dropped and 1 no longer in the file" in " ".join(
        done.err.split()
    )
    assert {contact.phone for contact in sandbox.store.contacts()} == {f"+1202555010{n}" for n in (1, 2, 3)}
    assert {place[2]: state.choice for place, state in Decisions(run).rows().items()} == {6: "set", 9: "drop"}

    done = typed("report", "latest", "--marked")  # which is the retry, with no list of its own
    assert "edited and was not written over, it is now: marked-club-edited-1.xlsx" in done.err
    assert (done.code, f"marked: {copy}" in done.err) == (0, True)
    sheet = openpyxl.load_workbook(copy)["Members"]
    later = max(path.name for path in Path("runs").glob("2*"))
    assert [sheet.cell(6, column).value for column in (7, 8)] == ["imported", f"Imported by run {later}, corrected."]
    assert sheet["C6"].comment.text == "Ask Ben."


@pytest.mark.usefixtures("here")
def test_formulas_keep_the_results_that_they_have(at: Path, sandbox: Sandbox, typed: Typed) -> None:
    """Without them a preview, and this program, would read empty cells."""
    book = Workbook(at / "list.xlsx")
    sheet = book.add_worksheet("List")
    sheet.write_row(0, 0, ["Name", "Phone", "Both", "Twice"])
    sheet.write_row(1, 0, ["Ann & <Co>", "+1 202-555-0101"])
    sheet.write_formula("C2", '=A2&" "&B2', None, "Ann & <Co> +1 202-555-0101")
    sheet.write_formula("D2", "=2*21", None, 42)
    book.close()
    run = imported(typed, sandbox, "list.xlsx")
    assert typed("report", "latest", "--marked").code == 0
    for results in (False, True):
        before, after = (
            cells_of(path, results=results)["List"] for path in (at / "list.xlsx", run / "marked-list.xlsx")
        )
        assert {place: after[place] for place in before} == before
    assert typed("retry", run.name, run / "marked-list.xlsx").code == 2


@pytest.mark.usefixtures("here")
def test_a_list_that_is_no_workbook_becomes_one(at: Path, sandbox: Sandbox, typed: Typed) -> None:
    """With text cells; its rows stand where they stood; only lists of the file that is corrected lose deleted rows."""
    (at / "a.csv").write_text(f"{HEADER}Ann,+1 202-555-0101,Oslo,=1+1\nBen,12345,Rome,007\n", "utf-8")
    (at / "b.csv").write_text(f"{HEADER}Cid,12,Bonn,\nDee,13,Bonn,\n", "utf-8")
    run = imported(typed, sandbox, "a.csv", "b.csv")
    typed("report", "latest", "--marked")
    book = openpyxl.load_workbook(run / "marked-a.xlsx")
    assert [[cell.value for cell in row[:4]] for row in book["a"].iter_rows()] == [
        ["Name", "Phone", "City", "=Note"],
        ["Ann", "+1 202-555-0101", "Oslo", "=1+1"],
        ["Ben", "12345", "Rome", "007"],
    ]
    assert {cell.data_type for row in book["a"].iter_rows() for cell in row if cell.value} == {"s"}
    other = openpyxl.load_workbook(run / "marked-b.xlsx")
    other["b"].delete_rows(3)
    other.save(at / "fixed.xlsx")
    typed("retry", run.name, "fixed.xlsx")
    assert {place[:3:2]: state.choice for place, state in Decisions(run).rows().items()} == {("b.csv", 3): "drop"}


@pytest.mark.usefixtures("here")
def test_a_copy_that_would_lose_something_is_not_made(at: Path, sandbox: Sandbox, typed: Typed) -> None:
    """It says what; the copies of other files are made; nothing half-written stays."""
    club(at / "club.xlsx")
    book = Workbook(at / "chart.xlsx")
    sheet = book.add_worksheet("List")
    sheet.write_row(0, 0, ["Name", "Phone"])
    sheet.write_row(1, 0, ["Fay Example", "+1 202-555-0109"])
    made = book.add_chart({"type": "line"})
    made.add_series({"values": "=List!$A$1:$A$2"})
    sheet.insert_chart("D1", made)
    book.close()
    run = imported(typed, sandbox, "chart.xlsx", "club.xlsx")
    done = typed("report", "latest", "--marked")
    said = " ".join(done.err.split())
    assert done.code == 2
    assert "The marked copy of chart.xlsx is not made, because it would lose a chart (sheet List)." in said
    assert sorted(path.name for path in run.glob("*marked*")) == ["marked-club.xlsx", "marked-club.xlsx.sha256"]


@pytest.mark.usefixtures("here")
def test_a_copy_that_would_not_come_back_as_it_went_is_not_made(at: Path, sandbox: Sandbox, typed: Typed) -> None:
    """A value below a merged cell is read from the list, and openpyxl drops it."""
    book = Workbook(at / "list.xlsx")
    sheet = book.add_worksheet("List")
    sheet.write_row(0, 0, ["Name", "Phone", "City"])
    for row, name in enumerate(("Ann", "Ben"), 1):
        sheet.write_row(row, 0, [name, f"+1 202-555-010{row}", "Oslo"])
    sheet.merge_range("C2:C3", "Oslo")
    book.close()
    run = imported(typed, sandbox, "list.xlsx")
    done = typed("report", "latest", "--marked")
    assert (done.code, "read back, it would not be the same list" in done.err) == (2, True)
    assert not list(run.glob("*marked*"))


@pytest.mark.usefixtures("here")
def test_a_file_that_is_gone_or_changed_is_named(at: Path, sandbox: Sandbox, typed: Typed) -> None:
    """The outcomes are those of other rows."""
    club(at / "club.xlsx")
    run = imported(typed, sandbox, "club.xlsx")
    shutil.move("club.xlsx", "away.xlsx")
    assert "cannot be read (No such file or directory)" in " ".join(typed("report", "latest", "--marked").err.split())
    openpyxl.Workbook().save("club.xlsx")
    assert "was changed since the run read it" in " ".join(typed("report", "latest", "--marked").err.split())
    assert not list(run.glob("*marked*"))


@pytest.mark.usefixtures("here")
def test_a_copy_in_which_only_cells_were_sorted_is_refused(at: Path, sandbox: Sandbox, typed: Typed) -> None:
    """The list's cells without ours: each row would be another person."""
    club(at / "club.xlsx")
    run = imported(typed, sandbox, "club.xlsx")
    typed("report", "latest", "--marked")
    book = openpyxl.load_workbook(run / "marked-club.xlsx")
    sheet = book["Members"]
    rows = [[cell.value for cell in row] for row in sheet["B5:E9"]]
    for row, cells in zip(sheet["B5:E9"], reversed(rows), strict=True):
        for cell, value in zip(row, cells, strict=True):
            cell.value = value
    book.save(at / "sorted.xlsx")
    done = typed("retry", run.name, "sorted.xlsx")
    assert (done.code, Decisions(run).seq) == (5, 0)
    assert "sorted.xlsx, rows 5, 6, 8, 9" in done.err
    assert pl.read_parquet(run / "rows.parquet").height == 5
