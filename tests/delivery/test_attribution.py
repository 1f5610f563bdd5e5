"""The pure rules of delivery: verdicts, attribution, waiting, read-back."""

import itertools
import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.delivery import pacing
from importer.delivery.attribution import Counting, attribute, locate
from importer.delivery.classify import Verdict, classify
from importer.models.outcomes import Reason
from importer.targets import Complaint, Exchange, Reply
from tests.support.pages import ABSENT, NOW, Fetch, fetcher, look, pages, phones


def test_a_request_is_ambiguous_from_its_last_chunk_on() -> None:
    """What proves "not sent" and "not applied" is how far the request got, not how it failed."""
    assert classify(Exchange(trouble="x"), may_be_applied=False) is Verdict.NOT_SENT
    assert classify(Exchange(is_begun=True, trouble="x"), may_be_applied=False) is Verdict.NOT_APPLIED
    sent = Exchange(is_begun=True, is_handed_over=True, trouble="x")
    assert classify(sent, may_be_applied=False) is Verdict.AMBIGUOUS


@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_of_what_may_be_there_settles_nothing(status: int) -> None:
    """After a lost answer, a refusal may be of what the lost request created."""
    exchange = Exchange(status=status, is_whole=True, is_begun=True, is_handed_over=True)
    assert classify(exchange, may_be_applied=False) is Verdict.REFUSED
    assert classify(exchange, may_be_applied=True) is Verdict.AMBIGUOUS


@pytest.mark.parametrize("status", [100, 199, 202, 408, 409, 418, 500, 502, 503, 504, 599, 999])
def test_any_other_status_is_ambiguous(status: int) -> None:
    """A server error may come after the work was done."""
    exchange = Exchange(status=status, is_whole=True, is_begun=True, is_handed_over=True)
    assert classify(exchange, may_be_applied=False) is Verdict.AMBIGUOUS


ALL_COUNTS = [
    (n, i, s, e) for n in range(1, 7) for i, s, e in itertools.product(range(n + 2), range(n + 2), range(n + 2))
]


@pytest.mark.parametrize("is_first", [True, False])
def test_counts_claim_only_what_they_force(is_first: bool) -> None:
    """For all counts of up to six contacts: every claim about an unnamed contact is one that no other truth allows."""
    for n, imported, skipped, errors in ALL_COUNTS:
        verdicts = attribute(Reply(imported, skipped, errors), phones(n), is_first=is_first)
        apart = imported + skipped + errors == n
        inside = imported + skipped == n and errors <= skipped
        assert (verdicts is not None) == (apart or inside), (n, imported, skipped, errors)
        if verdicts is None:
            continue
        assert (verdicts.rest is Reason.CONFIRMED) == (imported == n)
        assert (verdicts.rest is Reason.SKIPPED_BY_API) == (is_first and skipped == n and (errors == 0 or n == 1))
        assert (verdicts.rest is Reason.REJECTED_BY_API) == (is_first and apart and errors == n)
        assert verdicts.rest in {
            Reason.CONFIRMED, Reason.SKIPPED_BY_API, Reason.REJECTED_BY_API, Reason.NOT_NAMED,
        }  # fmt: skip


@pytest.mark.parametrize("is_first", [True, False])
def test_named_contacts_leave_the_rest_to_the_counts(is_first: bool) -> None:
    """For all counts of up to six contacts with every error named: named ones apart, the rest by what remains."""
    for n, imported, skipped, errors in ALL_COUNTS:
        if errors > n:
            continue
        complaints = tuple(Complaint(phone=phone, text="invalid number") for phone in phones(n)[:errors])
        reply = Reply(imported, skipped, errors, complaints)
        verdicts = attribute(reply, phones(n), is_first=is_first)
        if verdicts is None:
            continue
        assert [place for place, _, _ in verdicts.named] == list(range(errors))
        left = n - errors
        if imported == left:
            assert verdicts.rest is Reason.CONFIRMED
        else:
            assert verdicts.rest in {Reason.SKIPPED_BY_API, Reason.NOT_NAMED}
            assert verdicts.rest is not Reason.SKIPPED_BY_API or (is_first and imported == 0)


def test_skipped_is_not_believed_after_an_earlier_attempt() -> None:
    """A skip on a later try may be our own first one."""
    verdicts = attribute(Reply(0, 3, 0), phones(3), is_first=False)
    assert verdicts is not None
    assert verdicts.rest is Reason.NOT_NAMED
    proven = attribute(Reply(0, 3, 0), phones(3), is_first=False, are_skips_duplicates=True)
    assert proven is not None
    assert proven.rest is Reason.PRESENT


def test_mixed_counts_are_present_only_where_a_skip_can_mean_nothing_else() -> None:
    """Unless proven of the account, a skipped contact may not be there at all."""
    mixed = Reply(2, 1, 0)
    unproven = attribute(mixed, phones(3), is_first=True)
    proven = attribute(mixed, phones(3), is_first=True, are_skips_duplicates=True)
    assert unproven is not None
    assert proven is not None
    assert (unproven.rest, proven.rest) == (Reason.NOT_NAMED, Reason.PRESENT)
    assert "2 imported, 1 skipped" in str(unproven.detail)


def test_a_service_that_counts_otherwise_than_before_is_not_believed() -> None:
    """A switch of arithmetic means that something else changed too."""
    apart, inside = Reply(2, 0, 1), Reply(2, 1, 1)
    first = attribute(apart, phones(3), is_first=True)
    assert first is not None
    assert first.counting is Counting.APART
    assert attribute(inside, phones(3), is_first=True, counting=Counting.APART) is None
    assert attribute(inside, phones(3), is_first=True, counting=Counting.INSIDE) is not None


@pytest.mark.parametrize(
    ("text", "counts", "first", "later"),
    [
        ("invalid phone", (1, 0, 1), Reason.REJECTED_BY_API, Reason.REJECTED_BY_API),
        ("invalid phone", (1, 1, 1), Reason.SKIPPED_BY_API, Reason.REJECTED_BY_API),
        ("already exists", (1, 0, 1), Reason.SKIPPED_BY_API, Reason.PRESENT),
        ("duplicate", (1, 1, 1), Reason.SKIPPED_BY_API, Reason.PRESENT),
        ("error 17", (1, 0, 1), Reason.REJECTED_BY_API, Reason.NOT_NAMED),
        ("error 17", (1, 1, 1), Reason.SKIPPED_BY_API, Reason.NOT_NAMED),
    ],
)
def test_words_that_say_exists_never_make_an_error(
    text: str, counts: tuple[int, int, int], first: Reason, later: Reason
) -> None:
    """What a named contact's complaint proves depends on its words and on whether it was sent before."""
    reply = Reply(*counts, (Complaint(phone=phones(2)[1], text=text),))
    for is_first, reason in ((True, first), (False, later)):
        verdicts = attribute(reply, phones(2), is_first=is_first)
        assert verdicts is not None
        assert verdicts.named == ((1, reason, text),)


@pytest.mark.parametrize(
    ("complaints", "places"),
    [
        ([Complaint(index=0), Complaint(index=2)], [0, 2]),
        ([Complaint(index=1), Complaint(index=3)], [0, 2]),
        ([Complaint(index=1), Complaint(index=2)], [None, None]),
        ([Complaint(index=2), Complaint(index=3)], [None, None]),
        ([Complaint(index=0), Complaint(index=3)], [None, None]),
        ([Complaint(index=9)], [None]),
        ([Complaint(index=3, phone="+14155550001"), Complaint(index=4)], [1, 2]),
        ([Complaint(index=0, phone="+14155550001")], [1]),
        ([Complaint(phone="+19995550100")], [None]),
        ([Complaint(phone="+14155550001"), Complaint(phone="+14155550001")], [None, None]),
        ([Complaint()], [None]),
    ],
)
def test_a_contact_is_named_only_where_that_is_certain(complaints: list[Complaint], places: list[int | None]) -> None:
    """A number beats an index; an index counts where its base shows; what is named twice is not named."""
    assert locate(complaints, phones(3)) == places


HTTP_DATE = format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True)
WAITS = [
    ({"retry-after": "90"}, b"", 90.0),
    ({"retry-after": HTTP_DATE}, b"", 90.0),
    ({"retry-after": "5", "x-ratelimit-reset": "90"}, b'{"retryAfter": 30}', 5.0),
    ({"x-ratelimit-reset": "90"}, b'{"error": {"retry_after": 30}}', 30.0),
    ({"x-ratelimit-reset": "90"}, b"<html>try again in 2 minutes", 120.0),
    ({"x-ratelimit-reset": f"{NOW + 90:.0f}"}, b"", 90.0),
    ({"x-ratelimit-reset": f"{(NOW + 90) * 1000:.0f}"}, b"", 90.0),
    ({"x-ratelimit-reset": "90"}, b"", 90.0),
    ({"x-ratelimit-reset": HTTP_DATE}, b"", 90.0),
    ({"x-ratelimit-reset": datetime.fromtimestamp(NOW + 90, UTC).isoformat()}, b"", 90.0),
    ({}, b"", None),
    ({"x-ratelimit-reset": "-5"}, b"", None),
    ({"x-ratelimit-reset": "soon"}, b"[[[", None),
    ({"x-ratelimit-reset": f"{NOW + 3e8:.0f}"}, b"", 3660.0),
    ({"x-ratelimit-reset": f"{NOW - 50:.0f}"}, b"", 1.0),
    ({"retry-after": "1e400"}, b"", None),
]  # fmt: skip


@pytest.mark.parametrize("skew", [0.0, 86_400.0, -86_400.0])
@pytest.mark.parametrize(("headers", "body", "seconds"), WAITS)
def test_a_429_is_understood_in_every_form(
    headers: dict[str, str], body: bytes, seconds: float | None, skew: float
) -> None:
    """Seconds, dates, epochs and texts give the same wait, however wrong our clock is."""
    date = format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True)
    assert pacing.asked_wait_s({**headers, "date": date}, body, NOW + skew) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset", "date"]), st.text()), st.binary())
def test_no_429_breaks_the_reading(headers: dict[str, str], body: bytes) -> None:
    """Whatever the headers hold, the wait is within its bounds or not said."""
    asked = pacing.asked_wait_s(headers, body, NOW)
    assert asked is None or 1 <= asked <= 3660
    assert 0 < pacing.wait_s(asked, 1, 0.5) <= 3660


def test_a_wait_is_never_shorter_than_asked_for() -> None:
    """Jitter is added on top, at most 5 %."""
    for chance in (0.0, 0.5, 1.0):
        assert 100 <= pacing.wait_s(100, 1, chance) <= 105
    assert [pacing.wait_s(None, n, 0) for n in (1, 2, 3, 99)] == [60, 120, 240, 3660]


def test_backoff_grows_to_its_cap_with_full_jitter() -> None:
    """Up to 2, 4, 8 … 60 seconds."""
    assert [pacing.backoff_s(tries, 1) for tries in (1, 2, 3, 9, 999)] == [2, 4, 8, 60, 60]
    assert pacing.backoff_s(5, 0) == 0


def test_presence_is_proof_and_ends_the_search() -> None:
    """Once everything is found nothing more is asked for."""
    fetch = fetcher(pages(100, 10))
    findings = look(fetch, {phones(100)[3], phones(100)[15]}, set(), 300)
    assert (len(findings.found), fetch.asked) == (2, 2)


def test_absence_is_proof_where_the_total_is_met_and_controls_are_seen() -> None:
    """One pass suffices for an API that tells its total."""
    findings = look(fetcher(pages(30, 10, total=30)), ABSENT, {phones(30)[29]}, 300)
    assert (findings.is_absence_proven, findings.requests) == (True, 4)


def test_without_totals_two_passes_must_agree() -> None:
    """Pages shift while others write."""
    control = {phones(30)[0]}
    assert look(fetcher(pages(30, 10), pages(30, 10)), ABSENT, control, 300).is_absence_proven
    assert not look(fetcher(pages(30, 10), pages(31, 10)), ABSENT, control, 300).is_absence_proven


@pytest.mark.parametrize(
    ("fetch", "controls", "budget"),
    [
        (fetcher(pages(30, 10, 30)), set(), 300),
        (fetcher(pages(30, 10, 30)), {"+19995550199"}, 300),
        (fetcher(pages(30, 10, 31), pages(30, 10, 32)), {phones(1)[0], "+19995550199"}, 300),
        (fetcher([*pages(30, 10, 30)[:1], None]), {phones(1)[0]}, 300),
        (fetcher(pages(30, 10)), {phones(1)[0]}, 3),
        (fetcher(pages(30, 10, 10_000)), {phones(1)[0]}, 300),
    ],
    ids=["no control", "list lags", "total not met", "page lost", "over budget", "too many for the budget"],
)
def test_absence_is_not_believed_otherwise(fetch: Fetch, controls: set[str], budget: int) -> None:
    """Each condition is needed, and why it fails is said."""
    findings = look(fetch, ABSENT, controls, budget)
    assert not findings.is_absence_proven
    assert findings.why_not
    assert findings.requests <= budget


def test_a_list_that_repeats_its_last_page_ends() -> None:
    """A page without a new id is the end, as an empty one is."""
    repeated = [*pages(20, 10)[:2], pages(20, 10)[1]]
    assert look(fetcher(repeated, repeated), ABSENT, {phones(1)[0]}, 300).is_absence_proven


def test_json_numbers_in_waits_are_bounded() -> None:
    """A body that asks for a year is clamped."""
    assert pacing.asked_wait_s({}, json.dumps({"retryAfter": 10**8}).encode(), NOW) == 3660
