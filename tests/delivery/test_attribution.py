"""From an answer's counts to the end of each contact: nothing is claimed that they do not force."""

import itertools

import pytest

from importer.delivery.attribution import Counting, attribute, locate
from importer.models.outcomes import Reason
from importer.targets import Complaint, Reply
from tests.support.pages import NOBODY, phones

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


@pytest.mark.parametrize(
    ("complaints", "places"),
    [
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=0)], [0, None]),
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=4)], [0, None]),
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=3)], [0, 2]),
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=1, phone=phones(3)[1])], [0, 1]),
        ([Complaint(index=1, phone=phones(3)[0]), Complaint(index=2, phone=phones(3)[2])], [0, 2]),
        ([Complaint(index=2, base=1)], [1]),
        ([Complaint(index=2, base=0), Complaint(index=1, phone=phones(3)[0])], [None, 0]),
        ([Complaint(index=3, base=0)], [None]),
        ([Complaint(index=0, base=1)], [None]),
        ([Complaint(index=1), Complaint(index=2), Complaint(index=3)], [0, 1, 2]),
        ([Complaint(phone=NOBODY, index=0)], [None]),
    ],
)  # fmt: skip
def test_an_index_counts_within_the_request_alone(complaints: list[Complaint], places: list[int | None]) -> None:
    """Outside of it, or where two entries disagree on where counting begins, it names nobody."""
    assert locate(complaints, phones(3)) == places


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (Reply(0, 0, 2, (Complaint(text="no"), Complaint(text="no"))), "no"),
        (Reply(0, 0, 2, (Complaint(text="no"), Complaint(text="never"))), "the API refused every contact"),
        (Reply(0, 2, 0), "the API skipped every contact"),
        (Reply(2, 0, 0), None),
        (Reply(1, 1, 0), "of 2 contacts the API counted 1 imported, 1 skipped and 0 errors without saying which"),
    ],
)
def test_what_the_counts_force_is_said_in_words(reply: Reply, detail: str | None) -> None:
    """The API's own where they are the same for all."""
    verdicts = attribute(reply, phones(2), is_first=True)
    assert verdicts is not None
    assert (verdicts.detail or "").startswith(detail or "")
    assert (verdicts.detail is None) is (detail is None)


def test_errors_that_say_exists_refuse_nobody() -> None:
    """All contacts counted as errors, without names, and one text that says that it was there: nobody is refused."""
    complaints = (Complaint(text="invalid"), Complaint(text="already exists"))
    verdicts = attribute(Reply(0, 0, 2, complaints), phones(2), is_first=True)
    assert verdicts is not None
    assert verdicts.rest is Reason.NOT_NAMED


def test_an_entry_about_a_contact_that_was_alone_names_it() -> None:
    """However it counts; unless it names another number, or a place that no base gives to the first."""
    phone = "+12025550001"
    entries = [Complaint(), Complaint(phone=phone), *(Complaint(index=place) for place in range(3))]
    assert [locate([entry], [phone]) for entry in entries] == [[0]] * 5
    assert [locate([entry], [phone]) for entry in (Complaint(index=3), Complaint(phone="+12025550002"))] == [[None]] * 2


def test_a_bare_count_of_one_contact_that_is_skipped_and_an_error_is_a_skip() -> None:
    """On a later try it proves nothing, because the contact may be there because of the first."""
    first, later = (attribute(Reply(0, 1, 1), ["+12025550001"], is_first=is_first) for is_first in (True, False))
    assert first is not None
    assert later is not None
    assert (first.rest, later.rest) == (Reason.SKIPPED_BY_API, Reason.NOT_NAMED)
