"""The rows of every file of a run's folder, counted again by other code than wrote them."""

import base64
import gzip
import json
import re
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl

from importer.errors import ImporterError
from importer.models.outcomes import REASONS, Outcome
from importer.reports import page, retry, review, workbook
from importer.reports.folder import REVIEW_FILE, ROWS_FILE, WORKBOOK_ROWS, scan_rows
from importer.reports.row_files import file_name

_CHUNK_BYTES = 1 << 20
_FILES_AT_ONCE = 4
_QUOTE, _LINE_END = b'"\n'


def recount(folder: Path) -> dict[str, int]:
    """Count the rows of each file in the folder, by file name.

    Raises:
        ImporterError: a file holds other rows than ``rows.parquet`` gives it, is missing, or is left from before.
    """
    rows = scan_rows(folder).group_by("outcome", "reason").len().collect()
    by_outcome: dict[str | None, int] = dict(rows.group_by("outcome").agg(pl.col("len").sum()).iter_rows())
    if unknown := by_outcome.keys() - set(Outcome):
        raise _differs(
            folder, ROWS_FILE, f"{sum(by_outcome[name] for name in unknown):,} rows without an outcome", "none"
        )
    has_review = (folder / REVIEW_FILE).exists()
    pairs = review.scan_review(folder).select(pl.len()).collect().item() if has_review else 0
    counting: list[Callable[[], dict[str, int]]] = [
        *(partial(_checked, folder, file_name(each), by_outcome.get(each.value, 0)) for each in Outcome),
        partial(_checked, folder, review.NAME, pairs),
        partial(_recount_retry, folder, rows),
        partial(_recount_workbook, folder, by_outcome, pairs),
        partial(_recount_page, folder, by_outcome),
    ]
    # In threads: the large files are counted and unpacked without the interpreter's lock.
    with ThreadPoolExecutor(_FILES_AT_ONCE) as threads:
        counted = list(threads.map(lambda count: count(), counting))
    return {ROWS_FILE: sum(by_outcome.values())} | {name: held for files in counted for name, held in files.items()}


def csv_records(path: Path) -> int:
    """Count the records of a CSV file (RFC 4180, records end in LF), its header included.

    A line end ends a record if an even number of quotes comes before it; doubled quotes do not change that.

    Raises:
        ImporterError: the file ends inside a quoted cell.
    """
    records, is_quoted = 0, False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            signs = np.frombuffer(chunk, np.uint8)
            found = signs[np.flatnonzero((signs == _QUOTE) | (signs == _LINE_END))]
            ends = np.flatnonzero(found == _LINE_END)
            quotes_before = ends - np.arange(ends.size)
            records += int(np.count_nonzero(quotes_before % 2 == is_quoted))
            is_quoted ^= (found.size - ends.size) % 2 == 1
    if is_quoted:
        raise ImporterError(f"{path} ends in the middle of a cell: it was cut. Run: importer report {path.parent.name}")
    return records


def sheet_rows(path: Path) -> list[int]:
    """Count the rows under the header of each sheet that holds a table, in the order of the sheets."""
    found = []
    with zipfile.ZipFile(path) as book:
        sheets = [name for name in book.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
        for name in sorted(sheets, key=lambda name: int(re.sub(r"\D", "", name))):
            with book.open(name) as sheet:
                rows, header = _rows_and_header(sheet)
            if header is not None:
                found.append(rows - header)
    return found


def _rows_and_header(sheet: IO[bytes]) -> tuple[int, int | None]:
    """Count a sheet's rows; also return which of them (from 1) is the header of its filter, None if it has none."""
    rows, header, tail = 0, None, b""
    while chunk := sheet.read(_CHUNK_BYTES):
        xml = tail + chunk
        rows += xml.count(b"<row ") - tail.count(b"<row ")
        if b"<autoFilter " in xml and (table := re.search(rb'<autoFilter ref="[A-Z]+(\d+):', xml)):
            header = int(table[1])
        tail = xml[-100:]  # a tag may lie across two chunks; those within the tail were counted before
    return rows, header


def _recount_retry(folder: Path, rows: pl.DataFrame) -> dict[str, int]:
    fixable = [reason.value for reason, info in REASONS.items() if info.is_fixable]
    expected = int(rows.filter(pl.col("reason").is_in(fixable))["len"].sum())
    book = folder / retry.WORKBOOK
    if not book.exists():
        return _checked(folder, retry.CSV, expected)
    if (held := sum(sheet_rows(book))) != expected:
        raise _differs(folder, book.name, held, expected)
    return {book.name: held} | _checked(folder, retry.CSV, 0)


def _recount_workbook(folder: Path, by_outcome: dict[str | None, int], pairs: int) -> dict[str, int]:
    path = folder / workbook.NAME
    if not path.exists():
        return {}
    held = sheet_rows(path)
    full = [by_outcome[outcome.value] for outcome in Outcome if outcome.value in by_outcome]
    full += [pairs] if pairs else []
    if held not in (full, [min(rows, WORKBOOK_ROWS) for rows in full]):
        raise _differs(folder, path.name, held, full)
    return {path.name: sum(held)}


def _recount_page(folder: Path, by_outcome: dict[str | None, int]) -> dict[str, int]:
    path = folder / page.NAME
    if not path.exists():
        return {}
    need = sum(by_outcome.get(outcome, 0) for outcome in page.LISTED)
    data = re.search(r'id="data">([^<]*)<', path.read_text("utf-8"))
    held = _listed(gzip.decompress(base64.b64decode(data[1])).decode()) if data else 0
    if held != min(need, page.TABLE_ROWS):
        raise _differs(folder, path.name, held, min(need, page.TABLE_ROWS))
    return {path.name: held}


def _listed(data: str) -> int:
    """Return how many rows the page's data has, by its first column: it takes long to read all of them."""
    before = '"columns":['  # in no name or cell: their quotes are escaped
    cells, _ = json.JSONDecoder().raw_decode(data, data.index(before) + len(before))
    return len(cells)


def _checked(folder: Path, name: str, expected: int) -> dict[str, int]:
    path = folder / name
    held = csv_records(path) - 1 if path.exists() else 0
    if held != expected or path.exists() != bool(expected):
        raise _differs(folder, name, held if path.exists() else "no file", expected)
    return {name: held} if expected else {}


def _differs(folder: Path, name: str, held: object, expected: object) -> ImporterError:
    return ImporterError(
        f"{folder / name} does not add up: {held} where {ROWS_FILE} gives {expected}. "
        f"{ROWS_FILE} and the ledger hold the truth; to write the reports again, run: importer report {folder.name}"
    )
