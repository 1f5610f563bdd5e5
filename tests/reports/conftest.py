"""What the tests of reports share: a run's folder."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "runs" / "2026-03-01-0900-abcd"
    made.mkdir(parents=True)
    return made
