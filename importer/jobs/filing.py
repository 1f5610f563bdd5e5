"""Where a job's file goes once its import has ended, and what is said of it."""

import json
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from time import localtime, strftime

from importer.errors import UnapprovedError, UsageError
from importer.jobs import inbox
from importer.jobs.results import FileResult, State, StepResult
from importer.models.outcomes import Outcome
from importer.reports.conclusions import way_on
from importer.reports.page import NAME as PAGE
from importer.settings.job_reading import Job
from importer.settings.settings import runs_option, shown_name
from importer.storage.job_memory import JobMemory, Taken
from importer.storage.run_folder import RunFolder
from importer.storage.summary import FILE_NAME, Summary

_ENDINGS = ((PAGE, inbox.REPORT), (FILE_NAME, inbox.SUMMARY))


@dataclass(frozen=True, slots=True)
class Filing:
    """Files a job's files away, and adds what became of each to the result of the start."""

    job: Job
    memory: JobMemory
    result: StepResult

    def file(  # noqa: PLR0913 - a file and how its import ended
        self, taken: Taken, state: State, run: RunFolder | None, exit_code: int, why: str, *, counts: bool = True
    ) -> None:
        """Move a file to where it stays, with its reports; its run is told where it lies now.

        With ``counts`` the run is this file's own; else it is that of an earlier file of the same content.
        """
        folder = self.job.inbox / state
        run_id = run.run_id if run else None

        def note(place: Path) -> None:
            nonlocal taken
            taken = self.memory.update(taken, place=str(place), exit_code=exit_code, why=why, run_id=run_id)

        with TemporaryDirectory() as scratch:
            reports = (
                [(run.path / name, ending) for name, ending in _ENDINGS]
                if run
                else _plain(Path(scratch), why, exit_code)
            )
            reports = [(report, ending) for report, ending in reports if report.is_file()]
            place = inbox.file_away(taken.path, folder, run_id or "", reports, note)
        self._settled(taken, place, run, counts=counts)

    def finish(self, taken: Taken, run: RunFolder | None) -> None:
        """Finish a filing that a kill cut short."""
        assert taken.place is not None  # noqa: S101 - the caller looked
        if taken.path.exists():
            state = taken.place.parent.name
            self.file(taken, state, run, taken.exit_code or 0, taken.why or "")  # type: ignore[arg-type]
        else:
            self._settled(taken, taken.place, run)

    def leave(self, taken: Taken, run: RunFolder | None, exit_code: int, why: str) -> None:
        """Leave a file open: the next start goes on with it."""
        self.memory.update(taken, exit_code=exit_code, why=why)
        self._tell(taken, "open", run, exit_code, why)

    def repeated(self, taken: Taken, same: Taken) -> None:
        """Deal with a file whose content was taken before: it is not imported again, and gets the reports of then."""
        run = RunFolder(self.job.settings.runs / same.run_id) if same.run_id else None
        when = strftime("%Y-%m-%d", localtime(same.claimed_at))
        why = f"the same content as {shown_name(same.name)}, taken on {when} (run {same.run_id}): not imported again"
        if same.state == "open":
            self.leave(taken, None, 0, f"{why}; it is filed once that is")
        else:
            self.file(taken, "done", run, 0, why, counts=False)

    def repeated_elsewhere(self, taken: Taken, *, is_done: bool) -> None:
        """Deal with a file whose content another job on the same inbox took before."""
        why = "another job on this inbox took a file of the same content before: not imported again"
        if is_done:
            self.file(taken, "done", None, 0, why, counts=False)
        else:
            self.leave(taken, None, 0, f"{why}; it is filed once that is")

    def gone(self, taken: Taken, run: RunFolder) -> None:
        """Settle a file that somebody took away while it was being imported."""
        why = f"the file was taken away from {taken.folder} while it was being imported; go on by hand"
        self.memory.update(taken, state="failed", exit_code=4, why=why, settled_at=time.time())
        self._tell(taken, "failed", run, 4, why)

    def written_to(self, taken: Taken, run: RunFolder, summary: Summary) -> None:
        """Settle a file that was written to after it had been taken: it is put back, and taken again once it is whole.

        Its rows that were imported are skipped then.
        """
        why = "it was written to after it had been taken: put back into the inbox, to be taken again"
        self.memory.update(
            taken, state="done", run_id=run.run_id, exit_code=summary.exit_code, why=why, settled_at=time.time()
        )
        if taken.sha256 is not None:
            inbox.settle_content(self.job.inbox, taken.sha256, self.memory.id, is_done=True)
        inbox.put_back(taken.path, self.job.inbox)
        self._tell(taken, "done", run, summary.exit_code, why)

    def look_at_approved(self) -> None:
        """Move quarantined files whose runs were approved to ``done/``, or open them if the sending was stopped."""
        for taken in self.memory.files_in("quarantine"):
            run = RunFolder(self.job.settings.runs / taken.run_id) if taken.run_id else None
            summary = run.summary() if run else None
            if run is None or summary is None or not _was_approved(summary):
                continue
            if taken.place is None or not taken.place.exists():
                self.memory.update(taken, state="done", place=None, exit_code=summary.exit_code, why="approved")
                continue
            self._unfile(taken.place)
            moved = self.memory.update(taken, folder=str(taken.place.parent), name=taken.place.name)
            if summary.status == "complete":
                self.file(moved, "done", run, summary.exit_code, "approved")
            else:
                self.memory.update(moved, state="open", place=None)

    def is_only_in_doubt(self, summary: Summary) -> bool:
        """Return True if all that is left of a run is for a person to verify: it need not keep its file open."""
        return "verify" in (way_on(summary) or "")

    def _settled(self, taken: Taken, place: Path, run: RunFolder | None, *, counts: bool = True) -> None:
        if run is not None and counts:
            _point(run, place)
        if taken.sha256 is not None:
            inbox.settle_content(self.job.inbox, taken.sha256, self.memory.id, is_done=place.parent.name == "done")
        state = place.parent.name
        self.memory.update(taken, state=state, place=str(place), settled_at=time.time())
        self._tell(taken, state, run if counts else None, taken.exit_code or 0, taken.why or "")  # type: ignore[arg-type]

    def _tell(self, taken: Taken, state: State, run: RunFolder | None, exit_code: int, why: str) -> None:
        summary = run.summary() if run else None
        rows = {} if summary is None else {"rows": summary.rows} | {o.value: getattr(summary, o.value) for o in Outcome}
        self.result.files.append(
            FileResult(
                shown_name(taken.name),
                state,
                exit_code,
                run.run_id if run else None,
                {name: count for name, count in rows.items() if count or name == "rows"},
                tuple(gate.rule for gate in summary.gates if not gate.is_open) if summary else (),
                _missing(state, summary),
                why,
                self._next(state, run, summary),
            )
        )

    def _next(self, state: State, run: RunFolder | None, summary: Summary | None) -> str | None:
        """Return the command to type; None if there is nothing to do, or the next start does it."""
        if run is None or summary is None:
            return None
        runs = runs_option(run.path.parent)
        if state == "quarantine":
            return f"importer approve {run.run_id}{runs}"
        command = way_on(summary)
        return f"{command}{runs}" if command and state != "open" else None

    @staticmethod
    def _unfile(place: Path) -> None:
        for ending in (inbox.REPORT, inbox.SUMMARY):
            place.with_name(place.name + ending).unlink(missing_ok=True)


def _missing(state: State, summary: Summary | None) -> int:
    """Return how many people have still to approve a file's run."""
    if state != "quarantine" or summary is None:
        return 0
    return summary.approvals.missing if summary.approvals else 1


def _was_approved(summary: Summary) -> bool:
    """Return True if a run that was held back has been sent since, or begun to be."""
    return summary.status in ("complete", "incomplete") and summary.exit_code != UnapprovedError.exit_code


def _point(run: RunFolder, place: Path) -> None:
    """Tell a run where its file lies now, for whoever approves or goes on with it."""
    try:
        record = run.record()
    except UsageError:
        return  # its folder was deleted
    if [path for path, _ in record.files] != [place]:
        record.files = [(place, name) for _, name in record.files]
        run.save(record)


def _plain(folder: Path, why: str, exit_code: int) -> list[tuple[Path, str]]:
    """Write the reports of a file of which nothing was read: what is wrong with it."""
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        "<title>Not imported</title><style>body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;"
        f"padding:0 1rem}}</style><h1>Not imported</h1><p>{escape(why)}</p>"
        f"<p>Nothing was sent. Exit code {exit_code}.</p>"
    )
    (folder / "page").write_text(page, "utf-8", "backslashreplace")
    words = {"status": "refused", "exit_code": exit_code, "stopped_because": why, "rows": 0}
    (folder / "summary").write_text(json.dumps(words, indent=2) + "\n", "utf-8")
    return [(folder / "page", inbox.REPORT), (folder / "summary", inbox.SUMMARY)]
