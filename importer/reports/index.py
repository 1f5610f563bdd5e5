"""``index.html`` in the folder of runs: the history of all lists on one page, from the summaries alone.

It names no person: files, counts, reasons and the sources inside lists.
"""

import base64
import hashlib
from contextlib import suppress
from pathlib import Path

from markupsafe import Markup

from importer.errors import ImporterError
from importer.models.outcomes import Outcome
from importer.reports.history import Entry, differs, entries, origin_share, rehearsal_of, remarks, sent, series
from importer.reports.templates import environment
from importer.storage.run_folder import all_runs
from importer.system.new_file import new_file

NAME = "index.html"
_HERE = Path(__file__).parent
_BARS = 12
_LISTED = 1_000
_SHOWN = (Outcome.IMPORTED, Outcome.SKIPPED, Outcome.UNCONFIRMED, Outcome.WAITING, Outcome.ERRORED)


def write_index(runs: Path) -> Path | None:
    """Write the page; return its path, None if it cannot be written: no run ends otherwise because of it."""
    with suppress(ImporterError, OSError):
        text = page(runs)
        with new_file(runs / NAME, "Make room or give permission, then run: importer runs --html") as part:
            part.write_text(text, "utf-8")
        return runs / NAME
    return None


def page(runs: Path) -> str:
    """Return the page over a folder of runs.

    Raises:
        UsageError: the folder cannot be read.
    """
    every = entries(folder.path for folder in all_runs(runs))[-_LISTED:]
    lists = series(every)
    style = (_HERE / "report.css").read_text("utf-8") + (_HERE / "index.css").read_text("utf-8")
    return environment(_HERE).get_template("index.html.j2").render(
        lists=[
            {"name": name, "remarks": remarks(found), "bars": _bars(sent(found)[-_BARS:]), "sources": _sources(found)}
            for name, found in sorted(lists.items(), key=lambda item: item[1][-1].run_id, reverse=True)
            if sent(found)
        ],
        lines=_lines(every),
        total=len(every),
        style=Markup(style),  # noqa: S704 - the package's own files
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        outcomes=[outcome.value for outcome in _SHOWN],
    )  # fmt: skip


def _bars(runs: list[Entry]) -> list[dict[str, object]]:
    """Return a stacked bar for each run: from the top down each outcome's share, in per cent of the height."""
    bars = []
    for run in runs:
        top = 0.0
        pieces = []
        for outcome in reversed(_SHOWN):
            share = 100 * run.share(outcome.value)
            if share:
                pieces.append((outcome.value, top, share))
                top += share
        bars.append({"run": run, "pieces": pieces})
    return bars


def _sources(runs: list[Entry]) -> tuple[str, list[tuple[str, int, float | None, float, str]]] | None:
    """Return the sources inside the list of the last run: rows, errored share the time before and now, worst first."""
    done = sent(runs)
    if not done or not done[-1].origins:
        return None
    now, before = done[-1], done[-2] if len(done) > 1 else None
    lines = []
    for value, reasons in now.origins.items():
        was = None if before is None else origin_share(before, value)
        old = {} if before is None else before.origins.get(value, {})
        new = {code: rows - old.get(code, 0) for code, rows in reasons.items() if code in now.reasons}
        grown = max((code for code in new if code != "confirmed"), key=lambda code: new[code], default="")
        lines.append((value, sum(reasons.values()), was, origin_share(now, value) or 0.0, grown))
    return now.column, sorted(lines, key=lambda line: -line[3])


def _lines(runs: list[Entry]) -> list[tuple[Entry, int, str]]:
    """Return the runs newest first, each with its retries below it: the run, its depth, and what is said of it."""
    children: dict[str, list[Entry]] = {}
    known = {run.run_id for run in runs}
    for run in runs:
        if run.retry_of in known:
            children.setdefault(run.retry_of or "", []).append(run)
    lines: list[tuple[Entry, int, str]] = []

    def add(run: Entry, depth: int) -> None:
        plan = rehearsal_of(run, runs)
        lines.append((run, depth, differs(plan, run) if plan is not None else ""))
        for child in children.get(run.run_id, []):
            add(child, depth + 1)

    for run in reversed(runs):
        if run.retry_of not in known:
            add(run, 0)
    return lines
