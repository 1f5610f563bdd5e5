"""The rules by which dates are judged, broken one at a time: ``python -m tests.torture.mutants_dates``.

Each mutant plays episodes of ``tests.torture.dates`` until one makes a false claim; what it claimed and after how many
episodes is printed.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from importer.delivery import dating, samples
from importer.delivery.dating import Calibration, Dates, Request, Sample, Span, Window
from tests.torture.dates import Outcome, play

_calibrate, _window, _joint = dating.calibrate, dating.window, dating._joint


def _calibrates(change: Callable[[dict[str, Any]], None]) -> AbstractContextManager[Any]:
    """Calibrate by other facts than there are."""

    def broken(
        found: Iterable[Sample], answers: Iterable[Request], dates: Dates, now: float, **given: Any
    ) -> Calibration | None:
        facts = {"found": list(found), "answers": list(answers), "dates": dates, "now": now, **given}
        change(facts)
        return _calibrate(facts.pop("found"), facts.pop("answers"), facts.pop("dates"), facts.pop("now"), **facts)

    return patch.object(samples, "calibrate", broken)


def date_believed_without_samples() -> AbstractContextManager[Any]:
    return patch.object(dating, "_shift", lambda _usable, grain, **_: Span(0.0, grain))


def samples_need_not_agree() -> AbstractContextManager[Any]:
    return patch.object(dating, "_agree", lambda *_: True)


def older_samples_believed() -> AbstractContextManager[Any]:
    return _calibrates(lambda facts: facts.update(are_repeats_skipped=True))


def two_clocks_taken_for_one() -> AbstractContextManager[Any]:
    def careless(spans: Iterable[Span], grain: float, slop: float) -> Span | None:
        return _joint(spans, grain, slop) or (Span(0.0, grain) if slop == 0.0 else None)

    return patch.object(dating, "_joint", careless)


def dates_taken_as_exact() -> AbstractContextManager[Any]:
    return _calibrates(lambda facts: facts.update(dates=replace(facts["dates"], grain=0.001)))


def one_side_is_enough() -> AbstractContextManager[Any]:
    def careless(known: Calibration | None, first: Request, until: float) -> Window | None:
        answered = replace(first, date=first.date or first.wall)
        return _window(known and replace(known, needs_both=False), answered, until)

    return patch.object(samples, "window", careless)


def no_leeway_for_older_ones() -> AbstractContextManager[Any]:
    def careless(known: Calibration | None, first: Request, until: float) -> Window | None:
        found = _window(known, first, until)
        return found and replace(found, older_before=found.ours_from)

    return patch.object(samples, "window", careless)


def no_bound_for_ours() -> AbstractContextManager[Any]:
    def careless(known: Calibration | None, first: Request, until: float) -> Window | None:
        found = _window(known, first, until)
        return found and replace(found, ours_from=found.ours_from - 120)

    return patch.object(samples, "window", careless)


def no_end_for_ours() -> AbstractContextManager[Any]:
    def careless(known: Calibration | None, first: Request, until: float) -> Window | None:
        found = _window(known, first, until)
        return found and replace(found, ours_until=float("inf"), later_after=float("inf"))

    return patch.object(samples, "window", careless)


@dataclass(frozen=True)
class Rule:
    """What breaks a rule, and an episode that shows it."""

    broken: Callable[[], AbstractContextManager[Any]]
    seed: int


RULES: dict[str, Rule] = {
    "a Date header is believed once samples showed it": Rule(date_believed_without_samples, 193),
    "two clocks are not one": Rule(two_clocks_taken_for_one, 363),
    "all that is said agrees": Rule(samples_need_not_agree, 2130),
    "a sample may be an older contact": Rule(older_samples_believed, 142),
    "dates are cut": Rule(dates_taken_as_exact, 1860),
    "a clock of its own needs both sides": Rule(one_side_is_enough, 752),
    "older is so by more than the bound": Rule(no_leeway_for_older_ones, 87),
    "ours is not older by more than the bound": Rule(no_bound_for_ours, 41),
    "ours comes no later than it can": Rule(no_end_for_ours, 1181),
}


def survive(rule: str, seeds: Iterable[int]) -> Outcome:
    """Play the mutant of a rule until it is caught."""
    with RULES[rule].broken():
        return play(seeds, until=lambda outcome: bool(outcome.broken))


def report(episodes: int = 20_000) -> str:
    """Play all, print a line for each, and say how many were caught."""
    survivors = 0
    for rule in RULES:
        outcome = survive(rule, range(episodes))
        survivors += not outcome.broken
        told = f"caught after {outcome.episodes:,}: {next(iter(outcome.broken), '')}" if outcome.broken else "SURVIVES"
        print(f"{rule:50} {told}", flush=True)
    return f"{len(RULES) - survivors} of {len(RULES)} mutants caught"


def main() -> None:
    """Play all; ends with 1 where one survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=20_000, help="at most, for each (default 20,000)")
    told = report(parser.parse_args().episodes)
    print(told)
    sys.exit(not told.startswith(f"{len(RULES)} of"))


if __name__ == "__main__":
    main()
