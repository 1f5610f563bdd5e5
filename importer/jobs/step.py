"""One start of a job: go on with what was left, then claim, import and file away each file that is whole.

Each move is noted in the job's memory before it is made, so that a start that is killed at any instant is gone on with
by the next one: a claim without a file was never made, a claim without a run is found among the runs by its path.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import file_digest
from os.path import realpath
from pathlib import Path

from pydantic import SecretStr

from importer.account.connection import check_settings
from importer.account.whose import Whose
from importer.errors import (
    ImporterError,
    KeyRefusedError,
    MappingError,
    ReadError,
    RefusedError,
    StoppedError,
    UnapprovedError,
    UsageError,
    of_system,
)
from importer.jobs import inbox
from importer.jobs.fetch import fetch
from importer.jobs.filing import Filing
from importer.jobs.results import FileResult, StepResult
from importer.models.watching import Stop, Watch
from importer.pipeline.books import write_books
from importer.pipeline.gates import missing_lists, remember_lists, shrunk_lists, stale_lists, words
from importer.pipeline.run import resume_import, run_import
from importer.pipeline.suppression_lists import Lists, read_lists
from importer.settings.job_reading import Job
from importer.settings.settings import shown_name
from importer.storage.job_memory import JobMemory, Taken
from importer.storage.run_folder import RunFolder, all_runs
from importer.storage.summary import Summary
from importer.system.opening import open_regular

_TRIES = 3
"""How often a file that cannot be read to its end is tried again: a disk may come back, a broken file does not."""


class _HeldUpError(Exception):
    """Nothing more can be sent now, by this file or any other."""

    def __init__(self, words: str, exit_code: int) -> None:
        super().__init__(words)
        self.exit_code = exit_code


@dataclass(slots=True)
class Step:
    """One start; it belongs to the process that holds the job's lock.

    Attributes:
        job: whose start.
        memory: of the job.
        key: of the API.
        watch: gets progress and notes.
        stop: set by a signal; the file under way ends in good order, and no other is taken.
        result: what became of it so far.
    """

    job: Job
    memory: JobMemory
    key: SecretStr | None
    watch: Watch
    stop: Stop
    result: StepResult
    _lists: Lists | None = None
    _filing: Filing = field(init=False)

    def __post_init__(self) -> None:
        self._filing = Filing(self.job, self.memory, self.result)

    def run(self) -> None:
        """Carry out the start; what stops it is in the result."""
        try:
            self._filing.look_at_approved()
            for taken in self.memory.open_files():
                self._guarded(taken, self._go_on)
            if self.job.is_fetching and not self.stop:
                fetch(self.job, self.memory, self.result, self.stop)
            self._take_new()
        except _HeldUpError as held_up:
            self.result.stopped, self.result.stop_code = str(held_up), held_up.exit_code
        except ImporterError as error:
            self.result.stopped, self.result.stop_code = str(error), error.exit_code

    def _take_new(self) -> None:
        settle_s = 0 if self.job.is_fetching else self.job.tables.source.settle_s
        for found in inbox.look(self.job.inbox, self.job.tables.source, settle_s):
            if found.state != "ready" or self.stop:
                self.result.waits.append(FileResult(found.name, "waits", why=found.why or "the start was stopped"))
                continue
            self._check()
            # The number first: a claim that no memory knows of would be nobody's.
            taken = self.memory.take(found.path.name, self.job.inbox, time.time())
            folder = inbox.working(self.job.inbox, self.memory.id, taken.id)
            taken = self.memory.update(taken, folder=str(folder))
            if inbox.claim(found, folder):
                self._guarded(taken, self._import)
            else:
                self.memory.forget(taken)

    def _check(self) -> None:
        """Check once, before the first file is taken, what would keep every file from being sent."""
        if self._lists is None:
            settings = self.job.settings
            check_settings(settings, self.key, Whose(settings.account), self.watch)
            if gone := list(missing_lists(settings)):
                raise RefusedError(f"{words(gone)} No file was taken. Put the list back, and start the job again.")
            lists = read_lists(settings.suppress, settings, self.watch)
            if stale := [gate for gate in stale_lists(settings) if not gate.is_open]:
                raise RefusedError(f"{words(stale)} No file was taken. Write the list anew, and start the job again.")
            if shrunk := [g for g in shrunk_lists(self.memory, settings, lists.told) if not g.is_open]:
                raise RefusedError(
                    f"{words(shrunk)} No file was taken. Put the whole list back; where it is right as it is, take "
                    "max_shrink out of [suppress] for one start."
                )
            remember_lists(self.memory, settings, lists.told)
            self._lists = lists

    def _guarded(self, taken: Taken, work: Callable[[Taken], None]) -> None:
        """Do the work on a file; what is wrong with it does not hold up the others."""
        if self.stop:
            raise _HeldUpError("The start was stopped; the next one goes on.", StoppedError.exit_code)
        try:
            work(taken)
        except (ReadError, MappingError) as error:
            self._filing.file(taken, "failed", None, error.exit_code, str(error))
        except RefusedError as error:
            self._filing.file(taken, "quarantine", None, error.exit_code, str(error))
        except UsageError:
            # Not the file's fault, but the job's: it goes back, and the start ends.
            inbox.put_back(taken.path, self.job.inbox)
            self.memory.forget(taken)
            raise
        except (StoppedError, KeyRefusedError) as error:
            self._filing.leave(taken, None, error.exit_code, str(error))
            raise _HeldUpError(str(error), error.exit_code) from None
        except OSError as error:
            told = of_system(error)
            if told is None:
                raise
            self._filing.leave(taken, None, told.exit_code, str(told))

    def _go_on(self, taken: Taken) -> None:
        """Go on with a file that an earlier start left."""
        run = self._run_of(taken)
        if taken.place is not None and (taken.place.exists() or taken.path.exists()):
            self._filing.finish(taken, run)
        elif not taken.path.exists():
            if run is None:
                self.memory.forget(taken)  # it was never moved
            else:
                self._filing.gone(taken, run)
        elif run is None:
            self._check()
            self._import(taken)
        else:
            self._resume(taken, run)

    def _import(self, taken: Taken) -> None:
        """Import a file that was claimed."""
        self.watch.note(f"{shown_name(taken.name)}: taken")
        with open_regular(taken.path) as opened:
            sha256 = file_digest(opened, "sha256").hexdigest()
            mark = inbox.mark_of(taken.path.lstat())
        taken = self.memory.update(taken, sha256=sha256)
        if (same := self.memory.same(taken)) is not None:
            self._filing.repeated(taken, same)
            return
        if (state := inbox.content_elsewhere(self.job.inbox, sha256, self.memory.id)) is not None:
            self._filing.repeated_elsewhere(taken, is_done=state == "done")
            return
        folder, summary = run_import(
            [taken.path],
            self.job.settings,
            self.key,
            self.watch,
            self.stop,
            lists=self._lists,
            profile=self.job.path,
        )
        taken = self.memory.update(taken, run_id=folder.run_id)
        self._settle(taken, folder, summary, mark)

    def _resume(self, taken: Taken, folder: RunFolder) -> None:
        """Go on with the import of a file."""
        self.watch.note(f"{shown_name(taken.name)}: gone on with")
        taken = self.memory.update(taken, run_id=folder.run_id)
        record, summary = folder.record(), folder.summary()
        if summary is None and record.is_refused:
            summary = write_books(folder)
        elif summary is None or summary.status == "incomplete":
            taken = self.memory.update(taken, tries=taken.tries + (not record.is_prepared))
            whose = Whose(self.job.settings.account)
            try:
                summary = resume_import(folder, self.key, self.watch, self.stop, whose)
            except UnapprovedError:
                summary = summary or write_books(folder)
        self._settle(taken, folder, summary, inbox.mark_of(taken.path.lstat()))

    def _settle(self, taken: Taken, folder: RunFolder, summary: Summary, mark: tuple[int, ...]) -> None:
        """File a file away as its import ended; one that is not at its end stays open."""
        why = summary.stopped_because or ""
        if summary.status == "refused" or summary.exit_code == UnapprovedError.exit_code:
            self._filing.file(taken, "quarantine", folder, summary.exit_code, why)
        elif summary.status == "incomplete" and not self._filing.is_only_in_doubt(summary):
            if not folder.record().is_prepared and taken.tries >= _TRIES:
                self._filing.file(taken, "failed", folder, summary.exit_code, why)
                return
            self._filing.leave(taken, folder, summary.exit_code, why)
            if folder.record().is_prepared or self.stop or summary.exit_code == KeyRefusedError.exit_code:
                raise _HeldUpError(why or "The start was stopped; the next one goes on.", summary.exit_code)
        elif inbox.mark_of(taken.path.lstat()) != mark:
            self._filing.written_to(taken, folder, summary)
        else:
            self._filing.file(taken, "done", folder, summary.exit_code, why)

    def _run_of(self, taken: Taken) -> RunFolder | None:
        """Return the run that imports a file; None if none was begun. A kill may have come before it was noted."""
        runs = self.job.settings.runs
        if taken.run_id is not None:
            return RunFolder(runs / taken.run_id)
        place = Path(realpath(taken.path))
        claimed_at = datetime.fromtimestamp(taken.claimed_at, UTC)
        for folder in reversed(all_runs(runs)):
            record = folder.record()
            if record.started_at < claimed_at:
                return None
            if any(path == place for path, _ in record.files):
                return folder
        return None
