"""The count of every file of a run by other means than wrote them."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import ImporterError
from importer.models.outcomes import Reason
from importer.reports import recount, write_reports
from importer.reports.recount import csv_records
from tests.support.reports_run import row, small_run, source, summary_of, write_rows


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
        "report.html": 9,
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
