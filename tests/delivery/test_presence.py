"""What being found in the account, or not, says of a request whose answer was lost or named nobody."""

import math
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from importer.delivery import DeliveryEnd
from importer.delivery.dating import Window
from importer.delivery.pieces import Counters, History, Piece, State
from importer.delivery.presence import apply
from importer.delivery.readback import CHANGED, OTHERS_CONTROL, Findings, Search, read_back
from importer.models.outcomes import Reason
from importer.targets import Found, Page
from tests.support.delivery_job import FakeTime, Job, batch, prove
from tests.support.faultserver import Act, Call, FaultServer, after_applying, documented, listed, reset, says
from tests.support.pages import ABSENT, NOW, fetcher, pages, phones

SENT_AT = Window(NOW - 5, NOW, NOW + 60)
"""The requests of batch 1 went out at NOW."""


@pytest.fixture
def job(server: FaultServer, tmp_path: Path) -> Job:
    return Job(server, tmp_path / "ledger.sqlite")


def unlisted_until(bulk: int) -> Act:
    """An account's list that cannot be had before so many bulk requests came in."""

    def act(server: FaultServer, call: Call) -> None:
        (says(403) if server.bulk < bulk else listed)(server, call)

    return act


def test_a_lost_contact_that_is_too_large_later_stays_in_doubt(job: Job) -> None:
    """Created by a request whose answer was lost; sent again it is refused with 413, which does not unmake it."""
    job.batches, job.rows = 2, 1
    prove(job, duplicates="skip", invalid_numbers="refuse")
    job.server.script, job.server.on_list = [documented, after_applying(1, reset)], says(403)
    job.server.otherwise = says(413)
    job.deliver()
    assert job.server.bulk > 2
    assert job.reasons() == {"confirmed": 1, "reply-lost": 1}
    job.server.on_list = listed
    job.deliver()
    assert job.reasons() == {"confirmed": 2}


@pytest.mark.parametrize("step", [3600, -3600])
@pytest.mark.parametrize("is_there_before", [True, False])
def test_a_clock_that_is_set_does_not_change_whose_a_contact_is(
    job: Job, monkeypatch: pytest.MonkeyPatch, step: float, *, is_there_before: bool
) -> None:
    """Our clock is set between a lost request and the look for its contacts, by more than these are old."""
    hours, wall_s = FakeTime(), [0.0]
    monkeypatch.setattr(job.server, "now", lambda: hours.now)
    job.clock = replace(hours.clock(), wall=lambda: hours.now + wall_s[0])
    job.settings, job.batches, job.server.skips_existing = {"quiet_time": 100}, 2, True
    prove(job, duplicates="skip", invalid_numbers="refuse")
    if is_there_before:
        job.server.apply(batch(2).to_dicts())
        hours.now += 600

    def lists_after_the_step(server: FaultServer, call: Call) -> None:
        wall_s[0] = step
        listed(server, call)

    job.server.script, job.server.on_list = [documented, after_applying(1, reset)], lists_after_the_step
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == ({"confirmed": 20, "skipped-by-api": 20} if is_there_before else {"confirmed": 40})


@pytest.mark.parametrize(
    ("boot", "step", "reason"),
    [
        ("boot", 3600, "confirmed"),
        *(("other", step, "confirmed") for step in (0, 3, -3)),
        *(("other", step, "present") for step in (7, -7, 3600, -3600)),
    ],
)
def test_after_another_start_a_lost_contact_is_ours_only_where_the_clock_kept_its_time(
    job: Job, monkeypatch: pytest.MonkeyPatch, boot: str, step: float, reason: str
) -> None:
    """Nothing tells how much time went by while the machine was off, but the two clocks may tell that it was right."""
    hours = FakeTime()
    monkeypatch.setattr(job.server, "now", lambda: hours.now)
    job.clock, job.batches = hours.clock(), 2
    job.settings = {"in_flight": 1, "quiet_time": 0.0}
    job.server.script, job.server.on_list = [documented, after_applying(1, reset)], says(403)
    job.deliver()
    assert job.reasons() == {"confirmed": 20, "reply-lost": 20}
    job.clock = replace(hours.clock(), wall=lambda: hours.now + step, boot=boot)
    job.server.on_list = listed
    job.deliver()
    assert job.reasons() == ({"confirmed": 40} if reason == "confirmed" else {"confirmed": 20, reason: 20})


def test_what_was_lost_before_the_account_ever_answered_may_be_anybodys_after_another_start(job: Job) -> None:
    """Nothing tells whether the clock was right when it was sent."""
    hours = FakeTime()
    job.clock, job.batches = hours.clock(), 1
    job.server.script, job.server.on_list = [after_applying(1, reset)], says(403)
    job.deliver()
    job.clock, job.server.on_list = replace(hours.clock(), boot="other"), listed
    job.deliver()
    assert job.reasons() == {"present": 20}


def test_where_it_is_not_known_when_one_of_them_was_sent_nothing_bounds_the_search(job: Job) -> None:
    """Of two lost requests the one may be older than all that the other tells."""
    hours = FakeTime()
    job.clock, job.batches, job.settings = hours.clock(), 1, {"in_flight": 1}
    job.server.script, job.server.on_list = [after_applying(1, reset), after_applying(1, reset)], says(403)
    job.deliver()
    job.clock, job.batches = replace(hours.clock(), boot="other"), 2
    job.deliver()
    assert job.reasons() == {"reply-lost": 40}
    with job.opened() as delivery:
        uncertain = delivery._resolver.uncertain()
    assert (len(uncertain.pieces), uncertain.since) == (2, None)


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


def test_a_half_was_sent_when_its_whole_was(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost batch, sent again in halves that were lost, too: its contacts are of the first request, so ours."""
    hours = FakeTime()
    monkeypatch.setattr(job.server, "now", lambda: hours.now)
    job.clock, job.settings, job.batches = hours.clock(), {"quiet_time": 100}, 2
    prove(job, duplicates="skip", invalid_numbers="refuse")
    job.server.script = [documented, after_applying(1, reset), says(413), says(500), says(500)]
    job.server.on_list = unlisted_until(5)
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 40}
    assert (job.server.bulk, job.server.doubled) == (5, 0)


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


@pytest.mark.parametrize(
    ("since", "is_believed"), [(-math.inf, True), (NOW + 0.9, True), (NOW + 1, False), (math.inf, False)]
)
def test_absence_needs_a_control_that_was_made_and_not_found(since: float, is_believed: bool) -> None:
    """By the API's clock, of which a whole second may have been cut; where none could be there before, any will do."""
    controls = {phones(30)[29]}
    findings = read_back(fetcher(pages(30, 10, 30)), Search(ABSENT, controls, 300, controls_since=since))
    assert findings.is_absence_proven is is_believed
    assert findings.why_not == ("" if is_believed else OTHERS_CONTROL)


def test_a_list_with_its_newest_last_that_ignores_the_page_has_no_end() -> None:
    """Asked for one past its end, and for the second page, it shows the first one again: the others were not seen."""
    page = Page(tuple(Found(f"c{n}", f"+1415555{n:04}", NOW + n) for n in range(10)), 50)
    findings = read_back(lambda _: page, Search(ABSENT, {"+14155550001"}, 300))
    assert (findings.is_absence_proven, findings.why_not) == (False, CHANGED)


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
