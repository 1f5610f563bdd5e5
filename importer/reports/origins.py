"""Sources inside a list: a column such as "Lead source" that says where each row came from, and how each fared."""

import re
from collections.abc import Iterable

import polars as pl

from importer.models.frames import RAW
from importer.storage.summary import Origins, Summary

NO_VALUE = "(empty)"
_MOST_VALUES = 20
_ROWS_A_VALUE = 5
"""A column of fewer rows a value tells people apart, not sources."""

_LONGEST = 60
_RANKS = (
    r"sources?|quelle|herkunft|fuente|origen|fonte|origine|provenance|origin|referrer|utm source|bron|källa",
    r"channel|kanal|canal|medium|utm medium",
    r"campaigns?|kampagne|campaña|campanha|campagne|campagna|utm campaign",
    r"owner|partner|broker|vendor|supplier|agent|rep|team|segment|branch|filiale",
)
"""Words of headers, the likeliest kind of source first."""

_PERSONAL = r"@|\d{7}"


def candidates(summary: Summary) -> list[str]:
    """Return the columns whose header may name a source, the likeliest first; none that holds a contact's own data."""
    mapped = {c for source in summary.sources for columns in source.mapping.values() for c in columns}
    columns = dict.fromkeys(column for source in summary.sources for column in source.columns)
    ranked = [(rank, column) for column in columns if column not in mapped and (rank := _rank(column)) is not None]
    return [column for _, column in sorted(ranked, key=lambda pair: pair[0])]


def origins(rows: pl.LazyFrame, summary: Summary) -> Origins | None:
    """Return the rows by source and reason for the likeliest column with 2 to 20 values; None if there is none."""
    there = set(rows.collect_schema())
    for column in candidates(summary):
        if RAW + column in there and (found := by_column(rows, column)) is not None:
            return found
    return None


def by_column(rows: pl.LazyFrame, column: str) -> Origins | None:
    """Return the rows by the values of a column and by reason; None if it has not 2 to 20, or they look personal."""
    counted = rows.group_by(value=pl.col(RAW + column), reason="reason").len()
    # One value too many is enough to know: a column of a million different cells is not kept in memory.
    few = counted.head(_MOST_VALUES * 40).collect(engine="streaming")
    values: dict[str, dict[str, int]] = {}
    for value, reason, count in few.sort("len", descending=True).iter_rows():
        reasons = values.setdefault((value or "").strip() or NO_VALUE, {})
        reasons[reason] = reasons.get(reason, 0) + count
    total = sum(sum(reasons.values()) for reasons in values.values())
    is_fit = 2 <= len(values) <= _MOST_VALUES and total >= _ROWS_A_VALUE * len(values) and not _is_personal(values)
    return Origins(column=column, values=values) if is_fit else None


def _rank(column: str) -> int | None:
    words = re.sub(r"[\W_]+", " ", column.lower()).strip()
    return next((rank for rank, pattern in enumerate(_RANKS) if re.search(rf"\b(?:{pattern})\b", words)), None)


def _is_personal(values: Iterable[str]) -> bool:
    return any(len(value) > _LONGEST or re.search(_PERSONAL, value) for value in values)
