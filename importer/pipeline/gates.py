"""The gates: figures of a list's prepared rows, held against limits and against the last runs of the same job."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import polars as pl

from importer.errors import StoppedError
from importer.models.frames import OURS
from importer.models.outcomes import Outcome, Reason
from importer.pipeline.sketch import contained, sketch
from importer.settings.gates import Gates
from importer.settings.settings import Settings, shown_name
from importer.stages.map.regions import region_of_number
from importer.storage.job_memory import JobMemory, home_of
from importer.storage.parts import Parts
from importer.storage.run_folder import Record, RunFolder
from importer.storage.summary import Gate, Summary, SuppressionList

_PAST = 20
_LEARNED = 3
"""Earlier runs that a band needs: of fewer, nobody can say what is usual."""
_NUMBERS = 2_000
"""Numbers whose countries are looked up: enough for a share to a percent or two."""
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Figures:
    """A list's prepared rows in figures; ``regions`` has the share of each country among its numbers."""

    rows: int
    errored: int
    duplicates: int
    columns: list[str]
    regions: dict[str, float]

    def share(self, count: int) -> float:
        """Return the share of all rows, 0 to 1."""
        return count / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier run of the same job."""

    run_id: str
    at: float
    figures: Figures
    sketch: bytes | None
    unconfirmed: float

    @property
    def day(self) -> str:
        """Return the day of the run."""
        return time.strftime("%Y-%m-%d", time.localtime(self.at))


def judged(settings: Settings, record: Record, parts: Parts) -> list[Gate]:
    """Return each gate of a run with what was seen; its figures are kept for the job's next runs."""
    figures = _figures(record, parts)
    past: list[Past] = []
    sketched = None
    if settings.job is not None:
        with JobMemory.open(home_of(settings.runs, settings.job)) as memory:
            if settings.gates.max_similar is not None:
                sketched = sketch((frame for _, frame in parts.frames(after=0)), memory.salt)
            past = [
                Past(run_id, at, _known(kept), old, _unconfirmed(settings, run_id, kept))
                for run_id, at, kept, old in memory.past(record.run_id, _PAST)
            ]
            memory.note_run(record.run_id, record.started_at.timestamp(), asdict(figures), sketched)
    return [*gates_of(settings, figures, sketched, past), *stale_lists(settings)]


def gates_of(settings: Settings, figures: Figures, sketched: bytes | None, past: Sequence[Past]) -> Iterator[Gate]:
    """Yield each gate of the settings, by a list's figures and the last runs, newest first."""
    gates = settings.gates
    yield from _of_rows(gates, settings.max_error_rate, figures)
    if past:
        yield from _of_last(gates, figures, past[0])
        yield from _of_regions(gates, figures, past)
        yield from _of_bands(gates, figures, past)
        yield from _of_similar(gates, sketched, past)


def stale_lists(settings: Settings) -> Iterator[Gate]:
    """Yield the gate of each suppression list's age."""
    if (most := settings.suppress_max_age_days) is None:
        return
    for path in settings.suppress:
        days = (time.time() - path.stat().st_mtime) / _DAY_S
        yield Gate(
            rule="suppress_max_age_days",
            is_open=days <= most,
            seen=f"the suppression list {shown_name(path.name)} is {days:,.1f} days old",
            usual=f"at most {most:g} days",
        )


def missing_lists(settings: Settings) -> Iterator[Gate]:
    """Yield the gate of each suppression list that is not there."""
    for path in settings.suppress:
        if not path.exists():
            yield _gate("suppress", is_open=False, seen=f"there is no suppression list {path}", usual="the list")


def shrunk_lists(memory: JobMemory, settings: Settings, told: Sequence[SuppressionList]) -> Iterator[Gate]:
    """Yield the gate of each suppression list's numbers, held against those of the job's last start."""
    if (most := settings.suppress_max_shrink) is None:
        return
    for path, one in zip(settings.suppress, told, strict=True):
        now = one.numbers or 0
        before = int(memory.fact(f"numbers of {path}", str(now)))
        lost = max(0, before - now) / before if before else 0.0
        seen = f"the suppression list {one.file} has {now:,} numbers, {lost:.1%} fewer than the {before:,} of before"
        yield _gate("suppress_max_shrink", is_open=lost <= most, seen=seen, usual=f"at most {most:.1%} fewer")


def remember_lists(memory: JobMemory, settings: Settings, told: Sequence[SuppressionList]) -> None:
    """Keep how many numbers each suppression list has, for the job's next start."""
    for path, one in zip(settings.suppress, told, strict=True):
        memory.note_fact(f"numbers of {path}", str(one.numbers or 0))


def remember_end(settings: Settings, summary: Summary) -> None:
    """Keep how a run of a job ended, so that the next ones are compared with it, or not. Never changes that end."""
    if settings.job is not None:
        with suppress(StoppedError), JobMemory.open(home_of(settings.runs, settings.job)) as memory:
            share = summary.unconfirmed / summary.rows if summary.rows else 0.0
            memory.note_state(summary.run_id, summary.status, unconfirmed=share)


def words(tripped: Sequence[Gate]) -> str:
    """Return what held a list back, for people."""
    return " ".join(f"The gate {one.rule} holds it back: {one.seen}; allowed is: {one.usual}." for one in tripped)


def _figures(record: Record, parts: Parts) -> Figures:
    rows = parts.scan()
    errored, duplicates = (
        rows.select(
            (pl.col("outcome") == Outcome.ERRORED.value).sum().alias("errored"),
            (pl.col("reason") == Reason.DUPLICATE_IN_FILE.value).sum().alias("duplicates"),
        )
        .collect()
        .row(0)
    )
    phones = rows.select(pl.col("phone").drop_nulls()).collect().to_series()
    every = phones.gather_every(max(1, phones.len() // _NUMBERS))
    regions = Counter(region or "?" for region in map(region_of_number, every))
    columns = {name for source in record.sources for name in source.columns if not name.startswith(OURS)}
    shares = {region: count / every.len() for region, count in regions.most_common()}
    return Figures(record.rows, int(errored or 0), int(duplicates or 0), sorted(columns), shares)


def _known(kept: dict[str, Any]) -> Figures:
    return Figures(**{name: kept[name] for name in Figures.__dataclass_fields__})


def _unconfirmed(settings: Settings, run_id: str, kept: dict[str, Any]) -> float:
    """Return the share of a run's rows that is unconfirmed now; as it ended if its folder is gone."""
    summary = RunFolder(settings.runs / run_id).summary()
    if summary is not None and summary.rows:
        return summary.unconfirmed / summary.rows
    return float(kept.get("unconfirmed", 0))


def _of_rows(gates: Gates, most_errors: float | None, figures: Figures) -> Iterator[Gate]:
    """Yield the gates that need nothing but the list itself."""
    if gates.min_rows is not None:
        yield _gate("min_rows", figures.rows >= gates.min_rows, _rows(figures.rows), f"at least {gates.min_rows:,}")
    if gates.max_rows is not None:
        yield _gate("max_rows", figures.rows <= gates.max_rows, _rows(figures.rows), f"at most {gates.max_rows:,}")
    limit = gates.max_error_rate if most_errors is None else most_errors
    for rule, most, count, what in (
        ("max_error_rate", limit, figures.errored, "cannot be imported"),
        ("max_duplicate_rate", gates.max_duplicate_rate, figures.duplicates, "have a number that came before"),
    ):
        if most is not None:
            share = figures.share(count)
            seen = f"{count:,} of {_rows(figures.rows)} ({share:.1%}) {what}"
            yield _gate(rule, share <= most, seen, f"at most {most:.1%}")


def _of_last(gates: Gates, figures: Figures, last: Past) -> Iterator[Gate]:
    """Yield the gates that compare with the last run."""
    if gates.same_columns:
        gone = sorted(set(last.figures.columns) - set(figures.columns))
        new = sorted(set(figures.columns) - set(last.figures.columns))
        differences = [
            f"{what}: {', '.join(repr(name) for name in names)}"
            for what, names in (("missing", gone), ("new", new))
            if names
        ]
        seen = "; ".join(differences) or f"the same {len(figures.columns):,}"
        yield _gate("same_columns", not differences, seen, f"the columns of run {last.run_id}, {last.day}")
    if gates.max_unconfirmed_rate is not None:
        is_open = last.unconfirmed <= gates.max_unconfirmed_rate
        seen = f"{last.unconfirmed:.1%} of the rows of the last run are unconfirmed: importer verify {last.run_id}"
        yield _gate("max_unconfirmed_rate", is_open, seen, f"at most {gates.max_unconfirmed_rate:.1%}")


def _of_regions(gates: Gates, figures: Figures, past: Sequence[Past]) -> Iterator[Gate]:
    """Yield the gate of the mix of countries: the share of numbers that would have to be of others to be as usual."""
    known = [one.figures.regions for one in past if one.figures.regions]
    if gates.max_region_shift is None or not known or not figures.regions:
        return
    regions = {region for mix in (*known, figures.regions) for region in mix}
    usual = {region: sum(mix.get(region, 0) for mix in known) / len(known) for region in regions}
    apart = {region: figures.regions.get(region, 0) - usual[region] for region in regions}
    shift = sum(abs(change) for change in apart.values()) / 2
    furthest = sorted(apart, key=lambda region: (-round(abs(apart[region]), 6), region))[:2]
    each = ", ".join(
        f"{region} {figures.regions.get(region, 0):.0%} (usually {usual[region]:.0%})" for region in furthest
    )
    seen = f"{shift:.1%} of the numbers are of other countries than usual: {each}"
    yield _gate("max_region_shift", shift <= gates.max_region_shift, seen, f"at most {gates.max_region_shift:.1%}")


def _of_bands(gates: Gates, figures: Figures, past: Sequence[Past]) -> Iterator[Gate]:
    """Yield the gates of what the last runs had: rows both ways, shares of errors and duplicates upwards."""
    if gates.band is None or len(past) < _LEARNED:
        return
    rows = [one.figures.rows for one in past]
    # A spread is never taken for less than a hundredth: runs that were all alike would let nothing pass.
    low, high = _band(rows, gates.band, max(1.0, 0.01 * median(rows)))
    told = f"(median {median(rows):,g} ± {gates.band:g} MAD of {len(past)} runs)"
    usual = f"{max(0, low):,.0f} to {high:,.0f} {told}"
    yield _gate("band.rows", low <= figures.rows <= high, _rows(figures.rows), usual)
    for rule, ours, theirs, what in (
        (
            "band.errors",
            figures.errored,
            [one.figures.share(one.figures.errored) for one in past],
            "cannot be imported",
        ),
        (
            "band.duplicates",
            figures.duplicates,
            [one.figures.share(one.figures.duplicates) for one in past],
            "have a number that came before",
        ),
    ):
        _, most = _band(theirs, gates.band, 0.01)
        share = figures.share(ours)
        yield _gate(rule, share <= most, f"{share:.1%} of the rows {what}", f"at most {min(most, 1):.1%}")


def _band(values: Sequence[float], width: float, least: float) -> tuple[float, float]:
    middle = median(values)
    spread = max(median(abs(value - middle) for value in values), least)
    return middle - width * spread, middle + width * spread


def _of_similar(gates: Gates, sketched: bytes | None, past: Sequence[Past]) -> Iterator[Gate]:
    """Yield the gate of what an earlier run had already."""
    shares = [(contained(sketched, one.sketch), one) for one in past if sketched and one.sketch]
    if gates.max_similar is None or not shares:
        return
    share, most_alike = max(shares, key=lambda pair: pair[0])
    seen = f"{share:.0%} of its contacts were in run {most_alike.run_id}, imported on {most_alike.day}"
    yield _gate("max_similar", share <= gates.max_similar, seen, f"at most {gates.max_similar:.0%}")


def _gate(rule: str, is_open: bool, seen: str, usual: str) -> Gate:
    return Gate(rule=rule, is_open=is_open, seen=seen, usual=usual)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
