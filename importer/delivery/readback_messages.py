"""Messages to people about a read-back: before it, once its size is known, and of what it found."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set

from importer.delivery.pacing import HOUR_S
from importer.delivery.pieces import Piece, State
from importer.delivery.readback import CAN_BE_CONTROLLED, Findings, Search
from importer.models.outcomes import Reason


def wanted(pieces: Sequence[Piece], watched: int) -> str:
    """Say how many contacts are looked for, by reason; ``watched`` counts those that the API confirmed."""
    counts: Counter[str] = Counter()
    for piece in pieces:
        reason = Reason.REPLY_LOST if piece.state is State.IN_DOUBT else piece.reason
        counts[str(reason)] += piece.rows - len(piece.named)
    words = [f"{count:,} contacts ({reason})" for reason, count in sorted(counts.items())]
    return (
        f"Reading the account back for {', '.join(words + ([f'{watched:,} that were confirmed'] if watched else []))}."
    )


def plan(total: int | None, pages: int | None, budget: int, per_hour: int, seconds_a_request: float) -> str:
    """Say what the reading will take; ``total`` and ``pages`` are None if the first page did not show them."""
    if total is None or pages is None:
        return f"The API does not tell how many contacts there are: {budget:,} requests at most."
    minutes = (pages + 1) // per_hour * HOUR_S / 60 + (pages + 1) * seconds_a_request / 60
    about = f"about {minutes:,.0f} min" if minutes >= 1 else "less than a minute"
    return f"The account holds {total:,} contacts: {pages + 1:,} requests, {about}; {budget:,} are allowed."


def found(search: Search, findings: Findings, run_id: str) -> Iterator[str]:
    """Yield how many of the wanted contacts were found, and what a person can do about the others."""
    missing = len(search.wanted - findings.found.keys())
    words = [f"{len(findings.found):,} of {len(search.wanted):,} contacts are in the account"] if search.wanted else []
    if missing and findings.is_absence_proven:
        words.append("the others are certainly not")
    elif findings.why_not:
        words.append(findings.why_not)
    if words:
        yield f"Read-back, {findings.requests:,} requests: {'; '.join(words)}."
    if missing and findings.why_not in CAN_BE_CONTROLLED:
        yield f"A number of your own can show it: importer verify {run_id} --control PHONE"


def second_look(listed: int, gap_s: float) -> str:
    """Say why the list is read a second time, and when."""
    return (
        f"Nothing shows yet that the list of {listed:,} contacts is up to date: it is read once more in {gap_s:,.0f} s."
    )


def audited(confirmed: Set[str], findings: Findings) -> Iterator[str]:
    """Yield whether the contacts that the API confirmed are in its list; nothing if none were to be checked."""
    missing = len(confirmed - findings.seen)
    if confirmed and not missing:
        yield f"All {len(confirmed):,} contacts that the API confirmed are in its list."
    elif missing and findings.is_whole:
        yield (
            f"{missing:,} of {len(confirmed):,} contacts that the API confirmed are not in its list: they were "
            "deleted since, or the list is not up to date."
        )
