"""The sandbox's server where it cannot start."""

import socket
from pathlib import Path

import pytest

from importer.errors import UsageError
from importer.sandbox import Behaviour
from importer.sandbox.server import SandboxServer


def test_a_taken_port_and_a_foreign_file_are_usage_errors(tmp_path: Path) -> None:
    """Neither ends in a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="port"):
        SandboxServer(tmp_path / "a.sqlite", taken.getsockname()[1], "key", Behaviour())
    foreign = tmp_path / "foreign.sqlite"
    foreign.write_text("a list, not a database " * 100)
    with pytest.raises(UsageError, match="foreign"):
        SandboxServer(foreign, 0, "key", Behaviour())
