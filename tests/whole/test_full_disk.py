"""A disk that is full, whichever file finds no room first: it is said, nothing is lost, and the run can go on."""

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from importer.sandbox import EmbeddedSandbox
from tests.conftest import Typed
from tests.torture.everything import KEY, ROOT, opened

ROWS = 4_000


@pytest.mark.parametrize(
    ("most_kb", "named"), [(20, r"ledger.sqlite"), (120, r"parts/0000-"), (300, r".parquet|.csv|.xlsx")]
)
def test_a_full_disk_is_said_and_the_run_can_be_resumed(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch, most_kb: int, named: str
) -> None:
    """Exit code 4, the file and the way out in one line; with room again the run ends with every row imported once."""
    lines = [f"Name{n},+1{2025550000 + n},note {n * 7919 % 104729} of {n * 104729 % 7919}" for n in range(ROWS)]
    (tmp_path / "list.csv").write_text("\n".join(["Name,Phone,Note", *lines, ""]), "utf-8")
    with EmbeddedSandbox(tmp_path / "api.sqlite", key=KEY) as sandbox, opened(tmp_path / "api.sqlite") as store:
        full = subprocess.run(
            [sys.executable, "-m", "importer", "run", "list.csv", "--base-url", sandbox.url, "--runs", "my books"],
            cwd=tmp_path,
            env=os.environ | {"VOXPRIA_API_KEY": KEY, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_kb << 10, most_kb << 10)),
            check=False,
        )
        assert full.returncode == 4, full.stderr
        said = full.stderr.strip().splitlines()[-1]
        assert any(name in said for name in named.split("|")), said
        assert "Make room" in said
        assert re.search(r"importer resume (RUN|\d{8}-\d{6}-\d{3}) --runs 'my books'", said), said
        assert "bug" not in full.stderr
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("VOXPRIA_API_KEY", KEY)
        summary = json.loads(typed("resume", "latest", "--runs", "my books", "--json").out)
        assert summary["balanced"]
        assert (summary["rows"], summary["imported"], store.count()) == (ROWS, ROWS, ROWS)
