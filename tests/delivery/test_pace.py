"""Waits that a clock which is set cannot shorten: the pause after a 429, and the pace of an account."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from importer.delivery import Ledger
from importer.delivery.classify import Verdict
from importer.delivery.clock import Clock
from importer.delivery.ledger.records import Attempt
from importer.targets import Exchange

DAY_S = 86_400.0
PAUSE_S = 1000.0


@dataclass
class Machine:
    """A machine whose wall clock somebody sets, and which may be started anew."""

    wall: float = 1_770_638_400.0
    on_s: float = 5000.0
    boot: str = "first"

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.on_s, boot=self.boot)

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.on_s += seconds

    def start_anew(self) -> None:
        self.on_s, self.boot = 30.0, "second"


@pytest.fixture
def machine() -> Machine:
    return Machine()


def asks(path: Path, machine: Machine, per_hour: int = 900) -> float:
    """The seconds that a process which starts now has to wait for its request; 0 where it makes one."""
    with Ledger.open(path, machine.clock()) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        begun = ledger.begin(account, "run-1", "probe", per_hour=per_hour)
        return 0.0 if isinstance(begun, Attempt) else begun


def is_refused(path: Path, machine: Machine) -> None:
    """A request takes ten seconds and is answered with a 429 that asks for a pause."""
    with Ledger.open(path, machine.clock()) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        attempt = ledger.begin(account, "run-1", "probe", per_hour=900)
        assert isinstance(attempt, Attempt)
        machine.pass_by(10)
        ledger.finish(attempt, Exchange(status=429), Verdict.TOO_MANY, pause_s=PAUSE_S)


@pytest.mark.parametrize("set_by_s", [0.0, -600.0, -7200.0, 7200.0, -30 * DAY_S])
def test_a_pause_lasts_as_long_as_it_was_asked_for_however_the_clock_is_set(
    path: Path, machine: Machine, set_by_s: float
) -> None:
    """Back or forward, by minutes or a month; for this process and for one that starts meanwhile."""
    is_refused(path, machine)
    machine.wall += set_by_s
    assert asks(path, machine) == pytest.approx(PAUSE_S)
    machine.pass_by(PAUSE_S - 1)
    assert asks(path, machine) == pytest.approx(1)
    machine.pass_by(1)
    assert asks(path, machine) == 0


def test_a_pause_outlasts_a_start_of_the_machine(path: Path, machine: Machine) -> None:
    """The wall clock tells what is left of it."""
    is_refused(path, machine)
    machine.pass_by(400)
    machine.start_anew()
    assert asks(path, machine) == pytest.approx(PAUSE_S - 400)


def test_a_clock_that_is_a_day_back_after_a_start_holds_nobody_for_a_day(path: Path, machine: Machine) -> None:
    """The machine is on for longer than the pause, so the pause is over."""
    is_refused(path, machine)
    machine.start_anew()
    machine.wall -= DAY_S
    assert asks(path, machine) == pytest.approx(PAUSE_S + 10 - 30)
    machine.pass_by(PAUSE_S)
    assert asks(path, machine) == 0


@pytest.mark.parametrize("is_started_anew", [False, True])
@pytest.mark.parametrize("set_by_s", [-DAY_S, -10800.0])
def test_the_pace_is_kept_and_no_longer_when_the_clock_is_set_back(
    path: Path, machine: Machine, set_by_s: float, is_started_anew: bool
) -> None:
    """A request three hours ahead of the clock counts for an hour, by the time that went by."""
    assert [asks(path, machine, per_hour=2) for _ in range(2)] == [0, 0]
    machine.wall += set_by_s
    if is_started_anew:
        machine.start_anew()
    assert 3500 < asks(path, machine, per_hour=2) <= 3600
    machine.pass_by(3600)
    assert asks(path, machine, per_hour=2) == 0


def test_clocks_of_two_machines_may_differ_by_minutes(path: Path, machine: Machine) -> None:
    """Another machine with the same ledger, on for days and five minutes behind, does not cut the pause short."""
    is_refused(path, machine)
    other = Machine(machine.wall - 300, on_s=30 * DAY_S, boot="other")
    assert asks(path, other) == pytest.approx(PAUSE_S + 10)
