"""A piece: contacts of one batch that share one fate. A batch starts as one piece, and is parted where it must be."""

from dataclasses import dataclass, replace
from enum import StrEnum

import polars as pl

from importer.models.outcomes import Reason

NAMED_SCHEMA = {"offset": pl.UInt32, "reason": pl.String, "detail": pl.String, "contact_id": pl.String}


FORCED_DETAIL = "maybe_duplicated: sent again by --repost-anyway after a lost answer"
"""What is said of contacts that were sent again although they may have been there."""


class State(StrEnum):
    """Where a piece stands. ``in-flight`` in a ledger that nobody is writing means ``in-doubt``."""

    READY = "ready"
    IN_FLIGHT = "in-flight"
    IN_DOUBT = "in-doubt"
    SETTLED = "settled"
    PARTED = "parted"


class History(StrEnum):
    """What happened to a piece's contacts before: it decides how far the next answer can be believed.

    ``first``: nothing that could have reached the API's books. ``refused``: they travelled in a request that was
    refused as a whole, which is taken to have changed nothing. ``doubted``: an earlier request may have been applied.
    ``absent``: so it was, and read-back proved that they are not there. ``forced``: a person had them sent again
    without any proof; they may be doubled, for ever.
    """

    FIRST = "first"
    REFUSED = "refused"
    DOUBTED = "doubted"
    ABSENT = "absent"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class Counters:
    """The API's own counters for a piece."""

    imported: int
    skipped: int
    errors: int


@dataclass(frozen=True, slots=True)
class Named:
    """A contact whose fate differs from its piece's; ``offset`` is its place in the batch."""

    offset: int
    reason: Reason
    detail: str
    contact_id: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Contacts of one batch that are sent together.

    Attributes:
        batch: the batch's number, starting at 1.
        offsets: places in the batch, ascending, starting at 0.
        id: in the ledger; None until its first intent is written.
        reason, detail: what became of its contacts, once settled; ``named`` tells those that differ.
        tries: requests in a row that certainly changed nothing; starts anew when a run is resumed.
        broken_uploads: how many of the last requests broke off while the body was being sent.
        not_before: epoch seconds before which a piece in doubt must not be looked into.
    """

    batch: int
    offsets: range | tuple[int, ...]
    id: int | None = None
    state: State = State.READY
    history: History = History.FIRST
    reason: Reason | None = None
    detail: str | None = None
    counters: Counters | None = None
    named: tuple[Named, ...] = ()
    tries: int = 0
    broken_uploads: int = 0
    not_before: float = 0.0

    @property
    def rows(self) -> int:
        """How many contacts."""
        return len(self.offsets)

    @property
    def may_be_applied(self) -> bool:
        """An earlier request with these contacts may have been applied: what the API says now may be because of it."""
        return self.history in (History.DOUBTED, History.ABSENT, History.FORCED)

    def halves(self, history: History | None = None) -> tuple["Piece", "Piece"]:
        """Two new pieces, the earlier contacts first."""
        middle = (self.rows + 1) // 2
        return self.part(self.offsets[:middle], history), self.part(self.offsets[middle:], history)

    def part(self, offsets: range | tuple[int, ...], history: History | None = None) -> "Piece":
        """A new piece, ready to be sent, of some of this one's contacts."""
        return Piece(self.batch, offsets, history=history or self.history)

    def settled(
        self,
        reason: Reason | None,
        detail: str | None = None,
        named: tuple[Named, ...] = (),
        counters: Counters | None = None,
    ) -> "Piece":
        """This piece with its end; what was sent again at a person's wish says so for ever."""
        if self.history is History.FORCED:
            detail = marked(detail)
            named = tuple(replace(contact, detail=marked(contact.detail)) for contact in named)
        return replace(self, state=State.SETTLED, reason=reason, detail=detail, named=named, counters=counters)


def marked(detail: str | None) -> str:
    """The detail of a contact that may be doubled because a person had it sent again."""
    if detail and detail.startswith(FORCED_DETAIL):
        return detail
    return f"{FORCED_DETAIL}; {detail}" if detail else FORCED_DETAIL
