"""A night of jobs in fast motion, very small; ``python -m tests.torture.nights`` plays a whole one."""

from pathlib import Path

from tests.torture import nights


def test_a_killed_night_ends_with_every_file_once(tmp_path: Path) -> None:
    """Two starts at once, one killed now and then: no contact lost or doubled, every row accounted for."""
    night = nights.play(tmp_path, files=2, jobs=1, every_s=0.3, at_once=2, seed=3)
    assert night.broken == [], str(night)
    assert (night.doubled, night.lost, night.kills > 0) == (0, 0, True), str(night)
