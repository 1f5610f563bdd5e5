"""The rows that a retry corrects, read from the run before and from the retry file itself."""

from pathlib import Path

import polars as pl

from importer.errors import RefusedError
from importer.models.frames import OURS, RAW
from importer.models.outcomes import REASONS
from importer.pipeline.plan import Plan
from importer.readers.table import rows_of
from importer.stages.correct import PLACE, Correct, Corrected, corrected_twice, named_rows, places
from importer.storage.run_folder import ROWS, Record, RunFolder

_CHUNK_ROWS = 1 << 15


def correction(record: Record, plan: Plan, runs: Path) -> Correct | None:
    """Return the stage that ties rows to those they correct; None if the run is no retry, or the run before is gone.

    Raises:
        RefusedError: the file is the retry file of another run.
    """
    if record.retry_of is None or not (runs / record.retry_of / ROWS).is_file():
        return None
    before = RunFolder(runs / record.retry_of)
    rows = places(before.settled_rows())
    columns = [name for name in rows.collect_schema() if name.startswith(RAW) and not name.startswith(RAW + OURS)]
    fixable = rows.filter(pl.col("reason").is_in([reason.value for reason, info in REASONS.items() if info.is_fixable]))
    has_other_region = before.record().settings["region"] != record.settings["region"]
    old = fixable.select(*PLACE, "reason", "detail", *columns).collect()
    corrected = Corrected(record.retry_of, old, has_other_region)
    named = named_rows(
        chunk for table, _ in plan.tables for chunk in table.chunks(rows_of(len(table.source.columns), _CHUNK_ROWS))
    )
    if named.height and rows.select(PLACE).collect().join(named, on=PLACE, how="semi").is_empty():
        raise RefusedError(
            f"No row of this file is a row of run {record.retry_of}: it is the retry file of another run. Nothing was "
            "sent. Name that run instead (importer runs lists them)."
        )
    return Correct(corrected, corrected_twice(named))
