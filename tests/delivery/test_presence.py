"""What being found in the account, or not, says of a request whose answer was lost or named nobody."""

import polars as pl
import pytest

from importer.delivery import DeliveryEnd
from importer.delivery.dating import Window
from importer.delivery.pieces import Counters, History, Piece, State
from importer.delivery.presence import apply
from importer.delivery.readback import Findings
from importer.models.outcomes import Reason
from importer.targets import Found
from tests.support.delivery_job import Job, batch
from tests.support.faultserver import Call, FaultServer, after_applying, documented, listed, reset, says
from tests.support.pages import NOW, phones

SENT_AT = Window(NOW - 5, NOW, NOW + 60)
"""The requests of batch 1 went out at NOW."""


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_contacts_with_its_number_the_one_that_it_made_is_named(order: int) -> None:
    """Wherever the older one stands in the account's list."""
    older, newer = Found("older", "+14155550100", NOW - 100), Found("newer", "+14155550100", NOW + 1)
    findings = Findings({older.phone: [older, newer][::order]})
    (settled,) = apply(
        Piece(1, range(1), state=State.IN_DOUBT), pl.Series([older.phone]), findings, SENT_AT, are_repeats_skipped=False
    )
    assert [(one.reason, one.contact_id) for one in settled.named] == [(Reason.CONFIRMED, "newer")]


def test_where_nothing_is_in_doubt_the_account_is_not_read(job: Job) -> None:
    """Only an audit looks for what the API confirmed."""
    job.deliver()
    with job.opened() as delivery:
        assert delivery._resolver.settle() == []
        assert job.server.lists == 0
        assert delivery._resolver.settle(is_audit=True) == []
    assert job.server.lists > 0


def of_old(job: Job, number: int) -> None:
    """The first contact of a batch is in the account since 2020; the API makes second ones."""
    phone = batch(number, job.rows)["phone"][0]
    job.server.contacts = [{"phone": phone, "contactId": "old", "createdAt": "2020-01-01T00:00:00Z"}]


def test_a_number_that_was_there_is_looked_for_on_the_other_pages_too(job: Job) -> None:
    """Its old contact stands on the first page and a new one, of the lost request, on the second."""
    job.batches, job.rows, job.server.page_cap = 2, 1, 2
    of_old(job, 2)
    job.server.script = [documented, after_applying(1, reset)]
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 2}


def test_a_part_of_the_list_does_not_show_that_a_number_was_skipped(job: Job) -> None:
    """The old contact was seen, and the page that may hold a new one was not: it is there, and no more is said."""

    def first_page(server: FaultServer, call: Call) -> None:
        (listed if "page=1&" in call.path else says(500))(server, call)

    job.batches, job.server.page_cap = 2, 20
    of_old(job, 2)
    job.server.script, job.server.on_list = [documented, after_applying(1, reset)], first_page
    job.deliver()
    assert job.reasons() == {"confirmed": 20, "present": 1, "reply-lost": 19}


def test_a_control_that_was_there_before_does_not_show_that_the_list_is_up_to_date(job: Job) -> None:
    """The list is behind: of the number that was imported it shows the old contact alone, of the lost one nothing.

    Later both are there; but of a number with two contacts nothing shows which of them dates the list.
    """

    def behind(_: FaultServer, call: Call) -> None:
        call.answer(200, {"data": job.server.contacts[:1] if "page=1&" in call.path else [], "total": 1})

    job.batches, job.rows = 2, 1
    of_old(job, 1)
    job.server.script, job.server.on_list = [documented, after_applying(1, reset)], behind
    for _ in range(2):
        job.deliver()
    assert job.reasons() == {"confirmed": 1, "reply-lost": 1}
    assert job.server.bulk == 2
    job.server.on_list = listed
    job.deliver()
    assert job.reasons() == {"confirmed": 1, "present": 1}


NEW, OLD = Found("new", "", NOW + 1), Found("old", "", NOW - 100)


def judged(
    piece: Piece, *found: Found | None, is_proven: bool = False, skips: bool = False
) -> list[dict[int, Reason | None]]:
    """What becomes of contacts of which a reading saw these; for each piece that there is then."""
    numbers = pl.Series("phone", phones(len(found)))
    seen = {phone: [contact] for phone, contact in zip(numbers, found, strict=True) if contact}
    findings = Findings(seen, is_absence_proven=is_proven)
    after = apply(piece, numbers, findings, SENT_AT, are_repeats_skipped=skips)
    ends: list[dict[int, Reason | None]] = []
    for part in after:
        ends.append(dict.fromkeys(part.offsets, part.reason))
        ends[-1].update({named.offset: named.reason for named in part.named})
    return ends


@pytest.mark.parametrize(
    ("is_proven", "skips", "reason"),
    [
        (False, False, Reason.PRESENT),
        (True, False, Reason.SKIPPED_BY_API),
        (False, True, Reason.SKIPPED_BY_API),
    ],
)
def test_an_older_contact_alone_does_not_show_that_a_lost_request_was_skipped(
    is_proven: bool, skips: bool, reason: Reason
) -> None:
    """The request may have made a second one that was not seen, unless the API skips, or the whole list was read."""
    piece = Piece(1, range(3), state=State.IN_DOUBT, history=History.DOUBTED)
    settled, rest = judged(piece, NEW, OLD, None, is_proven=is_proven, skips=skips)
    assert settled == {0: Reason.CONFIRMED, 1: reason}
    assert rest == {2: None}


@pytest.mark.parametrize(
    ("found", "history", "skips", "reason"),
    [
        ((NEW, NEW, OLD), History.FIRST, False, Reason.SKIPPED_BY_API),
        ((NEW, None, OLD), History.FIRST, False, Reason.NOT_NAMED),
        ((NEW, None, OLD), History.FIRST, True, Reason.SKIPPED_BY_API),
        ((NEW, NEW, OLD), History.FORCED, False, Reason.NOT_NAMED),
    ],
)
def test_an_older_contact_was_skipped_where_all_that_were_counted_as_imported_are_found(
    found: tuple[Found | None, ...], history: History, skips: bool, reason: Reason
) -> None:
    """Two of three were imported, and two new ones are there: the third was not made a second time."""
    piece = Piece(1, range(3), history=history).settled(Reason.NOT_NAMED, counters=Counters(2, 1, 0))
    (after,) = judged(piece, *found, skips=skips)
    assert after[2] is reason
    assert after[0] is Reason.CONFIRMED
