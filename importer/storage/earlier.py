"""Rows of a run in Parquet files, those of an earlier version in the terms of this one.

Until version 0.1 a row that was ``not-sent`` was ``errored``; it is ``waiting`` now. The files of a run stay as they
are: what is read from them is translated.
"""

from pathlib import Path

import polars as pl

from importer.models.frames import OUTCOME, REASON
from importer.models.outcomes import REASONS, Reason

MARK = {"importer.rows": "2"}
"""What ``rows.parquet`` says of itself: its outcomes are those of this version."""


def translated(path: Path) -> pl.LazyFrame | None:
    """Return an earlier version's rows in the terms of this one, lazily; None if this version wrote them.

    Raises:
        pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError: the file is damaged or cannot be read.
    """
    rows = pl.scan_parquet(path, glob=False)
    columns = rows.collect_schema()
    if columns.get("outcome") == pl.String:
        # The mark spares an expression on the outcome, behind which polars reads every row of a filtered one.
        if MARK.items() <= pl.read_parquet_metadata(path).items():
            return None
    elif (columns.get("outcome", OUTCOME), columns.get("reason", REASON)) == (OUTCOME, REASON):
        return None
    cells = {name: pl.col(name).cast(pl.String) for name in ("outcome", "reason")}
    is_waiting = cells["reason"] == Reason.NOT_SENT.value
    cells["outcome"] = (
        pl.when(is_waiting).then(pl.lit(REASONS[Reason.NOT_SENT].outcome.value)).otherwise(cells["outcome"])
    )
    if columns["outcome"] != pl.String:
        cells = {"outcome": cells["outcome"].cast(OUTCOME), "reason": cells["reason"].cast(REASON)}
    return rows.with_columns(**cells)
