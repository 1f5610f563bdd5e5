"""Merging: the values that a survivor takes from its duplicates, and those that contradict its own."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from importer.stages.deduplicate.persons import Name, is_same_person

FIELDS = ("first_name", "last_name", "email", "metadata")
SCHEMA = {
    "position": pl.UInt32,
    **{f"merged_{field}": pl.String for field in FIELDS},
    "merged_changes": pl.String,
    "conflicts": pl.String,
}
_ROWS_AT_ONCE = 200_000
_MOST_NAMES = 50
"""Different names of one number; what more have is a switchboard's, and nobody takes anything."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a number that comes again."""

    number: int
    position: int
    first_name: str | None
    last_name: str | None
    email: str | None
    metadata: str | None


@dataclass(frozen=True, slots=True)
class Merged:
    """The changes to one row, as ``SCHEMA`` has them.

    Attributes:
        fields: the values of ``FIELDS`` that a survivor did not have itself.
        changes: ``<field>:merged`` for each of them.
        conflicts: the fields of a duplicate that differ from the survivor's, in words.
    """

    position: int
    fields: tuple[str | None, ...] = (None,) * len(FIELDS)
    changes: str | None = None
    conflicts: str | None = None


def merged(rows: pl.LazyFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Return ``SCHEMA``, by position: one line for each row that takes something or says something else.

    Args:
        rows: all rows of numbers that come again, with ``number``, ``position`` and ``FIELDS``.
        kept: ``number`` and ``len``, how many rows it has.
    """
    # In slices: memory holds the texts of some numbers at a time, however many come again.
    slices = kept.select("number", slice=pl.col("len").cum_sum() // _ROWS_AT_ONCE)
    found = [_merged(rows, numbers.select("number")) for numbers in slices.partition_by("slice", maintain_order=True)]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *found]).sort("position")


def _merged(rows: pl.LazyFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    own = rows.join(numbers.lazy(), on="number", how="semi").select("number", "position", *FIELDS)
    differ = own.filter(pl.struct(FIELDS).n_unique().over("number") > 1).sort("number", "position").collect()
    lines = [
        (change.position, *change.fields, change.changes, change.conflicts)
        for _, group in groupby((Row(*row) for row in differ.iter_rows()), key=lambda row: row.number)
        for change in merge(list(group))
    ]
    return pl.DataFrame(lines, schema=SCHEMA, orient="row")


def merge(rows: Sequence[Row]) -> Iterator[Merged]:
    """Yield what becomes of the rows of one number: the first, the survivor, takes from the others in order.

    It takes what it does not have: both names, or the one that it lacks where the other is the same, the e-mail
    address, and metadata under other keys. A row under another person's name gives nothing; nor does one that may be
    another's as well, or where the survivor may be: J. Lee is Jane or John, a row without a name is anybody's.
    """
    survivor, *duplicates = rows
    first, last, email = survivor.first_name, survivor.last_name, survivor.email
    own = _pairs(survivor.metadata)
    metadata = dict(own)
    givers = _own(rows)
    for row in duplicates:
        if _name(row) in givers:
            first, last = _names((first, last), (row.first_name, row.last_name))
            email = email or row.email
            metadata |= _missing(metadata, _pairs(row.metadata))
    ours = {"first name": first, "last name": last, "e-mail": email} | metadata
    for row in duplicates:
        theirs = {"first name": row.first_name, "last name": row.last_name, "e-mail": row.email} | _pairs(row.metadata)
        if conflicts := list(_conflicts(ours, theirs)):
            yield Merged(row.position, conflicts=", ".join(conflicts))
    taken = {
        "first_name": first if first != survivor.first_name else None,
        "last_name": last if last != survivor.last_name else None,
        "email": email if email != survivor.email else None,
        "metadata": _json(metadata) if metadata.keys() != own.keys() else None,
    }
    if any(taken.values()):
        changes = "; ".join(f"{field}:merged" for field, value in taken.items() if value)
        yield Merged(survivor.position, tuple(taken.values()), changes)


def _name(row: Row) -> Name:
    return row.first_name, row.last_name


def _own(rows: Sequence[Row]) -> frozenset[Name]:
    """Return the names that are certainly the first row's person: they can be the same people's as its name."""
    names = list(dict.fromkeys(map(_name, rows)))
    if len(names) > _MOST_NAMES:
        return frozenset()
    alike = {name: frozenset(other for other in names if is_same_person(name, other)) for name in names}
    own = alike[names[0]]
    return frozenset(name for name in own if alike[name] == own)


def _names(ours: tuple[str | None, str | None], theirs: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    """Return our names, or theirs if we have none; one half comes only beside a half that is the same."""
    if ours == (None, None):
        return theirs
    pairs = zip(ours, theirs, strict=True)
    halves_agree = any(a is not None and b is not None and a.casefold() == b.casefold() for a, b in pairs)
    return (ours[0] or theirs[0], ours[1] or theirs[1]) if halves_agree else ours


def _missing(ours: dict[str, str], theirs: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in theirs.items() if key not in ours}


def _conflicts(ours: dict[str, str | None], theirs: dict[str, str | None]) -> Iterable[str]:
    """Yield the names of fields in which both have a value, and not the same one."""
    for name, value in theirs.items():
        own = ours.get(name)
        if value and own and value.casefold() != own.casefold():
            yield name


def _pairs(metadata: str | None) -> dict[str, str]:
    return json.loads(metadata) if metadata else {}


def _json(metadata: dict[str, str]) -> str:
    return json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
