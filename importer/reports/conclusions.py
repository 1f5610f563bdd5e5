"""A run's result in words: how it ended, whether its books balance, and what to do next."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from importer.errors import UnapprovedError
from importer.models.findings import SUSPICIONS, Finding, FindingInfo
from importer.models.outcomes import REASONS, Outcome, Reason
from importer.reports.wording import approvals_in_words
from importer.settings.settings import runs_option
from importer.storage.summary import Summary, SuppressionList

STATUS = {
    "complete": "Complete: every row has its answer.",
    "incomplete": "Incomplete: some rows were not sent, or their answer is not known.",
    "refused": "Refused: a guard stopped the run before anything was sent.",
    "dry-run": "Dry run: everything was done but the sending.",
}
EXIT = {
    0: "every row was imported or skipped",
    1: "the importer has a fault; please report it",
    2: "wrong usage or configuration",
    3: "finished, with errored rows or files left out",
    4: "rows were not sent, or their answer is not known",
    5: "refused before sending",
    6: "the API refuses the key",
    7: "waits for approval",
}
_GO_ON = {
    "approve": "Look through what would be sent, then approve it: exactly this plan is sent, or nothing.",
    "resume": "Go on where the run stopped. Nothing is sent twice: rows whose answer was lost are looked up first.",
    "verify": (
        "Look for the rows whose answer was lost, with a number of your own that is not in the account as PHONE: it is "
        "created, looked for and deleted again, where nothing else shows that the account's list is up to date."
    ),
}
"""By the command that goes on."""


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """A reason with its count of rows and its line of ``REASONS``, the run's id put into commands."""

    outcome: Outcome
    code: str
    rows: int
    meaning: str
    fix: str
    is_fixable: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next: its count of rows (0: the run as a whole), what, and the command if there is one."""

    rows: int
    text: str
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A code of ``SUSPICIONS`` with its count of rows and its line there."""

    code: str
    rows: int
    info: FindingInfo


def counts(summary: Summary) -> dict[Outcome, int]:
    """Return the rows by outcome, in the order in which outcomes are reported."""
    return {outcome: getattr(summary, outcome.value) for outcome in Outcome}


def shown_counts(summary: Summary) -> dict[Outcome, int]:
    """Return ``counts`` without the outcomes that few runs have, if this one has no such row."""
    rare = (Outcome.WAITING, Outcome.PLANNED)
    return {outcome: rows for outcome, rows in counts(summary).items() if rows or outcome not in rare}


def identity(summary: Summary) -> str:
    """Return the equation that must hold, with its figures; ``waiting`` and ``planned`` only if there are such rows."""
    terms = [f"{rows:,} {outcome.value}" for outcome, rows in shown_counts(summary).items()]
    total = sum(counts(summary).values())
    return f"{' + '.join(terms)} {'=' if total == summary.rows else '≠'} {summary.rows:,} rows read"


def reason_counts(summary: Summary) -> list[ReasonCount]:
    """Return every reason that rows have, by outcome and then by rows, most first."""
    found = []
    for outcome in Outcome:
        codes = summary.reasons.get(outcome.value, {})
        for code, rows in sorted(codes.items(), key=lambda item: -item[1]):
            info = REASONS[Reason(code)]
            fix = info.fix.replace(" RUN", f" {summary.run_id}")
            found.append(ReasonCount(outcome, code, rows, info.meaning, fix, info.is_fixable))
    return found


def suppression(summary: Summary) -> str | None:
    """Return in one line the lists at the start and as last read, and the rows each kept back; None without a list.

    The second state is there only if the lists were read again since, or others were added.
    """
    lists = summary.suppression
    if lists is None:
        return None
    rows = lists.rows_at_start
    line = f"{_held(lists.at_start)} when the run began: {rows:,} {'row' if rows == 1 else 'rows'} kept back"
    if lists.last_read != lists.at_start:
        line += f"; {_held(lists.last_read)} as last read: {lists.rows_since:,} more"
    return f"{line}, {lists.updates_since:,} contacts not updated" if lists.updates_since else line


def attestation(summary: Summary) -> str | None:
    """Return in one line what was attested on consent, by whom and when; None if nothing was."""
    said = summary.attestation
    return f"{said.text} ({said.who}, {said.at})" if said else None


def approvals(summary: Summary) -> str | None:
    """Return in one line who has approved the run's plan, and who is still missing; None if there is nothing to say."""
    return (approvals_in_words(summary.approvals) or None) if summary.approvals else None


def _held(lists: Sequence[SuppressionList]) -> str:
    each = [
        f"{list_.file}{_age(list_)} with {list_.entries:,} {'entry' if list_.entries == 1 else 'entries'}"
        + (f" ({list_.unread:,} of them no valid number, which suppresses nothing)" if list_.unread else "")
        + ("" if list_.hits is None else f", {list_.hits:,} {'hit' if list_.hits == 1 else 'hits'}")
        for list_ in lists
    ]
    return " and ".join(each) or "no list"


def _age(list_: SuppressionList) -> str:
    """Return how old a list was when it was read; nothing for one of the same day, or whose age is not known."""
    if list_.written_at is None or list_.read_at is None:
        return ""
    days = (datetime.fromisoformat(list_.read_at) - datetime.fromisoformat(list_.written_at)).days
    return f", {days:,} {'day' if days == 1 else 'days'} old," if days > 0 else ""


def changes(summary: Summary) -> dict[str, int]:
    """Return the rows by what was changed in them, ``field:rule``; most first."""
    return {code: rows for code, rows in summary.changes.items() if code not in SUSPICIONS}


def suspicions(summary: Summary) -> list[Suspicion]:
    """Return what is doubtful but was not changed, most rows first.

    Mistyped addresses only if no finding of the review reports them already.
    """
    told = {"email:typo-suspected"} if Finding.EMAIL in summary.review else set()
    return [
        Suspicion(code, rows, SUSPICIONS[code])
        for code, rows in summary.changes.items()
        if code in SUSPICIONS and code not in told
    ]


def suspicion_of(code: str) -> FindingInfo | None:
    """Return what is doubtful about rows with this code among their changes; None if it names a change."""
    return SUSPICIONS.get(code)


def way_on(summary: Summary) -> str | None:
    """Return the command that goes on with an incomplete run; None for any other run.

    A run that came to its end has read the account back already: only ``verify`` with a control can find more.
    """
    if summary.status != "incomplete":
        return None
    if summary.exit_code == UnapprovedError.exit_code:
        return f"importer approve {summary.run_id}"
    has_looked = Reason.NOT_SENT not in _reasons(summary) and not summary.stopped_because
    if has_looked and Reason.REPLY_LOST in _reasons(summary):
        return f"importer verify {summary.run_id} --control PHONE"
    return f"importer resume {summary.run_id}"


def next_steps(summary: Summary, retry_file: str | None) -> list[Step]:
    """Return what a person should do now, most urgent first; empty if nothing is left to do.

    Args:
        summary: the run.
        retry_file: the path of the file with the rows to correct; None if there are none.
    """
    rows = {reason.code: reason.rows for reason in reason_counts(summary)}
    run = summary.run_id
    steps = []
    if not summary.balanced:
        steps.append(Step(0, "The books do not balance. Keep this folder and report the fault: no row may go missing."))
    if summary.status == "refused" and any(not gate.is_open for gate in summary.gates):
        text = "Look at what the gates say, below. To send these rows all the same, exactly as they were prepared:"
        steps.append(Step(summary.planned, text, f"importer approve {run}"))
    elif summary.status == "refused":
        steps.append(Step(0, "Deal with what stopped the run, then run the same command again. Nothing was sent."))
    steps += _going_on(summary, rows)
    if unsettled := rows.get(Reason.NOT_NAMED, 0) + rows.get(Reason.PRESENT, 0):
        text = "Read the account back to settle these rows, where its size and the request budget allow."
        steps.append(Step(unsettled, text, f"importer verify {run}"))
    if ambiguous := rows.get(Reason.PHONE_AMBIGUOUS, 0):
        text = (
            "These numbers are written without a country, or can be read in two ways; each row's detail says which. If "
            "all that only lack a country are from one, run the import again with --region (such as --region US): rows "
            "that were imported are not sent again. Write the others with + and their country's code."
        )
        steps.append(Step(ambiguous, text))
    for later, retried in summary.retried.items():
        text = (
            f"Run {later} imported so many of this run's errored rows, corrected. The figures here stay this run's own."
        )
        steps.append(Step(retried.imported, text))
    fixable = sum(reason.rows for reason in reason_counts(summary) if reason.is_fixable)
    if retry_file and fixable > sum(retried.imported for retried in summary.retried.values()):
        text = "Correct these rows in the retry file: each says what is wrong. Save it, and import it again."
        where = runs_option(Path(retry_file).parent.parent)
        steps.append(Step(fixable, text, f"importer retry {run} {shlex.quote(retry_file)}{where}"))
    if worth_a_look := sum(summary.review.values()) + sum(suspicion.rows for suspicion in suspicions(summary)):
        text = 'Look through the rows under "Worth a look". They are not held back: each has its outcome.'
        steps.append(Step(worth_a_look, text))
    if summary.status == "dry-run":
        steps.append(Step(summary.planned, "Run the same command without --dry-run to send these rows."))
    return steps


def _going_on(summary: Summary, rows: Mapping[str, int]) -> Iterator[Step]:
    """Yield what to do about rows that were not sent or whose answer was lost; ``rows`` by reason."""
    lost = rows.get(Reason.REPLY_LOST, 0)
    if command := way_on(summary):
        yield Step(rows.get(Reason.NOT_SENT, 0) + lost, _GO_ON[command.split()[1]], command)
    elif lost:
        yield Step(lost, "Earlier runs sent these numbers and lost the answers. Verify them: the details name each.")


def _reasons(summary: Summary) -> set[str]:
    return {code for codes in summary.reasons.values() for code in codes}
