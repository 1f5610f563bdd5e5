"""The files of a run's folder: their owner's alone, whole or not there, and said where they cannot be written."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from importer.errors import StoppedError
from importer.models.findings import Finding
from importer.pipeline.review.review import FINDINGS_SCHEMA
from importer.reports import folder as reports_folder
from importer.reports import write_reports
from importer.storage.summary import SourceSummary
from tests.support.reports_run import small_run


def test_every_file_is_its_owners_alone(folder: Path) -> None:
    """Under any umask a file is readable by its owner only, and no part of one is left."""
    before = os.umask(0)
    try:
        names = write_reports(folder, small_run(folder))
    finally:
        os.umask(before)
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in names} == {0o600}
    assert not list(folder.glob(".*"))


def test_the_first_filled_text_is_taken() -> None:
    """Of any number of columns, as a run of many lists has them; null where all are null or empty."""
    texts = pl.DataFrame({"a": ["x", None, None, ""], "b": ["y", "z", None, "w"]})
    none = [pl.lit(None, pl.String)] * 40
    taken = texts.select(reports_folder.first_filled([pl.col("a"), *none, pl.col("b")])).to_series()
    assert taken.to_list() == ["x", "z", None, "w"]


def test_a_phone_as_read_is_of_the_rows_own_table(folder: Path) -> None:
    """Of hundreds of sheets and files, each with its own phone columns; null where the table has none."""
    summary = small_run(folder)
    plain = summary.sources[0]

    def table(file: str, sheet: str | None, *phones: str) -> SourceSummary:
        return plain.model_copy(update={"file": file, "sheet": sheet, "mapping": {"phone": list(phones)}})

    sheets = [f"S{number}" for number in range(300)]
    summary.sources = [table("book.xlsx", sheet, "A", "B") for sheet in sheets]
    summary.sources += [table("a.csv", None, "A"), table("b.csv", None, "B"), table("c.csv", None)]
    summary.sources += [table("own.xlsx", sheet, f"Tel {sheet}") for sheet in sheets]
    summary.sources += [table("two.xlsx", "S0", "A"), table("two.xlsx", "S0", "B")]  # two tables of one sheet
    places = [("book.xlsx", "S0"), ("book.xlsx", "S299"), ("a.csv", None), ("b.csv", None), ("c.csv", None)]
    places += [("own.xlsx", "S7"), ("two.xlsx", "S0"), ("two.xlsx", "S0")]
    rows = pl.DataFrame(places, schema=["source", "sheet"], orient="row").with_columns(
        pl.Series("raw:A", ["1", None, "3", "4", "5", "6", "7", None]),
        pl.Series("raw:B", ["11", "12", "13", "14", "15", "16", None, "18"]),
        *(pl.lit(f"of {sheet}").alias(f"raw:Tel {sheet}") for sheet in sheets),
    )
    cells = rows.select(reports_folder.phone_as_read(summary, rows.columns)).to_series()
    assert cells.to_list() == ["1", "12", "3", "14", None, "of S7", "7", "18"]


def test_findings_are_waited_for_where_they_are_shown(folder: Path) -> None:
    """A review that ends late shows in each report that lists findings."""
    summary = small_run(folder)

    def review() -> None:
        cells = {"finding": Finding.TWO_PEOPLE.value, "row": 3, "first_name": "Ann", "other_row": 2}
        pl.DataFrame([cells], FINDINGS_SCHEMA).write_parquet(folder / "review.parquet")
        summary.review = {Finding.TWO_PEOPLE.value: 1}

    names = write_reports(folder, summary, review)
    first = {name: (folder / name).read_bytes() for name in names}
    assert "review.csv" in names
    assert b"One number, two people: 1 row" in first["report.html"]
    assert names == write_reports(folder, summary)
    assert first == {name: (folder / name).read_bytes() for name in names}


def test_a_link_is_replaced_not_followed(folder: Path, tmp_path: Path) -> None:
    """A link that lies where a file goes does not lead the rows out of the folder."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    for name in ("errored.csv", ".errored.csv.part", ".retry.xlsx.part"):
        (folder / name).symlink_to(outside)
    write_reports(folder, small_run(folder))
    assert outside.read_text() == "mine"
    assert not (folder / "errored.csv").is_symlink()


def test_a_file_that_cannot_be_written_is_said(folder: Path) -> None:
    """A report that cannot be written ends in one line that names it and what to run."""
    summary = small_run(folder)
    (folder / "skipped.csv").mkdir()
    with pytest.raises(StoppedError, match=r"skipped\.csv cannot be written .* importer resume 2026-03-01-0900-abcd"):
        write_reports(folder, summary)


@pytest.mark.parametrize(("most", "wanted", "pieces"), [(0, [], 1), (1, [2], 1), (2, [2, 4], 2), (9, [2, 4, 8], 4)])
def test_first_rows_are_read_no_further_than_they_go(
    most: int, wanted: list[int], pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those of one look at all rows; pieces behind the last of them are not looked at."""
    seen = []

    def counted(rows: pl.LazyFrame, count: int) -> Iterator[pl.LazyFrame]:
        for start in range(0, count, 3):
            seen.append(start)
            yield rows.slice(start, 3)

    monkeypatch.setattr(reports_folder, "in_pieces", counted)
    rows = pl.LazyFrame({"place": range(10)})
    found = reports_folder.first_rows(rows, pl.col("place").is_in([2, 4, 8]), most, 10)
    assert found["place"].to_list() == wanted
    assert len(seen) == pieces
