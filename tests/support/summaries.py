"""Folders of runs that hold summaries alone, for what is made of those."""

import json
from pathlib import Path
from typing import Any

from importer.models.outcomes import REASONS, Outcome, Reason

SOURCES = ("broker", "event", "web", "partner")


def summary_json(run_id: str, file: str, reasons: dict[Reason, int], **more: Any) -> dict[str, Any]:
    """A run's summary as it lies in its folder; the errored rows are spread over ``SOURCES`` as ``spread`` says."""
    spread = more.pop("spread", (1, 1, 1, 1))
    by_outcome: dict[str, dict[str, int]] = {}
    for reason, rows in reasons.items():
        by_outcome.setdefault(REASONS[reason].outcome.value, {})[reason.value] = rows
    rows = sum(reasons.values())
    errored = sum(by_outcome.get("errored", {}).values())
    values = {}
    for name, part in zip(SOURCES, spread, strict=True):
        wrong = round(errored * part / sum(spread))
        values[name] = {"confirmed": rows // 4 - wrong, "phone-missing": wrong}
    day = f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}"
    known: dict[str, Any] = {
        "run_id": run_id, "status": "complete", "exit_code": 3, "started_at": f"{day}T02:15:00Z",
        "target": "https://app.voxpria.com", "region": "US", "rows": rows, "balanced": True, "reasons": by_outcome,
        "sources": [{
            "file": file, "sha256": file, "format": "csv", "encoding": "utf-8", "delimiter": ",", "sheet": None,
            "header_row": 1, "rows": rows, "size_bytes": 1, "columns": ["Name", "Phone", "Lead source"],
            "mapping": {"phone": ["Phone"]}, "notes": [],
        }],
        "seconds": {"total": 2.0}, "peak_memory_mb": 100.0, "origins": {"column": "Lead source", "values": values},
    }  # fmt: skip
    counts = {outcome.value: sum(by_outcome.get(outcome.value, {}).values()) for outcome in Outcome}
    return known | counts | more


def put(runs: Path, summary: dict[str, Any]) -> Path:
    """Write a summary, and a record beside it, into a folder of runs; return the run's folder."""
    folder = runs / str(summary["run_id"])
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
    (folder / "run.json").write_text("{}", "utf-8")
    return folder


def weeks(runs: Path, errored: list[int], *, rows: int = 3000, last: dict[str, object] | None = None) -> list[Path]:
    """A run a week, from week 40 on, with so many errored rows each."""
    folders = []
    for week, wrong in enumerate(errored, 40):
        reasons = {Reason.CONFIRMED: rows - wrong, Reason.PHONE_MISSING: wrong}
        is_last = week == 39 + len(errored)
        more = (last or {}) if is_last else {}
        given = summary_json(f"202610{week - 30:02}-021500-000", f"week{week}.csv", reasons, **more)
        folders.append(put(runs, given))
    return folders
