"""The key: never written, and missed in words."""

import pytest

from tests.conftest import Sandbox, Typed
from tests.support.commands import books


def test_no_key_is_a_clear_message(at_desk: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key nothing begins, and the ways out are named."""
    monkeypatch.delenv("VOXPRIA_API_KEY")
    done = at_desk("run", "contacts.csv", "--region", "US")
    assert done.code == 2
    assert "VOXPRIA_API_KEY" in done.err
    assert "--sandbox" in done.err


def test_a_refused_key_leaves_a_resumable_run(
    at_desk: Typed, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 6, rows not sent; with the right key the run is resumed to its end."""
    monkeypatch.setenv("VOXPRIA_API_KEY", "agl_sk_wrong")
    refused = at_desk("run", "contacts.csv", "--region", "US", "--base-url", sandbox.url, "--json")
    assert refused.code == 6
    assert books(refused)["reasons"]["waiting"]["not-sent"] == 2
    monkeypatch.setenv("VOXPRIA_API_KEY", sandbox.key)
    resumed = at_desk("resume", "latest", "--json")
    assert (resumed.code, books(resumed)["imported"]) == (3, 2)
    assert sandbox.store.count() == 2
