"""The engine against the truth, thousands of times, and with one rule broken at a time."""

import pytest

from tests.mutants_engine import RULES, survive
from tests.simulation import play


@pytest.mark.parametrize("start", range(0, 2000, 100))
def test_books_and_truth_agree_whatever_happens(start: int) -> None:
    """Faults, late requests, lists that are behind, kills anywhere: nothing lost, doubled or falsely claimed."""
    outcome = play(range(start, start + 100))
    assert not outcome.broken, outcome
    assert outcome.kills > 200


QUICK = [
    "an ambiguous batch is not sent again at once",
    "it is not sent again without proof of skips",
    "nothing is concluded before the quiet time is over",
    "an intent without an outcome is in doubt",
    "the intent is durable before the request",
    "counts say nothing of single rows",
    "a skip on a later try may be our own first",
    "a refusal of a later try settles nothing",
    "counts must add up",
]


@pytest.mark.parametrize("rule", QUICK)
def test_a_broken_rule_is_caught(rule: str) -> None:
    """Each of the nine rules whose breach was measured; the others are in ``python -m tests.mutants_engine``."""
    assert rule in RULES
    assert survive(rule, 400).broken
