"""Settings by flag, environment and profile, and what none of them may say."""

from pathlib import Path

import pytest

from tests.conftest import Sandbox, Typed
from tests.support.commands import books


def test_a_profile_and_the_environment_are_settings(
    at_desk: Typed, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flag beats environment beats profile; an unknown name in the profile is an error that names it."""
    profile = Path("job.toml")
    profile.write_text('region = "DE"\nbatch_size = 1\n[map]\nphone = ["Phone"]\n', "utf-8")
    monkeypatch.setenv("IMPORTER_REGION", "US")
    monkeypatch.setenv("IMPORTER_BASE_URL", sandbox.url)
    done = at_desk("run", "contacts.csv", "--profile", profile, "--json")
    assert (books(done)["region"], books(done)["batches"]) == ("US", 2)
    profile.write_text('fone = "x"\n', "utf-8")
    wrong = at_desk("run", "contacts.csv", "--profile", profile)
    assert wrong.code == 2
    assert "fone" in wrong.err


def test_a_profile_cannot_say_where_the_key_goes(at_desk: Typed, sandbox: Sandbox) -> None:
    """It may have come with the lists: an address belongs to the command line or the environment."""
    profile = Path("job.toml")
    for line in (f'base_url = "{sandbox.url}"', 'target = "api.toml"', 'ca_file = "ca.pem"', "private_network = true"):
        profile.write_text(line + "\n", "utf-8")
        done = at_desk("run", "contacts.csv", "--region", "US", "--profile", profile)
        assert done.code == 2
        assert f"--{line.partition(' ')[0].replace('_', '-')}" in done.err
    assert not sandbox.store.requests()


def test_a_region_that_has_no_numbers_is_wrong_usage(at_desk: Typed) -> None:
    """Before anything is written, with the code that is meant."""
    done = at_desk("run", "contacts.csv", "--region", "UK", "--dry-run")
    assert done.code == 2
    assert "The United Kingdom is GB." in done.err
    assert not Path("runs").exists()
