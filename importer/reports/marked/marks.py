"""What a marked copy says of each row of a list."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from importer.models.decisions import Place
from importer.models.outcomes import REASONS, Outcome
from importer.models.ties import check_of
from importer.reports.folder import detail, scan_rows
from importer.reports.retry import wrong_column
from importer.stages.correct import PLACE
from importer.storage.decisions import Decisions
from importer.storage.summary import SourceSummary, Summary

_QUIET = ("confirmed", "ready")
"""Reasons that say no more than their outcome."""


def marks_of(folder: Path, summary: Summary, source: SourceSummary) -> pl.DataFrame:
    """Return the marks of a list's rows, in its order.

    Columns: ``row``, ``outcome``, ``reason``, ``why`` and ``sent`` (null if there is nothing to say), ``wrong`` (the
    column whose cell is wrong, null if no single one is), ``comment`` (on that cell), ``tie``, ``is_later`` (a later
    run imported the row, corrected).
    """
    meanings = {reason.value: info.meaning for reason, info in REASONS.items()}
    fixes = {reason.value: info.fix.replace(" RUN", f" {summary.run_id}") for reason, info in REASONS.items()}
    why = pl.coalesce(detail(summary), pl.col("reason").replace_strict(meanings))
    name = pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True)
    sent = pl.concat_str("phone", pl.when(name != "").then(name), "email", separator=", ", ignore_nulls=True)
    is_errored = pl.col("outcome") == Outcome.ERRORED.value
    wrong = wrong_column(source.columns, source.mapping.get("phone", []))
    found = rows_of(folder, source).select(
        *PLACE, "outcome", "reason",
        why=pl.when(~pl.col("reason").is_in(_QUIET)).then(why),
        sent=pl.when(pl.col("batch").is_not_null()).then(sent),
        wrong=pl.when(is_errored).then(wrong),
        fix=pl.col("reason").replace_strict(fixes),
    ).collect()  # fmt: skip
    done = {place: state.done for place, state in Decisions(folder).rows().items() if state.done is not None}
    return _with_later(found, done).with_columns(tie=_ties(found, summary.run_id)).drop("source", "sheet", "fix")


def rows_of(folder: Path, source: SourceSummary) -> pl.LazyFrame:
    """Return the rows of a list of the run, as ``rows.parquet`` has them."""
    is_here = pl.col("sheet").eq_missing(pl.lit(source.sheet, pl.String)) & (pl.col("source") == source.file)
    return scan_rows(folder).filter(is_here)


def _with_later(rows: pl.DataFrame, done: Mapping[Place, str]) -> pl.DataFrame:
    """Return the rows with ``comment`` and ``is_later``; those imported by a later run count as imported."""
    runs = pl.Series([done.get(place) for place in rows.select(PLACE).iter_rows()], dtype=pl.String)
    later = rows.with_columns(run=runs).with_columns(is_later=pl.col("run").is_not_null())
    told = pl.concat_str(pl.lit("Imported by run "), "run", pl.lit(", corrected."))
    return later.with_columns(
        comment=pl.concat_str("why", pl.when(pl.col("fix") != "").then("fix"), separator="\n\n", ignore_nulls=True),
        why=pl.coalesce(told, "why"),
        outcome=pl.when("is_later").then(pl.lit(Outcome.IMPORTED.value)).otherwise("outcome"),
        wrong=pl.when(~pl.col("is_later")).then("wrong"),
    ).drop("run")


def _ties(rows: pl.DataFrame, run_id: str) -> pl.Series:
    """Return the text that ties each row to its run, wherever a person moves it."""
    return pl.Series(
        [
            f"{run_id} {row} {check_of(run_id, source, sheet, row)}"
            for source, sheet, row in rows.select(PLACE).iter_rows()
        ],
        dtype=pl.String,
    )
