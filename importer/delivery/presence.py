"""Presence: the ends of a piece's contacts by whether a read-back found them in the account."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from importer.delivery.dating import Age, Window
from importer.delivery.pieces import History, Named, Piece, State
from importer.delivery.readback import Findings
from importer.models.outcomes import Reason
from importer.targets import Found


def judge(contacts: Sequence[Found], window: Window | None) -> tuple[Reason, str, Found]:
    """Return by their dates whether contacts with one number are our request's or were there before.

    Args:
        contacts: at least one.
        window: when contacts of our request can have been created; None if that is not known.

    Returns:
        The reason, its detail for people, and the contact that it is about.
    """
    if window is None:
        return Reason.PRESENT, "read-back found it; when it was created is not known", contacts[0]
    ages = [window.age(contact.created_at) for contact in contacts]
    if Age.OURS in ages:
        ours = contacts[ages.index(Age.OURS)]
        return Reason.CONFIRMED, "read-back found it, created after it was sent", ours
    # All of them: one contact that may be newer could be ours.
    if set(ages) == {Age.OLDER}:
        return Reason.SKIPPED_BY_API, "read-back found it, created before it was sent", contacts[0]
    return Reason.PRESENT, "read-back found it; its date does not show who created it", contacts[0]


def apply(
    piece: Piece, phones: pl.Series, findings: Findings, window: Window | None, *, are_repeats_skipped: bool
) -> list[Piece]:
    """Return the pieces that a piece becomes by what was found; the piece alone if nothing changes.

    Contacts that were found are settled. The others of a piece in doubt are ready to be sent again if their absence is
    proven, and stay in doubt if not. The others of a piece whose answer named nobody stay as they are.

    If only an older contact was found, the request may still have made a second one that the reading did not see. It is
    claimed that the API skipped the contact in three cases: the account is proven to skip repeats; all contacts that
    the answer counted as imported were found; or, for a piece in doubt, the absence of a newer contact is proven.

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
    """Return True if as many new contacts were found as the piece's only answer counted, so that it made no others."""
    ours = sum(contact.reason is Reason.CONFIRMED for contact in (*piece.named, *named))
    return not piece.may_be_applied and piece.counters is not None and piece.counters.imported == ours


def _with_a_newer_one_open(contact: Named) -> Named:
    """Return a contact as ``present`` instead of skipped: the request may have added a newer one unseen."""
    if contact.reason is not Reason.SKIPPED_BY_API:
        return contact
    return replace(
        contact,
        reason=Reason.PRESENT,
        detail="read-back found an older one; whether the request added one is not known",
    )
