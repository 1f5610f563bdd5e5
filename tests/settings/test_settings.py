"""Settings by flag, environment and profile, and what none of them may say."""

from pathlib import Path

from tests.conftest import Sandbox
from tests.support.commands import books, importer


def test_a_profile_and_the_environment_are_settings(contacts: Path, sandbox: Sandbox) -> None:
    """Flag beats environment beats profile; an unknown name in the profile is an error that names it."""
    profile = contacts.parent / "job.toml"
    profile.write_text('region = "DE"\nbatch_size = 1\n[map]\nphone = ["Phone"]\n', "utf-8")
    given = {"IMPORTER_REGION": "US", "IMPORTER_BASE_URL": sandbox.url}
    done = importer("run", contacts, "--profile", profile, "--json", cwd=contacts.parent, **given)
    assert (books(done)["region"], books(done)["batches"]) == ("US", 2)
    profile.write_text('fone = "x"\n', "utf-8")
    wrong = importer("run", contacts, "--profile", profile, cwd=contacts.parent)
    assert wrong.returncode == 2
    assert "fone" in wrong.stderr


def test_a_profile_cannot_say_where_the_key_goes(contacts: Path, sandbox: Sandbox) -> None:
    """It may have come with the lists: an address belongs to the command line or the environment."""
    profile = contacts.parent / "job.toml"
    for line in (f'base_url = "{sandbox.url}"', 'target = "api.toml"', 'ca_file = "ca.pem"', "private_network = true"):
        profile.write_text(line + "\n", "utf-8")
        done = importer("run", contacts, "--region", "US", "--profile", profile, cwd=contacts.parent)
        assert done.returncode == 2
        assert f"--{line.partition(' ')[0].replace('_', '-')}" in done.stderr
    assert not sandbox.store.requests()


def test_a_region_that_has_no_numbers_is_wrong_usage(contacts: Path) -> None:
    """Before anything is written, with the code that is meant."""
    done = importer("run", contacts, "--region", "UK", "--dry-run", cwd=contacts.parent, key=None)
    assert done.returncode == 2
    assert "The United Kingdom is GB." in done.stderr
    assert not (contacts.parent / "runs").exists()
