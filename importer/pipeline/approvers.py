"""Who has approved a run's plan, who may, and who is still missing."""

from collections.abc import Sequence
from itertools import takewhile

from importer.errors import UnapprovedError
from importer.models.decisions import Decision
from importer.reports.wording import approvals_in_words
from importer.settings.settings import runs_option
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Approval, Approvals


def standing(lines: Sequence[Decision], digest: str, needed: int, started_by: str | None) -> Approvals:
    """Return how the approvals of a plan stand.

    Args:
        lines: every decision of the run.
        digest: the plan's checksum; approvals of a plan before it do not count.
        needed: how many people have to approve it.
        started_by: who started the run; None if nobody knows.
    """
    approved = [line for line in lines if line.act == "approve"]
    people: dict[str, Approval] = {}
    for line in reversed(list(takewhile(lambda line: line.now == digest, reversed(approved)))):
        if not (needed > 1 and is_same(line.who, started_by)):
            people.setdefault(_folded(line.who), Approval(who=line.who, at=line.at.isoformat(timespec="seconds")))
    return Approvals(needed=needed, started_by=started_by, given=list(people.values()))


def check_approver(approvals: Approvals, who: str, folder: RunFolder) -> None:
    """Raise if somebody's approval would not count while others are missing.

    Raises:
        UnapprovedError: they started the run, or have approved it already.
    """
    if approvals.needed == 1 or not approvals.missing:
        return
    if is_same(who, approvals.started_by):
        why = f"{who} started this run, so {who}'s approval does not count."
    elif any(is_same(who, one.who) for one in approvals.given):
        why = f"{who} has approved it already, and one person's approval counts once."
    else:
        return
    raise UnapprovedError(f"{why} {still(approvals, folder)}")


def still(approvals: Approvals, folder: RunFolder) -> str:
    """Return who is still missing, that nothing was sent, and what the next person types."""
    told = approvals_in_words(approvals)
    command = f"importer approve {folder.run_id} --as NAME{runs_option(folder.path.parent)}"
    return f"Nothing was sent: {told}. Whoever approves it next types: {command}"


def is_same(who: str, other: str | None) -> bool:
    """Return True if two names are one person's, whatever their case."""
    return other is not None and _folded(who) == _folded(other)


def _folded(who: str) -> str:
    return who.strip().casefold()
