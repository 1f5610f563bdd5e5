"""The requests of the ledger by which an account's list is dated: those in question, and those that show its clock."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from importer.delivery.dating import DRIFT, Window, calibrate, window
from importer.delivery.evidence import Dates, Request, Sample
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.packing import unpack_named, unpack_offsets
from importer.targets import Found

_NEAR = 3
"""Samples that are looked for on either side of a request."""

_NUMBERS = 3
"""Contacts of each sample that are looked for: one may have been deleted, or be there twice."""

_ANSWERS = 4
"""Answers with a date that are taken on either side of a request, and of the last ones."""

_SET_S = 5.0
"""Seconds by which the wall clock may have been set and can still be used."""

_ALIKE_S = 1.0
"""Seconds by which our two clocks may differ, drift aside, and count as not set."""

_COLUMNS = "attempts.id, begun_wall, begun_monotonic, attempts.boot, ended_monotonic, date"
_SAMPLES = (
    f"SELECT {_COLUMNS}, pieces.run_id, pieces.batch, offsets, named, imported, attempts.rows FROM attempts "  # noqa: S608 - constants
    "JOIN pieces ON pieces.id = piece_id WHERE account_id = ? AND verdict = 'answered' AND ended_monotonic IS NOT NULL "
    "AND state = 'settled' AND history IN ('first', 'refused') AND reason IN ('confirmed', 'not-named') "
    "AND imported > 0"
)
_REMOVED = "SELECT \"offset\" FROM removals WHERE run_id = ? AND batch = ? AND state IN ('removed', 'gone')"
_DATED = f"SELECT {_COLUMNS} FROM attempts WHERE account_id = ? AND date IS NOT NULL AND ended_monotonic IS NOT NULL"  # noqa: S608 - constants
_BEFORE, _AFTER = "AND attempts.id < ? ORDER BY attempts.id DESC", "AND attempts.id > ? ORDER BY attempts.id"
_ITSELF = "AND attempts.id = ?"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of the ledger; times as the ledger has them, None if it has none."""

    id: int
    wall: float
    monotonic: float
    boot: str
    ended: float | None
    date: float | None

    def request(self, boot: str | None) -> Request:
        """Return it on the monotonic clock of the machine's start ``boot``; on the wall clock if that is None."""
        begun = self.wall if boot is None else self.monotonic if boot == self.boot else None
        seconds = None if self.ended is None else self.ended - self.monotonic
        return Request(self.id, begun, self.wall, seconds, self.date)


@dataclass(frozen=True, slots=True)
class _Group:
    """A request that made contacts, and offsets of its contacts in their batch.

    ``made`` is how many of them it made; None if it made them all.
    """

    sent: Sent
    run_id: str
    batch: int
    offsets: Sequence[int]
    made: int | None


def carriers(ledger: Ledger, run_id: str, batch: int, offset: int | None = None) -> list[Sent]:
    """Return the requests that may have created the contact at ``offset`` of a batch, oldest first.

    If ``offset`` is None, those that may have created any contact of the batch.
    """
    with ledger.transaction() as db:
        rows = db.execute(
            f"SELECT offsets, {_COLUMNS} FROM attempts JOIN pieces ON pieces.id = piece_id "  # noqa: S608 - constants
            "WHERE attempts.run_id = ? AND attempts.batch = ? "
            "AND (verdict IS NULL OR verdict IN ('ambiguous', 'answered')) ORDER BY attempts.id",
            (run_id, batch),
        ).fetchall()
    return [Sent(*row[1:]) for row in rows if offset is None or offset in unpack_offsets(row[0])]


class Samples:
    """Chooses contacts whose dates show how an account's list stands to our clocks, near the requests in question.

    Used by one thread: created before a read-back, which keeps the contacts of ``numbers``; ``window`` is for after it.

    Attributes:
        numbers: numbers whose contacts a reading has to keep. Those of a request whose answer only counted are not
            among them: all of them are looked for anyway.
        awaited: groups of these numbers; a reading that ends early must have found a contact of each.
    """

    def __init__(self, ledger: Ledger, account_id: int, questions: Iterable[Sequence[Sent]]) -> None:
        self._ledger, self._account_id = ledger, account_id
        self._groups: dict[int, _Group] = {}
        self._near: dict[int, list[_Group]] = {}
        nearest: set[int] = set()
        for sent in questions:
            if not sent or sent[0].id in self._near:
                continue
            sides = [list(self._nearest(sent[0].id, side)) for side in (_BEFORE, _AFTER, _ITSELF)]
            self._near[sent[0].id] = [group for side in sides for group in side]
            nearest.update(side[0].sent.id for side in sides if side)
        named = {number: set(self._phones(group)) for number, group in self._groups.items() if group.made is None}
        self.numbers = {phone for phones in named.values() for phone in phones}
        self.awaited: list[Set[str]] = [phones for number, phones in named.items() if number in nearest]

    def window(
        self,
        sent: Sequence[Sent],
        rests_until: float,
        dated: Mapping[str, Sequence[Found]],
        dates: Dates,
        *,
        are_repeats_skipped: bool,
    ) -> Window | None:
        """Return when contacts of these requests can have been created, as the list dates it; None if not known.

        The monotonic clock is used if the machine was not restarted since; if it gives nothing, the wall clock.

        Args:
            sent: the requests of one question, as given to the constructor.
            rests_until: monotonic seconds until which the last of them may arrive; 0 if it was answered.
            dated: by number, the contacts that a reading found.
            dates: of all contacts that it saw.
            are_repeats_skipped: a number that is in the account is proven to be skipped.
        """
        if not sent:
            return None
        clock = self._ledger.clock
        # The wall clock comes last: it may have been set, so it takes witnesses on both sides of the requests.
        for boot in (clock.boot, None) if {one.boot for one in sent} == {clock.boot} != {""} else (None,):
            now = clock.wall() if boot is None else clock.monotonic()
            requests = [one.request(boot) for one in sent]
            ends = [r.begun + r.seconds for r in requests if r.begun is not None and r.seconds is not None]
            if rests_until:
                ends.append(now + rests_until - clock.monotonic())
            until = min(max(ends), now) if rests_until or len(ends) == len(requests) else now
            calibration = calibrate(
                self._samples(sent, boot, dated),
                [one.request(boot) for one in self._answers(sent[0].id)],
                dates,
                now,
                slack_s=_SET_S if boot is None else 0.0,
                was_set=boot is None or self._was_set(sent[0]),
                are_repeats_skipped=are_repeats_skipped,
            )
            found = window(calibration, requests[0], until)
            if found is not None:
                return found
        return None

    def _was_set(self, sent: Sent) -> bool:
        """Return True if our two clocks ran apart since a request: one was set, or the machine slept."""
        clock = self._ledger.clock
        gone = clock.monotonic() - sent.monotonic
        return abs(clock.wall() - sent.wall - gone) > _ALIKE_S + DRIFT * abs(gone)

    def _nearest(self, number: int, side: str) -> Iterator[_Group]:
        """Yield the samples nearest to a request, on one side of it."""
        with self._ledger.transaction() as db:
            rows = db.execute(f"{_SAMPLES} {side} LIMIT {_NEAR}", (self._account_id, number)).fetchall()
        for *values, run_id, batch, offsets, named, imported, sent_rows in rows:
            sent, others = Sent(*values), {contact.offset for contact in unpack_named(named)}
            if sent.id not in self._groups:
                places: Sequence[int] = unpack_offsets(offsets)
                made = imported
                if imported + len(others) == sent_rows:
                    places, made = self._chosen(run_id, batch, [place for place in places if place not in others]), None
                self._groups[sent.id] = _Group(sent, run_id, batch, places, made)
            if self._groups[sent.id].offsets:
                yield self._groups[sent.id]

    def _chosen(self, run_id: str, batch: int, offsets: Sequence[int]) -> Sequence[int]:
        """Return some of these offsets of a batch, spread over them; none whose contact was deleted by an undo."""
        with self._ledger.transaction() as db:
            removed = {offset for (offset,) in db.execute(_REMOVED, (run_id, batch))}
        left = [offset for offset in offsets if offset not in removed]
        return left[:: max(1, len(left) // _NUMBERS)][:_NUMBERS]

    def _phones(self, group: _Group) -> list[str]:
        """Return the numbers of a group's contacts, without those that were forgotten or purged."""
        phones = self._ledger.phones(group.run_id, group.batch).gather(list(group.offsets))
        known: list[str] = phones.drop_nulls().to_list()
        return known

    def _samples(
        self, sent: Sequence[Sent], boot: str | None, dated: Mapping[str, Sequence[Found]]
    ) -> Iterator[Sample]:
        """Yield the samples near a question's first request, with what the list shows of their contacts."""
        for group in self._near[sent[0].id]:
            found = [dated.get(phone, ()) for phone in self._phones(group)]
            request = group.sent.request(boot)
            # The request in question may show that C is D, but not date itself: that would be a circle.
            is_itself = group.sent.id == sent[0].id
            yield Sample(replace(request, begun=None) if is_itself else request, found, group.made)

    def _answers(self, number: int) -> list[Sent]:
        """Return answers with a date: the nearest ones on either side of a request, its own, and the last ones."""
        with self._ledger.transaction() as db:
            rows = [
                *db.execute(f"{_DATED} {_BEFORE} LIMIT {_ANSWERS}", (self._account_id, number)),
                *db.execute(f"{_DATED} {_ITSELF}", (self._account_id, number)),
                *db.execute(f"{_DATED} {_AFTER} LIMIT {_ANSWERS}", (self._account_id, number)),
                *db.execute(f"{_DATED} ORDER BY attempts.id DESC LIMIT {_ANSWERS}", (self._account_id,)),
            ]
        return [Sent(*row) for row in dict.fromkeys(rows)]
