"""``report`` as a user types it."""

from pathlib import Path

from tests.support.commands import books, importer


def test_report_writes_the_files_again(contacts: Path) -> None:
    """A deleted report comes back, with the same account."""
    run = books(importer("run", contacts, "--region", "US", "--sandbox", "--json", cwd=contacts.parent, key=None))
    folder = contacts.parent / "runs" / run["run_id"]
    (folder / "report.html").unlink()
    again = books(importer("report", "latest", "--json", cwd=contacts.parent, key=None))
    assert (folder / "report.html").is_file()
    assert again["reasons"] == run["reasons"]
    listed = importer("runs", cwd=contacts.parent, key=None, COLUMNS="80")
    assert run["run_id"] in listed.stdout
    assert all(name in listed.stdout for name in ("rows", "imported", "skipped", "errored"))
