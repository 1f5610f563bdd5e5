"""``purge``: rows and bodies of settled runs go; figures, hashes and trends stay.

What was sent is still not sent again: the ledger keeps the numbers as hashes. A run says that it was purged before its
first file goes, so that what a kill cuts short is finished by the next purge.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from importer.account.standing import ledger_of
from importer.delivery.ledger.erasing import purge_run
from importer.delivery.ledger.packing import is_hashed
from importer.errors import ImporterError, StoppedError, UsageError
from importer.models.watching import Watch
from importer.pipeline.approval import FILE_NAME as PLAN
from importer.pipeline.forget.archives import Filed, filed_files
from importer.pipeline.forget.forget import Left
from importer.pipeline.forget.proof import files_below
from importer.pipeline.suppression_lists import FOLDER as LISTS
from importer.reports.index import write_index
from importer.reports.page import NAME as PAGE
from importer.storage.decisions import FILE_NAME as DECISIONS
from importer.storage.decisions import Decisions
from importer.storage.number_files import salt_of
from importer.storage.run_folder import LEDGER, RECORD, ROWS, RunFolder, all_runs, way_out
from importer.storage.summary import FILE_NAME as SUMMARY
from importer.system.new_file import new_file

KEPT = (RECORD, SUMMARY, PLAN, DECISIONS, "handed.jsonl", PAGE)
"""What stays of a run: how it was started, its figures, checksums of what was approved, who decided, what was handed
over when, and a page with the figures."""

_PROBED = 100_000
_TOKEN = re.compile(rb"[0-9]{7,15}|[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{3,100}")


class Purging(BaseModel):
    """What is to be purged, and what was.

    Attributes:
        runs: by run, the day on which it began.
        files: filed by jobs, that go with them.
        lists: suppression lists that are kept as hashes and were not read anew since.
        marks: marks of contents in inboxes.
        freed_bytes: what the deleted files took.
        left: what could not be dealt with, and why.
        searched: files that were searched in the end.
        hits: of them, those in which a number or an address of a purged run stands.
    """

    model_config = ConfigDict(extra="forbid")

    older_than_days: float
    is_dry_run: bool = False
    runs: dict[str, str] = {}
    files: list[str] = []
    lists: list[str] = []
    marks: int = 0
    freed_bytes: int = 0
    left: list[Left] = []
    searched: int = 0
    hits: list[str] = []

    @property
    def exit_code(self) -> int:
        """Return 0 if all is done, else 4."""
        return StoppedError.exit_code if self.left or self.hits else 0


def plan_purge(runs: Path, older_than: timedelta, now: datetime) -> Purging:
    """Return what would be purged of a folder of runs: what began, or was filed, longer ago than ``older_than``.

    Raises:
        UsageError: the folder cannot be read.
    """
    plan = Purging(older_than_days=older_than / timedelta(days=1))
    before = now - older_than
    for folder in all_runs(runs):
        try:
            record, summary = folder.record(), folder.summary()
        except UsageError as error:
            plan.left.append(Left(what=f"run {folder.run_id}", why=str(error)))
            continue
        if record.started_at >= before or (record.purged_at is not None and not _left_of(folder)):
            continue
        if record.purged_at is None and (summary is None or summary.status == "incomplete"):
            why = f"it is not at its end. Run: importer resume {folder.run_id}"
            plan.left.append(Left(what=f"run {folder.run_id}", why=why))
        else:
            plan.runs[folder.run_id] = f"{record.started_at:%Y-%m-%d}"
    gone = {*plan.runs, *(folder.run_id for folder in all_runs(runs) if folder.purged_at() is not None)}
    plan.files = [str(filed.path) for filed in filed_files(runs) if _is_old(filed, gone, before)]
    plan.lists = [str(path) for path in sorted((runs / LISTS).glob("*")) if _changed(path) < before]
    plan.marks = len(_marks(runs, before))
    return plan


def purge(runs: Path, plan: Purging, watch: Watch, now: datetime) -> Purging:
    """Carry out a plan, and search what is left of the purged runs.

    Raises:
        StoppedError: the salt of the hashes cannot be written; nothing was purged.
    """
    try:
        salt = salt_of(runs)
    except OSError as error:
        raise StoppedError(f"{runs} cannot be written ({error.strerror}). Nothing was purged.") from None
    before = now - timedelta(days=plan.older_than_days)
    done: list[RunFolder] = []
    probes: set[bytes] = set()
    for run_id in plan.runs:
        folder = RunFolder(runs / run_id)
        watch.doing(f"run {run_id}")
        try:
            probes |= _probes(folder)
            plan.freed_bytes += _purge_run(folder, salt, now)
            done.append(folder)
        except ImporterError as error:
            plan.left.append(Left(what=f"run {run_id}", why=str(error)))
    left = {one.what for one in plan.left}
    for filed in filed_files(runs):
        if str(filed.path) in plan.files and f"run {filed.run_id}" not in left:
            plan.freed_bytes += _deleted([filed.path, filed.path.with_name(f"{filed.path.name}.report.html")])
    plan.freed_bytes += _deleted(map(Path, plan.lists))
    _deleted(_marks(runs, before))
    write_index(runs)
    watch.doing("searching what is left")
    _prove(runs, plan, done, probes)
    watch.doing("")
    return plan


def _purge_run(folder: RunFolder, salt: bytes, now: datetime) -> int:
    """Purge one run; return the bytes that its files took."""
    with folder.locked(is_purging=True):
        record = folder.record()
        if record.purged_at is None:
            rows = folder.settled_rows() if (folder.path / ROWS).is_file() else folder.rows()
            Decisions(folder.path).forget(set(rows.select("source", "sheet", "row").collect().iter_rows()))
        if (folder.path.parent / LEDGER).exists():
            with ledger_of(folder) as ledger:
                purge_run(ledger, folder.run_id, salt)
        if record.purged_at is None:
            record.purged_at = now
            folder.save(record)
        _write_page(folder, record.purged_at)
        freed = 0
        for path in _left_of(folder):
            freed += sum(file.stat().st_size for file in files_below(path))
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        if (summary := folder.summary()) is not None:
            summary.files = []
            summary.write(folder.path, way_out(folder.path))
        return freed


def _left_of(folder: RunFolder) -> list[Path]:
    """Return what a purge deletes of a run's folder."""
    return sorted(path for path in folder.path.iterdir() if path.name not in KEPT and not path.name.endswith(".lock"))


def _write_page(folder: RunFolder, purged_at: datetime) -> None:
    """Write a page with the figures in place of the report: the history of runs leads to it."""
    summary = folder.summary()
    if summary is None:
        return
    lines = "".join(
        f"<tr><td>{escape(outcome)}</td><td>{escape(reason)}</td><td>{rows:,}</td></tr>"
        for outcome, reasons in summary.reasons.items()
        for reason, rows in reasons.items()
    )
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Purged</title>'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
        f"<h1>Run {escape(folder.run_id)}: {summary.rows:,} rows</h1>"
        f"<p>Its rows were purged on {purged_at:%Y-%m-%d}; the figures stay.</p><table>{lines}</table></html>\n"
    )
    with new_file(folder.path / PAGE, "Make room or give permission, and purge again.") as part:
        part.write_text(page, "utf-8")


def _is_old(filed: Filed, gone: set[str], before: datetime) -> bool:
    """Return True if a filed file goes: its run is purged, or no run read it and it was filed before."""
    return filed.run_id in gone if filed.run_id else _changed(filed.path) < before


def _marks(runs: Path, before: datetime) -> list[Path]:
    """Return the marks of contents in the inboxes of jobs that were imported before."""
    inboxes = {filed.parent.parent for filed in _places(runs)}
    marks = (mark for inbox in sorted(inboxes) for mark in (inbox / "working" / "contents").glob("*"))
    return [mark for mark in marks if _changed(mark) < before and mark.read_text("utf-8").endswith(" done")]


def _places(runs: Path) -> Iterator[Path]:
    """Yield where jobs have filed files, whether they are there still or not."""
    for memory in (runs / "jobs").glob("*/memory.sqlite"):
        with closing(sqlite3.connect(memory, timeout=30)) as db:
            yield from (Path(place) for (place,) in db.execute("SELECT place FROM files WHERE place IS NOT NULL"))


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _deleted(paths: Iterable[Path]) -> int:
    """Delete files that are there; return the bytes that they took."""
    freed = 0
    for path in paths:
        with suppress(FileNotFoundError):
            size = path.stat().st_size
            path.unlink()
            freed += size
    return freed


def _probes(folder: RunFolder) -> set[bytes]:
    """Return numbers and addresses of a run, by which what is left of it is searched; none if its rows are gone."""
    if not (folder.path / ROWS).is_file():
        return set()
    rows = folder.settled_rows().select("phone", "email").collect()
    rows = rows.gather_every(max(1, rows.height // _PROBED))
    phones, emails = rows["phone"].drop_nulls(), rows["email"].drop_nulls()
    return {phone[1:].encode() for phone in phones} | {email.lower().encode() for email in emails}


def _prove(runs: Path, plan: Purging, done: Iterable[RunFolder], probes: set[bytes]) -> None:
    """Search every byte of what is left of the purged runs, and look into the ledger's rows of them."""
    folders = list(done)
    for path in sorted(path for folder in folders for path in files_below(folder.path)):
        plan.searched += 1
        if not probes.isdisjoint(token.lower() for token in _TOKEN.findall(path.read_bytes())):
            plan.hits.append(str(path))
    path = runs / LEDGER
    if not path.exists():
        return
    plan.searched += 1
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        for folder in folders:
            run = (folder.run_id,)
            phones = db.execute("SELECT phones FROM batches WHERE run_id = ?", run).fetchall()
            words = db.execute(
                "SELECT count(*) FROM attempts WHERE run_id = ? AND (reply IS NOT NULL OR trouble IS NOT NULL)", run
            ).fetchone()
            if words[0] or not all(is_hashed(blob) for (blob,) in phones):
                plan.hits.append(f"{path}, run {folder.run_id}")
