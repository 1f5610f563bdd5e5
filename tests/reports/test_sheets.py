"""Sheets of text: where they stop, what is cut, and what comes back."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from importer.errors import StoppedError
from importer.models.outcomes import Reason
from importer.reports import recount, sheets, write_reports
from importer.reports.folder import new_file
from importer.reports.sheets import Column, new_book
from importer.reports.workbook import write_workbook
from tests.support.reports_run import row, source, summary_of, write_rows


def test_a_sheet_says_where_it_stops(tmp_path: Path) -> None:
    """A sheet holds 5,000 rows and names the file with all of them; a full one holds every row and says nothing."""
    rows = [row(Reason.BLANK_ROW, "a.csv", number, {}) for number in range(2, 5003)]
    write_rows(tmp_path, rows, ("Phone",))
    summary = summary_of(rows, [source("a.csv", ("Phone",), "Phone", rows=5001)])
    write_reports(tmp_path, summary)
    sheet = openpyxl.load_workbook(tmp_path / "report.xlsx")["Skipped"]
    lines = list(sheet.iter_rows(values_only=True))
    assert lines[0][0] == "The first 5,000 of 5,001 rows. All of them are in skipped.csv."
    assert len(lines) == 5002
    assert recount(tmp_path)["report.xlsx"] == 5000
    write_reports(tmp_path, summary, full=True)
    assert recount(tmp_path)["report.xlsx"] == 5001


class _Full(pl.DataFrame):
    """Rows that the disk has no room for."""

    def iter_slices(self, n_rows: int = 10_000) -> Iterator[pl.DataFrame]:
        """The first ones, and then the disk is full."""
        yield pl.DataFrame({"name": ["somebody"] * min(n_rows, 10)})
        raise OSError("full")


def test_a_workbook_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Nothing is left of a workbook that cannot be finished."""
    with (
        pytest.raises(StoppedError),
        new_file(tmp_path, "a.xlsx") as part,
        new_book(part, "2026-03-01T09:00:00Z") as book,
    ):
        book.sheet("Rows").table([Column("name", 10)], lambda: [_Full({"name": ["somebody"]})], 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("plain_bytes", [sheets._PLAIN_BYTES, 2_000])
def test_a_sheet_of_any_size_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain_bytes: int) -> None:
    """A sheet too large for a plain archive is written all the same, with ZIP64; readers learn how large it is."""
    monkeypatch.setattr(sheets, "_PLAIN_BYTES", plain_bytes)
    path = tmp_path / "a.xlsx"
    rows = pl.DataFrame({"name": [f"somebody {number}" for number in range(100)]})
    with new_book(path, "2026-03-01T09:00:00Z") as book:
        book.sheet("Rows").table([Column("name", 10)], lambda: rows.iter_slices(30), rows.height)
        book.sheet("Notes").line(["below"])
    read = openpyxl.load_workbook(path, read_only=True)
    assert read["Rows"].calculate_dimension() == "A1:A101"
    assert [cell for (cell,) in read["Rows"].iter_rows(min_row=2, values_only=True)] == rows["name"].to_list()
    with ZipFile(path) as archive:
        versions = {part.extract_version for part in archive.infolist()}
    assert versions == ({20} if plain_bytes > 2_000 else {45})


def test_a_cell_too_long_for_a_sheet_is_cut_and_says_so(tmp_path: Path) -> None:
    """The report workbook shows what a cell can hold of a longer text."""
    rows = [row(Reason.CONFIRMED, "a.csv", 2, {"Notes": "\U0001f600" * 20_000})]
    write_rows(tmp_path, rows, ("Notes",))
    write_workbook(tmp_path, summary_of(rows, []), full=False)
    text = openpyxl.load_workbook(tmp_path / "report.xlsx")["Imported"]["A2"].value
    assert text.endswith("(cut: a cell holds no more)")
    assert len(text.encode("utf-16-le")) // 2 <= 32_767


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.none() | st.text(max_size=8) | st.sampled_from(["=1+1", "<r>a</r>", "_x0041_", " a ", "http://a", "]]>"])
    )
)
def test_a_cell_reads_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, texts: list[str | None]) -> None:
    """Any text comes back as text: no formula, no link, no markup, whatever XML cannot hold included."""
    path = tmp_path_factory.mktemp("cells") / "a.xlsx"
    path.touch()
    with new_book(path, "2026-03-01T09:00:00Z") as book:
        rows = pl.DataFrame(
            {"text": texts, "figure": range(len(texts))}, schema={"text": pl.String, "figure": pl.UInt32}
        )
        book.sheet("Rows").table([Column("text", 10), Column("figure", 10)], lambda: [rows], rows.height)
    read = list(openpyxl.load_workbook(path)["Rows"].iter_rows(min_row=2))
    assert [unescape(cell.value) if cell.value else cell.value for cell, _ in read] == texts
    assert {cell.data_type for cell, _ in read if cell.value is not None} <= {"s"}
    assert [figure.value for _, figure in read] == list(range(len(texts)))
