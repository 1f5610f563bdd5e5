"""What an import would make of files: how they are read and mapped, what is wrong with the rows, what it would cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import polars as pl

from importer.frames import RAW
from importer.mapping import Asking
from importer.models import Mapping, Outcome, Reason, Source, Stop, Watch
from importer.preparation import Preparation, begin, make_plan, named, sample
from importer.settings import Settings
from importer.stages import Job
from importer.stages.map import Map
from importer.stages.phones import Phones

_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "AT", "CH", "PL", "BR", "MX", "AR", "IN", "AU", "JP", "ZA")
"""Countries tried for a suggestion, by how many people of the world's online lists live there."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column in the first rows of its table.

    Attributes:
        field: the contact field that it fills, or ``metadata``.
        filled, distinct: rows with a value, different values.
        examples: up to three values, letters and digits masked but the first two of each.
    """

    name: str
    field: str
    filled: int
    distinct: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableProfile:
    """One table: how it is understood and what its columns hold; ``sampled`` rows were looked at for the columns."""

    source: Source
    mapping: Mapping
    rows: int
    sampled: int
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """The whole of what an import would do.

    Attributes:
        reasons: rows by outcome and reason; ``ready`` rows would be sent.
        changes: how often each repair was made.
        suggestion: a region that would make national numbers readable, in words; None where none is needed or fits.
    """

    tables: tuple[TableProfile, ...]
    passed_over: tuple[Source, ...]
    reasons: dict[tuple[str, str], int]
    changes: dict[str, int]
    batches: int
    suggestion: str | None

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.reasons.values())


def inspect(files: Sequence[Path], settings: Settings, watch: Watch, stop: Stop) -> Inspection:
    """Read and prepare all rows as an import would, and keep the figures only.

    Raises:
        UsageError: as ``run`` would.
    """
    plan = make_plan(named(files), settings, watch, Asking(is_look=True))
    preparation = Preparation(Job(settings.region, settings.batch_size, plan.suppressed))
    reasons: dict[tuple[str, str], int] = {}
    changes: dict[str, int] = {}
    rows_of: dict[int, int] = {}
    for number, frame in preparation.rows(plan, settings, watch, stop):
        rows_of[number] = rows_of.get(number, 0) + frame.height
        _count_reasons(frame, reasons)
        _count_changes(frame, changes)
    profiles = []
    samples = []
    for number, (table, mapping) in enumerate(plan.tables):
        rows = sample(table)
        samples.append((table.source, mapping, rows))
        columns = tuple(_profile(rows, name, mapping) for name in table.source.columns)
        profiles.append(TableProfile(table.source, mapping, rows_of.get(number, 0), rows.height, columns))
    ready = reasons.get((Outcome.PLANNED.value, Reason.READY.value), 0)
    is_ambiguous = (Outcome.ERRORED.value, Reason.PHONE_AMBIGUOUS.value) in reasons
    return Inspection(
        tables=tuple(profiles),
        passed_over=plan.passed_over,
        reasons=dict(sorted(reasons.items(), key=lambda item: -item[1])),
        changes=dict(sorted(changes.items(), key=lambda item: -item[1])),
        batches=ceil(ready / settings.batch_size),
        suggestion=_suggest_region(samples) if is_ambiguous else None,
    )


def _count_reasons(frame: pl.DataFrame, reasons: dict[tuple[str, str], int]) -> None:
    planned = frame.select(
        pl.col("outcome").cast(pl.String).fill_null(Outcome.PLANNED.value),
        pl.col("reason").cast(pl.String).fill_null(Reason.READY.value),
    )
    for outcome, reason, rows in planned.group_by("outcome", "reason").len().iter_rows():
        reasons[outcome, reason] = reasons.get((outcome, reason), 0) + rows


def _count_changes(frame: pl.DataFrame, changes: dict[str, int]) -> None:
    codes = frame["changes"].drop_nulls().str.split("; ").explode().value_counts()
    for code, rows in codes.iter_rows():
        changes[code] = changes.get(code, 0) + rows


def _profile(rows: pl.DataFrame, name: str, mapping: Mapping) -> ColumnProfile:
    values = rows[RAW + name].drop_nulls()
    field = next((field for field, columns in mapping.fields().items() if name in columns), "metadata")
    examples = values.unique(maintain_order=True).head(3).to_list()
    return ColumnProfile(name, field, values.len(), values.n_unique(), tuple(_masked(value) for value in examples))


def _masked(value: str) -> str:
    """The shape of a value: its first two letters or digits, the others as ``•``."""
    seen = 0
    shape = []
    for character in value[:40]:
        seen += character.isalnum()
        shape.append("•" if character.isalnum() and seen > 2 else character)
    return "".join(shape)


def _suggest_region(samples: Sequence[tuple[Source, Mapping, pl.DataFrame]]) -> str | None:
    """The country of whose numbering plan most of the ambiguous numbers are, where one stands out."""
    valid: dict[str, int] = {}
    ambiguous = 0
    for source, mapping, rows in samples:
        frame = Map(mapping)(begin(rows, source, 0))
        is_ambiguous = Phones(None)(frame)["reason"].cast(pl.String) == Reason.PHONE_AMBIGUOUS.value
        undecided = frame.filter(is_ambiguous & frame["region"].is_null())
        ambiguous += undecided.height
        for region in _REGIONS:
            valid[region] = valid.get(region, 0) + Phones(region)(undecided)["phone"].count()
    best, second = sorted(valid, key=lambda region: -valid[region])[:2]
    if not ambiguous or valid[best] < ambiguous / 2:
        return None
    also = f" ({valid[second] / ambiguous:.0%} of {second})" if valid[second] > valid[best] / 2 else ""
    share = f"{valid[best] / ambiguous:.0%}"
    return f"{share} of the numbers without a country are valid numbers of {best}{also}: --region {best}"
