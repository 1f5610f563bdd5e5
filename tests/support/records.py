"""The one table of a file whose records name their own values."""

from pathlib import Path

import polars as pl

from importer.models.mappings import Mapping
from importer.readers.formats import open_tables
from importer.readers.table import Table
from importer.stages.map import choose_mapping


def read(path: Path, content: str | bytes) -> Table:
    """The one table of a file with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (table,) = open_tables(path, path.name, None)
    assert table.source.header_row is None
    return table


def whole(table: Table) -> pl.DataFrame:
    return pl.concat(list(table.chunks(2))).rename(lambda name: name.removeprefix("raw:"))


def cells(table: Table) -> list[dict[str, str]]:
    """The filled cells of each row."""
    frame = whole(table).select(table.source.columns)
    return [{name: cell for name, cell in row.items() if cell is not None} for row in frame.to_dicts()]


def places(table: Table) -> list[tuple[int, int, str | None]]:
    """Row, line and problem of each row."""
    return whole(table).select("row", "line", "problem").rows()


def mapping(table: Table) -> Mapping:
    return choose_mapping(table.source, next(iter(table.chunks(100))), {})


PEOPLE = [
    {"name": "Ann", "phone": 12025550101, "address": {"city": "Bonn", "geo": {"lat": 50.70}}, "tags": ["a", "b"]},
    {"name": "Ben", "phone": "+1 202-555-0102", "vip": True, "score": None, "phones": [{"no": "1"}, {"no": "2"}]},
]


IPHONE = r"""BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iPhone OS 17.1//EN
N:Example;Ann;Marie;Dr.;
FN:Dr. Ann Marie Example
ORG:Example\, Inc.;Sales
EMAIL;type=INTERNET;type=HOME;type=pref:ann@example.com
TEL;type=CELL;type=VOICE;type=pref:+1 (202) 555-0101
TEL;type=CELL:+1 (202) 555-0105
TEL;type=HOME;type=FAX:202-555-0109
item1.TEL:202-555-0102
item1.X-ABLabel:Cabin
item2.TEL:202-555-0103
item2.X-ABLabel:_$!<Main>!$_
item3.ADR;type=HOME:;;1 Main St\nApt 2;Springfield;IL;62701;United States
item3.X-ABADR:us
NOTE:A note that goes o
 n and on\, with a comma
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD
 /2wBDAAEBAQEBAQEBAQEBAQEBAQE
END:VCARD
"""
