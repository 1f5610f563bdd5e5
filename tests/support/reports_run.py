"""A small run with a row of almost every kind, for the tests of its reports."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from importer.models.frames import RAW, RUN_COLUMNS
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.storage.run_folder import Record, RunFolder
from importer.storage.summary import ApiTotals, BatchSummary, SourceSummary, Summary

CUSTOMERS = ("Name", "Phone", "E-mail", "row")
LEADS = ("Firma", "Mobil", "=Notiz")


def row(reason: Reason, file: str, number: int, cells: Mapping[str, str | None], **more: Any) -> dict[str, Any]:
    """One row of a run: its reason, its place and its original cells."""
    known = {
        "source": file,
        "row": number,
        "line": number,
        "outcome": REASONS[reason].outcome.value,
        "reason": reason.value,
    }
    return known | more | {RAW + column: cell for column, cell in cells.items()}


def write_rows(folder: Path, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    """``rows.parquet`` with the rows in their order; ``columns`` are the originals."""
    schema: dict[str, Any] = dict.fromkeys(RUN_COLUMNS, pl.String) | {
        name: dtype for name, dtype in RUN_COLUMNS.items() if dtype == pl.UInt32
    }
    schema |= {RAW + column: pl.String for column in columns}
    numbered = [{"position": position} | row for position, row in enumerate(rows)]
    pl.DataFrame(numbered, schema=schema).write_parquet(folder / "rows.parquet")


def source(file: str, columns: tuple[str, ...], phone: str, **more: Any) -> SourceSummary:
    """A source as the summary tells it."""
    known: dict[str, Any] = {
        "file": file, "sha256": "ab" * 32, "format": "csv", "encoding": "utf-8", "delimiter": ",", "sheet": None,
        "header_row": 1, "rows": 0, "size_bytes": 1000, "columns": list(columns),
        "mapping": {"phone": [phone]}, "notes": [],
    }  # fmt: skip
    return SourceSummary(**(known | more))


def summary_of(rows: list[dict[str, Any]], sources: list[SourceSummary], **more: Any) -> Summary:
    """The summary that fits the rows."""
    reasons: dict[str, dict[str, int]] = {}
    for each in rows:
        codes = reasons.setdefault(each["outcome"], {})
        codes[each["reason"]] = codes.get(each["reason"], 0) + 1
    known: dict[str, Any] = {
        "run_id": "2026-03-01-0900-abcd", "status": "complete", "exit_code": 3, "started_at": "2026-03-01T09:00:00Z",
        "target": "https://app.voxpria.com", "region": "US", "rows": len(rows), "balanced": True, "reasons": reasons,
        "sources": sources, "seconds": {"read": 0.25, "deliver": 1.5, "total": 2.0}, "peak_memory_mb": 120.0,
    }  # fmt: skip
    counts = {outcome.value: sum(reasons.get(outcome.value, {}).values()) for outcome in Outcome}
    return Summary(**(known | counts | more))


def recorded(folder: Path, summary: Summary) -> None:
    """Write the summary of a run into its folder, and the record that fits it: of a dry run."""
    record = Record(
        run_id=folder.name, started_at=datetime.now(UTC), settings={"region": summary.region, "dry_run": True},
        files=[], base_url=summary.target, sources=summary.sources, passed_over=[], is_prepared=True,
    )  # fmt: skip
    RunFolder(folder).save(record)
    summary.write(folder, "")


def small_run(folder: Path) -> Summary:
    """Eleven rows of two sources, put into the folder; the summary that fits them."""
    customers, leads = "customers.csv", "leads.xlsx"
    person = {"first_name": "Ann", "last_name": "Example", "email": "ann@example.com"}
    cells = {"Name": "ANN EXAMPLE", "Phone": "(202) 555-0143", "E-mail": "ann@example.com", "row": "7"}
    good = {**person, "phone": "+12025550143", "batch": 1, "offset": 0, "metadata": '{"row":"7"}'}
    rows = [
        row(Reason.CONFIRMED, customers, 2, cells, **good, contact_id="contact_1", changes="name:recased; phone:e164"),
        row(Reason.DUPLICATE_IN_FILE, customers, 3, cells, **person, phone="+12025550143",
            kept_source=customers, kept_row=2),
        row(Reason.PHONE_MISSING, customers, 4, {"Name": "Bo", "E-mail": "bo@example.com"},
            detail="The column Phone is empty."),
        row(Reason.PHONE_INVALID, customers, 5, {"Name": "=Cy", "Phone": "+1 555"}, detail="The number has 4 digits."),
        row(Reason.BLANK_ROW, customers, 6, {}),
        row(Reason.MALFORMED_ROW, customers, 7, {"Name": "a\nb"}, detail="1 cell too many.", extra_cells='["surplus"]'),
        row(Reason.CONFIRMED, leads, 4, {"Firma": "Müller & Söhne", "Mobil": "+493012345678", "=Notiz": "@home"},
            sheet="Blatt <1>", phone="+493012345678", batch=1, offset=1),
        row(Reason.PHONE_DAMAGED, leads, 5, {"Firma": "Nord", "Mobil": "4.93E+11"}, sheet="Blatt <1>"),
        row(Reason.REPLY_LOST, leads, 6, {"Firma": "Süd", "Mobil": "+493012345679"}, sheet="Blatt <1>",
            phone="+493012345679", batch=2, offset=0),
        row(Reason.NOT_SENT, leads, 7, {"Firma": "West", "Mobil": "+493012345670"}, sheet="Blatt <1>",
            phone="+493012345670"),
        row(Reason.SKIPPED_BY_API, leads, 8, {"Firma": "Ost", "Mobil": "+493012345671"}, sheet="Blatt <1>",
            phone="+493012345671", batch=1, offset=2),
    ]  # fmt: skip
    write_rows(folder, rows, CUSTOMERS + LEADS)
    sources = [
        source(customers, CUSTOMERS, "Phone", rows=6, notes=["The file has a byte order mark."]),
        source(
            leads, LEADS, "Mobil", format="xlsx", encoding=None, delimiter=None, sheet="Blatt <1>", header_row=3, rows=5
        ),
    ]
    return summary_of(
        rows, sources, status="incomplete", exit_code=4, stopped_because="The API did not answer for 61 minutes.",
        changes={"name:recased": 1, "phone:e164": 1}, batches=2, requests=3,
        api=ApiTotals(sent=3, imported=2, skipped=1),
        batch_list=[
            BatchSummary(number=1, rows=3, state="settled", imported=2, skipped=1, errors=0, attempts=1),
            BatchSummary(number=2, rows=1, state="ambiguous", attempts=2, note="read timeout after the last byte"),
        ],
    )  # fmt: skip
