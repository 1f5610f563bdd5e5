"""Findings for a person: numbers that two people share, people who look like two contacts, mistyped addresses.

Made once all rows are prepared, from the staged rows: so neither chunks nor interruptions change them, and a run that
is resumed, or whose reports are written again, finds the same.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import polars as pl

from importer.errors import StoppedError
from importer.models.findings import Finding
from importer.models.frames import OURS, RAW
from importer.pipeline.review.twins import TWINS, contacts, twins
from importer.pipeline.review.two_people import duplicates_of_others, other_people
from importer.reports.folder import new_file
from importer.stages.earlier import imported_before
from importer.stages.email_domains import suggested
from importer.stages.emails import suspected
from importer.storage.run_folder import ROWS, Record, RunFolder

FILE = "review.parquet"
MOST_LISTED = 20_000
"""Pairs of one kind in the list. All are counted, and each row whose number another person has says so itself."""

_PLACE = ("source", "sheet", "row")
_PERSON = ("phone", "first_name", "last_name", "email")
FINDINGS_SCHEMA = {
    "finding": pl.String,
    "why": pl.String,
    **dict.fromkeys(("source", "sheet"), pl.String),
    "row": pl.UInt32,
    **dict.fromkeys(_PERSON, pl.String),
    "other_run": pl.String,
    **dict.fromkeys(("other_source", "other_sheet"), pl.String),
    "other_row": pl.UInt32,
    **{f"other_{name}": pl.String for name in _PERSON},
}
"""A finding: a row and the other one; ``other_run`` is null unless that is of an earlier run."""


class Review:
    """A review of the prepared rows, made in a thread of its own: meanwhile batches are sent and books are written.

    What the rows' own details say of it is known first. ``close`` it before another one of the same run begins.
    """

    def __init__(self, folder: RunFolder, record: Record) -> None:
        """Begin; ``review.parquet`` (``FINDINGS_SCHEMA``) is written in the end, nothing while rows are unread."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="review")
        self._shared = self._thread.submit(_shared, folder, record)
        self._found = self._thread.submit(_reviewed, folder, record, self._shared)

    @property
    def counts(self) -> dict[str, int]:
        """Return the findings by ``Finding``, all of them; as ``wait``."""
        return self._found.result().counts

    @property
    def seconds(self) -> float:
        """Return the time that the review took; as ``wait``."""
        return self._found.result().seconds

    def flagged(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return the rows; the ``detail`` of those whose number another person has says so."""
        other_name = self._shared.result().positions
        if other_name.is_empty():
            return rows
        is_other = pl.col("position").is_in(other_name.implode())
        return rows.with_columns(detail=pl.when(is_other).then(pl.col("detail") + _UNDER_OTHER).otherwise("detail"))

    def wait(self) -> None:
        """Wait until it is over.

        Raises:
            ImporterError: the findings cannot be written.
        """
        self._found.result()

    def close(self) -> None:
        """Wait until nothing is written any more."""
        self._thread.shutdown(cancel_futures=True)


_UNDER_OTHER = "; there under another name"


@dataclass(frozen=True, slots=True)
class _Shared:
    """Rows whose number another person has: duplicates in the list, and those that an earlier run imported."""

    here: pl.DataFrame
    before: pl.DataFrame
    seconds: float

    @property
    def positions(self) -> pl.Series:
        return pl.concat([self.here["position"], self.before["position"]])


@dataclass(frozen=True, slots=True)
class _Reviewed:
    counts: dict[str, int]
    seconds: float


def _shared(folder: RunFolder, record: Record) -> _Shared:
    start = perf_counter()
    staged = folder.parts().scan() if record.is_prepared else None
    here = pl.DataFrame(schema=TWINS) if staged is None else duplicates_of_others(staged)
    before = () if staged is None else _imported_under_others(folder, staged)
    return _Shared(here, pl.concat([pl.DataFrame(schema=_BEFORE), *before]), perf_counter() - start)


def _reviewed(folder: RunFolder, record: Record, known: Future[_Shared]) -> _Reviewed:
    """Find the rest, and write all findings."""
    path = folder.path / FILE
    if not record.is_prepared:
        path.unlink(missing_ok=True)
        return _Reviewed({}, 0.0)
    start, shared = perf_counter(), known.result()
    staged = folder.parts().scan()
    alike = twins(staged, _unmapped(record, staged.collect_schema().names()))
    mistyped = suspected(contacts(staged))
    listed = [
        _listed(staged, Finding.TWO_PEOPLE, shared.here),
        _listed_before(staged, shared.before),
        _listed(staged, Finding.TWO_NUMBERS, alike),
        _listed_addresses(mistyped),
    ]
    with new_file(folder.path, FILE) as part:
        pl.concat(listed).write_parquet(part)
    found = {Finding.TWO_PEOPLE: shared.here.height + shared.before.height, Finding.TWO_NUMBERS: alike.height}
    found[Finding.EMAIL] = mistyped.select(pl.len()).collect().item()
    counts = {finding.value: count for finding, count in found.items() if count}
    return _Reviewed(counts, shared.seconds + perf_counter() - start)


_BEFORE = {"position": pl.UInt32, "why": pl.String} | {
    n: dtype for n, dtype in FINDINGS_SCHEMA.items() if n.startswith("other_")
}


def _imported_under_others(folder: RunFolder, staged: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield rows whose number an earlier run imported under another name, with that run's row.

    Runs whose ``rows.parquet`` is gone or damaged are passed over.
    """
    rows = imported_before(staged).select("position", "phone", "first_name", "last_name", other_run="run_id").collect()
    for (run_id,), own in rows.partition_by("other_run", as_dict=True).items():
        earlier = RunFolder(folder.path.parent / str(run_id))
        if (earlier.path / ROWS).is_file():
            try:
                there = earlier.settled_rows().filter(pl.col("batch").is_not_null())
            except StoppedError:
                continue  # a damaged run of before is no fault of this one; its own commands report it
            cells = there.select(pl.col(name).alias(f"other_{name}") for name in (*_PLACE, *_PERSON))
            both = own.lazy().join(cells, left_on="phone", right_on="other_phone", coalesce=False).collect()
            yield other_people(both).select(*_BEFORE)


def _listed(staged: pl.LazyFrame, finding: Finding, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the first pairs (``position``, ``other`` and perhaps ``why``) in ``FINDINGS_SCHEMA``."""
    first = pairs.head(MOST_LISTED)
    other = _cells(staged, first["other"]).rename(lambda name: f"other_{name}" if name != "position" else "other")
    both = first.join(_cells(staged, first["position"]), on="position").join(other, on="other").sort("position")
    return _in_form(both, finding)


def _listed_before(staged: pl.LazyFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return the first rows whose other row is of an earlier run, in ``FINDINGS_SCHEMA``."""
    first = before.sort("position").head(MOST_LISTED)
    return _in_form(first.join(_cells(staged, first["position"]), on="position").sort("position"), Finding.TWO_PEOPLE)


def _listed_addresses(mistyped: pl.LazyFrame) -> pl.DataFrame:
    """Return the first perhaps mistyped addresses; the likelier one stands in place of another row's."""
    rows = mistyped.head(MOST_LISTED).select(*_PLACE, *_PERSON).collect()
    likelier = rows.with_columns(suggested(rows["email"]).alias("other_email"))
    return _in_form(likelier.with_columns(why=pl.lit("perhaps ") + pl.col("other_email")), Finding.EMAIL)


def _cells(staged: pl.LazyFrame, positions: pl.Series) -> pl.DataFrame:
    wanted = staged.filter(pl.col("position").is_in(positions.unique().implode()))
    return wanted.select("position", *_PLACE, *_PERSON).collect()


def _in_form(pairs: pl.DataFrame, finding: Finding) -> pl.DataFrame:
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in FINDINGS_SCHEMA.items() if name not in pairs.columns]
    return pairs.with_columns(missing).with_columns(finding=pl.lit(finding.value)).select(*FINDINGS_SCHEMA)


def _unmapped(record: Record, columns: list[str]) -> list[str]:
    """Return the ``raw:`` columns that fill no field of a contact in any source."""
    mapped = {RAW + name for source in record.sources for names in source.mapping.values() for name in names}
    return [name for name in columns if name.startswith(RAW) and name not in mapped and OURS not in name]
