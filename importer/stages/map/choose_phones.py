"""The columns that hold the person's phone numbers, in the order in which they are tried."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from importer.errors import MappingError
from importer.models.mappings import SURE, Candidate
from importer.models.sources import Source
from importer.stages.map.consent_headers import names_refusal
from importer.stages.map.evidence import NEEDED, Column, weigh
from importer.stages.map.ranking import quoted

_MOST_COLUMNS_SHOWN = 60
_MOST_PHONES = 100
SHOWN = 0.3
"""Share of values that can only be phone numbers, where the header may name another number."""

_AMBIGUOUS = {("cep",)}
_ADDRESS = {"address", "adresse", "direccion", "indirizzo", "endereco", "adres", "adress"}


def choose_phones(
    source: Source, columns: Sequence[Column], notes: list[str], people: Sequence[Sequence[Column]]
) -> tuple[Candidate, ...]:
    """Return the columns that hold the person's numbers, in the order in which they are tried.

    Args:
        source: the table, for messages.
        columns: those that nobody named for a field and that are the person's own.
        notes: gets what a user should know of the choice.
        people: the columns of each person, if a row holds several.

    Raises:
        MappingError: no column may hold them; the message lists the columns and what to type.
    """
    named = [column for column in columns if _is_named(column) or _is_reached(column)]
    named.sort(key=lambda column: (min(column.header.rank, 0), _is_of_address(column)))
    # Plain wordings are tried first; others ("Other phone") only if they hold numbers, or if there is no plain one.
    chosen = [column for column in named if column.header.rank <= 0] or named
    taken = {column.name for column in chosen}
    chosen += [column for column in named if column.name not in taken and column.shape.numbers >= 0.2]
    if len(people) > 1 and len(chosen) > 1:
        # Never the first one in silence: the number may be the spouse's and the name the member's.
        why = "the table has several people in a row, each with a number"
        return tuple(Candidate(column.name, SURE - 5, why) for column in chosen)
    found = [weigh(column, "phone") for column in chosen]
    if not any(column.shape.filled for column in chosen):
        found += _phones_by_value(columns, has_named=bool(chosen), notes=notes)
    if not found:
        raise MappingError(_no_phone(source, columns))
    return tuple(found)


def _is_named(column: Column) -> bool:
    """Return True if the header names a phone; one that may name another number does where the values are long enough.

    "Cep" is a mobile phone in Turkey and a postcode of eight digits in Brazil.
    """
    header, shape = column.header, column.shape
    return header.field == "phone" and not (header.words in _AMBIGUOUS and shape.filled and shape.likely < SHOWN)


def _is_of_address(column: Column) -> bool:
    """Return True for the number at an address of an order or account: the person's own goes before it."""
    return column.header.block is not None or not _ADDRESS.isdisjoint(column.header.words)


def _is_reached(column: Column) -> bool:
    """Return True if the header names a place ("Home", "Work") and the values show that it is a phone's."""
    is_shown = column.shape.certain >= SHOWN or len(column.header.words) == 1
    return column.header.is_place and is_shown and weigh(column, "phone").confidence >= SURE


def _phones_by_value(columns: Sequence[Column], *, has_named: bool, notes: list[str]) -> list[Candidate]:
    """Return the column whose values are phones, if one is; unsure if two are alike or its header speaks against it."""
    weighed = [(column, weigh(column, "phone")) for column in columns if not _is_named(column)]
    weighed = [(column, candidate) for column, candidate in weighed if candidate.confidence >= NEEDED]
    weighed.sort(key=lambda pair: (-pair[1].confidence, -pair[0].phone_cells))
    if not weighed or (has_named and weighed[0][1].confidence < SURE):
        return []
    column, best = weighed[0]
    if names_refusal(column.name):
        return [replace(best, confidence=SURE - 5, why="its header names people who are not to be contacted")]
    alike = [c for other, c in weighed[1:] if c.confidence >= SURE and other.phone_cells >= column.phone_cells / 2]
    if alike and not has_named:
        return [replace(best, confidence=SURE - 5, why=f"{best.why}, as do those of {quoted(columns_of(alike[:3]))}")]
    notes.append(f'Phone numbers are taken from "{best.column}", which its values show, not its header.')
    return [best]


def check_count(source: Source, phones: Sequence[Candidate]) -> None:
    """Raise ``MappingError`` if more columns may hold phones than are tried for a person."""
    if len(phones) > _MOST_PHONES:
        raise MappingError(
            f"{source.place}: {len(phones):,} columns may hold a person's phone numbers, and at most {_MOST_PHONES} "
            f"are tried for one. Name those that are: {_map_phone(phones[0].column)}."
        )


def _no_phone(source: Source, columns: Sequence[Column]) -> str:
    likely = sorted((column for column in columns if column.shape.numbers >= 0.3), key=lambda c: -c.phone_cells)
    way_out = (
        f"If it is there under another name, add {' or '.join(_map_phone(column.name) for column in likely[:3])}."
        if likely
        else 'No column holds phone numbers; if one should, add --map phone="COLUMN".'
    )
    return f"{source.place}: no phone column was found. {way_out} {listed(source)}"


def _map_phone(column: str) -> str:
    """Return what to type to have phones taken from the column."""
    return f'--map phone="{column}"'


def listed(source: Source) -> str:
    """Return the table's columns as a message ends with them."""
    shown = ", ".join(source.columns[:_MOST_COLUMNS_SHOWN])
    more = len(source.columns) - _MOST_COLUMNS_SHOWN
    return f"Columns: {shown}{f' and {more} more' if more > 0 else ''}."


def columns_of(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Return the names of the candidates' columns."""
    return tuple(candidate.column for candidate in candidates)
