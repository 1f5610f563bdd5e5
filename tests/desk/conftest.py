"""What the tests of several screens share."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.open_desk import entered, open_desk


@pytest.fixture
def client(run: Path) -> Iterator[httpx.Client]:
    """Anna's desk, opened on the run of the test's own module."""
    with open_desk(run) as server, entered(server) as opened:
        opened.headers["Origin"] = server.url
        yield opened
