"""The plan of a retry: decided rows, read with the columns that their run had for each field.

The columns are chosen from the rows of the first run, not from the few that are decided: a column beside the number, or
one that tells who said no, must be the same for a row whenever it is sent.
"""

from pathlib import Path

import polars as pl

from importer.errors import ReadError, StoppedError
from importer.models.frames import RAW
from importer.models.mappings import Mapping
from importer.models.sources import Source
from importer.pipeline.decided import FIXABLE
from importer.pipeline.plan import SAMPLE_CELLS, SAMPLE_ROWS, Plan
from importer.readers.decided import FORMAT
from importer.readers.formats import open_tables
from importer.readers.table import rows_of
from importer.settings.settings import FIELDS
from importer.stages.correct import PLACE, Correct, Corrected
from importer.stages.map import choose_mapping
from importer.storage.run_folder import ROWS, Record, RunFolder
from importer.storage.summary import SourceSummary

_Table = tuple[str, str | None]
"""A table's file and sheet."""


def plan_of(path: Path, before: RunFolder) -> Plan:
    """Return the plan of a retry that sends the decided rows in this file.

    Raises:
        StoppedError: the file is gone, damaged, or no file of decided rows; or the run before cannot be read.
    """
    known = mappings(before)
    try:
        tables = open_tables(path, path.name, None)
        if any(table.source.format != FORMAT for table in tables):
            raise StoppedError(
                f"An earlier version began this retry and its rows were not all read. Begin it anew: importer retry "
                f"{before.run_id} {path}"
            )
        return Plan(tables=tuple((table, known[table.source.file, table.source.sheet]) for table in tables))
    except (ReadError, KeyError) as error:
        raise StoppedError(f"The run cannot read on: {error}") from error


def mappings(before: RunFolder) -> dict[_Table, Mapping]:
    """Return the mapping of each table of a run, as the run had it.

    Raises:
        StoppedError: its rows cannot be read.
    """
    return {
        (source.file, source.sheet): _mapping(source, _with_rows_of(before, source))
        for source in before.record().sources
    }


def correction(record: Record, runs: Path) -> Correct | None:
    """Return the stage that a retry's rows go through first; None if the run is no retry, or the run before is gone."""
    if record.retry_of is None or not (runs / record.retry_of / ROWS).is_file():
        return None
    return correction_of(RunFolder(runs / record.retry_of))


def correction_of(before: RunFolder) -> Correct:
    """Return the stage for rows that correct those of ``before``."""
    rows = before.settled_rows()
    raw = [name for name in rows.collect_schema() if name.startswith(RAW)]
    return Correct(Corrected(rows.filter(pl.col("reason").is_in(FIXABLE)).select(*PLACE, *raw).collect()))


def _with_rows_of(run: RunFolder, source: SourceSummary) -> RunFolder:
    """Return the first run of a chain of retries, if it is there and has the table; else the run itself."""
    while (earlier := run.record().retry_of) is not None and (run.path.parent / earlier / ROWS).is_file():
        before = RunFolder(run.path.parent / earlier)
        if all((one.file, one.sheet) != (source.file, source.sheet) for one in before.record().sources):
            break
        run = before
    return run


def source_of(summary: SourceSummary) -> Source:
    """Return a table of a run as its summary tells it; where its file was is not told."""
    return Source(
        path=Path(summary.file),
        file=summary.file,
        sha256=summary.sha256,
        size_bytes=summary.size_bytes,
        format=summary.format,
        columns=tuple(summary.columns),
        header_row=summary.header_row,
        sheet=summary.sheet,
    )


def _mapping(summary: SourceSummary, run: RunFolder) -> Mapping:
    source = source_of(summary)
    pinned = {field: summary.mapping.get(field, []) for field in FIELDS}
    is_here = (pl.col("source") == source.file) & pl.col("sheet").eq_missing(pl.lit(source.sheet, pl.String))
    most = rows_of(len(source.columns), SAMPLE_ROWS, SAMPLE_CELLS)
    rows = run.settled_rows().filter(is_here).head(most)
    shown = rows.select(
        "row", "line", pl.lit(None, pl.String).alias("problem"), "extra_cells", *(RAW + c for c in source.columns)
    )
    return choose_mapping(source, shown.collect(), pinned, dict.fromkeys(pinned, "as the run began"))
