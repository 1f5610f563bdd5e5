"""The file of decided rows: each list's rows under its own name and numbers, as a reader gives them."""

from pathlib import Path

import polars as pl
import pytest

from importer.errors import ReadError
from importer.readers.decided import DecidedList, write_decided
from importer.readers.formats import open_tables


def written(folder: Path) -> Path:
    one = pl.DataFrame({"row": [3, 9], "raw:Phone": ["+1", None], "raw:A": ["=x\ny", '"q"']}).cast({"row": pl.UInt32})
    two = pl.DataFrame({"row": [2], "raw:Mobile": ["7"]}).cast({"row": pl.UInt32})
    lists = [DecidedList("list.csv", None, ("Phone", "A"), one), DecidedList("b.xlsx", "Two", ("Mobile",), two)]
    write_decided(folder / "decided-1.jsonl", lists, "")
    return folder / "decided-1.jsonl"


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_each_row_has_the_name_that_it_has_in_its_list(tmp_path: Path, rows: int) -> None:
    """Tables come under their lists' names; cells come back as they were, in frames of any height."""
    tables = open_tables(written(tmp_path), "decided-1.jsonl", None)
    assert [(table.source.file, table.source.sheet) for table in tables] == [("list.csv", None), ("b.xlsx", "Two")]
    first, second = (pl.concat(list(table.chunks(rows))) for table in tables)
    assert first.select("row", "line", "problem", "raw:Phone", "raw:A").rows() == [
        (3, 3, None, "+1", "=x\ny"),
        (9, 9, None, None, '"q"'),
    ]
    assert second["raw:Mobile"].to_list() == ["7"]
    assert pl.concat(list(tables[0].chunks(rows, skip=1)))["row"].to_list() == [9]
    assert [table.share_read for table in tables] == [1.0, 1.0]
    assert [table.source.sheet for table in open_tables(tmp_path / "decided-1.jsonl", "x", "Two")] == ["Two"]


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    """Half a line in the middle, and a first line that names no lists."""
    path = written(tmp_path)
    whole = path.read_text("utf-8")
    path.write_text(whole[:-4], "utf-8")
    with pytest.raises(ReadError, match=r"is damaged\. Run importer retry again"):
        list(open_tables(path, "decided-1.jsonl", None)[1].chunks(10))
    path.write_text(whole.replace('"tables"', '"other"'), "utf-8")
    with pytest.raises(ReadError, match=r"decided-1\.jsonl is damaged"):
        open_tables(path, "decided-1.jsonl", None)
