"""What being found in the account, or not, means for the contacts of a piece."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import itemgetter

import polars as pl

from importer.delivery.pieces import History, Named, Piece, State
from importer.delivery.readback import Findings, is_since
from importer.models.outcomes import Reason
from importer.targets import Found


def judge(contacts: Sequence[Found], sent_at: float | None) -> tuple[Reason, str, Found]:
    """Whether contacts with one number are of our request or were there before; and the one of which that is told.

    ``sent_at`` is never later than the truth, because a ``Date`` header is cut to the second and has travelled; so what
    was created before it was certainly not ours. The other way round, what somebody else made in the last two seconds
    before our request is taken for ours.

    Args:
        contacts: at least one.
        sent_at: when our request began by the API's clock, epoch seconds; None where that is not known.
    """
    dated = [(contact.created_at, contact) for contact in contacts if contact.created_at is not None]
    if sent_at is None or len(dated) < len(contacts):
        return Reason.PRESENT, "read-back found it; when it was created is not known", contacts[0]
    ours = [contact for created, contact in sorted(dated, key=itemgetter(0)) if is_since(created, sent_at)]
    if ours:
        return Reason.CONFIRMED, "read-back found it, created after it was sent", ours[0]
    return Reason.SKIPPED_BY_API, "read-back found it, created before it was sent", contacts[0]


def apply(
    piece: Piece, phones: pl.Series, findings: Findings, sent_at: float | None, *, are_repeats_skipped: bool
) -> list[Piece]:
    """What a piece becomes by what was found.

    Contacts that were found are settled. Of a piece in doubt the others are ready to be sent again where their absence
    is proven, and stay in doubt where not; of a piece whose answer named nobody they stay as they are.

    Where only an older contact was found, the request may still have made a second one that the reading did not see.
    That the API skipped it is claimed where the account is proven to skip, where all that the answer counted as
    imported was found, and, of a piece in doubt, where a newer contact's absence is proven.

    Args:
        piece: in doubt, or settled without certainty.
        phones: the whole batch's numbers.
        findings: of a read-back.
        sent_at: as in ``judge``.
        are_repeats_skipped: it is proven of the account that a number which is there is skipped.
    """
    known = {contact.offset for contact in piece.named}
    numbers = dict(zip(piece.offsets, phones.gather(list(piece.offsets)), strict=True))
    named = []
    for offset, phone in numbers.items():
        if offset not in known and phone in findings.found:
            reason, detail, contact = judge(findings.found[phone], sent_at)
            named.append(Named(offset, reason, detail, contact.contact_id))
    if piece.state is State.SETTLED:
        if not (are_repeats_skipped or _are_all_imported_found(piece, named)):
            named = [contact for contact in named if contact.reason is not Reason.SKIPPED_BY_API]
        if not named:
            return [piece]
        return [piece.settled(piece.reason, piece.detail, (*piece.named, *named), piece.counters)]
    if not (are_repeats_skipped or findings.is_absence_proven):
        named = [_with_a_newer_one_open(contact) for contact in named]
    seen = {contact.offset for contact in named}
    left = tuple(offset for offset in piece.offsets if offset not in seen)
    rest = replace(piece, offsets=left)
    if findings.is_absence_proven:
        is_marked = piece.history is History.FORCED
        rest = replace(rest, state=State.READY, history=History.FORCED if is_marked else History.ABSENT)
    settled = [piece.part(tuple(sorted(seen))).settled(None, None, tuple(named))] if named else []
    return settled + ([rest] if left else [])


def _are_all_imported_found(piece: Piece, named: Iterable[Named]) -> bool:
    """As many new contacts are there as the one answer that there was counted: it made none besides them."""
    ours = sum(contact.reason is Reason.CONFIRMED for contact in (*piece.named, *named))
    return not piece.may_be_applied and piece.counters is not None and piece.counters.imported == ours


def _with_a_newer_one_open(contact: Named) -> Named:
    if contact.reason is not Reason.SKIPPED_BY_API:
        return contact
    return replace(
        contact,
        reason=Reason.PRESENT,
        detail="read-back found an older one; whether the request added one is not known",
    )
