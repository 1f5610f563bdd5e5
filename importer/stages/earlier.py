"""Earlier runs: what this account was sent before is not sent again."""

import polars as pl

from importer.frames import settle
from importer.models.outcomes import Reason

_IMPORTED_BY = "imported by run "
SCHEMA = {"phone": pl.String, "state": pl.String, "run_id": pl.String}


class Earlier:
    """Needs ``phone``. Settles numbers that an earlier run imported as ``already-imported``.

    A number that an earlier run sent without learning the answer is settled as ``reply-lost``: sending it again could
    double it, and resuming that run tells.

    Args:
        known: ``phone`` (E.164), ``state`` (``imported`` or ``doubt``), ``run_id``; as the ledger knows the account.
    """

    def __init__(self, known: pl.DataFrame) -> None:
        self._known = known.sort(pl.col("state") == "doubt").unique("phone", keep="first", maintain_order=True)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self._known.is_empty():
            return frame
        here = self._known.join(frame.select("phone"), on="phone", how="semi")
        joined = frame.join(here, on="phone", how="left", maintain_order="left")
        run = pl.col("run_id")
        imported = pl.concat_str(pl.lit(_IMPORTED_BY), run)
        doubt = pl.concat_str(pl.lit("run "), run, pl.lit(" sent it and lost the answer; run: importer resume "), run)
        settled = settle(joined, Reason.ALREADY_IMPORTED, pl.col("state") == "imported", imported)
        return settle(settled, Reason.REPLY_LOST, pl.col("state") == "doubt", doubt).drop("state", "run_id")


def imported_before(staged: pl.LazyFrame) -> pl.LazyFrame:
    """Of the prepared rows those that ``Earlier`` settled as imported, with ``run_id``: the run that did it."""
    rows = staged.filter(pl.col("reason").cast(pl.String) == Reason.ALREADY_IMPORTED.value)
    return rows.with_columns(run_id=pl.col("detail").str.strip_prefix(_IMPORTED_BY))
