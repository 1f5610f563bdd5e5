"""Earlier runs: what this account was sent before is not sent again."""

from collections.abc import Callable

import polars as pl

from importer.models.frames import settle
from importer.models.outcomes import Reason

_IMPORTED_BY = "imported by run "
SCHEMA = {"phone": pl.String, "state": pl.String, "run_id": pl.String}
LookUp = Callable[[pl.Series], pl.DataFrame]
"""From numbers (String?, E.164) to those that earlier runs sent: ``SCHEMA``, one line a number.

``state`` is ``imported`` or ``doubt``.
"""


def none_sent(_phones: pl.Series) -> pl.DataFrame:
    """Return no rows: no earlier run is known."""
    return pl.DataFrame(schema=SCHEMA)


class Earlier:
    """Needs ``phone``. Settles numbers that an earlier run imported as ``already-imported``.

    A number that an earlier run sent without learning the answer is settled as ``reply-lost``: sending it again could
    double it, and resuming that run tells.

    Args:
        look_up: tells what the ledger knows of numbers.
    """

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        here = self._look_up(frame["phone"])
        if here.is_empty():
            return frame
        joined = frame.join(here, on="phone", how="left", maintain_order="left")
        run = pl.col("run_id")
        imported = pl.concat_str(pl.lit(_IMPORTED_BY), run)
        doubt = pl.concat_str(pl.lit("run "), run, pl.lit(" sent it and lost the answer; run: importer verify "), run)
        settled = settle(joined, Reason.ALREADY_IMPORTED, pl.col("state") == "imported", imported)
        return settle(settled, Reason.REPLY_LOST, pl.col("state") == "doubt", doubt).drop("state", "run_id")


def imported_before(staged: pl.LazyFrame) -> pl.LazyFrame:
    """Return the prepared rows that ``Earlier`` settled as imported, with ``run_id``: the run that did it."""
    rows = staged.filter(pl.col("reason").cast(pl.String) == Reason.ALREADY_IMPORTED.value)
    return rows.with_columns(run_id=pl.col("detail").str.strip_prefix(_IMPORTED_BY))
