"""``retry``: the corrected rows of a run, imported as that run was, and credited to it.

A retry file's ``importer: source`` and ``importer: row`` tell which row of the run each of its rows is. The run's own
books stay what they were; its record, summary and page say in addition what the later run imported.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

from importer.errors import UsageError
from importer.frames import OURS, RAW
from importer.models.outcomes import Outcome
from importer.models.watching import Stop, Watch
from importer.pipeline import run_import
from importer.reports.page import write_page
from importer.runs import ROWS, Record, RunFolder, way_out
from importer.settings import Settings, load_settings
from importer.summary import Retried, Summary
from importer.suppression import handed_down
from importer.whose import IsSame

_SOURCE, _ROW = f"{RAW}{OURS}source", f"{RAW}{OURS}row"


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

    What the run must not send by now its corrected rows do not send either, whatever its lists have lost since.

    Raises:
        UsageError: before the run began.
        RefusedError: a suppression list of the run cannot be read any more.
    """
    record = before.record()
    if not (before.path / ROWS).is_file():
        raise UsageError(f"Run {before.run_id} has no {ROWS}. Run: importer resume {before.run_id}")
    here = {"sheet": None, "dry_run": False, "runs": before.path.parent, "map": _mapping(record)}
    settings = load_settings(record.settings | here | flags)
    then = f"importer retry {before.run_id} {shlex.quote(str(fixed))}"
    lists = handed_down(before, settings, suppress, watch, then)
    settings = settings.model_copy(update={"suppress": tuple(dict.fromkeys([*settings.suppress, *suppress]))})
    return run_import([fixed], settings, key, watch, stop, is_same=is_same, retry_of=before.run_id, lists=lists)


def _mapping(record: Record) -> dict[str, Any]:
    """The columns of each field as the run had them, where all its tables had them alike; else as it was told."""
    used = [source.mapping for source in record.sources]
    return used[0] if all(mapping == used[0] for mapping in used) else record.settings["map"]


def credit(folder: RunFolder) -> Retried | None:
    """Note in the run whose corrected rows this run imported what became of them; None where it corrects none."""
    before_id = folder.record().retry_of
    before = RunFolder(folder.path.parent / before_id) if before_id else None
    if before is None or not (before.path / ROWS).is_file() or not (folder.path / ROWS).is_file():
        return None
    retried = _compare(before.settled_rows(), folder.settled_rows())
    with before.locked():
        record = before.record()
        record.retried[folder.run_id] = retried
        before.save(record)
        if (summary := before.summary()) is not None:
            summary = summary.model_copy(update={"retried": record.retried})
            write_page(before.path, summary, Settings(**record.settings).full_workbooks)
            summary.write(before.path, way_out(before.path))
    return retried


def _compare(old: pl.LazyFrame, new: pl.LazyFrame) -> Retried:
    """Tie the rows of a retry file to the rows that they correct."""
    columns = new.collect_schema().names()
    rows = new.select(pl.len()).collect().item()
    if not {_SOURCE, _ROW} <= set(columns):
        return Retried(rows=0, imported=0, unchanged=0, unknown=rows)
    cells = [name for name in columns if name.startswith(RAW) and not name.startswith(RAW + OURS)]
    shared = [name for name in cells if name in old.collect_schema().names()]
    place = pl.concat_str("source", pl.concat_str(pl.lit(", sheet "), "sheet"), ignore_nulls=True)
    same = [_same(name).alias(name) for name in shared]
    was = old.select(*same, place=place, at=pl.col("row").cast(pl.String))
    now = new.select("outcome", *same, place=pl.col(_SOURCE), at=pl.col(_ROW))
    now = now.unique(["place", "at"], keep="first", maintain_order=True)
    tied = now.join(was, on=["place", "at"], how="inner", suffix="|was")
    is_unchanged = pl.all_horizontal([pl.lit(value=True), *(pl.col(n).eq_missing(pl.col(f"{n}|was")) for n in shared)])
    counted = tied.select(
        rows=pl.len(),
        imported=(pl.col("outcome") == Outcome.IMPORTED.value).sum(),
        unchanged=is_unchanged.sum(),
    )
    figures = counted.collect().row(0, named=True)
    return Retried(**figures, unknown=rows - figures["rows"])


def _same(column: str) -> pl.Expr:
    """A cell without the white space that a spreadsheet may add or drop."""
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)
