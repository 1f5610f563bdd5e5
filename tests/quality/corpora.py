"""``python -m tests.quality.corpora``: published lists of text beside their published truth, and each failure.

The lists lie in ``../shared/corpora``; workbooks are compared elsewhere.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from importer.errors import MappingError, ReadError
from importer.models.frames import RAW, with_prefix
from importer.models.sources import Source
from importer.readers.formats import open_tables
from importer.readers.header import find_header
from importer.stages.map import choose_mapping
from tests.support.lines import complaint

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"

Result = tuple[str, str]
"""What was compared, and what is wrong; empty where nothing is."""

EXPLAINED = {
    "location_coordinates.csv": "its JSON is one object, and has another phone number than its CSV",
    "empty.csv": "the file has no line that is not blank, and is refused in words",
    "blanks.csv": "csvkit takes NA, N/A, NONE, NULL and . for nothing; what stands in a list is kept as it is",
    "test_locale.csv": "csvkit was told a locale and wrote the numbers anew; numbers stay as they are written",
    "test_date_format.csv": "csvkit was told a date format and wrote the dates anew; dates stay as they are written",
}
"""Why a file does not give the published truth."""

_BOOKS = {
    "utf16_addressbook.csv": "utf16_csv",
    "shiftjis_addressbook.csv": "shiftjis_csv",
    "quote.csv": "quote_csv",
    "basic_csv_addressbook.csv": "csv_import",
    "csv_semicolon.csv": "csv_import",
    "csv_no_header.csv": "csv_import",
}
_CARDS = ("DisplayName", "FirstName", "LastName", "PrimaryEmail")


def read(path: Path) -> tuple[list[str], list[list[str]]]:
    """The columns and rows of a list, empty cells as empty text."""
    (table,) = open_tables(path, path.name, None)
    frames = [frame.select(with_prefix(frame, RAW)) for frame in table.chunks(10_000)]
    rows = [[cell or "" for cell in row] for frame in frames for row in frame.rows()]
    return list(table.source.columns), rows


def spectrum() -> Iterator[Result]:
    """csv-spectrum: rows as in its JSON."""
    for path in sorted((CORPORA / "csv-spectrum" / "csvs").glob("*.csv")):
        truth = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text("utf-8"))
        columns, rows = read(path)
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        yield path.name, "" if found == truth else "other rows than its JSON"


def converted() -> Iterator[Result]:
    """csvkit: lists with a ``_converted.csv`` beside them, cell by cell as text."""
    for truth in sorted((CORPORA / "csvkit" / "examples").glob("*_converted.csv")):
        path = truth.with_name(truth.name.replace("_converted", ""))
        if path.exists():
            with truth.open(encoding="utf-8", newline="") as file:
                header, *rows = csv.reader(file)
            yield path.name, "" if read(path) == (header, rows) else "other cells than its _converted.csv"


def accounted() -> Iterator[Result]:
    """Of csvkit and Thunderbird, every line of every list is a row, or is named as what it is."""
    folders = (CORPORA / "csvkit" / "examples", CORPORA / "thunderbird")
    for path in sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix in {".csv", ".tsv", ".txt"}
    ):
        try:
            (table,) = open_tables(path, path.name, None)
        except ReadError as error:
            yield path.name, str(error)
            continue
        frames = list(table.chunks(10_000))
        yield path.name, complaint(path.read_bytes(), table.source, pl.concat(frames)) if frames else ""


def packed() -> Iterator[Result]:
    """csvkit: the same list unpacked, in another encoding, or with other delimiters is the same list."""
    examples = CORPORA / "csvkit" / "examples"
    twins = {
        "dummy.csv.gz": "dummy.csv",
        "dummy.csv.bz2": "dummy.csv",
        "dummy.tsv": "dummy.csv",
        "test_utf8_bom.csv": "test_utf8.csv",
        "test_utf16_big.csv": "test_utf16_little.csv",
    }
    for name, twin in twins.items():
        yield name, "" if read(examples / name) == read(examples / twin) else f"not as {twin}"


def cards() -> Iterator[Result]:
    """Thunderbird: names and addresses as in its address books."""
    books = json.loads((CORPORA / "thunderbird" / "addressbook.json").read_text("utf-8"))
    for name, book in _BOOKS.items():
        _, rows = read(CORPORA / "thunderbird" / name)
        missing = [
            field
            for row, card in zip(rows, books[book], strict=True)
            for field in _CARDS
            if field in card and card[field] not in row
        ]
        yield name, f"without {', '.join(missing)}" if missing else ""


def layouts() -> Iterator[Result]:
    """layouts.json: each header is found above one sparse contact, and gives the phone and name columns."""
    for layout in json.loads((CORPORA / "layouts.json").read_text("utf-8")):
        names = layout["header"]
        sample = {**dict.fromkeys(layout["name"], "Jo"), **dict.fromkeys(layout["phone"][:1], "+14155550100")}
        wrong = "" if find_header([names, [sample.get(name) for name in names]]).index == 0 else "no header"
        yield layout["system"], wrong or _mapped_wrongly(layout)


def _mapped_wrongly(layout: dict[str, Any]) -> str:
    columns = tuple(layout["header"])
    source = Source(CORPORA, "layouts.json", "", 0, "csv", columns, 1)
    try:
        mapping = choose_mapping(
            source, pl.DataFrame(schema=dict.fromkeys((RAW + name for name in columns), pl.String)), {}
        )
    except MappingError:
        return "no phone column" if layout["phone"] else ""
    found = [name for name in (mapping.first_name, mapping.last_name, mapping.full_name) if name]
    return "" if (list(mapping.phones), found) == (layout["phone"], layout["name"]) else "other columns than it names"


CHECKS = {
    "csv-spectrum": spectrum,
    "csvkit, converted": converted,
    "csvkit, packed or encoded": packed,
    "csvkit and thunderbird, lines accounted for": accounted,
    "thunderbird": cards,
    "layouts": layouts,
}


def main() -> None:
    """Print the counts, then each failure with its explanation; exit code 1 where one has none."""
    unexplained = 0
    for name, check in CHECKS.items():
        results = list(check())
        failures = [(what, wrong) for what, wrong in results if wrong]
        print(f"{name}: {len(results) - len(failures)} of {len(results)}")
        for what, wrong in failures:
            unexplained += what not in EXPLAINED
            print(f"    {what}: {wrong}; {EXPLAINED.get(what, 'not explained')}")
    raise SystemExit(unexplained > 0)


if __name__ == "__main__":
    main()
