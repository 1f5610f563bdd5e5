"""What ``inspect`` says of a list."""

from pathlib import Path
from typing import Protocol

import polars as pl
import pytest

from importer.cli.inspect import _cost
from importer.settings.settings import load_settings
from tests.conftest import Done, Typed
from tests.support.commands import books


class Shown(Protocol):
    def __call__(self, file: Path, *arguments: str, width: int = ...) -> Done: ...


@pytest.fixture
def shown(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Runs ``inspect`` beside a file, on a page so many columns wide; without a key, which it does not need."""

    def show(file: Path, *arguments: str, width: int = 80) -> Done:
        monkeypatch.delenv("VOXPRIA_API_KEY", raising=False)
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.chdir(file.parent)
        return typed("inspect", file.name, *arguments)

    return show


def test_what_is_shown_can_be_read(tmp_path: Path, shown: Shown) -> None:
    """At 80 columns no line is longer; the runner-up, the cost and the rule of consent are there; no value is."""
    file = tmp_path / "list.csv"
    rows = [f"Ann Lee,+1 415 555 01{n:02},+1 415 555 02{n:02},no" for n in range(9)]
    file.write_text("Name,Phone,Fax,Do not call\n" + "\n".join(rows) + "\n", "utf-8")
    done = shown(file)
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    for words in ("not Fax", "20: its header", "Cost: 9 contacts in 1 batch", '"Do not call" clearly says no'):
        assert words in done.out
    assert "555" not in done.out
    assert not (tmp_path / "runs").exists()


def test_a_header_without_rows_is_a_list_of_none(tmp_path: Path, shown: Shown) -> None:
    """It is shown as it is; nothing would be sent."""
    file = tmp_path / "list.csv"
    file.write_text("Name,Phone,Country\n", "utf-8")
    done = shown(file)
    assert (done.code, done.err) == (0, "")
    assert "0 rows, 3 columns" in done.out
    assert "Nothing would be sent." in done.out


def test_a_doubt_is_shown_with_what_to_type(tmp_path: Path, shown: Shown) -> None:
    """The forecast goes on with the best candidate."""
    file = tmp_path / "list.csv"
    file.write_text("Name,Fax\n" + "".join(f"Ann Lee,+1 415 555 01{n:02}\n" for n in range(9)), "utf-8")
    done = shown(file, width=200)
    assert done.code == 0
    assert '--map phone="Fax"' in done.out
    assert "9 contacts" in done.out


def test_a_list_without_phones_is_shown_as_it_was_read(tmp_path: Path, shown: Shown) -> None:
    """How the file was read is what a person needs then; exit code 2 as an import would have."""
    file = tmp_path / "list.csv"
    file.write_text("Artikel;Preis\nStuhl;12,50\nTisch;99,00\n", "utf-8")
    done = shown(file)
    assert done.code == 2
    assert "delimiter ';'" in done.out
    assert "no phone column was found" in done.out


def test_thousands_of_columns_are_not_all_listed(tmp_path: Path, shown: Shown) -> None:
    """The columns that fill a field are, the others are counted."""
    file = tmp_path / "wide.parquet"
    pl.DataFrame({"Phone": ["+1 415 555 0100"], **{f"Attribute {n}": ["x"] for n in range(300)}}).write_parquet(file)
    done = shown(file)
    assert "… and 300 more columns, all of them metadata." in done.out
    assert len(done.out.splitlines()) < 30


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({}, "60,000 contacts in 6 batches of up to 10,000: 6 requests, within the hour (at most 900 an hour)."),
        ({"requests_per_hour": 3}, "6 requests, 2 h 00 min (at most 3 an hour)."),
        ({"exact": True}, "Cost: 60,000 contacts in 60,000 requests, 66 h 40 min (at most 900 an hour)."),
    ],
)
def test_what_an_import_would_cost_is_reckoned_at_its_own_pace(flags: dict[str, object], words: str) -> None:
    """Contacts a request and requests an hour are those of the settings."""
    assert words in _cost(60_000, load_settings(flags))


def test_what_a_suppression_list_would_hold_back_is_shown(tmp_path: Path, shown: Shown) -> None:
    """Its entries, those that suppress nothing, the rows it keeps back; and that a list keeps nobody back."""
    file, held, other = (tmp_path / name for name in ("list.csv", "held.csv", "other.csv"))
    file.write_text("Name,Phone\nAnn,+14155550100\nBob,+14155550101\n", "utf-8")
    held.write_text("Phone\n+14155550100\n+14155550199\n12\n", "utf-8")
    other.write_text("Phone\n+14155550198\n", "utf-8")
    words = " ".join(shown(file, "--suppress", held.name, width=200).out.split())
    assert "Suppression list held.csv: 3 entries. ! 1 of them: no valid numbers, so suppressing nothing" in words
    assert "skipped suppressed 1" in words
    assert "No row has a number that is on a list" not in words
    none = shown(file, "--suppress", other.name, width=200).out
    assert "No row has a number that is on a list" in none
    assert "Suppression list other.csv: 1 entry." in none


def test_numbers_without_a_country_are_ambiguous_and_inspect_suggests_one(
    contacts: Path, at_desk: Typed, shown: Shown
) -> None:
    """There is no silent default region."""
    done = at_desk("run", contacts, "--dry-run", "--json")
    assert books(done)["reasons"]["errored"]["phone-ambiguous"] >= 2
    seen = shown(contacts, width=160)
    assert "--region US" in seen.out
    assert "0123" not in seen.out
