"""Which column fills which field: by what was said of it, by the header's words, and by what the values look like."""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Given
from dataclasses import replace

import polars as pl

from importer.errors import MappingError
from importer.frames import OURS, RAW
from importer.models.mappings import SURE, Candidate, Decision, Mapping
from importer.models.sources import Source
from importer.stages.map.evidence import (
    NAME_FIELDS,
    NEEDED,
    WORTH_ASKING,
    Column,
    Says,
    is_contradicted,
    is_unfit,
    weigh,
)
from importer.stages.map.headers import Header, read_header
from importer.stages.map.names import choose_names
from importer.stages.map.ranking import best_of, quoted
from importer.stages.map.regions import region_of
from importer.stages.map.shapes import shapes

_MOST_COLUMNS_SHOWN = 60
_MOST_LOST = 5
_SINGLE = ("first_name", "last_name", "full_name", "email", "country")


def choose_mapping(
    source: Source, sample: pl.DataFrame, overrides: Given[str, Sequence[str]], whence: Given[str, str] | None = None
) -> Mapping:
    """Decide which column of a table fills which field of a contact.

    Args:
        source: the table; its columns are all accounted for, in fields or in metadata, but for those that a retry
            file adds to a list's own (``importer.frames.OURS``).
        sample: the first rows, ``raw:<column>`` (String?) for each column.
        overrides: field to columns, as ``--map`` or an earlier answer gives them; they beat everything. No column at
            all: the field is left out.
        whence: field to the words for who said so; ``--map`` where nothing is said.

    Returns:
        The mapping; what is not sure is among its ``doubts()``, filled with the best candidate.

    Raises:
        MappingError: no phone column at all, or a column asked for that is not there. The message lists the columns
            and what to type.
    """
    given = {
        field: tuple(Candidate(c, 100, (whence or {}).get(field, "--map")) for c in _existing(source, field, columns))
        for field, columns in overrides.items()
    }
    single = {field: next(iter(given[field]), None) for field in _SINGLE if field in given}
    asked = {candidate.column for found in given.values() for candidate in found}
    ours = {column for column in source.columns if column.startswith(OURS)} - asked
    columns = _candidates(source, sample, asked)
    notes: list[str] = ["The columns that an earlier run added were left out."] if ours else []
    phones = given.get("phone") or _phones(source, columns, notes)
    names = choose_names(columns, sample, single, notes, has_header=_has_names(source, columns))
    told = _told_regions(columns, sample)

    def weigh_country(column: Column, field: str) -> Candidate:
        return weigh(column, field, tells_regions=column.name in told)

    email = single["email"] if "email" in single else best_of(columns, "email", notes)
    countries = [column for column in columns if column.header.field == "country"]
    country = single["country"] if "country" in single else best_of(countries, "country", notes, weigh_country)
    chosen = {"phone": phones, "consent": given["consent"] if "consent" in given else _consents(columns)}
    chosen |= {f: (c,) for f, c in (names | {"email": email, "country": country}).items() if c is not None}
    used = {
        candidate.column
        for field, found in chosen.items()
        if field not in ("country", "consent")
        for candidate in found
    }
    return Mapping(
        phones=_columns(chosen["phone"]),
        consent=_columns(chosen["consent"]),
        metadata=tuple(column for column in source.columns if column not in used | ours),
        notes=tuple(notes),
        decisions=tuple(_decisions(chosen, columns, given.keys())),
        **{field: chosen[field][0].column for field in _SINGLE if field in chosen},
    )


def _existing(source: Source, field: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """The table's columns that ``--map`` names, in any case.

    Raises:
        MappingError: one of them is not there.
    """
    folded = {column.casefold().strip(): column for column in reversed(source.columns)}
    found = [column if column in source.columns else folded.get(column.casefold().strip()) for column in wanted]
    for column, name in zip(wanted, found, strict=True):
        if name is None:
            raise MappingError(
                f'{source.place}: --map {field}="{column}" names no column of this table. {_listed(source)}'
            )
    return tuple(name for name in found if name is not None)


def unfit_columns(sample: pl.DataFrame, overrides: Given[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Of columns that somebody once named, those whose values do not show it now, by field."""
    shape = shapes(sample, [column for columns in overrides.values() for column in columns])
    found = {
        field: tuple(c for c in columns if is_unfit(Column(c, read_header(field), shape[c]), field))
        for field, columns in overrides.items()
    }
    return {field: columns for field, columns in found.items() if columns}


def _has_names(source: Source, columns: Sequence[Column]) -> bool:
    """Whether the columns have names that tell something: not only ``Field1``, ``Field2``."""
    return source.has_names and not (columns and all(column.header.is_nameless for column in columns))


def _candidates(source: Source, sample: pl.DataFrame, asked: set[str]) -> list[Column]:
    """The columns not asked for; where values plainly contradict a header's word, the word does not count."""
    free = [column for column in source.columns if column not in asked and not column.startswith(OURS)]
    shape = shapes(sample, free)
    columns = [Column(column, read_header(column), shape[column]) for column in free]
    return [
        replace(column, header=replace(column.header, field=None)) if _is_misnamed(column) else column
        for column in columns
    ]


def _is_misnamed(column: Column) -> bool:
    field = column.header.field
    if field == "consent":  # "Do not call" is also what a list of numbers is called
        return (
            is_contradicted(column, field)
            and weigh(replace(column, header=Header(column.name)), "phone").confidence >= SURE
        )
    return field is not None and field != "country" and is_contradicted(column, field)


def _phones(source: Source, columns: Sequence[Column], notes: list[str]) -> tuple[Candidate, ...]:
    named = [column for column in columns if column.header.field == "phone" or _is_reached(column)]
    chosen = [column for column in named if column.header.rank == 0] or named
    chosen += [column for column in named if column not in chosen and column.shape.numbers >= 0.2]
    found = [weigh(column, "phone") for column in chosen]
    if not any(column.shape.filled for column in chosen):
        found += _phones_by_value(columns, has_named=bool(chosen), notes=notes)
    if not found:
        raise MappingError(_no_phone(source, columns))
    if len(found) > 1:
        notes.append(f"Several phone columns are tried in this order: {quoted(_columns(found))}.")
    return tuple(found)


def _is_reached(column: Column) -> bool:
    return column.header.is_place and weigh(column, "phone").confidence >= SURE


def _phones_by_value(columns: Sequence[Column], *, has_named: bool, notes: list[str]) -> list[Candidate]:
    """The column whose values are phones; not sure where two are alike, or where its header speaks against it."""
    weighed = [(column, weigh(column, "phone")) for column in columns if column.header.field != "phone"]
    weighed = [(column, candidate) for column, candidate in weighed if candidate.confidence >= NEEDED]
    weighed.sort(key=lambda pair: (-pair[1].confidence, -pair[0].phone_cells))
    if not weighed or (has_named and weighed[0][1].confidence < SURE):
        return []
    column, best = weighed[0]
    alike = [c for other, c in weighed[1:] if c.confidence >= SURE and other.phone_cells >= column.phone_cells / 2]
    if alike and not has_named:
        return [replace(best, confidence=SURE - 5, why=f"{best.why}, as do those of {quoted(_columns(alike[:3]))}")]
    notes.append(f'Phone numbers are taken from "{best.column}", which its values show, not its header.')
    return [best]


def _told_regions(columns: Sequence[Column], sample: pl.DataFrame) -> set[str]:
    """The columns with the header of a country whose values mostly are countries."""
    return {
        column.name
        for column in columns
        if column.header.field == "country" and _tells_regions(sample.get_column(RAW + column.name))
    }


def _tells_regions(cells: pl.Series) -> bool:
    texts = [text for text in cells.drop_nulls() if text.strip()]
    return sum(region_of(text) is not None for text in texts) * 2 >= len(texts)


def _consents(columns: Sequence[Column]) -> tuple[Candidate, ...]:
    """Every column that tells whether a person may be contacted; where none surely does, the one worth a question."""
    weighed = [
        weigh(column, "consent") for column in columns if column.header.field == "consent" and column.shape.filled
    ]
    sure = tuple(candidate for candidate in weighed if candidate.confidence >= SURE)
    return sure or tuple(candidate for candidate in weighed if candidate.confidence >= WORTH_ASKING)[:1]


def _decisions(
    chosen: Given[str, tuple[Candidate, ...]], columns: Sequence[Column], given: Iterable[str]
) -> Iterable[Decision]:
    """A decision for each field, with the columns that have some evidence for it and did not get it."""
    taken = {candidate.column for found in chosen.values() for candidate in found}
    for field in ("phone", *NAME_FIELDS[:3], "email", "country", "consent"):
        found = chosen.get(field, ())
        lost = [weigh(column, field) for column in columns if column.name not in taken and _speaks_for(column, field)]
        most = 100 if all(candidate.confidence >= SURE for candidate in found) else found[0].confidence
        lost = [replace(candidate, confidence=min(candidate.confidence, most)) for candidate in lost]
        lost = sorted(lost, key=lambda candidate: -candidate.confidence)[:_MOST_LOST]
        if found or lost or field in given:
            yield Decision(field, found, tuple(lost))


def _speaks_for(column: Column, field: str) -> bool:
    if column.says(field) is Says.NAMED:
        return True
    shape = column.shape
    return (field == "phone" and shape.certain >= 0.3) or (field == "email" and shape.emails >= 0.5)


def _columns(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    return tuple(candidate.column for candidate in candidates)


def _no_phone(source: Source, columns: Sequence[Column]) -> str:
    likely = sorted((column for column in columns if column.shape.numbers >= 0.3), key=lambda c: -c.phone_cells)
    way_out = (
        f"If it is there under another name, add {' or '.join(map_phone(column.name) for column in likely[:3])}."
        if likely
        else 'No column holds phone numbers; if one should, add --map phone="COLUMN".'
    )
    return f"{source.place}: no phone column was found. {way_out} {_listed(source)}"


def map_phone(column: str) -> str:
    """What to type to have phones taken from the column."""
    return f'--map phone="{column}"'


def _listed(source: Source) -> str:
    shown = ", ".join(source.columns[:_MOST_COLUMNS_SHOWN])
    more = len(source.columns) - _MOST_COLUMNS_SHOWN
    return f"Columns: {shown}{f' and {more} more' if more > 0 else ''}."
