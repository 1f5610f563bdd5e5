"""``review.csv``: pairs of rows that a person should look at, from ``review.parquet``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from importer.models.findings import FINDINGS, FindingInfo
from importer.reports.folder import REVIEW_FILE
from importer.reports.row_files import write_csv
from importer.storage.summary import Summary

NAME = "review.csv"
PAGE_PAIRS = 50
"""Most pairs of each finding on the page."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A finding: its count of rows, how many of them are listed, and the first pairs for the page."""

    info: FindingInfo
    count: int
    listed: int
    pairs: list[dict[str, Any]]


def scan_review(folder: Path) -> pl.LazyFrame:
    """Return the pairs, lazily, in the order in which they are reported: by finding, then by the place of the row."""
    return pl.scan_parquet(folder / REVIEW_FILE, glob=False)


def write_review(folder: Path, summary: Summary, full: bool) -> list[str]:  # noqa: ARG001 - one signature
    """Write all pairs that are listed; no file if there are none."""
    if not summary.review:
        (folder / NAME).unlink(missing_ok=True)
        return []
    write_csv(folder, NAME, scan_review(folder))
    return [NAME]


def findings(folder: Path, summary: Summary) -> list[Listed]:
    """Return what was found, in the order of ``Finding``; empty if nothing was."""
    if not summary.review:
        return []
    rows = scan_review(folder).collect()
    found = []
    for finding, info in FINDINGS.items():
        own = rows.filter(pl.col("finding") == finding.value)
        if count := summary.review.get(finding.value, 0):
            found.append(Listed(info, count, own.height, own.head(PAGE_PAIRS).to_dicts()))
    return found
