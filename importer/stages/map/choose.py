"""The column for each field: by what the user said, by the header's words, and by what the values look like."""

from collections.abc import Container, Iterable, Sequence
from collections.abc import Mapping as Given
from dataclasses import dataclass, replace

import polars as pl

from importer.errors import MappingError
from importer.models.frames import OURS, RAW
from importer.models.mappings import NAMES, SURE, Candidate, Decision, Mapping
from importer.models.sources import Source
from importer.stages.map.asked import consents, judged, remark_on_consent
from importer.stages.map.beside import find_beside, remark_on_beside
from importer.stages.map.child_rows import parent_columns
from importer.stages.map.choose_phones import SHOWN, check_count, choose_phones, columns_of, listed
from importer.stages.map.consent_headers import says_how_it_stands
from importer.stages.map.described import described_columns
from importer.stages.map.evidence import NAME_FIELDS, Column, Says, is_unfit, weigh
from importer.stages.map.headers import read_header
from importer.stages.map.names import choose_names, further_names
from importer.stages.map.people import of_one_person, people_side_by_side, remark_on_phones, without_shared
from importer.stages.map.ranking import best_of, quoted
from importer.stages.map.regions import region_of
from importer.stages.map.shapes import shapes
from importer.stages.map.vocabulary import vocabulary

_MOST_LOST = 5
_MAIL = 0.5
"""Share of addresses from which on a column holds no remarks."""
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
    columns = of_one_person(columns, people, columns_of(given.get("phone", ())), remarks)
    phones = given.get("phone") or choose_phones(source, columns, notes, people)
    check_count(source, phones)
    names = choose_names(columns, sample, single, notes, has_header=_has_names(source, columns))
    if "phone" not in given:
        # After the names: a number beside many of them is a shared one, and perhaps another party's.
        phones = without_shared(phones, sample, [c.column for c in names.values() if c is not None], remarks)
        if len(phones) > 1 and len(people) <= 1:
            notes.append(f"Several phone columns are tried in this order: {quoted(columns_of(phones))}.")
    regional = _regional(columns, sample)
    rest = _email_and_country(columns, single, regional, notes)
    chosen = {"phone": phones, "consent": judged(given, everything) if "consent" in given else consents(columns)}
    chosen |= {field: (column,) for field, column in (names | rest).items() if column is not None}
    others = _given_too(given) | further_names(columns, names, single) | _further(columns, rest, given, regional)
    if phones and not people:
        remark_on_phones(columns, columns_of(phones), remarks)
    return _mapping(_Choice(source, sample, everything, columns, given, chosen, others, ours), remarks, notes)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The columns that were chosen of a table.

    Attributes:
        everything, columns: all its columns; those that nobody named and that are the person's own.
        given: field to the columns that somebody named.
        chosen: field to the columns that fill it.
        others: field to the columns that fill it in rows in which its own is empty.
        ours: the columns that an earlier run added.
    """

    source: Source
    sample: pl.DataFrame
    everything: Sequence[Column]
    columns: Sequence[Column]
    given: Given[str, tuple[Candidate, ...]]
    chosen: Given[str, tuple[Candidate, ...]]
    others: Given[str, tuple[str, ...]]
    ours: Container[str]


def _mapping(choice: _Choice, remarks: list[str], notes: list[str]) -> Mapping:
    """Return the mapping of a choice, with every column of the table in fields or in metadata."""
    everything, given, chosen, others = choice.everything, choice.given, choice.chosen, choice.others
    # The columns of country and consent travel as metadata as well: neither is a field of a contact.
    used = {
        candidate.column
        for field, found in chosen.items()
        if field not in ("country", "consent")
        for candidate in found
    }
    phones, consent = columns_of(chosen["phone"]), columns_of(chosen["consent"])
    beside = find_beside(everything, phones, choice.sample)
    remark_on_beside(everything, beside, remarks, notes)
    remark_on_consent(everything, consent, remarks)
    return Mapping(
        phones=phones,
        consent=consent,
        told=() if given.get("consent") == () else _told(everything, chosen, used, others),
        others=dict(others),
        beside=beside,
        parents=parent_columns(choice.sample, _named(chosen, others), used),
        metadata=tuple(c for c in choice.source.columns if c not in used and c not in choice.ours),
        remarks=tuple(remarks),
        notes=tuple(notes),
        decisions=tuple(_decisions(chosen, choice.columns, given.keys())),
        **{field: chosen[field][0].column for field in SINGLE if field in chosen},
    )


def _email_and_country(
    columns: Sequence[Column], single: Given[str, Candidate | None], regional: Container[str], notes: list[str]
) -> dict[str, Candidate | None]:
    """Return the best columns for the two fields; None for one that no column fills or that is left out."""

    def weigh_country(column: Column, field: str) -> Candidate:
        return weigh(column, field, tells_regions=column.name in regional)

    email = single["email"] if "email" in single else best_of(columns, "email", notes)
    countries = [column for column in columns if column.header.field == "country"]
    country = single["country"] if "country" in single else best_of(countries, "country", notes, weigh_country)
    return {"email": email, "country": country}


def _named(chosen: Given[str, tuple[Candidate, ...]], others: Given[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return all columns that fill a name."""
    return tuple(
        column for field in NAME_FIELDS for column in (*columns_of(chosen.get(field, ())), *others.get(field, ()))
    )


def _given_too(given: Given[str, tuple[Candidate, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the further columns that the user named for fields of one column."""
    return {field: columns_of(given[field][1:]) for field in SINGLE if len(given.get(field, ())) > 1}


def _further(
    columns: Sequence[Column],
    chosen: Given[str, Candidate | None],
    given: Given[str, tuple[Candidate, ...]],
    regional: Container[str],
) -> dict[str, tuple[str, ...]]:
    """Return for each chosen field the columns that fill it in rows in which its own is empty, plainest words first."""
    found = {}
    for field, candidate in chosen.items():
        if candidate is None or field in given:
            continue
        is_numbered = read_header(candidate.column).is_numbered_person
        fitting = [
            column
            for column in columns
            if column.name != candidate.column
            and column.header.is_numbered_person <= is_numbered
            and column.shape.filled
            and column.header.field == field
            and (column.name in regional if field == "country" else weigh(column, field).confidence >= SURE)
        ]
        fitting.sort(key=lambda column: column.header.rank)
        if fitting:
            found[field] = tuple(column.name for column in fitting)
    return found


def _told(
    columns: Sequence[Column],
    chosen: Given[str, tuple[Candidate, ...]],
    used: Container[str],
    others: Given[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """Return the columns whose words may refuse: those of phones, of names, and of statuses and remarks."""
    asked = columns_of(chosen["consent"])
    names = [c for field in NAMES for c in (*columns_of(chosen.get(field, ())), *others.get(field, ()))]
    plain = [*columns_of(chosen["phone"]), *names]
    told = [column for column in columns if column.name not in used and says_how_it_stands(column.name)]
    return (*plain, *(c.name for c in told if c.name not in asked and c.shape.emails < _MAIL))


def _existing(source: Source, field: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the table's columns that ``--map`` names, in any case.

    Raises:
        MappingError: one of them is not there.
    """
    folded = {column.casefold().strip(): column for column in reversed(source.columns)}
    found = [column if column in source.columns else folded.get(column.casefold().strip()) for column in wanted]
    for column, name in zip(wanted, found, strict=True):
        if name is None:
            raise MappingError(
                f'{source.place}: --map {field}="{column}" names no column of this table. {listed(source)}'
            )
    return tuple(name for name in found if name is not None)


def unfit_columns(sample: pl.DataFrame, overrides: Given[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return, by field, the columns of an earlier mapping whose values no longer fit the field."""
    # A column may fill two fields, such as both names.
    shape = shapes(sample, list(dict.fromkeys(column for columns in overrides.values() for column in columns)))
    found = {
        field: tuple(c for c in columns if is_unfit(Column(c, read_header(field), shape[c]), field))
        for field, columns in overrides.items()
    }
    return {field: columns for field, columns in found.items() if columns}


def _has_names(source: Source, columns: Sequence[Column]) -> bool:
    """Return True if the columns have names that tell something: not only ``Field1``, ``Field2``."""
    return source.has_names and not (columns and all(column.header.is_nameless for column in columns))


def _regional(columns: Sequence[Column], sample: pl.DataFrame) -> set[str]:
    """Return the columns with the header of a country whose values mostly are countries."""
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
    """Yield a decision for each field, with the columns that have some evidence for it and did not get it."""
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
    is_called_phone = shape.numbers >= SHOWN and vocabulary().phone.fits(column.header.words)
    return (field == "phone" and (shape.certain >= SHOWN or is_called_phone)) or (
        field == "email" and shape.emails >= 0.5
    )
