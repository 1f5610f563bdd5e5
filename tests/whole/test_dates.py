"""The engine's judgement by dates, in simulated episodes with clocks of every kind."""

import pytest

from tests.torture.dates import play
from tests.torture.mutants_dates import RULES, survive


def test_no_claim_by_dates_is_false_whatever_the_clocks_are() -> None:
    """Zones, offsets, drift, steps, rounding, missing headers and dates, restarts, and other people's contacts.

    Among them are the episodes that tell each broken rule below.
    """
    outcome = play([*range(150), *(rule.seed for rule in RULES.values())])
    assert not outcome.broken, outcome
    assert sum(ends["certain"] for ends in outcome.kinds.values()) > 30


@pytest.mark.parametrize("seed", [31977, 58785])
def test_an_episode_that_once_made_a_false_claim_makes_none(seed: int) -> None:
    """The clock was set back before it first told its Date; one date, at a whole minute, was taken for a second's."""
    assert not play([seed]).broken


@pytest.mark.parametrize("rule", RULES)
def test_a_broken_rule_of_dates_is_caught(rule: str) -> None:
    """Each rule that keeps a claim from being false; an episode that shows it is known for each."""
    assert survive(rule, [RULES[rule].seed]).broken
