"""``report`` as a user types it."""

from pathlib import Path

import pytest

from tests.conftest import Typed
from tests.support.commands import books


def test_report_writes_the_files_again(at_desk: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deleted report comes back, with the same account."""
    monkeypatch.delenv("VOXPRIA_API_KEY")
    monkeypatch.setenv("COLUMNS", "80")
    run = books(at_desk("run", "contacts.csv", "--region", "US", "--dry-run", "--json"))
    folder = Path("runs") / run["run_id"]
    (folder / "report.html").unlink()
    again = books(at_desk("report", "latest", "--json"))
    assert (folder / "report.html").is_file()
    assert again["reasons"] == run["reasons"]
    listed = at_desk("runs")
    assert run["run_id"] in listed.out
    assert all(name in listed.out for name in ("rows", "imported", "skipped", "errored"))
