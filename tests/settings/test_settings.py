"""Settings by flag, environment and profile, and what none of them may say."""

from pathlib import Path

import pytest

from importer.errors import UsageError
from importer.settings.settings import Settings, load_settings
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


def test_a_variable_holds_several_values_as_an_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key by key: what a flag says of one field leaves the others to the environment, and these beat the profile."""
    profile = tmp_path / "job.toml"
    profile.write_text('[map]\nphone = "Fax"\nemail = "Mail"\ncountry = "Land"\n[gates]\nmin_rows = 1\n', "utf-8")
    monkeypatch.setenv("IMPORTER_MAP", '{"phone": "Mobile", "email": ["E-Mail"]}')
    monkeypatch.setenv("importer_gates", '{"max_rows": 9}')
    settings = load_settings({"map": {"phone": ["Cell"]}}, profile)
    assert settings.map == {"phone": ("Cell",), "email": ("E-Mail",), "country": ("Land",)}
    assert (settings.gates.min_rows, settings.gates.max_rows) == (1, 9)


@pytest.mark.parametrize(("name", "value"), [("MAP", "phone=Mobile"), ("GATES", "{"), ("GATES", '["min_rows"]')])
def test_a_variable_that_is_no_object_is_wrong_usage(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named as the variable or the setting that it is."""
    monkeypatch.setenv(f"IMPORTER_{name}", value)
    with pytest.raises(UsageError, match=rf"IMPORTER_{name} |{name.lower()} \(environment"):
        load_settings({})


def test_the_settings_of_a_run_are_those_it_was_begun_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that was set since, in a shell that resumes it, changes none of them."""
    recorded = load_settings({"map": {"phone": "Mobile"}}).model_dump(mode="json")
    monkeypatch.setenv("IMPORTER_MAP", '{"email": "Mail"}')
    assert Settings.model_validate(recorded).map == {"phone": ("Mobile",)}
