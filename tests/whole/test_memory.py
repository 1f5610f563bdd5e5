"""A run that takes more memory than it may, while its batches are under way, is stopped; with more it goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from importer.sandbox import Behaviour, EmbeddedSandbox
from tests.torture.everything import KEY, opened

ROWS = 600
_HUNGRY = """
import sys
from pathlib import Path
from pydantic import SecretStr
from importer.errors import ImporterError
from importer.models.watching import Silence, Stop
from importer.pipeline.run import run_import
from importer.settings.settings import load_settings
from importer.system.process_tree import held_mb

class Hungry(Silence):
    held = b""
    def settled(self, batch, rows, state):
        if not self.held:
            self.held = b"x" * int((float(sys.argv[3]) * 512 - held_mb()) * 2**20)

settings = load_settings({
    "base_url": sys.argv[1], "runs": "runs", "region": "US", "max_memory": 512, "chunk_rows": 60,
    "batch_size": 20,
})
folder, summary = run_import([Path("list.csv")], settings, SecretStr(sys.argv[2]), Hungry(), Stop())
print(summary.model_dump_json())
raise SystemExit(summary.exit_code)
"""


@pytest.mark.parametrize("share", [1.08, 1.4], ids=["stopped in good order", "ended at once"])
def test_a_breach_while_rows_are_sent_loses_and_doubles_nothing(tmp_path: Path, share: float) -> None:
    """The words say how to go on; ``resume`` with more memory ends the run, and every contact is there once."""
    numbers = [f"+141555{row:05}" for row in range(10_000, 10_000 + ROWS)]
    (tmp_path / "list.csv").write_text("\n".join(["Phone", *numbers, ""]), "utf-8")
    db = tmp_path / "api.sqlite"
    with EmbeddedSandbox(db, Behaviour(latency_s=0.1), KEY) as sandbox, opened(db) as store:
        first = subprocess.run(
            [sys.executable, "-c", _HUNGRY, sandbox.url, KEY, str(share)],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert first.returncode == 4, first.stderr
        said = first.stderr
        if share < 1.1:
            summary = json.loads(first.stdout)
            assert (summary["balanced"], summary["status"]) == (True, "incomplete")
            said = summary["stopped_because"]
        assert "takes more memory than it may" in said
        assert "importer resume 2" in said
        assert "--max-memory 1024" in said
        assert 0 < store.count() < ROWS
        resumed = subprocess.run(
            [sys.executable, "-m", "importer", "resume", "latest", "--max-memory", "2000", "--json"],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
            env=os.environ | {"VOXPRIA_API_KEY": KEY},
        )  # fmt: skip
        assert resumed.returncode == 0, resumed.stderr
        done = json.loads(resumed.stdout)
        assert (done["balanced"], done["imported"], done["rows"], done["max_memory_mb"]) == (True, ROWS, ROWS, 2_000)
        assert [store.count(), len(store.known_phones(numbers))] == [ROWS, ROWS]
