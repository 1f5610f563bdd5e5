"""What people are told about a read-back: what it looks for, what it will take, what it found, and what to do next."""

import pytest

from importer.delivery import readback_messages as messages
from importer.delivery.pieces import Named, Piece, State
from importer.delivery.readback import CHANGED, NO_CONTROL, Findings, Search
from importer.models.outcomes import Reason
from importer.targets import Found

ANN, BEN = "+14155550100", "+14155550101"
BOTH = Search({ANN, BEN}, set(), 300)
FOUND_ANN = {ANN: [Found("c1", ANN, None)]}
FOUND_BOTH = FOUND_ANN | {BEN: [Found("c2", BEN, None)]}


def test_what_is_looked_for_is_counted_by_reason() -> None:
    """Contacts with an end of their own are not looked for; those that were confirmed are counted apart."""
    doubt = Piece(1, range(20), state=State.IN_DOUBT, named=(Named(3, Reason.REJECTED_BY_API, "no"),))
    vague = Piece(2, range(1000)).settled(Reason.NOT_NAMED)
    said = messages.wanted([doubt, vague], watched=7)
    assert said == (
        "Reading the account back for 1,000 contacts (not-named), 19 contacts (reply-lost), 7 that were confirmed."
    )


@pytest.mark.parametrize(("total", "pages"), [(None, 3), (60, None)])
def test_an_account_whose_size_is_not_told_takes_what_is_allowed_at_most(total: int | None, pages: int | None) -> None:
    """No time is promised then."""
    said = messages.plan(total, pages, 300, 900, 1.0)
    assert said == "The API does not tell how many contacts there are: 300 requests at most."


@pytest.mark.parametrize(
    ("findings", "words", "advised"),
    [
        (
            Findings(FOUND_ANN, is_absence_proven=True),
            "1 of 2 contacts are in the account; the others are certainly not",
            0,
        ),
        (Findings(FOUND_ANN, why_not=NO_CONTROL), f"1 of 2 contacts are in the account; {NO_CONTROL}", 1),
        (Findings(FOUND_ANN, why_not=CHANGED), f"1 of 2 contacts are in the account; {CHANGED}", 0),
        (Findings(FOUND_BOTH, why_not=NO_CONTROL), f"2 of 2 contacts are in the account; {NO_CONTROL}", 0),
    ],
)
def test_a_control_is_advised_where_only_that_can_show_more(findings: Findings, words: str, advised: int) -> None:
    """And not where everything was found, or the list itself cannot be believed."""
    first, *rest = messages.found(BOTH, findings, "run-1")
    assert first == f"Read-back, 0 requests: {words}."
    assert rest == ["A number of your own can show it: importer verify run-1 --control PHONE"] * advised


def test_a_read_back_that_looked_for_nobody_says_nothing() -> None:
    """An audit alone tells of what was confirmed, and of that only."""
    assert list(messages.found(Search(set(), set(), 300), Findings(), "run-1")) == []
    assert list(messages.audited(frozenset(), Findings())) == []


@pytest.mark.parametrize(
    ("seen", "is_whole", "words"),
    [
        ({ANN, BEN}, False, ["All 2 contacts that the API confirmed are in its list."]),
        ({ANN}, True, ["1 of 2 contacts that the API confirmed are not in its list: they were deleted since, or"]),
        ({ANN}, False, []),
    ],
)
def test_a_confirmed_contact_is_called_missing_only_where_the_whole_list_was_read(
    seen: set[str], is_whole: bool, words: list[str]
) -> None:
    """A part of the list shows presence and never absence."""
    said = list(messages.audited({ANN, BEN}, Findings(seen=seen, is_whole=is_whole)))
    assert len(said) == len(words)
    assert all(text.startswith(start) for text, start in zip(said, words, strict=True))
