"""``retry``: the corrected rows of a run, imported as that run was, and credited to it.

A retry file's columns ``importer: source`` and ``importer: row`` tie each of its rows to a row of the run. The run's
own figures stay; its record, summary and page say in addition what the later run imported.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

from importer.account.whose import IsSame
from importer.models.frames import OURS, RAW
from importer.models.outcomes import Outcome
from importer.models.watching import Stop, Watch
from importer.pipeline.run import run_import
from importer.pipeline.suppression import handed_down
from importer.reports.page import write_page
from importer.settings.gates import Gates
from importer.settings.settings import Settings, load_settings
from importer.stages.correct import PLACE, ROW, SOURCE, places, stripped
from importer.storage.run_folder import ROWS, Record, RunFolder, way_out
from importer.storage.summary import Retried, Summary


def retry_import(  # noqa: PLR0913, PLR0917 - as run_import, and the run before
    before: RunFolder,
    fixed: Path,
    flags: dict[str, Any],
    key: SecretStr | None,
    watch: Watch,
    stop: Stop,
    is_same: IsSame | None = None,
    *,
    suppress: Sequence[Path] = (),
) -> tuple[RunFolder, Summary]:
    """Import a corrected retry file with the settings of its run; ``flags`` beat them, ``suppress`` adds to its lists.

    A dry run's rows stay dry. ``--max-error-rate`` does not hold: rows that are still wrong are errored again. Numbers
    that the run must not send are not sent by its corrected rows either, even if a list has lost them since.

    Raises:
        UsageError: before the run began.
        RefusedError: a suppression list of the run cannot be read any more.
    """
    record = before.record()
    before.check_written()
    # What belonged to the old files is dropped: a retry file has one sheet per table, and only errored rows.
    here = {
        "sheet": None,
        "max_error_rate": None,
        "gates": Gates(),
        "runs": before.path.parent,
        "map": _mapping(record),
    }
    settings = load_settings(record.settings | here | flags)
    then = f"importer retry {before.run_id} {shlex.quote(str(fixed))}"
    lists = handed_down(before, settings, suppress, watch, then)
    settings = settings.model_copy(update={"suppress": tuple(dict.fromkeys([*settings.suppress, *suppress]))})
    return run_import([fixed], settings, key, watch, stop, is_same=is_same, retry_of=before.run_id, lists=lists)


def _mapping(record: Record) -> dict[str, Any]:
    """Return the columns of each field as the run used them if all its tables agree, else ``--map`` as it was given."""
    used = [source.mapping for source in record.sources]
    return used[0] if all(mapping == used[0] for mapping in used) else record.settings["map"]


def credit(folder: RunFolder) -> Retried | None:
    """Note in each run that this one corrects how many of its rows were imported; return the note of the run before.

    If that run was a retry itself, its rows are the first run's, too, and so through every round. None if this run is
    no retry.
    """
    now = _rows_of(folder)
    told: Retried | None = None
    run = folder
    while now is not None and (before := _corrected_by(run)) is not None:
        retried, now = _compare(before, now)
        _note(before, folder.run_id, retried)
        told, run = told or retried, before
    return told


def _corrected_by(run: RunFolder) -> RunFolder | None:
    before_id = run.record().retry_of
    before = RunFolder(run.path.parent / before_id) if before_id else None
    return before if before is not None and (before.path / ROWS).is_file() else None


def _rows_of(folder: RunFolder) -> pl.LazyFrame | None:
    """Return the run's rows with the ``PLACE`` of the row each corrects, null if none; None if it has no rows yet."""
    if not (folder.path / ROWS).is_file():
        return None
    rows = folder.settled_rows()
    names = {"place": SOURCE, "at": ROW}
    columns = rows.collect_schema()
    none = pl.lit(None, pl.String)
    return rows.with_columns((pl.col(name) if name in columns else none).alias(to) for to, name in names.items())


def _note(before: RunFolder, run_id: str, retried: Retried) -> None:
    with before.locked():
        record = before.record()
        record.retried[run_id] = retried
        before.save(record)
        if (summary := before.summary()) is not None:
            summary = summary.model_copy(update={"retried": record.retried})
            write_page(before.path, summary, Settings(**record.settings).full_workbooks)
            summary.write(before.path, way_out(before.path))


def _compare(before: RunFolder, now: pl.LazyFrame) -> tuple[Retried, pl.LazyFrame | None]:
    """Count rows against those that they correct; return them, too, tied one retry further back.

    None in place of these rows if the run before was no retry.
    """
    old = before.settled_rows()
    rows = now.select(pl.len()).collect().item()
    was_columns = old.collect_schema().names()
    shared = [
        name
        for name in now.collect_schema().names()
        if name.startswith(RAW) and not name.startswith(RAW + OURS) and name in was_columns
    ]
    earlier = [pl.col(name).alias(f"was_{name}") for name in (SOURCE, ROW) if name in was_columns]
    was = places(old).select(*PLACE, *(stripped(name).alias(f"was_{name}") for name in shared), *earlier)
    once = now.filter(pl.col("at").is_not_null()).unique(PLACE, keep="first", maintain_order=True)
    tied = once.join(was, on=PLACE, how="inner", maintain_order="left")
    same = [stripped(name).eq_missing(pl.col(f"was_{name}")) for name in shared]
    counted = tied.select(
        rows=pl.len(),
        imported=(pl.col("outcome") == Outcome.IMPORTED.value).sum(),
        unchanged=pl.all_horizontal([pl.lit(value=True), *same]).sum(),
    )
    figures = counted.collect().row(0, named=True)
    retried = Retried(**figures, unknown=rows - figures["rows"])
    if len(earlier) < len(PLACE):
        return retried, None
    onwards = tied.with_columns(place=pl.col(f"was_{SOURCE}"), at=pl.col(f"was_{ROW}"))
    return retried, onwards.drop(name for name in (f"was_{n}" for n in (*shared, SOURCE, ROW)))
