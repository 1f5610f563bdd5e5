"""The rows of a corrected file, each tied to the row of the run that it corrects, or refused by name."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from importer.errors import RefusedError
from importer.models.frames import OURS, RAW
from importer.models.ties import CHECK, ROW, RUN, SHEET, SOURCE, TIE, check_of
from importer.readers.table import Table, rows_of
from importer.stages.correct import stripped
from importer.storage.run_folder import RunFolder

_CHUNK_ROWS = 1 << 15
_MOST_NAMED = 5
_FEWEST_SHARED = 3
"""Filled cells from which on a row whose every cell is different now is taken for another row."""


@dataclass(frozen=True, slots=True)
class Tied:
    """The rows of one sheet.

    Attributes:
        rows: ``row`` in the file, its ``raw:`` columns, and of the run's row ``source``, ``sheet``, ``at_row``,
            ``was_reason`` and every ``was_raw:`` column.
        columns: the list's own columns in the sheet.
        unnamed: how many of its rows name no row of the run.
        has_run: True if the sheet says of which run it is: an earlier version did not.
        is_marked: True for a sheet of a marked copy, which holds rows of one list only.
    """

    rows: pl.DataFrame
    columns: tuple[str, ...]
    unnamed: int
    has_run: bool
    is_marked: bool


def tied_tables(before: RunFolder, tables: Sequence[Table], name: str) -> list[Tied]:
    """Return the rows of each sheet that ties rows to the run; other sheets are passed over.

    Raises:
        ReadError: the file cannot be read.
        RefusedError: it is a file of another run, or a row of it cannot be tied for certain.
    """
    found = [
        _tied(before, table, _run_rows(before), name)
        for table in tables
        if ROW in table.source.columns or TIE in table.source.columns
    ]
    if not any(tied.rows.height for tied in found):
        raise RefusedError(
            f"No row of {name} is a row of run {before.run_id}: it is no retry file of that run, and no marked copy. "
            "Nothing was sent. Name the run that it is of (importer runs lists them)."
        )
    _check_twice(found, name)
    return found


def _run_rows(before: RunFolder) -> pl.DataFrame:
    rows = before.settled_rows()
    raw = [column for column in rows.collect_schema() if column.startswith(RAW)]
    place = pl.concat_str("source", pl.concat_str(pl.lit(", sheet "), "sheet"), ignore_nulls=True)
    return rows.select(
        "source", "sheet", pl.col("row").alias("at_row"), pl.col("reason").alias("was_reason"),
        *(pl.col(column).alias(f"was_{column}") for column in raw),
        place=place, at=pl.col("row").cast(pl.String),
    ).collect()  # fmt: skip


def _tied(before: RunFolder, table: Table, run_rows: pl.DataFrame, name: str) -> Tied:
    columns = table.source.columns
    chunks = list(table.chunks(rows_of(len(columns), _CHUNK_ROWS)))
    rows = pl.concat(chunks) if chunks else pl.DataFrame()
    own = tuple(column for column in columns if not column.startswith(OURS))
    is_marked = ROW not in columns
    if rows.is_empty():
        empty = run_rows.clear().with_columns(row=pl.lit(None, pl.UInt32))
        return Tied(empty, own, 0, is_marked or RUN in columns, is_marked)
    if is_marked:
        rows, columns = _named(before, rows), (*columns, RUN, SOURCE, SHEET, ROW, CHECK)
    sheet = stripped(RAW + SHEET) if SHEET in columns else pl.lit(None, pl.String)
    source = stripped(RAW + SOURCE) if SOURCE in columns else pl.lit(None, pl.String)
    named = rows.with_columns(
        place=pl.concat_str(source, pl.concat_str(pl.lit(", sheet "), sheet), ignore_nulls=True), at=stripped(RAW + ROW)
    )
    is_filled = pl.any_horizontal([stripped(RAW + column).is_not_null() for column in own] or [pl.lit(value=True)])
    unnamed = named.filter(pl.col("at").is_null() & is_filled).height
    named = named.filter(pl.col("at").is_not_null())
    _check_names(before, named, columns, name)
    tied = named.join(run_rows, on=["place", "at"], how="inner", maintain_order="left")
    if is_marked:
        tied = _with_formulas_as_read(tied, own)
    _check_cells(tied, own, name)
    _check_moved(tied, run_rows, own, name)
    return Tied(tied, own, unnamed + named.height - tied.height, RUN in columns, is_marked)


def _named(before: RunFolder, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a marked copy with the columns that a retry file has for the run and the row of each.

    The list that a row is of is the one whose name the check is made with; null if there is none.
    """
    lists = [(source.file, source.sheet) for source in before.record().sources]
    names: list[tuple[str | None, ...]] = []
    for tie in rows[RAW + TIE]:
        run, row, check = (*(tie or "").split(), None, None, None)[:3]
        of = next((one for one in lists if run and row and check == check_of(run, *one, row)), (None, None))
        names.append((run, *of, row, check))
    columns = [RAW + column for column in (RUN, SOURCE, SHEET, ROW, CHECK)]
    return rows.hstack(pl.DataFrame(names, schema=dict.fromkeys(columns, pl.String), orient="row"))


def _with_formulas_as_read(tied: pl.DataFrame, own: Sequence[str]) -> pl.DataFrame:
    """Return the rows of a marked copy with its formulas as the run read them: what they result in now is no matter."""
    places = pl.col(RAW + TIE).str.split(" ").list.get(3, null_on_oob=True).str.split(",")
    return tied.with_columns(
        pl.when(places.list.contains(str(place)).fill_null(value=False))
        .then(f"was_{RAW}{column}")
        .otherwise(RAW + column)
        .alias(RAW + column)
        for place, column in enumerate(own)
        if f"was_{RAW}{column}" in tied.columns
    )


def _check_names(before: RunFolder, named: pl.DataFrame, columns: Sequence[str], name: str) -> None:
    """Raise unless every row is of this run, can be read, and its name is whole."""
    if RUN in columns:
        others = named[RAW + RUN].drop_nulls().unique().to_list()
        if other := next((run for run in others if run.strip() != before.run_id), None):
            raise RefusedError(
                f"{name} has rows of run {other}, not of {before.run_id}. Nothing was sent. Run: importer retry "
                f"{other} {name}"
            )
    broken = named.filter(pl.col("problem").is_not_null())["row"].to_list()
    if broken:
        raise RefusedError(
            f"{name}, {_listed(broken)}: the cells cannot be told apart. Nothing was sent. Put each into its column."
        )
    if CHECK in columns and RUN in columns:
        cells = named.select(
            "row",
            RAW + RUN,
            RAW + SOURCE,
            RAW + SHEET if SHEET in columns else pl.lit(None, pl.String),
            RAW + ROW,
            RAW + CHECK,
        )
        wrong = [
            row
            for row, run, source, sheet, at, check in cells.iter_rows()
            if check != check_of(run or "", source or "", sheet, (at or "").strip())
        ]
        if wrong:
            raise RefusedError(
                f'{name}, {_listed(wrong)}: the columns "{OURS}…" were changed, so it is not certain which row each is.'
                " Nothing was sent. Undo that; sort and fill whole rows."
            )


def _check_cells(tied: pl.DataFrame, own: Sequence[str], name: str) -> None:
    """Raise if a row has nothing in common with the row that it names: cells were sorted without the others."""
    shared = [column for column in own if f"was_{RAW}{column}" in tied.columns]
    if not shared:
        return
    was = [pl.col(f"was_{RAW}{column}").str.strip_chars() for column in shared]
    same = [
        (stripped(RAW + column) == before).fill_null(value=False) for column, before in zip(shared, was, strict=True)
    ]
    filled = pl.sum_horizontal([(before.fill_null("") != "").cast(pl.UInt32) for before in was])
    strange = tied.filter((filled >= _FEWEST_SHARED) & ~pl.any_horizontal(same))["row"].to_list()
    if strange:
        raise RefusedError(
            f"{name}, {_listed(strange)}: no cell is as in the row of the run that it names. Nothing was sent. Sort "
            "whole rows only, and put no other row in the place of one."
        )


def _check_moved(tied: pl.DataFrame, run_rows: pl.DataFrame, own: Sequence[str], name: str) -> None:
    """Raise if a changed row holds the cells of another row, which are not where they were: only some were sorted."""
    shared = [column for column in own if f"was_{RAW}{column}" in tied.columns]
    if len(shared) < _FEWEST_SHARED:
        return
    rows = tied.select("row", "place", "at", cells=_joined(RAW, shared), was=_joined(f"was_{RAW}", shared))
    others = run_rows.select("place", "at", cells=_joined(f"was_{RAW}", shared))
    stayed = rows.filter(pl.col("cells") == pl.col("was"))
    others = others.join(stayed, on=["place", "at"], how="anti")
    moved = rows.filter(pl.col("cells") != pl.col("was")).join(others, on=["place", "cells"], how="semi")
    if not moved.is_empty():
        raise RefusedError(
            f"{name}, {_listed(moved['row'].to_list())}: the cells are those of another row of the list. Nothing was "
            "sent. Sort whole rows only."
        )


def _joined(prefix: str, columns: Sequence[str]) -> pl.Expr:
    """Return an expression: the cells of a row in one text."""
    return pl.concat_str(
        [pl.col(prefix + column).str.strip_chars().fill_null("") for column in columns], separator="\x1f"
    )


def _check_twice(tables: Sequence[Tied], name: str) -> None:
    names = pl.concat([table.rows.select("place", "at", "row") for table in tables])
    twice = names.group_by("place", "at", maintain_order=True).agg("row").filter(pl.col("row").list.len() > 1)
    if twice.is_empty():
        return
    told = [
        f"rows {' and '.join(map(str, rows))} correct row {at} of {place}"
        for place, at, rows in twice.head(_MOST_NAMED).iter_rows()
    ]
    more = f"; and {twice.height - _MOST_NAMED:,} more" if twice.height > _MOST_NAMED else ""
    raise RefusedError(f"{name}: {'; '.join(told)}{more}. Nothing was sent. Keep one of each.")


def _listed(rows: Sequence[int]) -> str:
    more = f" and {len(rows) - _MOST_NAMED:,} more" if len(rows) > _MOST_NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows[:_MOST_NAMED]))}{more}"
