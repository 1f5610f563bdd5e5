"""What being found in the account, or not, means for the contacts of a piece."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from importer.delivery.dating import Age, Window
from importer.delivery.pieces import History, Named, Piece, State
from importer.delivery.readback import Findings
from importer.models.outcomes import Reason
from importer.targets import Found


def judge(contacts: Sequence[Found], window: Window | None) -> tuple[Reason, str, Found]:
    """Whether contacts with one number are of our request or were there before; and the one of which that is told.

    Args:
        contacts: at least one.
        window: when contacts of our request can have been created; None where that is not known.
    """
    if window is None:
        return Reason.PRESENT, "read-back found it; when it was created is not known", contacts[0]
    ages = [window.age(contact.created_at) for contact in contacts]
    if Age.OURS in ages:
        ours = contacts[ages.index(Age.OURS)]
        return Reason.CONFIRMED, "read-back found it, created after it was sent", ours
    if set(ages) == {Age.OLDER}:
        return Reason.SKIPPED_BY_API, "read-back found it, created before it was sent", contacts[0]
    return Reason.PRESENT, "read-back found it; its date does not show who created it", contacts[0]


def apply(
    piece: Piece, phones: pl.Series, findings: Findings, window: Window | None, *, are_repeats_skipped: bool
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
        window: as in ``judge``.
        are_repeats_skipped: it is proven of the account that a number which is there is skipped.
    """
    known = {contact.offset for contact in piece.named}
    numbers = dict(zip(piece.offsets, phones.gather(list(piece.offsets)), strict=True))
    named = []
    for offset, phone in numbers.items():
        if offset not in known and phone in findings.found:
            reason, detail, contact = judge(findings.found[phone], window)
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
