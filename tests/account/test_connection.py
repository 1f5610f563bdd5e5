"""From a run to its account: no key goes where nothing vouches for the address, and one import works at a time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from importer.account.connection import connected, key_of, needed, settings_of_sender
from importer.account.whose import Whose
from importer.delivery import Ledger
from importer.errors import StoppedError, UsageError
from importer.settings.key import fingerprint
from importer.settings.settings import DEFAULT_BASE_URL, load_settings
from importer.storage.run_folder import LEDGER, Record, RunFolder

KEY = SecretStr("agl_sk_fictional")
ELSEWHERE = "https://api.example.org"


def run_to(runs: Path, base_url: str, **more: object) -> tuple[RunFolder, Record]:
    """A run's folder with a record that names this address."""
    runs.mkdir(exist_ok=True)
    folder = RunFolder.create(runs, datetime.now(UTC))
    settings = {"base_url": base_url, "runs": str(runs), **more}
    record = Record(
        run_id=folder.run_id, started_at=datetime.now(UTC), settings=settings, files=[], base_url=base_url,
        sources=[], passed_over=[],
    )  # fmt: skip
    folder.save(record)
    return folder, record


@pytest.mark.parametrize("url", [DEFAULT_BASE_URL, "http://127.0.0.1:8787", "http://localhost:8787"])
def test_the_vendor_and_this_machine_get_the_key(tmp_path: Path, url: str) -> None:
    """Whoever made the folder."""
    folder, _ = run_to(tmp_path / "runs", url)
    assert key_of(folder, given=KEY) == KEY


def test_a_folder_s_own_address_is_no_reason_to_send_the_key_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment may name it, or the ledger: this key was sent there before. One that is lost vouches for none."""
    monkeypatch.delenv("IMPORTER_BASE_URL", raising=False)
    folder, _ = run_to(tmp_path / "runs", ELSEWHERE)
    with Ledger.open(tmp_path / "runs" / LEDGER) as ledger:
        ledger.account(ELSEWHERE, fingerprint(SecretStr("another key")))
    with pytest.raises(UsageError, match=f"export IMPORTER_BASE_URL={ELSEWHERE}"):
        key_of(folder, given=KEY)
    with Ledger.open(tmp_path / "runs" / LEDGER) as ledger:
        ledger.account(ELSEWHERE, fingerprint(KEY), "api.example.org")
    assert key_of(folder, given=KEY) == KEY
    with pytest.raises(UsageError, match="never sent from here"):
        key_of(folder, is_ledger_lost=True, given=KEY)
    monkeypatch.setenv("IMPORTER_BASE_URL", ELSEWHERE)
    assert key_of(folder, is_ledger_lost=True, given=KEY) == KEY


def test_a_missing_key_is_told_with_the_variable_of_that_api() -> None:
    """And what works without one."""
    with pytest.raises(UsageError, match=r"Set VOXPRIA_API_KEY; .*--sandbox .*--dry-run"):
        needed(None, load_settings({}))
    assert needed(KEY, load_settings({})) == KEY


def test_a_run_that_sent_nothing_on_purpose_is_not_gone_on_with(tmp_path: Path) -> None:
    """A dry run, and one that a guard kept from sending; any other has its settings."""
    _, sender = run_to(tmp_path / "runs", ELSEWHERE)
    assert settings_of_sender(sender, "resume").base_url == ELSEWHERE
    _, dry = run_to(tmp_path / "runs", ELSEWHERE, dry_run=True)
    for record in (dry, sender.model_copy(update={"is_refused": True})):
        with pytest.raises(UsageError, match="nothing to resume"):
            settings_of_sender(record, "resume")


def test_two_imports_into_one_account_do_not_work_at_once(tmp_path: Path) -> None:
    """The second would see the numbers of the first as not sent; another account is free."""
    runs = tmp_path / "runs"
    first, second, other = (run_to(runs, url) for url in (ELSEWHERE, ELSEWHERE, "https://b.example.net"))
    with Ledger.open(runs / LEDGER) as ledger:

        def enter(run: tuple[RunFolder, Record]) -> int:
            folder, record = run
            settings = load_settings({"base_url": record.base_url})
            with connected(folder, record, settings, KEY, ledger, Whose(record.base_url[8:], None)) as (_, account):
                return account

        folder, record = first
        settings = load_settings({"base_url": ELSEWHERE})
        with connected(folder, record, settings, KEY, ledger, Whose("api.example.org", None)) as (_, account):
            assert ledger.known_account(ELSEWHERE, fingerprint(KEY)) is not None
            with pytest.raises(StoppedError, match="Another import into the same account"):
                enter(second)
            assert enter(other) != account
        assert enter(second) == account
