"""Map: from a file's columns to a contact's fields.

``choose_mapping`` decides once for each table: the header's words (``headers``, ``consent_headers``, the tables beside
them) and the shape of the values (``shapes``) are weighed in ``evidence``; ``people`` leaves out what is another
party's, ``beside`` finds what qualifies a number. ``Map`` applies the decision to every chunk of rows.
"""

from collections.abc import Callable, Sequence

import polars as pl

from importer.models.frames import BELOW_REFUSAL, META, PHONE, RAW, columns_of, noted, settle, with_prefix
from importer.models.mappings import Mapping
from importer.models.outcomes import Reason
from importer.stages.map.child_rows import FURTHER_LINE, is_further_line
from importer.stages.map.choose import choose_mapping, unfit_columns
from importer.stages.map.consent import settle_refusals
from importer.stages.map.entities import decoded
from importer.stages.map.evidence import WORTH_ASKING
from importer.stages.map.joining import Withheld, join
from importer.stages.map.regions import UNKNOWN, region_of, region_of_calling_code, tells_none

__all__ = ["WORTH_ASKING", "Map", "choose_mapping", "numbers_alone", "unfit_columns"]


class Map:
    """Puts each column's cells under the name of the field that they fill.

    Needs ``raw:<column>`` (String?) for each column of the mapping, ``problem`` (String?) and the columns that a row
    is settled with. Adds ``first_name``, ``last_name``, ``full_name``, ``email`` (String?, the cells as read, of the
    first column that is filled; null where no column is mapped), ``region`` (String?, ISO 3166 alpha-2; ``ZZ`` where
    the country's cell is filled and not understood, null where it is blank or says ``n/a``), ``phone:<column>``
    (String?, joined with what stands beside it) and ``meta:<column>`` (String?). Keeps the ``raw:`` columns. HTML
    entities are read as what they stand for: ``changes`` has ``<field>:entities`` then.

    Settles rows as ``malformed-row`` (the detail is the problem, or that it is a further line of the person above),
    ``blank-row``, ``no-consent`` (the detail names the column, or a heading above; ``consent`` has the rule), and as
    ``phone-missing`` or ``phone-ambiguous`` where what stands beside the only numbers says that they are a fax's, or
    leaves open which number is meant.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        mapping = self._mapping
        is_blank = ~_is_filled(frame)
        raw = columns_of(frame, RAW)
        cells, changes = decoded(raw, mapping)
        metadata = pl.DataFrame([cells.get_column(RAW + name).alias(META + name) for name in mapping.metadata])
        region = _regions(cells, mapping)
        numbers, withheld = _numbers(cells, mapping, region)
        frame = frame.drop(cells.columns).with_columns(
            *_names(cells, mapping), _single(cells, mapping, "email"), *numbers, region
        )
        if changes:
            frame = frame.with_columns(noted(changes))
        is_refused = pl.col("problem") == BELOW_REFUSAL
        if mapping.told:  # empty where a person switched consent off
            frame = settle(frame, Reason.NO_CONSENT, is_refused & ~pl.lit(is_blank), pl.col("problem"))
        # Behind the refusal: a row is settled once, and that somebody said no goes before what is wrong with the line.
        is_malformed = pl.col("problem").is_not_null() & ~is_refused
        frame = settle(frame, Reason.MALFORMED_ROW, is_malformed, pl.col("problem"))
        frame = settle(frame, Reason.BLANK_ROW, pl.lit(is_blank), pl.lit(None, pl.String))
        if mapping.parents:
            is_further = is_further_line(cells, mapping.parents)
            frame = settle(frame, Reason.MALFORMED_ROW, pl.lit(is_further), pl.lit(FURTHER_LINE))
        frame = settle_refusals(frame, cells, mapping)
        for name, why in withheld.items():
            frame = _settle_withheld(frame, name, why, numbers)
            kept = cells.get_column(RAW + name).set(why.is_null(), None).alias(META + name)
            # Not with_columns: a frame without columns, as of a mapping without metadata, is of no height for polars.
            metadata = pl.DataFrame([*metadata.get_columns(), kept])
        return pl.concat([frame, metadata, raw], how="horizontal")


def numbers_alone(mapping: Mapping, *phones: str) -> Mapping:
    """Return the part of a mapping that decides how the numbers of these columns are read, and nothing else."""
    return Mapping(
        phones=phones,
        country=mapping.country,
        others={"country": mapping.others.get("country", ())},
        beside=tuple(one for one in mapping.beside if one.phone in phones),
    )


def _names(cells: pl.DataFrame, mapping: Mapping) -> list[pl.Series]:
    """Return the name columns; a row in which both halves are blank gets those of the next pair."""
    first, last = (_columns_of(cells, mapping, field) for field in ("first_name", "last_name"))
    whole = _single(cells, mapping, "full_name")
    if len(first) < 2:
        return [first[0].alias("first_name"), last[0].alias("last_name"), whole]
    is_open = _is_blank(first[0]) & _is_blank(last[0])
    chosen = [first[0], last[0]]
    for halves in zip(first[1:], last[1:], strict=True):
        chosen = [after.zip_with(is_open, before) for before, after in zip(chosen, halves, strict=True)]
        is_open &= _is_blank(halves[0]) & _is_blank(halves[1])
    return [chosen[0].alias("first_name"), chosen[1].alias("last_name"), whole]


def _single(cells: pl.DataFrame, mapping: Mapping, field: str) -> pl.Series:
    """Return a field's cells: in each row those of the first of its columns that is filled."""
    columns = _columns_of(cells, mapping, field)
    found = columns[0]
    for column in columns[1:]:
        found = column.zip_with(_is_blank(found), found)
    return found.alias(field)


def _columns_of(cells: pl.DataFrame, mapping: Mapping, field: str) -> list[pl.Series]:
    names = mapping.fields().get(field, ())
    return [cells.get_column(RAW + name) for name in names] or [
        pl.Series(field, [None], pl.String).new_from_index(0, cells.height)
    ]


def _is_blank(cells: pl.Series) -> pl.Series:
    return (cells.str.strip_chars() == "").fill_null(value=True)


def _numbers(cells: pl.DataFrame, mapping: Mapping, region: pl.Series) -> tuple[list[pl.Series], dict[str, pl.Series]]:
    """Return the phone columns as they are to be read, and for some of them why cells are withheld."""
    numbers, withheld = [], {}
    for name in mapping.phones:
        beside = tuple(one for one in mapping.beside if one.phone == name and one.role != "extension")
        texts = cells.get_column(RAW + name)
        if beside:
            texts, why = join(cells, name, beside, region)
            if why.null_count() < why.len():
                withheld[name] = why
        numbers.append(texts.alias(PHONE + name))
    return numbers, withheld


def _settle_withheld(frame: pl.DataFrame, name: str, why: pl.Series, numbers: Sequence[pl.Series]) -> pl.DataFrame:
    """Settle the rows whose only numbers are withheld, with what stands beside the first of them."""
    is_only = pl.DataFrame([_is_blank(texts) for texts in numbers]).select(pl.all_horizontal(pl.all())).to_series()
    for cause in Withheld:
        reason, words = cause.value
        frame = settle(frame, reason, pl.lit((why == cause.name).fill_null(value=False) & is_only), f"{name}: {words}")
    return frame


def _is_filled(frame: pl.DataFrame) -> pl.Series:
    """Return True for rows that hold anything; a cell is examined only if all before it in its row are empty."""
    is_filled = pl.repeat(value=True, n=frame.height, eager=True)
    blank = is_filled.arg_true()
    for name in with_prefix(frame, RAW):
        cells = frame.get_column(name).gather(blank)
        blank = blank.filter((cells.str.strip_chars() == "").fill_null(value=True))
        if blank.is_empty():
            break
    return is_filled.scatter(blank, values=False)


def _regions(frame: pl.DataFrame, mapping: Mapping) -> pl.Series:
    """Return each row's region: by the first country column that is understood, else by a calling code's; else null.

    ``ZZ`` where one is filled and none is understood.
    """
    codes = dict.fromkeys(one.column for one in mapping.beside if one.role == "code")
    countries = dict.fromkeys((mapping.country, *mapping.others.get("country", ()))) if mapping.country else {}
    found = [_looked_up(frame, column, _region) for column in countries]
    found += [_looked_up(frame, column, _region_of_code) for column in codes if column not in countries]
    if not found:
        return pl.Series("region", [None], pl.String).new_from_index(0, frame.height)
    if len(found) == 1:
        return found[0].alias("region")
    table = pl.DataFrame([regions.alias(str(number)) for number, regions in enumerate(found)])
    known = [pl.when(pl.col(name) != UNKNOWN).then(pl.col(name)) for name in table.columns]
    return table.select(pl.coalesce(*known, *table.columns).alias("region")).to_series()


def _looked_up(frame: pl.DataFrame, column: str, region_of_text: Callable[[str], str | None]) -> pl.Series:
    """Return the region that each cell names, null if it names none; each spelling is looked up once."""
    cells = frame.get_column(RAW + column)
    spellings = cells.drop_nulls().unique()
    regions = pl.Series([region_of_text(text) for text in spellings], dtype=pl.String)
    return cells.replace_strict(spellings, regions, default=None, return_dtype=pl.String)


def _region(text: str) -> str | None:
    return region_of(text) or (None if tells_none(text) else UNKNOWN)


def _region_of_code(text: str) -> str | None:
    return region_of_calling_code(text) or _region(text)
