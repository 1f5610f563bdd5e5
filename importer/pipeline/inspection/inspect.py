"""Inspection: how files are read and mapped, what is wrong with their rows, and what an import would cost."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from importer.models.frames import RAW, with_prefix
from importer.models.mappings import Mapping
from importer.models.outcomes import Outcome, Reason
from importer.models.sources import Source, Unreadable
from importer.models.watching import Stop, Watch
from importer.pipeline import memory
from importer.pipeline.inspection.profiling import ColumnProfile, profile_columns
from importer.pipeline.inspection.region_advice import suggest_region
from importer.pipeline.mapper import OF_REFUSING, Asking, refusing_list
from importer.pipeline.plan import make_plan, named, sample
from importer.pipeline.preparation import Preparation
from importer.pipeline.suppression import forgotten
from importer.pipeline.suppression_lists import read_lists
from importer.settings.settings import Settings
from importer.stages import Job
from importer.stages.suppress import Suppressed
from importer.storage.summary import SuppressionList
from importer.system import bounds


@dataclass(frozen=True, slots=True)
class TableProfile:
    """A table: how it is understood and what its columns hold.

    Attributes:
        sampled: how many first rows the examples, distinct values and troubles come from.
        changes: how often each repair was made, in all rows.
        refusing: a warning if the table is named after people who said no; None if it is not.
    """

    source: Source
    mapping: Mapping
    rows: int
    sampled: int
    columns: tuple[ColumnProfile, ...]
    changes: dict[str, int]
    refusing: str | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """The figures of an import that was not made.

    Attributes:
        passed_over: tables without a phone column, each with the reason.
        unreadable: files that cannot be read, or not to their end.
        reasons: rows by outcome and reason; ``ready`` rows would be sent.
        changes: how often each repair was made.
        suggestion: a region that would make national numbers readable, in words; None if none is needed or fits.
        lists: the suppression lists.
    """

    tables: tuple[TableProfile, ...]
    passed_over: tuple[tuple[Source, str], ...]
    unreadable: tuple[Unreadable, ...]
    reasons: dict[tuple[str, str], int]
    changes: dict[str, int]
    suggestion: str | None
    lists: tuple[SuppressionList, ...]

    @property
    def rows(self) -> int:
        """Return how many rows all tables have."""
        return sum(self.reasons.values())

    @property
    def ready(self) -> int:
        """Return how many rows would be sent."""
        return self.reasons.get((Outcome.PLANNED.value, Reason.READY.value), 0)


@dataclass(slots=True)
class _Counts:
    """Counts over all rows of one table."""

    rows: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)


def inspect(files: Sequence[Path], settings: Settings, watch: Watch, stop: Stop) -> Inspection:
    """Read and prepare all rows as an import would, and keep the figures only.

    Raises:
        UsageError: as ``run`` would, but not for tables without a phone column, which are shown, nor for one file of
            several that cannot be read.
    """
    plan = make_plan(named(files), settings, watch, Asking(is_look=True))
    lists = read_lists(settings.suppress, settings, watch, keeps=False)
    preparation = Preparation(
        Job(settings.region, settings.batch_size, Suppressed(lists.numbers, forgotten=forgotten(settings.runs))),
        passes_over=len(files) > 1,
    )
    counts = [_Counts() for _ in plan.tables]
    with bounds.reading("The list", memory.allowed_mb(settings)):
        for number, frame in preparation.rows(plan, settings, watch, stop):
            _count(frame, counts[number])
    profiles = []
    samples = []
    cut = {plan.tables[number][0].source.file: str(error) for number, error in preparation.unreadable.items()}
    whole = [
        (table, mapping, counted)
        for (table, mapping), counted in zip(plan.tables, counts, strict=True)
        if table.source.file not in cut
    ]
    for table, mapping, counted in whole:
        rows = sample(table)
        samples.append((table.source, mapping, rows))
        columns = profile_columns(table.source, mapping, rows, counted.filled, settings.region)
        changes = dict(counted.changes.most_common())
        refusing = refusing_list(table.source, rows)
        refusing = f"{refusing} An import stops at it and sends nothing. {OF_REFUSING}" if refusing else None
        profiles.append(TableProfile(table.source, mapping, counted.rows, rows.height, columns, changes, refusing))
    reasons = sum((counted.reasons for _, _, counted in whole), Counter[tuple[str, str]]())
    is_ambiguous = (Outcome.ERRORED.value, Reason.PHONE_AMBIGUOUS.value) in reasons
    return Inspection(
        tables=tuple(profiles),
        passed_over=tuple(zip(plan.passed_over, plan.passed_over_because, strict=True)),
        unreadable=(*plan.unreadable, *(Unreadable(file, why) for file, why in cut.items())),
        reasons=dict(reasons.most_common()),
        changes=dict(sum((counted.changes for _, _, counted in whole), Counter[str]()).most_common()),
        suggestion=suggest_region(samples) if is_ambiguous else None,
        lists=lists.told,
    )


def _count(frame: pl.DataFrame, counts: _Counts) -> None:
    counts.rows += frame.height
    planned = frame.select(
        pl.col("outcome").cast(pl.String).fill_null(Outcome.PLANNED.value),
        pl.col("reason").cast(pl.String).fill_null(Reason.READY.value),
    )
    for outcome, reason, rows in planned.group_by("outcome", "reason").len().iter_rows():
        counts.reasons[outcome, reason] += rows
    codes = frame["changes"].drop_nulls().str.split("; ").explode().value_counts()
    counts.changes.update(dict(codes.iter_rows()))
    for name in with_prefix(frame, RAW):
        counts.filled[name.removeprefix(RAW)] += frame.height - frame[name].null_count()
