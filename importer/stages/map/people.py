"""Whose the columns are: the person's of the row, or another party's; and whether a row holds several people."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import polars as pl

from importer.models.frames import RAW
from importer.models.mappings import SURE, Candidate
from importer.stages.map.evidence import NAME_FIELDS, Column
from importer.stages.map.headers import read_header
from importer.stages.map.ranking import quoted
from importer.stages.map.strangers import by_their_words, disowned, is_name, without_strangers
from importer.stages.map.vocabulary import vocabulary

_PERSONAL = {*NAME_FIELDS, "email"}
_HOUSEHOLD = 4
"""People under one number that may well be a household's or a small office's, unless half of the list has it."""
_MOST_SHARED = 0.25
"""Of the numbers in a column, the share that more people than a household have."""
_OFTEN = 0.25
"""Share of rows whose number another person has, too, from which on a column comes after the others."""
_FEWEST_DIGITS = 7
_ONE_DIGIT = "^(?:" + "|".join(f"{digit}+" for digit in range(10)) + ")$"
"""A placeholder, which nobody shares."""


def own_columns(columns: Sequence[Column], remarks: list[str]) -> list[Column]:
    """Return the columns, those of another party made nobody's.

    A user's, buyer's or guest's is another party's where the list has the same of the person, or calls the person a
    contact, patient, attendee.
    """
    names_person = any(c.header.role == 0 and c.header.field in (*_PERSONAL, "phone") for c in columns)
    kept = [
        disowned(column) if _is_another(column, columns, names_person=names_person) else column for column in columns
    ]
    lost = [before.name for before, after in zip(columns, kept, strict=True) if before is not after]
    if lost:
        remarks.append(
            f"{quoted(lost[:5])}: about another person than the one whom the list is about; not used. "
            f'To use one all the same: --map FIELD="{lost[0]}".'
        )
    return kept


def _is_another(column: Column, columns: Sequence[Column], *, names_person: bool) -> bool:
    header = column.header
    if header.field not in (*_PERSONAL, "phone") or header.role < 2:
        return False
    kinds = NAME_FIELDS if header.field in NAME_FIELDS else (header.field,)
    is_there = any(other.header.role < 2 and other.header.field in kinds and other.shape.filled for other in columns)
    return is_there or (names_person and header.field != "phone")


def of_one_person(
    columns: Sequence[Column], people: Sequence[Sequence[Column]], phones: Sequence[str], remarks: list[str]
) -> list[Column]:
    """Return the columns, those that are not about the person whose number is taken made nobody's.

    Args:
        columns: those that nobody asked for.
        people: the blocks of a row with several people.
        phones: the phone columns that somebody named.
        remarks: gets what is not used.
    """
    if phones and people:
        kept = {c.name for block in people if any(one.name in phones for one in block) for c in block}
        inside = {column.name for block in people for column in block}
        return [disowned(c) if c.name in inside - kept and c.header.field in _PERSONAL else c for c in columns]
    own = own_columns(columns if people else without_strangers(columns), remarks)
    return own if phones else with_one_address(own, remarks)


def without_shared(
    phones: tuple[Candidate, ...], sample: pl.DataFrame, names: Sequence[str], remarks: list[str]
) -> tuple[Candidate, ...]:
    """Return the phone columns without those in which many people have one number; all, unsure, if each is so.

    Columns in which some people have one number, as of a household or a firm, come after those of everybody's own.
    """
    shared = [candidate for candidate in phones if is_shared(candidate.column, sample, names)]
    if not shared:
        return tuple(sorted(phones, key=lambda candidate: _is_often_shared(candidate.column, sample, names)))
    if rest := tuple(candidate for candidate in phones if candidate not in shared):
        lost = quoted(candidate.column for candidate in shared)
        remarks.append(
            f"{lost}: many people have one number there, which may be somebody else's; not used. "
            'To use it all the same, name it: --map phone="COLUMN".'
        )
        return rest
    return tuple(replace(one, confidence=SURE - 5, why="many different people have one number in it") for one in phones)


def remark_on_phones(columns: Iterable[Column], used: Sequence[str], remarks: list[str]) -> None:
    """Say which columns of numbers were passed over because they are another party's, or of no voice."""
    lost = [
        c.name
        for c in columns
        if c.header.is_vetoed
        and c.shape.numbers >= 0.5
        and c.shape.certain + c.shape.likely > 0.5
        and c.name not in used
        and _is_called_phone(c)
    ]
    if lost:
        remarks.append(
            f"{quoted(lost[:5])}: another person's numbers, as their headers have it, or a fax's or pager's; not used. "
            f'A row with no other number is phone-missing. If one is the person\'s own, add --map phone="{lost[0]}".'
        )


def _is_called_phone(column: Column) -> bool:
    known = vocabulary()
    return known.phone.fits(column.header.words) or known.silent.fits(column.header.words)


def with_one_address(columns: Sequence[Column], remarks: list[str]) -> list[Column]:
    """Return the columns without those of a second address that has its own person: of two, one gives the phones.

    A number is never joined to the name of the other address.
    """
    named = {column.header.block for column in columns if column.header.field in NAME_FIELDS}
    phones = [column for column in columns if column.header.field == "phone"]
    blocks = {
        column.header.block for column in phones if column.shape.filled or not any(c.shape.filled for c in phones)
    }
    if "shipping" in named and blocks == {"billing"}:
        nameless = [c for c in columns if c.header.block == "shipping" and c.header.field in NAME_FIELDS]
        return [disowned(column) if column in nameless else column for column in columns]
    if "shipping" not in named & blocks or len(named) < 2:
        return list(columns)
    kept = next((block for block in (None, "billing", "shipping") if block in blocks), None)
    other = {"shipping"} if kept != "shipping" else {None, "billing"}
    lost = [
        column
        for column in columns
        if column.header.block in other
        and (column.header.field == "phone" or (kept == "shipping" and column.header.field in NAME_FIELDS))
    ]
    if names := [column.name for column in lost if column.header.field == "phone" and column.shape.filled]:
        remarks.append(f"{quoted(names)} may be of the person at another address than the name, and is not used.")
    others = {column.name for column in lost}
    if kept != "shipping":
        others |= {c.name for c in columns if c.header.block == "shipping" and c.header.field in _PERSONAL}
    return [disowned(column) if column.name in others else column for column in columns]


def people_side_by_side(columns: Sequence[Column]) -> list[list[Column]]:
    """Return the blocks of columns that each describe a person of their own; none if a row holds one person.

    Either numbered (``Name 1, Phone 1, Name 2, Phone 2``), or the same header again behind another name, or the same
    names under several groups (``Team A / Phone, Team B / Phone``), or each with a word of theirs (``Bride Name``).
    """
    groups: dict[str, list[Column]] = {}
    for column in columns:
        groups.setdefault(column.name.rpartition(" / ")[0], []).append(column)
    people = [
        block
        for group, block in groups.items()
        if group and any(map(_is_phone, block)) and any(map(_is_named, block)) and block[0].header.block is None
    ]
    if len(people) > 1:
        return people
    numbers = _numbers(columns, _is_phone) & _numbers(columns, is_name)
    if len(numbers) > 1:
        return [[column for column in columns if column.header.number == number] for number in sorted(numbers)]
    blocks: list[list[Column]] = [[]]
    has_phone = has_name = False  # of the last block; looked up in it, thousands of columns would take a minute
    for column in columns:
        if has_phone and has_name and is_name(column):
            blocks.append([])
            has_phone = has_name = False
        blocks[-1].append(column)
        has_phone |= _is_phone(column)
        has_name |= is_name(column)
    repeated = [block for block in blocks if any(_is_phone(c) for c in block) and any(is_name(c) for c in block)]
    is_again = len(repeated) > 1 and all(
        any(c.header.number > 1 for c in block if _is_phone(c)) for block in repeated[1:]
    )
    return repeated if is_again else by_their_words(columns)


def _numbers(columns: Iterable[Column], belongs: Callable[[Column], bool]) -> set[int]:
    return {column.header.number for column in columns if belongs(column)}


def _is_phone(column: Column) -> bool:
    return column.header.field == "phone"


def _is_named(column: Column) -> bool:
    """Return True if the last part of a header names a person, whatever group it is in."""
    return is_name(column) or read_header(column.name.rpartition(" / ")[2]).field in NAME_FIELDS


def is_shared(column: str, sample: pl.DataFrame, names: Sequence[str]) -> bool:
    """Return True if many rows of different people have one number: it is somebody else's, or a switchboard's."""
    if not names:
        return False
    shared = _by_number(column, sample, names)
    crowds = shared.filter(pl.col("people") > _HOUSEHOLD)
    if int(crowds["len"].sum()) >= max(1, _MOST_SHARED * int(shared["len"].sum())):
        return True
    return shared.filter((pl.col("people") >= _HOUSEHOLD) & (pl.col("len") * 2 > pl.col("len").sum())).height > 0


def _is_often_shared(column: str, sample: pl.DataFrame, names: Sequence[str]) -> bool:
    """Return True if many rows have a number that another person has, too."""
    if not names:
        return False
    found = _by_number(column, sample, names).select(
        often=pl.col("len").filter(pl.col("people") > 1).sum() > _OFTEN * pl.col("len").sum()
    )
    return bool(found.item())


def _by_number(column: str, sample: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return each ``number`` of the column, its count of rows (``len``) and of different ``people``."""
    digits = pl.col("number").str.replace_all(r"\D", "")
    rows = (
        sample.select(
            number=pl.col(RAW + column),
            person=pl.concat_str(
                (pl.col(RAW + name).fill_null("") for name in names), separator=" "
            ).str.to_lowercase(),
        )
        # Rounded by a spreadsheet: different numbers look alike then, and nobody shares them.
        .filter(~pl.col("number").str.contains(r"(?i)\de\+?\d"))
        .with_columns(number=digits)
        .filter((pl.col("number").str.len_chars() >= _FEWEST_DIGITS) & (pl.col("person").str.strip_chars() != ""))
        .filter(~pl.col("number").str.contains(_ONE_DIGIT))
    )
    return rows.group_by("number").agg(pl.len(), people=pl.col("person").n_unique())
