"""What the tests of delivery share: a job over real sockets, and where a ledger lies."""

from pathlib import Path

import pytest

from tests.support.delivery_job import Job, Notes
from tests.support.faultserver import FaultServer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger lies."""
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def job(server: FaultServer, path: Path) -> Job:
    """Three batches for a server that answers as its script says; what the run tells is kept."""
    return Job(server, path, watch=Notes())
