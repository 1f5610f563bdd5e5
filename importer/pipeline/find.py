"""``find``: a person over all runs of a folder, by name, e-mail address or number; what became of each row and why."""

import re
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError
from pydantic import BaseModel

from importer.errors import ImporterError, UsageError
from importer.models.frames import RAW
from importer.reports.folder import detail
from importer.storage.run_folder import ROWS, RunFolder, all_runs

_FIELDS = ("first_name", "last_name", "full_name", "email", "phone")
_OURS = ("first_name", "last_name", "email", "phone")
_SHOWN = ("source", "sheet", "row", "outcome", "reason", "detail", *_OURS, "kept_source", "kept_row")
_MOST = 200
_NUMBER = re.compile(r"[+(]?\d[\d\s().+/-]{5,}\d")


class FoundRow(BaseModel):
    """A row that has the person; names as in ``rows.parquet``."""

    source: str
    sheet: str | None
    row: int
    outcome: str
    reason: str
    detail: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    kept_source: str | None
    kept_row: int | None


class FoundRun(BaseModel):
    """A run that has the person; ``count`` rows, the first of which are in ``rows``."""

    run_id: str
    started_at: str
    count: int
    rows: list[FoundRow]


class Found(BaseModel):
    """The rows found, the newest run first.

    Attributes:
        runs: that have the person.
        searched: how many runs were looked through.
        unread: runs whose rows are not there or cannot be read.
    """

    runs: list[FoundRun]
    searched: int
    unread: list[str]


def find(runs: Path, text: str) -> Found:
    """Return every row of every run in which each word of a text stands in the name, the address or the number.

    Raises:
        UsageError: the text is empty, or the folder cannot be read.
    """
    is_wanted = _wanted(text)
    found, unread, searched = [], [], 0
    for folder in reversed(all_runs(runs)):
        summary = folder.summary()
        if summary is None or not (folder.path / ROWS).is_file():
            unread.append(folder.run_id)
            continue
        mapped = {column for s in summary.sources for name in _FIELDS for column in s.mapping.get(name, [])}
        try:
            rows = _matching(folder, mapped, is_wanted)
        except (ImporterError, PolarsError, OSError):
            unread.append(folder.run_id)
            continue
        searched += 1
        if rows.height:
            shown = [FoundRow(**row) for row in rows.head(_MOST).with_columns(detail(summary)).to_dicts()]
            found.append(FoundRun(run_id=folder.run_id, started_at=summary.started_at, count=rows.height, rows=shown))
    return Found(runs=found, searched=searched, unread=unread)


def _wanted(text: str) -> list[str]:
    """Return patterns that must all be found: words in any case, a number in any spelling.

    Raises:
        UsageError: there is no word.
    """
    patterns = ["[^0-9\n]{0,3}".join(re.sub(r"\D", "", found[0])) for found in _NUMBER.finditer(text)]
    patterns += [f"(?i){re.escape(word)}" for word in _NUMBER.sub(" ", text).split()]
    if not patterns:
        raise UsageError("Give a name, an e-mail address or a number to look for.")
    return patterns


def _matching(folder: RunFolder, mapped: set[str], patterns: list[str]) -> pl.DataFrame:
    rows = folder.settled_rows()
    there = rows.collect_schema().names()
    columns = [*_OURS, *(RAW + column for column in mapped if RAW + column in there)]
    text = pl.concat_str(*columns, separator="\n", ignore_nulls=True)
    # First where, then what: most runs have no such row, and then only these columns are read.
    hits = rows.select("position", hit=pl.all_horizontal([text.str.contains(pattern) for pattern in patterns]))
    at = hits.filter(pl.col("hit")).select("position").collect(engine="streaming")["position"]
    if at.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(_SHOWN, pl.String))
    is_here = pl.col("position").is_between(at.min(), at.max()) & pl.col("position").is_in(at.implode())
    return rows.filter(is_here).select(*_SHOWN).collect()
