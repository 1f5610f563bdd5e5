"""Read-back: what a look through the account's pages finds, and when it proves that a contact is not there."""

import math
from dataclasses import dataclass, field

import pytest

from importer.delivery.readback import (
    CHANGED,
    LAGS,
    MOVED,
    NO_CONTROL,
    OTHERS_CONTROL,
    UNREADABLE,
    Findings,
    Pass,
    Search,
    agreed,
    read_back,
)
from importer.targets import Found, Page
from tests.support.pages import ABSENT, NOBODY, NOW, Fetch, fetcher, look, pages, phones


def test_a_list_that_begins_anew_has_no_end() -> None:
    """After its third page comes the first: its total is met, but there may be more."""
    first = pages(30, 10, 30)[:3]
    findings = look(fetcher([*first, first[0]], [*first, first[0]]), {NOBODY}, {phones(1)[0]}, 300)
    assert (findings.is_absence_proven, findings.why_not) == (False, CHANGED)


@pytest.mark.parametrize(
    ("fetch", "controls", "budget", "why_not", "requests"),
    [
        (fetcher(pages(30, 10, 30)), set(), 300, NO_CONTROL, 4),
        (fetcher(pages(30, 10, 30)), {NOBODY + "9"}, 300, LAGS, 4),
        (fetcher([*pages(30, 10, 30)[:1], None]), {phones(1)[0]}, 300, UNREADABLE, 1),
        (fetcher(pages(30, 10)), {phones(1)[0]}, 3, "more than the 3 requests allowed", 3),
        (fetcher(pages(30, 10, 30)), {phones(1)[0]}, 3, "holds 30 contacts, more than 3 requests can read", 1),
        (fetcher(pages(30, 10), pages(30, 10)), {phones(1)[0]}, 5, "more than the 5 requests allowed", 5),
        (fetcher(pages(30, 10), pages(30, 10)), {phones(1)[0]}, 8, "", 8),
        (fetcher(pages(30, 10, 30)), {phones(1)[0]}, 4, "", 4),
    ],
)
def test_why_absence_is_not_proven_is_said(
    fetch: Fetch, controls: set[str], budget: int, why_not: str, requests: int
) -> None:
    """In a word of its own for each condition, and no page more is asked for than it takes."""
    findings = look(fetch, {NOBODY}, controls, budget)
    assert why_not in findings.why_not
    assert bool(why_not) is bool(findings.why_not)
    assert (findings.is_absence_proven, findings.requests, fetch.asked) == (
        not why_not,
        requests,
        requests + (why_not == UNREADABLE),
    )


@pytest.mark.parametrize(("older_by", "asked"), [(0.5, 3), (1.0, 3), (1.5, 2)])
def test_of_a_large_account_pages_are_read_until_one_is_older(older_by: float, asked: int) -> None:
    """A second is allowed for clocks that are cut; a page that is older by more ends the reading."""
    since = NOW + 100
    created = [since + 5, since + 4, since - older_by, since - older_by, since - 9, since - 9, since - 9, since - 9]
    found = [Found(f"c{n}", f"+1415555{n:04}", moment) for n, moment in enumerate(created)]
    listed = [Page(tuple(found[at : at + 2]), 10_000) for at in range(0, 8, 2)]
    numbers: list[int] = []

    def fetch(number: int) -> Page:
        numbers.append(number)
        return listed[number - 1]

    findings = read_back(fetch, Search({NOBODY}, {found[0].phone}, 300, since=since))
    assert not findings.is_absence_proven
    assert len(numbers) == asked


@pytest.mark.parametrize("dates", [(NOW, NOW), (NOW, None), (None, None), (NOW, NOW + 1, NOW)])
def test_of_a_large_account_without_an_order_one_page_is_read(dates: tuple[float | None, ...]) -> None:
    """Where creation does not show which end is new, nobody knows where to look."""
    page = Page(tuple(Found(f"c{n}", f"+1415555{n:04}", moment) for n, moment in enumerate(dates)), 10_000)
    findings = read_back(lambda _: page, Search({NOBODY}, set(), 300, since=NOW))
    assert findings.requests == 1


def test_a_second_pass_after_a_broken_off_one_reads_everything_anew() -> None:
    """Without totals two passes must agree; the one that went on with an earlier reading cannot stand for both."""
    begun, search = Pass(), Search({NOBODY}, {phones(1)[0]}, 300)
    begun.run(fetcher(pages(30, 10)), search, 1)
    findings = read_back(fetcher(pages(30, 10), pages(30, 10)), search, begun)
    assert findings.is_absence_proven
    assert findings.requests == 3 + 4


@pytest.mark.parametrize(("requests", "is_kept"), [(2, True), (4 + 2, False)])
def test_only_a_first_pass_that_was_broken_off_is_gone_on_with(requests: int, is_kept: bool) -> None:
    """The second one must see the account as it is then, all of it."""
    findings = look(fetcher(pages(30, 10), pages(30, 10)), {NOBODY}, {phones(1)[0]}, requests)
    assert (findings.unfinished is not None, findings.requests) == (is_kept, requests)


def test_what_was_read_of_the_new_end_of_a_large_account_is_not_gone_on_with() -> None:
    """It is no pass over all of it."""
    found = [Found(f"c{n}", f"+1415555{n:04}", NOW + 9 - n) for n in range(6)]
    listed = [Page(tuple(found[at : at + 2]), 10_000) for at in range(0, 6, 2)]
    findings = look(fetcher(listed), {NOBODY}, set(), 3, since=NOW)
    assert findings.why_not
    assert findings.unfinished is None


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


def account(count: int, size: int, *, newest_first: bool = False, total: bool = True) -> "Account":
    contacts = [Found(f"c{n}", f"+1415555{n:04}", NOW + n) for n in range(count)]
    return Account(contacts[::-1] if newest_first else contacts, size, total)


@dataclass
class Account:
    """An account's list; notes which pages are asked for."""

    contacts: list[Found]
    size: int
    has_total: bool
    asked: list[int] = field(default_factory=list)

    def __call__(self, number: int) -> Page | None:
        self.asked.append(number)
        here = self.contacts[(number - 1) * self.size : number * self.size]
        return Page(tuple(here), len(self.contacts) if self.has_total else None)


def looked(fetch: Account, wanted: str, since: float | None = None, budget: int = 300) -> Findings:
    return read_back(fetch, Search({wanted}, {fetch.contacts[0].phone, fetch.contacts[-1].phone}, budget, since=since))


def test_the_newest_contacts_are_looked_at_first_in_either_order() -> None:
    """What was sent lately stands at the end of a list with the newest last: page 1, one past the end, the end."""
    last = account(1000, 50)
    assert looked(last, "+14155550999").found
    assert last.asked == [1, 21, 20]
    first = account(1000, 50, newest_first=True)
    assert looked(first, "+14155550999").found
    assert first.asked == [1]


@pytest.mark.parametrize("newest_first", [True, False])
def test_absence_needs_every_page_in_either_order(newest_first: bool) -> None:
    """Backwards or forwards: each page once, and the empty one after the last."""
    fetch = account(500, 50, newest_first=newest_first)
    findings = looked(fetch, NOBODY)
    assert findings.is_absence_proven
    assert sorted(fetch.asked) == list(range(1, 12))


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_an_account_too_large_only_what_is_newer_than_the_request_is_read(newest_first: bool) -> None:
    """A million contacts cannot be read within 300 requests, but what was created lately can be found."""
    fetch = account(100_000, 50, newest_first=newest_first)
    findings = looked(fetch, "+141555599990", since=NOW + 99_900)
    assert findings.found
    missing = looked(fetch, NOBODY, since=NOW + 99_900)
    assert not missing.is_absence_proven
    assert "more than 300 requests" in missing.why_not
    assert missing.requests <= 6


@pytest.mark.parametrize("newest_first", [True, False])
def test_an_account_too_large_is_not_read_where_it_is_not_known_what_is_new(newest_first: bool) -> None:
    """Without the moment of the request nothing tells where to stop: one page shows that, and no more are asked for."""
    fetch = account(100_000, 50, newest_first=newest_first)
    findings = looked(fetch, NOBODY)
    assert not findings.is_absence_proven
    assert fetch.asked == [1]


def test_a_list_that_ignores_the_page_proves_no_absence() -> None:
    """The first page again and again is no end, whatever total is told."""
    page = Page(tuple(Found(f"c{n}", f"+1415555{n:04}", NOW) for n in range(50)), 50)
    findings = read_back(lambda _: page, Search({NOBODY}, {"+14155550001"}, 300))
    assert not findings.is_absence_proven
    assert findings.why_not


def test_contacts_that_come_while_the_list_is_read_are_noticed() -> None:
    """Pages shift when somebody writes: the total changes, and a second pass must agree with the first."""
    fetch = account(200, 50, newest_first=True)
    number = 0

    def shifting(page: int) -> Page | None:
        nonlocal number
        number += 1
        if number == 3:
            fetch.contacts.insert(0, Found("new", NOBODY, NOW + 999))
        return fetch(page)

    controls = {fetch.contacts[0].phone}
    findings = read_back(shifting, Search({NOBODY}, controls, 300))
    assert findings.found, "the second pass sees it"


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


def seen(ids: str | None, why: str = NO_CONTROL, **found: str) -> Findings:
    contacts = {phone: [Found(contact_id, phone, None)] for phone, contact_id in found.items()}
    return Findings(contacts, why_not=why, requests=2, listed=None if ids is None else frozenset(ids))


SEARCH = Search({"a", "b"}, set(), 300)


@pytest.mark.parametrize(
    ("first", "second", "since", "why"),
    [
        (seen("xy"), seen("xy"), float("inf"), ""),
        (seen(""), seen(""), float("inf"), ""),
        (seen("xy"), seen("yz"), float("inf"), MOVED),
        (seen("xy"), seen(None), float("inf"), MOVED),
        (seen("xy", OTHERS_CONTROL), seen("xy", OTHERS_CONTROL), float("inf"), ""),
        (seen("xy", OTHERS_CONTROL), seen("xy", OTHERS_CONTROL), 1e9, OTHERS_CONTROL),
        (seen("xy"), seen(None, "the list could not be read"), float("inf"), "the list could not be read"),
        (seen("xy"), seen("xy", ""), 1e9, ""),
    ],
)
def test_two_looks_prove_absence_only_where_they_are_alike(
    first: Findings, second: Findings, since: float, why: str
) -> None:
    """And not where the list still lacks what a control is known to have made."""
    together = agreed(first, second, Search({"a"}, set(), 300, controls_since=since))
    assert (together.why_not, together.is_absence_proven, together.requests) == (why, why == "", 4)


def test_what_either_look_found_is_found() -> None:
    """Presence is proof, whenever it was seen."""
    together = agreed(seen("xy", a="x"), seen("yz", b="z"), SEARCH)
    assert together.found.keys() == {"a", "b"}
