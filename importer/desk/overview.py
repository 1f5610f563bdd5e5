"""The first screen: how the run ended, what needs a person, and which source is worse than the others."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from importer.desk.findings import TODO
from importer.desk.query import quoted
from importer.desk.view import name_for_query
from importer.errors import ImporterError
from importer.models.decisions import Decision
from importer.models.findings import info_of
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.pipeline.compare import Comparison, compare, run_before
from importer.reports import conclusions as account
from importer.reports.history import differs, entries, rehearsal_of
from importer.reports.masking import masked_cell
from importer.reports.origins import NO_VALUE
from importer.storage.run_folder import RunFolder, all_runs
from importer.storage.summary import Origins, Summary

_GROUPS = 12
_SHOWN = 48
_NOTHING = '""'
"""An empty value as the query language writes it."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that leads to its rows."""

    name: str
    rows: int
    share: float
    query: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with one problem and one kind of cell; ``share`` of the biggest group's rows, for the bar."""

    reason: str
    label: str
    rows: int
    share: float
    query: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source inside the list: its rows, those errored, and the reason most of them have."""

    value: str
    rows: int
    errored: int
    share: float
    most: str
    query: str
    is_worse: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A dry run beside the run of the same files: in a sentence, and by outcome what it said and what is."""

    run_id: str
    when: str
    sentence: str
    lines: list[tuple[str, int, int]]


def tiles(summary: Summary) -> list[Tile]:
    """Return a tile for each outcome that has rows; ``imported`` and ``errored`` are always there."""
    always = {Outcome.IMPORTED, Outcome.ERRORED}
    return [
        Tile(outcome.value, rows, 100 * rows / summary.rows if summary.rows else 0.0, f"outcome:{outcome.value}")
        for outcome, rows in account.counts(summary).items()
        if rows or (outcome in always and summary.status not in ("dry-run", "refused"))
    ]


def groups(grouped: pl.DataFrame, *, is_masked: bool, most: int = _GROUPS) -> list[Group]:
    """Return the biggest of ``RunTable.groups`` for the screen, most rows first."""
    found = grouped.head(most)
    biggest = int(found["rows"].max() or 1) if found.height else 1  # type: ignore[arg-type]
    return [
        Group(
            reason,
            _label(reason, cell, shape, is_masked=is_masked),
            rows,
            100 * rows / biggest,
            f"reason:{reason} shape:{name_for_query(shape, is_masked=is_masked)}",
        )
        for reason, shape, rows, cell in found.select("reason", "shape", "rows", "cell").iter_rows()
    ]


def _label(reason: str, cell: str | None, shape: str, *, is_masked: bool) -> str:
    """Return what the cells of a group look like: the text itself if they are all the same, else its shape."""
    if not shape:
        return "the row's cells" if reason == Reason.MALFORMED_ROW else "(empty)"
    text = masked_cell(shape) if is_masked else cell or shape
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def source_lines(origins: Origins) -> list[SourceLine]:
    """Return the sources inside the list, the worst first; ``is_worse`` if its share is twice the list's."""
    lines = []
    totals = [(sum(r.values()), _errored(r)) for r in origins.values.values()]
    usual = sum(errored for _, errored in totals) / max(1, sum(rows for rows, _ in totals))
    for value, reasons in origins.values.items():
        rows, errored = sum(reasons.values()), _errored(reasons)
        wrong = {code: count for code, count in reasons.items() if REASONS[Reason(code)].outcome is Outcome.ERRORED}
        cell = "" if value == NO_VALUE else value
        query = f"col:{quoted(origins.column)}={quoted(cell) if cell else _NOTHING}"
        share = errored / rows if rows else 0.0
        most = max(wrong, key=lambda code: wrong[code]) if wrong else ""
        is_worse = errored >= 5 and share > 1.5 * usual
        lines.append(SourceLine(value, rows, errored, 100 * share, most, query, is_worse))
    return sorted(lines, key=lambda line: -line.share)


def _errored(reasons: dict[str, int]) -> int:
    return sum(rows for code, rows in reasons.items() if REASONS[Reason(code)].outcome is Outcome.ERRORED)


def plan_of(folder: RunFolder) -> Plan | None:
    """Return what the last dry run of the very files of this run said; None if there was none."""
    runs = entries(run.path for run in all_runs(folder.path.parent))
    own = next((run for run in runs if run.run_id == folder.run_id), None)
    plan = None if own is None else rehearsal_of(own, runs)
    if own is None or plan is None:
        return None
    shown = [
        (Outcome.PLANNED, Outcome.IMPORTED),
        *((outcome, outcome) for outcome in (Outcome.SKIPPED, Outcome.ERRORED)),
    ]
    lines = [(after.value, plan.counts.get(before.value, 0), own.counts.get(after.value, 0)) for before, after in shown]
    return Plan(plan.run_id, plan.when, differs(plan, own), lines)


def moved(folder: RunFolder) -> Comparison | None:
    """Return the rows that ended otherwise than the dry run said; None if there was none, or its rows are gone."""
    try:
        return compare(run_before(folder), folder)
    except ImporterError:
        return None


def looks(judged: pl.DataFrame) -> list[tuple[str, str, int, int]]:
    """Return each kind of finding: its title, its query, how many nobody has looked at, and how many there are."""
    return [
        (info_of(code).title, f"look:{TODO} finding:{code}", own.filter(pl.col("look") == TODO).height, own.height)
        for (code,), own in judged.partition_by("finding", as_dict=True).items()
    ]


def who_did_what(lines: Iterable[Decision]) -> list[tuple[str, int, str]]:
    """Return by person the decisions on rows and the time of the last one, most decisions first."""
    counts: Counter[str] = Counter()
    last: dict[str, str] = {}
    for line in lines:
        counts[line.who] += 1
        last[line.who] = f"{line.at.astimezone():%-d %b, %H:%M}"
    return [(who, count, last[who]) for who, count in counts.most_common()]
