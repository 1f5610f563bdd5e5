"""The key: never written, and missed in words."""

from pathlib import Path

from tests.conftest import Sandbox
from tests.support.commands import books, importer


def test_no_key_is_a_clear_message(contacts: Path) -> None:
    """Without a key nothing begins, and the ways out are named."""
    done = importer("run", contacts, "--region", "US", cwd=contacts.parent, key=None)
    assert done.returncode == 2
    assert "VOXPRIA_API_KEY" in done.stderr
    assert "--sandbox" in done.stderr


def test_a_refused_key_leaves_a_resumable_run(contacts: Path, sandbox: Sandbox) -> None:
    """Exit code 6, rows not sent; with the right key the run is resumed to its end."""
    refused = importer(
        "run", contacts, "--region", "US", "--base-url", sandbox.url, "--json", cwd=contacts.parent, key="agl_sk_wrong"
    )
    assert refused.returncode == 6
    assert books(refused)["reasons"]["waiting"]["not-sent"] == 2
    resumed = importer("resume", "latest", "--json", cwd=contacts.parent)
    assert (resumed.returncode, books(resumed)["imported"]) == (3, 2)
    assert sandbox.store.count() == 2
