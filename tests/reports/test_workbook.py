"""``report.xlsx``, and the count of every file by other means."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from syrupy.assertion import SnapshotAssertion

from importer.errors import ImporterError
from importer.models.outcomes import Reason
from importer.reports import recount, write_reports
from importer.reports.recount import csv_records
from importer.reports.sheets import Column, new_book
from importer.reports.workbook import write_workbook
from tests.support.reports_run import row, small_run, source, summary_of, write_rows


def test_the_summary_sheet_is_as_recorded(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """The first sheet tells the whole account in figures and words."""
    write_workbook(tmp_path, small_run(tmp_path), full=False)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames == ["Summary", "Imported", "Skipped", "Errored", "Unconfirmed", "Waiting"]
    lines = book["Summary"].iter_rows(values_only=True)
    assert ["|".join("" if cell is None else str(cell) for cell in line).rstrip("|") for line in lines] == snapshot


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """A report depends on the run alone, not on when it is written."""
    summary = small_run(tmp_path)
    first = {name: (tmp_path / name).read_bytes() for name in write_reports(tmp_path, summary)}
    assert first == {name: (tmp_path / name).read_bytes() for name in write_reports(tmp_path, summary)}


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
    """Rows that wait on the disk are gone when a workbook cannot be finished."""
    with pytest.raises(OSError, match="full"), new_book(tmp_path / "a.xlsx", "2026-03-01T09:00:00Z") as book:
        book.sheet("Rows").table([Column("name", 10)], [_Full({"name": ["somebody"]})])
    assert list(tmp_path.iterdir()) == []


def test_a_cell_too_long_for_a_sheet_is_cut_and_says_so(tmp_path: Path) -> None:
    """The report workbook shows what a cell can hold of a longer text."""
    rows = [row(Reason.CONFIRMED, "a.csv", 2, {"Notes": "\U0001f600" * 20_000})]
    write_rows(tmp_path, rows, ("Notes",))
    write_workbook(tmp_path, summary_of(rows, []), full=False)
    text = openpyxl.load_workbook(tmp_path / "report.xlsx")["Imported"]["A2"].value
    assert text.endswith("(cut: a cell holds no more)")
    assert len(text.encode("utf-16-le")) // 2 <= 32_767


def test_every_file_recounts_to_the_rows(tmp_path: Path) -> None:
    """Each file of the folder has the rows that the frame gives it."""
    write_reports(tmp_path, small_run(tmp_path))
    assert recount(tmp_path) == {
        "rows.parquet": 11,
        "imported.csv": 2,
        "skipped.csv": 3,
        "errored.csv": 4,
        "unconfirmed.csv": 1,
        "waiting.csv": 1,
        "retry.xlsx": 4,
        "report.xlsx": 11,
        "report.html": 5,
    }


@pytest.mark.parametrize("name", ["imported.csv", "errored.csv", "retry.xlsx", "report.xlsx", "report.html"])
def test_a_file_of_other_rows_is_named(tmp_path: Path, name: str) -> None:
    """A file written from other rows than the folder's is found out by name."""
    summary = small_run(tmp_path)
    write_reports(tmp_path, summary)
    other = tmp_path / "other"
    other.mkdir()
    rows = [row(Reason.CONFIRMED, "a.csv", 2, {}), row(Reason.PHONE_MISSING, "a.csv", 3, {})]
    write_rows(other, rows, ("Phone",))
    write_reports(other, summary_of(rows, [source("a.csv", ("Phone",), "Phone")]))
    (other / name).replace(tmp_path / name)
    with pytest.raises(ImporterError, match=f"{name} does not add up"):
        recount(tmp_path)


@pytest.mark.parametrize("name", ["skipped.csv", "retry.xlsx"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    """A file that must be there and is not is as bad as a wrong one."""
    write_reports(tmp_path, small_run(tmp_path))
    (tmp_path / name).unlink()
    with pytest.raises(ImporterError, match="does not add up: no file"):
        recount(tmp_path)


def test_a_stale_file_is_named(tmp_path: Path) -> None:
    """A file of an outcome that no row has must not lie there."""
    write_reports(tmp_path, small_run(tmp_path))
    (tmp_path / "planned.csv").write_text("source\n")
    with pytest.raises(ImporterError, match=r"planned\.csv does not add up"):
        recount(tmp_path)


def test_a_cut_file_is_found_out(tmp_path: Path) -> None:
    """A CSV file that ends in the middle of a cell is named."""
    (tmp_path / "cut.csv").write_text('a\n"b')
    with pytest.raises(ImporterError, match="ends in the middle of a cell"):
        csv_records(tmp_path / "cut.csv")


def test_a_row_without_an_outcome_is_found_out(tmp_path: Path) -> None:
    """A row that no stage settled is a fault of the run's rows."""
    small_run(tmp_path)
    pl.read_parquet(tmp_path / "rows.parquet").with_columns(outcome=pl.lit(None, pl.String)).write_parquet(
        tmp_path / "rows.parquet"
    )
    with pytest.raises(ImporterError, match="rows without an outcome"):
        recount(tmp_path)


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
        book.sheet("Rows").table([Column("text", 10), Column("figure", 10)], [rows])
    read = list(openpyxl.load_workbook(path)["Rows"].iter_rows(min_row=2))
    assert [unescape(cell.value) if cell.value else cell.value for cell, _ in read] == texts
    assert {cell.data_type for cell, _ in read if cell.value is not None} <= {"s"}
    assert [figure.value for _, figure in read] == list(range(len(texts)))


@settings(deadline=None)
@given(st.lists(st.lists(st.text(st.sampled_from('ab",\n\r;'), max_size=6), min_size=2, max_size=3), max_size=8))
def test_records_are_counted_as_a_csv_parser_counts_them(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]
) -> None:
    """The count by quotes and line ends is the count of Python's own parser, for any cells."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    path = tmp_path_factory.mktemp("records") / "a.csv"
    path.write_text(text.getvalue(), "utf-8", newline="")
    assert csv_records(path) == len(lines)


def test_a_record_may_span_the_parts_that_a_file_is_read_in(tmp_path: Path) -> None:
    """Quotes and line ends at every offset around a part's end count right."""
    for offset in range(4):
        path = tmp_path / "a.csv"
        path.write_bytes(b"x" * ((1 << 20) - offset) + b',"a""\n""b"\nnext\n')
        assert csv_records(path) == 2
