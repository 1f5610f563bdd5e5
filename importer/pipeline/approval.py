"""Approval: a run with ``--needs-approval`` is prepared, and sends nothing until a person has approved its plan.

So does a run that a guard or gate refused once its rows were prepared: whoever has looked at it may send it.

``plan.json`` holds what the plan is made of, as checksums: the files, the profile, the settings, the suppression lists
and the prepared rows. An approval is a line of ``review.jsonl`` that names the checksum of ``plan.json``. Whoever sends
looks first whether everything still is as it was approved. With ``approvers = 2`` the lines of two different people
are needed, neither of them the one who started the run.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from importer.errors import RefusedError, StoppedError, UnapprovedError
from importer.models.decisions import Change
from importer.pipeline.approvers import check_approver, standing
from importer.pipeline.suppression import files_of
from importer.reports.page import write_page
from importer.reports.wording import approvals_in_words
from importer.settings.settings import Settings
from importer.storage.decisions import Decisions
from importer.storage.run_folder import Record, RunFolder, way_out
from importer.storage.summary import Approvals
from importer.system.new_file import new_file
from importer.system.opening import open_regular, sha256_of
from importer.system.places import at_hand

FILE_NAME = "plan.json"
_GONE = "gone"


class PlanSeal(BaseModel):
    """The parts of a plan; every value is a SHA-256 (hex).

    Attributes:
        files: by name, the files with the rows.
        profile: by path, the profile; empty if the run has none.
        settings: of the settings as the run has them.
        suppression: by path, the suppression lists.
        numbers: of the numbers that the run must not send.
        rows: of the prepared rows: which would be sent, as what, and why the others would not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str]
    profile: dict[str, str]
    settings: str
    suppression: dict[str, str]
    numbers: str
    rows: str

    def differences(self, now: "PlanSeal") -> list[str]:
        """Return what is not as it was, in words; empty if everything is."""
        found = []
        for what, before, after in (
            ("the file", self.files, now.files),
            ("the profile", self.profile, now.profile),
            ("the suppression list", self.suppression, now.suppression),
        ):
            changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
            found += [f"{what} {name} {'is gone' if after.get(name) == _GONE else 'is another'}" for name in changed]
        found += ["the run's settings are others"] if self.settings != now.settings else []
        found += ["the numbers that must not be sent are others"] if self.numbers != now.numbers else []
        return found + (["the prepared rows are others"] if self.rows != now.rows else [])

    @property
    def digest(self) -> str:
        """Return the checksum by which an approval names the plan."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def hold_for_approval(folder: RunFolder, record: Record, settings: Settings) -> None:
    """Raise unless a run that needs approval has it; to be called when all rows are prepared, before the first is sent.

    Raises:
        UnapprovedError: nobody has approved the plan yet, which is on the disk now.
        RefusedError: it is not as it was approved.
    """
    if not settings.needs_approval or is_approved(folder, record):
        return
    seal_plan(folder, record)
    raise _waits(folder, record)


def seal_plan(folder: RunFolder, record: Record) -> None:
    """Write down what the plan of a prepared run is made of.

    Raises:
        StoppedError: it cannot be written.
    """
    seal = sealed(folder, record)
    with new_file(folder.path / FILE_NAME, way_out(folder.path)) as part, part.open("w", encoding="utf-8") as file:
        file.write(seal.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())


def check_approved(folder: RunFolder, record: Record, settings: Settings) -> None:
    """Raise unless a prepared run that needs approval has it; a run that needs none, or has no plan yet, passes.

    Raises:
        UnapprovedError: nobody has approved the plan.
        RefusedError: it is not as it was approved.
    """
    is_planned = record.is_prepared and _planned(folder) is not None
    if settings.needs_approval and is_planned and not is_approved(folder, record):
        raise _waits(folder, record)


def is_approved(folder: RunFolder, record: Record) -> bool:
    """Return True if the run's plan has every approval that it needs.

    Raises:
        RefusedError: something is not as it was when the plan was approved.
    """
    planned = _planned(folder)
    if planned is None or _standing(folder, record, planned).missing:
        return False
    _check_same(folder, planned, sealed(folder, record))
    return True


def approve(folder: RunFolder, who: str) -> Approvals:
    """Approve the plan of a run as it was prepared; return how its approvals stand.

    Once nobody is missing, a guard that refused the run holds it back no more.

    Raises:
        RefusedError: the run does not wait for approval, or something is not as it was when the plan was made.
        UnapprovedError: this person's approval does not count, and others are missing.
        StoppedError: the approval cannot be written.
    """
    with folder.locked():
        record = folder.record()
        if not (Settings(**record.settings).needs_approval or record.is_refused):
            raise RefusedError(f"Run {folder.run_id} needs no approval: nothing holds it back.")
        planned = _planned(folder)
        if planned is None or not record.is_prepared:
            way = "Import anew" if record.is_refused else f"Run: importer resume {folder.run_id}"
            raise RefusedError(f"Run {folder.run_id} has no plan: it was stopped before. {way}.")
        _check_same(folder, planned, sealed(folder, record))
        before = _standing(folder, record, planned)
        check_approver(before, who, folder)
        if before.missing or before.needed == 1:
            Decisions(folder.path).append(who, [Change(None, "approve", planned.digest)])
        now = _standing(folder, record, planned)
        if now.missing:
            _tell(folder, record, now)
        else:
            record.is_refused = False
            folder.save(record)
        return now


def approvals_of(folder: RunFolder, record: Record) -> Approvals | None:
    """Return how the approvals of a run's plan stand; None if it has no plan, or needs none and has none.

    Raises:
        StoppedError: the plan, or a decision, cannot be read.
    """
    planned = _planned(folder)
    if planned is None:
        return None
    found = _standing(folder, record, planned)
    return found if found.given or Settings(**record.settings).needs_approval else None


def waiting_plan(folder: RunFolder, record: Record) -> tuple[PlanSeal, list[str]] | None:
    """Return the plan that a run waits with, and what is not as it was, in words; None if there is nothing to approve.

    Raises:
        StoppedError: the plan, or a decision, cannot be read.
    """
    planned = _planned(folder)
    if planned is None or not record.is_prepared:
        return None
    if not _standing(folder, record, planned).missing and not record.is_refused:
        return None
    return planned, planned.differences(sealed(folder, record))


def sealed(folder: RunFolder, record: Record) -> PlanSeal:
    """Return what the plan of a run is made of now."""
    read = {source.file: source.sha256 for source in [*record.sources, *record.passed_over]}
    files = {name: _sha256(path) for path, name in record.files}
    # What was read counts, not what lay there a moment later. A retry's rows bear the names of their first lists.
    swapped = {name for name, digest in files.items() if name in read and read[name] != digest != _GONE}
    settings = json.dumps(record.settings, sort_keys=True).encode()
    lists = [Path(path) for path in record.settings.get("suppress", [])]
    return PlanSeal(
        files={name: f"{digest}, not as read" if name in swapped else digest for name, digest in files.items()},
        profile={str(path): _sha256(path) for path in [record.profile] if path is not None},
        settings=hashlib.sha256(settings).hexdigest(),
        suppression={str(path): _sha256(Path(os.path.realpath(path))) for path in lists},
        numbers=_numbers(folder.path),
        rows=_rows(folder),
    )


def _standing(folder: RunFolder, record: Record, planned: PlanSeal) -> Approvals:
    needed = int(record.settings.get("approvers", 1))
    return standing(Decisions(folder.path).since(0), planned.digest, needed, record.started_by)


def _tell(folder: RunFolder, record: Record, approvals: Approvals) -> None:
    """Write into the run's figures and its page who has approved, while somebody is still missing."""
    if (summary := folder.summary()) is not None:
        is_waiting = summary.exit_code == UnapprovedError.exit_code
        told = {"approvals": approvals, "stopped_because": str(_waits(folder, record))}
        summary = summary.model_copy(update=told if is_waiting else {"approvals": approvals})
        write_page(folder.path, summary, Settings(**record.settings).full_workbooks)
        summary.write(folder.path, way_out(folder.path))


def _check_same(folder: RunFolder, planned: PlanSeal, now: PlanSeal) -> None:
    if differs := planned.differences(now):
        raise RefusedError(
            f"Run {folder.run_id} is not as it was prepared: {'; '.join(differs)}. Nothing was sent. Put back what was "
            "changed, or import anew: numbers that were imported are skipped."
        )


def _planned(folder: RunFolder) -> PlanSeal | None:
    try:
        return PlanSeal.model_validate_json((folder.path / FILE_NAME).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise StoppedError(f"{folder.path / FILE_NAME} is damaged or cannot be read. Put back a copy.") from None


def _waits(folder: RunFolder, record: Record) -> UnapprovedError:
    approvals = approvals_of(folder, record)
    told = "" if approvals is None else approvals_in_words(approvals)
    who = f" {told[0].upper()}{told[1:]}." if told else ""
    return UnapprovedError(
        f"The run waits for approval; nothing was sent.{who} Look at its report, then run: "
        f"importer approve {folder.run_id}"
    )


def _sha256(path: Path) -> str:
    try:
        with at_hand(path) as here, open_regular(here) as file:
            return sha256_of(file)
    except OSError:
        return _GONE


def _numbers(folder: Path) -> str:
    """Return the checksum of the files with the numbers that must not be sent."""
    return _digest([f"{path.name} {_sha256(path)}" for path in files_of(folder)])


def _rows(folder: RunFolder) -> str:
    parts = sorted((folder.path / "parts").glob("[0-9]*.parquet"))
    return _digest([f"{part.name} {_sha256(part)}" for part in parts])


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
