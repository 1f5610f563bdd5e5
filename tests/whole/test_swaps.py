"""What is checked is what is read, whatever takes a file's place between the two."""

import hashlib
import zipfile
from io import BufferedReader
from pathlib import Path
from typing import IO

import pytest

from importer.errors import ReadError
from importer.readers import parquet
from importer.readers import utf8 as intake
from importer.readers.formats import open_tables
from importer.readers.workbooks import reader as workbook
from importer.system.opening import open_regular
from tests.torture.swaps import FOREIGN, FORMS, OWN, race


@pytest.mark.parametrize(("form", "times"), [("csv", 200), ("zip", 100)])
def test_a_file_that_is_swapped_while_it_is_opened(tmp_path: Path, form: str, times: int) -> None:
    """While a link and a pipe take the list's place, it is read or refused, and nothing else is read."""
    counts = race(tmp_path, times, form)
    assert counts["read"] > 0
    assert counts["refused"] > 0


def test_what_a_process_found_harmless_is_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Parquet file is written over and replaced after the check: rows and hash are those of the checked one."""
    path = tmp_path / "list.parquet"
    checked, foreign = (FORMS["parquet"](row) for row in (OWN, FOREIGN))
    path.write_bytes(checked)
    prove = parquet._prove

    def swapped(copy: IO[bytes], file: str) -> None:
        prove(copy, file)
        path.write_bytes(foreign)
        path.unlink()
        path.write_bytes(foreign)

    monkeypatch.setattr(parquet, "_prove", swapped)
    (table,) = open_tables(path, path.name, None)
    (rows,) = table.chunks(10)
    assert rows.select("raw:Name", "raw:Phone").row(0) == OWN
    assert table.source.sha256 == hashlib.sha256(checked).hexdigest()


def test_a_workbook_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is replaced as soon as it is open: rows and hash are those of what was opened."""
    path = tmp_path / "list.xlsx"
    opened, foreign = (FORMS["xlsx"](row) for row in (OWN, FOREIGN))
    path.write_bytes(opened)

    def swapped(what: Path) -> BufferedReader:
        file = open_regular(what)
        path.unlink()
        path.write_bytes(foreign)
        return file

    monkeypatch.setattr(workbook, "open_regular", swapped)
    (table,) = open_tables(path, path.name, None)
    (rows,) = table.chunks(10)
    assert rows.select("raw:Name", "raw:Phone").row(0) == OWN
    assert table.source.sha256 == hashlib.sha256(opened).hexdigest()


def test_a_zip_that_becomes_another_between_two_looks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive of two lists takes the place of one with one: said as a change, and nothing of it is read."""
    path = tmp_path / "list.zip"
    path.write_bytes(FORMS["zip"](OWN))

    def swapped(what: Path) -> BufferedReader:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.csv", "Name,Phone\n")
            archive.writestr("b.csv", "Name,Phone\n")
        return open_regular(what)

    monkeypatch.setattr(intake, "open_regular", swapped)
    with pytest.raises(ReadError, match=r"list\.zip changed while it was read"):
        open_tables(path, path.name, None)
