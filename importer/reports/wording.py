"""A run in a sentence: its list, its time and how it ended, as every report and the desk begin."""

from datetime import datetime

from importer.models.outcomes import REASONS, Reason
from importer.storage.summary import Approvals, Summary


def list_name(summary: Summary) -> str:
    """Return the name of the run's list: the first file, and how many more there are."""
    files = list(dict.fromkeys(source.file for source in (*summary.sources, *summary.passed_over)))
    if not files:
        return "no list"
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"


def local_time(moment: str) -> datetime:
    """Return a time of the summary (ISO 8601) in this machine's zone."""
    return datetime.fromisoformat(moment).astimezone()


def shown_time(moment: str) -> str:
    """Return a time of the summary in this machine's zone, such as ``28 Nov 2026, 02:15 CET``; no time as it is."""
    try:
        return f"{local_time(moment):%-d %b %Y, %H:%M %Z}"
    except ValueError:
        return moment


def to_fix(summary: Summary) -> int:
    """Return how many rows a person could correct, those included that later runs have imported."""
    return sum(
        rows for codes in summary.reasons.values() for code, rows in codes.items() if REASONS[Reason(code)].is_fixable
    )


def left_to_fix(summary: Summary) -> int:
    """Return how many of those rows no later run has imported."""
    return max(0, to_fix(summary) - sum(retried.imported for retried in summary.retried.values()))


def ending(summary: Summary) -> str:
    """Return how the run ended, such as ``4,728 of 5,000 imported, 272 to fix``."""
    if summary.status == "refused":
        return "nothing was sent"
    if summary.status == "dry-run":
        parts = [f"{summary.planned:,} of {summary.rows:,} would be sent"]
    else:
        parts = [f"{summary.imported:,} of {summary.rows:,} imported"]
    fixable, left = to_fix(summary), left_to_fix(summary)
    if fixable:
        parts.append(f"{fixable:,} to fix" if left == fixable else f"{left:,} of {fixable:,} left to fix")
    if summary.waiting:
        parts.append(f"{summary.waiting:,} waiting")
    if summary.unconfirmed:
        parts.append(f"{summary.unconfirmed:,} unconfirmed")
    return ", ".join(parts)


def suppressed_by(summary: Summary) -> str:
    """Return the names of the run's suppression lists, such as ``dnc.csv or no.csv``; empty if it had none."""
    if summary.suppression is None:
        return ""
    lists = (*summary.suppression.at_start, *summary.suppression.last_read)
    return " or ".join(dict.fromkeys(each.file for each in lists))


def approvals_in_words(approvals: Approvals) -> str:
    """Return who has approved a plan, and who is still missing, such as ``approved by anna (30 Nov …); 1 more …``.

    Empty if the one person who is needed is missing: that it waits says the same.
    """
    people = [f"{one.who} ({shown_time(one.at)})" for one in approvals.given]
    if not approvals.missing:
        return f"approved by {' and '.join(people)}"
    if approvals.needed == 1:
        return ""
    but = f", and not {approvals.started_by}, who started the run" if approvals.started_by else ""
    if not people:
        return f"{approvals.needed} different people have to approve it{but}"
    return f"approved by {' and '.join(people)}; {approvals.missing} more person has to approve it{but}"


def headline(summary: Summary) -> str:
    """Return the run in one line: its list and how it ended."""
    return f"{list_name(summary)}: {ending(summary)}"


def duration(summary: Summary) -> str:
    """Return how long the run took, such as ``19 s`` or ``3 min``."""
    seconds = summary.seconds.get("total", 0.0)
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def took(summary: Summary) -> str:
    """Return how long the run took, in words, and with which API it spoke."""
    target = "the embedded sandbox" if summary.target.startswith("sandbox:") else summary.target
    return f"It took {duration(summary)}, with {target}."
