"""``report.html``: the whole account on one offline page.

All that comes from files or from the API is untrusted: the template escapes every value, the page's one script is named
to the browser by its hash and puts values into cells as text alone, and nothing can be loaded from anywhere.
"""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from markupsafe import Markup

from importer import __version__
from importer.models.frames import RAW
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.reports import conclusions as account
from importer.reports import flow, wording
from importer.reports.folder import (
    ROWS_FILE,
    detail,
    first_filled,
    first_rows,
    has_outcome,
    new_file,
    original_columns,
    phone_as_read,
    scan_rows,
)
from importer.reports.junit import NAME as JUNIT
from importer.reports.masking import masked_cell, masked_email, masked_name, masked_phone
from importer.reports.retry import CSV as RETRY_CSV
from importer.reports.retry import WORKBOOK as RETRY_WORKBOOK
from importer.reports.review import NAME as REVIEW
from importer.reports.review import findings
from importer.reports.row_files import file_name
from importer.reports.templates import environment
from importer.reports.workbook import NAME as REPORT_WORKBOOK
from importer.storage.summary import FILE_NAME as SUMMARY_FILE
from importer.storage.summary import BatchSummary, Summary

NAME = "report.html"
MASKED = "report-masked.html"
SHEET = "report-summary.html"
_SHEET_LINES = 12
_SHEET_SOURCES = 6
"""As much as fits one printed page."""
TABLE_ROWS = 100_000
"""Rows that the page's table holds; the CSV files have all of them."""

LISTED = (Outcome.ERRORED, Outcome.UNCONFIRMED, Outcome.WAITING, Outcome.SKIPPED)
"""Outcomes whose rows are on the page, in this order: whoever asks why a person was not imported finds them."""
STATIC_ROWS = 100
"""Rows that are there without script, and on paper."""
_BATCHES = 500
_PACKING = 4
"""gzip's level; its usual one takes more than twice as long for a tenth less."""
_COLUMNS = (
    "source",
    "sheet",
    "row",
    "outcome",
    "reason",
    "detail",
    "phone",
    "first_name",
    "last_name",
    "email",
    "batch",
)
_WIDTHS = {"wide": 1100.0, "narrow": 400.0}
_HERE = Path(__file__).parent
_FILES = {
    **{file_name(outcome): f"{outcome.value} rows: their own columns, then ours" for outcome in Outcome},
    RETRY_WORKBOOK: "the rows that a correction would let through",
    RETRY_CSV: "the rows that a correction would let through",
    REVIEW: "rows to look at: a number under two names, a person under two numbers, a mistyped address",
    REPORT_WORKBOOK: "this report as a workbook",
    JUNIT: "the run as test results, for a CI server",
}
_ALWAYS = {
    ROWS_FILE: "every row with every column, for programs",
    SUMMARY_FILE: "this account in figures, for programs",
}


@dataclass(frozen=True, slots=True)
class People:
    """The rows that were not imported, in the order of ``LISTED``.

    Attributes:
        rows: at most ``TABLE_ROWS``, ``_COLUMNS`` and then the ``raw:`` columns.
        count: all such rows, also those past ``TABLE_ROWS``.
        need: those of them that a person must deal with: errored, unconfirmed and waiting.
        files: the CSV files that have all of them.
        data: ``rows`` as the page's script takes them.
    """

    rows: pl.DataFrame
    count: int
    need: int
    files: list[str]
    data: str


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch with our counts of its rows by outcome, and how they compare with the API's counters."""

    batch: BatchSummary
    ours: dict[str, int]
    verdict: str


def write_page(
    folder: Path,
    summary: Summary,
    full: bool,  # noqa: ARG001 - one signature
    people: People | None = None,
) -> list[str]:
    """Write the page, with at most ``TABLE_ROWS`` rows that were not imported; it says where it stops.

    ``people`` are those rows if they were made ahead.
    """
    people = people or people_of(folder, summary)
    with new_file(folder, NAME) as part:
        part.write_text(_text(folder, summary, people, is_masked=False), "utf-8")
    return [NAME]


def write_masked(folder: Path, summary: Summary) -> Path:
    """Write the page without anybody's data: the list's own cells are left out, the rest is masked; return its path."""
    with new_file(folder, MASKED) as part:
        people = people_of(folder, summary, is_masked=True)
        part.write_text(_text(folder, summary, people, is_masked=True), "utf-8")
    return folder / MASKED


def write_sheet(folder: Path, summary: Summary) -> Path:
    """Write the account on one printed page, with nobody's data; return its path."""
    style = (_HERE / "sheet.css").read_text("utf-8")
    text = environment(_HERE).get_template("sheet.html.j2").render(
        summary=summary,
        account=account,
        wording=wording,
        version=__version__,
        reasons=[reason for reason in account.reason_counts(summary) if reason.code != Reason.CONFIRMED][:_SHEET_LINES],
        sources=_sources(summary),
        style=Markup(style),  # noqa: S704 - the package's own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )  # fmt: skip
    with new_file(folder, SHEET) as part:
        part.write_text(text, "utf-8")
    return folder / SHEET


def _sources(summary: Summary) -> list[tuple[str, int, int]]:
    """Return the sources inside the list with their rows and errored rows, the worst share first; at most six."""
    values = {} if summary.origins is None else summary.origins.values
    lines = [
        (
            value,
            sum(reasons.values()),
            sum(n for r, n in reasons.items() if REASONS[Reason(r)].outcome == Outcome.ERRORED),
        )
        for value, reasons in values.items()
    ]
    return sorted(lines, key=lambda line: -line[2] / max(1, line[1]))[:_SHEET_SOURCES]


def _text(folder: Path, summary: Summary, people: People, *, is_masked: bool) -> str:
    script = (_HERE / "report.js").read_text("utf-8")
    found = findings(folder, summary)
    reasons = account.reason_counts(summary)
    return environment(_HERE).get_template("report.html.j2").render(
        summary=summary,
        is_masked=is_masked,
        account=account,
        wording=wording,
        version=__version__,
        reasons=reasons,
        steps=account.next_steps(summary, _retry_file(folder)),
        pictures={kind: flow.draw(reasons, summary.present_before, width) for kind, width in _WIDTHS.items()},
        people=people,
        static_rows=people.rows.head(STATIC_ROWS).to_dicts(),
        data=Markup(people.data),  # noqa: S704 - base64, made here
        findings=[replace(each, pairs=[]) for each in found] if is_masked else found,
        suspicions=account.suspicions(summary),
        changes=account.changes(summary),
        batches=_batches(folder, summary),
        files={name: what for name, what in _FILES.items() if (folder / name).exists()} | _ALWAYS,
        style=Markup((_HERE / "report.css").read_text("utf-8")),  # noqa: S704 - the package's own file
        script=Markup(script),  # noqa: S704 - the package's own file
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )  # fmt: skip


def _retry_file(folder: Path) -> str | None:
    """Return the path of the retry file from the folder above the runs; None if there is none."""
    runs = folder.resolve().parent.name
    names = (name for name in (RETRY_WORKBOOK, RETRY_CSV) if (folder / name).exists())
    return next((f"{runs}/{folder.name}/{name}" for name in names), None)


def people_of(folder: Path, summary: Summary, *, is_masked: bool = False) -> People:
    """Return the rows for the page; ``is_masked``: without the list's own cells, and with nobody's data in ours."""
    everyone = scan_rows(folder)
    columns = [*_COLUMNS, *(RAW + name for name in original_columns(everyone))]
    found, count, need, files = [], 0, 0, []
    for outcome in LISTED:
        number = everyone.filter(has_outcome(outcome)).select(pl.len()).collect().item()
        left = min(number, max(TABLE_ROWS - count, 0))
        found.append(first_rows(everyone.select(columns), has_outcome(outcome), left, summary.rows))
        count += number
        need += 0 if outcome is Outcome.SKIPPED else number
        if number:
            files.append(file_name(outcome))
    phone = first_filled([pl.col("phone"), phone_as_read(summary, columns)]).alias("phone")
    frame = pl.concat(found).with_columns(_detail(summary), phone)
    rows = _masked(frame) if is_masked else frame
    return People(rows, count, need, files, _embedded(rows))


def _masked(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows without the list's own cells, and with nobody's data in ours."""

    def phone(text: str) -> str:
        return masked_phone(text) if re.fullmatch(r"\+\d+", text) else masked_cell(text)

    quoting = [Reason.REJECTED_BY_API.value, Reason.SKIPPED_BY_API.value, Reason.REPLY_LOST.value]
    meanings = {reason.value: info.meaning for reason, info in REASONS.items()}
    is_quoting = pl.col("reason").is_in(quoting)  # their details hold words of others
    text = pl.String()
    return rows.select(_COLUMNS).with_columns(
        pl.col("phone").map_elements(phone, return_dtype=text),
        pl.col("first_name", "last_name").map_elements(masked_name, return_dtype=text),
        pl.col("email").map_elements(masked_email, return_dtype=text),
        pl.when(is_quoting).then(pl.col("reason").replace_strict(meanings)).otherwise("detail").alias("detail"),
    )


def _detail(summary: Summary) -> pl.Expr:
    """Return what is wrong with the row: its detail, or what its reason means."""
    meanings = {reason.value: info.meaning for reason, info in REASONS.items()}
    return pl.coalesce(detail(summary), pl.col("reason").replace_strict(meanings)).alias("detail")


def _embedded(rows: pl.DataFrame) -> str:
    """Return the rows as base64 of gzipped JSON, by column because that packs better.

    ``{"names": [...], "own": how many of the first columns are ours, "columns": [[...], ...]}``
    """
    names = [name.removeprefix(RAW) if name.startswith(RAW) else name for name in rows.columns]
    head = json.dumps({"names": names, "own": len(_COLUMNS)}, ensure_ascii=False, separators=(",", ":"))
    cells = (pl.struct(pl.col(name).implode().alias("cells")).struct.json_encode().alias(name) for name in rows.columns)
    columns = (text.removeprefix('{"cells":').removesuffix("}") for text in rows.select(cells).row(0))
    content = f'{head[:-1]},"columns":[{",".join(columns)}]}}'
    return base64.b64encode(gzip.compress(content.encode(), compresslevel=_PACKING, mtime=0)).decode()


def _batches(folder: Path, summary: Summary) -> list[BatchLine]:
    """Return the first batches; those whose counters differ or are missing come first."""
    counted = scan_rows(folder).filter(pl.col("batch").is_not_null()).group_by("batch", "outcome").len().collect()
    ours: dict[int, dict[str, int]] = {}
    for number, outcome, rows in counted.iter_rows():
        ours.setdefault(number, {})[outcome] = rows
    lines = [
        BatchLine(batch, ours.get(batch.number, {}), _verdict(batch, ours.get(batch.number, {})))
        for batch in summary.batch_list
    ]
    return sorted(lines, key=lambda line: line.verdict == "agree")[:_BATCHES]


def _verdict(batch: BatchSummary, ours: dict[str, int]) -> str:
    """Compare our counts with the API's; some APIs count the errors they list among what they skipped."""
    if batch.imported is None or batch.skipped is None:
        return "no answer"
    skipped, errored = ours.get("skipped", 0) - batch.kept_back, ours.get("errored", 0)
    is_apart = (batch.skipped, batch.errors or 0) == (skipped, errored)
    is_within = (batch.skipped, batch.errors or 0) == (skipped + errored, errored)
    return "agree" if batch.imported == ours.get("imported", 0) and (is_apart or is_within) else "differ"
