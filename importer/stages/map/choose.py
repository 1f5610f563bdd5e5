"""Which column fills which field: by what was said of it, by the header's words, and by what the values look like."""

from collections.abc import Container, Iterable, Sequence
from collections.abc import Mapping as Given
from dataclasses import replace

import polars as pl

from importer.errors import MappingError
from importer.models.frames import OURS, RAW
from importer.models.mappings import NAMES, SURE, Candidate, Decision, Mapping
from importer.models.sources import Source
from importer.stages.map.asked import consents, judged, remark_on_consent
from importer.stages.map.beside import find_beside, remark_on_beside
from importer.stages.map.child_rows import parent_columns
from importer.stages.map.consent_headers import names_refusal, says_how_it_stands
from importer.stages.map.described import described_columns
from importer.stages.map.evidence import NAME_FIELDS, NEEDED, Column, Says, is_unfit, weigh
from importer.stages.map.headers import read_header
from importer.stages.map.names import choose_names, further_names
from importer.stages.map.people import of_one_person, people_side_by_side, remark_on_phones, without_shared
from importer.stages.map.ranking import best_of, quoted
from importer.stages.map.regions import region_of
from importer.stages.map.shapes import shapes
from importer.stages.map.vocabulary import vocabulary

_MOST_COLUMNS_SHOWN = 60
_MOST_LOST = 5
MOST_PHONES = 100
_SHOWN = 0.3
"""Share of values that can only be phone numbers, where the header may name another number."""
_MAIL = 0.5
"""Share of addresses from which on a column holds no remarks."""
_ADDRESS = {"address", "adresse", "direccion", "indirizzo", "endereco", "adres", "adress"}
SINGLE = ("first_name", "last_name", "full_name", "email", "country")
"""The fields of one column, but for the rows in which it is empty."""


def choose_mapping(
    source: Source, sample: pl.DataFrame, overrides: Given[str, Sequence[str]], whence: Given[str, str] | None = None
) -> Mapping:
    """Decide which column of a table fills which field of a contact.

    Args:
        source: the table; its columns are all accounted for, in fields or in metadata, but for those that a retry
            file adds to a list's own (``importer.models.frames.OURS``).
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
    single = {field: next(iter(given[field]), None) for field in SINGLE if field in given}
    asked = {candidate.column for found in given.values() for candidate in found}
    ours = {column for column in source.columns if column.startswith(OURS)} - asked
    everything = described_columns(source, sample)
    columns = [column for column in everything if column.name not in asked]
    notes: list[str] = ["The columns that an earlier run added were left out."] if ours else []
    remarks: list[str] = []
    people = people_side_by_side(columns if "phone" not in given else everything)
    columns = of_one_person(columns, people, _columns(given.get("phone", ())), remarks)
    phones = given.get("phone") or _phones(source, columns, notes, people)
    if len(phones) > MOST_PHONES:
        raise MappingError(
            f"{source.place}: {len(phones):,} columns may hold a person's phone numbers, and at most {MOST_PHONES} are "
            f"tried for one. Name those that are: {map_phone(phones[0].column)}."
        )
    names = choose_names(columns, sample, single, notes, has_header=_has_names(source, columns))
    if "phone" not in given:
        phones = without_shared(phones, sample, [c.column for c in names.values() if c is not None], remarks)
    told = _told_regions(columns, sample)

    def weigh_country(column: Column, field: str) -> Candidate:
        return weigh(column, field, tells_regions=column.name in told)

    email = single["email"] if "email" in single else best_of(columns, "email", notes)
    countries = [column for column in columns if column.header.field == "country"]
    country = single["country"] if "country" in single else best_of(countries, "country", notes, weigh_country)
    chosen = {"phone": phones, "consent": judged(given, everything) if "consent" in given else consents(columns)}
    chosen |= {f: (c,) for f, c in (names | {"email": email, "country": country}).items() if c is not None}
    used = {
        candidate.column
        for field, found in chosen.items()
        if field not in ("country", "consent")
        for candidate in found
    }
    others = _given_too(given) | further_names(columns, names, single)
    others |= _further(columns, "email", email, given) | _further(countries, "country", country, given, told)
    if phones and not people:
        remark_on_phones(columns, _columns(phones), remarks)
    beside = find_beside(everything, _columns(phones), sample)
    remark_on_beside(everything, beside, remarks, notes)
    remark_on_consent(everything, _columns(chosen["consent"]), remarks)
    return Mapping(
        phones=_columns(phones),
        consent=_columns(chosen["consent"]),
        told=() if given.get("consent") == () else _told(everything, chosen, used, others),
        others=others,
        beside=beside,
        parents=parent_columns(sample, _named(chosen, others), used),
        metadata=tuple(column for column in source.columns if column not in used | ours),
        remarks=tuple(remarks),
        notes=tuple(notes),
        decisions=tuple(_decisions(chosen, columns, given.keys())),
        **{field: chosen[field][0].column for field in SINGLE if field in chosen},
    )


def _named(chosen: Given[str, tuple[Candidate, ...]], others: Given[str, tuple[str, ...]]) -> tuple[str, ...]:
    """All columns that fill a name."""
    return tuple(
        column for field in NAME_FIELDS for column in (*_columns(chosen.get(field, ())), *others.get(field, ()))
    )


def _given_too(given: Given[str, tuple[Candidate, ...]]) -> dict[str, tuple[str, ...]]:
    """The further columns that somebody named for fields of one column."""
    return {field: _columns(given[field][1:]) for field in SINGLE if len(given.get(field, ())) > 1}


def _further(
    columns: Sequence[Column],
    field: str,
    chosen: Candidate | None,
    given: Given[str, tuple[Candidate, ...]],
    told: Container[str] | None = None,
) -> dict[str, tuple[str, ...]]:
    """The columns that fill the field in rows in which the chosen one is empty, in the plainest words first."""
    if chosen is None or field in given:
        return {}
    is_numbered = read_header(chosen.column).is_numbered_person
    fitting = [
        column
        for column in columns
        if column.name != chosen.column
        and column.header.is_numbered_person <= is_numbered
        and column.shape.filled
        and column.header.field == field
        and (column.name in told if told is not None else weigh(column, field).confidence >= SURE)
    ]
    fitting.sort(key=lambda column: column.header.rank)
    return {field: tuple(column.name for column in fitting)} if fitting else {}


def _told(
    columns: Sequence[Column],
    chosen: Given[str, tuple[Candidate, ...]],
    used: Container[str],
    others: Given[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """The columns whose words may refuse: those of phones, of names, and of statuses and remarks."""
    asked = _columns(chosen["consent"])
    names = [c for field in NAMES for c in (*_columns(chosen.get(field, ())), *others.get(field, ()))]
    plain = [*_columns(chosen["phone"]), *names]
    told = [column for column in columns if column.name not in used and says_how_it_stands(column.name)]
    return (*plain, *(c.name for c in told if c.name not in asked and c.shape.emails < _MAIL))


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


def _phones(
    source: Source, columns: Sequence[Column], notes: list[str], people: Sequence[Sequence[Column]]
) -> tuple[Candidate, ...]:
    named = [column for column in columns if column.header.field == "phone" or _is_reached(column)]
    named.sort(key=lambda column: (min(column.header.rank, 0), _is_of_address(column)))
    chosen = [column for column in named if column.header.rank <= 0] or named
    taken = {column.name for column in chosen}
    chosen += [column for column in named if column.name not in taken and column.shape.numbers >= 0.2]
    if len(people) > 1 and len(chosen) > 1:
        why = "the table has several people in a row, each with a number"
        return tuple(Candidate(column.name, SURE - 5, why) for column in chosen)
    found = [weigh(column, "phone") for column in chosen]
    if not any(column.shape.filled for column in chosen):
        found += _phones_by_value(columns, has_named=bool(chosen), notes=notes)
    if not found:
        raise MappingError(_no_phone(source, columns))
    if len(found) > 1:
        notes.append(f"Several phone columns are tried in this order: {quoted(_columns(found))}.")
    return tuple(found)


def _is_of_address(column: Column) -> bool:
    """Return True for the number at an address of an order or account: the person's own goes before it."""
    return column.header.block is not None or not _ADDRESS.isdisjoint(column.header.words)


def _is_reached(column: Column) -> bool:
    is_shown = column.shape.certain >= _SHOWN or len(column.header.words) == 1
    return column.header.is_place and is_shown and weigh(column, "phone").confidence >= SURE


def _phones_by_value(columns: Sequence[Column], *, has_named: bool, notes: list[str]) -> list[Candidate]:
    """The column whose values are phones; not sure where two are alike, or where its header speaks against it."""
    weighed = [(column, weigh(column, "phone")) for column in columns if column.header.field != "phone"]
    weighed = [(column, candidate) for column, candidate in weighed if candidate.confidence >= NEEDED]
    weighed.sort(key=lambda pair: (-pair[1].confidence, -pair[0].phone_cells))
    if not weighed or (has_named and weighed[0][1].confidence < SURE):
        return []
    column, best = weighed[0]
    if names_refusal(column.name):
        return [replace(best, confidence=SURE - 5, why="its header names people who are not to be contacted")]
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
    is_called_phone = shape.numbers >= _SHOWN and vocabulary().phone.fits(column.header.words)
    return (field == "phone" and (shape.certain >= _SHOWN or is_called_phone)) or (
        field == "email" and shape.emails >= 0.5
    )


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
