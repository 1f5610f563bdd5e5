"""The script that the benchmark compares with does its job."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import Sandbox
from tests.support.truth import write_csv


def test_the_script_imports_what_phonenumbers_reads(sandbox: Sandbox, tmp_path: Path) -> None:
    """It posts a list and prints the count that the server holds; most of the list gets through."""
    truths = write_csv(tmp_path / "list.csv", 500, seed=4)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.vendor_script", str(tmp_path / "list.csv"), sandbox.url],
        env=os.environ | {"VOXPRIA_API_KEY": sandbox.key},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    stored = {contact.phone for contact in sandbox.store.contacts()}
    assert done.stdout.startswith(f"Imported: {len(stored)},")
    expected = {truth.phone for truth in truths if truth.outcome == "imported"}
    assert len(stored & expected) > len(expected) / 2
