"""``importer.toml`` counts where it is found, as far as whoever wrote it may be believed."""

from pathlib import Path

import pytest

from importer.errors import UsageError
from importer.settings.found_files import BESIDE, MORE_CAREFUL, NAME, OF_THE_LIST, OWN, found_files, user_file
from importer.settings.settings import Settings
from tests.conftest import Typed
from tests.support.commands import books
from tests.support.jobs import people


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file, in a folder that is there."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = user_file()
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A folder with a list of national numbers."""
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "a.csv").write_text(people(3).replace("+1", ""), "utf-8")
    return folder


def test_the_nearer_file_beats_the_farther_and_a_flag_beats_both(
    own: Path, lists: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flag, environment, profile, beside the list, the user's own, default; each file that counts is named."""
    monkeypatch.chdir(lists)
    own.write_text('region = "DE"\nbatch_size = 2\nruns = "../../all"\n', "utf-8")

    def regions(*more: str) -> tuple[str, str]:
        done = typed("run", "a.csv", "--dry-run", "--json", *more)
        return books(done)["region"], done.err

    assert regions() == ("DE", f"Settings from {own}: region, batch_size, runs\n")
    (lists / NAME).write_text('region = "US"\n', "utf-8")
    region, told = regions()
    assert (region, told.splitlines()[0]) == ("US", f"Settings from {lists / NAME}: region")
    Path("job.toml").write_text('region = "FR"\n', "utf-8")
    assert regions("--profile", "job.toml")[0] == "FR"
    monkeypatch.setenv("IMPORTER_REGION", "GB")
    assert regions("--profile", "job.toml")[0] == "GB"
    assert regions("--profile", "job.toml", "--region", "AT", "-q") == ("AT", "")
    assert len(list((own.parents[2] / "all").glob("*/run.json"))) == 5, "from the folder of the file that says so"
    assert len(typed("runs").out.splitlines()) == 6, "other commands find the runs by it"


def test_lists_of_people_who_said_no_add_up(own: Path, lists: Path, typed: Typed) -> None:
    """No file, and no flag, takes another's suppression list away."""
    own.write_text('suppress = "never.csv"\nregion = "US"\n', "utf-8")
    for path, number in ((own.parent / "never.csv", 0), (lists / "no.csv", 1), (lists / "not.csv", 2)):
        path.write_text(f"Phone\n+1202555000{number}\n", "utf-8")
    (lists / NAME).write_text('suppress = ["no.csv"]\n', "utf-8")
    done = typed("run", lists / "a.csv", "--dry-run", "--json", "--runs", lists / "r", "--suppress", lists / "not.csv")
    assert books(done)["reasons"] == {"skipped": {"suppressed": 3}}


def test_a_file_beside_a_list_decides_nothing_but_how_the_list_is_read(own: Path, lists: Path) -> None:
    """Whatever is a setting and not on its list is refused: no address, proxy, certificate, folder or account."""
    assert not {"base_url", "target", "ca_file", "private_network", "client_cert", "proxy", "runs", "account"} & {
        *BESIDE
    }
    for name in Settings.model_fields.keys() - {*BESIDE, "base_url", "target", "ca_file", "private_network"}:
        (lists / NAME).write_text(f"{name} = 1\n", "utf-8")
        with pytest.raises(UsageError, match=f"{name} is not for a file that may have come with the list") as refused:
            found_files([lists / "a.csv"])
        assert str(own) in str(refused.value)


@pytest.mark.parametrize("name", ["base_url", "target", "ca_file", "private_network"])
def test_no_file_says_where_the_key_is_sent(own: Path, lists: Path, name: str) -> None:
    """Neither the user's own nor one beside a list."""
    for path in (lists / NAME, own):
        path.write_text(f'{name} = "x"\n', "utf-8")
        with pytest.raises(UsageError, match="Where the key is sent is not for a file"):
            found_files([lists / "a.csv"])
        path.unlink()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('regoin = "US"', "There is no regoin; did you mean region?"),
        ("nothing = 1", f"There is no nothing; there are {', '.join(BESIDE)}."),
        ('api_key = "agl"', "api_key: no such file holds a key."),
        ('region = "USA"', "region: is not a two-letter country code"),
        ('suppress = ["/etc/hosts"]', "suppress names /etc/hosts, which does not lie beside it."),
        ('suppress = ["sub/no.csv"]', "which does not lie beside it."),
        ("suppress = 1", "suppress is a path, or a list of them."),
        ("region =", "is not valid TOML"),
        *((f"{name} = false", f"{name} can only be true here.") for name in MORE_CAREFUL),
    ],
)
def test_what_is_wrong_in_it_is_named(lists: Path, text: str, said: str) -> None:
    """With the file, and the nearest right key; a value that could be a secret is not repeated."""
    (lists / NAME).write_text(text, "utf-8")
    with pytest.raises(UsageError) as refused:
        found_files([lists / "a.csv"])
    assert said in str(refused.value)
    assert str(lists / NAME) in str(refused.value)
    assert "agl" not in str(refused.value)


def test_it_lies_beside_all_lists_or_does_not_count(own: Path, lists: Path) -> None:
    """Lists of two folders have none beside them; the user's own is never taken for one beside a list."""
    (lists / NAME).write_text('region = "US"\n', "utf-8")
    assert [file.path for file in found_files([lists / "a.csv", lists / "b.csv"])] == [lists / NAME]
    assert found_files([lists / "a.csv", own.parent / "b.csv"]) == []
    own.write_text("batch_size = 2\n", "utf-8")
    assert [file.path for file in found_files([own.parent / "b.csv"])] == [own]


def test_a_file_of_ones_own_is_ones_own(own: Path) -> None:
    """Where others can write it, they would decide which proxy is asked; its error says what to type."""
    own.write_text("batch_size = 2\n", "utf-8")
    own.chmod(0o620)
    with pytest.raises(UsageError, match=f"chmod go-w {own}"):
        found_files([])


def test_every_setting_is_for_one_file_or_another() -> None:
    """The lists name no setting that is not there."""
    assert {*OF_THE_LIST, *MORE_CAREFUL} < Settings.model_fields.keys()
    assert {*BESIDE} < {*OWN} < Settings.model_fields.keys()
