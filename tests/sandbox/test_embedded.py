"""A sandbox in a child process of its own."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from importer.errors import StoppedError
from importer.sandbox import EmbeddedSandbox
from tests.support.sandbox_client import PHONE


def test_an_embedded_sandbox_keeps_its_contacts_over_a_restart(tmp_path: Path) -> None:
    """A second start on the same file has the same contacts, and the key is in no argument list."""
    db = tmp_path / "sandbox.sqlite"
    for created in (1, 0):
        with EmbeddedSandbox(db) as sandbox:
            headers = {"X-API-Key": sandbox.key}
            body = {"contacts": [{"phone": PHONE}]}
            answer = httpx.post(f"{sandbox.url}/api/v1/contacts/bulk", json=body, headers=headers, trust_env=False)
            assert answer.json()["data"]["imported"] == created
            if Path("/proc/self/cmdline").exists():
                lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()]
                assert not any(sandbox.key.encode() in line for line in lines)
        with pytest.raises(httpx.ConnectError):
            httpx.get(sandbox.url, trust_env=False)


def test_an_embedded_sandbox_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The reason comes from the child as one line."""
    with pytest.raises(StoppedError, match="cannot keep its contacts"), EmbeddedSandbox(tmp_path / "no" / "a.sqlite"):
        pass


def test_a_killed_parent_leaves_no_sandbox(tmp_path: Path) -> None:
    """The child ends when its parent is killed with SIGKILL."""
    script = (
        "import sys, pathlib; from importer.sandbox import EmbeddedSandbox\n"
        "with EmbeddedSandbox(pathlib.Path(sys.argv[1])) as s: print(s.url, flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "sandbox.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url = httpx.URL(parent.stdout.readline().strip())
        assert url.port is not None
        parent.send_signal(signal.SIGKILL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", url.port)) != 0:
                return
        time.sleep(0.05)
    pytest.fail("the sandbox still answers 5 seconds after its parent was killed")


def test_the_parent_imports_no_web_server() -> None:
    """Naming the embedded sandbox costs no import of starlette or uvicorn."""
    code = (
        "import sys; from importer.sandbox import EmbeddedSandbox; print({'starlette', 'uvicorn'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
