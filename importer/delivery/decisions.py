"""The state machine of a piece, on one page and without side effects: what follows from one attempt to send it.

::

    ready ── intent ──▶ in-flight ─┬─ certainly not applied ──▶ ready (after a wait), or in two halves
                                   ├─ refused for its contents ▶ named contacts settled, the rest ready; else two halves
                                   ├─ answer that adds up ─────▶ settled
                                   ├─ key or address refused ──▶ ready, and the run stops
                                   └─ anything else, or killed ▶ in-doubt ─┬─ read-back ──▶ settled | ready
                                                                            ├─ skips proven ▶ ready, the same rows
                                                                            └─ a person's wish ▶ ready, and marked so
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from importer.delivery.attribution import Counting, attribute, locate, says_exists
from importer.delivery.classify import Verdict, classify
from importer.delivery.pieces import Counters, History, Named, Piece, State
from importer.models.outcomes import Reason
from importer.targets import Exchange, Refusal, Target

BROKEN_UPLOADS = 2
"""Uploads broken off in a row after which a request counts as too large: some proxies reset instead of sending 413."""

MOST_REQUESTS_FOR_A_BATCH = 150
"""Requests that a batch may take while its refused contacts, or a size that the API takes, are being looked for."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The facts that a decision depends on beside the piece and its answer.

    Attributes:
        phones: the piece's numbers, in order.
        body_bytes: size of the request's body.
        counting: how the account counted errors before; None if that is not known.
        requests: requests that the batch has taken, this one included.
        doubt_until: monotonic seconds until which a doubt that arises now must rest.
        others_ready: number of other pieces of the batch that are still to be sent.
        are_skips_duplicates: a write check proved of the account that a skip means "already there" and nothing else.
    """

    phones: Sequence[str]
    body_bytes: int
    counting: Counting | None
    requests: int
    doubt_until: float
    others_ready: int
    are_skips_duplicates: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """The consequences of one attempt.

    Attributes:
        verdict: what the attempt proves.
        pieces: the piece as it is now, or the pieces that replace it.
        why: the cause in a few words, for people; may be empty.
        ceiling_bytes: bodies of this size were found to be too large; None if nothing was learned.
        counting: how the service was seen to count errors; None if nothing was learned.
        has_ended_search: the batch used up its requests while the cause of a refusal was being looked for.
    """

    verdict: Verdict
    pieces: tuple[Piece, ...]
    why: str = ""
    ceiling_bytes: int | None = None
    counting: Counting | None = None
    has_ended_search: bool = False


def decide(piece: Piece, exchange: Exchange, target: Target, given: Circumstances) -> Decision:
    """Return what follows from an attempt to send a piece: its verdict, and the pieces as they are then."""
    verdict = classify(exchange, may_be_applied=piece.may_be_applied)
    match verdict:
        case Verdict.ANSWERED:
            return _answered(piece, exchange, target, given)
        case Verdict.TOO_LARGE:
            return _too_large(piece, exchange, given, verdict)
        case Verdict.NOT_APPLIED if piece.broken_uploads + 1 >= BROKEN_UPLOADS and piece.rows > 1:
            return _too_large(piece, exchange, given, verdict)
        case Verdict.REFUSED:
            return _refused(piece, target.read_refusal(exchange.body), given)
        case Verdict.AMBIGUOUS:
            return in_doubt(piece, exchange, given)
    # A 429, and a key or address that is refused, are not the piece's failures: they do not use up its tries.
    is_miss = verdict in (Verdict.NOT_SENT, Verdict.NOT_APPLIED)
    again = replace(
        piece,
        state=State.READY,
        tries=piece.tries + is_miss,
        broken_uploads=piece.broken_uploads + 1 if verdict is Verdict.NOT_APPLIED else 0,
    )
    return Decision(verdict, (again,), why=said(exchange, target))


def in_doubt(piece: Piece, exchange: Exchange, given: Circumstances, why: str = "") -> Decision:
    """Return the decision that nothing is known: the piece rests until its request cannot arrive late any more."""
    why = why or seen(exchange)
    resting = replace(
        piece,
        state=State.IN_DOUBT,
        # Contacts that were sent without proof stay marked as such: a later answer must not hide that.
        history=piece.history if piece.history is History.FORCED else History.DOUBTED,
        detail=f"sent, and then: {why}",
        not_before=given.doubt_until,
    )
    return Decision(Verdict.AMBIGUOUS, (resting,), why=why)


def seen(exchange: Exchange) -> str:
    """Describe an exchange in a few words of ours."""
    status = "" if exchange.status is None else f"status {exchange.status}"
    return ", ".join(part for part in (status, exchange.trouble) if part) or "no answer"


def said(exchange: Exchange, target: Target) -> str:
    """Describe an exchange in a few words, with the API's own if it gave any."""
    words = target.read_refusal(exchange.body).text if exchange.status is not None else ""
    return f"{seen(exchange)}: {words}" if words else seen(exchange)


def _answered(piece: Piece, exchange: Exchange, target: Target, given: Circumstances) -> Decision:
    """Return the settled piece; in doubt if the answer cannot be understood or its counts do not add up."""
    reply = target.read_reply(exchange.body)
    if reply is None:
        return in_doubt(piece, exchange, given, f"status {exchange.status} with an answer that cannot be understood")
    is_first = piece.history is History.FIRST
    verdicts = attribute(
        reply,
        given.phones,
        is_first=is_first,
        counting=given.counting,
        are_skips_duplicates=given.are_skips_duplicates,
    )
    if verdicts is None:
        return in_doubt(piece, exchange, given, "counts in the answer that do not add up")
    named = tuple(Named(piece.offsets[place], reason, words) for place, reason, words in verdicts.named)
    counters = Counters(reply.imported, reply.skipped, reply.errors)
    settled = piece.settled(verdicts.rest, verdicts.detail, named, counters)
    return Decision(Verdict.ANSWERED, (settled,), counting=verdicts.counting)


def _too_large(piece: Piece, exchange: Exchange, given: Circumstances, verdict: Verdict) -> Decision:
    """Return a piece that is too large in halves; a single contact is rejected."""
    why = seen(exchange)
    # This request was not applied. An earlier one with the contact may have been, and a size says nothing of that.
    if piece.rows == 1 and piece.history in (History.DOUBTED, History.FORCED):
        return in_doubt(piece, exchange, given)
    if piece.rows == 1:
        refused = piece.settled(Reason.REJECTED_BY_API, "the API says that this contact alone is too large")
        is_over = given.requests >= MOST_REQUESTS_FOR_A_BATCH
        return Decision(verdict, (refused,), why=f"{why}, even of one contact alone", has_ended_search=is_over)
    return Decision(verdict, piece.halves(), why=why, ceiling_bytes=given.body_bytes)


def _refused(piece: Piece, refusal: Refusal, given: Circumstances) -> Decision:
    """Return a piece that was refused as a whole: the named contacts settled, or halves to search if none is named."""
    words = refusal.text or "no reason given"
    named = {
        piece.offsets[place]: complaint.text or words
        for complaint, place in zip(refusal.complaints, locate(refusal.complaints, given.phones), strict=True)
        if place is not None
    }
    if named:
        culprits = piece.part(tuple(sorted(named))).settled(
            None, None, tuple(Named(o, _refused_reason(text, piece), text) for o, text in sorted(named.items()))
        )
        rest = piece.part(tuple(o for o in piece.offsets if o not in named), History.REFUSED)
        return Decision(Verdict.REFUSED, (culprits, rest) if rest.rows else (culprits,), why=words)
    if piece.rows == 1:
        culprit = piece.settled(_refused_reason(words, piece), words)
        is_over = given.requests >= MOST_REQUESTS_FOR_A_BATCH
        return Decision(Verdict.REFUSED, (culprit,), why=words, has_ended_search=is_over)
    # Count what is already bound to be sent, and the two halves: all of them must fit.
    if given.requests + given.others_ready + 2 > MOST_REQUESTS_FOR_A_BATCH:
        detail = f"refused together with others; the search ended after {given.requests} requests: {words}"
        return Decision(
            Verdict.REFUSED, (piece.settled(Reason.REJECTED_BY_API, detail),), why=words, has_ended_search=True
        )
    return Decision(Verdict.REFUSED, piece.halves(History.REFUSED), why=words)


def _refused_reason(words: str, piece: Piece) -> Reason:
    """Return the reason of a refused contact; after an earlier try, "exists" may be about our own contact."""
    if says_exists(words):
        return Reason.SKIPPED_BY_API if piece.history is History.FIRST else Reason.PRESENT
    return Reason.REJECTED_BY_API
