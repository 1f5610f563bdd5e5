"""The runs of a folder over time, from their summaries alone: which lists they are of, and what left its band."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from importer.errors import UnapprovedError
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.reports.wording import local_time
from importer.storage.summary import FILE_NAME, Approvals

_LAST = 8
"""Runs before that a band is made of; fewer than ``_LEAST`` make none."""
_LEAST = 4
_MADS = 3
_LEAST_SHARE = 0.01
"""A share that moved by less than a point is not said, however steady it was before."""
_LEAST_ROWS = 0.1


@dataclass(frozen=True, slots=True)
class Entry:
    """One run, as a list of runs shows it.

    Attributes:
        list: the first file's name.
        columns: of its first table, as a fingerprint of the list.
        hashes: SHA-256 of its files, which tie a dry run to the run of the same list.
        origins: by the value of the column that names sources, the rows by reason; empty if there is none.
        retried: how many of its errored rows later runs imported.
        is_waiting: it waits for approval.
        approvals: of its plan, as far as they were given; None if it needs none.
    """

    run_id: str
    started_at: str
    status: str
    list: str
    rows: int
    counts: Mapping[str, int]
    reasons: Mapping[str, int]
    columns: tuple[str, ...]
    hashes: frozenset[str]
    column: str
    origins: Mapping[str, Mapping[str, int]]
    retry_of: str | None
    retried: int
    is_waiting: bool = False
    approvals: Approvals | None = None

    @property
    def when(self) -> str:
        """Return when it began, in this machine's zone."""
        return f"{local_time(self.started_at):%-d %b %Y, %H:%M}"

    @property
    def to_fix(self) -> int:
        """Return how many rows a person could correct."""
        return sum(rows for code, rows in self.reasons.items() if code in _FIXABLE)

    @property
    def left(self) -> int:
        """Return how many of them no later run imported."""
        return max(0, self.to_fix - self.retried)

    def share(self, outcome: str) -> float:
        """Return the share of rows with an outcome, 0 to 1."""
        return self.counts.get(outcome, 0) / self.rows if self.rows else 0.0


_FIXABLE = {reason.value for reason, info in REASONS.items() if info.is_fixable}


def entries(folders: Iterable[Path]) -> list[Entry]:
    """Return the runs of these folders in their order; a folder without a summary that can be read is left out."""
    found = []
    for folder in folders:
        try:
            found.append(_entry(json.loads((folder / FILE_NAME).read_bytes())))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def _entry(summary: dict[str, Any]) -> Entry:
    sources = summary["sources"] or summary.get("passed_over") or []
    origins = summary.get("origins") or {}
    reasons: Counter[str] = Counter()
    for codes in summary["reasons"].values():
        reasons.update(codes)
    counts: Counter[str] = Counter()
    for code, rows in reasons.items():
        counts[REASONS[Reason(code)].outcome.value] += rows
    return Entry(
        run_id=summary["run_id"],
        started_at=summary["started_at"],
        status=summary["status"],
        list=sources[0]["file"] if sources else "no list",
        rows=summary["rows"],
        counts=dict(counts),
        reasons=dict(reasons),
        columns=tuple(sources[0]["columns"]) if sources else (),
        hashes=frozenset(source["sha256"] for source in sources),
        column=origins.get("column", ""),
        origins=origins.get("values", {}),
        retry_of=summary.get("retry_of"),
        is_waiting=summary["exit_code"] == UnapprovedError.exit_code,
        approvals=Approvals.model_validate(given) if (given := summary.get("approvals")) else None,
        retried=sum(later["imported"] for later in summary.get("retried", {}).values()),
    )


def series(runs: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Return the runs by list, oldest first; retries belong to the run that they correct, and are left out.

    Lists are one if their columns are, else if their names differ in digits alone. A list is named after its first
    run, with ``#`` for digits that changed.
    """
    by_columns: dict[tuple[str, ...], str] = {}
    by_name: dict[str, str] = {}
    found: dict[str, list[Entry]] = {}
    for run in runs:
        if run.retry_of is not None:
            continue
        pattern = re.sub(r"\d+", "#", run.list)
        name = by_columns.get(run.columns) or by_name.get(pattern) or pattern
        by_columns.setdefault(run.columns, name)
        by_name.setdefault(pattern, name)
        found.setdefault(name, []).append(run)
    return found


def sent(runs: Iterable[Entry]) -> list[Entry]:
    """Return the runs that were carried out: no dry run, none that was refused or stopped on the way."""
    return [run for run in runs if run.status == "complete"]


def remarks(runs: Sequence[Entry]) -> list[str]:
    """Return a sentence for each figure of the last run that left its band; empty if none did, or too few runs are.

    The band is the median of the last eight runs before, and three times their median deviation to both sides.
    """
    done = sent(runs)
    if len(done) <= _LEAST:
        return []
    before, now = done[-_LAST - 1 : -1], done[-1]
    said = []
    rows = [run.rows for run in before]
    usual = median(rows)
    if abs(now.rows - usual) > max(_MADS * _mad(rows), _LEAST_ROWS * usual):
        said.append(f"{now.list} has {now.rows:,} rows; {usual:,.0f} are usual.")
    said += _outcomes(now, before)
    said += _origins(now, before)
    if (last := before[-1]).columns != now.columns:
        new, gone = set(now.columns) - set(last.columns), set(last.columns) - set(now.columns)
        parts = [f"{word}: {', '.join(sorted(names))}" for word, names in (("new", new), ("gone", gone)) if names]
        said += [f"The columns of {now.list} changed; {'; '.join(parts)}."] if parts else []
    return said


def _outcomes(now: Entry, before: Sequence[Entry]) -> list[str]:
    said = []
    for outcome in (Outcome.ERRORED.value, Outcome.SKIPPED.value):
        shares = [run.share(outcome) for run in before]
        if is_outside(now.share(outcome), shares):
            word = "more" if now.share(outcome) > median(shares) else "fewer"
            said.append(
                f"{now.list}: {now.share(outcome):.1%} {outcome}, {word} than usual; {shares[-1]:.1%} the time before."
            )
            said += _reasons(now, before, outcome)
    return [text.replace("%", "\N{NO-BREAK SPACE}%") for text in said]


def _reasons(now: Entry, before: Sequence[Entry], outcome: str) -> list[str]:
    """Return the reason that moved most, if one of the outcome's reasons left its band."""
    moved = []
    for code in {code for run in (now, *before) for code in run.reasons if REASONS[Reason(code)].outcome == outcome}:
        shares = [run.reasons.get(code, 0) / run.rows if run.rows else 0.0 for run in before]
        share = now.reasons.get(code, 0) / now.rows if now.rows else 0.0
        if is_outside(share, shares):
            moved.append((abs(share - median(shares)), code, shares[-1], share))
    return [f"Most of it is {code}: {was:.1%} → {share:.1%}." for _, code, was, share in sorted(moved)[-1:]]


def _origins(now: Entry, before: Sequence[Entry]) -> list[str]:
    """Return the sources inside the list whose share of errored rows left its band, the one that moved most first."""
    moved = []
    for value in now.origins:
        shares = [share for run in before if (share := origin_share(run, value)) is not None]
        share = origin_share(now, value)
        if share is not None and len(shares) >= _LEAST and is_outside(share, shares):
            moved.append((share - shares[-1], value, shares[-1], share))
    told = [f"{value} {was:.1%} → {share:.1%}" for _, value, was, share in sorted(moved, reverse=True)]
    return [f"By {now.column}, errored: {', '.join(told)}.".replace("%", "\N{NO-BREAK SPACE}%")] if told else []


def origin_share(run: Entry, value: str) -> float | None:
    """Return the share of errored rows of a source inside a list; None if the run has no rows of it."""
    reasons = run.origins.get(value)
    if not reasons:
        return None
    errored = sum(rows for code, rows in reasons.items() if REASONS[Reason(code)].outcome == Outcome.ERRORED)
    return errored / sum(reasons.values())


def is_outside(now: float, before: Sequence[float]) -> bool:
    """Return True if a share is outside the band of those before."""
    return abs(now - median(before)) > max(_MADS * _mad(before), _LEAST_SHARE)


def _mad(values: Sequence[float]) -> float:
    middle = median(values)
    return median(abs(value - middle) for value in values)


def rehearsal_of(run: Entry, runs: Iterable[Entry]) -> Entry | None:
    """Return the last dry run of the same files before a run; None if there is none, or it is one itself."""
    if run.status == "dry-run" or not run.hashes:
        return None
    found = [r for r in runs if r.status == "dry-run" and r.hashes == run.hashes and r.run_id < run.run_id]
    return found[-1] if found else None


def differs(plan: Entry, run: Entry) -> str:
    """Return how a run ended otherwise than its dry run said; ``plan = actual`` if it did not."""
    would, did = plan.counts.get(Outcome.PLANNED.value, 0), run.counts.get(Outcome.IMPORTED.value, 0)
    parts = [f"{did:,} imported of {would:,} planned"] if would != did else []
    for outcome in (Outcome.SKIPPED.value, Outcome.ERRORED.value):
        was, now = plan.counts.get(outcome, 0), run.counts.get(outcome, 0)
        parts += [f"{outcome} {was:,} → {now:,}"] if was != now else []
    return ", ".join(parts) or "plan = actual"
