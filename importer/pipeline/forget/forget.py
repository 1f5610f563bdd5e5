"""``forget``: all of it, under an intent on the disk: what a kill cuts short is finished by the same command."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from importer.account.standing import ledger_of
from importer.delivery.ledger.erasing import forget_hash
from importer.errors import ImporterError, StoppedError, UsageError
from importer.models.number_set import hashed
from importer.models.watching import Watch
from importer.pipeline.forget.archives import Filed, erase_from_file, filed_files
from importer.pipeline.forget.erase import erase_from_run, write_again
from importer.pipeline.forget.person import Person, find_person
from importer.pipeline.forget.proof import Hit, search_all
from importer.pipeline.forget.terms import Search, Terms
from importer.pipeline.trace import ledger_of as ledger_in
from importer.storage.kept_answers import Answers
from importer.storage.number_files import FORGOTTEN, open_numbers, salt_of, write_numbers
from importer.storage.run_folder import RunFolder
from importer.system.new_file import new_file

_INTENT = ".forget.json"
_WAY_OUT = "Make room or give permission, and run the same command again."


class Left(BaseModel):
    """What could not be dealt with: a run or a file, and why, with what to do."""

    what: str
    why: str


class Forgetting(BaseModel):
    """What is to be taken out, and what was.

    Attributes:
        terms: the person.
        positions: by run, the positions of their rows.
        others: rows with their e-mail address and another number, which are left.
        unsearched: names and addresses that rows of other people have, too; nothing can be proven by them.
        left: what could not be dealt with.
        files: what was done with files that jobs have filed.
        deleted: copies of rows that were deleted, by run.
        searched: files that were searched in the end.
        hits: of them, those that hold a term; by file, which.
    """

    model_config = ConfigDict(extra="forbid")

    terms: Terms
    positions: dict[str, list[int]] = {}
    others: int = 0
    unsearched: list[str] = []
    left: list[Left] = []
    files: list[str] = []
    deleted: dict[str, list[str]] = {}
    searched: int = 0
    hits: dict[str, list[str]] = {}

    @property
    def rows(self) -> int:
        """Return how many rows are theirs."""
        return sum(map(len, self.positions.values()))

    @property
    def exit_code(self) -> int:
        """Return 0 if nothing of the person is left, else 4."""
        return StoppedError.exit_code if self.left or self.hits else 0


def plan_forget(runs: Path, phone: str) -> Forgetting:
    """Return what would be taken out of a folder of runs for a number (E.164); a plan that was cut short comes first.

    Raises:
        UsageError: the folder cannot be read, or another number was cut short.
    """
    with suppress(FileNotFoundError):
        before = Forgetting.model_validate_json((runs / _INTENT).read_bytes())
        if before.terms.phone != phone:
            raise UsageError(
                f"To forget another number was cut short. Finish that first: importer forget {before.terms.phone}"
            )
        return before
    return _of(find_person(runs, phone))


def _of(person: Person) -> Forgetting:
    return Forgetting(
        terms=person.terms,
        positions=person.positions,
        others=person.others,
        unsearched=person.unsearched,
        left=[Left(what=f"run {one.run_id}", why=one.why) for one in person.left],
    )


def filed_of(runs: Path, plan: Forgetting) -> list[Filed]:
    """Return the files that jobs have filed of the runs of a plan."""
    return [filed for filed in filed_files(runs) if filed.run_id in plan.positions]


def forget(runs: Path, plan: Forgetting, watch: Watch, *, is_complete: bool) -> Forgetting:
    """Carry out a plan, and search all bytes afterwards.

    Args:
        runs: the folder of runs.
        plan: of ``plan_forget``.
        watch: is told what is done.
        is_complete: not even the hash of the number stays.

    Raises:
        StoppedError: the hash or the plan cannot be written; nothing was taken out.
    """
    _note_number(runs, plan.terms.phone, is_forgotten=not is_complete)
    with new_file(runs / _INTENT, _WAY_OUT) as part:
        part.write_text(plan.model_dump_json(exclude={"files", "deleted", "searched", "hits"}), "utf-8")
    search = Search(plan.terms)
    files = filed_of(runs, plan)
    failed: list[Left] = []
    for run_id, positions in plan.positions.items():
        folder = RunFolder(runs / run_id)
        watch.doing(f"run {run_id}")
        try:
            with folder.locked(), ledger_of(folder) as ledger:
                plan.deleted |= {run_id: gone} if (gone := erase_from_run(folder, ledger, positions, search)) else {}
            write_again(folder, positions)
            for filed in files:
                if filed.run_id == run_id and (done := erase_from_file(filed, folder, positions, search)):
                    plan.files.append(done)
        except ImporterError as error:
            failed.append(Left(what=f"run {run_id}", why=str(error)))
    if is_complete:
        with ledger_in(runs) as ledger:
            if ledger is not None:
                forget_hash(ledger, plan.terms.phone)
    failed += _clean_memories(runs, search)
    watch.doing("searching what is left")
    plan.left += failed
    _prove(runs, plan, search)
    if not failed:  # what is left is found again by its own runs; the plan itself names the person
        (runs / _INTENT).unlink(missing_ok=True)
    watch.doing("")
    return plan


def _note_number(runs: Path, phone: str, *, is_forgotten: bool) -> None:
    """Add the hash of a number to those that are not imported again, or take it out."""
    path = runs / FORGOTTEN
    try:
        salt = salt_of(runs)
        known = open_numbers(path).hashes() if path.exists() else np.empty(0, np.uint64)
        one = hashed(pl.Series([phone]), salt)
        after = np.union1d(known, one) if is_forgotten else np.setdiff1d(known, one)
        if is_forgotten or path.exists():
            write_numbers(path, salt, after, _WAY_OUT)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StoppedError(f"{path} cannot be used ({why}). Nothing was taken out. {_WAY_OUT}") from None


def _clean_memories(runs: Path, search: Search) -> list[Left]:
    """Take the person out of what jobs remember in words, and out of the answers about columns."""
    left = []
    for path in (runs / "jobs").glob("*/memory.sqlite"):
        try:
            _clean_memory(path, search)
        except sqlite3.Error as error:
            left.append(Left(what=str(path), why=f"{error}. Run the same command again."))
    with suppress(UsageError):  # a damaged file of answers is told by the commands that need it
        Answers(runs).drop(lambda answer: search.is_in("\n".join(answer.columns)))
    return left


def _clean_memory(path: Path, search: Search) -> None:
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete = ON")
        for table, column in (("files", "why"), ("files", "name"), ("messages", "content")):
            rows = db.execute(f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()  # noqa: S608 - constants
            theirs = [number for number, text in rows if search.is_in(text)]
            for number in theirs:
                db.execute(f"UPDATE {table} SET {column} = 'forgotten' WHERE rowid = ?", (number,))  # noqa: S608 - constants
        db.execute("VACUUM")


def _prove(runs: Path, plan: Forgetting, search: Search) -> None:
    folders = {runs, *_inboxes(filed_files(runs))}
    plan.searched, hits = search_all(folders, search, runs / _INTENT)
    plan.hits = {str(hit.path): list(hit.terms) for hit in _beside(hits, runs, plan)}


def _beside(hits: Iterable[Hit], runs: Path, plan: Forgetting) -> Iterator[Hit]:
    """Yield the hits outside of runs that are told already."""
    told = {one.what.removeprefix("run ") for one in plan.left}
    for hit in hits:
        run_id = hit.path.relative_to(runs).parts[0] if hit.path.is_relative_to(runs) else ""
        if run_id not in told:
            yield hit


def _inboxes(files: Iterable[Filed]) -> set[Path]:
    """Return the folders in which jobs have filed files."""
    return {filed.path.parent for filed in files}
