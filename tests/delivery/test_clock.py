"""The clocks of delivery: how long ago a stored moment was, whatever was done to them since."""

import pytest

from importer.delivery.clock import Clock
from importer.system.machine import boot_id

WALL, MONOTONIC = 1_770_638_400.0, 5_000.0


def now(wall: float = WALL, boot: str = "here") -> Clock:
    return Clock(wall=lambda: wall, monotonic=lambda: MONOTONIC, boot=boot)


@pytest.mark.parametrize(
    ("clock", "boot", "since"),
    [
        (now(WALL + 99_999), "here", 60.0),
        (now(WALL + 600), "before", 600.0),
        (now(WALL - 600), "before", 0.0),
        (now(WALL - 7_200), "before", MONOTONIC),
        (now(WALL + 600, boot=""), "", 600.0),
        (now(WALL - 7_200), "", 0.0),
    ],
)
def test_how_long_ago_a_stored_moment_was(clock: Clock, boot: str, since: float) -> None:
    """Within one start of the machine exactly; after another by the wall clock, unless that was set back by hours."""
    assert clock.seconds_since(WALL, MONOTONIC - 60, boot) == since


@pytest.mark.parametrize(
    ("wall", "boot", "moment"),
    [(WALL + 100, "here", 4_940.0), (WALL + 100, "before", 5_100.0), (WALL - 9, "before", 5_000.0)],
)
def test_a_stored_moment_is_never_placed_in_the_past_of_another_start(wall: float, boot: str, moment: float) -> None:
    """What must rest until then rests from now on at least; where nothing is stored there is nothing to wait for."""
    assert now().as_monotonic(wall, MONOTONIC - 60, boot) == moment
    assert now().as_monotonic(None, MONOTONIC, boot) == now().as_monotonic(wall, None, boot) == 0.0


def test_the_machine_s_own_clock_knows_its_start() -> None:
    """All processes of one start have the same id."""
    assert Clock.of_machine().boot == boot_id()
    assert Clock.of_machine().monotonic() <= Clock.of_machine().monotonic()
