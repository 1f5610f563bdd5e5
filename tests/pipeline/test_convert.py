"""``convert``: what is written is what was read, whatever the format, and nothing is lost on the way."""

from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook

from importer.errors import UsageError
from importer.models.frames import RAW, with_prefix
from importer.pipeline.convert import convert
from importer.pipeline.plan import named
from importer.readers.formats import open_tables
from importer.readers.table import Table

COLUMNS = ("Name", "Phone", "Note")
ROWS = [
    ("Ann Lee", "+1 415 555 0100", 'says "hi", twice'),
    ("Jürgen", "0049 30 2312500", "two\nlines"),
    (None, "=1+1", " spaces "),
    ("佐藤", "007", "0012"),
]


def written(file: Path, out: str = "plain") -> list[tuple[Path, list[str]]]:
    return list(convert(named([file]), file.parent / out, None))


def rows(table: Table) -> list[tuple[str | None, ...]]:
    frames = [chunk.select(with_prefix(chunk, RAW)) for chunk in table.chunks(2)]
    return pl.concat(frames).rows()


def make(folder: Path, kind: str) -> Path:
    file = folder / f"list.{kind}"
    frame = pl.DataFrame(ROWS, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    if kind == "xlsx":
        book = Workbook()
        for row in (COLUMNS, *ROWS):
            book.active.append([None if cell is None else cell for cell in row])
            for cell in book.active[book.active.max_row]:
                cell.data_type = "s" if cell.value is not None else cell.data_type
        book.save(file)
    elif kind == "csv":
        file.write_text(frame.write_csv(separator=";"), "utf-16")
    elif kind == "json":
        frame.write_json(file)
    elif kind == "ndjson":
        frame.write_ndjson(file)
    elif kind == "parquet":
        frame.write_parquet(file)
    else:
        cards = [f"BEGIN:VCARD\nVERSION:3.0\nFN:{row[0] or 'x'}\nTEL:{row[1]}\nEND:VCARD\n" for row in ROWS]
        file.write_text("".join(cards), "utf-8")
    return file


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "ndjson", "parquet", "vcf"])
def test_what_is_written_is_read_again_as_it_was(tmp_path: Path, kind: str) -> None:
    """Columns and cells are the same, and so no format knows more of a list than plain CSV."""
    file = make(tmp_path, kind)
    (before,) = open_tables(file, file.name, None)
    ((target, remarks),) = written(file)
    assert (target.name, remarks) == (f"list.{kind}.csv", [])
    (after,) = open_tables(target, target.name, None)
    assert after.source.columns == before.source.columns
    assert rows(after) == rows(before)
    assert (after.source.encoding, after.source.delimiter) == ("utf-8", ",")


def test_a_file_that_was_there_is_not_replaced_in_silence(tmp_path: Path) -> None:
    """The second time it is said."""
    file = make(tmp_path, "csv")
    ((target, first),) = written(file)
    ((_, second),) = written(file)
    assert (first, second) == ([], [f"{target} was there before and was replaced."])
    assert sorted(path.name for path in target.parent.iterdir()) == ["list.csv.csv"]


def test_files_of_one_name_do_not_take_each_others_place(tmp_path: Path) -> None:
    """The second gets a number; sheets too."""
    files = []
    for folder in ("march", "april"):
        (tmp_path / folder).mkdir()
        files.append(make(tmp_path / folder, "csv"))
    targets = [target.name for target, _ in convert(named(files), tmp_path / "plain", None)]
    assert targets == ["list.csv.csv", "list.csv 2.csv"]


def test_cells_past_the_last_column_are_named(tmp_path: Path) -> None:
    """With file and row, without the cell."""
    file = tmp_path / "list.csv"
    file.write_text("Name,Phone\nAnn,+14155550100\nBob,+14155550101,secret\n", "utf-8")
    ((_, remarks),) = written(file)
    (remark,) = remarks
    assert remark.startswith("list.csv, row 3: ")
    assert "secret" not in remark


def test_what_is_written_is_for_its_owner_alone_and_whole_or_not_there(tmp_path: Path) -> None:
    """A list is people's data; what cannot be written leaves the file that was there, and nothing unfinished."""
    file = make(tmp_path, "csv")
    ((target, _),) = written(file)
    assert target.stat().st_mode & 0o777 == 0o600
    (target.parent / "list.csv.csv").unlink()
    (target.parent / "list.csv.csv").mkdir()
    with pytest.raises(UsageError, match=r"cannot be written .*--out"):
        written(file)
    assert [path.name for path in target.parent.iterdir()] == ["list.csv.csv"]
